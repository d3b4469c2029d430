package handlers_test

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jijian/payroll"
	"jijian/piecework"
)

// approved settles October of the world and approves it: slip 1 is A1's, slip 2 A2's.
func approved(s *site) {
	s.Helper()
	month(s)
	s.Must(payroll.Approve(s.Ctx, s.DB, s.settle("2026-10-01", "2026-10-31").ID, "test"))
}

func TestAWorkerConfirmsHerSlip(t *testing.T) {
	s := newSite(t)
	month(s)
	run := s.settle("2026-10-01", "2026-10-31")
	mine, k := s.as("worker"), s.as("bookkeeper")
	mine.post("/slips/1/confirm").wants(t, 404) // a draft
	mine.post("/slips/1/dispute", "what_is_wrong", "少了").wants(t, 404)
	s.Must(payroll.Approve(s.Ctx, s.DB, run.ID, "test"))

	mine.get("/me").wants(t, 200, "请您核对")
	mine.get("/slips/1").wants(t, 200, "有异议", "未确认", `action="/slips/1/confirm"`, `action="/slips/1/dispute"`)
	k.get("/runs/1").wants(t, 200, "工人已确认", "0 / 2", "未确认")
	page := k.get("/slips/1")
	page.wants(t, 200, "由她本人在手机上确认")
	if strings.Contains(page.body, "/slips/1/confirm") {
		t.Error("the office is offered to confirm for the worker")
	}
	for range 2 { // a double tap
		a := mine.post("/slips/1/confirm")
		a.wants(t, 303)
		mine.get(strings.TrimSuffix(a.location, "#say")).wants(t, 200, "您已确认这张结算单", "王秀英 已确认")
	}
	if n, err := s.DB.NewSelect().Model((*payroll.Acknowledgement)(nil)).Count(s.Ctx); err != nil || n != 1 {
		t.Errorf("%d acknowledgements, %v", n, err)
	}
	if page := mine.get("/slips/1"); strings.Contains(page.body, "/slips/1/confirm") {
		t.Error("what is confirmed asks to be confirmed")
	}
	mine.get("/me").wants(t, 200, "已确认")
	k.get("/runs/1").wants(t, 200, "1 / 2")
	k.get("/runs/1?status=confirmed").wants(t, 200, "A1")
	if list := k.get("/runs/1?status=silent"); strings.Contains(list.body, "/slips/1\"") || !strings.Contains(list.body, "/slips/2\"") {
		t.Error("the list of those who have not confirmed is another")
	}
	k.get("/runs/1?status=disputed").wants(t, 200, "没有符合的结算单")
}

func TestOnlyTheWorkerSpeaksAboutHerSlip(t *testing.T) {
	s := newSite(t)
	approved(s)
	for user, statuses := range map[string][3]int{ // confirm, dispute, answer
		"worker": {404, 404, 403}, "lead": {403, 403, 404}, "lead2": {403, 403, 404}, "bookkeeper": {403, 403, 404}, "admin": {403, 403, 404}, "contractor": {403, 403, 403},
	} {
		b := s.as(user)
		b.post("/slips/2/confirm").wants(t, statuses[0])
		b.post("/slips/2/dispute", "what_is_wrong", "少了").wants(t, statuses[1])
		b.post("/disputes/1/answer", "answer", "对", "outcome", "explained").wants(t, statuses[2])
	}
	s.as("worker").post("/slips/1/dispute", "what_is_wrong", "少了").wants(t, 303)
	s.as("lead2").post("/disputes/1/answer", "answer", "对", "outcome", "explained").wants(t, 404) // of another workshop
	s.as("worker").post("/disputes/1/answer", "answer", "对", "outcome", "explained").wants(t, 403)
	s.as("lead").post("/disputes/1/answer", "answer", "对的", "outcome", "explained").wants(t, 303)
}

