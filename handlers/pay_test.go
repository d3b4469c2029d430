package handlers_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"html"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"jijian/payroll"
	"jijian/payroll/demo"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// month counts a little in October: 120 × 0.35 and 1001 × 0.0035 for A1, with an advance of 50 for her and 500 for A2, and
// work at an operation without a rate.
func month(s *site) {
	s.Helper()
	s.Agree(s.Cut, nil, "2026-10-01", "0.35")
	s.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "cut",
		Counts: piecework.Counts{Good: 118, ScrapMaterial: 2, ScrapWorkmanship: 3}})
	s.Count("S1", "A2", "cut", 100)
	s.Count("S1", "A3", "glue", 77)
	for worker, amount := range map[int]string{0: "10", 1: "500"} {
		m, msg := piecework.ParseMoney(amount)
		if msg != nil {
			s.Fatal(msg)
		}
		s.Must(payroll.Adjust(s.Ctx, s.DB, &payroll.Adjustment{WorkerID: s.Workers[worker].ID, WorkDate: "2026-10-05", Kind: payroll.Advance, Amount: m, Note: "预支", RecordedBy: "test"}))
	}
}

var october = []string{"period", "other", "from", "2026-10-01", "to", "2026-10-31"}

func TestRuns(t *testing.T) {
	s := newSite(t)
	month(s)
	b := s.as("lead")
	b.get("/runs").wants(t, 200, "还没有结算过")
	b.get("/runs/new").wants(t, 200, "上半个月", "其他日期")
	b.post("/runs", "period", "other", "from", "2026-10-01", "to", "10/31").wants(t, 422, `value="10/31"`, "不是日期")
	b.post("/runs", "period", "other").wants(t, 422, "工资周期要有起止两个日期")
	b.post("/runs", "period", "other", "from", "2026-01-01", "to", "2026-01-31").wants(t, 409, "没有可结算的内容", `name="from" type="date" value="2026-01-01"`)
	a := b.post("/runs", october...)
	a.wants(t, 303)
	run := a.location
	b.get(run).wants(t, 200, "草稿", "¥32.00", "结转下期", "没有工价的计件不在草稿里", "粘花", "/rates/new?operation=2", "这几天还有 1 个场次没有关闭", `href="/sessions?from=2026-10-01&amp;to=2026-10-31"`, "实发为零", "由会计或管理员审核")
	b.get("/runs").wants(t, 200, "草稿", "¥32.00")
	b.get(run+"?q=a2").wants(t, 200, "A2")
	b.get(run+"?q=zzz").wants(t, 200, "没有符合的结算单")

	b.post(run+"/approve").wants(t, 403)
	b.post(run+"/paid", "method", "cash").wants(t, 403)
	s.Count("S1", "A1", "cut", 10)
	b.get(run).wants(t, 200, "又有 1 条计件")
	b.post(run+"/recompute").wants(t, 303)
	b.get(run).wants(t, 200, "¥35.50")

	k := s.as("bookkeeper")
	k.get(run).wants(t, 200, run+"/approve")
	k.post(run+"/paid", "method", "cash").wants(t, 409)
	k.post(run+"/approve").wants(t, 303)
	k.get(run).wants(t, 200, "审核后的结算不能重新打开", "工价有误", "差额由下一次结算补发")
	k.get(run).wants(t, 200, "已审核", "孙会计", "标记为已发放")
	b.post(run+"/recompute").wants(t, 409)
	b.post(run+"/discard").wants(t, 409)
	k.post(run+"/paid", "method", "cash").wants(t, 303)
	k.get(run).wants(t, 200, "已发放")

	admin := s.as("admin")
	admin.post("/runs", october...).wants(t, 422, "请选择")
}

func TestRunDiscard(t *testing.T) {
	s := newSite(t)
	month(s)
	b := s.as("lead")
	b.post("/runs", october...).wants(t, 303)
	s.as("lead2").post("/runs/1/discard").wants(t, 404)
	b.post("/runs/1/discard").wants(t, 303)
	b.get("/runs").wants(t, 200, "还没有结算过", "等待下次结算")
	b.post("/runs", october...).wants(t, 303)
}

