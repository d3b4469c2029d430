package handlers_test

import (
	"fmt"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
)

func TestARateIsPreviewedThenAgreed(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Glue, nil, "2026-10-01", "0.35")
	s.Count("S1", "A1", "glue", 100)
	run := s.settle("2026-10-01", "2026-10-31")
	s.Must(payroll.Approve(s.Ctx, s.DB, run.ID, "other"))
	s.Session("S2", "2026-11-03")
	s.Count("S2", "A1", "glue", 200)
	s.Count("S2", "A2", "glue", 10)
	lead := s.as("lead")
	lead.get("/rates").wants(t, 200, "粘花", "¥0.35", "所有加工单", "生效中")
	lead.get("/rates?q=zzz").wants(t, 200, "没有符合的工价")
	lead.get("/rates/new").wants(t, 200, "绢花 · 剪瓣", "绢花 · O1")
	total := func() int {
		t.Helper()
		list, err := piecework.Rates(s.Ctx, s.DB, piecework.Filter{})
		s.Must(err)
		return list.Total
	}
	form := func(more ...string) []string {
		return append([]string{"operation", fmt.Sprint(s.Glue.ID), "order", "", "effective_from", "2026-10-02", "rate", "0.4"}, more...)
	}
	for _, bad := range [][]string{{"rate", "0,4"}, {"rate", ""}, {"rate", "-1"}, {"effective_from", ""}, {"effective_from", "2026-13-01"}, {"operation", "77"}, {"order", "77"}, {"effective_from", "2026-10-01"}} {
		for _, step := range []string{"", "save"} {
			lead.post("/rates", form(append(bad, "step", step)...)...).wants(t, 422, `name="rate"`, `value="`)
		}
	}
	preview := lead.post("/rates", form()...)
	preview.wants(t, 200, "影响谁的工钱", "¥0.35", "¥0.40", "¥70.00", "¥80.00", "+¥10.00", "¥3.50", "¥4.00", "+¥10.50", "已结算的工钱", "涉及 1 人", "补发由会计或管理员在工价的页面上确认", `name="rate" value="0.4"`)
	lead.post("/rates", form("step", "change")...).wants(t, 200, `value="0.4"`, `value="2026-10-02"`)
	if n := total(); n != 1 {
		t.Fatalf("%d rates before any was agreed, want 1", n)
	}
	lead.post("/rates", form("step", "save")...).goes(t, "/rates?q=P1")
	lead.get("/rates?q=P1").wants(t, 200, "粘花 的工价为 ¥0.40，从 2026-10-02 起生效", "¥0.40", "已被取代")
	if n := total(); n != 2 {
		t.Fatalf("%d rates, want 2", n)
	}
	lead.post("/rates", form("order", fmt.Sprint(s.Order.ID), "effective_from", "2027-01-01")...).wants(t, 200, "没有人的未结工钱受影响", "O1")
	lead.post("/rates", form("order", fmt.Sprint(s.Order.ID), "effective_from", "2199-01-01", "step", "save")...)
	lead.get(fmt.Sprintf("/rates?order=%d", s.Order.ID)).wants(t, 200, "只显示加工单 O1", "将生效")

	list, err := piecework.Rates(s.Ctx, s.DB, piecework.Filter{})
	s.Must(err)
	var path []string
	for _, r := range list.Items {
		path = append(path, fmt.Sprintf("/rates/%d", r.ID))
	}
	lead.get(path[0]).wants(t, 200, "¥0.40", "王组长", "撤回这个工价")
	lead.post(path[0]+"/withdraw").goes(t, "/rates?q=P1")
	lead.get("/rates").wants(t, 200, "粘花 的工价（¥0.40）已撤回")
	lead.post(path[1]+"/withdraw").wants(t, 409, "已审核的结算用过这个工价")

	other := s.as("lead2")
	other.get(path[2]).wants(t, 404) // for an order of W1
	other.post(path[2]+"/withdraw").wants(t, 404)
	other.get(fmt.Sprintf("/rates?order=%d", s.Order.ID)).wants(t, 404)
	other.get("/rates").lacks(t, ">O1", " O1") // the random token of a form may hold the letters
	for _, user := range []string{"worker", "contractor"} {
		b := s.as(user)
		b.get("/rates").wants(t, 403)
		b.post("/rates", form("step", "save")...).wants(t, 403)
	}
}

