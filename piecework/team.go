package piecework

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// TeamShare says how a team's amount is divided among its members.
type TeamShare string

// The ways to divide a team's amount.
const (
	ShareByWeight      TeamShare = "weight"       // by share weight alone
	ShareByWeightHours TeamShare = "weight_hours" // by share weight times the time each was checked in
)

// TeamMember is one member of a team. A membership is never changed; other members are another team.
type TeamMember struct {
	bun.BaseModel `bun:"table:team_members,alias:tm"`

	ID       int64 `bun:",pk,autoincrement"`
	TeamID   int64
	WorkerID int64
	// ShareWeight is her part in the team's pay relative to the others', in millionths; 1,000,000 is 1.
	ShareWeight int64

	Worker *Worker `bun:"rel:belongs-to,join:worker_id=id"`
}

// Share is the share weight as people write it, such as 1.5.
func (m *TeamMember) Share() string { return Millionths(m.ShareWeight).Decimal().String() }

// Team is a team with its members by worker code.
type Team struct {
	Worker
	Members []TeamMember
}

// MaxTeam is how many members a team has at most.
const MaxTeam = 100

const (
	teamPrefix = "TEAM-"
	teamDigits = 10
)

// TeamCode is the code of a team: TEAM- and the first 10 base 32 digits (Crockford's) of SHA-256 over the lines "code=weight",
// such as "A01=1.5", in the order of the codes, each ended by a line break. It needs Worker of each member.
func TeamCode(members []TeamMember) string {
	lines := make([]string, len(members))
	for i, m := range members {
		lines[i] = m.Worker.Code + "=" + m.Share() + "\n"
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return teamPrefix + base32.NewEncoding(crockford[:32]).EncodeToString(sum[:])[:teamDigits]
}

// isTeamCode says whether a code looks like that of a team; nobody else may have such a code.
func isTeamCode(code string) bool {
	digits, ok := strings.CutPrefix(code, teamPrefix)
	return ok && len(digits) == teamDigits && strings.Trim(digits, crockford[:32]) == ""
}

// ParseShare reads a share weight such as 1.5, with at most 6 decimals, in millionths: more than 0 and at most 1000.
func ParseShare(s string) (int64, *Message) {
	r, msg := ParseRate(s)
	if msg != nil {
		return 0, msg
	}
	if n := r.Millionths(); n > 0 && n <= 1000*ShareWeightOne {
		return n, nil
	}
	return 0, Msg("must be more than 0 and at most %d", 1000)
}

// Person is nil unless the worker is a team: what is about one person, such as a bonus or a check-in, cannot be about several.
func (w *Worker) Person() error {
	if w.Team {
		return InvalidField("worker", "%s is a team; choose one of its members", w.Code)
	}
	return nil
}

// MembersByCode finds the members of a team among the workers of a workshop by their codes, each with the share weight that stands in her file, in the order given.
func MembersByCode(ctx context.Context, db bun.IDB, workshopID int64, codes []string) ([]TeamMember, error) {
	if err := checkTeamSize(len(codes)); err != nil {
		return nil, err
	}
	var list []Worker
	if err := db.NewSelect().Model(&list).Where("workshop_id = ? AND code IN (?)", workshopID, bun.List(codes)).Scan(ctx); err != nil {
		return nil, wrap("find members", err)
	}
	members := make([]TeamMember, len(codes))
	for i, code := range codes {
		k := slices.IndexFunc(list, func(w Worker) bool { return w.Code == code })
		if k < 0 {
			return nil, InvalidField("members", "there is no worker %q in this workshop", code)
		}
		members[i] = TeamMember{WorkerID: list[k].ID, ShareWeight: list[k].ShareWeight, Worker: &list[k]}
	}
	return members, nil
}

// TeamOf is the team of these members with these share weights; it is made when there is none yet. Of each member WorkerID counts,
// and ShareWeight, where 0 is the weight that stands in her file. The order does not matter.
func TeamOf(ctx context.Context, db bun.IDB, workshopID int64, members []TeamMember) (*Worker, error) {
	members = slices.Clone(members)
	if err := completeTeam(ctx, db, workshopID, members); err != nil {
		return nil, err
	}
	code := TeamCode(members)
	team, err := findTeam(ctx, db, code, members)
	if team != nil || err != nil {
		return team, err
	}
	err = InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if err := LockWorkshop(ctx, db, workshopID); err != nil {
			return err
		}
		var err error
		if team, err = findTeam(ctx, db, code, members); team != nil || err != nil {
			return err // somebody else made it meanwhile
		}
		team = &Worker{Code: code, Name: teamName(members), WorkshopID: workshopID, ShareWeight: ShareWeightOne, Active: true, Team: true}
		if _, err = db.NewInsert().Model(team).Exec(ctx); err != nil {
			return wrap("add team", err)
		}
		rows := make([]TeamMember, len(members))
		for i, m := range members {
			rows[i] = TeamMember{TeamID: team.ID, WorkerID: m.WorkerID, ShareWeight: m.ShareWeight}
		}
		_, err = db.NewInsert().Model(&rows).Exec(ctx)
		return wrap("add members", err)
	})
	return team, err
}