func TestRunOwnDraftIsWarnedOf(t *testing.T) {
	s := newSite(t)
	month(s)
	b := s.as("bookkeeper")
	b.post("/runs", append([]string{"workshop", "1"}, october...)...).wants(t, 303)
	b.get("/runs/1").wants(t, 200, "这次结算是您算的，或里面有您录入的内容")
	if strings.Contains(s.as("admin").get("/runs/1").body, "这次结算是您算的，或里面有您录入的内容") {
		t.Error("the administrator did not compute it")
	}
}

func TestRunExports(t *testing.T) {
	s := newSite(t)
	month(s)
	b := s.as("lead")
	b.post("/runs", october...).wants(t, 303)
	a := b.get("/runs/1/export?table=slips")
	a.wants(t, 200, "A1,王秀英,42.00,10.00,0.00,32.00,0.00")
	if got := a.header.Get("Content-Disposition"); got != `attachment; filename="run-1-slips.csv"` {
		t.Errorf("Content-Disposition %s", got)
	}
	for _, table := range []string{"lines", "slips", "payments", "ledger"} {
		rows, err := csv.NewReader(strings.NewReader(b.get("/runs/1/export?table=" + table + "&format=csv").body)).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Errorf("%s as CSV: %d rows, %v", table, len(rows), err)
		}
		book, err := excelize.OpenReader(strings.NewReader(b.get("/runs/1/export?table=" + table + "&format=xlsx").body))
		if err != nil {
			t.Errorf("%s as XLSX: %v", table, err)
			continue
		}
		s.Must(book.Close())
	}
	b.get("/runs/1/export?table=users").wants(t, 404)
	b.get("/runs/1/export?table=slips&format=pdf").wants(t, 422)
	s.as("lead2").get("/runs/1/export?table=slips").wants(t, 404)
	s.as("worker").get("/runs/1/export?table=slips").wants(t, 403)
}

// pdfText is what a reader can copy from a PDF.
func pdfText(t testing.TB, data string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return string(text)
}

func TestSlipsPDF(t *testing.T) {
	s := newSite(t)
	month(s)
	b := s.as("bookkeeper")
	b.post("/runs", append([]string{"workshop", "1"}, october...)...).wants(t, 303)
	s.as("admin").post("/runs/1/approve").wants(t, 303)
	for _, format := range []string{"", "?format=a5", "?format=a4", "?format=80mm"} {
		a := b.get("/runs/1/slips.pdf" + format)
		a.wants(t, 200)
		if kind := a.header.Get("Content-Type"); kind != "application/pdf" {
			t.Errorf("%s: %s", format, kind)
		}
		text := pdfText(t, a.body)
		for _, want := range []string{"王秀英", "剪瓣", "42.00", "32.00", "A2"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in\n%s", format, want, text)
			}
		}
		if again := b.get("/runs/1/slips.pdf" + format); again.body != a.body {
			t.Errorf("%s: two prints differ", format)
		}
	}
	b.get("/runs/1/slips.pdf?format=a3").wants(t, 422)
	b.get("/runs/1/slips.pdf?format=a5&lang=en").wants(t, 200)
	if text := pdfText(t, s.as("worker").get("/slips/1/slip.pdf?format=80mm").body); !strings.Contains(text, "32.00") || strings.Contains(text, "A2") {
		t.Errorf("the worker's own slip prints as\n%s", text)
	}
	s.as("worker").get("/slips/2/slip.pdf").wants(t, 404)
	s.as("lead2").get("/runs/1/slips.pdf").wants(t, 404)
}

