package handlers_test

import (
	"fmt"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
)

func TestIncomeTaxOfAWorker(t *testing.T) {
	s := newSite(t)
	path := fmt.Sprintf("/workers/%d/tax", s.Workers[0].ID)
	b := s.as("bookkeeper")
	b.get(path+"?lang=en").wants(t, 200, "Nothing is withheld here", "Nobody has decided anything yet", "Labour remuneration", "Jijian never chooses it")
	b.get("/?lang=zh")
	b.post(path, "effective_from", "", "type", "", "monthly_deductions", "1,0", "reason", "").wants(t, 422, "必须填写", "请选择", `value="1,0"`)
	b.post(path, "effective_from", "2026-10-01", "type", "guess", "reason", "x").wants(t, 422)
	b.post(path, "effective_from", "2026-10-01", "type", "labour", "monthly_deductions", "100", "reason", "居家做活").wants(t, 422, "只有累计预扣的办法才减扣除", "居家做活", `value="labour" checked`)
	if a := b.post(path, "effective_from", "2026-10-01", "type", "labour", "reason", "居家做活"); a.status != 303 || a.location != path {
		t.Fatalf("%d to %s", a.status, a.location)
	}
	b.get(path).wants(t, 200, "flash done", "居家做活", "孙会计", "生效中")
	b.post(path, "effective_from", "2026-10-01", "type", "salary", "reason", "x").wants(t, 422, "已有从 2026-10-01 起的规则")
	b.post(path, "effective_from", "2099-01-01", "type", "salary", "monthly_deductions", "420.50", "reason", "签合同").wants(t, 303)
	b.get(fmt.Sprintf("/workers/%d", s.Workers[0].ID)).wants(t, 200, "劳务报酬", "工资薪金", "居家做活")
	rules, err := payroll.IncomeSettings(s.Ctx, s.DB, s.Workers[0].ID)
	s.Must(err)
	if len(rules) != 2 || rules[0].MonthlyDeductions.String() != "420.50" || payroll.RuleOn(rules, "2026-11-01").Type != payroll.Labour || payroll.RuleOn(rules, "2026-09-30").Type != payroll.Untaxed {
		t.Errorf("%+v", rules)
	}
	lead := s.as("lead")
	lead.get(path).wants(t, 200, "居家做活", "由会计或管理员决定")
	lead.post(path, "effective_from", "2026-12-01", "type", "none", "reason", "x").wants(t, 403)
	s.as("lead2").get(path).wants(t, 404)
	s.as("worker").get(path).wants(t, 403)
	s.as("worker").get("/me").wants(t, 200)
}

func TestTaxTables(t *testing.T) {
	s := newSite(t)
	b := s.as("admin")
	b.get("/tax-tables?lang=en").wants(t, 200, "Labour remuneration", "up to ¥36000.00", "above ¥960000.00", "¥181920.00", "国家税务总局公告2018年第61号")
	b.get("/tax-tables/new?type=salary&lang=zh").wants(t, 200, `name="up_to_6" value="960000"`, `name="percent_7" value="45"`, `value="5000.00"`)
	b.get("/tax-tables/new").wants(t, 200)
	b.post("/tax-tables", "type", "labour", "up_to_1", "x", "percent_1", "20%").wants(t, 422, "必须填写", "第 1 行", `value="20%"`)
	common := []string{"type", "labour", "effective_from", "2027-01-01", "source", "公告2027年第1号", "up_to_1", "30000", "percent_1", "20", "percent_3", "30"}
	b.post("/tax-tables", append(common, "quick_3", "2999")...).wants(t, 422, "速算扣除数 2999.00 会使税额跳变，应为 3000.00", `name="quick_3" value="2999"`)
	b.post("/tax-tables", append(common, "up_to_4", "1", "percent_4", "25")...).wants(t, 422, "税率必须高于上一行的 30", "只有最后一行可以没有上限")
	b.post("/tax-tables", "type", "salary", "effective_from", "2027-01-01", "source", "x", "percent_1", "3").wants(t, 422, "必须填写")
	b.post("/tax-tables", common...).wants(t, 303)
	b.get("/tax-tables").wants(t, 200, "flash done", "公告2027年第1号", "¥3000.00", "由 管理员 录入", "将生效")
	b.post("/tax-tables", common...).wants(t, 422, "已有从 2027-01-01 起的税率表")
	list, err := payroll.TaxTables(s.Ctx, s.DB)
	s.Must(err)
	if got := list[0]; got.Type != payroll.Labour || len(got.Brackets) != 2 || got.Brackets[1].Quick.String() != "3000.00" {
		t.Fatalf("%+v", got)
	}
	remove := func(id int64) answer { return b.post(fmt.Sprintf("/tax-tables/%d/remove", id)) }
	remove(list[1].ID).wants(t, 409, "程序自带")
	remove(list[0].ID).wants(t, 303)
	remove(list[0].ID).wants(t, 404)
	s.as("lead").get("/tax-tables").wants(t, 403)
	s.as("lead").post("/tax-tables", common...).wants(t, 403)
}