func checkTeamSize(n int) error {
	if n < 2 || n > MaxTeam {
		return InvalidField("members", "a team has between %d and %d members", 2, MaxTeam)
	}
	return nil
}

// completeTeam checks members, fills in Worker and weights left out, and sorts them by code.
func completeTeam(ctx context.Context, db bun.IDB, workshopID int64, members []TeamMember) error {
	if err := checkTeamSize(len(members)); err != nil {
		return err
	}
	ids := make([]int64, len(members))
	for i, m := range members {
		ids[i] = m.WorkerID
	}
	var list []Worker
	if err := db.NewSelect().Model(&list).Where("workshop_id = ? AND id IN (?)", workshopID, bun.List(ids)).Scan(ctx); err != nil {
		return wrap("find members", err)
	}
	v, seen := &Invalid{}, map[int64]bool{}
	for i := range members {
		m := &members[i]
		k := slices.IndexFunc(list, func(w Worker) bool { return w.ID == m.WorkerID })
		if k < 0 {
			v.Add("members", "one of the members does not work at this workshop")
			return v
		}
		m.Worker = &list[k]
		if m.ShareWeight == 0 {
			m.ShareWeight = m.Worker.ShareWeight
		}
		switch {
		case m.Worker.Team:
			v.Add("members", "%s is a team; choose one of its members", m.Worker.Code)
		case seen[m.WorkerID]:
			v.Add("members", "%s is named twice", m.Worker.Code)
		case m.ShareWeight < 0 || m.ShareWeight > 1000*ShareWeightOne:
			v.Add("members", "the share weight of %s must be more than 0 and at most %d", m.Worker.Code, 1000)
		}
		seen[m.WorkerID] = true
	}
	sortMembers(members)
	return v.Err()
}

func sortMembers(members []TeamMember) {
	slices.SortFunc(members, func(a, b TeamMember) int { return strings.Compare(a.Worker.Code, b.Worker.Code) })
}

