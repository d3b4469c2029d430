package piecework_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// member is a member that exists nowhere, to make codes from.
func member(code string, weight int64) piecework.TeamMember {
	return piecework.TeamMember{ShareWeight: weight, Worker: &piecework.Worker{Code: code}}
}

// of is a member of a stored team; weight 0 is the one in her file.
func of(w piecework.Worker, weight int64) piecework.TeamMember {
	return piecework.TeamMember{WorkerID: w.ID, ShareWeight: weight}
}

func TestTeamCode(t *testing.T) {
	// SHA-256 of "A01=1\nA02=1.5\n" in Crockford's digits, worked out apart from this program.
	got := piecework.TeamCode([]piecework.TeamMember{member("A02", 1_500_000), member("A01", piecework.ShareWeightOne)})
	if want := "TEAM-2W1RRBAMJH"; got != want {
		t.Errorf("code %q, want %q", got, want)
	}
}

func TestTeamCodeTellsMembershipsApart(t *testing.T) {
	codes := rapid.StringMatching(`[A-C][0-9]{0,2}`)
	crew := rapid.Custom(func(t *rapid.T) map[string]int64 {
		m := map[string]int64{}
		for _, code := range rapid.SliceOfNDistinct(codes, 2, 5, rapid.ID).Draw(t, "codes") {
			m[code] = rapid.Int64Range(1, 3).Draw(t, "weight") * 500_000
		}
		return m
	})
	// A map is walked in another order each time, so equal crews come as different lists.
	list := func(crew map[string]int64) (members []piecework.TeamMember) {
		for code, weight := range crew {
			members = append(members, member(code, weight))
		}
		return members
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := crew.Draw(t, "a"), crew.Draw(t, "b")
		if rapid.Bool().Draw(t, "the same but one") {
			b = map[string]int64{}
			for code, weight := range a {
				b[code] = weight
			}
			code := rapid.SampledFrom(slices.Sorted(maps.Keys(a))).Draw(t, "one")
			b[code] = rapid.Int64Range(1, 3).Draw(t, "its weight") * 500_000
		}
		if got, again := piecework.TeamCode(list(a)), piecework.TeamCode(list(a)); got != again || piecework.CheckCode(got) != nil {
			t.Fatalf("%v has the codes %q and %q", a, got, again)
		}
		if same := fmt.Sprint(a) == fmt.Sprint(b); same != (piecework.TeamCode(list(a)) == piecework.TeamCode(list(b))) {
			t.Fatalf("%v and %v: the same %v, but codes %q and %q", a, b, same, piecework.TeamCode(list(a)), piecework.TeamCode(list(b)))
		}
	})
}

func TestTeamOfFindsOrMakes(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	a, b, c := w.Workers[0], w.Workers[1], w.Workers[2]
	team := func(members ...piecework.TeamMember) *piecework.Worker {
		t.Helper()
		team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, members)
		w.Must(err)
		return team
	}
	first := team(of(b, 0), of(a, 1_500_000))
	if !first.Team || first.WorkshopID != w.Workshop.ID || first.Name != "王秀英、王秀英" {
		t.Errorf("the team is %+v", first)
	}
	if again := team(of(a, 1_500_000), of(b, piecework.ShareWeightOne)); again.ID != first.ID {
		t.Errorf("the same members make team %s beside %s", again.Code, first.Code)
	}
	for _, other := range []*piecework.Worker{team(of(a, 0), of(b, 0)), team(of(a, 1_500_000), of(c, 0)), team(of(a, 1_500_000), of(b, 0), of(c, 0))} {
		if other.ID == first.ID {
			t.Errorf("other members make the same team %s", other.Code)
		}
	}
	members, err := piecework.TeamMembers(w.Ctx, w.DB, first.ID, a.ID)
	w.Must(err)
	if len(members) != 1 || len(members[first.ID]) != 2 {
		t.Fatalf("members are %v", members)
	}
	if m := members[first.ID]; m[0].Worker.Code != "A1" || m[0].ShareWeight != 1_500_000 || m[1].Worker.Code != "A2" || m[1].ShareWeight != piecework.ShareWeightOne || piecework.TeamCode(m) != first.Code {
		t.Errorf("members are %+v", m)
	}
	b.Name = "李秀兰"
	w.Must(piecework.SaveWorker(w.Ctx, w.DB, &b))
	if now := team(of(b, 0), of(a, 1_500_000)); now.ID != first.ID || now.Name != "王秀英、李秀兰" {
		t.Errorf("after a member was renamed the team is %+v", now)
	}
}

