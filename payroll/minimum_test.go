package payroll_test

import (
	"testing"
	"time"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// oneWorker is the input for one worker who made n pieces at a rate.
func oneWorker(t *testing.T, n int64, rate string, h payroll.Hours) payroll.Input {
	r := pieceworktest.Rate(t, rate)
	return payroll.Input{Policy: payroll.Policy{DamageCapPercent: 20}, Rates: piecework.NewRateBook(nil), Hours: h,
		Work: []payroll.Work{{WorkerID: 1, OrderID: 1, OperationID: 1, Day: "2026-10-05", Counts: piecework.Counts{Good: n}, Fixed: &r}}}
}

func TestTopUpToTheMinimumWage(t *testing.T) {
	for _, c := range []struct {
		source  string
		n       int64
		rate    string
		minutes int64
		hourly  string
		topUp   string
	}{
		{"abcsoftware.com 2024/09: 46 bags at 4.50 in 7.5 hours", 46, "4.50", 450, "29.33", "12.98"},
		{"CNESST: 80 at $1 in 8 hours", 80, "1", 480, "14.25", "34.00"},
		{"above the minimum", 80, "2", 480, "14.25", "0.00"},
		{"just at the minimum", 114, "1", 480, "14.25", "0.00"},
		{"hours not known", 80, "1", 0, "14.25", "0.00"},
		{"minimum not known", 80, "1", 480, "0", "0.00"},
	} {
		h := payroll.Hours{Minutes: map[int64]int64{1: c.minutes}, Hourly: pieceworktest.Money(t, c.hourly), TopUp: true}
		paid := payroll.Compute(oneWorker(t, c.n, c.rate, h)).Slips[0]
		h.TopUp = false
		shown := payroll.Compute(oneWorker(t, c.n, c.rate, h)).Slips[0]
		if got := paid.Gross.Sub(shown.Gross); got.String() != c.topUp {
			t.Errorf("%s: topped up by %s, want %s", c.source, got, c.topUp)
		}
		if shown.BelowMinimum() != (c.topUp != "0.00") || paid.BelowMinimum() != shown.BelowMinimum() {
			t.Errorf("%s: below the minimum: %t", c.source, shown.BelowMinimum())
		}
	}
}

func TestTheEffectiveHourlyPayLeavesAllowancesOut(t *testing.T) {
	in := oneWorker(t, 80, "1", payroll.Hours{Minutes: map[int64]int64{1: 480}})
	in.Adjustments = []payroll.Adjustment{{ID: 1, WorkerID: 1, Kind: payroll.Allowance, Amount: pieceworktest.Money(t, "100")},
		{ID: 2, WorkerID: 1, Kind: payroll.Bonus, Amount: pieceworktest.Money(t, "4")}}
	if got := payroll.Compute(in).Slips[0].Hourly(); got.String() != "10.50" {
		t.Errorf("effective hourly pay %s, want 10.50", got)
	}
}

func TestDamageLeavesTheMinimumWage(t *testing.T) {
	in := oneWorker(t, 100, "1", payroll.Hours{Minutes: map[int64]int64{1: 300}, Hourly: pieceworktest.Money(t, "18")})
	in.Adjustments = []payroll.Adjustment{{ID: 1, WorkerID: 1, Kind: payroll.Damage, Amount: pieceworktest.Money(t, "50")}}
	slip := payroll.Compute(in).Slips[0]
	if slip.Net.String() != "90.00" || slip.CarriedForward.String() != "40.00" {
		t.Errorf("net %s, carried %s; 20 %% would leave 80, the minimum for 5 hours is 90", slip.Net, slip.CarriedForward)
	}
}

func TestHoursCountInOneRunOnly(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.10")
	w.Workshop.WageRegion, w.Workshop.TopUp = "山东二类", true
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	s, err := piecework.Sessions(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	in := piecework.At(time.Date(2026, 10, 5, 8, 0, 0, 0, time.UTC))
	for _, a := range []*piecework.Attendance{
		{SessionID: s.Items[0].ID, WorkerID: w.Workers[0].ID, CheckIn: in, CheckOut: in + 3*3_600_000},
		{SessionID: s.Items[0].ID, WorkerID: w.Workers[1].ID, CheckIn: in, CheckOut: in + 3_600_000},
	} {
		_, err := w.DB.NewInsert().Model(a).Exec(w.Ctx)
		w.Must(err)
	}
	w.Count("S1", "A1", "glue", 100)
	run := settle(w, "2026-10-01", "2026-10-31")
	want := `A1 v1 gross 66.00 deductions 0.00 net 66.00 carried 0.00
	  piece glue 100 × 0.10 = 10.00
	  make_up 56.00
	A2 v1 gross 22.00 deductions 0.00 net 22.00 carried 0.00
	  make_up 22.00
	`
	wantSlips(w, run.ID, want)
	w.Must(payroll.Recompute(w.Ctx, w.DB, run.ID))
	wantSlips(w, run.ID, want)
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	w.Count("S1", "A1", "glue", 100)
	wantSlips(w, settle(w, "2026-10-01", "2026-10-31").ID, "A1 v1 gross 10.00 deductions 0.00 net 10.00 carried 0.00\n  piece glue 100 × 0.10 = 10.00\n")
	_, err = payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
}
