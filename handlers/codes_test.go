package handlers_test

import (
	"fmt"
	"strings"
	"testing"

	"jijian/handlers"
	"jijian/piecework"
	"jijian/templates/browsertest"
)

// badge is the code on a worker's badge.
func (s *site) badge(i int) piecework.Code {
	s.Helper()
	_, codes, err := piecework.WorkersWithBadges(s.Ctx, s.DB, piecework.Filter{}, "test", s.Workers[i].ID)
	s.Must(err)
	return codes[s.Workers[i].ID]
}

// TestCodeShow: where a scanned code leads depends on who scans it.
func TestCodeShow(t *testing.T) {
	s := newSite(t)
	own, other := s.badge(0), s.badge(1)
	ticket := piecework.Code{Kind: piecework.TicketCode, Serial: 41}
	stranger, lead, worker, contractor := s.visitor(), s.as("lead"), s.as("worker"), s.as("contractor")

	for _, path := range []string{"/q/" + own.String(), "/Q/" + own.String(), "/q/" + strings.ToLower(own.String()), "/q/" + own.Short()} {
		a := stranger.get(path)
		a.wants(t, 200, "工人的工牌", "/signin?next=%2fq%2f"+own.String())
		a.lacks(t, "王秀英", "桃木坊")
		lead.get(path).goes(t, "/scan?code="+own.String())
		worker.get(path).goes(t, "/me")
	}
	stranger.get("/q/"+ticket.String()).wants(t, 200, "菲票") // of which nobody has looked up whether it exists
	worker.get("/q/"+other.String()).wants(t, 200, "工人的工牌", "这不是给您用的")
	worker.get("/q/"+piecework.Undo.Code().String()).wants(t, 200, "操作码")
	contractor.get("/q/"+own.String()).wants(t, 200, "工人的工牌")
	wrong := own.String()[:7] + "0"
	for _, b := range []*browser{stranger, lead, worker} {
		b.get("/q/"+wrong).wants(t, 404, "读错或输错了", wrong)
		b.get("/q/hello").wants(t, 404, "不是码")
	}
}

// labels is what a person reads on a document of labels.
func (a answer) labels(t *testing.T) string {
	t.Helper()
	if a.status != 200 || a.header.Get("Content-Type") != "application/pdf" {
		t.Fatalf("%d %s: %.300s", a.status, a.header.Get("Content-Type"), a.body)
	}
	return pdfText(t, a.body)
}

func TestBadges(t *testing.T) {
	s := newSite(t)
	lead, path := s.as("lead"), fmt.Sprintf("/workers/%d", s.Workers[0].ID)
	lead.get(path).wants(t, 200, "还没有打印过工牌")
	lead.post(path+"/badge", "reason", "丢了").wants(t, 404, "请先打印")

	if text := lead.post(fmt.Sprintf("/workers/badges.pdf?worker=%d", s.Workers[0].ID), "stock", "40x30", "worker", fmt.Sprint(s.Workers[2].ID)).labels(t); !strings.Contains(text, "A1") || !strings.Contains(text, "A3") || strings.Contains(text, "A2") {
		t.Errorf("badges of two: %s", text)
	}
	old := s.badge(0)
	lead.get(path).wants(t, 200, old.Short(), old.String(), "王组长")
	if text := lead.post("/workers/badges.pdf").labels(t); !strings.Contains(text, "A2") {
		t.Errorf("badges of all: %s", text)
	}
	lead.post("/workers/badges.pdf", "stock", "a3").wants(t, 422, "不是标签规格")
	lead.post("/workers/badges.pdf", "skip", "24").wants(t, 422)
	lead.post("/workers/badges.pdf", "skip", "x").wants(t, 422)
	lead.get("/workers/badges.pdf").wants(t, 404) // it is no page: printing makes codes
	s.as("lead2").post("/workers/badges.pdf", "worker", fmt.Sprint(s.Workers[0].ID)).wants(t, 404, "没有要打印工牌的工人")

	lead.post(path+"/badge", "reason", "").wants(t, 422, "必须填写", old.Short())
	lead.post(path+"/badge", "reason", "掉进染缸").goes(t, path+"#badge")
	now := s.badge(0)
	lead.get(path).wants(t, 200, now.Short(), "旧工牌从现在起不能再用", "掉进染缸", old.Short())
	if now == old {
		t.Error("the badge is still the old one")
	}
	// The old one says so to her, too, and leads her home all the same.
	s.as("worker").get("/q/"+old.String()).goes(t, "/me")
	lead.get("/workers").wants(t, 200, `form="badges"`, "打印工牌")
}

