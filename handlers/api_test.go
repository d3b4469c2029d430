package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"jijian/piecework"
	"jijian/piecework/account"
)

const talliesPath = "/api/v1/tallies"

// program is a client with a token.
func (s *site) program(role account.Role, workshopID int64) *browser {
	s.Helper()
	token, err := account.NewToken(s.Ctx, s.DB, role, workshopID)
	s.Must(err)
	b := s.visitor()
	b.header.Set("Authorization", "Bearer "+token)
	return b
}

func (b *browser) json(path, body string) answer {
	b.Helper()
	return b.do("POST", path, "application/json", body)
}

// results are the statuses and reasons in an answer about tallies.
func (a answer) results(t testing.TB) (list []struct{ UID, Status, Reason string }) {
	t.Helper()
	var doc struct {
		Results []struct{ UID, Status, Reason string }
	}
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil || a.status != http.StatusOK {
		t.Fatalf("%d %.500s", a.status, a.body)
	}
	return doc.Results
}

const goodTally = `{"uid":"%s","session":"S1","worker":"A1","order":"O1","operation":"cut","good":%s}`

func tally(uid, good string) string { return fmt.Sprintf(goodTally, uid, good) }

// TestOneBadTallyNeverFailsTheOthers sends every kind of bad tally between two good ones.
func TestOneBadTallyNeverFailsTheOthers(t *testing.T) {
	s := newSite(t)
	b := s.program(account.Lead, s.Workshop.ID)
	for _, bad := range []struct{ tally, uid, reason string }{
		{tally("b1", "1.5"), "b1", "tallies[1]: good: must be a whole number"},
		{tally("b1", "1.0"), "b1", "good: must be a whole number"},
		{tally("b1", "1e2"), "b1", "good: must be a whole number"},
		{tally("b1", `"12"`), "b1", "good: must be a whole number"},
		{tally("b1", "true"), "b1", "good: must be a whole number"},
		{tally("b1", "[1]"), "b1", "good: must be a whole number"},
		{tally("b1", "null"), "b1", "good: is required"},
		{tally("b1", "-1"), "b1", "good: must be between 0 and 10,000,000"},
		{tally("b1", "0"), "b1", "nothing was counted"},
		{tally("b1", "99999999999"), "b1", "good: must be between"},
		{tally("b1", "99999999999999999999999"), "b1", "good: is out of range"},
		{tally("", "1"), "", "uid: is required"},
		{tally(strings.Repeat("x", 65), "1"), strings.Repeat("x", 65), "is longer than 64"},
		{`{"uid":7,"good":1}`, "", "uid: must be a text"},
		{`{"uid":"b1","good":1}`, "b1", "session: is required"},
		{`{"uid":"b1","GOOD":1}`, "b1", "session: is required"},
		{strings.Replace(tally("b1", "1"), `"good"`, `"extra":1,"good"`, 1), "b1", `"extra": is not a field`},
		{strings.Replace(tally("b1", "1"), `"good"`, `"Good":9,"good"`, 1), "b1", `"Good": is not a field`},
		{strings.Replace(tally("b1", "1"), `"good"`, `"rework":"2","good"`, 1), "b1", "rework: must be a whole number"},
		{strings.Replace(tally("b1", "1"), `"good"`, `"recorded_at":"yesterday","good"`, 1), "b1", `recorded_at: "yesterday" is not a moment`},
		{strings.Replace(tally("b1", "1"), `"A1"`, `"A9"`, 1), "b1", `there is no worker "A9"`},
		{strings.Replace(tally("b1", "1"), `"S1"`, `"S1\u0000"`, 1), "b1", "session: \"S1\\x00\" holds characters"},
		{`null`, "", "tallies[1]: must be an object"},
		{`7`, "", "must be an object"},
		{`"b1"`, "", "must be an object"},
		{`[]`, "", "must be an object"},
	} {
		first, last := s.newUID(), s.newUID()
		got := b.json(talliesPath, `{"tallies":[`+tally(first, "3")+","+bad.tally+","+tally(last, "4")+`]}`).results(t)
		if len(got) != 3 || got[0].Status != "accepted" || got[0].UID != first || got[2].Status != "accepted" || got[2].UID != last {
			t.Errorf("%s: the others: %+v", bad.tally, got)
			continue
		}
		if got[1].UID != bad.uid || got[1].Status != "rejected" || !strings.Contains(got[1].Reason, bad.reason) {
			t.Errorf("%s: %+v, want %q", bad.tally, got[1], bad.reason)
		}
	}
}

var uids atomic.Int64

func (s *site) newUID() string { return fmt.Sprintf("n%d", uids.Add(1)) }

