package handlers_test

import (
	"encoding/json"
	"strings"
	"testing"

	"jijian/piecework"
)

// scanned is what the tests read of a copy for the device.
type scanned struct {
	Session, Today, Now, Recorder string
	Workshop                      struct{ Code, Name string }
	Workshops                     []struct{ Code string }
	Sessions                      []struct {
		ID          int64
		Code, Badge string
		Open        bool
	}
	Workers []struct {
		Code, Name, Initials      string
		Badges, Replaced, Members []string
		Team                      bool
		Today                     struct{ Pieces int64 }
	}
	Orders []struct {
		Code, Product string
		Operations    []struct {
			Code string
			Done int64
		}
	}
	TakeHomes []struct {
		Code, Worker string
		Quantity     int64
	}
	Tickets []struct {
		Code, Order          string
		Quantity             int64
		Operations, Credited []string
	}
}

func (a answer) scanned(t testing.TB) (d scanned) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &d); err != nil || a.status != 200 {
		t.Fatalf("%d %.300s", a.status, a.body)
	}
	return d
}

func TestCopyForTheDevice(t *testing.T) {
	s := newSite(t)
	s.Session("S2", "2026-10-05")
	s.Session("S3", "2026-10-06")
	s.Count("S1", "A1", "cut", 120)
	s.Count("S2", "A1", "glue", 5)
	s.Count("S3", "A2", "cut", 30)
	uid := s.Count("S2", "A2", "cut", 9)
	s.Record(piecework.NewTally{Session: "S2", Worker: "A2", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 9}, Reverses: uid})
	lead := s.as("lead")
	d := lead.get("/scan/data?session=S1").scanned(t)
	if d.Session != "S1" || d.Today != "2026-10-05" || d.Workshop.Code != "W1" || d.Recorder != "王组长" || d.Now == "" || len(d.Sessions) != 3 || d.Workshops != nil {
		t.Errorf("%+v", d)
	}
	if w := d.Workers; len(w) != 3 || w[0].Today.Pieces != 125 || w[1].Today.Pieces != 0 || w[0].Initials != "w x y" || w[0].Name != "王秀英" {
		t.Errorf("workers: %+v", w)
	}
	if o := d.Orders; len(o) != 1 || o[0].Product != "绢花" || o[0].Operations[0].Done != 150 || o[0].Operations[1].Done != 5 {
		t.Errorf("orders: %+v", o)
	}
	if d := lead.get("/scan/data").scanned(t); d.Session != "S3" || d.Workers[1].Today.Pieces != 30 {
		t.Errorf("without a session: %+v", d)
	}
	s.Must(piecework.CloseSession(s.Ctx, s.DB, 1, "test"))
	if d := lead.get("/scan/data?session=S1").scanned(t); d.Session != "S1" || len(d.Sessions) != 3 || d.Sessions[2].Open {
		t.Errorf("a closed session: %+v", d)
	}
	lead.get("/scan/data?session=S9").wants(t, 404)
	lead.get("/scan/data?workshop=W2").wants(t, 404)
	s.as("lead2").get("/scan/data?session=S1").wants(t, 404)
	d = s.as("lead2").get("/scan/data").scanned(t)
	if d.Workshop.Code != "W2" || d.Session != "" || len(d.Workers)+len(d.Orders)+len(d.Sessions) != 0 {
		t.Errorf("another workshop: %+v", d)
	}
	if d := s.as("admin").get("/scan/data").scanned(t); d.Workshop.Code != "W1" || len(d.Workshops) != 2 {
		t.Errorf("admin: %+v", d)
	}
	if d := s.as("admin").get("/scan/data?workshop=W2").scanned(t); d.Workshop.Code != "W2" {
		t.Errorf("admin, W2: %+v", d)
	}
	out := s.visitor()
	out.header.Set("Accept", "application/json")
	out.get("/scan/data").wants(t, 401)
}

// TestCopyForTheDeviceCostsNothingTwice: what has not changed is not sent again.
func TestCopyForTheDeviceCostsNothingTwice(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	a := b.get("/scan/data")
	tag := a.header.Get("ETag")
	if cache := a.header.Get("Cache-Control"); tag == "" || cache != "no-store" {
		t.Errorf("ETag %q, Cache-Control %q", tag, cache)
	}
	b.header.Set("If-None-Match", tag)
	if a := b.get("/scan/data"); a.status != 304 || a.body != "" {
		t.Errorf("unchanged: %d %.100s", a.status, a.body)
	}
	s.Count("S1", "A1", "cut", 1)
	b.get("/scan/data").wants(t, 200, `"pieces":1`)
}

