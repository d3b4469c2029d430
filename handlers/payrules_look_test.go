package handlers_test

import (
	"fmt"
	"slices"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
)

// TestLookPayRules looks at tax rules, schedules, minimum wages, and at what of them a slip says; TestLookWork and
// TestLookBooks look at run, worker and workshop.
func TestLookPayRules(t *testing.T) {
	t.Parallel()
	db, origin := demoSite(t)
	workers, err := piecework.Workers(t.Context(), db, piecework.Filter{Query: "A06"})
	if err != nil {
		t.Fatal(err)
	}
	worker := workers.Items[0].ID
	slips, err := payroll.SlipsOf(t.Context(), db, 3, worker)
	if err != nil {
		t.Fatal(err)
	}
	byTime, err := payroll.SlipsOf(t.Context(), db, 3, worker+1) // winds stems by time
	if err != nil {
		t.Fatal(err)
	}
	rates, err := piecework.Rates(t.Context(), db, piecework.Filter{Query: "ROSE"})
	if err != nil {
		t.Fatal(err)
	}
	plan := rates.Items[slices.IndexFunc(rates.Items, func(r piecework.PieceRate) bool { return r.ByTime() })]
	tax := fmt.Sprintf("/workers/%d/tax", worker)
	look := func(username string, forms map[string]sent, pages map[string]string) {
		for name := range forms {
			pages[name] = "/sent/" + name
		}
		lookAs(t, db, origin, username, forms, pages)
	}
	look("bookkeeper", map[string]sent{
		"tax-rule-wrong":  {tax, []string{"type", "labour", "effective_from", "2026-10-01", "monthly_deductions", "100"}},
		"tax-table-wrong": {"/tax-tables", []string{"type", "salary", "up_to_1", "36000", "percent_1", "3", "percent_2", "3", "quick_2", "x"}},
		"rate-by-time": {"/rates", []string{"operation", fmt.Sprint(plan.OperationID), "effective_from", "2026-11-01", "scheme", "emerson", "hour_wage", "23.40",
			"standard_pieces", "520", "standard_minutes", "60", "bonuses", "66.67% 0%\n100% 20%"}},
		"minimum-wage-wrong": {"/minimum-wages", []string{"hourly", "x"}},
	}, map[string]string{
		"tax-rule": tax, "tax-tables": "/tax-tables", "tax-table-new": "/tax-tables/new?type=salary",
		"minimum-wages": "/minimum-wages", "slip-by-time": fmt.Sprintf("/slips/%d?line=2", byTime[0].ID), "slip-taxed": fmt.Sprintf("/slips/%d", slips[0].ID),
	})
	look("lead", nil, map[string]string{"tax-rule-lead": tax})
}