func TestTalliesAreAnsweredInOrder(t *testing.T) {
	s := newSite(t)
	b := s.program(account.Lead, s.Workshop.ID)
	body := `{"tallies":[` + tally("t1", "3") + "," + tally("t1", "3") + "," + tally("t1", "4") + "," +
		strings.Replace(tally("r1", "3"), `"good"`, `"reverses":"t1","reason":"数错了","good"`, 1) + `]}`
	for i, want := range []string{"accepted duplicate rejected accepted", "duplicate duplicate rejected duplicate"} {
		var got []string
		for _, r := range b.json(talliesPath, body).results(t) {
			got = append(got, r.Status)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("round %d: %v, want %s", i, got, want)
		}
	}
	if got := b.json(talliesPath, `{"tallies":[]}`).results(t); len(got) != 0 {
		t.Errorf("an empty list answered %v", got)
	}
	// The other workshop's lead finds none of these codes.
	other, err := piecework.WorkshopByCode(s.Ctx, s.DB, "W2")
	s.Must(err)
	if got := s.program(account.Lead, other.ID).json(talliesPath, `{"tallies":[`+tally("x1", "3")+`]}`).results(t); got[0].Status != "rejected" || !strings.Contains(got[0].Reason, "there is no session") {
		t.Errorf("another workshop's lead: %+v", got)
	}
	if got := s.program(account.Admin, 0).json(talliesPath, `{"tallies":[`+tally("x2", "3")+`]}`).results(t); got[0].Status != "accepted" {
		t.Errorf("admin: %+v", got)
	}
	b.header.Set("Accept-Language", "zh-CN,zh;q=0.9")
	if got := b.json(talliesPath, `{"tallies":[`+tally("x3", "1.5")+`]}`).results(t); !strings.Contains(got[0].Reason, "必须是整数") {
		t.Errorf("in Chinese: %+v", got)
	}
}

// TestTalliesOfAnotherWorkshopAreNotSent: what a device counted for one workshop is not sent as another's.
func TestTalliesOfAnotherWorkshopAreNotSent(t *testing.T) {
	s := newSite(t)
	for who, status := range map[string]int{"lead": 200, "lead2": 403, "admin": 200} {
		b := s.as(who)
		b.header.Set("Sec-Fetch-Site", "same-origin")
		b.json(talliesPath+"?workshop=W1", `{"tallies":[`+tally(s.newUID(), "3")+`],"hold":true}`).wants(t, status)
		b.json(talliesPath+"?workshop=W9", `{"tallies":[]}`).wants(t, 403)
	}
	if got := s.stored(); len(got) != 2 {
		t.Errorf("stored are %v", got)
	}
}

// TestHostileBodies sends bodies that fail as a whole: each is answered with a problem document that names the place.
func TestHostileBodies(t *testing.T) {
	s := newSite(t)
	b := s.program(account.Lead, s.Workshop.ID)
	many := strings.TrimSuffix(strings.Repeat("{},", 1001), ",")
	for _, c := range []struct {
		name, body string
		status     int
		text       string
	}{
		{"empty", "", 400, ""},
		{"not JSON", "tallies", 400, ""},
		{"cut off", `{"tallies":[{"uid":"a"`, 400, ""},
		{"two documents", `{"tallies":[]}{"tallies":[]}`, 400, ""},
		{"too deep", strings.Repeat("[", 20000), 400, ""},
		{"list", `[]`, 422, `"location":"body"`},
		{"null", `null`, 422, `"location":"body"`},
		{"number", `1`, 422, `"location":"body"`},
		{"no tallies", `{}`, 422, `"location":"tallies"`},
		{"tallies null", `{"tallies":null}`, 422, `"location":"tallies"`},
		{"tallies object", `{"tallies":{}}`, 422, `"location":"tallies"`},
		{"tallies in capitals", `{"TALLIES":[]}`, 422, `"location":"TALLIES"`},
		{"unknown field", `{"tallies":[],"more":1}`, 422, `"location":"more"`},
		{"not UTF-8", "{\"tallies\":[],\"a\":\"\xff\"}", 422, `"location":"body"`},
		{"too many", `{"tallies":[` + many + `]}`, 422, "1,001"},
		{"too large", `{"tallies":["` + strings.Repeat("x", 9<<20) + `"]}`, 413, ""},
	} {
		a := b.json(talliesPath, c.body)
		if a.status != c.status || !strings.Contains(a.body, c.text) || a.header.Get("Content-Type") != "application/problem+json" || !strings.Contains(a.body, `"title"`) {
			t.Errorf("%s: %d %s %.400s", c.name, a.status, a.header.Get("Content-Type"), a.body)
		}
	}
}

