package payroll_test

import (
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// books is a small month in which every kind of thing has happened: runs 1 and 2 approved, run 3 a draft, tallies x1 to x6
// at links 1 to 3, 6, 7 and 10 of the chain, a slip with two versions, advances taken in part, a correction.
func books(t *testing.T) *pieceworktest.World {
	w := pieceworktest.NewWorld(t)
	other := piecework.NewWorkshop("W2", "睫毛坊")
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, other))
	second := *w.Order
	second.ID, second.Code = 0, "O2"
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, &second))
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Agree(w.Cut, nil, "2026-10-01", "0.0035")
	w.Session("S2", "2026-11-03")
	item := func(uid, session, worker, operation string, c piecework.Counts) piecework.NewTally {
		return piecework.NewTally{UID: uid, Session: session, Worker: worker, Order: "O1", Operation: operation, Counts: c}
	}
	w.Record(item("x1", "S1", "A1", "glue", piecework.Counts{Good: 120, Rework: 1, ScrapWorkmanship: 2, ScrapMaterial: 3}))
	w.Record(item("x2", "S1", "A1", "cut", piecework.Counts{Good: 3000}))
	x3 := item("x3", "S1", "A2", "glue", piecework.Counts{Good: 40})
	x3.Ticket = "T1"
	w.Record(x3)
	adjust(w, 0, "2026-10-05", payroll.Advance, "60")
	adjust(w, 1, "2026-10-05", payroll.Bonus, "3")
	october := settle(w, "2026-10-01", "2026-10-31")
	w.Must(payroll.Approve(w.Ctx, w.DB, october.ID, "other")) // links 4 and 5
	w.Record(item("x4", "S2", "A2", "glue", piecework.Counts{Good: 10}))
	x5 := item("x5", "S2", "A2", "glue", piecework.Counts{Good: 40})
	x5.Reverses, x5.Reason = "x3", "counted twice"
	w.Record(x5)
	november := settle(w, "2026-11-01", "2026-11-30")
	w.Must(payroll.Approve(w.Ctx, w.DB, november.ID, "other")) // links 8 and 9: A1 only carries
	w.Record(item("x6", "S2", "A1", "glue", piecework.Counts{Good: 1}))
	_, err := payroll.Reissue(w.Ctx, w.DB, november.ID, w.Workers[1].ID, "looked at again", "lead") // link 11
	w.Must(err)
	settle(w, "2026-11-01", "2026-11-30")
	for worker, run := range []int64{october.ID, november.ID} {
		slips, err := payroll.SlipsOf(w.Ctx, w.DB, run, w.Workers[worker].ID)
		w.Must(err)
		_, err = payroll.Raise(w.Ctx, w.DB, slips[0].ID, slips[0].WorkerID, "look again", "A")
		w.Must(err)
		_, err = payroll.Answer(w.Ctx, w.DB, int64(worker)+1, payroll.Explained, "it is right", "lead")
		w.Must(err)
		w.Must(payroll.Acknowledge(w.Ctx, w.DB, slips[0].ID, slips[0].WorkerID, "A"))
	}
	return w
}

