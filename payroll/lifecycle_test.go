package payroll_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func wantKind(t *testing.T, doing string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: %v, want %v", doing, err, kind)
	}
}

func TestOnlyADraftChanges(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Count("S1", "A1", "glue", 10)
	_, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "2026-10-31", "2026-10-01", "test")
	wantKind(t, "settle backwards", err, piecework.ErrInvalid)
	_, err = payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "", "2026-10-01", "test")
	wantKind(t, "settle without a beginning", err, piecework.ErrInvalid)
	_, err = payroll.Settle(w.Ctx, w.DB, 99, "2026-10-01", "2026-10-31", "test")
	wantKind(t, "settle nowhere", err, piecework.ErrNotFound)
	_, err = payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "2026-11-01", "2026-11-30", "test")
	wantKind(t, "settle nothing", err, piecework.ErrConflict)
	for doing, f := range map[string]func(int64) error{
		"approve":   func(id int64) error { return payroll.Approve(w.Ctx, w.DB, id, "other") },
		"discard":   func(id int64) error { return payroll.Discard(w.Ctx, w.DB, id) },
		"recompute": func(id int64) error { return payroll.Recompute(w.Ctx, w.DB, id) },
		"pay": func(id int64) error {
			return payroll.PayRest(w.Ctx, w.DB, id, payroll.Payment{Method: payroll.Cash, RecordedBy: "other"})
		},
	} {
		wantKind(t, doing+" no run", f(99), piecework.ErrNotFound)
	}

	run := settle(w, "2026-10-01", "2026-10-31")
	wantKind(t, "pay a draft", payroll.PayRest(w.Ctx, w.DB, run.ID, payroll.Payment{Method: payroll.Cash, RecordedBy: "other"}), piecework.ErrConflict)
	_, err = payroll.Reissue(w.Ctx, w.DB, run.ID, w.Workers[0].ID, "why not", "other")
	wantKind(t, "reissue in a draft", err, piecework.ErrConflict)
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	approved := printed(w, run.ID)
	for _, status := range []string{"approved", "paid"} {
		wantKind(t, "approve "+status, payroll.Approve(w.Ctx, w.DB, run.ID, "other"), piecework.ErrConflict)
		wantKind(t, "discard "+status, payroll.Discard(w.Ctx, w.DB, run.ID), piecework.ErrConflict)
		wantKind(t, "recompute "+status, payroll.Recompute(w.Ctx, w.DB, run.ID), piecework.ErrConflict)
		if status == "approved" {
			_, err = payroll.Reissue(w.Ctx, w.DB, run.ID, w.Workers[2].ID, "she has none", "other")
			wantKind(t, "reissue a slip that is not there", err, piecework.ErrNotFound)
			w.Must(payroll.PayRest(w.Ctx, w.DB, run.ID, payroll.Payment{Method: payroll.Cash, RecordedBy: "other"}))
		}
	}
	wantKind(t, "pay twice", payroll.PayRest(w.Ctx, w.DB, run.ID, payroll.Payment{Method: payroll.Cash, RecordedBy: "other"}), piecework.ErrConflict)
	wantSlips(w, run.ID, approved)
}

func TestADiscardedDraftSetsEverythingFree(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	w.Count("S1", "A1", "glue", 10)
	adjust(w, 0, "2026-10-05", payroll.Advance, "12")
	w.Must(payroll.Approve(w.Ctx, w.DB, settle(w, "2026-10-01", "2026-10-31").ID, "other"))
	w.Session("S2", "2026-11-03")
	w.Count("S2", "A1", "glue", 20)
	adjust(w, 0, "2026-11-05", payroll.Bonus, "1")
	want := `A1 v1 gross 11.00 deductions 7.00 net 4.00 carried 0.00
	  piece glue 20 × 0.50 = 10.00
	  bonus 1.00
	  advance -7.00
	`
	for range 3 {
		draft := settle(w, "2026-11-01", "2026-11-30")
		wantSlips(w, draft.ID, want)
		w.Must(payroll.Discard(w.Ctx, w.DB, draft.ID))
		for table, query := range map[string]string{
			"claims": "SELECT COUNT(*) FROM tally_claims WHERE run_id = ?", "rates": "SELECT COUNT(*) FROM run_rates WHERE run_id = ?", "slips": "SELECT COUNT(*) FROM slips WHERE run_id = ?",
			"adjustments": "SELECT COUNT(*) FROM adjustments WHERE run_id = ?", "carries": "SELECT COUNT(*) FROM carries WHERE taken_by_run_id = ?",
			"lines": "SELECT COUNT(*) FROM slip_lines l LEFT JOIN slips s ON s.id = l.slip_id WHERE s.id IS NULL AND ? > 0",
		} {
			var n int
			w.Must(w.DB.NewRaw(query, draft.ID).Scan(w.Ctx, &n))
			if n != 0 {
				t.Errorf("the discarded run still has %d %s", n, table)
			}
		}
		wantKind(t, "discard again", payroll.Discard(w.Ctx, w.DB, draft.ID), piecework.ErrConflict)
	}
	// Settling other dates does not take what the draft of these dates has.
	draft := settle(w, "2026-11-01", "2026-11-30")
	_, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "2026-11-01", "2026-11-15", "test")
	wantKind(t, "settle part of a draft", err, piecework.ErrConflict)
	w.Must(payroll.Approve(w.Ctx, w.DB, draft.ID, "other"))
	_, err = payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
}