func TestMinimumWages(t *testing.T) {
	s := newSite(t)
	b := s.as("bookkeeper")
	b.get("/minimum-wages").wants(t, 200, "山东二类", "¥22.00", "鲁政字〔2025〕140号")
	b.post("/minimum-wages", "region", "", "hourly", "0", "monthly", "x").wants(t, 422, "必须填写", "必须大于零", `value="x"`)
	figure := []string{"region", "桃源", "effective_from", "2026-01-01", "hourly", "21.5", "monthly", "2150", "source", "文件"}
	b.post("/minimum-wages", figure...).wants(t, 303)
	b.get("/minimum-wages").wants(t, 200, "flash done", "桃源", "¥21.50", "孙会计")
	b.post("/minimum-wages", figure...).wants(t, 422, "该地区已有从 2026-01-01 起的最低工资")
	list, err := payroll.MinimumWages(s.Ctx, s.DB)
	s.Must(err)
	ids := map[string]int64{}
	for _, m := range list {
		ids[m.Region] = m.ID
	}
	b.post(fmt.Sprintf("/minimum-wages/%d/remove", ids["山东二类"])).wants(t, 409, "程序自带")
	b.post(fmt.Sprintf("/minimum-wages/%d/remove", ids["桃源"])).wants(t, 303)
	b.post("/minimum-wages/9999/remove").wants(t, 404)
	s.as("lead").get("/minimum-wages").wants(t, 403)
	s.as("lead").post("/minimum-wages", figure...).wants(t, 403)
}

// A bookkeeper who sees one workshop only may look at figures that hold for all, and change none.
func TestFiguresForEverybodyAreNotOneWorkshopsToChange(t *testing.T) {
	s := newSite(t)
	_, err := s.DB.NewRaw("UPDATE users SET workshop_id = ? WHERE username = 'bookkeeper'", s.Workshop.ID).Exec(s.Ctx)
	s.Must(err)
	b := s.as("bookkeeper")
	b.get("/tax-tables").wants(t, 200)
	b.get("/tax-tables/new").wants(t, 403)
	b.get("/minimum-wages").wants(t, 200)
	for _, path := range []string{"/tax-tables", "/tax-tables/1/remove", "/minimum-wages", "/minimum-wages/1/remove"} {
		b.post(path).wants(t, 403)
	}
}

func TestTheWorkshopSaysItsRegion(t *testing.T) {
	s := newSite(t)
	b := s.as("bookkeeper")
	path := fmt.Sprintf("/workshops/%d", s.Workshop.ID)
	b.get(path).wants(t, 200, "山东二类：每小时 ¥22.00", "只提示")
	settings := []string{"name", "桃木坊", "timezone", "Asia/Shanghai", "damage_cap_percent", "20"}
	b.post(path, append(settings, "wage_region", "火星")...).wants(t, 422, "请选择")
	b.post(path, append(settings, "top_up", "on")...).wants(t, 422, "请选择按哪个地区的最低工资补足")
	b.post(path, append(settings, "wage_region", "山东二类", "top_up", "on")...).wants(t, 303)
	w, err := piecework.WorkshopByID(s.Ctx, s.DB, s.Workshop.ID)
	s.Must(err)
	if w.WageRegion != "山东二类" || !w.TopUp {
		t.Errorf("saved %q %t", w.WageRegion, w.TopUp)
	}
	b.get(path).wants(t, 200, `value="山东二类" selected`, `value="on" checked`)
}