func TestSlip(t *testing.T) {
	s := newSite(t)
	month(s)
	b, mine := s.as("bookkeeper"), s.as("worker")
	b.post("/runs", append([]string{"workshop", "1"}, october...)...).wants(t, 303)
	b.get("/slips/1").wants(t, 200, "草稿", "120件", "¥0.35", "¥42.00", "¥32.00", "料废 2", "工废 3", "扣还借支", "−¥10.00", "怎么来的")
	mine.get("/slips/1").wants(t, 404) // a draft is nobody's but the office's
	mine.get("/slips/1/slip.pdf").wants(t, 404)
	b.post("/slips/1/reissue", "reason", "早了").wants(t, 409)
	s.as("admin").post("/runs/1/approve").wants(t, 303)
	mine.get("/slips/1").wants(t, 200, "¥32.00", "查验码")
	mine.get("/slips/1?line=1").wants(t, 200, "由这些计件得出", "S1", "120件", "由 test 登记", "2026年10月1日 周四 起", "所有加工单", "test 定价")
	b.get("/slips/1?line=1").wants(t, 200, `href="/tallies/1"`, `href="/rates/1"`)
	mine.get("/slips/1?line=2").wants(t, 200, "由 test 录入，计入", "¥10.00") // the advance
	mine.get("/slips/2").wants(t, 404)
	mine.post("/slips/1/reissue", "reason", "多给点").wants(t, 403)
	b.get("/slips/2").wants(t, 200, "结转下期", "¥465.00")

	b.post("/slips/1/reissue", "reason", "").wants(t, 422, "必须填写")
	s.Count("S1", "A1", "cut", 20)
	a := b.post("/slips/1/reissue", "reason", "补记 20 件")
	a.wants(t, 303)
	b.get(a.location).wants(t, 200, "第 2 版", "¥39.00", "补记 20 件")
	s.Must(payroll.Adjust(s.Ctx, s.DB, &payroll.Adjustment{WorkerID: s.Workers[0].ID, WorkDate: "2026-10-06", Kind: payroll.Bonus, Amount: piecework.Fen(100), RecordedBy: "孙会计"}))
	b.post(a.location+"/reissue", "reason", "补一笔奖金").wants(t, 403, "要由别人看过再重出：管理员")
	b.get("/slips/1").wants(t, 200, "已被新版本取代", a.location)
	mine.get("/slips/1").wants(t, 200, "已被新版本取代")
	b.post("/runs/1/paid", "method", "cash").wants(t, 303)
	b.post(a.location+"/reissue", "reason", "晚了").wants(t, 409)
	s.as("lead2").get("/slips/1").wants(t, 404)
	s.as("contractor").get("/slips/1").wants(t, 403)
}

func TestMe(t *testing.T) {
	s := newSite(t)
	mine := s.as("worker")
	mine.get("/me").wants(t, 200, "今天还没有您的计件", "¥0.00", "第一张结算单")
	today := s.Workshop.Today()
	s.Agree(s.Cut, nil, "2026-01-01", "0.35")
	s.Session("T", today)
	s.Count("T", "A1", "cut", 120)
	s.Count("T", "A1", "glue", 9)
	s.Count("T", "A2", "cut", 7)
	s.Must(payroll.Adjust(s.Ctx, s.DB, &payroll.Adjustment{WorkerID: s.Workers[0].ID, WorkDate: today, Kind: payroll.Advance, Amount: piecework.Fen(1000), RecordedBy: "test"}))
	a := mine.get("/me")
	a.wants(t, 200, "120件", "¥0.35", "¥42.00", "−¥10.00", "¥32.00", "另有 9 件")
	if n := strings.Count(a.body, "¥32.00"); n != 2 {
		t.Errorf("what she would get stands there %d times, want it on top and under the sum", n)
	}
	if strings.Contains(a.body, "7件") {
		t.Error("the work of another worker shows")
	}
	run, err := payroll.Settle(s.Ctx, s.DB, s.Workshop.ID, today.AddDays(-20), today, "test")
	s.Must(err)
	mine.get("/me").wants(t, 200, "¥42.00", "第一张结算单") // a draft is nothing to show yet
	s.Must(payroll.Approve(s.Ctx, s.DB, run.ID, "test"))
	mine.get("/me").wants(t, 200, "¥0.00", "/slips/1", "¥32.00")
	s.Session("OLD", today.AddDays(-15)) // counted after the settlement of its days
	s.Count("OLD", "A1", "cut", 10)
	mine.get("/me").wants(t, 200, `<p class="amount num">¥3.50`, "10件")
	s.as("lead").get("/me").wants(t, 403)
}

