package piecework_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// refused fails unless err is of a kind and says so.
func refused(t testing.TB, err, kind error, text string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), text) {
		t.Errorf("%v, want %v with %q", err, kind, text)
	}
}

func TestOrderStateFollowsFacts(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	state := func(want piecework.OrderState, why string) {
		t.Helper()
		o, err := piecework.OrderByID(w.Ctx, w.DB, w.Order.ID)
		w.Must(err)
		facts, err := piecework.FactsOf(w.Ctx, w.DB, o)
		w.Must(err)
		if f := facts[o.ID]; o.State(f) != want || !strings.Contains(o.Why(f).String(), why) {
			t.Errorf("%s because %q, want %s because %q", o.State(f), o.Why(f), want, why)
		}
	}
	w.Order.ID, w.Order.Code, w.Order.Quote, w.Order.Quantity = 0, "Q1", true, 10
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, w.Order))
	state(piecework.OrderQuoted, "only offered")
	refused(t, piecework.Deliver(w.Ctx, w.DB, &piecework.Delivery{Code: "D0", OrderID: w.Order.ID, DeliveredOn: "2026-10-06", Quantity: 1}), piecework.ErrConflict, "only offered")
	count := func(uid string, n int64) string {
		res, err := piecework.RecordTallies(w.Ctx, w.DB, piecework.Actor{Name: "test"}, []piecework.NewTally{{UID: uid, Session: "S1", Worker: "A1", Order: "Q1",
			Operation: "cut", Counts: piecework.Counts{Good: n}}})
		w.Must(err)
		if res[0].Reason != nil {
			return res[0].Reason.String()
		}
		return string(res[0].Status)
	}
	if got := count("a", 10); got != "order Q1 is only offered: accept it first" {
		t.Errorf("counted for a quote: %s", got)
	}
	refused(t, piecework.GiveOut(w.Ctx, w.DB, &piecework.TakeHome{WorkerID: w.Workers[0].ID, OrderID: w.Order.ID, OperationID: w.Cut.ID, Quantity: 5, OutOn: "2026-10-05"}),
		piecework.ErrInvalid, "only offered")
	open, err := piecework.OpenOrders(w.Ctx, w.DB, 0)
	w.Must(err)
	if len(open) != 1 || open[0].Code != "O1" {
		t.Errorf("a quote is offered for counting: %d orders", len(open))
	}
	w.Must(piecework.AcceptQuote(w.Ctx, w.DB, w.Order.ID, "王组长"))
	refused(t, piecework.AcceptQuote(w.Ctx, w.DB, w.Order.ID, "李组长"), piecework.ErrConflict, "no longer only offered")
	state(piecework.OrderOpen, "nothing has been counted")
	th := &piecework.TakeHome{WorkerID: w.Workers[0].ID, OrderID: w.Order.ID, OperationID: w.Cut.ID, Quantity: 5, OutOn: "2026-10-05", GivenBy: "test"}
	w.Must(piecework.GiveOut(w.Ctx, w.DB, th))
	state(piecework.OrderInWork, "0 of 10")
	refused(t, piecework.CloseOrder(w.Ctx, w.DB, w.Order.ID, false), piecework.ErrConflict, "still at home with 1")
	w.Must(piecework.CloseTakeHome(w.Ctx, w.DB, th.ID, 5, 0, "没做", "test"))
	state(piecework.OrderOpen, "nothing has been counted")
	if got := count("b", 10); got != "accepted" {
		t.Errorf("counted for the order: %s", got)
	}
	d := &piecework.Delivery{Code: "D1", OrderID: w.Order.ID, DeliveredOn: "2026-10-06", Quantity: 10, RecordedBy: "test"}
	w.Must(piecework.Deliver(w.Ctx, w.DB, d))
	state(piecework.OrderDelivered, "About 10")
	refused(t, piecework.CloseOrder(w.Ctx, w.DB, w.Order.ID, false), piecework.ErrConflict, "10 delivered pieces of order Q1 wait")
	w.Must(piecework.Accept(w.Ctx, w.DB, &piecework.Acceptance{DeliveryID: d.ID, Accepted: 6, Returned: 4, DecidedOn: "2026-10-06", RecordedBy: "test"}))
	state(piecework.OrderInWork, "6 of 10")
	refused(t, piecework.CloseOrder(w.Ctx, w.DB, w.Order.ID, false), piecework.ErrConflict, "not settled. 6 of 10 pieces are with the contractor")
	refused(t, piecework.EndOrder(w.Ctx, w.DB, w.Order.ID, "", "test"), piecework.ErrInvalid, "")
	w.Must(piecework.EndOrder(w.Ctx, w.DB, w.Order.ID, "客户取消", "王组长"))
	state(piecework.OrderEnded, "王组长 ended it early with 4 pieces fewer than ordered: 客户取消")
	ended, err := piecework.OrderByID(w.Ctx, w.DB, w.Order.ID)
	w.Must(err)
	facts, err := piecework.FactsOf(w.Ctx, w.DB, ended)
	w.Must(err)
	if owed := fmt.Sprint(ended.Owed(facts[ended.ID])); !strings.Contains(owed, "wages") || !strings.Contains(owed, "statement") {
		t.Errorf("owed: %s", owed)
	}
	listed := func(want int, status string, contractorID int64) {
		t.Helper()
		if list, err := piecework.Orders(w.Ctx, w.DB, piecework.Filter{Status: status, ContractorID: contractorID, Query: "Q1"}); err != nil || list.Total != want {
			t.Errorf("%s of contractor %d: %d orders, want %d (%v)", status, contractorID, list.Total, want, err)
		}
	}
	listed(0, "open", 0)
	for _, status := range []string{"owed", "unsettled"} { // the wages, to the office; the fee of 6 pieces, to both
		listed(1, status, 0)
		listed(1, status, w.Order.ContractorID)
	}
	a, err := piecework.Age(w.Ctx, w.DB, w.Workshop.ID, w.Order.ContractorID, "2026-10-31")
	w.Must(err)
	if len(a.Debts) != 1 || a.Debts[0].Order.ID != w.Order.ID || a.Debts[0].Since != "2026-10-06" || a.Debts[0].Rest.Cmp(a.Total()) != 0 {
		t.Errorf("debts of the order that was ended early: %+v", a.Debts)
	}
	w.Must(piecework.CloseOrder(w.Ctx, w.DB, w.Order.ID, true))
	listed(0, "owed", 0)
	again := &piecework.Delivery{Code: "D2", OrderID: w.Order.ID, DeliveredOn: "2026-10-07", Quantity: 4, RecordedBy: "test"}
	w.Must(piecework.Deliver(w.Ctx, w.DB, again))
	w.Must(piecework.Accept(w.Ctx, w.DB, &piecework.Acceptance{DeliveryID: again.ID, Accepted: 4, DecidedOn: "2026-10-07", RecordedBy: "test"}))
	state(piecework.OrderDelivered, "wages")
	if _, err := w.DB.ExecContext(w.Ctx, `INSERT INTO pay_runs (workshop_id, period_from, period_to, status, computed_at, created_by)
		VALUES (?, '2026-10-01', '2026-10-31', 'approved', 1, 'test')`, w.Workshop.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.DB.ExecContext(w.Ctx, "INSERT INTO tally_claims (tally_id, run_id) SELECT t.id, p.id FROM tallies t, pay_runs p"); err != nil {
		t.Fatal(err)
	}
	state(piecework.OrderDelivered, "statement that both sides")
	statement, err := piecework.MakeStatement(w.Ctx, w.DB, w.Workshop.ID, w.Order.ContractorID, "2026-10-01", "2026-10-31", "test")
	w.Must(err)
	w.Must(statement.Confirm(w.Ctx, w.DB, false, "孙会计"))
	state(piecework.OrderDelivered, "statement that both sides")
	w.Must(statement.Confirm(w.Ctx, w.DB, true, "肥城工艺"))
	state(piecework.OrderSettled, "can be closed")
	// Ended early as well, nothing is owed for it: it is settled.
	if _, err := w.DB.ExecContext(w.Ctx, "UPDATE processing_orders SET closed_at = 5, end_reason = 'x', ended_by = 'x' WHERE id = ?", w.Order.ID); err != nil {
		t.Fatal(err)
	}
	listed(0, "owed", 0)
	listed(0, "unsettled", w.Order.ContractorID)
	listed(1, "closed", 0)
}

