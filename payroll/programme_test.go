package payroll_test

import (
	"fmt"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// Each piece is counted once for each operation, by whatever rate it is paid and however many of a team made it.
func TestTheProgrammeCountsAPieceOnce(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Cut, nil, "2026-10-01", "0.50")
	agreeSteps(w, t, piecework.PerDay, piecework.Marginal)
	members, err := piecework.MembersByCode(w.Ctx, w.DB, w.Workshop.ID, []string{"A1", "A2"})
	w.Must(err)
	team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, members)
	w.Must(err)
	w.Count("S1", team.Code, "cut", 100)
	for i := range 4 {
		code := fmt.Sprintf("B%d", i+1)
		w.Must(piecework.SaveWorker(w.Ctx, w.DB, &piecework.Worker{Code: code, Name: "李桂兰", WorkshopID: w.Workshop.ID, ShareWeight: piecework.ShareWeightOne, Active: true}))
		w.Count("S1", code, "glue", 120)
	}
	w.Must(payroll.Approve(w.Ctx, w.DB, settle(w, "2026-10-01", "2026-10-31").ID, "other"))
	months, err := payroll.Programme(w.Ctx, w.DB, 0, "2026-11-10")
	w.Must(err)
	if len(months) != 1 || months[0].Shown.Workers != 6 || months[0].Shown.Pieces != 100+4*120 {
		t.Errorf("%+v", months)
	}
}
