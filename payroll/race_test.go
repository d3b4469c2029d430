package payroll_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// TestWritersAndClosersRace lets 60 people count while 10 others settle, approve and discard whatever they like. In the end
// every accepted tally is in exactly one approved run, and the runs together pay exactly what was counted.
func TestWritersAndClosersRace(t *testing.T) {
	const writers, closers, rounds = 60, 10, 4
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Cut, nil, "2026-10-01", "0.0035")
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Agree(w.Glue, nil, "2026-10-07", "0.36")
	for day := 6; day <= 9; day++ {
		w.Session(fmt.Sprintf("S%d", day-4), piecework.Date(fmt.Sprintf("2026-10-%02d", day)))
	}
	recorder := piecework.NewRecorder(w.DB)
	defer recorder.Close()

	var counting, closing sync.WaitGroup
	accepted := make(chan string, writers*rounds*3)
	for id := range writers {
		counting.Go(func() { write(w, recorder, id, rounds, accepted) })
	}
	over := make(chan struct{})
	for id := range closers {
		closing.Go(func() { closeRuns(w, id, over) })
	}
	counting.Wait()
	close(over)
	closing.Wait()
	close(accepted)
	if t.Failed() {
		return
	}
	stored := map[string]bool{}
	for uid := range accepted {
		stored[uid] = true
	}
	settleTheRest(w)

	var tallies []struct {
		UID    string
		Claims int64
	}
	w.Must(w.DB.NewSelect().TableExpr("tallies AS t").ColumnExpr("t.uid, COUNT(p.id) AS claims").
		Join("LEFT JOIN tally_claims AS c ON c.tally_id = t.id").Join("LEFT JOIN pay_runs AS p ON p.id = c.run_id AND p.status = 'approved'").
		GroupExpr("t.uid").Scan(w.Ctx, &tallies))
	if len(tallies) != len(stored) {
		t.Errorf("%d tallies were acknowledged, %d are stored", len(stored), len(tallies))
	}
	for _, tally := range tallies {
		if tally.Claims != 1 || !stored[tally.UID] {
			t.Errorf("tally %s is in %d approved runs", tally.UID, tally.Claims)
		}
	}
	if counted, paid := pieces(w, "SELECT COALESCE(SUM(CASE WHEN reverses_id IS NULL THEN good ELSE -good END), 0) FROM tallies"),
		pieces(w, "SELECT COALESCE(SUM(l.good), 0) FROM slip_lines l"); counted != paid {
		t.Errorf("%d pieces were counted, the slips show %d", counted, paid)
	}
	done, err := payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
	if done.Links < len(tallies) {
		t.Errorf("the chain has %d links for %d tallies", done.Links, len(tallies))
	}
}

// write hands in tallies, in ones and twos, strikes some of them and sends some again, as phones with a bad line do.
func write(w *pieceworktest.World, recorder *piecework.Recorder, id, rounds int, accepted chan<- string) {
	r := rand.New(rand.NewPCG(uint64(id), 3))
	for round := range rounds {
		first := piecework.NewTally{UID: fmt.Sprintf("w%d-%d", id, round), Session: fmt.Sprintf("S%d", 1+r.IntN(5)), Worker: fmt.Sprintf("A%d", 1+r.IntN(3)),
			Order: "O1", Operation: []string{"cut", "glue"}[r.IntN(2)], Counts: piecework.Counts{Good: 1 + r.Int64N(50)}}
		undo := first
		undo.UID, undo.Reverses, undo.Session = first.UID+"-undo", first.UID, fmt.Sprintf("S%d", 1+r.IntN(5))
		batches := [][][]piecework.NewTally{{{first}}, {{first}, {undo}}, {{first, undo}}, {{first}, {first}}, {{first}, {first, undo}, {undo, first}}}[r.IntN(5)]
		seen := map[string]bool{}
		for _, batch := range batches {
			results, err := recorder.Record(w.Ctx, piecework.Actor{Name: "lead", WorkshopID: w.Workshop.ID}, batch)
			if err != nil {
				w.Errorf("writer %d: %v", id, err)
				return
			}
			for i, res := range results {
				want := piecework.Accepted
				if seen[res.UID] {
					want = piecework.Duplicate
				}
				if res.Status != want || res.UID != batch[i].UID {
					w.Errorf("writer %d: %s is %s (%v), want %s", id, batch[i].UID, res.Status, res.Reason, want)
				}
				if seen[res.UID] = true; res.Status == piecework.Accepted {
					accepted <- res.UID
				}
			}
		}
	}
}

