package handlers_test

import (
	"fmt"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
)

func TestArrearsAreAgreedAndPaid(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Cut, nil, "2026-10-01", "0.30")
	s.Count("S1", "A1", "cut", 120)
	run, err := payroll.Settle(s.Ctx, s.DB, s.Workshop.ID, "2026-10-01", "2026-10-31", "test")
	s.Must(err)
	s.Must(payroll.Approve(s.Ctx, s.DB, run.ID, "other"))
	b, lead := s.as("bookkeeper"), s.as("lead")
	rate := []string{"operation", "1", "order", "1", "effective_from", "2026-10-02", "rate", "0.35"}

	a := b.post("/rates", rate...)
	a.wants(t, 200, "已结算的工钱：差 ¥6.00，涉及 1 人", "王秀英", "¥0.30 → ¥0.35", "¥36.00", "¥42.00", "由下一次结算补发")
	a.lacks(t, "已结算的计件保持不变")
	lead.post("/rates", rate...).wants(t, 200, "已结算的工钱：差 ¥6.00", "补发由会计或管理员")
	lead.post("/rates", append(rate, "step", "save", "arrears", "pay", "seen", "6.00")...).wants(t, 403, "补发由会计或管理员")
	b.post("/rates", append(rate, "step", "save", "arrears", "pay", "seen", "5.00")...).wants(t, 409, "差额原来是 5.00，现在是 6.00")
	lead.post("/rates", append(rate, "step", "save")...).wants(t, 303)

	rates, err := piecework.Rates(s.Ctx, s.DB, piecework.Filter{})
	s.Must(err)
	var newest int64
	for _, r := range rates.Items {
		newest = max(newest, r.ID)
	}
	page := fmt.Sprintf("/rates/%d", newest)
	lead.get(page).wants(t, 200, "对已结算工钱的影响", `href="`+page+`/arrears"`)
	lead.get(page+"/arrears").wants(t, 200, "已结算的工钱：差 ¥6.00", "补发由会计或管理员")
	lead.post(page+"/arrears", "seen", "6.00").wants(t, 403)
	b.get(page+"/arrears").wants(t, 200, "确认补发", `name="seen" value="6.00"`)
	b.post(page+"/arrears", "seen", "6.00").wants(t, 303)
	a = b.get(page + "/arrears")
	a.wants(t, 200, "已确认：¥6.00", "下一次结算")
	a.lacks(t, "确认补发</button>")
	b.post(page+"/arrears", "seen", "6.00").wants(t, 409, "都已确认")

	s.Session("S2", "2026-11-03")
	s.Count("S2", "A1", "cut", 10)
	a = b.post("/runs", "workshop", "1", "period", "other", "from", "2026-11-01", "to", "2026-11-30")
	a.wants(t, 303)
	b.get(a.location).wants(t, 200, "草稿里有 1 行因工价追溯调整的补发", "¥6.00", "¥9.50")
	slip := b.get(a.location + "/export?table=lines")
	slip.wants(t, 200, "A1,arrears,O1,cut,,,6.00")
	b.get("/slips/2?line=2").wants(t, 200, "补发工价差额", "第 1 次结算 120 件，单价 0.30 改为 0.35：原为 36.00，应为 42.00", "S1", "差额在本单单列")
	b.get("/slips/2?lang=en").wants(t, 200, "run 1: 120 pieces at 0.30 are now paid at 0.35; 36.00 was paid, 42.00 is due")
	b.get(a.location+"/export?table=ledger").wants(t, 200, ",6.00,9.50,")
}