func TestTokens(t *testing.T) {
	s := newSite(t)
	b := s.program(account.Lead, s.Workshop.ID)
	b.get("/api/v1/sessions").wants(t, 200, `"code":"S1"`)
	b.get("/api/docs").wants(t, 200, "<main") // a page, to somebody without a session
	list, err := account.Tokens(s.Ctx, s.DB)
	s.Must(err)
	s.Must(account.RevokeToken(s.Ctx, s.DB, list[0].ID))
	for _, header := range []string{b.header.Get("Authorization"), "Bearer wrong", "Bearer ", "Basic bGVhZDpsZWFk", "Bearer " + strings.Repeat("x", 10000)} {
		b.header.Set("Authorization", header)
		a := b.get("/api/v1/sessions")
		a.wants(t, 401, `"status":401`)
		if a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%.40s: no WWW-Authenticate", header)
		}
	}
	b.header.Del("Authorization")
	b.json(talliesPath, `{"tallies":[]}`).wants(t, 401)
}

// TestABrowserMayCall lets the signed-in browser call from our own pages, and from nowhere else.
func TestABrowserMayCall(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	for _, c := range []struct {
		name   string
		header http.Header
		status int
	}{
		{"no sign of where from", http.Header{}, 403},
		{"our origin", http.Header{"Origin": {s.URL}}, 200},
		{"same origin", http.Header{"Sec-Fetch-Site": {"same-origin"}}, 200},
		{"the secret", http.Header{"X-Csrf-Token": {b.csrf}}, 200},
		{"a wrong secret", http.Header{"X-Csrf-Token": {"AAAA"}}, 403},
		{"another origin", http.Header{"Origin": {"https://evil.example"}}, 403},
		{"another origin with the secret", http.Header{"Origin": {"https://evil.example"}, "X-Csrf-Token": {b.csrf}}, 403},
		{"cross site", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
	} {
		b.header = c.header
		if a := b.json(talliesPath, `{"tallies":[]}`); a.status != c.status {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
	}
	b.header = http.Header{"Origin": {s.URL}}
	b.do("POST", talliesPath, "text/plain", `{"tallies":[]}`).wants(t, 415)
	for who, status := range map[string]int{"worker": 403, "contractor": 403, "bookkeeper": 200, "admin": 200} {
		b := s.as(who)
		b.header = http.Header{"Origin": {s.URL}}
		b.json(talliesPath, `{"tallies":[]}`).wants(t, status)
	}
}

func TestLists(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Cut, nil, "2026-10-01", "0.35")
	s.Count("S1", "A1", "cut", 120)
	run := s.settle("2026-10-01", "2026-10-31")
	b := s.program(account.Lead, s.Workshop.ID)
	b.get("/api/v1/orders").wants(t, 200, `"code":"O1"`, `"unit_fee":"0.90"`, `"total":1`)
	b.get("/api/v1/workers?q=a2").wants(t, 200, `"code":"A2"`, `"total":1`)
	b.get("/api/v1/sessions?from=2026-11-01").wants(t, 200, `"items":[]`)
	b.get("/api/v1/sessions?from=x").wants(t, 422, "query.from")
	b.get("/api/v1/sessions?page=0").wants(t, 422, "query.page")
	b.get("/api/v1/runs").wants(t, 200, `"status":"draft"`)
	slips := fmt.Sprintf("/api/v1/runs/%d/slips", run.ID)
	b.get(slips).wants(t, 200, `"worker":"A1"`, `"net":"42.00"`)
	b.get("/api/v1/runs/x/slips").wants(t, 404)
	other, err := piecework.WorkshopByCode(s.Ctx, s.DB, "W2")
	s.Must(err)
	b = s.program(account.Lead, other.ID)
	b.get(slips).wants(t, 404)
	for _, list := range []string{"orders", "workers", "sessions", "runs"} {
		b.get("/api/v1/"+list).wants(t, 200, `"items":[]`)
	}
	s.as("contractor").get("/api/v1/orders").wants(t, 200, `"O1"`)
}

func TestDescription(t *testing.T) {
	s := newSite(t)
	b := s.visitor()
	a := b.get("/api/openapi.json")
	a.wants(t, 200, `"openapi": "3.1.0"`, `"/api/v1/tallies"`, `"scrap_workmanship"`, `"/api/v1/runs/{run}/slips"`)
	var doc map[string]any
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Error(err)
	}
	b.get("/api/docs?lang=en").wants(t, 200, "Interface for programs", "tallies[].scrap_material", "Record tallies", "results[].status", "/api/v1/workers")
}
