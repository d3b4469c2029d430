package payroll_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// schedule makes a labour schedule from rows "limit percent quick"; "-" is no limit.
func schedule(t *testing.T, from piecework.Date, rows ...string) *payroll.TaxTable {
	t.Helper()
	table := &payroll.TaxTable{Type: payroll.Labour, EffectiveFrom: from, Source: "Announcement 2027 No. 1", RecordedBy: "test"}
	for _, row := range rows {
		var b payroll.Bracket
		var limit, quick string
		if _, err := fmt.Sscan(row, &limit, &b.Percent, &quick); err != nil {
			t.Fatal(err)
		}
		if limit != "-" {
			b.UpTo = pieceworktest.Money(t, limit)
		}
		b.Quick = pieceworktest.Money(t, quick)
		table.Brackets = append(table.Brackets, b)
	}
	return table
}

func TestAScheduleMustBeOneThatTaxesSmoothly(t *testing.T) {
	good := schedule(t, "2027-01-01", "20000 20 0", "50000 30 2000", "- 40 7000")
	if err := good.Validate(); err != nil {
		t.Fatalf("the law's own schedule: %v", err)
	}
	for _, c := range []struct {
		table *payroll.TaxTable
		want  string
	}{
		{schedule(t, "2027-01-01"), "brackets: a schedule has 1 to 15 rows"},
		{schedule(t, "2027-01-01", "20000 20 0"), "row 1: the last row has no limit"},
		{schedule(t, "2027-01-01", "- 20 0", "- 30 0"), "row 1: only the last row may be without a limit"},
		{schedule(t, "2027-01-01", "20000 20 0", "20000 30 2000", "- 40 4000"), "row 2: the limit must be above 20000.00"},
		{schedule(t, "2027-01-01", "20000 20 0", "- 20 0"), "row 2: the percentage must be above 20"},
		{schedule(t, "2027-01-01", "20000 20 0", "- 101 16200"), "row 2: the percentage must be between 0 and 100"},
		{schedule(t, "2027-01-01", "20000 20 0", "50000 30 2000", "- 40 6999.99"), "row 3: a quick deduction of 6999.99 makes the tax jump; 7000.00 would not"},
		{schedule(t, "2027-01-01", "20000 20 1", "- 30 2000"), "row 1: a quick deduction of 1.00 makes the tax jump; 0.00 would not"},
		{schedule(t, "", "- 20 0"), "effective_from: is required"},
		{&payroll.TaxTable{Type: payroll.Untaxed, EffectiveFrom: "2027-01-01", Allowance: piecework.Fen(-1)}, `type: "none" is not one of the kinds; monthly_allowance: must not be negative; source: is required`},
	} {
		err := c.table.Validate()
		if !errors.Is(err, piecework.ErrInvalid) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%v: %v, want %q", c.table.Brackets, err, c.want)
		}
	}
}

// The published quick deductions of every schedule that comes with the program are those that QuickDeductions works out.
func TestQuickDeductionsAreThePublishedOnes(t *testing.T) {
	for kind, table := range tables(t) {
		for i, want := range payroll.QuickDeductions(table.Brackets) {
			if got := table.Brackets[i].Quick; got.Cmp(want) != 0 {
				t.Errorf("%s, row %d: %s is published, %s worked out", kind, i+1, got, want)
			}
		}
	}
}

