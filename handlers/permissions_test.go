package handlers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"jijian/handlers"
	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/account"
)

// openPaths are the only paths that ask nobody to sign in. Whoever opens another one says so here.
var openPaths = []string{
	"GET /healthz", "GET /readyz", "GET /static/*", "GET /sw.js", "GET /manifest.webmanifest", "GET /me.webmanifest", "GET /push-sw.js", "GET /signin", "POST /signin", "POST /signout", "POST /lang",
	"GET /setup/:code", "POST /setup/:code", "GET /invite/:code", "POST /invite/:code", "GET /signin/code", "POST /signin/code", "GET /signin/with/:provider", "GET /signin/with/:provider/back", "GET /c", "GET /c/:code", "GET /q/:code", "GET /Q/:code", "GET /api/openapi.json", "GET /api/docs",
	"GET /d/:code", "GET /d/:code/deliveries/:delivery", "GET /d/:code/deliveries/:delivery/note.pdf", "GET /d/:code/photos/:photo",
	"POST /d/:code/deliveries/:delivery", "POST /d/:code/questions",
}

// things are two of each kind: the first belongs to workshop W1, worker A1 and contractor C1, the second to W2, B1 and C2.
func things(s *site) map[string][2]int64 {
	s.Helper()
	s.Agree(s.Cut, nil, "2026-10-01", "0.35")
	ids := map[string][2]int64{}
	add := func(kind string, i int, id int64) {
		pair := ids[kind]
		pair[i] = id
		ids[kind] = pair
	}
	other, err := piecework.WorkshopByCode(s.Ctx, s.DB, "W2")
	s.Must(err)
	k2 := &piecework.Contractor{Code: "C2", Name: "另一家"}
	s.Must(piecework.SaveContractor(s.Ctx, s.DB, k2))
	b1 := &piecework.Worker{Code: "B1", Name: "赵桂芳", WorkshopID: other.ID, ShareWeight: piecework.ShareWeightOne, Active: true}
	s.Must(piecework.SaveWorker(s.Ctx, s.DB, b1))
	order2 := *s.Order
	order2.ID, order2.Code, order2.WorkshopID, order2.ContractorID = 0, "O2", other.ID, k2.ID
	s.Must(piecework.SaveOrder(s.Ctx, s.DB, &order2))
	for i, of := range []struct {
		workshop, worker, contractor int64
		order                        *piecework.ProcessingOrder
		session, code                string
	}{{s.Workshop.ID, s.Workers[0].ID, s.Order.ContractorID, s.Order, "S8", "A1"}, {other.ID, b1.ID, k2.ID, &order2, "S9", "B1"}} {
		session := &piecework.WorkSession{Code: of.session, WorkshopID: of.workshop, WorkDate: "2026-10-07"}
		s.Must(piecework.OpenSession(s.Ctx, s.DB, session))
		uid := s.Record(piecework.NewTally{Session: of.session, Worker: of.code, Order: of.order.Code, Operation: "cut", Counts: piecework.Counts{Good: 100}})
		tallies, err := piecework.Tallies(s.Ctx, s.DB, piecework.Filter{Query: uid, WorkerID: of.worker})
		s.Must(err)
		locked, err := payroll.Settle(s.Ctx, s.DB, of.workshop, "2026-10-01", "2026-10-31", "test")
		s.Must(err)
		s.Must(payroll.Approve(s.Ctx, s.DB, locked.ID, "test"))
		slips, err := payroll.SlipsOf(s.Ctx, s.DB, locked.ID, 0)
		s.Must(err)
		dispute, err := payroll.Raise(s.Ctx, s.DB, slips[0].ID, of.worker, "少了两件", "王秀英")
		s.Must(err)
		november := piecework.WorkSession{Code: of.session + "N", WorkshopID: of.workshop, WorkDate: "2026-11-02"}
		s.Must(piecework.OpenSession(s.Ctx, s.DB, &november))
		s.Record(piecework.NewTally{Session: november.Code, Worker: of.code, Order: of.order.Code, Operation: "cut", Counts: piecework.Counts{Good: 50}})
		run, err := payroll.Settle(s.Ctx, s.DB, of.workshop, "2026-11-01", "2026-11-30", "test")
		s.Must(err)
		delivery := &piecework.Delivery{Code: "D" + of.code, OrderID: of.order.ID, DeliveredOn: "2026-10-20", Quantity: 50}
		s.Must(piecework.Deliver(s.Ctx, s.DB, delivery))
		adjustment := &payroll.Adjustment{WorkerID: of.worker, WorkDate: "2026-12-02", Kind: payroll.Bonus, Amount: piecework.Fen(500), RecordedBy: "test"}
		s.Must(payroll.Adjust(s.Ctx, s.DB, adjustment))
		rate := &piecework.PieceRate{OperationID: s.Glue.ID, OrderID: of.order.ID, EffectiveFrom: "2026-10-01", Rate: piecework.Millionths(350_000)}
		s.Must(piecework.AddRate(s.Ctx, s.DB, rate))
		sample := &payroll.RateSample{OperationID: s.Cut.ID, WorkerID: of.worker, SampledOn: "2026-10-07", Pieces: 60, Minutes: 60, RecordedBy: "test"}
		s.Must(payroll.AddRateSample(s.Ctx, s.DB, sample))
		user := &account.User{Username: "user" + of.code, Name: "某人", Role: account.Lead, WorkshopID: of.workshop}
		s.Must(account.CreateUser(s.Ctx, s.DB, user, password))
		takehome := &piecework.TakeHome{WorkerID: of.worker, OrderID: of.order.ID, OperationID: s.Glue.ID, Quantity: 50, OutOn: "2026-10-07", GivenBy: "test"}
		s.Must(piecework.GiveOut(s.Ctx, s.DB, takehome))
		_, err = piecework.RecordBatch(s.Ctx, s.DB, piecework.Batch{By: piecework.Actor{Name: "test", WorkshopID: of.workshop}, Hold: true, Items: []piecework.NewTally{{UID: "h" + of.code, Sent: "{}"}}})
		s.Must(err)
		held, err := piecework.HeldTallies(s.Ctx, s.DB, piecework.Filter{WorkshopID: of.workshop})
		s.Must(err)
		robot := &piecework.Robot{WorkshopID: of.workshop, Name: "群", Kind: piecework.WeCom, URL: "https://10.0.0.1/robot", Lang: "zh", AddedBy: "test"} // which is not sent to
		_, err = s.DB.NewInsert().Model(robot).Exec(s.Ctx)                                                                                               // as it was kept before there was a key
		s.Must(err)
		tickets, err := piecework.CutTickets(s.Ctx, s.DB, piecework.Cut{OrderID: of.order.ID, Size: 50, Quantity: 50, By: "test"})
		s.Must(err)
		photo := &piecework.Photo{JPEG: []byte("x"), SHA256: make([]byte, 32), Width: 1, Height: 1}
		s.Must(piecework.StorePhoto(s.Ctx, s.DB, photo, "order", of.order.ID, "test"))
		s.Must(piecework.Accept(s.Ctx, s.DB, &piecework.Acceptance{DeliveryID: delivery.ID, Accepted: 20, Returned: 5, DecidedOn: "2026-10-21", RecordedBy: "test"}))
		decided, err := piecework.DeliveryByID(s.Ctx, s.DB, delivery.ID)
		s.Must(err)
		link, err := piecework.MakeLink(s.Ctx, s.DB, of.order.ID, "test", 30, "test")
		s.Must(err)
		question := &piecework.Question{OrderID: of.order.ID, Question: "何时交齐？", AskedBy: "test"}
		s.Must(piecework.Ask(s.Ctx, s.DB, question))
		charge := &piecework.Chargeback{OrderID: of.order.ID, ChargedOn: "2026-10-22", Amount: piecework.Fen(100), Fault: piecework.FaultOther,
			Bearer: piecework.BearsWorkshop, Reason: "test", RecordedBy: "test"}
		_, err = payroll.ChargeBack(s.Ctx, s.DB, charge)
		s.Must(err)
		statement, err := piecework.MakeStatement(s.Ctx, s.DB, of.workshop, of.contractor, "2026-10-01", "2026-10-31", "test")
		s.Must(err)
		add("acceptance", i, decided.Acceptances[0].ID)
		add("link", i, link.ID)
		add("question", i, question.ID)
		add("chargeback", i, charge.ID)
		add("statement", i, statement.ID)
		cloth := &piecework.Material{Code: "M" + of.code, Name: "绢布", Unit: "m"}
		s.Must(piecework.SaveMaterial(s.Ctx, s.DB, cloth))
		s.Must(piecework.SetOrderMaterial(s.Ctx, s.DB, of.order.ID, piecework.Need{MaterialID: cloth.ID, PerPiece: 1}))
		receipt := &piecework.Movement{OrderID: of.order.ID, MaterialID: cloth.ID, Kind: piecework.Receipt, Quantity: 1_000_000, MovedOn: "2026-10-06", RecordedBy: "test"}
		s.Must(piecework.Move(s.Ctx, s.DB, receipt))
		for kind, id := range map[string]int64{"movement": receipt.ID, "robot": robot.ID, "photo": photo.ID, "ticket": tickets[0].ID, "held": held.Items[0].ID, "takehome": takehome.ID, "workshop": of.workshop, "worker": of.worker, "contractor": of.contractor, "order": of.order.ID,
			"session": session.ID, "tally": tallies.Items[0].ID, "run": run.ID, "slip": slips[0].ID, "dispute": dispute.ID, "delivery": delivery.ID,
			"adjustment": adjustment.ID, "rate": rate.ID, "sample": sample.ID, "user": user.ID, "product": of.order.ProductID, "operation": s.Cut.ID} {
			add(kind, i, id)
		}
	}
	for _, kind := range []string{"taxtable", "minimumwage", "banklayout"} { // that came with the program
		ids[kind] = [2]int64{1, 2}
	}
	return ids
}

