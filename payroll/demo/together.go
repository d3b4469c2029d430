package demo

import (
	"strings"

	"jijian/piecework"
)

// packers are the places in a line's half of the crew of those who pack roses together: every other count is their team's when both have come.
var packers = []int{8, 9}

// What a finished earring and the box on the scales weigh; earrings are not counted but weighed when they get their hooks.
const (
	earringUG = 3_150_000
	boxMG     = 185_000
)

// together makes the team's tallies of those packed in one session of a line.
func (m *month) together(s *shop, l *line, tallies []piecework.NewTally, present map[int64]bool) {
	if !present[l.crew[packers[0]].ID] || !present[l.crew[packers[1]].ID] {
		return
	}
	var code string
	for i := range tallies {
		if t := &tallies[i]; t.Operation == "pack" && i%2 == 0 {
			if code == "" {
				code = m.team(s, l)
			}
			t.Worker = code
		}
	}
}

// team is the code of the team that packs.
func (m *month) team(s *shop, l *line) (code string) {
	var members []piecework.TeamMember
	for i, k := range packers {
		members = append(members, piecework.TeamMember{WorkerID: l.crew[k].ID, ShareWeight: piecework.ShareWeightOne * int64(6-i) / 5})
	}
	m.try(func() error {
		team, err := piecework.TeamOf(m.ctx, m.db, s.ID, members)
		if err == nil {
			code = team.Code
		}
		return err
	})
	return code
}

// weigh tells what the scales said of the earrings.
func weigh(tallies []piecework.NewTally) {
	for i := range tallies {
		if t := &tallies[i]; t.Operation == "hook" && t.Reverses == "" {
			t.Weight = piecework.Weighing{GrossMG: boxMG + t.Good*earringUG/1000, TareMG: boxMG, UnitUG: earringUG}
		}
	}
}

// isTeam says whether the code is that of a team, which nobody else's begins like here.
func isTeam(code string) bool { return strings.HasPrefix(code, "TEAM-") }