func TestTeamBadge(t *testing.T) {
	s := newSite(t)
	members, err := piecework.MembersByCode(s.Ctx, s.DB, s.Workshop.ID, []string{"A1", "A2"})
	s.Must(err)
	team, err := piecework.TeamOf(s.Ctx, s.DB, s.Workshop.ID, members)
	s.Must(err)
	lead, path := s.as("lead"), fmt.Sprintf("/workers/%d", team.ID)
	lead.get(path).wants(t, 200, "还没有打印过工牌")
	if text := lead.post("/workers/badges.pdf", "worker", fmt.Sprint(team.ID)).labels(t); !strings.Contains(text, team.Code) {
		t.Errorf("the team's badge: %s", text)
	}
	lead.get(path).wants(t, 200, "G00000")
	lead.post(path+"/badge", "reason", "").wants(t, 422, "必须填写", "G00000")
	lead.post(path+"/badge", "reason", "丢了").goes(t, path+"#badge")
	lead.get(path).wants(t, 200, "丢了")
	if text := lead.post("/workers/badges.pdf").labels(t); strings.Contains(text, team.Code) {
		t.Errorf("teams are among all workers: %s", text)
	}
}

func TestTickets(t *testing.T) {
	s := newSite(t)
	lead := s.as("lead")
	path := fmt.Sprintf("/orders/%d/tickets", s.Order.ID)
	lead.get(path).wants(t, 200, "还没有开菲票", "还有 5,000 件没有菲票", `value="50"`)
	lead.get(fmt.Sprintf("/orders/%d", s.Order.ID)).wants(t, 200, `href="`+path+`"`)
	lead.get(path+".pdf").wants(t, 404)
	lead.post(path, "size", "x", "quantity", "10").wants(t, 422, `value="x"`)
	lead.post(path, "size", "1", "operations", "glue").wants(t, 422, "超过 2,000 张", `value="glue" checked`)
	lead.post(path, "size", "100", "quantity", "5001").wants(t, 422, "还有 5,000 件（共 5,000 件）没有菲票")
	lead.post(path, "size", "50").goes(t, path)
	lead.get(path).wants(t, 200, "已开 100 张菲票", "#50", "每一件都已有菲票", "剪瓣", `name="skip"`)
	lead.get(path+"?page=2").wants(t, 200, "#100")
	lead.get(path+"?status=split").wants(t, 200, "没有符合的菲票")
	if text := lead.get(path + ".pdf?stock=58x40&from=3&to=4&lang=en").labels(t); !strings.Contains(text, "#3") || !strings.Contains(text, "#4") || strings.Contains(text, "#5") || !strings.Contains(text, "O1") || !strings.Contains(text, "绢花") || !strings.Contains(text, "剪瓣, 粘花") {
		t.Errorf("tickets 3 and 4: %s", text)
	}

	list, err := piecework.Tickets(s.Ctx, s.DB, piecework.Filter{OrderID: s.Order.ID})
	s.Must(err)
	ticket := list.Items[0]
	at := fmt.Sprintf("/tickets/%d", ticket.ID)
	s.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "cut", Ticket: ticket.Code().String(), Counts: piecework.Counts{Good: 48, Rework: 2}})
	lead.get(at).wants(t, 200, ticket.Code().Short(), ticket.Code().String(), "王秀英", "48", `value="25 25"`)
	lead.post(at+"/split", "parts", "20 x", "reason", "分两桌").wants(t, 422, "20 x", "分两桌")
	lead.post(at+"/split", "parts", "20 20", "reason", "分两桌").wants(t, 422, "各份共 40 件，这一扎是 50 件")
	lead.post(at+"/split", "parts", "20+30", "reason", "分两桌").goes(t, at)
	lead.get(at).wants(t, 200, "已换成 2 张新菲票", "分两桌", "#101", "#102")
	lead.post(at+"/split", "parts", "20 30", "reason", "again").wants(t, 409, "已经分过了")
	lead.get(path+"?status=split").wants(t, 200, "#1")
	lead.get(path+"?status=open&page=3").wants(t, 200, "#102")
	parts, err := piecework.TicketParts(s.Ctx, s.DB, ticket.ID)
	s.Must(err)
	part := fmt.Sprintf("/tickets/%d", parts[1].ID)
	lead.get(part).wants(t, 200, "拆分前的菲票", "粘花")
	a := lead.post(part+"/split", "parts", "30", "reason", "lost")
	lead.get(a.location).wants(t, 200, "这一扎已换新菲票", "#103")
}

