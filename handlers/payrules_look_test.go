package handlers_test

import (
	"fmt"
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
	tax := fmt.Sprintf("/workers/%d/tax", worker)
	look := func(username string, forms map[string]sent, pages map[string]string) {
		for name := range forms {
			pages[name] = "/sent/" + name
		}
		lookAs(t, db, origin, username, forms, pages)
	}
	look("bookkeeper", map[string]sent{
		"tax-rule-wrong":     {tax, []string{"type", "labour", "effective_from", "2026-10-01", "monthly_deductions", "100"}},
		"tax-table-wrong":    {"/tax-tables", []string{"type", "salary", "up_to_1", "36000", "percent_1", "3", "percent_2", "3", "quick_2", "x"}},
		"minimum-wage-wrong": {"/minimum-wages", []string{"hourly", "x"}},
	}, map[string]string{
		"tax-rule": tax, "tax-tables": "/tax-tables", "tax-table-new": "/tax-tables/new?type=salary",
		"minimum-wages": "/minimum-wages", "slip-taxed": fmt.Sprintf("/slips/%d", slips[0].ID),
	})
	look("lead", nil, map[string]string{"tax-rule-lead": tax})
}
