package handlers_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"jijian/piecework"
	"jijian/templates/browsertest"
)

// key is the key of the hand-in form of the page.
func (a answer) key(t testing.TB) string {
	t.Helper()
	m := regexp.MustCompile(`name="key" value="([^"]+)"`).FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("no form with a key: %.1000s", a.body)
	}
	return m[1]
}

func TestTakeHomes(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Glue, nil, "2026-10-01", "0.0925")
	lead := s.as("lead")
	lead.get("/takehomes").wants(t, 200, "还没有人带活回家做")
	lead.get("/takehomes/new?worker=2").wants(t, 200, `value="2" selected`, "粘花 · 绢花 · O1")
	work := fmt.Sprintf("%d-%d", s.Order.ID, s.Glue.ID)
	lead.post("/takehomes", "worker", "99", "work", "9-9", "quantity", "viele", "out_on", "2026-10-05", "due_on", "2026-10-01").
		wants(t, 422, `value="viele"`, "早于发出日期", "请选择", "不是整数")
	a := lead.post("/takehomes", "worker", "1", "work", work, "quantity", "200", "out_on", "2026-10-05", "due_on", "2026-10-08", "note", "铁丝两卷")
	a.goes(t, "/takehomes/1")
	page := lead.get("/takehomes/1")
	page.wants(t, 200, "已发出 200 件", "¥0.0925", "铁丝两卷", "已逾期", "王组长", `action="/takehomes/1/cancel"`)
	in := []string{"key", page.key(t), "session", "1", "good", "120", "rework", "2", "scrap_workmanship", "1", "scrap_material", "1"}
	lead.post("/takehomes/1/in", "key", page.key(t), "session", "1", "good", "x").wants(t, 422, `value="x"`)
	lead.post("/takehomes/1/in", "key", page.key(t), "session", "", "good", "5").wants(t, 422, "请选择")
	lead.post("/takehomes/1/in", "key", page.key(t), "session", "1", "good", "201").wants(t, 422, "多 1 件", `value="201"`)
	lead.post("/takehomes/1/in", in...).goes(t, "/takehomes/1")
	lead.get("/takehomes/1").wants(t, 200, "已收回 124 件", `76 <span class="unit">/ 200件`)
	lead.post("/takehomes/1/in", in...).goes(t, "/takehomes/1")
	lead.get("/takehomes/1").wants(t, 200, "没有重复计数", `76 <span class="unit">`)
	if n := s.tallies(); n != 1 {
		t.Fatalf("%d tallies, want 1", n)
	}
	lead.get("/takehomes").wants(t, 200, "王秀英", ">76<", "1 批逾期")
	lead.get("/").wants(t, 200, "有 1 批带回家做的活逾期", `href="/takehomes/1"`)
	lead.get("/takehomes?status=done").wants(t, 200, "没有符合的记录")
	lead.get("/takehomes?worker=2").wants(t, 200, "没有符合的记录")
	lead.get("/takehomes?from=gestern").wants(t, 422, "gestern")

	lead.post("/takehomes/1/cancel", "reason", "录错").wants(t, 409, "确实发出过")
	lead.post("/takehomes/1/close", "unworked", "10", "lost", "5", "reason", "雨淋").wants(t, 422, "还有 76 件在外", `value="雨淋"`)
	lead.post("/takehomes/1/close", "unworked", "70", "lost", "6", "reason", "雨淋").goes(t, "/takehomes/1")
	lead.get("/takehomes/1").wants(t, 200, "退回未做 70 件", "缺失 6 件", "雨淋", "/takehomes/1/reopen")
	lead.post("/takehomes/1/in", in...).goes(t, "/takehomes/1") // the same again is still the same
	lead.post("/takehomes/1/in", "session", "1", "good", "1").wants(t, 409, "已了结")
	csv := lead.get("/takehomes/export?status=done")
	want := "lot,worker,name,phone,order,article,operation,rate,movement,date,quantity,good,rework,scrap_workmanship,scrap_material,due_on,note,recorded_by\n" +
		"1,A1,王秀英,,O1,绢花,粘花,0.0925,out,2026-10-05,200,,,,,2026-10-08,铁丝两卷,王组长\n" +
		"1,A1,王秀英,,O1,绢花,粘花,0.0925,in,2026-10-05,124,120,2,1,1,2026-10-08,,王组长\n"
	if !strings.HasPrefix(csv.body, want) || !strings.Contains(csv.body, ",unworked,") || !strings.Contains(csv.body, ",6,,,,,2026-10-08,雨淋,王组长") {
		t.Errorf("the record is\n%s\nwant\n%s…", csv.body, want)
	}
	if x := lead.get("/takehomes/export?format=xlsx"); x.status != 200 || !strings.HasPrefix(x.body, "PK") {
		t.Errorf("workbook: %d", x.status)
	}
	codes, err := piecework.CodesOf(s.Ctx, s.DB, piecework.TakeHomeCode, s.Workshop.ID, "test", 1)
	s.Must(err)
	lead.get("/q/"+codes[1].String()).goes(t, "/takehomes/1")
	s.as("lead2").get("/q/"+codes[1].String()).wants(t, 404)
	if slip := lead.post("/takehomes/1/slip.pdf", "stock", "40x30"); slip.status != 200 || !strings.HasPrefix(slip.body, "%PDF") {
		t.Errorf("slip: %d %.200s", slip.status, slip.body)
	}
	lead.post("/takehomes/1/reopen").goes(t, "/takehomes/1")
	lead.get("/takehomes/1").wants(t, 200, "重新打开", `76 <span class="unit">`)

	lead.post("/takehomes", "worker", "2", "work", work, "quantity", "50", "out_on", "2026-10-05").goes(t, "/takehomes/2")
	lead.post("/takehomes/2/cancel", "reason", "").wants(t, 422, "必须填写")
	lead.post("/takehomes/2/cancel", "reason", "录错").goes(t, "/takehomes/2")
	lead.get("/takehomes/2").wants(t, 200, "没有发出过", "录错")
	lead.post("/sessions/1/close")
	lead.get("/takehomes/1").wants(t, 200, "没有进行中的场次")
}

