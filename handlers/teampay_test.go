package handlers_test

import (
	"fmt"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
)

// A member sees what a team of hers made, on her own page before it is settled and on her slip after.
func TestTeamOnTheWorkersPages(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Glue, nil, "2026-10-01", "0.35")
	team, err := piecework.TeamOf(s.Ctx, s.DB, s.Workshop.ID, []piecework.TeamMember{{WorkerID: s.Workers[0].ID, ShareWeight: 1_500_000}, {WorkerID: s.Workers[1].ID}})
	s.Must(err)
	s.Count("S1", team.Code, "glue", 100)
	worker, lead := s.as("worker"), s.as("lead")
	worker.get("/me").wants(t, 200, "100件 × ¥0.35", "¥21.00", "集体计件：小组共 ¥35.00，您的份额 3/5。") // 35.00 × 1.5 ÷ 2.5
	lead.get(fmt.Sprintf("/workers/%d", s.Workers[1].ID)).wants(t, 200, "¥14.00", "小组共 ¥35.00，份额 2/5。")

	run, err := payroll.Settle(s.Ctx, s.DB, s.Workshop.ID, "2026-10-01", "2026-10-31", "lead")
	s.Must(err)
	s.Must(payroll.Approve(s.Ctx, s.DB, run.ID, "admin"))
	slips, err := payroll.SlipsOf(s.Ctx, s.DB, run.ID, s.Workers[0].ID)
	s.Must(err)
	path := fmt.Sprintf("/slips/%d", slips[0].ID)
	worker.get(path).wants(t, 200, "集体计件", "¥21.00", "集体 100件 × 0.35 = 35.00，份额 3/5", "?line=1#line-1")
	worker.get(path+"?line=1").wants(t, 200, "王秀英 <span class=\"num\">× 1.5</span>、王秀英 <span class=\"num\">× 1</span>", "份额 3/5", "S1", "100件")
	if slips, err = payroll.SlipsOf(s.Ctx, s.DB, run.ID, 0); err != nil || len(slips) != 2 || slips[0].Gross.Add(slips[1].Gross).String() != "35.00" {
		t.Errorf("slips %+v, %v", slips, err)
	}
}