func TestServiceWorkerAndManifest(t *testing.T) {
	s := newSite(t)
	b := s.visitor()
	a := b.get("/sw.js")
	a.wants(t, 200, `self.shell={"build":"`, "/pico.css", "/signout")
	if h := a.header; h.Get("Cache-Control") != "no-cache" || !strings.HasPrefix(h.Get("Content-Type"), "text/javascript") || h.Get("Set-Cookie") != "" {
		t.Errorf("headers of the service worker: %v", h)
	}
	for _, part := range strings.Split(a.body[:strings.Index(a.body, ";")], `"`) {
		if strings.HasPrefix(part, "/static/") {
			b.get(part).wants(t, 200)
		}
	}
	a = b.get("/manifest.webmanifest")
	a.wants(t, 200, `"start_url":"/scan"`)
	var m struct{ Icons []struct{ Src string } }
	s.Must(json.Unmarshal([]byte(a.body), &m))
	for _, icon := range m.Icons {
		if a := b.get(icon.Src); a.status != 200 || a.header.Get("Content-Type") != "image/png" || !strings.HasPrefix(a.body, "\x89PNG") {
			t.Errorf("%s: %d %s", icon.Src, a.status, a.header.Get("Content-Type"))
		}
	}
	if a.header.Get("Content-Type") != "application/manifest+json" || len(m.Icons) != 3 {
		t.Errorf("manifest: %s, %d icons", a.header.Get("Content-Type"), len(m.Icons))
	}
}

// TestCopyForTheDeviceKnowsCodes: what can be scanned is in the copy, and says what it means.
func TestCopyForTheDeviceKnowsCodes(t *testing.T) {
	s := newSite(t)
	badges, err := piecework.CodesOf(s.Ctx, s.DB, piecework.WorkerBadge, s.Workshop.ID, "test", s.Workers[0].ID, s.Workers[1].ID)
	s.Must(err)
	lost := badges[s.Workers[1].ID].String()
	fresh, err := piecework.ReplaceCode(s.Ctx, s.DB, piecework.WorkerBadge, s.Workers[1].ID, "test", "lost")
	s.Must(err)
	sessions, err := piecework.CodesOf(s.Ctx, s.DB, piecework.SessionCode, s.Workshop.ID, "test", 1)
	s.Must(err)
	tickets, err := piecework.CutTickets(s.Ctx, s.DB, piecework.Cut{OrderID: s.Order.ID, Size: 50, Quantity: 100, By: "test"})
	s.Must(err)
	team, err := piecework.TeamOf(s.Ctx, s.DB, s.Workshop.ID, []piecework.TeamMember{
		{WorkerID: s.Workers[0].ID, ShareWeight: piecework.ShareWeightOne}, {WorkerID: s.Workers[2].ID, ShareWeight: piecework.ShareWeightOne}})
	s.Must(err)
	first := tickets[0].Code().String()
	s.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "cut", Ticket: first, Counts: piecework.Counts{Good: 50}})
	struck := piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Ticket: first, Counts: piecework.Counts{Good: 50}}
	struck.Reverses = s.Record(struck)
	s.Record(struck)

	lot := &piecework.TakeHome{WorkshopID: s.Workshop.ID, WorkerID: s.Workers[0].ID, OrderID: s.Order.ID, OperationID: s.Glue.ID, Quantity: 300, OutOn: "2026-10-05", GivenBy: "test"}
	s.Must(piecework.GiveOut(s.Ctx, s.DB, lot))
	slips, err := piecework.CodesOf(s.Ctx, s.DB, piecework.TakeHomeCode, s.Workshop.ID, "test", lot.ID)
	s.Must(err)

	d := s.as("lead").get("/scan/data").scanned(t)
	if len(d.TakeHomes) != 1 || d.TakeHomes[0].Code != slips[lot.ID].String() || d.TakeHomes[0].Worker != "A1" || d.TakeHomes[0].Quantity != 300 {
		t.Errorf("take-home work: %+v", d.TakeHomes)
	}
	if d.Sessions[0].Badge != sessions[1].String() {
		t.Errorf("session: %+v", d.Sessions)
	}
	w := d.Workers
	if len(w) != 4 || w[0].Badges[0] != badges[s.Workers[0].ID].String() || w[1].Badges[0] != fresh.String() || len(w[1].Badges) != 1 || w[1].Replaced[0] != lost || w[2].Badges == nil {
		t.Errorf("workers: %+v", w)
	}
	if last := w[3]; last.Code != team.Code || !last.Team || strings.Join(last.Members, " ") != "A1 A3" {
		t.Errorf("team: %+v", last)
	}
	if len(d.Tickets) != 2 || d.Tickets[0].Code != first || d.Tickets[0].Quantity != 50 || strings.Join(d.Tickets[0].Operations, " ") != "cut glue" ||
		strings.Join(d.Tickets[0].Credited, " ") != "cut" || d.Tickets[1].Credited == nil {
		t.Errorf("tickets: %+v", d.Tickets)
	}
}