func TestWithdrawnAdjustmentsAreNeverTaken(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	w.Count("S1", "A1", "glue", 10)
	for range 3 {
		adjust(w, 0, "2026-10-05", payroll.Advance, "1")
	}
	withdraw := func(id int64) error { return payroll.WithdrawAdjustment(w.Ctx, w.DB, id, "lead") }
	w.Must(withdraw(1))
	wantKind(t, "withdraw twice", withdraw(1), piecework.ErrConflict)
	wantKind(t, "withdraw none", withdraw(99), piecework.ErrConflict)
	draft := settle(w, "2026-10-01", "2026-10-31")
	wantSlips(w, draft.ID, "A1 v1 gross 5.00 deductions 2.00 net 3.00 carried 0.00\n  piece glue 10 × 0.50 = 5.00\n  advance -1.00\n  advance -1.00\n")
	wantKind(t, "withdraw what a draft has", withdraw(2), piecework.ErrConflict)
	w.Must(payroll.Discard(w.Ctx, w.DB, draft.ID))
	w.Must(withdraw(2))
	again := settle(w, "2026-10-01", "2026-10-31")
	wantSlips(w, again.ID, "A1 v1 gross 5.00 deductions 1.00 net 4.00 carried 0.00\n  piece glue 10 × 0.50 = 5.00\n  advance -1.00\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, again.ID, "other"))
	wantKind(t, "withdraw what was taken", withdraw(3), piecework.ErrConflict)
	list, err := payroll.Adjustments(w.Ctx, w.DB, piecework.Filter{WorkshopID: w.Workshop.ID})
	if w.Must(err); list.Total != 3 {
		t.Errorf("%d adjustments are in the books", list.Total)
	}
	for name, a := range map[string]payroll.Adjustment{
		"nothing":     {WorkerID: 1, WorkDate: "2026-10-05", Kind: payroll.Bonus},
		"negative":    {WorkerID: 1, WorkDate: "2026-10-05", Kind: payroll.Bonus, Amount: piecework.Fen(-1)},
		"nobody":      {WorkDate: "2026-10-05", Kind: payroll.Bonus, Amount: piecework.Fen(1)},
		"no day":      {WorkerID: 1, Kind: payroll.Bonus, Amount: piecework.Fen(1)},
		"made up":     {WorkerID: 1, WorkDate: "2026-10-05", Kind: "gift", Amount: piecework.Fen(1)},
		"tax by hand": {WorkerID: 1, WorkDate: "2026-10-05", Kind: payroll.Tax, Amount: piecework.Fen(1)},
	} {
		wantKind(t, name, payroll.Adjust(w.Ctx, w.DB, &a), piecework.ErrInvalid)
	}
}

// An advance of 10.00 and damage of 3.00 meet pay of 2.50 a month: what is carried shrinks run by run and none of it is lost.
func TestWhatIsCarriedShrinksRunByRun(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	adjust(w, 0, "2026-10-05", payroll.Advance, "10")
	adjust(w, 0, "2026-10-05", payroll.Damage, "3")
	for month, want := range []string{
		"gross 2.50 deductions 2.50 net 0.00 carried 10.50", "gross 2.50 deductions 2.50 net 0.00 carried 8.00", "gross 2.50 deductions 2.50 net 0.00 carried 5.50",
		"gross 2.50 deductions 2.50 net 0.00 carried 3.00", "gross 2.50 deductions 2.50 net 0.00 carried 0.50", "gross 2.50 deductions 0.50 net 2.00 carried 0.00",
		"gross 2.50 deductions 0.00 net 2.50 carried 0.00",
	} {
		first, last := piecework.Date("2026-10-01").AddDays(31 * month).Month()
		w.Session("M"+string(first), first)
		w.Count("M"+string(first), "A1", "glue", 5)
		run := settle(w, first, last)
		slips, err := payroll.SlipsOf(w.Ctx, w.DB, run.ID, 0)
		w.Must(err)
		s := slips[0]
		if got := fmt.Sprintf("gross %s deductions %s net %s carried %s", s.Gross, s.Deductions, s.Net, s.CarriedForward); got != want {
			t.Errorf("run %d: %s, want %s", run.ID, got, want)
		}
		for _, l := range s.Lines {
			if l.Kind == payroll.Damage && l.Amount.Fen() < -50 {
				t.Errorf("run %d: damage takes %s of 2.50", run.ID, l.Amount)
			}
			if first > "2026-10-01" && l.Kind != payroll.Piece && l.CarriedFromRunID != run.ID-1 {
				t.Errorf("run %d: the %s says that it comes from run %d", run.ID, l.Kind, l.CarriedFromRunID)
			}
		}
		w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	}
	_, err := payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
}

func TestANewVersionWaitsForWhatALaterRunHasTakenOver(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	uid := w.Count("S1", "A1", "glue", 20)
	adjust(w, 0, "2026-10-05", payroll.Advance, "15")
	october := settle(w, "2026-10-01", "2026-10-31")
	w.Must(payroll.Approve(w.Ctx, w.DB, october.ID, "other"))
	w.Session("S2", "2026-11-03")
	w.Count("S2", "A1", "glue", 4)
	november := settle(w, "2026-11-01", "2026-11-30")
	w.Record(piecework.NewTally{Session: "S2", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 20}, Reverses: uid})
	w.Count("S1", "A1", "glue", 12)
	reissue := func() error {
		_, err := payroll.Reissue(w.Ctx, w.DB, october.ID, w.Workers[0].ID, "counted wrong", "lead")
		return err
	}
	wantKind(t, "reissue while November holds the rest", reissue(), piecework.ErrConflict)
	w.Must(payroll.Discard(w.Ctx, w.DB, november.ID))
	w.Agree(w.Glue, w.Order, "2026-10-01", "0.90") // must not touch what October has priced
	w.Must(reissue())
	wantSlips(w, october.ID, "A1 v2 gross 6.00 deductions 6.00 net 0.00 carried 9.00\n  piece glue 12 × 0.50 = 6.00\n  advance -6.00\n")
	w.Must(reissue()) // nothing new: the same again
	wantSlips(w, october.ID, "A1 v3 gross 6.00 deductions 6.00 net 0.00 carried 9.00\n  piece glue 12 × 0.50 = 6.00\n  advance -6.00\n")
	november = settle(w, "2026-11-01", "2026-11-30")
	wantSlips(w, november.ID, "A1 v1 gross 3.60 deductions 3.60 net 0.00 carried 5.40\n  piece glue 4 × 0.90 = 3.60\n  advance -3.60\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, november.ID, "other"))
	_, err := payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
}

func TestComputingAgainTakesInWhatCame(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	uid := w.Count("S1", "A1", "glue", 20)
	run := settle(w, "2026-10-01", "2026-10-31")
	w.Count("S1", "A1", "glue", 1)
	adjust(w, 0, "2026-10-05", payroll.Bonus, "1")
	wantSlips(w, run.ID, "A1 v1 gross 10.00 deductions 0.00 net 10.00 carried 0.00\n  piece glue 20 × 0.50 = 10.00\n")
	w.Must(payroll.Recompute(w.Ctx, w.DB, run.ID))
	wantSlips(w, run.ID, "A1 v1 gross 11.50 deductions 0.00 net 11.50 carried 0.00\n  piece glue 21 × 0.50 = 10.50\n  bonus 1.00\n")
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 20}, Reverses: uid})
	w.Agree(w.Glue, w.Order, "2026-10-05", "0.6")
	wantKind(t, "approve with a stale rate", payroll.Approve(w.Ctx, w.DB, run.ID, "other"), piecework.ErrConflict)
	if again := settle(w, "2026-10-01", "2026-10-31"); again.ID != run.ID {
		t.Errorf("a second draft %d beside %d", again.ID, run.ID)
	}
	wantSlips(w, run.ID, "A1 v1 gross 1.60 deductions 0.00 net 1.60 carried 0.00\n  piece glue 1 × 0.60 = 0.60\n  bonus 1.00\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
}

// A query that failed has not found that there is nothing.
func TestAFailureIsNotNothing(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	_, err := payroll.AdjustmentByID(w.Ctx, w.DB, 9)
	wantKind(t, "an entry that is not there", err, piecework.ErrNotFound)
	ctx, cancel := context.WithCancel(w.Ctx)
	cancel()
	for doing, read := range map[string]func(context.Context) error{
		"adjustment": func(ctx context.Context) error { _, err := payroll.AdjustmentByID(ctx, w.DB, 9); return err },
		"sample":     func(ctx context.Context) error { _, err := payroll.RateSampleByID(ctx, w.DB, 9); return err },
		"layout":     func(ctx context.Context) error { _, err := payroll.BankLayoutByID(ctx, w.DB, 9); return err },
		"run":        func(ctx context.Context) error { _, err := payroll.RunByID(ctx, w.DB, 9); return err },
	} {
		wantKind(t, doing, read(ctx), context.Canceled)
	}
}
