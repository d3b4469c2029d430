package handlers_test

import (
	"encoding/json"
	"strings"
	"testing"

	"jijian/piecework"
	"jijian/piecework/account"
)

const teamsPath = "/api/v1/teams"

// teamCode is the code that the interface answers.
func teamCode(t testing.TB, a answer) string {
	t.Helper()
	var doc struct{ Code string }
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil || a.status != 200 || !strings.HasPrefix(doc.Code, "TEAM-") {
		t.Fatalf("%d %.500s", a.status, a.body)
	}
	return doc.Code
}

func TestTeamThroughTheInterface(t *testing.T) {
	s := newSite(t)
	b := s.program(account.Lead, s.Workshop.ID)
	first := b.json(teamsPath, `{"members":[{"worker":"A2"},{"worker":"A1","share_weight":"1.5"}]}`)
	first.wants(t, 200, `{"worker":"A1","name":"王秀英","share_weight":"1.5"},{"worker":"A2","name":"王秀英","share_weight":"1"}`)
	team := teamCode(t, first)
	if again := teamCode(t, b.json(teamsPath, `{"workshop":"W1","members":[{"worker":"A1","share_weight":"1.500"},{"worker":"A2","share_weight":"1"}]}`)); again != team {
		t.Errorf("the same members are team %s and %s", team, again)
	}
	if other := teamCode(t, b.json(teamsPath, `{"members":[{"worker":"A1"},{"worker":"A2"}]}`)); other == team {
		t.Errorf("other weights are the same team %s", team)
	}
	got := b.json(talliesPath, `{"tallies":[`+strings.Replace(tally("g1", "200"), `"A1"`, `"`+team+`"`, 1)+`]}`).results(t)
	if got[0].Status != "accepted" {
		t.Fatalf("a tally of the team: %+v", got[0])
	}
	list, err := piecework.Tallies(s.Ctx, s.DB, piecework.Filter{WorkerID: s.Workers[1].ID})
	s.Must(err)
	if list.Total != 1 || list.Items[0].Worker.Code != team || list.Items[0].Good != 200 {
		t.Errorf("the tallies of a member are %+v", list.Items)
	}
	if strings.Contains(b.get("/api/v1/workers").body, "TEAM-") {
		t.Error("the list of workers holds teams")
	}

	for _, bad := range []struct {
		body   string
		status int
		want   string
	}{
		{`{"members":[{"worker":"A1"}]}`, 422, "between 2 and 100"},
		{`{}`, 422, "between 2 and 100"},
		{`{"members":[{"worker":"A1"},{"worker":"A1"}]}`, 422, "A1 is named twice"},
		{`{"members":[{"worker":"A1"},{"worker":"A9"}]}`, 422, `there is no worker \"A9\" in this workshop`},
		{`{"members":[{"worker":"A1"},{"worker":"` + team + `"}]}`, 422, "is a team"},
		{`{"members":[{"worker":"A1"},{"worker":"A\u0000"}]}`, 422, "may hold only letters"},
		{`{"members":[{"worker":"A1"},{"worker":"A2","share_weight":"0"}]}`, 422, "must be more than 0 and at most 1000"},
		{`{"members":[{"worker":"A1"},{"worker":"A2","share_weight":"1e3"}]}`, 422, "is not a plain number"},
		{`{"workshop":"W2","members":[{"worker":"A1"},{"worker":"A2"}]}`, 404, `There is no workshop \"W2\"`},
	} {
		b.json(teamsPath, bad.body).wants(t, bad.status, bad.want)
	}

	// Whoever sees every workshop names one; the team is of no use in another.
	admin := s.program(account.Admin, 0)
	admin.json(teamsPath, `{"members":[{"worker":"A1"},{"worker":"A2"}]}`).wants(t, 422, "workshop", "is required")
	if same := teamCode(t, admin.json(teamsPath, `{"workshop":"W1","members":[{"worker":"A2"},{"worker":"A1","share_weight":"1.5"}]}`)); same != team {
		t.Errorf("an administrator gets team %s for %s", same, team)
	}
	admin.json(teamsPath, `{"workshop":"W2","members":[{"worker":"A1"},{"worker":"A2"}]}`).wants(t, 422, "in this workshop")
}

func TestWeighedThroughTheInterface(t *testing.T) {
	s := newSite(t)
	b := s.program(account.Lead, s.Workshop.ID)
	weighed := func(uid, good, weight string) string {
		return strings.Replace(tally(uid, good), `"good"`, `"weight":`+weight+`,"good"`, 1)
	}
	for _, c := range []struct{ tally, status, reason string }{
		{weighed("k1", "500", `{"gross":"1250","tare":"50","unit":"2.4"}`), "accepted", ""},
		{weighed("k1", "500", `{"gross":"1250.000","tare":"50","unit":"2.40"}`), "duplicate", ""},
		{weighed("k2", "499", `{"gross":"1250","tare":"50","unit":"2.4"}`), "rejected", "is 500 pieces, not 499"},
		{weighed("k2", "500", `{"gross":1250,"tare":"50","unit":"2.4"}`), "rejected", "weight: gross: must be a text"},
		{weighed("k2", "500", `{"gross":"1250","tare":"50"}`), "rejected", "weight: unit: is required"},
		{weighed("k2", "500", `{"gross":"1250","tare":"50","unit":"0"}`), "rejected", "the weight of one piece"},
		{weighed("k2", "500", `{"gross":"1250.0001","tare":"50","unit":"2.4"}`), "rejected", "weight: gross: \"1250.0001\" has more than 3 decimals"},
		{weighed("k2", "500", `{"gross":"1250","tare":"50","unit":"2.4","net":"1200"}`), "rejected", `weight: "net": is not a field`},
		{weighed("k2", "500", `"1250 g"`), "rejected", "weight: must be an object"},
		{weighed("k3", "7", `null`), "accepted", ""},
	} {
		got := b.json(talliesPath, `{"tallies":[`+c.tally+`]}`).results(t)
		if got[0].Status != c.status || !strings.Contains(got[0].Reason, c.reason) {
			t.Errorf("%s: %+v, want %s %q", c.tally, got[0], c.status, c.reason)
		}
	}
}