// closeRuns settles one stretch of days after the other and does with the draft what comes to mind. Only conflicts may
// come in the way.
func closeRuns(w *pieceworktest.World, id int, over <-chan struct{}) {
	r := rand.New(rand.NewPCG(uint64(id), 4))
	for {
		select {
		case <-over:
			return
		default:
		}
		from := piecework.Date("2026-10-05").AddDays(r.IntN(5))
		run, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, from, from.AddDays(r.IntN(3)), "closer")
		if err == nil {
			switch r.IntN(5) {
			case 0, 1:
				err = payroll.Approve(w.Ctx, w.DB, run.ID, "closer")
			case 2:
				err = payroll.Discard(w.Ctx, w.DB, run.ID)
			case 3:
				err = payroll.Recompute(w.Ctx, w.DB, run.ID)
			}
		}
		if err != nil && !errors.Is(err, piecework.ErrConflict) {
			w.Errorf("closer %d: %v", id, err)
			return
		}
	}
}

// settleTheRest approves every draft that has slips, gives up the others, and settles what is left.
func settleTheRest(w *pieceworktest.World) {
	w.Helper()
	drafts, err := payroll.Runs(w.Ctx, w.DB, piecework.Filter{Status: string(payroll.Draft)})
	w.Must(err)
	for _, run := range drafts.Items {
		if err := payroll.Approve(w.Ctx, w.DB, run.ID, "closer"); errors.Is(err, piecework.ErrConflict) {
			err = payroll.Discard(w.Ctx, w.DB, run.ID)
			w.Must(err)
		} else {
			w.Must(err)
		}
	}
	run, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "2026-10-01", "2026-10-31", "closer")
	if err == nil {
		err = payroll.Approve(w.Ctx, w.DB, run.ID, "closer")
	}
	if err != nil && !errors.Is(err, piecework.ErrConflict) {
		w.Fatal(err)
	}
}

func pieces(w *pieceworktest.World, query string) (n int64) {
	w.Helper()
	w.Must(w.DB.QueryRowContext(w.Ctx, query).Scan(&n))
	return n
}

func TestTwoApprovalsAreOne(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Count("S1", "A1", "glue", 10)
	run := settle(w, "2026-10-01", "2026-10-31")
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() { errs <- payroll.Approve(w.Ctx, w.DB, run.ID, "other") }()
	}
	approved := 0
	for range cap(errs) {
		if err := <-errs; err == nil {
			approved++
		} else if !errors.Is(err, piecework.ErrConflict) {
			t.Error(err)
		}
	}
	if approved != 1 {
		t.Errorf("approved %d times", approved)
	}
	_, err := payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
}

func TestTwoSettlementsAreOneDraft(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Count("S1", "A1", "glue", 10)
	ids := make(chan int64, 4)
	for range cap(ids) {
		go func() {
			run, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "2026-10-01", "2026-10-31", "test")
			if err != nil {
				t.Error(err)
				run = &payroll.PayRun{}
			}
			ids <- run.ID
		}()
	}
	first := <-ids
	for range cap(ids) - 1 {
		if id := <-ids; id != first {
			t.Errorf("drafts %d and %d", first, id)
		}
	}
	wantSlips(w, first, "A1 v1 gross 3.50 deductions 0.00 net 3.50 carried 0.00\n  piece glue 10 × 0.35 = 3.50\n")
}

// Whoever withdraws a rate waits for the run that is being approved with it, and is then told of it.
func TestARateIsNotWithdrawnFromUnderARun(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Count("S1", "A1", "glue", 10)
	run := settle(w, "2026-10-01", "2026-10-31")
	rates, err := piecework.Rates(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	withdrawn := make(chan error, 1)
	w.Must(piecework.InTx(w.Ctx, w.DB, func(ctx context.Context, db bun.Tx) error {
		if err := payroll.Approve(ctx, db, run.ID, "other"); err != nil {
			return err
		}
		go func() { withdrawn <- payroll.WithdrawRate(w.Ctx, w.DB, rates.Items[0].ID) }()
		select {
		case err := <-withdrawn:
			withdrawn <- err
		case <-time.After(200 * time.Millisecond): // it waits
		}
		return nil
	}))
	wantKind(t, "withdraw a rate that is being paid with", <-withdrawn, piecework.ErrConflict)
}