func TestVariantsAddUp(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	v := func(size, colour string, n int64) piecework.Variant {
		return piecework.Variant{Size: size, Colour: colour, Quantity: n}
	}
	for _, c := range []struct {
		want     string
		variants []piecework.Variant
	}{
		{"add up to 4999 pieces, but 5000", []piecework.Variant{v("S", "红", 4999)}},
		{"line 2 has neither", []piecework.Variant{v("S", "", 2500), v("", "", 2500)}},
		{"line 2 is there twice", []piecework.Variant{v("S", "红", 2500), v("S", "红", 2500)}},
		{"quantity of line 2", []piecework.Variant{v("S", "", 5000), v("M", "", 0)}},
		{"at most 40", make([]piecework.Variant, 41)},
	} {
		o := *w.Order
		o.Variants = c.variants
		refused(t, piecework.SaveOrder(w.Ctx, w.DB, &o), piecework.ErrInvalid, c.want)
	}
	w.Order.Variants = []piecework.Variant{v("S", "红", 2000), v("M", "红", 3000)}
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, w.Order))
	w.Order.Quantity, w.Order.Variants[0].Quantity, w.Order.Variants[1].Quantity = 4000, 1000, 3000
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, w.Order))
	o, err := piecework.OrderByID(w.Ctx, w.DB, w.Order.ID)
	w.Must(err)
	if len(o.Variants) != 2 || o.Variants[0].Quantity != 1000 || o.Variants[1].Size != "M" {
		t.Errorf("variants are %+v", o.Variants)
	}
}

