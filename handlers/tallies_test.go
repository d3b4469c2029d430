package handlers_test

import (
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
)

func TestTallies(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	b.get("/tallies").wants(t, 200, "还没有计件")
	s.Session("S2", "2026-10-06")
	s.Count("S1", "A1", "cut", 1200)
	s.Count("S2", "A2", "glue", 33)
	b.get("/tallies").wants(t, 200, "1,200", "33", "共 2 条")
	b.get("/tallies?q=zzz").wants(t, 200, "没有符合的计件", `value="zzz"`)
	for path, without := range map[string]string{"/tallies?session=1": "粘花", "/tallies?worker=2": "剪瓣", "/tallies?from=2026-10-06": "剪瓣",
		"/tallies?to=2026-10-05": "粘花", "/tallies?q=a2": "剪瓣"} {
		a := b.get(path)
		a.wants(t, 200, "共 1 条")
		if strings.Contains(a.body, without) {
			t.Errorf("%s shows %s", path, without)
		}
	}
	s.as("admin").get("/tallies?status=open").wants(t, 200, "共 2 条")
	s.as("lead2").get("/tallies").wants(t, 200, "还没有计件")
}

func TestStrike(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	s.Session("S2", "2026-10-06")
	s.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 120, ScrapMaterial: 4}})
	b.get("/tallies/1").wants(t, 200, "120", "剪瓣", "尚未结算", "冲销这条计件", `value="1" selected`)
	b.post("/tallies/1/strike", "session", "1", "reason", "", "key", "k1").wants(t, 422, "必须填写")
	b.post("/tallies/1/strike", "session", "99", "reason", "数错了", "key", "k1").wants(t, 422, "数错了", "请选择")
	if n := s.tallies(); n != 1 {
		t.Fatalf("%d tallies after a refused strike", n)
	}
	b.post("/sessions/1/close")
	b.get("/tallies/1").wants(t, 200, "S2 · 2026-10-06") // the open session is offered instead
	b.post("/tallies/1/strike", "session", "1", "reason", "数错了", "key", "k1").wants(t, 409, "已关闭", `value="数错了"`, `value="k1"`)
	sent := []string{"session", "2", "reason", "数错了", "key", "k1"}
	a := b.post("/tallies/1/strike", sent...)
	a.wants(t, 303)
	b.get(a.location).wants(t, 200, "已冲销", "数错了", "flash done")
	b.get("/tallies/2").wants(t, 200, "−120", "冲销的是")
	b.get("/tallies?status=reversal").wants(t, 200, "−120", "−4")
	b.post("/tallies/1/strike", "session", "2", "reason", "又一次", "key", "k2").wants(t, 409, "已经冲销")
	if n := s.tallies(); n != 2 {
		t.Errorf("%d tallies, want the original and its reversal", n)
	}
	b.post("/tallies/2/strike", "session", "2", "reason", "反悔", "key", "k3").wants(t, 409, "本身就是冲销")
	s.as("lead2").post("/tallies/1/strike", sent...).wants(t, 404)
	s.as("worker").post("/tallies/1/strike", sent...).wants(t, 403)
}

func TestStrikeWithoutAnOpenSession(t *testing.T) {
	s := newSite(t)
	s.Count("S1", "A1", "cut", 120)
	b := s.as("lead")
	b.post("/sessions/1/close")
	b.get("/tallies/1").wants(t, 200, "须有进行中的场次", "/sessions/new")
}

func TestStrikeOfPaidWorkSaysSo(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Cut, nil, "2026-10-01", "0.5")
	s.Count("S1", "A1", "cut", 120)
	run, err := payroll.Settle(s.Ctx, s.DB, s.Workshop.ID, "2026-10-01", "2026-10-31", "test")
	s.Must(err)
	s.Must(payroll.Approve(s.Ctx, s.DB, run.ID, "test"))
	s.as("lead").get("/tallies/1").wants(t, 200, "已审核", "以更正扣回")
}

func TestAdjustments(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	b.get("/adjustments").wants(t, 200, "还没有奖金")
	b.get("/adjustments/new").wants(t, 200, "A1 王秀英", "借支")
	b.post("/adjustments", "worker", "1", "kind", "advance", "date", "2026-10-06", "amount", "12,5", "note", "急用").wants(t, 422, `value="12,5"`, `value="急用"`, "不是普通数字")
	b.post("/adjustments", "amount", "5").wants(t, 422, "请选择", "必须填写")
	b.post("/adjustments", "worker", "1", "kind", "advance", "date", "2026-10-06", "amount", "0").wants(t, 422, "必须大于 0")
	if page, err := payroll.Adjustments(s.Ctx, s.DB, piecework.Filter{}); err != nil || page.Total != 0 {
		t.Fatalf("%d adjustments from refused forms, %v", page.Total, err)
	}
	b.post("/adjustments", "worker", "1", "kind", "advance", "date", "2026-10-06", "amount", "100", "note", "急用").wants(t, 303)
	b.post("/adjustments", "worker", "2", "kind", "bonus", "date", "2026-10-07", "amount", "20.5").wants(t, 303)
	b.get("/adjustments").wants(t, 200, "−¥100.00", "¥20.50", "急用", "flash done")
	b.post("/adjustments/1/withdraw").wants(t, 303)
	b.get("/adjustments").wants(t, 200, "struck", "已撤回")
	b.get("/adjustments?status=open").wants(t, 200, "共 1 条")
	b.post("/adjustments/1/withdraw").wants(t, 409)
	s.as("lead2").post("/adjustments/2/withdraw").wants(t, 404)
	s.as("lead2").post("/adjustments", "worker", "1", "kind", "bonus", "date", "2026-10-06", "amount", "5").wants(t, 422, "请选择")
	s.as("admin").get("/adjustments/new?worker=2").wants(t, 200, `value="2" selected`)
}