// From a rule and a region to what the review, the slip, and the worker's own page say.
func TestPayRulesReachTheSlip(t *testing.T) {
	s := newSite(t)
	s.Workshop.WageRegion = "山东二类"
	s.Must(piecework.SaveWorkshop(s.Ctx, s.DB, s.Workshop))
	s.Must(payroll.SetIncomeType(s.Ctx, s.DB, &payroll.IncomeSetting{WorkerID: s.Workers[0].ID, EffectiveFrom: "2026-10-01", Type: payroll.Labour, Reason: "居家", RecordedBy: "test"}))
	s.Agree(s.Cut, nil, "2026-10-01", "10")
	sessions, err := piecework.Sessions(s.Ctx, s.DB, piecework.Filter{Query: "S1"})
	s.Must(err)
	in := piecework.Instant(1_790_000_000_000)
	_, err = s.DB.NewInsert().Model(&piecework.Attendance{SessionID: sessions.Items[0].ID, WorkerID: s.Workers[0].ID, CheckIn: in, CheckOut: in + 60*3_600_000}).Exec(s.Ctx)
	s.Must(err)
	s.Count("S1", "A1", "cut", 120)
	run := s.settle("2026-10-01", "2026-10-31")
	slips, err := payroll.SlipsOf(s.Ctx, s.DB, run.ID, s.Workers[0].ID)
	s.Must(err)
	b := s.as("bookkeeper")
	b.get(runPath(run.ID)+"?lang=zh").wants(t, 200, "1 张结算单按工时低于最低工资", "60 小时 00 分", "每小时 ¥20.00", "还差 ¥120.00", "只作提示")
	slip := fmt.Sprintf("/slips/%d", slips[0].ID)
	b.get(slip).wants(t, 200, "60 小时 00 分", "¥20.00", "¥22.00", "还差 ¥120.00", "劳务报酬", "当月收入", "¥1200.00", "¥80.00")
	s.Must(payroll.SetIncomeType(s.Ctx, s.DB, &payroll.IncomeSetting{WorkerID: s.Workers[0].ID, EffectiveFrom: "2026-10-02", Type: payroll.Untaxed, Reason: "改正", RecordedBy: "test"}))
	b.get(runPath(run.ID)).wants(t, 200, "现在预扣的个税会不同")
	b.post(runPath(run.ID)+"/approve").wants(t, 409, "请重新计算")
	b.post(runPath(run.ID)+"/recompute").wants(t, 303)
	b.post(runPath(run.ID)+"/approve").wants(t, 303)
}

func runPath(id int64) string { return fmt.Sprintf("/runs/%d", id) }

// The time of a session is marked on its page, a grade recorded on the worker's; only the books decide about grades.
func TestMarksAndGrades(t *testing.T) {
	s := newSite(t)
	lead, books := s.as("lead"), s.as("bookkeeper")
	lead.get("/sessions/1").wants(t, 200, "正常时间", `name="day_kind"`)
	lead.post("/sessions/1/mark", "day_kind", "overtime", "rate_percent", "").goes(t, "/sessions/1")
	lead.get("/sessions/1").wants(t, 200, "加班", "150%")
	lead.post("/sessions/1/mark", "day_kind", "overtime", "rate_percent", "120").wants(t, 422, "150", `value="120"`, `value="overtime" selected`)
	path := fmt.Sprintf("/workers/%d", s.Workers[0].ID)
	lead.get(path).wants(t, 200, path+"/grades", "全部工价")
	lead.post(path+"/grades", "grade", "学徒", "percent", "80", "effective_from", "2026-10-01").wants(t, 403)
	books.post(path+"/grades", "grade", "", "percent", "0", "effective_from", "x").wants(t, 422, "必须填写", `value="x"`)
	books.post(path+"/grades", "grade", "学徒", "percent", "80", "effective_from", "2026-10-01").goes(t, path+"/grades")
	lead.get(path+"/grades").wants(t, 200, "学徒", "80%", "生效", "会计")
	lead.get(path).wants(t, 200, "学徒 80%")
}