// untied takes the locks off the database for one transaction, as somebody with the file in her hands could.
func untied(t *testing.T, db bun.Tx) {
	t.Helper()
	statements := []string{"SET LOCAL session_replication_role = replica"}
	if piecework.IsSQLite(db) {
		statements = []string{"PRAGMA defer_foreign_keys = ON", "DROP TRIGGER tallies_no_update", "DROP TRIGGER tallies_no_delete",
			"DROP TRIGGER acknowledgements_no_update", "DROP TRIGGER acknowledgements_no_delete"}
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVerifyNamesWhatWasTamperedWith(t *testing.T) {
	w := books(t)
	done, err := payroll.Verify(w.Ctx, w.DB)
	if want := (payroll.Checked{Workshops: 2, Links: 11, Slips: 7, Runs: 3}); err != nil || done != want {
		t.Fatalf("untouched: %+v, %v; want %+v", done, err, want)
	}
	const (
		x1, x2, x3, x5 = "link 1 of the chain (tally x1) does not match", "link 2 of the chain (tally x2) does not match", "link 3 of the chain (tally x3) does not match", "link 7 of the chain (tally x5) does not match"
		slip           = "link 4 of the chain (slip of A1 in run 1, version 1) does not match"
		ofSlip         = "slip_id = (SELECT id FROM slips WHERE run_id = 1 AND worker_id = 1)"
		aSlip          = " WHERE run_id = 1 AND worker_id = 1"
	)
	for _, c := range []struct{ statement, want string }{
		{"UPDATE tallies SET good = good + 1 WHERE uid = 'x2'", x2},
		{"UPDATE tallies SET rework = 9 WHERE uid = 'x1'", x1},
		{"UPDATE tallies SET scrap_workmanship = 9 WHERE uid = 'x1'", x1},
		{"UPDATE tallies SET scrap_material = 9 WHERE uid = 'x1'", x1},
		{"UPDATE tallies SET scrap_material = scrap_workmanship, scrap_workmanship = scrap_material WHERE uid = 'x1'", x1},
		{"UPDATE tallies SET uid = 'y2' WHERE uid = 'x2'", "link 2 of the chain (tally y2) does not match"},
		{"UPDATE tallies SET worker_id = 3 WHERE uid = 'x2'", x2},
		{"UPDATE tallies SET order_id = 2 WHERE uid = 'x2'", x2},
		{"UPDATE tallies SET operation_id = 2 WHERE uid = 'x2'", x2},
		{"UPDATE tallies SET session_id = 2 WHERE uid = 'x2'", x2},
		{"UPDATE tallies SET work_date = '2026-10-06' WHERE uid = 'x2'", x2},
		{"UPDATE tallies SET ticket = 'T2' WHERE uid = 'x3'", x3},
		{"UPDATE tallies SET ticket = '' WHERE uid = 'x3'", x3},
		{"UPDATE tallies SET reverses_id = NULL WHERE uid = 'x5'", x5},
		{"UPDATE tallies SET reverses_id = 1 WHERE uid = 'x5'", x5},
		{"UPDATE tallies SET reason = '' WHERE uid = 'x5'", x5},
		{"UPDATE tallies SET recorded_at = recorded_at - 1 WHERE uid = 'x2'", x2},
		{"UPDATE tallies SET received_at = received_at + 1 WHERE uid = 'x2'", x2},
		{"UPDATE tallies SET recorded_by = 'somebody' WHERE uid = 'x2'", x2},
		{"UPDATE tallies SET hash = (SELECT hash FROM tallies t WHERE t.uid = 'x1') WHERE uid = 'x2'", x2},
		{"UPDATE tallies SET workshop_id = 2 WHERE uid = 'x2'", "workshop W1: link 2 of the chain is missing; the next one there is tally x3"},
		{"UPDATE tallies SET chain_seq = 99 WHERE uid = 'x2'", "link 2 of the chain is missing; the next one there is tally x3"},
		{"UPDATE tallies SET chain_seq = 99 WHERE uid = 'x1'; UPDATE tallies SET chain_seq = 1 WHERE uid = 'x2'; UPDATE tallies SET chain_seq = 2 WHERE uid = 'x1'", "link 1 of the chain (tally x2) does not match"},
		{"DELETE FROM tallies WHERE uid = 'x1'", "link 1 of the chain is missing; the next one there is tally x2"},
		{"DELETE FROM tallies WHERE uid = 'x2'", "link 2 of the chain is missing; the next one there is tally x3"},
		{"UPDATE work_sessions SET code = 'S9' WHERE id = 1", x1},
		{"UPDATE workers SET code = 'Z1' WHERE id = 1", x1},

		{"UPDATE workshops SET chain_seq = 10 WHERE id = 1", "workshop W1: the chain ends at link 11, but 10 were written"},
		{"UPDATE workshops SET chain_hash = NULL WHERE id = 1", "workshop W1: the chain ends at link 11"},
		{"DELETE FROM slips WHERE chain_seq = 11", "workshop W1: the chain ends at link 10, but 11 were written"},
		{"DELETE FROM slips WHERE chain_seq = 11; DELETE FROM tallies WHERE chain_seq = 10", "workshop W1: the chain ends at link 9, but 11 were written"},
		{"UPDATE workshops SET chain_seq = 12 WHERE id = 1", "workshop W1: the chain ends at link 11, but 12 were written"},

		{"UPDATE slips SET gross = gross + 1, net = net + 1" + aSlip, slip},
		{"UPDATE slips SET deductions = deductions - 1, net = net + 1" + aSlip, slip},
		{"UPDATE slips SET tax = tax + 1, deductions = deductions - 1" + aSlip, slip},
		{"UPDATE slips SET carried_forward = 0" + aSlip, slip},
		{"UPDATE slips SET income_type = 'labour'" + aSlip, slip},
		{"UPDATE slips SET income = income + 1" + aSlip, slip},
		{"UPDATE slips SET income_before = 1" + aSlip, slip},
		{"UPDATE slips SET tax_before = 1" + aSlip, slip},
		{"UPDATE slips SET tax_free = 1" + aSlip, slip},
		{"UPDATE slips SET version = 3" + aSlip, "link 4 of the chain (slip of A1 in run 1, version 3) does not match"},
		{"UPDATE slips SET worker_id = 3" + aSlip, "link 4 of the chain (slip of A3 in run 1, version 1) does not match"},
		{"UPDATE slips SET run_id = 2, version = 7" + aSlip, "link 4 of the chain (slip of A1 in run 2, version 7) does not match"},
		{"UPDATE slips SET issued_at = issued_at + 1" + aSlip, slip},
		{"UPDATE slips SET issued_by = 'somebody'" + aSlip, slip},
		{"UPDATE slips SET reason = 'because'" + aSlip, slip},
		{"UPDATE slips SET hash = NULL, check_code = NULL" + aSlip, slip},
		{"UPDATE slips SET chain_seq = NULL" + aSlip, "link 4 of the chain is missing; the next one there is slip of A2 in run 1, version 1"},
		{"UPDATE slips SET chain_seq = 99" + aSlip, "link 4 of the chain is missing"},
		{"UPDATE slips SET workshop_id = 2" + aSlip, "workshop W1: link 4 of the chain is missing"},
		{"UPDATE slips SET check_code = '1234567890123456'" + aSlip, "the check code of the slip of A1 in run 1, version 1 is not that of its hash"},
		{"UPDATE slips SET superseded = TRUE" + aSlip, "slip of A1 in run 1, version 1, is marked"},
		{"UPDATE slips SET superseded = FALSE WHERE run_id = 2 AND version = 1", "slip of A2 in run 2, version 1, is marked"},
		{"UPDATE pay_runs SET period_to = '2026-10-30' WHERE id = 1", slip},
		{"UPDATE pay_runs SET status = 'draft' WHERE id = 1", "slip of A1 in run 1, version 1, is marked"},

		{"UPDATE slip_lines SET kind = 'tier' WHERE kind = 'piece' AND " + ofSlip, slip},
		{"UPDATE slip_lines SET order_id = 2 WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET operation_id = 2 WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET quantity = quantity + 1 WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET rate = rate + 1 WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET amount = amount + 1 WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET good = good + 1 WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET rework = rework + 1 WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET scrap_workmanship = scrap_workmanship + 1 WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET scrap_material = scrap_material + 1 WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET corrects_run_id = 2 WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET carried_from_run_id = 2 WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET note = 'for lunch' WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET pos = 9 WHERE pos = 1 AND " + ofSlip, slip},
		{"UPDATE slip_lines SET slip_id = slip_id + 1, pos = 9 WHERE pos = 1 AND " + ofSlip, slip},
		{"DELETE FROM slip_lines WHERE pos = 1 AND " + ofSlip, slip},
		{"INSERT INTO slip_lines (slip_id, pos, kind, amount) SELECT id, 9, 'bonus', 0 FROM slips" + aSlip, slip},

		// What the hashes do not cover has to tie out with what they do.
		{"UPDATE slip_lines SET adjustment_id = 2 WHERE kind = 'advance' AND " + ofSlip, "the advance of A1 on 2026-10-05 is not what slips took and still carry of it"},
		{"UPDATE adjustments SET amount = amount + 1 WHERE id = 1", "the advance of A1 on 2026-10-05"},
		{"UPDATE adjustments SET amount = amount - 1 WHERE id = 2", "the bonus of A2 on 2026-10-05"},
		{"UPDATE carries SET amount = amount - 1 WHERE run_id = 1", "the slip of A1 in run 1, version 1, does not add up"},
		{"DELETE FROM carries WHERE run_id = 1", "the slip of A1 in run 1, version 1, does not add up"},
		{"UPDATE acknowledgements SET hash = (SELECT hash FROM slips WHERE chain_seq = 5) WHERE slip_id = (SELECT id FROM slips WHERE chain_seq = 4)", "what A1 has confirmed in run 1 is not version 1 of the slip: the hashes differ"},
		{"UPDATE acknowledgements SET slip_id = (SELECT id FROM slips WHERE chain_seq = 5) WHERE slip_id = (SELECT id FROM slips WHERE chain_seq = 4)", "what A2 has confirmed in run 1 is not version 1 of the slip"},
		{"UPDATE acknowledgements SET slip_id = (SELECT id FROM slips WHERE run_id = 3 AND worker_id = 1) WHERE slip_id = (SELECT id FROM slips WHERE chain_seq = 4)", "what A1 has confirmed in run 3 is not version 1 of the slip"},
		{"UPDATE disputes SET outcome = 'corrected', corrected_slip_id = (SELECT id FROM slips WHERE chain_seq = 11) WHERE id = 1", "the dispute of A1 about run 1, version 1, is not answered by the version that took its place"},
		{"UPDATE disputes SET slip_id = (SELECT id FROM slips WHERE chain_seq = 9), answered_at = 0, outcome = '' WHERE id = 2", "the dispute of A2 about run 2, version 1, is not answered"},
		{"DELETE FROM tally_claims WHERE tally_id = 2", "run 1: the lines of A1 for order O1, operation cut, do not tie out"},
		{"UPDATE tally_claims SET run_id = 2 WHERE tally_id = 2", "run 1: the lines of A1 for order O1, operation cut, do not tie out"},
		{"UPDATE slip_lines SET amount = amount + 1 WHERE slip_id = (SELECT id FROM slips WHERE run_id = 3 AND worker_id = 1) AND pos = 1", "the slip of A1 in run 3, version 1, does not add up"},
		{"UPDATE slip_lines SET good = good + 1 WHERE slip_id = (SELECT id FROM slips WHERE run_id = 3 AND worker_id = 1) AND pos = 1", "run 3: the lines of A1 for order O1, operation glue, do not tie out"},
	} {
		db, err := w.DB.BeginTx(w.Ctx, nil)
		w.Must(err)
		untied(t, db)
		for statement := range strings.SplitSeq(c.statement, "; ") {
			res, err := db.ExecContext(w.Ctx, statement)
			if err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				t.Errorf("%s: changed nothing", statement)
			}
		}
		if _, err := payroll.Verify(w.Ctx, db); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: verify says %v, want %q", c.statement, err, c.want)
		}
		w.Must(db.Rollback())
	}
	_, err = payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
}