// TestMeTells of what is behind her figures: tallies, days, hours, and what is left of an advance.
func TestMeTells(t *testing.T) {
	s := newSite(t)
	mine, day, id := s.as("worker"), s.Workshop.Today(), s.Workers[0].ID
	s.Agree(s.Cut, nil, "2026-01-01", "0.35")
	s.Must(payroll.Adjust(s.Ctx, s.DB, &payroll.Adjustment{WorkerID: id, WorkDate: day.AddDays(-9), Kind: payroll.Advance, Amount: piecework.Fen(90_00), Instalment: piecework.Fen(20_00), Note: "学费", RecordedBy: "test"}))
	s.Session("OLD", day.AddDays(-9))
	s.Count("OLD", "A1", "cut", 100)
	run, err := payroll.Settle(s.Ctx, s.DB, s.Workshop.ID, day.AddDays(-9), day.AddDays(-9), "test")
	s.Must(err)
	s.Must(payroll.Approve(s.Ctx, s.DB, run.ID, "test"))
	mine.get("/me").wants(t, 200, "已扣还 ¥20.00，共 ¥90.00", "还剩</span> ¥70.00", "每次结算最多扣 ¥20.00", "请您核对", `href="/me.webmanifest"`)

	s.Session("NEW", day.AddDays(-1))
	sessions, err := piecework.Sessions(s.Ctx, s.DB, piecework.Filter{Query: "NEW"})
	s.Must(err)
	uid := s.Count("NEW", "A1", "cut", 200)
	s.Count("NEW", "A1", "cut", 40)
	s.Record(piecework.NewTally{Session: "NEW", Worker: "A1", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 200}, Reverses: uid, Reason: "记到别人的了"})
	_, err = s.DB.NewInsert().Model(&piecework.Attendance{SessionID: sessions.Items[0].ID, WorkerID: id, CheckIn: 3_600_000, CheckOut: 9_000_000}).Exec(s.Ctx)
	s.Must(err)
	page := mine.get("/me")
	page.wants(t, 200, "40件", "¥14.00", "−¥20.00", `<p class="amount num">¥0.00`, "1 小时 30 分", "¥9.33", "每天挣的", `href="/me?line=1#line-1"`, "¥35.00")
	if n := strings.Count(page.body, "<rect"); n < 14 {
		t.Errorf("%d bars, want one of each of 14 days", n)
	}
	mine.get("/me?line=1").wants(t, 200, "由这些计件得出", "200件", "40件", "记到别人的了", "NEW")
	if again := mine.get("/me?line=1"); strings.Contains(again.body, "怎么来的") {
		t.Error("what is shown is offered again")
	}
	for _, m := range regexp.MustCompile(`(?:href|src|action)="([^"]*)"`).FindAllStringSubmatch(page.body, -1) {
		if path, err := url.PathUnescape(html.UnescapeString(m[1])); err != nil || strings.ContainsFunc(path, func(r rune) bool { return r > 127 }) || strings.Contains(path, "A1") {
			t.Errorf("the address %q says who she is", m[1])
		}
	}
	for _, odd := range []string{"0", "-1", "99", "x", ""} {
		mine.get("/me?line="+odd).wants(t, 200, "怎么来的")
	}
}

// TestMeIsLight holds the page, with everything it loads, to what a phone on a slow line takes.
func TestMeIsLight(t *testing.T) {
	t.Parallel()
	db, origin := demoSite(t)
	b := (&site{World: &pieceworktest.World{TB: t, Ctx: t.Context(), DB: db}, URL: origin}).visitor()
	b.get("/signin")
	b.post("/signin", "name", "worker", "password", demo.Password).wants(t, 303)
	b.header.Set("Accept-Encoding", "gzip")
	packed := func(path string) []byte {
		a := b.get(path)
		a.wants(t, 200)
		return []byte(a.body)
	}
	sent := packed("/me")
	sum := len(sent)
	unpacked, err := gzip.NewReader(bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	loads := regexp.MustCompile(`(?:<link rel="(?:stylesheet|icon|manifest)" href|src)="([^"]*)"`).FindAllSubmatch(body, -1)
	for _, m := range loads {
		if path := string(m[1]); path != "" {
			sum += len(packed(path))
		}
	}
	if sum > 25<<10 || len(loads) < 4 || !bytes.Contains(body, []byte("¥")) {
		t.Errorf("%d bytes packed in %d files", sum, len(loads)+1)
	}
	t.Logf("%d bytes packed, of them %d the page", sum, len(sent))
	if bytes.Contains(body, []byte("<script")) {
		t.Error("the page needs a script")
	}
}
