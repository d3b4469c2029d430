package handlers_test

import (
	"fmt"
	"slices"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
)

// TestLookCounting looks at counting as a team and by weight, and at teams and their tallies, with the data of a month.
func TestLookCounting(t *testing.T) {
	t.Parallel()
	db, origin := demoSite(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	mine := piecework.Filter{WorkshopID: 1, Status: "open"}
	sessions, err := piecework.Sessions(ctx, db, mine)
	must(err)
	orders, err := piecework.OpenOrders(ctx, db, 1)
	must(err)
	crew, err := piecework.Crew(ctx, db, 1)
	must(err)
	order := orders[0]
	operations, session := order.Product.Operations, sessions.Items[0]
	team, err := piecework.TeamOf(ctx, db, 1, []piecework.TeamMember{{WorkerID: crew[0].ID, ShareWeight: 1_500_000}, {WorkerID: crew[1].ID}, {WorkerID: crew[2].ID, ShareWeight: 800_000}})
	must(err)
	_, err = piecework.TeamOf(ctx, db, 1, []piecework.TeamMember{{WorkerID: crew[2].ID}, {WorkerID: crew[4].ID}})
	must(err)
	scales := piecework.Weighing{GrossMG: 1_250_500, TareMG: 50_000, UnitUG: 2_400_000}
	results, err := piecework.RecordTallies(ctx, db, piecework.Actor{Name: "张组长"}, []piecework.NewTally{
		{UID: "look-team", Session: session.Code, Worker: team.Code, Order: order.Code, Operation: operations[0].Code, Counts: piecework.Counts{Good: 480, ScrapMaterial: 6}},
		{UID: "look-weight", Session: session.Code, Worker: crew[3].Code, Order: order.Code, Operation: operations[1].Code, Counts: piecework.Counts{Good: scales.Pieces(), Rework: 3}, Weight: scales},
	})
	must(err)
	for _, r := range results {
		if r.Status != piecework.Accepted {
			t.Fatal(r.Reason)
		}
	}
	tallies, err := piecework.Tallies(ctx, db, piecework.Filter{SessionID: session.ID})
	must(err)
	work := fmt.Sprintf("%d-%d", order.ID, operations[0].ID)
	at := fmt.Sprintf("/sessions/%d", session.ID)
	wrong := []string{"work", work, "good", "zwölf", fmt.Sprintf("in-%d", crew[0].ID), "on", fmt.Sprintf("share-%d", crew[0].ID), "0"}
	pages := map[string]string{
		"count-crew": at, "count-team": at + "/team", "count-team-again": fmt.Sprintf("%s/team?team=%d&work=%s", at, team.ID, work),
		"count-weigh": at + "/weigh?tare=50", "count-tallies": fmt.Sprintf("/tallies?session=%d", session.ID), "count-tally-team": fmt.Sprintf("/tallies/%d", tallies.Items[1].ID),
		"count-tally-weight": fmt.Sprintf("/tallies/%d", tallies.Items[0].ID), "count-teams": "/workers?status=team", "count-team-page": fmt.Sprintf("/workers/%d", team.ID),
		"count-member": fmt.Sprintf("/workers/%d", crew[0].ID), "count-team-wrong": "/sent/count-team-wrong", "count-weigh-wrong": "/sent/count-weigh-wrong",
	}
	packer, err := piecework.WorkerByCode(ctx, db, "A09") // who packs with another
	must(err)
	slips, err := payroll.SlipsOf(ctx, db, 1, packer.ID)
	must(err)
	line := slices.IndexFunc(slips[0].Lines, func(l payroll.Line) bool { return l.TeamID != 0 })
	if line < 0 {
		t.Fatal("the slip of a packer tells of no team")
	}
	pages["count-slip"] = fmt.Sprintf("/slips/%d?line=%d", slips[0].ID, slips[0].Lines[line].Pos)
	pages["count-packer"] = fmt.Sprintf("/workers/%d", packer.ID)
	lookAs(t, db, origin, "lead", map[string]sent{"count-team-wrong": {at + "/team", wrong}, "count-weigh-wrong": {at + "/weigh", []string{"work", work, "gross", "10", "tare", "20", "unit_weight", "1", "worker", fmt.Sprint(crew[0].ID)}}}, pages)
	lookAs(t, db, origin, "bookkeeper", nil, map[string]string{"count-workshop": "/workshops/1", "count-operation": fmt.Sprintf("/operations/%d", operations[0].ID)})
}