// findTeam is the team with that code, or nil. It must have exactly these members.
func findTeam(ctx context.Context, db bun.IDB, code string, members []TeamMember) (*Worker, error) {
	var list []Worker
	if err := db.NewSelect().Model(&list).Where("code = ?", code).Scan(ctx); err != nil {
		return nil, wrap("find team", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	team := &list[0]
	have, err := TeamMembers(ctx, db, team.ID)
	if err != nil {
		return nil, err
	}
	same := func(a, b TeamMember) bool { return a.WorkerID == b.WorkerID && a.ShareWeight == b.ShareWeight }
	if !team.Team || !slices.EqualFunc(have[team.ID], members, same) {
		return nil, Conflict("The members of team %s are not those its code was made from. Run jijian verify.", code)
	}
	return team, nil
}

// teamName is what lists call a team: the names of its members.
func teamName(members []TeamMember) string {
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Worker.Name
	}
	name := []rune(strings.Join(names, "、"))
	if len(name) > MaxName {
		name = append(name[:MaxName-1], '…')
	}
	return string(name)
}

// NameTeams gives the teams of a worker whose name changed their names anew.
func NameTeams(ctx context.Context, db bun.IDB, workerID int64) error {
	var ids []int64
	if err := db.NewSelect().Table("team_members").Column("team_id").Where("worker_id = ?", workerID).Order("team_id").Scan(ctx, &ids); err != nil {
		return wrap("look for teams", err)
	}
	teams, err := TeamMembers(ctx, db, ids...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := db.NewUpdate().Model((*Worker)(nil)).Set("name = ?", teamName(teams[id])).Where("id = ?", id).Exec(ctx); err != nil {
			return wrap("name team", err)
		}
	}
	return nil
}

// TeamMembers are the members of teams, by team and within it by worker code, each with Worker. An id that is no team has none.
func TeamMembers(ctx context.Context, db bun.IDB, teamIDs ...int64) (map[int64][]TeamMember, error) {
	teams := map[int64][]TeamMember{}
	if len(teamIDs) == 0 {
		return teams, nil
	}
	var list []TeamMember
	err := db.NewSelect().Model(&list).Relation("Worker").Where("tm.team_id IN (?)", bun.List(teamIDs)).Scan(ctx)
	for _, m := range list {
		teams[m.TeamID] = append(teams[m.TeamID], m)
	}
	for _, members := range teams {
		sortMembers(members)
	}
	return teams, wrap("read team members", err)
}

// MembersOfTallies are the members of the teams that handed in any of these tallies, which need Worker.
func MembersOfTallies(ctx context.Context, db bun.IDB, tallies []Tally) (map[int64][]TeamMember, error) {
	var ids []int64
	for i := range tallies {
		if w := tallies[i].Worker; w != nil && w.Team && !slices.Contains(ids, w.ID) {
			ids = append(ids, w.ID)
		}
	}
	return TeamMembers(ctx, db, ids...)
}

// Teams lists teams with their members, the latest first. A worker in the filter narrows it to the teams she belongs to, words to
// those whose code, name or member they fit.
func Teams(ctx context.Context, db bun.IDB, f Filter) (Page[Team], error) {
	var list []Worker
	q := db.NewSelect().Model(&list).Relation("Workshop").Where("wk.team").Order("wk.id DESC")
	if f.WorkshopID != 0 {
		q = q.Where("wk.workshop_id = ?", f.WorkshopID)
	}
	if f.WorkerID != 0 {
		q = q.Where("wk.id IN (SELECT team_id FROM team_members WHERE worker_id = ?)", f.WorkerID)
	}
	page, err := List(ctx, q, &list, f, "", "wk.code", "wk.name")
	if err != nil {
		return Page[Team]{}, err
	}
	ids := make([]int64, len(page.Items))
	for i := range page.Items {
		ids[i] = page.Items[i].ID
	}
	members, err := TeamMembers(ctx, db, ids...)
	teams := Page[Team]{Total: page.Total, Number: page.Number, Items: make([]Team, len(ids))}
	for i, w := range page.Items {
		teams.Items[i] = Team{w, members[w.ID]}
	}
	return teams, err
}

// VerifyTeams holds that the code of every team is that of its members, and that nobody else has such a code. The error names the
// first team that is off.
func VerifyTeams(ctx context.Context, db bun.IDB) error {
	var list []Worker
	err := db.NewSelect().Model(&list).Where("team OR code LIKE ? OR id IN (SELECT team_id FROM team_members)", teamPrefix+"%").Order("id").Scan(ctx)
	if err != nil {
		return wrap("list teams", err)
	}
	for chunk := range slices.Chunk(list, 500) {
		ids := make([]int64, len(chunk))
		for i := range chunk {
			ids[i] = chunk[i].ID
		}
		members, err := TeamMembers(ctx, db, ids...)
		if err != nil {
			return err
		}
		for i := range chunk {
			if err := chunk[i].verifyTeam(members[chunk[i].ID]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Worker) verifyTeam(members []TeamMember) error {
	if !w.Team && len(members) == 0 && !isTeamCode(w.Code) {
		return nil
	}
	if !w.Team {
		return fmt.Errorf("%s is marked as one person although it is a team", w.Code)
	}
	if len(members) < 2 || w.Code != TeamCode(members) {
		return fmt.Errorf("the members of team %s are not those its code was made from: one was added, changed or removed", w.Code)
	}
	for _, m := range members {
		if m.Worker.Team || m.Worker.WorkshopID != w.WorkshopID {
			return fmt.Errorf("%s cannot be a member of team %s: it is a team itself or belongs to another workshop", m.Worker.Code, w.Code)
		}
	}
	return nil
}