func TestADisputeIsAnsweredAndCorrected(t *testing.T) {
	s := newSite(t)
	approved(s)
	mine, lead, k := s.as("worker"), s.as("lead"), s.as("bookkeeper")
	mine.post("/slips/1/dispute", "what_is_wrong", " ").wants(t, 422, "必须填写", "哪里不对")
	mine.post("/slips/1/dispute", "what_is_wrong", strings.Repeat("长", 501)).wants(t, 422, "长长长")
	for range 2 {
		mine.post("/slips/1/dispute", "what_is_wrong", "少了 <20> 件").wants(t, 303)
	}
	mine.post("/slips/1/dispute", "what_is_wrong", "还少了 3 件").wants(t, 409, "还在等答复")
	mine.post("/slips/1/confirm").wants(t, 409, "答复之后再确认")
	page := mine.get("/slips/1")
	page.wants(t, 200, "少了 &lt;20&gt; 件", "等待答复")
	if strings.Contains(page.body, "/slips/1/confirm") || strings.Count(page.body, "少了 &lt;20&gt; 件") != 1 {
		t.Error("the dispute stands there twice, or the slip can be confirmed meanwhile")
	}
	mine.get("/me").wants(t, 200, "有异议")

	lead.get("/").wants(t, 200, "有 1 条异议等待答复", "少了 &lt;20&gt; 件", "/slips/1#say")
	if strings.Contains(s.as("lead2").get("/").body, "等待答复") {
		t.Error("another workshop sees the dispute")
	}
	lead.get("/runs/1").wants(t, 200, "有 1 条异议等待答复", "少了 &lt;20&gt; 件")
	lead.get("/slips/1").wants(t, 200, "/disputes/1/answer", "更正：重出结算单", "/tallies?worker=1&amp;from=2026-10-01&amp;to=2026-10-31")
	lead.get("/tallies?worker=1&from=2026-10-01&to=2026-10-31").wants(t, 200, "剪瓣")
	s.Session("S2", "2026-11-02")
	s.Count("S2", "A1", "cut", 1)
	draft := s.settle("2026-11-01", "2026-11-30")
	lead.get(runAt(draft)).wants(t, 200, "有 1 条对以前结算单的异议等待答复")

	lead.post("/disputes/1/answer", "answer", "", "outcome", "explained").wants(t, 422, "必须填写", "给工人的答复")
	lead.post("/disputes/1/answer", "answer", "看过了").wants(t, 422, "请选择", "看过了")
	lead.post("/disputes/1/answer", "answer", "补上", "outcome", "corrected").wants(t, 409, "没有新的变动")
	s.Count("S1", "A1", "cut", 20)
	a := lead.post("/disputes/1/answer", "answer", "漏记了 20 件，补上。", "outcome", "corrected")
	a.wants(t, 303)
	next := strings.TrimSuffix(a.location, "#say")
	lead.get(next).wants(t, 200, "第 2 版", "¥39.00", "漏记了 20 件，补上。", "已更正", "这就是更正后的版本", "未确认")
	lead.post("/disputes/1/answer", "answer", "又", "outcome", "explained").wants(t, 409, "已经答复过了")
	mine.get("/slips/1").wants(t, 200, "已被新版本取代", "漏记了 20 件，补上。", next)
	mine.post("/slips/1/confirm").wants(t, 409, "新版本")
	mine.get(next).wants(t, 200, next+"/confirm", "少了 &lt;20&gt; 件", "王组长")
	mine.post(next+"/confirm").wants(t, 303)
	k.get("/runs/1").wants(t, 200, "1 / 2")
	if strings.Contains(lead.get("/").body, "条异议等待答复") {
		t.Error("the start page still asks for an answer")
	}
}