func TestANewScheduleHoldsFromItsDayOn(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "10")
	w.Must(payroll.SetIncomeType(w.Ctx, w.DB, &payroll.IncomeSetting{WorkerID: w.Workers[0].ID, EffectiveFrom: "2026-10-01", Type: payroll.Labour, Reason: "home work", RecordedBy: "test"}))
	w.Session("S2", "2026-11-05")
	w.Count("S1", "A1", "glue", 180)
	w.Count("S2", "A1", "glue", 180)
	flat := schedule(t, "2026-11-01", "- 10 0")
	w.Must(payroll.AddTaxTable(w.Ctx, w.DB, flat))
	if err := payroll.AddTaxTable(w.Ctx, w.DB, schedule(t, "2026-11-01", "- 15 0")); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("two schedules from one day: %v", err)
	}
	october, november := settle(w, "2026-10-01", "2026-10-31"), settle(w, "2026-11-01", "2026-11-30")
	tax := func(run *payroll.PayRun) string {
		totals, err := payroll.TotalsOf(w.Ctx, w.DB, run.ID)
		w.Must(err)
		return totals.Tax.String()
	}
	if got := tax(october) + " " + tax(november); got != "200.00 100.00" {
		t.Errorf("tax on 1,800: %s, want 200.00 by the old schedule and 100.00 by the new one", got)
	}
	w.Must(payroll.Approve(w.Ctx, w.DB, october.ID, "other"))
	w.Must(payroll.RemoveTaxTable(w.Ctx, w.DB, flat.ID)) // only a draft has used it
	if err := payroll.Approve(w.Ctx, w.DB, november.ID, "other"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("approved with a schedule that is gone: %v", err)
	}
	w.Must(payroll.AddTaxTable(w.Ctx, w.DB, schedule(t, "2026-11-01", "- 15 0")))
	list, err := payroll.TaxTables(w.Ctx, w.DB)
	w.Must(err)
	if review, err := payroll.ReviewOf(w.Ctx, w.DB, november); err != nil || !review.TaxChanged || review.Nothing() {
		t.Errorf("the review does not say that tax has changed: %+v, %v", review, err)
	}
	w.Must(payroll.Recompute(w.Ctx, w.DB, november.ID))
	w.Must(payroll.Approve(w.Ctx, w.DB, november.ID, "other"))
	for _, table := range list {
		if err := payroll.RemoveTaxTable(w.Ctx, w.DB, table.ID); !errors.Is(err, piecework.ErrConflict) {
			t.Errorf("%s from %s was removed: %v", table.Type, table.EffectiveFrom, err)
		}
	}
	if err := payroll.RemoveTaxTable(w.Ctx, w.DB, 999); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("a schedule that is not there: %v", err)
	}
}

// Two drafts of one month are computed before either is approved: the second must take the first into account.
func TestADraftIsNotApprovedWithTheTaxOfYesterday(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "10")
	w.Must(payroll.SetIncomeType(w.Ctx, w.DB, &payroll.IncomeSetting{WorkerID: w.Workers[0].ID, EffectiveFrom: "2026-10-01", Type: payroll.Labour, Reason: "home work", RecordedBy: "test"}))
	w.Session("S2", "2026-10-20")
	w.Count("S1", "A1", "glue", 150)
	w.Count("S2", "A1", "glue", 150)
	first, second := settle(w, "2026-10-01", "2026-10-15"), settle(w, "2026-10-16", "2026-10-31")
	w.Must(payroll.Approve(w.Ctx, w.DB, first.ID, "other"))
	if err := payroll.Approve(w.Ctx, w.DB, second.ID, "other"); !errors.Is(err, piecework.ErrConflict) {
		t.Fatalf("approved without the first half's income: %v", err)
	}
	w.Must(payroll.Recompute(w.Ctx, w.DB, second.ID))
	w.Must(payroll.Approve(w.Ctx, w.DB, second.ID, "other"))
	slips, err := payroll.SlipsOf(w.Ctx, w.DB, second.ID, 0)
	w.Must(err)
	s := slips[0]
	if got := fmt.Sprint(s.IncomeBefore, s.Income, s.TaxBefore, s.Tax); got != "1500.00 1500.00 140.00 300.00" {
		t.Errorf("the slip keeps %s of the month", got)
	}
}

func TestOnlyCumulativeMethodsTakeSomethingOff(t *testing.T) {
	for kind, ok := range map[payroll.IncomeType]bool{payroll.Untaxed: false, payroll.Labour: false, payroll.Salary: true, payroll.Platform: true} {
		s := payroll.IncomeSetting{EffectiveFrom: "2026-10-01", Type: kind, MonthlyDeductions: piecework.Fen(1), Reason: "so"}
		if err := s.Validate(); (err == nil) != ok {
			t.Errorf("%s with deductions: %v", kind, err)
		}
	}
}
