package handlers_test

import (
	"encoding/hex"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/account"
)

// busy adds to a world what the start page tells about: today is in the test's own hands only as far as the clock allows, so
// everything is dated by it.
func busy(s *site) (october *payroll.PayRun) {
	s.Helper()
	day := s.Workshop.Today()
	s.Agree(s.Cut, nil, "2026-10-01", "0.35")
	s.Count("S1", "A1", "cut", 120)
	october = s.settle("2026-10-01", day.AddDays(-1))
	s.Must(payroll.Approve(s.Ctx, s.DB, october.ID, "test"))
	s.Session("S2", day.AddDays(-1))
	s.Session("S3", day)
	s.Count("S2", "A2", "cut", 7)  // came in after the settlement
	s.Count("S3", "A1", "glue", 8) // no rate
	s.Count("S3", "A1", "cut", 9)
	due := *s.Order
	due.ID, due.Code, due.DueOn, due.OrderedOn = 0, "O2", day.AddDays(3), "2026-10-01"
	s.Must(piecework.SaveOrder(s.Ctx, s.DB, &due))
	late := due
	late.ID, late.Code, late.DueOn = 0, "O3", day.AddDays(-3)
	s.Must(piecework.SaveOrder(s.Ctx, s.DB, &late))
	s.Must(piecework.Deliver(s.Ctx, s.DB, &piecework.Delivery{Code: "D1", OrderID: s.Order.ID, DeliveredOn: day, Quantity: 100}))
	s.Must(payroll.Adjust(s.Ctx, s.DB, &payroll.Adjustment{WorkerID: s.Workers[0].ID, WorkDate: day.AddDays(-1), Kind: payroll.Bonus, Amount: piecework.Fen(500), RecordedBy: "test"}))
	s.settle(day, day)
	return october
}

func TestTheStartPageTellsWhatWaits(t *testing.T) {
	s := newSite(t)
	busy(s)
	b := s.as("lead")
	a := b.get("/?lang=en")
	a.wants(t, 200, "1 operation has no rate", "粘花", "3 sessions are open", "2 orders are due within a week", "Overdue",
		"1 delivery waits for acceptance", "100 pcs", "1 pay run is a draft", "Came in after the settlement", "1 tally", "1 adjustment")
	s.as("bookkeeper").get("/").wants(t, 200, "桃木坊", "结算后补记")
	s.as("lead2").get("/").wants(t, 200, "现在没有等您处理的事")
	if a := s.as("worker").get("/"); a.status != 303 || a.location != "/me" {
		t.Errorf("worker: %d %s", a.status, a.location)
	}
	theirs := s.as("contractor").get("/?lang=en")
	theirs.wants(t, 200, "1 delivery waits for you", "100 pcs", "Unsettled orders", "Expected finish", "What you owe", "Statements", "Questions")
	theirs.lacks(t, "Wages", "/rates", "/sessions")
	// An order ended early stays in sight of both sides for what is owed for it, and nothing else of it.
	s.Must(piecework.Accept(s.Ctx, s.DB, &piecework.Acceptance{DeliveryID: 1, Accepted: 60, Rejected: 40, RecordedBy: "test"}))
	s.Must(piecework.EndOrder(s.Ctx, s.DB, s.Order.ID, "客户取消", "test"))
	s.as("contractor").get("/?lang=en").wants(t, 200, "Unsettled orders", "Ended early", "O1")
	for _, user := range []string{"contractor", "bookkeeper"} {
		s.as(user).get(fmt.Sprintf("/contractors/%d/account?lang=en", s.Order.ContractorID)).wants(t, 200, "Owed, order by order", "Oldest fee", "¥54.00", "Ended early")
	}
	owed := b.get("/orders?status=owed&lang=en")
	owed.wants(t, 200, "Ended, owing", "O1")
	owed.lacks(t, "O2", "O3")
}

var link = regexp.MustCompile(`<main[^>]*>|href="(/[^"#]*)"`)

// TestEveryNextStepLeadsSomewhere follows each link of the start page.
func TestEveryNextStepLeadsSomewhere(t *testing.T) {
	s := newSite(t)
	busy(s)
	for _, user := range []string{"admin", "bookkeeper", "lead", "lead2", "contractor"} {
		b := s.as(user)
		inMain := false
		for _, m := range link.FindAllStringSubmatch(b.get("/").body, -1) {
			inMain = inMain || m[1] == ""
			if path := html.UnescapeString(m[1]); inMain && path != "" {
				if a := b.get(path); a.status != 200 {
					t.Errorf("%s: %s answers %d", user, path, a.status)
				}
			}
		}
	}
	s.as("worker").get("/me").wants(t, 200)
}

