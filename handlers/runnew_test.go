package handlers_test

import (
	"regexp"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/account"
)

// checkedPeriod is which days a form of a new run proposes.
var checkedPeriod = regexp.MustCompile(`name="period" value="([^"]*)" checked`)

func TestRunOfAnOrderAndTheProposedDays(t *testing.T) {
	s := newSite(t)
	b := s.as("bookkeeper")
	proposes := func(query, want string) {
		t.Helper()
		a := b.get("/runs/new" + query)
		a.wants(t, 200, "上周", "本周", "上半个月", "上个月", "本月", "这张单的所有日期", "其他日期")
		if m := checkedPeriod.FindStringSubmatch(a.body); m == nil || m[1] != want {
			t.Errorf("/runs/new%s proposes %q, want %s", query, m, want)
		}
	}
	proposes("", "last-half")
	proposes("?order=1", "order")
	proposes("?workshop=1&from=2026-10-01&to=2026-10-03", "other")

	s.Agree(s.Cut, nil, "2026-10-01", "0.35")
	s.Count("S1", "A1", "cut", 120)
	b.post("/runs", "workshop", "1", "period", "order").wants(t, 422, "请选择要结算的加工单")
	a := b.post("/runs", "order", "1", "period", "order")
	a.wants(t, 303)
	b.get(a.location).wants(t, 200, "只结算加工单", "O1", "¥42.00")
	b.get("/runs").wants(t, 200, "只结算加工单", "O1")
	b.get("/runs?q=O1").wants(t, 200, "¥42.00")
	b.post("/runs", "order", "1", "period", "order").wants(t, 422, "这张单的计件都已在结算里")
	b.get("/api/v1/runs").wants(t, 200, `"order":"O1"`)
	if s.as("lead2").post("/runs", "order", "1", "period", "order").status == 303 {
		t.Error("the order of another workshop was settled")
	}

	// The proposal is as long as the run before was; the run of an order says nothing about that.
	s.Agree(s.Cut, nil, "2026-09-01", "0.30")
	for _, run := range []struct {
		to   piecework.Date
		want string
	}{{"2026-09-07", "last-week"}, {"2026-09-15", "last-half"}, {"2026-09-30", "last-month"}} {
		s.Session("D"+string(run.to), run.to)
		s.Count("D"+string(run.to), "A1", "cut", 10)
		_, err := payroll.Settle(s.Ctx, s.DB, s.Workshop.ID, "2026-09-01", run.to, "test")
		s.Must(err)
		proposes("", run.want)
	}
}

// TestApprovedBySomebodyElse: the page names who else may approve; who is alone may, and run and audit trail say so.
func TestApprovedBySomebodyElse(t *testing.T) {
	s := newSite(t)
	month(s)
	b, admin := s.as("bookkeeper"), s.as("admin")
	b.post("/runs", append([]string{"workshop", "1"}, october...)...).wants(t, 303)
	page := b.get("/runs/1")
	page.wants(t, 200, "要由别人看过再审核：管理员")
	page.lacks(t, `action="/runs/1/approve"`)
	b.post("/runs/1/approve").wants(t, 403, "要由别人看过再审核：管理员")
	admin.get("/runs/1").wants(t, 200, `action="/runs/1/approve"`)
	admin.post("/runs/1/discard").wants(t, 303)

	admin.post("/runs", append([]string{"workshop", "1"}, october...)...).wants(t, 303)
	admin.post("/runs/2/approve").wants(t, 403, "孙会计")
	users, err := account.Users(s.Ctx, s.DB, piecework.Filter{Query: "bookkeeper"})
	s.Must(err)
	s.Must(account.Disable(s.Ctx, s.DB, users.Items[0].ID, true))
	admin.get("/runs/2").wants(t, 200, "这里没有别人可以审核", `action="/runs/2/approve"`)
	admin.post("/runs/2/approve").wants(t, 303)
	admin.get("/runs/2").wants(t, 200, "审核前没有第二个人看过")
	admin.get("/audit").wants(t, 200, "审核了结算，没有第二个人看过", `href="/runs/2"`)
}
