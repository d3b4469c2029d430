package handlers_test

import (
	"fmt"
	"regexp"
	"testing"

	"jijian/piecework"
	"jijian/templates/browsertest"
)

// shown is the digest of the counts on the page of a worker.
func (a answer) shown(t testing.TB) string {
	t.Helper()
	m := regexp.MustCompile(`name="shown" value="([^"]+)"`).FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("no counts to say something about: %.1000s", a.body)
	}
	return m[1]
}

func TestClosing(t *testing.T) {
	s := newSite(t)
	lead := s.as("lead")
	lead.get("/sessions/1/closing").wants(t, 200, "没有人来过")
	s.Count("S1", "A1", "cut", 120)
	s.Count("S1", "A2", "glue", 80)
	lead.post("/sessions/1/in", "worker", "3")
	lead.get("/sessions/1").wants(t, 200, `href="/sessions/1/closing"`)
	lead.get("/sessions/1/closing").wants(t, 200, "还没有签退", "还没有确认", "剪瓣 <b class=\"num\">120</b>", "0<span class=\"unit\"> / 2</span>", "还没问", "没有计件")
	one := lead.get("/sessions/1/closing/1")
	one.wants(t, 200, "王秀英", "120", "数目没错", "数目不对", "下一位：王秀英", "/sessions/1/closing/2")
	lead.post("/sessions/1/closing/1", "shown", one.shown(t), "right", "1").goes(t, "/sessions/1/closing/1")
	lead.get("/sessions/1/closing/1").wants(t, 200, "谢谢", "确认过数目没错")
	lead.post("/sessions/1/closing/2", "shown", lead.get("/sessions/1/closing/2").shown(t)).wants(t, 422, "请说明哪里不对")
	lead.post("/sessions/1/closing/2", "shown", lead.get("/sessions/1/closing/2").shown(t), "words", "少了一捆", "tally", "2").goes(t, "/sessions/1/closing/2")
	lead.get("/sessions/1/closing").wants(t, 200, "1<span class=\"unit\"> / 2</span>", "说自己的计数不对", "少了一捆")
	s.Count("S1", "A1", "cut", 5)
	lead.get("/sessions/1/closing").wants(t, 200, "确认后有改动：当时 120", "0<span class=\"unit\"> / 2</span>")
	lead.post("/sessions/1/closing/1", "shown", one.shown(t), "right", "1").wants(t, 409, "刚才有变动", "125")
	lead.post("/sessions/1/close").wants(t, 303)
	page := lead.get("/sessions/1/closing")
	page.wants(t, 200, "/sessions/1/reopen", "王组长")
	page.lacks(t, "还没有签退")
	// After closing she may still say that it is right.
	lead.post("/sessions/1/closing/1", "shown", lead.get("/sessions/1/closing/1").shown(t), "right", "1").goes(t, "/sessions/1/closing/1")
	lead.get("/sessions/1/closing/3").wants(t, 200)
	s.Session("S2", "2026-10-06")
	lead.get("/sessions/2/closing/1").wants(t, 404)
	for _, path := range []string{"/sessions/1/closing", "/sessions/1/closing/1"} {
		s.as("lead2").get(path).wants(t, 404)
		s.as("worker").get(path).wants(t, 403)
	}
}

// TestLookClosing looks at the pages of closing a session.
func TestLookClosing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	names := []string{"王秀英", "赵桂芳", "欧阳素珍"}
	for i, name := range names {
		s.Workers[i].Name = name
		s.Must(piecework.SaveWorker(s.Ctx, s.DB, &s.Workers[i]))
	}
	s.Must(piecework.CheckIn(s.Ctx, s.DB, 1, s.Workers[0].ID))
	s.Must(piecework.CheckIn(s.Ctx, s.DB, 1, s.Workers[1].ID))
	s.Must(piecework.CheckOut(s.Ctx, s.DB, 1, s.Workers[1].ID))
	s.Count("S1", "A1", "cut", 1200)
	s.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 80, Rework: 3, ScrapWorkmanship: 2, ScrapMaterial: 1}})
	s.Count("S1", "A2", "glue", 640)
	s.Count("S1", "A3", "glue", 85)
	say := func(worker int, agrees bool, words string) {
		c, err := piecework.ClosingOf(s.Ctx, s.DB, 1)
		s.Must(err)
		row, err := c.Row(s.Workers[worker].ID)
		s.Must(err)
		s.Must(piecework.SayCounts(s.Ctx, s.DB, &piecework.CountSay{SessionID: 1, WorkerID: row.Worker.ID, Agrees: agrees, Words: words, SaidBy: "王组长"}, row.Digest()))
	}
	say(0, true, "")
	s.Count("S1", "A1", "cut", 20)
	say(1, true, "")
	say(2, false, "早上还有一捆五十枝没有算上")
	ctx := browsertest.Open(t)
	browserAs(t, ctx, s.URL, "lead", password)
	pages := map[string]string{"closing-show": "/sessions/1/closing", "closing-session": "/sessions/1"}
	for i, name := range []string{"changed", "agreed", "disputed"} {
		pages["closing-"+name] = fmt.Sprintf("/sessions/1/closing/%d", i+1)
	}
	lookAt(t, ctx, s.URL, pages)
}