// visitor is somebody who asks.
type visitor struct {
	user string
	role account.Role
	own  int    // the index of the things that are theirs; -1 is all
	sees string // kinds of which they see their own; "" is all
}

var visitors = []visitor{
	{"admin", account.Admin, -1, ""},
	{"bookkeeper", account.Bookkeeper, -1, ""},
	{"lead", account.Lead, 0, ""},
	{"lead2", account.Lead, 1, ""},
	{"worker", account.Worker, 0, "worker tally adjustment slip dispute takehome"},
	{"counter", account.Counter, 0, ""},
	{"officer", account.Officer, 0, "nothing"},
	{"contractor", account.Contractor, 0, "contractor order delivery photo acceptance question chargeback statement"},
}

// shared are the kinds that all workshops have in common. A contractor is a person to other contractors.
const shared = "product operation taxtable minimumwage banklayout provider"

// TestPermissions asks for every path as everybody, about things of the own workshop and of another one.
func TestPermissions(t *testing.T) {
	for _, v := range visitors {
		t.Run(v.user, func(t *testing.T) {
			t.Parallel()
			meetsTheTable(t, v)
		})
	}
}

// meetsTheTable lets a visitor ask for everything in the table of routes: of her own and of others.
func meetsTheTable(t *testing.T, v visitor) {
	s := newSite(t) // of her own: what one changes, the next would miss
	ids := things(s)
	b := s.as(v.user)
	b.header.Set("Sec-Fetch-Site", "same-origin")
	table := s.server.Table()
	slices.SortStableFunc(table, func(a, b handlers.Line) int { return strings.Compare(a.Method, b.Method) }) // look, then change
	for _, line := range table {
		if line.Open {
			continue
		}
		for i := range 2 {
			path, visible := line.Path, true
			for _, part := range strings.Split(line.Path, "/") {
				kind, ok := strings.CutPrefix(part, ":")
				if !ok {
					continue
				}
				id, known := ids[kind]
				if !known && account.Kinds(kind) {
					t.Fatalf("%s: things makes no %s", line.Path, kind)
				}
				if !known { // a free parameter; the path's other parts decide
					path = strings.Replace(path, part, "1", 1)
					continue
				}
				path = strings.Replace(path, part, fmt.Sprint(id[i]), 1)
				everybodys := strings.Contains(shared, kind) || kind == "contractor" && (v.role == account.Lead || v.role == account.Counter)
				theirs := v.own == -1 || v.own == i && (v.sees == "" || slices.Contains(strings.Fields(v.sees), kind))
				visible = visible && (everybodys || theirs)
			}
			if path == line.Path && i == 1 {
				continue
			}
			a := ask(b, line.Method, path, line.API)
			denied := strings.Contains(a.body, "它不存在，或者您无权查看") || strings.Contains(a.body, "It does not exist, or not for you.")
			switch {
			case !line.Roles[v.role]:
				if a.status != 403 {
					t.Errorf("%s: %s %s: %d, want 403", v.user, line.Method, path, a.status)
				}
			case !visible:
				if a.status != 404 || !denied {
					t.Errorf("%s: %s %s (not theirs): %d, want 404", v.user, line.Method, path, a.status)
				}
			case a.status == 401 || a.status == 403 || a.status >= 500 || denied:
				t.Errorf("%s: %s %s (theirs): %d %.300s", v.user, line.Method, path, a.status, a.body)
			}
		}
	}
}

