package payroll_test

import (
	"fmt"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestTheGuarantee(t *testing.T) {
	day := func(d int, good int64) payroll.Work {
		return payroll.Work{WorkerID: 1, OrderID: 1, OperationID: 1, SessionID: int64(d), Day: piecework.Date(fmt.Sprintf("2026-10-%02d", d)), Counts: piecework.Counts{Good: good}}
	}
	hours := func(of ...int64) map[payroll.WorkerDay]int64 {
		m := map[payroll.WorkerDay]int64{}
		for i, minutes := range of {
			m[payroll.WorkerDay{WorkerID: 1, Day: piecework.Date(fmt.Sprintf("2026-10-%02d", i+5))}] = minutes
		}
		return m
	}
	rate := pieceworktest.Rate(t, "0.50")
	two := []payroll.Work{day(5, 100), day(6, 300)} // 50 and 150
	for _, c := range []struct {
		name    string
		amount  string
		per     piecework.Stretch
		over    piecework.Stretch
		work    []payroll.Work
		minutes map[payroll.WorkerDay]int64
		want    string // the guarantee's line; "" for none
	}{
		{"an hour, day by day", "12", piecework.ByHour, piecework.ByDay, two, hours(480, 480), "46.00"},
		{"an hour, over the period", "12", piecework.ByHour, piecework.ByPeriod, two, hours(480, 480), ""},
		{"an hour, over the period, more of them", "12.60", piecework.ByHour, piecework.ByPeriod, two, hours(480, 480), "1.60"},
		{"a day", "100", piecework.ByDay, piecework.ByDay, two, nil, "50.00"},
		{"a day, just reached", "50", piecework.ByDay, piecework.ByDay, two, nil, ""},
		{"a day, over the period", "110", piecework.ByDay, piecework.ByPeriod, two, nil, "20.00"},
		{"a day on which she was there and made nothing", "100", piecework.ByDay, piecework.ByDay, two, hours(0, 480, 60), "150.00"},
		{"a day of which all is struck is none", "100", piecework.ByDay, piecework.ByDay, append([]payroll.Work{day(7, 10), day(7, -10)}, two...), nil, "50.00"},
		{"a period", "250", piecework.ByPeriod, piecework.ByPeriod, two, nil, "50.00"},
		{"nothing guaranteed", "0", "", "", two, hours(480, 480), ""},
		{"hours not known", "12", piecework.ByHour, piecework.ByDay, two, nil, ""},
		{"half a fen goes up", "10.01", piecework.ByHour, piecework.ByDay, nil, hours(30), "5.01"},
	} {
		in := payroll.Input{Until: "2026-10-31", Rates: piecework.NewRateBook([]piecework.PieceRate{{OperationID: 1, EffectiveFrom: "2026-10-01", Rate: rate}}), Work: c.work,
			Hours:      payroll.Hours{Minutes: map[int64]int64{}},
			Guaranteed: payroll.Guaranteed{Guarantee: piecework.Guarantee{Amount: pieceworktest.Money(t, c.amount), Per: c.per, Over: c.over}, Minutes: c.minutes}}
		got := ""
		for _, s := range payroll.Compute(in).Slips {
			for _, l := range s.Lines {
				if l.Kind == payroll.Guarantee {
					got = l.Amount.String()
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	// Bonuses come on top of it, overtime does too, and the minimum wage is made up only beyond it.
	in := payroll.Input{Until: "2026-10-31", Rates: piecework.NewRateBook([]piecework.PieceRate{{OperationID: 1, EffectiveFrom: "2026-10-01", Rate: rate}}), Work: two,
		Marked:      map[int64]piecework.WorkSession{6: {DayKind: piecework.Overtime, RatePercent: 200}},
		Hours:       payroll.Hours{Minutes: map[int64]int64{1: 480}, Hourly: pieceworktest.Money(t, "15"), TopUp: true},
		Adjustments: []payroll.Adjustment{{ID: 1, WorkerID: 1, Kind: payroll.Bonus, Amount: pieceworktest.Money(t, "5")}}}
	in.Guaranteed = payroll.Guaranteed{Guarantee: piecework.Guarantee{Amount: pieceworktest.Money(t, "100"), Per: piecework.ByDay, Over: piecework.ByDay}}
	s := payroll.Compute(in).Slips[0]
	got := ""
	for _, l := range s.Lines {
		got += fmt.Sprintf("%s %s; ", l.Kind, l.Amount)
	}
	if want := "piece 50.00; piece 300.00; guarantee 50.00; bonus 5.00; make_up 15.00; "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A day's guarantee is reckoned by the run that has the day first; what comes later is paid on top. Runs of single orders leave it to the
// run of all orders, which takes in what they paid.
func TestADayIsGuaranteedOnce(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.10")
	w.Workshop.Guarantee = piecework.Guarantee{Amount: pieceworktest.Money(t, "50"), Per: piecework.ByDay, Over: piecework.ByDay}
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	w.Count("S1", "A1", "glue", 100)
	order, err := payroll.SettleOrder(w.Ctx, w.DB, w.Order.ID, "2026-10-01", "2026-10-31", "test")
	w.Must(err)
	wantSlips(w, order.ID, "A1 v1 gross 10.00 deductions 0.00 net 10.00 carried 0.00\n  piece glue 100 × 0.10 = 10.00\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, order.ID, "other"))
	w.Count("S1", "A1", "glue", 200)
	attend(w, 1, 60) // she was there and made nothing
	run := settle(w, "2026-10-01", "2026-10-31")
	want := `A1 v1 gross 40.00 deductions 0.00 net 40.00 carried 0.00
	  piece glue 200 × 0.10 = 20.00
	  guarantee 20.00
	A2 v1 gross 50.00 deductions 0.00 net 50.00 carried 0.00
	  guarantee 50.00
	`
	wantSlips(w, run.ID, want)
	w.Workshop.Guarantee = piecework.Guarantee{}
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	w.Workshop.Guarantee = piecework.Guarantee{Amount: pieceworktest.Money(t, "50"), Per: piecework.ByDay, Over: piecework.ByDay}
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	w.Must(payroll.Recompute(w.Ctx, w.DB, run.ID))
	wantSlips(w, run.ID, want)
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	slip, err := payroll.Reissue(w.Ctx, w.DB, run.ID, w.Workers[0].ID, "printed badly", "other")
	w.Must(err)
	if slip.Gross.String() != "40.00" || len(slip.Lines) != 2 || len(slip.Lines[1].Parts) != 1 || slip.Lines[1].Parts[0].Had().String() != "30.00" {
		t.Errorf("%+v", slip.Lines)
	}
	w.Count("S1", "A1", "glue", 50)
	wantSlips(w, settle(w, "2026-10-01", "2026-10-31").ID, "A1 v1 gross 5.00 deductions 0.00 net 5.00 carried 0.00\n  piece glue 50 × 0.10 = 5.00\n")
	if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
		t.Error(err)
	}
}

// A draft that is given up, or computed anew, neither takes the guarantee of a day from a worker nor gives it twice: the run that is approved
// first reckons it.
func TestADraftGuaranteesNothing(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.10")
	w.Workshop.Guarantee = piecework.Guarantee{Amount: pieceworktest.Money(t, "50"), Per: piecework.ByDay, Over: piecework.ByDay}
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	w.Count("S1", "A1", "glue", 100)
	first := settle(w, "2026-10-01", "2026-10-31")
	w.Count("S1", "A1", "glue", 200)
	second := settle(w, "2026-10-01", "2026-10-15")
	w.Must(payroll.Discard(w.Ctx, w.DB, first.ID))
	wantSlips(w, second.ID, "A1 v1 gross 50.00 deductions 0.00 net 50.00 carried 0.00\n  piece glue 200 × 0.10 = 20.00\n  guarantee 30.00\n")
	third := settle(w, "2026-10-01", "2026-10-31")
	w.Must(payroll.Approve(w.Ctx, w.DB, second.ID, "other"))
	wantKind(t, "approve what guarantees a day again", payroll.Approve(w.Ctx, w.DB, third.ID, "other"), piecework.ErrConflict)
	w.Must(payroll.Recompute(w.Ctx, w.DB, third.ID))
	wantSlips(w, third.ID, "A1 v1 gross 10.00 deductions 0.00 net 10.00 carried 0.00\n  piece glue 100 × 0.10 = 10.00\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, third.ID, "other"))
	slip, err := payroll.Reissue(w.Ctx, w.DB, second.ID, w.Workers[0].ID, "printed badly", "other")
	w.Must(err)
	if slip.Gross.String() != "50.00" {
		t.Errorf("issued again: %s", slip.Gross)
	}
	_, err = payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
}

func TestWhatAGuaranteeMayBe(t *testing.T) {
	for _, c := range []struct {
		g    piecework.Guarantee
		want string
	}{
		{piecework.Guarantee{Amount: piecework.Fen(-1)}, "guarantee_amount: must not be negative"},
		{piecework.Guarantee{Amount: piecework.Fen(1)}, "guarantee_per: choose one"},
		{piecework.Guarantee{Amount: piecework.Fen(1), Per: piecework.ByDay}, "guarantee_over: choose one"},
		{piecework.Guarantee{Amount: piecework.Fen(1), Per: piecework.ByPeriod, Over: piecework.ByDay}, ""},
		{piecework.Guarantee{Per: "week"}, ""},
	} {
		w := piecework.NewWorkshop("W", "workshop")
		w.Guarantee = c.g
		got := ""
		if err := w.Validate(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v: %q, want %q", c.g, got, c.want)
		}
	}
}