func TestCheckPage(t *testing.T) {
	s := newSite(t)
	run := busy(s)
	first, err := payroll.SlipsOf(s.Ctx, s.DB, run.ID, s.Workers[0].ID)
	s.Must(err)
	b := s.visitor()
	path := "/c/" + first[0].CheckCode
	b.get(path+"?lang=en").wants(t, 200, "This slip is genuine and the newest.", "¥42.00", fmt.Sprintf("%d-A1", run.ID), first[0].CheckCode, hex.EncodeToString(first[0].Hash[:8]))
	mine := s.as("worker")
	paper := strings.Join(strings.Fields(pdfText(t, mine.get(fmt.Sprintf("/slips/%d/slip.pdf?format=80mm", first[0].ID)).body)), "")
	for _, shown := range []string{fmt.Sprintf("%d-A1", run.ID), "42.00", first[0].CheckCode, hex.EncodeToString(first[0].Hash[:8])} {
		if !strings.Contains(paper, shown) {
			t.Errorf("%s is on the check page and not on the paper", shown)
		}
	}
	if a := b.get(path); strings.Contains(a.body, "王秀英") {
		t.Error("the check page names the worker")
	}
	_, err = payroll.Reissue(s.Ctx, s.DB, run.ID, s.Workers[0].ID, "bonus", "other")
	s.Must(err)
	b.get(path+"?lang=en").wants(t, 200, "replaced: version 2 is the newest", "¥42.00")
	second, err := payroll.SlipsOf(s.Ctx, s.DB, run.ID, s.Workers[0].ID)
	s.Must(err)
	b.get("/c/"+second[0].CheckCode).wants(t, 200, "是最新的")
	if a := b.get("/c?code=" + strings.ReplaceAll(" 0000-0000 0000 0000 ", " ", "%20")); a.location != "/c/0000000000000000" {
		t.Errorf("a typed code leads to %q", a.location)
	}
	b.get("/c").wants(t, 200, `name="code"`)
	for _, wrong := range []string{"0000000000000000", "123", "abc", "00000000000000000", "%00", "'--"} {
		b.get("/c/"+wrong+"?lang=en").wants(t, 404, "No slip has the check code")
	}
	last := 0
	for range 30 {
		last = b.get("/c/0000000000000001").status
	}
	if last != 429 {
		t.Errorf("after many wrong codes: %d", last)
	}
}

func TestUsers(t *testing.T) {
	s := newSite(t)
	b := s.as("admin")
	b.get("/users?lang=en").wants(t, 200, "lead2", "绢花坊", "A1 王秀英", "(you)")
	b.get("/users/new").wants(t, 200)
	b.post("/users", "role", "lead", "username", "a b", "password", "short").wants(t, 422, "请选择微工厂", "至少要 8 个字符", "必须填写", "只能用字母")
	b.post("/users", "role", "worker", "username", "a2", "password", password, "worker", "nobody").wants(t, 422, "没有编号为")
	b.post("/users", "role", "boss", "username", "a2", "name", "x", "password", password).wants(t, 422)
	b.post("/users", "role", "lead", "workshop", "999", "username", "a2", "name", "x", "password", password).wants(t, 422)
	b.post("/users", "role", "lead", "workshop", "1", "username", "LEAD", "name", "x", "password", password).wants(t, 422, "已被使用")
	b.post("/users", "role", "worker", "username", "A2", "password", password, "worker", "A2").wants(t, 303)
	b.post("/users", "role", "contractor", "username", "c1", "password", password, "contractor", "C1").wants(t, 303)
	worker := s.as("a2")
	page, err := account.Users(s.Ctx, s.DB, piecework.Filter{Query: "a2"})
	s.Must(err)
	path := fmt.Sprintf("/users/%d", page.Items[0].ID)
	b.get(path).wants(t, 200, "a2")
	b.post(path+"/password", "password", "x").wants(t, 422)
	b.post(path+"/password", "password", "another password").wants(t, 303)
	if a := worker.get("/"); a.location != "/signin" {
		t.Errorf("the old password's session goes on: %d %s", a.status, a.location)
	}
	worker.post("/signin", "name", "a2", "password", "another password").wants(t, 403) // the page of the session that ended
	worker.get("/signin")
	worker.post("/signin", "name", "a2", "password", "another password").wants(t, 303)
	b.post(path+"/disable").wants(t, 303)
	b.get(path).wants(t, 200, "/enable")
	if a := worker.get("/"); a.location != "/signin" {
		t.Errorf("a user who was shut out goes on: %d %s", a.status, a.location)
	}
	worker.get("/signin")
	worker.post("/signin", "name", "a2", "password", "another password").wants(t, 422)
	b.post(path+"/enable").wants(t, 303)
	worker.post("/signin", "name", "a2", "password", "another password").wants(t, 303)
	me, err := account.Authenticate(s.Ctx, s.DB, "admin", password)
	s.Must(err)
	self := fmt.Sprintf("/users/%d", me.ID)
	b.post(self+"/disable").wants(t, 409)
	b.post(self+"/password", "password", "a new one for me").wants(t, 303)
	b.get("/users").wants(t, 200)
}