func TestAgreeFees(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	fee := func(above int64, rate string) piecework.OrderFee {
		return piecework.OrderFee{Above: above, Fee: pieceworktest.Rate(t, rate)}
	}
	agree := func(from piecework.Date, steps ...piecework.OrderFee) error {
		return piecework.AgreeFees(w.Ctx, w.DB, w.Order.ID, from, steps, "test")
	}
	for want, err := range map[string]error{
		"after the order date 2026-10-01": agree("2026-10-01", fee(0, "1")),
		"its number must be 0":            agree("2026-10-02", fee(5, "1")),
		"between 1 and":                   agree("", fee(0, "1")),
		"fee 2 must begin after":          agree("", fee(5, "1"), fee(5, "2")),
		"at most 6 steps":                 agree("", make([]piecework.OrderFee, 7)...),
		"is required":                     agree("2026-10-02"),
	} {
		refused(t, err, piecework.ErrInvalid, want)
	}
	w.Must(agree("", fee(60, "0.8"), fee(100, "0.7")))
	w.Must(agree("2026-10-10", fee(0, "1"), fee(150, "0.5")))
	w.Must(agree("2026-10-10", fee(0, "1.1"), fee(150, "0.55"))) // takes its place
	for i, c := range []struct {
		day      piecework.Date
		accepted int64
		want     string
	}{{"2026-10-05", 50, "50×0.90"}, {"2026-10-05", 55, "10×0.90 40×0.80 5×0.70"}, {"2026-10-10", 60, "45×1.10 15×0.55"}, {"2026-10-09", 1, "1×0.70"}} {
		d := &piecework.Delivery{Code: string(rune('A' + i)), OrderID: w.Order.ID, DeliveredOn: c.day, Quantity: c.accepted, RecordedBy: "test"}
		w.Must(piecework.Deliver(w.Ctx, w.DB, d))
		w.Must(piecework.Accept(w.Ctx, w.DB, &piecework.Acceptance{DeliveryID: d.ID, Accepted: c.accepted, RecordedBy: "test"}))
		lines, err := piecework.FeesEarned(w.Ctx, w.DB, w.Order)
		w.Must(err)
		var got []string
		for _, l := range lines {
			if l.DeliveryID == d.ID {
				got = append(got, piecework.Msg("%d×%s", l.Quantity, l.Fee).String())
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("delivered on %s: %v, want %s", c.day, got, c.want)
		}
	}
	refused(t, agree("", fee(60, "0.7")), piecework.ErrInvalid, "accepted already")
	refused(t, agree("2026-10-10", fee(0, "1")), piecework.ErrInvalid, "2026-10-10 or later")
	w.Must(agree("2026-10-11", fee(0, "1")))
	w.Order.UnitFee = pieceworktest.Rate(t, "0.91")
	refused(t, piecework.SaveOrder(w.Ctx, w.DB, w.Order), piecework.ErrInvalid, "their fee stands")
	repeat := *w.Order
	repeat.ID, repeat.Code, repeat.AgainID = 0, "O2", w.Order.ID
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, &repeat))
	book, err := piecework.FeesOf(w.Ctx, w.DB, &repeat)
	w.Must(err)
	if len(book) != 3 || book[1].Above != 60 || book[2].Fee.String() != "0.70" {
		t.Errorf("the repeated order has %+v", book)
	}
}

