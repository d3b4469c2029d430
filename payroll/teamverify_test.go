package payroll_test

import (
	"context"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// Whoever changes who was in a team, or what the scales said, is found out, also when she makes the team's code fit again.
func TestVerifyFindsChangedTeamsAndWeights(t *testing.T) {
	for _, c := range []struct{ name, sql, want string }{
		{"gross", "UPDATE tallies SET gross_mg = gross_mg + 1 WHERE uid = 'kg'", "link 2 of the chain (tally kg) does not match"},
		{"tare", "UPDATE tallies SET tare_mg = 1 WHERE uid = 'kg'", "link 2 of the chain (tally kg) does not match"},
		{"unit", "UPDATE tallies SET unit_ug = unit_ug + 1 WHERE uid = 'kg'", "link 2 of the chain (tally kg) does not match"},
		{"weights taken away", "UPDATE tallies SET gross_mg = 0, tare_mg = 0, unit_ug = 0 WHERE uid = 'kg'", "link 2 of the chain (tally kg) does not match"},
		{"weights made up", "UPDATE tallies SET gross_mg = 5000, unit_ug = 1000000 WHERE uid = 'hand'", "link 3 of the chain (tally hand) does not match"},
		{"a member's weight", "UPDATE team_members SET share_weight = 9000000 WHERE worker_id = 1", "the members of team TEAM-"},
		{"a member's weight, and the code with it", "UPDATE team_members SET share_weight = 9000000 WHERE worker_id = 1; UPDATE workers SET code = 'FITTING' WHERE team", "link 1 of the chain (tally team) does not match"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := pieceworktest.NewWorld(t)
			members := []piecework.TeamMember{{WorkerID: w.Workers[0].ID}, {WorkerID: w.Workers[1].ID}}
			team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, members)
			w.Must(err)
			scales := piecework.Weighing{GrossMG: 12_000, UnitUG: 2_400_000}
			w.Record(piecework.NewTally{UID: "team", Session: "S1", Worker: team.Code, Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 40}})
			w.Record(piecework.NewTally{UID: "kg", Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 5}, Weight: scales})
			w.Record(piecework.NewTally{UID: "hand", Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 5}})
			if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
				t.Fatalf("untouched: %v", err)
			}
			fitting := *team
			fitting.Code = piecework.TeamCode([]piecework.TeamMember{{ShareWeight: 9 * piecework.ShareWeightOne, Worker: &w.Workers[0]}, {ShareWeight: piecework.ShareWeightOne, Worker: &w.Workers[1]}})
			w.Must(piecework.InTx(w.Ctx, w.DB, func(ctx context.Context, db bun.Tx) error {
				untied(t, db)
				if piecework.IsSQLite(db) {
					if _, err := db.ExecContext(ctx, "DROP TRIGGER team_members_no_update"); err != nil {
						return err
					}
				}
				for statement := range strings.SplitSeq(strings.ReplaceAll(c.sql, "FITTING", fitting.Code), ";") {
					if _, err := db.ExecContext(ctx, statement); err != nil {
						return err
					}
				}
				return nil
			}))
			if _, err := payroll.Verify(w.Ctx, w.DB); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("verify says %v, want %q", err, c.want)
			}
		})
	}
}
