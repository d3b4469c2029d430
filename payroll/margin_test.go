package payroll_test

import (
	"errors"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// TestMarginByHand follows one order through a month. Every figure is worked out in the comments.
func TestMarginByHand(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Order.Quantity, w.Order.DueOn, w.Order.LossAllowed, w.Order.LossBorneBy = 1000, "2026-10-14", 100, piecework.LossWorker
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, w.Order)) // fee 0.90
	_, err := w.DB.NewUpdate().Model(w.Order).Set("due_on = ?", "2026-10-14").WherePK().Exec(w.Ctx)
	w.Must(err)
	cloth, wire := &piecework.Material{Code: "M1", Name: "绢布", Unit: "m"}, &piecework.Material{Code: "M2", Name: "铁丝", Unit: "kg"}
	w.Must(piecework.SaveMaterial(w.Ctx, w.DB, cloth))
	w.Must(piecework.SaveMaterial(w.Ctx, w.DB, wire))
	w.Must(piecework.SetOrderMaterial(w.Ctx, w.DB, w.Order.ID, piecework.Need{MaterialID: cloth.ID, OperationID: w.Cut.ID, PerPiece: 100_000, UnitCost: pieceworktest.Rate(t, "20")}))
	w.Must(piecework.SetOrderMaterial(w.Ctx, w.DB, w.Order.ID, piecework.Need{MaterialID: wire.ID, OperationID: w.Glue.ID, PerPiece: 10_000, Own: true, UnitCost: pieceworktest.Rate(t, "8")}))
	see := func(when string, day piecework.Date, want payroll.Margin) {
		t.Helper()
		o, err := piecework.OrderByID(w.Ctx, w.DB, w.Order.ID)
		w.Must(err)
		list, err := payroll.Margins(w.Ctx, w.DB, day, o)
		w.Must(err)
		got := list[0]
		f, g := got.Forecast, want.Forecast
		for name, pair := range map[string][2]piecework.Money{"fee": {got.Fee, want.Fee}, "made": {got.Made, want.Made}, "wages": {got.Wages, want.Wages}, "open": {got.Open, want.Open},
			"material": {got.Material, want.Material}, "lost": {got.Lost, want.Lost}, "charged": {got.Charged, want.Charged}, "borne": {got.Borne, want.Borne},
			"result": {got.Result, want.Result}, "forecast": {f.Result, g.Result}} {
			if pair[0].Cmp(pair[1]) != 0 {
				t.Errorf("%s: %s is %s, want %s", when, name, pair[0], pair[1])
			}
		}
		if got.Waiting != want.Waiting || f.Day != g.Day || f.Pieces != g.Pieces || f.Finish != g.Finish || f.Unpriced != g.Unpriced {
			t.Errorf("%s: %d wait; by %s %d pieces, finished %s, %d unpriced; want %d, %s, %d, %s, %d", when, got.Waiting, f.Day, f.Pieces, f.Finish, f.Unpriced,
				want.Waiting, g.Day, g.Pieces, g.Finish, g.Unpriced)
		}
	}
	// 1,000 pieces would earn 900.00, and no rate is known: by the due date there will be none, since nothing was made.
	see("nothing made", "2026-10-05", payroll.Margin{Forecast: payroll.Forecast{Day: "2026-10-14", Unpriced: 2}})
	w.Agree(w.Cut, nil, "2026-10-01", "0.1")
	w.Count("S1", "A1", "cut", 200)
	w.Count("S1", "A2", "glue", 100)
	// Wages 200 × 0.10; the 100 glued wait for a rate. Made: 100 × 0.90. Wire: 100 × 0.01 kg × 8. A day makes 300 of 2,000 operations;
	// 1,700 are left: 6 days. By the 14th, 10 days with today: all 1,000 pieces.
	// Forecast: 900 − 20 − 800 × 0.10 − 8 − 900 × 0.01 × 8 = 720.
	see("one day", "2026-10-05", payroll.Margin{Made: piecework.Fen(90_00), Wages: piecework.Fen(20_00), Open: piecework.Fen(20_00), Waiting: 100, Material: piecework.Fen(8_00),
		Result: piecework.Fen(62_00), Forecast: payroll.Forecast{Day: "2026-10-14", Pieces: 1000, Finish: "2026-10-11", Unpriced: 1, Result: piecework.Fen(720_00)}})
	w.Agree(w.Glue, nil, "2026-10-01", "0.2")
	run, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "2026-10-01", "2026-10-05", "test")
	w.Must(err)
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "test"))
	w.Session("S2", "2026-10-08")
	w.Count("S2", "A2", "glue", 50)
	d := &piecework.Delivery{Code: "D1", OrderID: w.Order.ID, DeliveredOn: "2026-10-08", Quantity: 120, RecordedBy: "test"}
	w.Must(piecework.Deliver(w.Ctx, w.DB, d))
	w.Must(piecework.Accept(w.Ctx, w.DB, &piecework.Acceptance{DeliveryID: d.ID, Accepted: 80, Rejected: 10, RecordedBy: "test"}))
	_, err = payroll.ChargeBack(w.Ctx, w.DB, &piecework.Chargeback{OrderID: w.Order.ID, ChargedOn: "2026-10-09", Amount: piecework.Fen(5_00), Fault: piecework.FaultOther,
		Bearer: piecework.BearsWorkshop, Reason: "线头", RecordedBy: "test"})
	w.Must(err)
	// Fee 80 × 0.90; made beyond what is decided 150 − 90 = 60 × 0.90. Wages 20 + 20 paid, 10 open. Wire 150 × 0.01 × 8.
	// 72 + 54 − 50 − 12 − 5 = 59. 350 operations in 4 days (5th to 8th, the 9th is under way); 1,650 are left: 19 days, the 28th. By the 14th, 6 days with today: 525 + 350 = 875, of 2 operations each: 437 pieces.
	// Forecast: 72 + (437 − 90) × 0.90 − 50 − 237 × 0.10 − 287 × 0.20 − 12 − 287 × 0.01 × 8 − 5 = 213.24.
	paid := payroll.Margin{Fee: piecework.Fen(72_00), Made: piecework.Fen(54_00), Wages: piecework.Fen(50_00), Open: piecework.Fen(10_00), Material: piecework.Fen(12_00),
		Charged: piecework.Fen(5_00), Result: piecework.Fen(59_00), Forecast: payroll.Forecast{Day: "2026-10-14", Pieces: 437, Finish: "2026-10-28", Result: piecework.Fen(213_24)}}
	see("paid and charged", "2026-10-09", paid)

	th := &piecework.TakeHome{WorkerID: w.Workers[0].ID, OrderID: w.Order.ID, OperationID: w.Cut.ID, Quantity: 10, OutOn: "2026-10-09", GivenBy: "test"}
	w.Must(piecework.GiveOut(w.Ctx, w.DB, th))
	for _, m := range []piecework.Movement{{Kind: piecework.Receipt, Quantity: 100_000_000}, {Kind: piecework.Issue, Quantity: 2_000_000, TakeHomeID: th.ID}} {
		m.OrderID, m.MaterialID, m.MovedOn, m.RecordedBy = w.Order.ID, cloth.ID, "2026-10-09", "test"
		w.Must(piecework.Move(w.Ctx, w.DB, &m))
	}
	w.Must(piecework.CloseTakeHome(w.Ctx, w.DB, th.ID, 10, 0, "没做", "test"))
	// 2 m are gone; 200 cut pieces needed 20 m, of which 1 % may be lost: 1.8 m × 20 = 36.00, and she had it.
	charged, err := payroll.ChargeLoss(w.Ctx, w.DB, w.Order.ID, "2026-10-09", "test")
	if err != nil || charged != 1 {
		t.Fatalf("charged %d, %v", charged, err)
	}
	paid.Lost, paid.Borne = piecework.Fen(36_00), piecework.Fen(36_00)
	see("lost and charged to her", "2026-10-09", paid)
	list, err := payroll.MaterialCharges(w.Ctx, w.DB, w.Order.ID)
	w.Must(err)
	if len(list) != 1 || list[0].Adjustment.Kind != payroll.Damage || list[0].Adjustment.Amount.String() != "36.00" {
		t.Errorf("charged %+v", list)
	}
	w.Must(payroll.WithdrawAdjustment(w.Ctx, w.DB, list[0].AdjustmentID, "test"))
	paid.Borne, paid.Result, paid.Forecast.Result = piecework.Money{}, piecework.Fen(23_00), piecework.Fen(177_24)
	see("the charge withdrawn", "2026-10-09", paid)

	// Wire came for 6.00 and, three times as much, for 10.00: 9.00 on average, for the 1.5 used and the 2.87 still needed.
	for quantity, cost := range map[piecework.Measure]string{1_000_000: "6", 3_000_000: "10"} {
		w.Must(piecework.Move(w.Ctx, w.DB, &piecework.Movement{OrderID: w.Order.ID, MaterialID: wire.ID, Kind: piecework.Receipt, Quantity: quantity, UnitCost: pieceworktest.Rate(t, cost),
			MovedOn: "2026-10-09", RecordedBy: "test"}))
	}
	wrong := &piecework.Movement{OrderID: w.Order.ID, MaterialID: wire.ID, Kind: piecework.Receipt, Quantity: 9_000_000, UnitCost: pieceworktest.Rate(t, "99"), MovedOn: "2026-10-09", RecordedBy: "test"}
	w.Must(piecework.Move(w.Ctx, w.DB, wrong))
	w.Must(piecework.ReverseMovement(w.Ctx, w.DB, wrong.ID, "记错", "test"))
	if err := piecework.Move(w.Ctx, w.DB, &piecework.Movement{OrderID: w.Order.ID, MaterialID: cloth.ID, Kind: piecework.Receipt, Quantity: 1, UnitCost: pieceworktest.Rate(t, "1"),
		MovedOn: "2026-10-09", RecordedBy: "test"}); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("the contractor's material has a cost: %v", err)
	}
	paid.Material, paid.Result, paid.Forecast.Result = piecework.Fen(13_50), piecework.Fen(21_50), piecework.Fen(172_87)
	see("wire at what its receipts cost", "2026-10-09", paid)
}
