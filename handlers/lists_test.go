package handlers_test

import (
	"log/slog"
	"testing"
	"time"

	"jijian/handlers"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/pieceworktest"
)

// TestNewBooksAskForAWorkshopFirst follows a newcomer from every form that needs a workshop to the form that makes one.
func TestNewBooksAskForAWorkshopFirst(t *testing.T) {
	w := &pieceworktest.World{TB: t, Ctx: t.Context(), DB: pieceworktest.DB(t)}
	server, err := handlers.New(handlers.Config{DB: w.DB, Logger: slog.New(slog.DiscardHandler)})
	w.Must(err)
	t.Cleanup(server.Close)
	w.Must(account.CreateUser(w.Ctx, w.DB, &account.User{Username: "admin", Name: "管理员", Role: account.Admin}, password))
	admin := serve(w, server).as("admin")
	for _, path := range []string{"/workers/new", "/sessions/new", "/runs/new", "/orders/new"} {
		a := admin.get(path)
		a.wants(t, 200, "还没有微工厂", `href="/workshops/new"`)
		a.lacks(t, `<footer class="actions">`)
	}
}

func TestABadDateIsToldBesideTheFilter(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	for _, path := range []string{"/sessions", "/tallies", "/adjustments"} {
		b.get(path+"?from=bad&to=2026-13-01").wants(t, 422, `id="e-from"`, `id="e-to"`, `value="bad"`, `value="2026-13-01"`, "&#34;bad&#34; 不是日期", "2026-10-31")
		b.get(path+"?from=2026-10-01&to=").wants(t, 200, `value="2026-10-01"`)
	}
}

func TestTheLastPageIsShownForAnyAfterIt(t *testing.T) {
	s := newSite(t)
	b := s.as("bookkeeper")
	for path, entry := range map[string]string{"/workshops": "桃木坊", "/workers": "王秀英", "/orders": "绢花", "/contractors": "肥城工艺"} {
		b.get(path+"?page=999").wants(t, 200, entry, `name="q"`)
	}
	b.header.Set("Accept", "application/json")
	b.get("/api/v1/workers?page=999").wants(t, 200, `"items":[]`, `"page":999`, `"pages":1`)
}

func TestWorkshopsAndWagesAreSearched(t *testing.T) {
	s := newSite(t)
	b := s.as("bookkeeper")
	a := b.get("/workshops?q=绢花")
	a.wants(t, 200, "绢花坊", "共 1 条")
	a.lacks(t, "桃木坊")
	b.get("/workshops?q=zzz").wants(t, 200, "没有符合的微工厂")
	a = b.get("/minimum-wages?q=二类")
	a.wants(t, 200, "山东二类", `<option value="山东一类">`)
	a.lacks(t, "<h2>山东一类")
	b.get("/minimum-wages?q=zzz").wants(t, 200, "没有符合的地区")
	b.get("/tax-tables").wants(t, 200, "共 1 张税率表。")
}

func TestPastSessionsAreClosedWithOneButton(t *testing.T) {
	s := newSite(t) // S1 is long past
	b := s.as("lead")
	s.Session("TODAY", piecework.DateOf(time.Now().In(s.Workshop.Location())))
	s.Must(piecework.OpenSession(s.Ctx, s.DB, &piecework.WorkSession{Code: "OTHER", WorkshopID: 2, WorkDate: "2026-10-05"}))
	b.get("/").wants(t, 200, "其中 1 个是以前的场次")
	b.get("/sessions").wants(t, 200, "关闭以前的 1 个场次")
	b.post("/sessions/close-past").goes(t, "/sessions")
	a := b.get("/sessions")
	a.wants(t, 200, "以前的 1 个场次已关闭", "TODAY", "已关闭")
	a.lacks(t, "关闭以前的")
	if other, err := piecework.Sessions(s.Ctx, s.DB, piecework.Filter{WorkshopID: 2, Status: "open"}); err != nil || other.Total != 1 {
		t.Errorf("a lead closed the session of another workshop: %d, %v", other.Total, err)
	}
}