// TestTakeHomesOfAnotherWorkshop: another workshop's lead sees no lot, no total and no record; nobody without an office sees any.
func TestTakeHomesOfAnotherWorkshop(t *testing.T) {
	s := newSite(t)
	th := &piecework.TakeHome{WorkerID: 1, OrderID: s.Order.ID, OperationID: s.Glue.ID, Quantity: 777, OutOn: "2026-10-05", GivenBy: "test"}
	s.Must(piecework.GiveOut(s.Ctx, s.DB, th))
	lead2 := s.as("lead2")
	lead2.get("/takehomes/1").wants(t, 404)
	lead2.get("/takehomes").lacks(t, "777", "王秀英")
	lead2.get("/takehomes/export").lacks(t, "777", "王秀英")
	lead2.get("/takehomes/export?workshop=1&worker=1").lacks(t, "777", "王秀英")
	lead2.post("/takehomes", "worker", "1", "work", "1-2", "quantity", "5", "out_on", "2026-10-05").wants(t, 422, "请选择")
	for _, role := range []string{"worker", "contractor"} {
		for _, path := range []string{"/takehomes", "/takehomes/1", "/takehomes/export"} {
			s.as(role).get(path).wants(t, 403)
		}
	}
	s.as("worker").get("/me").wants(t, 200, "777", "粘花")
}

// TestLookTakeHomes looks at the pages of take-home work.
func TestLookTakeHomes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Agree(s.Glue, nil, "2026-10-01", "0.0925")
	day := piecework.DateOf(time.Now())
	give := func(worker int, quantity int64, out, due piecework.Date) int64 {
		th := &piecework.TakeHome{WorkerID: s.Workers[worker].ID, OrderID: s.Order.ID, OperationID: s.Glue.ID, Quantity: quantity, OutOn: out, DueOn: due, GivenBy: "王组长", Note: "铁丝两卷"}
		s.Must(piecework.GiveOut(s.Ctx, s.DB, th))
		return th.ID
	}
	in := func(id int64, uid, note string, n piecework.Counts) {
		_, err := piecework.BringBack(s.Ctx, s.DB, piecework.Actor{Name: "王组长"}, piecework.HandIn{TakeHomeID: id, UID: uid, Session: "S1", Counts: n, Note: note})
		s.Must(err)
	}
	late, soon, closed, more := give(0, 1200, "2026-10-05", day.AddDays(-2)), give(1, 300, "2026-10-05", day.AddDays(4)), give(1, 200, "2026-10-05", ""), give(2, 50, "2026-10-05", day)
	in(late, "l1", "", piecework.Counts{Good: 400, Rework: 12})
	in(late, "l2", "", piecework.Counts{Good: 250, ScrapWorkmanship: 3, ScrapMaterial: 2})
	s.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 250, ScrapWorkmanship: 3, ScrapMaterial: 2}, Reverses: "l2", Reason: "数错"})
	in(closed, "c1", "", piecework.Counts{Good: 180})
	s.Must(piecework.CloseTakeHome(s.Ctx, s.DB, closed, 12, 8, "下雨，有一袋湿了", "王组长"))
	in(more, "m1", "发出时少数了两件", piecework.Counts{Good: 52})
	ctx := browsertest.Open(t)
	browserAs(t, ctx, s.URL, "lead", password)
	lookAt(t, ctx, s.URL, map[string]string{"takehomes-list": "/takehomes", "takehomes-new": "/takehomes/new", "takehomes-late": fmt.Sprintf("/takehomes/%d", late),
		"takehomes-soon": fmt.Sprintf("/takehomes/%d", soon), "takehomes-closed": fmt.Sprintf("/takehomes/%d", closed), "takehomes-more": fmt.Sprintf("/takehomes/%d", more),
		"takehomes-none": "/takehomes?status=out&worker=99"})
}