func TestTeamOfRefuses(t *testing.T) {
	w := twoShops(t)
	b1, err := piecework.WorkerByCode(w.Ctx, w.DB, "B1")
	w.Must(err)
	team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, []piecework.TeamMember{of(w.Workers[0], 0), of(w.Workers[1], 0)})
	w.Must(err)
	one := of(w.Workers[0], 0)
	for _, c := range []struct {
		name    string
		members []piecework.TeamMember
		want    string
	}{
		{"nobody", nil, "between 2 and 100"},
		{"one", []piecework.TeamMember{one}, "between 2 and 100"},
		{"twice the same", []piecework.TeamMember{one, one}, "A1 is named twice"},
		{"of another workshop", []piecework.TeamMember{one, of(*b1, 0)}, "does not work at this workshop"},
		{"nobody known", []piecework.TeamMember{one, {WorkerID: 999}}, "does not work at this workshop"},
		{"a team", []piecework.TeamMember{one, of(*team, 0)}, "is a team"},
		{"a negative weight", []piecework.TeamMember{one, of(w.Workers[1], -1)}, "share weight of A2"},
		{"a huge weight", []piecework.TeamMember{one, of(w.Workers[1], 1000*piecework.ShareWeightOne+1)}, "share weight of A2"},
		{"too many", make([]piecework.TeamMember, piecework.MaxTeam+1), "between 2 and 100"},
	} {
		_, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, c.members)
		if !errors.Is(err, piecework.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	_, err = piecework.MembersByCode(w.Ctx, w.DB, w.Workshop.ID, []string{"A2", "B1"})
	if !errors.Is(err, piecework.ErrInvalid) || !strings.Contains(err.Error(), `"B1"`) {
		t.Errorf("a member of another workshop by code: %v", err)
	}
	members, err := piecework.MembersByCode(w.Ctx, w.DB, w.Workshop.ID, []string{"A2", "A1"})
	w.Must(err)
	if again, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, members); err != nil || again.ID != team.ID {
		t.Errorf("by code: %v, %v", again, err)
	}
}

// What is about one person is refused for a team, and lists of people leave teams out.
func TestTeamsAreNoPersons(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, []piecework.TeamMember{of(w.Workers[0], 0), of(w.Workers[1], 0)})
	w.Must(err)
	s, err := piecework.Sessions(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	if err := piecework.CheckIn(w.Ctx, w.DB, s.Items[0].ID, team.ID); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("a team is checked in: %v", err)
	}
	renamed := *team
	renamed.Name = "新名"
	if err := piecework.SaveWorker(w.Ctx, w.DB, &renamed); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("a team is renamed: %v", err)
	}
	impostor := &piecework.Worker{Code: "TEAM-0123456789", Name: "某人", WorkshopID: w.Workshop.ID, ShareWeight: 1, Active: true}
	if err := piecework.SaveWorker(w.Ctx, w.DB, impostor); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("a person takes the code of a team: %v", err)
	}
	w.Must(piecework.SaveWorker(w.Ctx, w.DB, &piecework.Worker{Code: "TEAM-A", Name: "某人", WorkshopID: w.Workshop.ID, ShareWeight: 1, Active: true}))
	isTeam := func(w piecework.Worker) bool { return w.Team }
	list, err := piecework.Workers(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	crew, err := piecework.Crew(w.Ctx, w.DB, w.Workshop.ID)
	w.Must(err)
	if slices.ContainsFunc(list.Items, isTeam) || list.Total != 4 || slices.ContainsFunc(crew, isTeam) || len(crew) != 4 {
		t.Errorf("workers %v, crew %v", list.Items, crew)
	}
	w.Must(piecework.SaveWorker(w.Ctx, w.DB, &piecework.Worker{Code: "B7", Name: "某人", WorkshopID: w.Workshop.ID, ShareWeight: 1}))
	if _, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, []piecework.TeamMember{of(w.Workers[0], 0), of(w.Workers[2], 0)}); err != nil {
		t.Fatal(err)
	}
	if next, err := piecework.NextCode(w.Ctx, w.DB, (*piecework.Worker)(nil), 0, "A1"); err != nil || next != "B8" {
		t.Errorf("the next code after a team is %q, %v", next, err)
	}
	teams, err := piecework.Teams(w.Ctx, w.DB, piecework.Filter{WorkerID: w.Workers[1].ID})
	w.Must(err)
	if teams.Total != 1 || teams.Items[0].ID != team.ID || len(teams.Items[0].Members) != 2 {
		t.Errorf("the teams of A2 are %+v", teams)
	}
}