func TestCommandSheet(t *testing.T) {
	s := newSite(t)
	lead := s.as("lead")
	lead.get("/sessions/1").wants(t, 200, "操作码表", `action="/sessions/1/commands.pdf"`)
	codes, err := piecework.CodesOf(s.Ctx, s.DB, piecework.SessionCode, s.Workshop.ID, "test", 1)
	s.Must(err)
	text := lead.post("/sessions/1/commands.pdf").labels(t)
	for _, want := range []string{"S1", "撤销", "Undo", "×50", codes[1].Short()[:3] + " " + codes[1].Short()[3:]} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the sheet: %s", want, text)
		}
	}
	s.as("lead2").post("/sessions/1/commands.pdf").wants(t, 404)
}

// TestLookCodes looks at the pages of codes, tickets and what is printed.
func TestLookCodes(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *handlers.Config) { c.BaseURL = "http://127.0.0.1" })
	s.badge(0)
	_, err := piecework.ReplaceCode(s.Ctx, s.DB, piecework.WorkerBadge, s.Workers[0].ID, "王组长", "掉进染缸")
	s.Must(err)
	tickets, err := piecework.CutTickets(s.Ctx, s.DB, piecework.Cut{OrderID: s.Order.ID, Size: 50, Quantity: 1220, By: "王组长"})
	s.Must(err)
	for i, ticket := range tickets[:4] {
		for _, op := range []string{"cut", "glue"}[:1+i%2] {
			s.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: op, Ticket: ticket.Code().String(), Counts: piecework.Counts{Good: 48, Rework: 2}})
		}
	}
	_, err = piecework.SplitTicket(s.Ctx, s.DB, piecework.Split{TicketID: tickets[2].ID, Parts: []int64{20, 30}, Reason: "分给两张桌子做", By: "王组长"})
	s.Must(err)
	empty := &piecework.ProcessingOrder{Code: "O2", WorkshopID: s.Workshop.ID, ContractorID: s.Order.ContractorID, ProductID: s.Order.ProductID, Quantity: 100, OrderedOn: "2026-10-01"}
	s.Must(piecework.SaveOrder(s.Ctx, s.DB, empty))
	members, err := piecework.MembersByCode(s.Ctx, s.DB, s.Workshop.ID, []string{"A1", "A2"})
	s.Must(err)
	team, err := piecework.TeamOf(s.Ctx, s.DB, s.Workshop.ID, members)
	s.Must(err)
	look := func(user string, pages map[string]string) {
		ctx := browsertest.Open(t)
		if user != "" {
			browserAs(t, ctx, s.URL, user, password)
		}
		lookAt(t, ctx, s.URL, pages)
	}
	badge := s.badge(0).String()
	look("", map[string]string{"code-stranger": "/q/" + badge, "code-misread": "/q/" + badge[:7] + "0"})
	look("worker", map[string]string{"code-worker": "/q/" + s.badge(1).String()})
	look("lead", map[string]string{"tickets": fmt.Sprintf("/orders/%d/tickets", s.Order.ID), "tickets-none": fmt.Sprintf("/orders/%d/tickets", empty.ID),
		"ticket": fmt.Sprintf("/tickets/%d", tickets[1].ID), "ticket-open": fmt.Sprintf("/tickets/%d", tickets[0].ID), "ticket-split": fmt.Sprintf("/tickets/%d", tickets[2].ID),
		"workers-badges": "/workers", "worker-badge": fmt.Sprintf("/workers/%d", s.Workers[0].ID), "session-commands": "/sessions/1", "team-badge": fmt.Sprintf("/workers/%d", team.ID)})
}
