package handlers_test

import (
	"fmt"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
)

// A plan by time is agreed on the form of a rate, previewed in words and figures, and its slip tells session by session how it was paid.
func TestARateByTime(t *testing.T) {
	s := newSite(t)
	s.attend(120)
	s.Count("S1", "A1", "glue", 150)
	lead := s.as("lead")
	form := func(more ...string) []string {
		return append([]string{"operation", fmt.Sprint(s.Glue.ID), "order", fmt.Sprint(s.Order.ID), "effective_from", "2026-10-01", "rate", "", "scheme", "halsey",
			"hour_wage", "12", "standard_pieces", "60", "standard_minutes", "60", "premium", "50"}, more...)
	}
	for _, bad := range [][]string{{"hour_wage", ""}, {"hour_wage", "0"}, {"hour_wage", "0.0000001"}, {"standard_pieces", "0"}, {"standard_minutes", "many"}, {"premium", "1/0"}, {"premium", "101"}, {"scheme", "taylor"},
		{"scheme", "emerson"}, {"scheme", "emerson", "bonuses", "100 20\n80 4"}, {"scheme", "emerson", "bonuses", "100 20 3"}, {"scheme", "gantt", "premium", ""},
		{"tier_mode", "whole", "tier_span", "day", "tier_1_at", "10", "tier_1_rate", "1"}, {"hour_wage", "0.01", "standard_pieces", "100000"}} {
		lead.post("/rates", form(bad...)...).wants(t, 422, `name="hour_wage"`, "class=\"error\"")
	}
	lead.post("/rates", form()...).wants(t, 200, "哈尔西制：分得节省的工时", "¥12.00", "¥27.00", "¥15.00", `name="standard_minutes" value="60"`, "120%")
	lead.post("/rates", form("step", "save")...).goes(t, "/rates?q=P1")
	lead.get("/rates?q=P1").wants(t, 200, "按工时")
	lead.get("/rates/1").wants(t, 200, "按标准工时做一件合", "¥0.20", "50%")
	lead.post("/rates", form("effective_from", "2026-10-02", "scheme", "emerson", "bonuses", "66.67% 0%\n100% 20%", "step", "save")...).goes(t, "/rates?q=P1")
	lead.get("/rates/2").wants(t, 200, "66.67% → 0%", "100% → 20%")
	lead.post("/rates/2/withdraw").goes(t, "/rates?q=P1")
	lead.get(fmt.Sprintf("/workers/%d", s.Workers[0].ID)).wants(t, 200, "150件 · 标准 2:30 · 实际 2:00", "¥27.00")
	s.as("worker").get("/me").wants(t, 200, "150件 · 标准 2:30 · 实际 2:00", "¥27.00")
	run := s.settle("2026-10-01", "2026-10-31")
	slips, err := payroll.SlipsOf(s.Ctx, s.DB, run.ID, 0)
	s.Must(err)
	path := fmt.Sprintf("/slips/%d", slips[0].ID)
	lead.get(path).wants(t, 200, "工时计件", "150 件，标准工时 2:30，实际工时 2:00，效率 125%", "逐场看", "¥27.00", "付实际工时，另付节省工时的 50%")
	lead.post("/lang", "lang", "en")
	lead.get(path).wants(t, 200, "150 pcs, standard time 2:30, time taken 2:00, efficiency 125%", "Session by session", "50% of the time saved")
}

// A guarantee is a setting of the workshop; the slip names the rule and the days.
func TestAGuarantee(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Glue, nil, "2026-10-01", "0.10")
	s.attend(120)
	s.Count("S1", "A1", "glue", 150)
	path := fmt.Sprintf("/workshops/%d", s.Workshop.ID)
	form := func(more ...string) []string {
		return append([]string{"name", "桃花坊", "timezone", "Asia/Shanghai", "damage_cap_percent", "20", "repeat_seconds", "3", "repeat_minutes", "10", "pay_scrap_material", "on",
			"guarantee_amount", "12", "guarantee_per", "hour", "guarantee_over", "day"}, more...)
	}
	b := s.as("bookkeeper")
	for _, bad := range [][]string{{"guarantee_amount", "-1"}, {"guarantee_amount", "many"}, {"guarantee_per", "week"}, {"guarantee_over", ""}} {
		b.post(path, form(bad...)...).wants(t, 422, `name="guarantee_amount"`)
	}
	b.post(path, form()...).goes(t, "/workshops")
	b.get(path).wants(t, 200, `value="12.00"`, `value="hour" selected`)
	run := s.settle("2026-10-01", "2026-10-31")
	slips, err := payroll.SlipsOf(s.Ctx, s.DB, run.ID, 0)
	s.Must(err)
	slip := fmt.Sprintf("/slips/%d", slips[0].ID)
	b.get(slip).wants(t, 200, "保底补差", "每小时 ¥12.00，逐天核算", "每天明细", "保底 ¥24.00，计件 ¥15.00", "¥9.00")
	b.post(path, form("guarantee_per", "period", "guarantee_amount", "100")...).goes(t, "/workshops")
	s.Must(payroll.Recompute(s.Ctx, s.DB, run.ID))
	slips, err = payroll.SlipsOf(s.Ctx, s.DB, run.ID, 0)
	s.Must(err)
	b.get(fmt.Sprintf("/slips/%d", slips[0].ID)).wants(t, 200, "每期 ¥100.00", "¥85.00")
	b.post(path, form("guarantee_amount", "")...).goes(t, "/workshops")
	w, err := piecework.WorkshopByID(s.Ctx, s.DB, s.Workshop.ID)
	s.Must(err)
	if w.Guarantee.Holds() || w.Guarantee.Per != "" {
		t.Errorf("%+v", w.Guarantee)
	}
}

// attend notes that the first worker was at session S1 for so many minutes.
func (s *site) attend(minutes int64) {
	s.Helper()
	in := piecework.Instant(1_790_000_000_000)
	a := &piecework.Attendance{SessionID: s.sessionID("S1"), WorkerID: s.Workers[0].ID, CheckIn: in, CheckOut: in + piecework.Instant(minutes*60_000)}
	_, err := s.DB.NewInsert().Model(a).Exec(s.Ctx)
	s.Must(err)
}