// A large bonus waits for somebody else; an advance is entered with its instalments and put off.
func TestSecondPersonAndInstalments(t *testing.T) {
	s := newSite(t)
	s.Workshop.SecondPersonAbove = 100_00
	s.Must(piecework.SaveWorkshop(s.Ctx, s.DB, s.Workshop))
	lead, books := s.as("lead"), s.as("bookkeeper")
	books.get("/workshops/1").wants(t, 200, `name="second_person_above"`, `value="100.00"`)
	entry := func(kind, amount string, more ...string) []string {
		return append([]string{"worker", fmt.Sprint(s.Workers[0].ID), "kind", kind, "date", "2026-10-05", "amount", amount}, more...)
	}
	lead.post("/adjustments", entry("bonus", "100.01")...).goes(t, "/adjustments")
	lead.get("/adjustments").wants(t, 200, "等第二个人批准")
	lead.post("/adjustments/1/approve").wants(t, 403, "须由别人批准")
	books.get("/adjustments?status=approval").wants(t, 200, `action="/adjustments/1/approve"`)
	books.post("/adjustments/1/approve").goes(t, "/adjustments")
	lead.get("/adjustments").wants(t, 200, "孙会计 批准")
	lead.post("/adjustments", entry("advance", "90", "instalment", "100")...).wants(t, 422, "必须在 0 和总额之间", `value="100"`)
	lead.post("/adjustments", entry("bonus", "90", "instalment", "10")...).wants(t, 422, "只有借支")
	lead.post("/adjustments", entry("advance", "90", "instalment", "30")...).goes(t, "/adjustments")
	lead.get("/adjustments").wants(t, 200, "每次最多扣 ¥30.00")
	lead.post("/adjustments/2/postpone", "not_before", "2026-12-01").goes(t, "/adjustments")
	lead.get("/adjustments").wants(t, 200, "起扣")
	lead.post("/adjustments/1/postpone", "not_before", "2026-12-01").wants(t, 409)
	lead.post("/adjustments/2/postpone", "not_before", "soon").wants(t, 422)
}

// A part is paid by WeChat on the slip, the rest of everybody in cash on the run; the worker sees it.
func TestPayments(t *testing.T) {
	s := newSite(t)
	run := busy(s)
	books, lead := s.as("bookkeeper"), s.as("lead")
	slips, err := payroll.SlipsOf(s.Ctx, s.DB, run.ID, 0)
	s.Must(err)
	slip := fmt.Sprintf("/slips/%d", slips[0].ID)
	books.get(slip).wants(t, 200, "还没有付款", "登记付款")
	lead.post(slip+"/paid", "method", "cash").wants(t, 403)
	books.post(slip+"/paid", "method", "", "amount", "1,0").wants(t, 422, `value="1,0"`, "请选择")
	books.post(slip+"/paid", "method", "wechat", "amount", "9999").wants(t, 422, "超过还欠她的", `value="9999"`)
	books.post(slip+"/paid", "method", "wechat", "amount", "1.50").goes(t, slip+"#paid")
	books.get(slip).wants(t, 200, "微信", "¥1.50", "还欠")
	at := fmt.Sprintf("/runs/%d", run.ID)
	books.get(at).wants(t, 200, "¥1.50", "已付")
	books.post(at+"/paid", "method", "", "paid_on", "2026-11-05").wants(t, 422, "请选择", `value="2026-11-05"`)
	books.post(at+"/paid", "method", "cash", "paid_on", "2026-11-05").goes(t, at)
	lead.get(slip).wants(t, 200, "现金", "微信")
	lead.get(slip).lacks(t, "还欠", "登记付款")
}
