package payroll_test

import (
	"errors"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// secondOrder gives the world an order O2 of the same product.
func secondOrder(w *pieceworktest.World) *piecework.ProcessingOrder {
	o := &piecework.ProcessingOrder{Code: "O2", WorkshopID: w.Workshop.ID, ContractorID: w.Order.ContractorID, ProductID: w.Order.ProductID, Quantity: 5000, OrderedOn: "2026-10-01"}
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, o))
	return o
}

func TestTheRunOfAnOrderTakesNothingElse(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	other := secondOrder(w)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Session("S0", "2026-09-30")
	w.Session("S2", "2026-10-20")
	struck := w.Count("S1", "A1", "glue", 100)
	w.Count("S2", "A1", "glue", 20)
	w.Count("S2", "A2", "cut", 7) // has no rate
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O2", Operation: "glue", Counts: piecework.Counts{Good: 1000}})
	adjust(w, 0, "2026-10-06", payroll.Bonus, "5")

	from, to, err := payroll.OpenDays(w.Ctx, w.DB, w.Order.ID)
	w.Must(err)
	if from != "2026-10-05" || to != "2026-10-20" {
		t.Errorf("open from %s to %s", from, to)
	}
	run, err := payroll.SettleOrder(w.Ctx, w.DB, w.Order.ID, from, to, "test")
	w.Must(err)
	const alone = `A1 v1 gross 42.00 deductions 0.00 net 42.00 carried 0.00
	  piece glue 120 × 0.35 = 42.00
	`
	wantSlips(w, run.ID, alone)
	again, err := payroll.SettleOrder(w.Ctx, w.DB, w.Order.ID, from, to, "test")
	w.Must(err)
	if again.ID != run.ID {
		t.Errorf("the draft of the order is run %d, and run %d when settled again", run.ID, again.ID)
	}
	review, err := payroll.ReviewOf(w.Ctx, w.DB, again)
	w.Must(err)
	if len(review.WithoutRate) != 1 || review.Late != 0 || review.Adjustments != 0 || review.Previous != nil {
		t.Errorf("review %+v", review)
	}

	// A draft of the whole month beside it takes what is left, and computing either again changes nothing.
	month := settle(w, "2026-10-01", "2026-10-31")
	const rest = `A1 v1 gross 355.00 deductions 0.00 net 355.00 carried 0.00
	  piece glue 1000 × 0.35 = 350.00
	  bonus 5.00
	`
	for range 2 {
		wantSlips(w, run.ID, alone)
		wantSlips(w, month.ID, rest)
		w.Must(payroll.Recompute(w.Ctx, w.DB, run.ID))
		w.Must(payroll.Recompute(w.Ctx, w.DB, month.ID))
	}
	if _, err := payroll.SettleOrder(w.Ctx, w.DB, other.ID, "2026-10-01", "2026-10-31", "test"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("what a draft has was settled again: %v", err)
	}
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	wantKind(t, "approve a draft from before the order was paid", payroll.Approve(w.Ctx, w.DB, month.ID, "other"), piecework.ErrConflict)
	w.Must(payroll.Recompute(w.Ctx, w.DB, month.ID))
	w.Must(payroll.Approve(w.Ctx, w.DB, month.ID, "other"))

	// What is struck of the order later is taken back by the next run of the order.
	w.Session("S3", "2026-11-02")
	w.Record(piecework.NewTally{Session: "S3", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 100}, Reverses: struck})
	w.Record(piecework.NewTally{Session: "S3", Worker: "A1", Order: "O2", Operation: "glue", Counts: piecework.Counts{Good: 10}})
	w.Count("S3", "A1", "glue", 40)
	next, err := payroll.SettleOrder(w.Ctx, w.DB, w.Order.ID, "2026-11-01", "2026-11-30", "test")
	w.Must(err)
	wantSlips(w, next.ID, `A1 v1 gross 14.00 deductions 14.00 net 0.00 carried 21.00
	  piece glue 40 × 0.35 = 14.00
	  correction glue -100 × 0.35 = -14.00
	`)
	w.Must(payroll.Approve(w.Ctx, w.DB, next.ID, "other"))
	wantSlips(w, settle(w, "2026-11-01", "2026-11-30").ID, `A1 v1 gross 3.50 deductions 3.50 net 0.00 carried 17.50
	  piece glue 10 × 0.35 = 3.50
	  correction -3.50
	`)
	if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
		t.Error(err)
	}
}

// An hour is held against all that was made in it, whichever run has paid it.
func TestHoursCountWhatTheRunOfAnOrderPaid(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	secondOrder(w)
	w.Workshop.WageRegion, w.Workshop.TopUp = "肥城", true
	w.Must(payroll.AddMinimumWage(w.Ctx, w.DB, &payroll.MinimumWage{Region: "肥城", EffectiveFrom: "2026-01-01", Monthly: pieceworktest.Money(t, "2210"), Hourly: pieceworktest.Money(t, "22"), Source: "test"}))
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	w.Agree(w.Glue, nil, "2026-10-01", "1")
	w.Count("S1", "A1", "glue", 30)
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O2", Operation: "glue", Counts: piecework.Counts{Good: 10}})
	attend(w, 0, 120)
	run, err := payroll.SettleOrder(w.Ctx, w.DB, w.Order.ID, "2026-10-01", "2026-10-31", "test")
	w.Must(err)
	wantSlips(w, run.ID, "A1 v1 gross 30.00 deductions 0.00 net 30.00 carried 0.00\n  piece glue 30 × 1.00 = 30.00\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	month := settle(w, "2026-10-01", "2026-10-31")
	wantSlips(w, month.ID, `A1 v1 gross 14.00 deductions 0.00 net 14.00 carried 0.00
	  piece glue 10 × 1.00 = 10.00
	  make_up 4.00
	`)
	w.Must(payroll.Approve(w.Ctx, w.DB, month.ID, "other"))
	under, err := payroll.UnderMinimum(w.Ctx, w.DB, month.ID)
	w.Must(err)
	if len(under) != 1 || under[0].Short.String() != "4.00" || under[0].Hourly.String() != "20.00" {
		t.Errorf("under the minimum: %+v", under)
	}
	if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
		t.Error(err)
	}
}