func TestADisputeAfterPaymentLeadsToTheNextRun(t *testing.T) {
	s := newSite(t)
	approved(s)
	s.Must(payroll.PayRest(s.Ctx, s.DB, 1, payroll.Payment{Method: payroll.Cash, RecordedBy: "test"}))
	mine, k := s.as("worker"), s.as("bookkeeper")
	mine.post("/slips/1/dispute", "what_is_wrong", "有一笔不是我的").wants(t, 303)
	k.get("/slips/1").wants(t, 200, "钱已发放", "下次结算更正")
	k.post("/disputes/1/answer", "answer", "对，马上冲销。", "outcome", "corrected").wants(t, 303)
	k.get("/slips/1").wants(t, 200, "将在下次结算中更正", "/tallies?worker=1")
	page := mine.get("/slips/1")
	page.wants(t, 200, "对，马上冲销。", "将在下次结算中更正", "/slips/1/confirm")
	if strings.Contains(page.body, "/tallies?worker=1") {
		t.Error("a worker is led to a page that is not for her")
	}
	tallies, err := piecework.Tallies(s.Ctx, s.DB, piecework.Filter{WorkerID: s.Workers[0].ID})
	s.Must(err)
	s.Session("S2", "2026-11-02")
	s.Count("S2", "A1", "cut", 500)
	s.Record(piecework.NewTally{Session: "S2", Worker: "A1", Order: "O1", Operation: "cut", Reverses: tallies.Items[0].UID, Reason: "不是她的",
		Counts: tallies.Items[0].Counts})
	november := s.settle("2026-11-01", "2026-11-30")
	s.Must(payroll.Approve(s.Ctx, s.DB, november.ID, "test"))
	mine.get("/slips/1").wants(t, 200, "已在 2026年11月1日", "的结算单中更正")
}

func runAt(run *payroll.PayRun) string { return fmt.Sprintf("/runs/%d", run.ID) }

// TestSignAndSend: a drawn signature and a photo come through, are seen by both sides, and stand on the printed slip.
func TestSignAndSend(t *testing.T) {
	s := newSite(t)
	approved(s)
	mine, lead := s.as("worker"), s.as("lead")
	mine.get("/slips/1").wants(t, 200, `name="signature"`, `/sign.js"`, `enctype="multipart/form-data"`)
	var file bytes.Buffer
	s.Must(png.Encode(&file, picture(t, 64, "")))
	mine.sends("/slips/1/dispute", "photos", "GIF89a", "what_is_wrong", "少了两件").wants(t, 422, "不是 JPEG 或 PNG 图片", "少了两件")
	for range 2 { // a double press
		mine.sends("/slips/1/dispute", "photos", file.String(), "what_is_wrong", "少了两件").wants(t, 303)
	}
	for _, b := range []*browser{mine, lead} {
		page := b.get("/slips/1")
		page.wants(t, 200, "少了两件", `href="/photos/1"`, "工人发来的照片")
		if strings.Contains(page.body, "/photos/2") {
			t.Error("the photo of a double press is kept twice")
		}
		if a := b.get("/photos/1"); a.status != 200 || a.header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("the photo: %d %s", a.status, a.header.Get("Content-Type"))
		}
	}
	s.as("lead2").get("/photos/1").wants(t, 404)
	mine.post("/slips/1/confirm").wants(t, 409, "答复之后再确认")
	lead.post("/disputes/1/answer", "answer", "核对过，件数对", "outcome", "explained").wants(t, 303)
	mine.post("/slips/1/confirm", "signature", "1,1 4,4").wants(t, 422, "太小，不像签名")
	mine.post("/slips/1/confirm", "signature", "100,200 400,100;500,300 800,120").wants(t, 303)
	lead.get("/slips/1").wants(t, 200, `<path d="M100 200L400 100`, "王秀英 已确认")
	document := lead.get("/slips/1/slip.pdf").body
	if again := lead.get("/slips/1/slip.pdf").body; again != document {
		t.Error("the same slip is another document")
	}
	name := filepath.Join(t.TempDir(), "slip.pdf")
	s.Must(os.WriteFile(name, []byte(document), 0o600))
	text, err := exec.Command("pdftotext", "-layout", name, "-").Output()
	s.Must(err)
	if said := time.Now().In(s.Workshop.Location()).Format("2006-01-02 15:"); !strings.Contains(string(text), said) {
		t.Errorf("the printed slip does not say when it was signed (%s): %s", said, text)
	}
}