// TestARateOfSeveralWorkshopsIsNotOneLeads holds that a lead cannot change what another workshop pays.
func TestARateOfSeveralWorkshopsIsNotOneLeads(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Glue, nil, "2026-10-01", "0.35")
	w2, err := piecework.WorkshopByCode(s.Ctx, s.DB, "W2")
	s.Must(err)
	theirs := *s.Order
	theirs.ID, theirs.Code, theirs.WorkshopID = 0, "O9", w2.ID
	s.Must(piecework.SaveOrder(s.Ctx, s.DB, &theirs))
	list, err := piecework.Rates(s.Ctx, s.DB, piecework.Filter{})
	s.Must(err)
	withdraw := fmt.Sprintf("/rates/%d/withdraw", list.Items[0].ID)
	form := func(order string) []string {
		return []string{"operation", fmt.Sprint(s.Glue.ID), "order", order, "effective_from", "2026-10-02", "rate", "0.4", "step", "save"}
	}
	lead := s.as("lead")
	lead.post("/rates", form("")...).wants(t, 422, "别的微工厂也做这个款式")
	lead.post(withdraw).wants(t, 403, "别的微工厂也做这个款式")
	lead.post("/rates", form(fmt.Sprint(theirs.ID))...).wants(t, 422, "请选择")
	lead.post("/rates", form(fmt.Sprint(s.Order.ID))...).goes(t, "/rates?q=P1")
	bookkeeper := s.as("bookkeeper")
	bookkeeper.get("/rates/new").wants(t, 200, "绢花 · O1", "绢花 · O9")
	bookkeeper.post("/rates", form("")...).goes(t, "/rates?q=P1")
	bookkeeper.post(withdraw).goes(t, "/rates?q=P1")
}

// A rate in tiers is agreed, previewed and shown with its steps; what is wrong is said at its field and everything typed stays.
func TestRatesInTiers(t *testing.T) {
	s := newSite(t)
	lead := s.as("lead")
	s.Count("S1", "A1", "glue", 500)
	form := func(more ...string) []string {
		return append([]string{"operation", fmt.Sprint(s.Glue.ID), "order", fmt.Sprint(s.Order.ID), "effective_from", "2026-10-01", "rate", "0.03",
			"tier_mode", "whole", "tier_span", "day", "quota", "480", "tier_1_how", "above", "tier_1_at", "83", "tier_1_rate", "0.033",
			"tier_2_how", "above", "tier_2_at", "100", "tier_2_rate", "0.036"}, more...)
	}
	for _, bad := range [][]string{{"tier_1_at", "eight"}, {"tier_1_rate", ""}, {"tier_2_at", "83"}, {"tier_mode", "odd"}, {"tier_span", ""}, {"quota", "-1"},
		{"tier_1_at", "", "tier_1_rate", "", "tier_2_at", "", "tier_2_rate", ""}} {
		lead.post("/rates", form(bad...)...).wants(t, 422, "<details class=\"more\" open", "<option value=\"day\"", `name="rate"`)
	}
	lead.post("/rates", form()...).wants(t, 200, "满 399 件，全部按 ¥0.033（定额的 83%）", "满 481 件，全部按 ¥0.036（定额的 100%）", `name="tier_2_at" value="100"`, "¥18.00")
	lead.post("/rates", form("step", "save")...).goes(t, "/rates?q=P1")
	lead.get("/rates?q=P1").wants(t, 200, "有阶梯")
	list, err := piecework.Rates(s.Ctx, s.DB, piecework.Filter{OrderID: s.Order.ID})
	s.Must(err)
	for _, r := range list.Items {
		if r.Tiered() {
			lead.get(fmt.Sprintf("/rates/%d", r.ID)).wants(t, 200, "满 399 件", "定额", "480")
			lead.post(fmt.Sprintf("/rates/%d/withdraw", r.ID)).goes(t, "/rates?q=P1")
		}
	}
}