// TestMenu: nobody is offered a page that only sends her on, and a page below another marks the entry it belongs to.
func TestMenu(t *testing.T) {
	s := newSite(t)
	things(s)
	if page := s.as("worker").get("/me"); strings.Contains(page.body, `<li><a href="/"`) {
		t.Error("the worker is offered the start page, which is her own")
	}
	s.as("lead").get("/slips/1").wants(t, 200, `<li><a href="/"`, `<a href="/runs" aria-current="page"`)
	s.as("worker").get("/slips/1").wants(t, 200, `<a href="/me" aria-current="page"`)
}

func ask(b *browser, method, path string, api bool) answer {
	switch {
	case strings.HasSuffix(path, "/events"): // has no end
		e := b.stream(path)
		defer e.close()
		if e.StatusCode == 200 {
			return answer{status: 200}
		}
		return b.get(path)
	case method == "GET":
		return b.get(path)
	case api:
		return b.json(path, `{"tallies":[]}`)
	}
	return b.post(path)
}

func TestNobodyGetsInWithoutSigningIn(t *testing.T) {
	s := newSite(t)
	b := s.visitor()
	b.get("/signin")
	var open []string
	for _, line := range s.server.Table() {
		if line.Open {
			open = append(open, line.Method+" "+line.Path)
			continue
		}
		a := ask(b, line.Method, strings.ReplaceAll(line.Path, ":", "1"), line.API)
		if line.API && a.status != 401 || !line.API && (a.status != 303 && a.status != 404 || a.status == 303 && !strings.HasPrefix(a.location, "/signin")) {
			t.Errorf("%s %s: %d %s", line.Method, line.Path, a.status, a.location)
		}
	}
	slices.Sort(open)
	want := slices.Sorted(slices.Values(openPaths))
	if !slices.Equal(open, want) {
		t.Errorf("open are\n%q\nwant\n%q", open, want)
	}
}

func TestEveryFormIsGuarded(t *testing.T) {
	s := newSite(t)
	ids := things(s)
	b := s.as("admin")
	b.csrf = ""
	for _, line := range s.server.Table() {
		if line.Method == "GET" || line.API || line.Open && line.Path != "/lang" {
			continue
		}
		path := line.Path
		for kind, pair := range ids {
			path = strings.ReplaceAll(path, ":"+kind, fmt.Sprint(pair[0]))
		}
		b.csrf = ""
		if a := b.post(path); a.status != 403 {
			t.Errorf("%s without the secret: %d", path, a.status)
		}
	}
}

func TestNothingIsRegisteredOutsideTheTable(t *testing.T) {
	s := newSite(t)
	if err := s.server.RegisterLine("GET", "/back-door"); err == nil || !strings.Contains(err.Error(), "/back-door") {
		t.Errorf("a path outside the table: %v", err)
	}
}
