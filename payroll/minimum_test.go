package payroll_test

import (
	"errors"
	"fmt"
	"strings"
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
		Work: []payroll.Work{{WorkerID: 1, OrderID: 1, OperationID: 1, Day: "2026-10-05", Counts: piecework.Counts{Good: n}, Fixed: &piecework.PieceRate{Rate: r}}}}
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

func TestMinimumWagesAreDatedData(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.10")
	w.Workshop.WageRegion = "山东二类"
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	figure := func(region, hourly string) *payroll.MinimumWage {
		return &payroll.MinimumWage{Region: region, EffectiveFrom: "2026-10-01", Monthly: pieceworktest.Money(t, "2400"), Hourly: pieceworktest.Money(t, hourly), Source: "document", RecordedBy: "test"}
	}
	for _, c := range []struct {
		change func(*payroll.MinimumWage)
		want   string
	}{
		{func(m *payroll.MinimumWage) { m.Region = "" }, "region: is required"},
		{func(m *payroll.MinimumWage) { m.EffectiveFrom = "" }, "effective_from: is required"},
		{func(m *payroll.MinimumWage) { m.Hourly = piecework.Money{} }, "hourly: must be more than zero"},
		{func(m *payroll.MinimumWage) { m.Monthly = piecework.Money{} }, "monthly: must be more than zero"},
		{func(m *payroll.MinimumWage) { m.Hourly = m.Monthly }, "hourly: must be less than for a month"},
		{func(m *payroll.MinimumWage) { m.Source = "" }, "source: is required"},
	} {
		m := figure("山东二类", "24")
		c.change(m)
		if err := payroll.AddMinimumWage(w.Ctx, w.DB, m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	used, unused := figure("山东二类", "24"), figure("桃源", "23")
	w.Must(payroll.AddMinimumWage(w.Ctx, w.DB, used))
	w.Must(payroll.AddMinimumWage(w.Ctx, w.DB, unused))
	if err := payroll.AddMinimumWage(w.Ctx, w.DB, figure("山东二类", "25")); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("two figures from one day: %v", err)
	}
	attend(w, 0, 60)
	w.Count("S1", "A1", "glue", 100)
	run := settle(w, "2026-10-01", "2026-10-31")
	slips, err := payroll.SlipsOf(w.Ctx, w.DB, run.ID, 0)
	w.Must(err)
	if slips[0].MinimumHourly.String() != "24.00" {
		t.Errorf("held against %s", slips[0].MinimumHourly)
	}
	raised := figure("山东二类", "25")
	raised.EffectiveFrom = "2026-10-20"
	w.Must(payroll.AddMinimumWage(w.Ctx, w.DB, raised))
	wantKind(t, "approve what is held against an old minimum wage", payroll.Approve(w.Ctx, w.DB, run.ID, "other"), piecework.ErrConflict)
	w.Must(payroll.Recompute(w.Ctx, w.DB, run.ID))
	w.Must(payroll.RemoveMinimumWage(w.Ctx, w.DB, raised.ID))
	wantKind(t, "approve what is held against a minimum wage that was wrong", payroll.Approve(w.Ctx, w.DB, run.ID, "other"), piecework.ErrConflict)
	w.Must(payroll.Recompute(w.Ctx, w.DB, run.ID))
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	w.Must(payroll.RemoveMinimumWage(w.Ctx, w.DB, unused.ID))
	for id, kind := range map[int64]error{used.ID: piecework.ErrConflict, 1: piecework.ErrConflict, unused.ID: piecework.ErrNotFound} {
		if err := payroll.RemoveMinimumWage(w.Ctx, w.DB, id); !errors.Is(err, kind) {
			t.Errorf("remove %d: %v, want %v", id, err, kind)
		}
	}
}

// attend notes that a worker of the world was at session S1 for so many minutes.
func attend(w *pieceworktest.World, worker int, minutes int64) {
	w.Helper()
	s, err := piecework.Sessions(w.Ctx, w.DB, piecework.Filter{Query: "S1"})
	w.Must(err)
	in := piecework.At(time.Date(2026, 10, 5, 8, 0, 0, 0, time.UTC))
	a := &piecework.Attendance{SessionID: s.Items[0].ID, WorkerID: w.Workers[worker].ID, CheckIn: in, CheckOut: in + piecework.Instant(minutes*60_000)}
	_, err = w.DB.NewInsert().Model(a).Exec(w.Ctx)
	w.Must(err)
}

// Who comes back to a session has more hours than a run has counted: a draft counts them again, and for an approved one it is too late.
func TestWhoComesBackIsCountedAgain(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Workshop.Guarantee = piecework.Guarantee{Amount: pieceworktest.Money(t, "60"), Per: piecework.ByHour, Over: piecework.ByDay}
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	attend(w, 0, 60)
	run := settle(w, "2026-10-01", "2026-10-31")
	s, err := piecework.Sessions(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	back := func() error { return piecework.CheckIn(w.Ctx, w.DB, s.Items[0].ID, w.Workers[0].ID) }
	w.Must(back())
	wantKind(t, "approve hours that go on", payroll.Approve(w.Ctx, w.DB, run.ID, "other"), piecework.ErrConflict)
	_, err = w.DB.ExecContext(w.Ctx, "UPDATE attendances SET check_out = check_in + 7200000")
	w.Must(err)
	w.Must(payroll.Recompute(w.Ctx, w.DB, run.ID))
	wantSlips(w, run.ID, "A1 v1 gross 120.00 deductions 0.00 net 120.00 carried 0.00\n  guarantee 120.00\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	wantKind(t, "come back to hours that are counted", back(), piecework.ErrConflict)
}

// Minutes are whole ones, on either engine: 59 seconds more are none.
func TestMinutesAreRoundedDown(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Workshop.Guarantee = piecework.Guarantee{Amount: pieceworktest.Money(t, "60"), Per: piecework.ByHour, Over: piecework.ByDay}
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	attend(w, 0, 60)
	_, err := w.DB.ExecContext(w.Ctx, "UPDATE attendances SET check_out = check_out + 59000")
	w.Must(err)
	minutes, err := payroll.OpenMinutes(w.Ctx, w.DB, w.Workers[0].ID)
	w.Must(err)
	run := settle(w, "2026-10-01", "2026-10-31")
	slips, err := payroll.SlipsOf(w.Ctx, w.DB, run.ID, 0)
	w.Must(err)
	if minutes != 60 || len(slips) != 1 || slips[0].Minutes != 60 || slips[0].Gross.String() != "60.00" {
		t.Errorf("%d minutes are open; slips %+v", minutes, slips)
	}
}

func TestTheReviewNamesWhoStayedUnderTheMinimum(t *testing.T) {
	for _, topUp := range []bool{false, true} {
		w := pieceworktest.NewWorld(t)
		w.Agree(w.Glue, nil, "2026-10-01", "0.10")
		w.Workshop.WageRegion, w.Workshop.TopUp = "山东二类", topUp
		w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
		attend(w, 0, 90)
		attend(w, 1, 60)
		w.Count("S1", "A1", "glue", 200)
		w.Count("S1", "A2", "glue", 220) // 22.00 in an hour: just the minimum
		adjust(w, 0, "2026-10-05", payroll.Allowance, "100")
		review, err := payroll.ReviewOf(w.Ctx, w.DB, settle(w, "2026-10-01", "2026-10-31"))
		w.Must(err)
		if len(review.UnderMinimum) != 1 || review.Nothing() {
			t.Fatalf("top-up %t: %+v", topUp, review.UnderMinimum)
		}
		u := review.UnderMinimum[0]
		if got := fmt.Sprint(u.Worker.Code, u.Minutes, u.Hourly, u.Minimum, u.Short); got != "A190 13.33 22.00 13.00" {
			t.Errorf("top-up %t: %s", topUp, got)
		}
	}
}