func TestTalliesOfTeams(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, []piecework.TeamMember{of(w.Workers[0], 0), of(w.Workers[1], 0)})
	w.Must(err)
	w.Count("S1", "A1", "glue", 3)
	w.Count("S1", team.Code, "glue", 40)
	for _, c := range []struct {
		worker int64
		want   int
	}{{w.Workers[0].ID, 2}, {w.Workers[1].ID, 1}, {w.Workers[2].ID, 0}, {team.ID, 1}} {
		page, err := piecework.Tallies(w.Ctx, w.DB, piecework.Filter{WorkerID: c.worker})
		w.Must(err)
		if page.Total != c.want {
			t.Errorf("worker %d has %d tallies, want %d", c.worker, page.Total, c.want)
		}
	}
	page, err := piecework.Tallies(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	members, err := piecework.MembersOfTallies(w.Ctx, w.DB, page.Items)
	w.Must(err)
	if len(members) != 1 || len(members[team.ID]) != 2 {
		t.Errorf("members behind the tallies: %v", members)
	}
}

func TestVerifyTeams(t *testing.T) {
	for _, c := range []struct{ name, sql, want string }{
		{"a member is added", "INSERT INTO team_members (team_id, worker_id, share_weight) SELECT id, (SELECT id FROM workers WHERE code = 'A3'), 1000000 FROM workers WHERE team", "the members of team TEAM-"},
		{"a weight is changed", "UPDATE team_members SET share_weight = 2000000 WHERE worker_id = (SELECT id FROM workers WHERE code = 'A1')", "the members of team TEAM-"},
		{"a member is exchanged", "UPDATE team_members SET worker_id = (SELECT id FROM workers WHERE code = 'A3') WHERE worker_id = (SELECT id FROM workers WHERE code = 'A1')", "the members of team TEAM-"},
		{"a member is taken away", "DELETE FROM team_members WHERE worker_id = (SELECT id FROM workers WHERE code = 'A1')", "the members of team TEAM-"},
		{"all members are taken away", "DELETE FROM team_members", "the members of team TEAM-"},
		{"it becomes a person", "UPDATE workers SET team = FALSE WHERE team", "is marked as one person"},
		{"it gets another code", "UPDATE workers SET code = 'TEAM-0123456789' WHERE team", "the members of team TEAM-0123456789"},
		{"a person becomes a team", "UPDATE workers SET team = TRUE WHERE code = 'A3'", "the members of team A3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := pieceworktest.NewWorld(t)
			members := []piecework.TeamMember{of(w.Workers[0], 0), of(w.Workers[1], 0)}
			_, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, members)
			w.Must(err)
			w.Must(piecework.VerifyTeams(w.Ctx, w.DB))
			if forbidden := strings.HasPrefix(c.sql, "UPDATE team_members") || strings.HasPrefix(c.sql, "DELETE"); forbidden {
				if _, err := w.DB.ExecContext(w.Ctx, c.sql); err == nil {
					t.Error("the database let a membership change")
				}
			}
			w.Must(piecework.InTx(w.Ctx, w.DB, func(ctx context.Context, db bun.Tx) error {
				untied := []string{"SET LOCAL session_replication_role = replica"}
				if piecework.IsSQLite(db) {
					untied = []string{"DROP TRIGGER team_members_no_update", "DROP TRIGGER team_members_no_delete"}
				}
				for _, statement := range append(untied, c.sql) {
					if _, err := db.ExecContext(ctx, statement); err != nil {
						return err
					}
				}
				return nil
			}))
			if err := piecework.VerifyTeams(w.Ctx, w.DB); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("verify says %v, want %q", err, c.want)
			}
		})
	}
}

// A team whose members are no longer those of its code is not handed out again.
func TestSpoiltTeamIsNotUsed(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	members := []piecework.TeamMember{of(w.Workers[0], 0), of(w.Workers[1], 0)}
	team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, members)
	w.Must(err)
	_, err = w.DB.NewInsert().Model(&piecework.TeamMember{TeamID: team.ID, WorkerID: w.Workers[2].ID, ShareWeight: 1}).Exec(w.Ctx)
	w.Must(err)
	if _, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, members); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("the spoilt team is used: %v", err)
	}
}

// Programs that ask for the same team at the same moment get one.
func TestTeamOfAtOnce(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	const askers = 8
	ids := make(chan int64, askers)
	for i := range askers {
		go func() {
			members := []piecework.TeamMember{of(w.Workers[i%3], 0), of(w.Workers[(i+1)%3], 0), of(w.Workers[(i+2)%3], 0)}
			team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, members)
			if err != nil {
				t.Error(err)
				team = new(piecework.Worker)
			}
			ids <- team.ID
		}()
	}
	first := <-ids
	for range askers - 1 {
		if id := <-ids; id != first {
			t.Errorf("teams %d and %d", first, id)
		}
	}
	w.Must(piecework.VerifyTeams(w.Ctx, w.DB))
}
