package handlers_test

import (
	"encoding/json"
	"fmt"
	"regexp"
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
		{`{"members":[{"worker":"A1"},{"worker":"A2","share_weight":"0"}]}`, 422, "must be more than 0 and at most 1,000"},
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

// teamForm is what the form of a team sends for two workers and 200 pieces.
func (b *browser) teamForm(path string, more ...string) answer {
	b.Helper()
	key := regexp.MustCompile(`name="key" value="([^"]+)"`).FindStringSubmatch(b.get(path).body)
	if key == nil {
		b.Fatalf("%s has no form", path)
	}
	return b.post(path, append([]string{"key", key[1]}, more...)...)
}

func TestCountForATeam(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	session := s.sessionID("S1")
	path := fmt.Sprintf("/sessions/%d/team", session)
	work := fmt.Sprintf("%d-%d", s.Order.ID, s.Glue.ID)
	in := func(i int) string { return fmt.Sprintf("in-%d", s.Workers[i].ID) }
	share := func(i int) string { return fmt.Sprintf("share-%d", s.Workers[i].ID) }
	b.get(fmt.Sprintf("/sessions/%d", session)).wants(t, 200, path, fmt.Sprintf("/sessions/%d/weigh", session))

	a := b.teamForm(path, "work", work, "good", "200", "scrap_material", "3", in(0), "on", in(1), "on", share(1), "1.5")
	if a.status != 303 {
		t.Fatalf("%d %.2000s", a.status, a.body)
	}
	list, err := piecework.Tallies(s.Ctx, s.DB, piecework.Filter{})
	s.Must(err)
	if len(list.Items) != 1 || !list.Items[0].Worker.Team || list.Items[0].Good != 200 || list.Items[0].ScrapMaterial != 3 {
		t.Fatalf("recorded: %+v", list.Items)
	}
	team := list.Items[0].Worker
	b.get(a.location).wants(t, 200, "200", `value="1.5"`, "checked") // the same team again, with a key of its own
	b.get(fmt.Sprintf("/sessions/%d", session)).wants(t, 200, `id="teams-title"`, team.Name, "2<span")
	for _, where := range []string{fmt.Sprintf("/tallies/%d", list.Items[0].ID), "/tallies", "/workers?status=team", fmt.Sprintf("/workers/%d", team.ID), fmt.Sprintf("/workers/%d", s.Workers[1].ID)} {
		b.get(where).wants(t, 200, "王秀英、王秀英")
	}
	if strings.Contains(b.get("/workers").body, team.Code) {
		t.Error("the team is in the list of workers")
	}

	// What is odd about it is said at once.
	a = b.teamForm(path, "work", work, "good", "9000", in(1), "on", in(2), "on")
	b.get(a.location).wants(t, 200, "已计入，进入复核：这道工序已计良品 9,200 件，但订单只有 5,000 件。")

	for _, c := range []struct {
		name   string
		fields []string
		status int
		want   string
	}{
		{"no operation", []string{"good", "5", in(0), "on", in(1), "on"}, 422, "请选择"},
		{"no count", []string{"work", work, in(0), "on", in(1), "on"}, 422, "什么也没有计"},
		{"one member", []string{"work", work, "good", "5", in(0), "on"}, 422, "一个小组有 2 到 100 个成员"},
		{"a wrong weight", []string{"work", work, "good", "5", in(0), "on", in(1), "on", share(1), "0"}, 422, "王秀英 分配系数"},
		{"no number", []string{"work", work, "good", "5,0", in(0), "on", in(1), "on"}, 422, "5,0"},
		{"somebody who left", []string{"work", work, "good", "5", in(0), "on", "in-999", "on"}, 422, "重新打开"},
	} {
		if a := b.teamForm(path, c.fields...); a.status != c.status || !strings.Contains(a.body, c.want) {
			t.Errorf("%s: %d, want %d with %q\n%.3000s", c.name, a.status, c.status, c.want, regexp.MustCompile(`(?s)<section class="errors".*</section>`).FindString(a.body))
		}
	}

	s.Must(piecework.CloseSession(s.Ctx, s.DB, session, "lead"))
	b.get(path).wants(t, 200, "这个场次已关闭")
	b.get(fmt.Sprintf("/sessions/%d", session)).wants(t, 200, team.Name)
}

// The same form sent twice counts once.
func TestTeamFormTwice(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	path := fmt.Sprintf("/sessions/%d/team", s.sessionID("S1"))
	fields := []string{"key", "01890000-0000-7000-8000-000000000001", "work", fmt.Sprintf("%d-%d", s.Order.ID, s.Cut.ID), "good", "7",
		fmt.Sprintf("in-%d", s.Workers[0].ID), "on", fmt.Sprintf("in-%d", s.Workers[2].ID), "on"}
	for range 2 {
		if a := b.post(path, fields...); a.status != 303 {
			t.Fatalf("%d %.1000s", a.status, a.body)
		}
	}
	fields[5] = "8"
	if a := b.post(path, fields...); a.status != 409 {
		t.Errorf("the same key with another count: %d", a.status)
	}
	list, err := piecework.Tallies(s.Ctx, s.DB, piecework.Filter{})
	s.Must(err)
	if list.Total != 1 || list.Items[0].Good != 7 {
		t.Errorf("recorded: %+v", list.Items)
	}
}

func TestTeamsHaveNoFile(t *testing.T) {
	s := newSite(t)
	b := s.as("admin")
	team := s.team(0, 1)
	path := fmt.Sprintf("/workers/%d", team.ID)
	b.get(path).wants(t, 200, team.Code)
	for _, more := range []string{"/edit", "/tax"} {
		b.get(path+more).wants(t, 409, team.Code)
	}
	b.post(path, "name", "新名", "share_weight", "1").wants(t, 409, team.Code)
	b.post(path+"/tax", "type", "labour", "effective_from", "2026-01-01", "reason", "约定").wants(t, 409)
	b.post("/adjustments", "worker", fmt.Sprint(team.ID), "date", "2026-10-05", "kind", "bonus", "amount", "5").wants(t, 422, team.Code)
	b.post("/users", "role", "worker", "worker", team.Code, "username", "team", "password", password).wants(t, 422, team.Code)
	session := s.sessionID("S1")
	if a := b.post(fmt.Sprintf("/sessions/%d/in", session), "worker", fmt.Sprint(team.ID)); a.status != 422 {
		t.Errorf("a team is checked in: %d", a.status)
	}
}

func TestCountByWeight(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	session := s.sessionID("S1")
	path := fmt.Sprintf("/sessions/%d/weigh", session)
	work, worker := fmt.Sprintf("%d-%d", s.Order.ID, s.Glue.ID), fmt.Sprint(s.Workers[0].ID)
	b.teamForm(path, "work", work, "worker", worker, "gross", "1250", "tare", "50").wants(t, 422, "单件重量")
	if a := b.teamForm(path, "work", work, "worker", worker, "gross", "1251.2", "tare", "50", "unit_weight", "2.4", "rework", "4"); a.status != 303 {
		t.Fatalf("%d %.2000s", a.status, a.body)
	} else {
		b.get(a.location).wants(t, 200, "501", "1251.2", `value="50"`, "粘花 · 绢花 · O1 · 2.4 g")
	}
	team := s.team(1, 2)
	if a := b.teamForm(path, "work", work, "worker", fmt.Sprint(team.ID), "gross", "24"); a.status != 303 { // the unit weight is remembered, and there need be no container
		t.Fatalf("%d %.2000s", a.status, a.body)
	}
	list, err := piecework.Tallies(s.Ctx, s.DB, piecework.Filter{})
	s.Must(err)
	if len(list.Items) != 2 || list.Items[0].Good != 10 || list.Items[1].Good != 501 || list.Items[1].Rework != 4 || list.Items[0].WorkerID != team.ID {
		t.Fatalf("recorded: %+v", list.Items)
	}
	b.get(fmt.Sprintf("/tallies/%d", list.Items[1].ID)).wants(t, 200, "(1251.2 g − 50 g) ÷ 2.4 g = 501")
	s.as("admin").post(fmt.Sprintf("/operations/%d", s.Glue.ID), "name", "粘花", "seq", "2", "unit_weight", "2.35")
	b.get(path).wants(t, 200, "粘花 · 绢花 · O1 · 2.35 g")
	for _, c := range []struct {
		name   string
		fields []string
		want   string
	}{
		{"nobody", []string{"work", work, "gross", "24"}, "请选择"},
		{"nothing", []string{"work", work, "worker", worker}, "必须填写"},
		{"too light", []string{"work", work, "worker", worker, "gross", "50", "tare", "60"}, "比空的重"},
		{"less than half a piece", []string{"work", work, "worker", worker, "gross", "1"}, "什么也没有计"},
		{"no number", []string{"work", work, "worker", worker, "gross", "24g"}, "24g"},
	} {
		if a := b.teamForm(path, c.fields...); a.status != 422 || !strings.Contains(a.body, c.want) {
			t.Errorf("%s: %d, want 422 with %q\n%.3000s", c.name, a.status, c.want, regexp.MustCompile(`(?s)<section class="errors".*</section>`).FindString(a.body))
		}
	}
}

// team is the team of workers of W1 by their places in the world.
func (s *site) team(places ...int) *piecework.Worker {
	s.Helper()
	var members []piecework.TeamMember
	for _, i := range places {
		members = append(members, piecework.TeamMember{WorkerID: s.Workers[i].ID})
	}
	team, err := piecework.TeamOf(s.Ctx, s.DB, s.Workshop.ID, members)
	s.Must(err)
	return team
}

// sessionID is the id of a session.
func (s *site) sessionID(code string) int64 {
	s.Helper()
	list, err := piecework.Sessions(s.Ctx, s.DB, piecework.Filter{Query: code})
	s.Must(err)
	return list.Items[0].ID
}
