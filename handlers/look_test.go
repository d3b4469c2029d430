package handlers_test

import (
	"fmt"
	"testing"

	"jijian/handlers"
	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/pieceworktest"
	"jijian/templates/browsertest"
)

// TestLook looks at the pages of coming in, of the start, of contractors, users, checking and the interface.
func TestLook(t *testing.T) {
	t.Parallel()
	s := newSite(t, withKeys(t), func(c *handlers.Config) {
		c.Elsewhere = []handlers.Elsewhere{&handlers.WeChat{AppID: "wx1", Secret: "hush"}}
		c.Demo = []handlers.DemoAccount{{Role: account.Lead, Name: "lead", Password: password}, {Role: account.Bookkeeper, Name: "bookkeeper", Password: password}}
	})
	run := busy(s)
	s.Must(piecework.GiveOut(s.Ctx, s.DB, &piecework.TakeHome{WorkerID: s.Workers[1].ID, OrderID: s.Order.ID, OperationID: s.Glue.ID, Quantity: 300, OutOn: "2026-10-05", DueOn: "2026-10-09", GivenBy: "test"}))
	slips, err := payroll.SlipsOf(s.Ctx, s.DB, run.ID, 0)
	s.Must(err)
	_, err = payroll.Reissue(s.Ctx, s.DB, run.ID, slips[0].WorkerID, "bonus", "other")
	s.Must(err)
	now, err := payroll.SlipsOf(s.Ctx, s.DB, run.ID, slips[0].WorkerID)
	s.Must(err)
	for i, kind := range piecework.RobotKinds {
		_, err := s.DB.NewInsert().Model(&piecework.Robot{Name: "桃木坊工友群", Kind: kind, URL: fmt.Sprintf("https://10.0.0.%d/robot?key=d1f3", i), Lang: "zh", AddedBy: "test"}).Exec(s.Ctx)
		s.Must(err)
	}
	s.Session("S9", s.Workshop.Today())
	_, err = s.DB.NewRaw("UPDATE outbox SET due_at = ?, tries = 9, given_up_at = CASE WHEN robot_id = 1 THEN ? ELSE 0 END, sent_at = CASE WHEN robot_id = 2 THEN ? ELSE 0 END, error = '{\"Format\":\"the group answers %v: %s\",\"Args\":[19021,\"sign match fail\"]}'",
		piecework.Now()+3_600_000, piecework.Now(), piecework.Now()).Exec(s.Ctx)
	s.Must(err)
	look := func(site *site, user string, pages map[string]string) {
		ctx := browsertest.Open(t)
		if user != "" {
			browserAs(t, ctx, site.URL, user, password)
		}
		lookAt(t, ctx, site.URL, pages)
	}
	look(s, "", map[string]string{"signin": "/signin", "check-ask": "/c", "check-genuine": "/c/" + now[0].CheckCode, "check-replaced": "/c/" + slips[0].CheckCode,
		"check-wrong": "/c/0000000000000000", "api-docs": "/api/docs", "error-404": "/nothing"})
	look(s, "admin", map[string]string{"home-admin": "/", "contractors": "/contractors", "contractor-new": "/contractors/new",
		"users": "/users", "robots": "/robots", "notices": "/notices", "user-roles": "/users/new", "user-new": "/users/new?role=worker", "user-show": "/users/3", "audit": "/audit", "account": "/account", "programme": "/programme"})
	look(s, "lead", map[string]string{"home-lead": "/", "worker-signin": fmt.Sprintf("/workers/%d/signin", s.Workers[0].ID)})
	look(s, "", map[string]string{"signin-pin": "/signin?by=pin"})
	look(s, "worker", map[string]string{"account-pin": "/account/pin"})
	look(s, "lead2", map[string]string{"home-idle": "/"})

	w := pieceworktest.NewWorld(t)
	server, err := handlers.New(handlers.Config{DB: w.DB, Logger: s.server.Logger})
	w.Must(err)
	t.Cleanup(server.Close)
	code, err := account.NewSetup(w.Ctx, w.DB)
	w.Must(err)
	look(serve(w, server), "", map[string]string{"setup": fmt.Sprintf("/setup/%s", code)})
}