// What a piece earns does not depend on how the pieces were divided into acceptances: a step at a time is the same as at once, and each
// piece gets the fee that looking it up by itself gives.
func TestFeesPieceByPiece(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		book := piecework.FeeBook{{Fee: piecework.Millionths(1)}}
		above := int64(0)
		for i := range rapid.IntRange(0, 4).Draw(t, "steps") {
			above += rapid.Int64Range(1, 30).Draw(t, "above")
			book = append(book, piecework.OrderFee{Above: above, Fee: piecework.Millionths(int64(i + 2))})
		}
		single := func(nth int64) (fee int64) { // of the nth accepted piece, from 1
			for _, f := range book {
				if nth > f.Above {
					fee = f.Fee.Millionths()
				}
			}
			return fee
		}
		before := int64(0)
		for range rapid.IntRange(1, 6).Draw(t, "acceptances") {
			n := rapid.Int64Range(1, 60).Draw(t, "n")
			nth := before
			for _, part := range book.Price("2026-10-05", piecework.FeeCount{Accepted: before}, n) {
				for range part.Quantity {
					nth++
					if single(nth) != part.Fee.Millionths() {
						t.Fatalf("piece %d gets fee %s, want %d", nth, part.Fee, single(nth))
					}
				}
			}
			if before += n; nth != before {
				t.Fatalf("%d pieces are priced of %d", nth, before)
			}
		}
	})
}

func TestOrderPhotos(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	picture := func() *piecework.Photo {
		p, err := piecework.ReadPhoto("photo", asPNG(t, redLeft(40, 20)))
		w.Must(err)
		return p
	}
	refused(t, piecework.AddOrderPhotos(w.Ctx, w.DB, w.Order.ID, nil, false, "", "test"), piecework.ErrInvalid, "choose a picture")
	w.Must(piecework.AddOrderPhotos(w.Ctx, w.DB, w.Order.ID, []*piecework.Photo{picture()}, false, "箱唛", "test"))
	w.Must(piecework.AddOrderPhotos(w.Ctx, w.DB, w.Order.ID, []*piecework.Photo{picture()}, true, "封样", "test"))
	list, err := piecework.OrderPhotos(w.Ctx, w.DB, w.Order.ID)
	w.Must(err)
	if len(list) != 2 || !list[0].Sample || list[0].Caption != "封样" || list[0].Photo.Width != 40 || list[0].Photo.JPEG != nil {
		t.Errorf("listed %+v", list)
	}
	w.Must(piecework.RemoveOrderPhoto(w.Ctx, w.DB, w.Order.ID, list[1].PhotoID, "test"))
	refused(t, piecework.RemoveOrderPhoto(w.Ctx, w.DB, w.Order.ID, list[1].PhotoID, "test"), piecework.ErrConflict, "not there any more")
	refused(t, piecework.AddOrderPhotos(w.Ctx, w.DB, w.Order.ID, make([]*piecework.Photo, 24), false, "", "test"), piecework.ErrInvalid, "at most 24")
}
