package payroll

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Presence is how many minutes a worker was at a session.
type Presence map[Sitting]int64

// share divides what a team earned among its members (集体计件), in the order given, by largest remainder: the parts always sum to the
// whole. Each session's pieces go by share weight or, where hours count and are known, by weight × hours of that session:
// share = pieces × w·h / Σ(w·h).
func (p *pricing) share(l Line, teamID int64, team []piecework.TeamMember, sessions map[int64]int64) []workerLine {
	exact := make([]*big.Rat, len(team))
	for i := range exact {
		exact[i] = new(big.Rat)
	}
	for _, id := range slices.Sorted(maps.Keys(sessions)) {
		weights, total := p.weights(team, id)
		if pieces := sessions[id]; pieces != 0 {
			for i, w := range weights {
				part := new(big.Rat).SetFrac(big.NewInt(w), big.NewInt(total))
				exact[i].Add(exact[i], part.Mul(part, new(big.Rat).SetInt64(pieces)))
			}
		}
	}
	sum := new(big.Rat)
	for _, e := range exact {
		sum.Add(sum, e)
	}
	if sum.Sign() < 0 { // all of it is taken back
		for _, e := range exact {
			e.Neg(e)
		}
		sum.Neg(sum)
	}
	if sum.Sign() == 0 || slices.ContainsFunc(exact, func(e *big.Rat) bool { return e.Sign() < 0 }) {
		// As much was struck as counted, in sessions with other hours: only the weights remain to go by.
		sum.SetInt64(0)
		for i, m := range team {
			sum.Add(sum, exact[i].SetInt64(m.ShareWeight))
		}
	}
	lines := make([]workerLine, len(team))
	for i, amount := range l.Amount.SplitExact(exact) {
		mine := l
		mine.TeamID, mine.TeamAmount, mine.Amount = teamID, l.Amount, amount
		mine.Share = shareText(exact[i], sum)
		if mine.Kind == Piece || mine.Kind == Tier {
			mine.Kind = Team
		}
		lines[i] = workerLine{team[i].WorkerID, mine}
	}
	return lines
}

// weights are the members' shares of one session, and their sum.
func (p *pricing) weights(team []piecework.TeamMember, session int64) (weights []int64, total int64) {
	weights = make([]int64, len(team))
	if p.Present != nil {
		for i, m := range team {
			weights[i] = m.ShareWeight * p.Present[Sitting{session, m.WorkerID}]
			total += weights[i]
		}
	}
	if total == 0 { // nobody wrote down who was there: the weights alone
		for i, m := range team {
			weights[i] = m.ShareWeight
			total += weights[i]
		}
	}
	return weights, total
}

// shareText is a share for people: 3/8 where the fraction is short, else 37.42%.
func shareText(part, whole *big.Rat) string {
	if whole.Sign() == 0 {
		return ""
	}
	r := new(big.Rat).Quo(part, whole)
	if r.Denom().Cmp(big.NewInt(1000)) < 0 {
		return r.String()
	}
	return fmt.Sprintf("%s%%", new(big.Rat).Mul(r, big.NewRat(100, 1)).FloatString(2))
}

// members are those of a team, and of a worker she alone.
func (in *Input) members(worker int64) []piecework.TeamMember {
	if team := in.Teams[worker]; team != nil {
		return team
	}
	return []piecework.TeamMember{{WorkerID: worker}}
}

// addTeams reads who is in the teams that worked and, where their hours count, how long each was there.
func addTeams(ctx context.Context, db bun.IDB, workshop *piecework.Workshop, in *Input) error {
	workers, sessions := map[int64]bool{}, map[int64]bool{}
	for _, w := range in.Work {
		workers[w.WorkerID] = true
	}
	var err error
	if in.Teams, err = piecework.TeamMembers(ctx, db, slices.Collect(maps.Keys(workers))...); err != nil || len(in.Teams) == 0 {
		return err
	}
	if workshop.TeamShare != piecework.ShareByWeightHours {
		return nil
	}
	for _, w := range in.Work {
		if in.Teams[w.WorkerID] != nil {
			sessions[w.SessionID] = true
		}
	}
	in.Present, err = presence(ctx, db, slices.Collect(maps.Keys(sessions)))
	return err
}

// presence is how long workers were at sessions.
func presence(ctx context.Context, db bun.IDB, sessions []int64) (Presence, error) {
	present := Presence{}
	for chunk := range slices.Chunk(sessions, 1000) {
		var list []struct {
			Sitting
			Minutes int64
		}
		err := db.NewSelect().Model((*piecework.Attendance)(nil)).Column("session_id", "worker_id").
			ColumnExpr("(check_out - check_in) / 60000 AS minutes").Where("check_out > 0 AND session_id IN (?)", bun.List(chunk)).Scan(ctx, &list)
		if err != nil {
			return nil, fmt.Errorf("read who was there: %w", err)
		}
		for _, a := range list {
			present[a.Sitting] = a.Minutes
		}
	}
	return present, nil
}
