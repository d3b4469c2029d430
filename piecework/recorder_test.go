package piecework_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// Whoever shares a commit gets her own answers, in her own order.
func TestCallersWhoShareACommitGetTheirOwnAnswers(t *testing.T) {
	w := twoShops(t)
	recorder := piecework.NewRecorder(w.DB)
	defer recorder.Close()
	var callers sync.WaitGroup
	for id := range 40 {
		callers.Go(func() {
			uid := fmt.Sprintf("c%d", id)
			batch := []piecework.NewTally{tally(uid), tally(uid+"-bad", good(-1)), tally(uid), tally(uid+"-undo", reversing(uid)), tally("shared")}
			for try := range 2 {
				results, err := recorder.Record(w.Ctx, piecework.Actor{Name: uid}, batch)
				if err != nil {
					t.Errorf("caller %d: %v", id, err)
					return
				}
				first := []string{"accepted", "duplicate"}[try]
				want := []string{uid + " " + first, uid + "-bad rejected good: must be between 0 and 10000000", uid + " duplicate", uid + "-undo " + first}
				got := said(results)
				if strings.Join(got[:4], "\n") != strings.Join(want, "\n") || len(got) != 5 || got[4] != "shared accepted" && got[4] != "shared duplicate" {
					t.Errorf("caller %d, try %d: %q, want %q", id, try, got, want)
				}
			}
		})
	}
	callers.Wait()
	if n := checkChain(w); n != 2*40+1 {
		t.Errorf("%d tallies are stored", n)
	}
	var wrong int
	w.Must(w.DB.QueryRowContext(w.Ctx, "SELECT COUNT(*) FROM tallies WHERE uid LIKE 'c%' AND uid NOT LIKE recorded_by || '%'").Scan(&wrong))
	if wrong != 0 {
		t.Errorf("%d tallies are in another caller's name", wrong)
	}
}

// What a recorder remembers from commit to commit is good only as long as nobody else writes. Here others do, between its commits.
func TestARecorderNoticesWhatOthersWrite(t *testing.T) {
	w := twoShops(t)
	recorder := piecework.NewRecorder(w.DB)
	defer recorder.Close()
	first := new(piecework.WorkSession)
	w.Must(w.DB.NewSelect().Model(first).Where("code = 'S1'").Scan(w.Ctx))
	n := 0
	next := func(options ...func(*piecework.NewTally)) string {
		t.Helper()
		n++
		uid := fmt.Sprintf("n%d", n)
		results, err := recorder.Record(w.Ctx, piecework.Actor{Name: "lead"}, []piecework.NewTally{tally(uid, options...)})
		w.Must(err)
		said := strings.TrimPrefix(said(results)[0], uid+" ")
		for _, warning := range results[0].Warnings {
			said += "; " + warning.String()
		}
		return said
	}
	other := func(uid string, options ...func(*piecework.NewTally)) func() {
		return func() {
			results := record(w, tally(uid, options...))
			if got := said(results)[0]; got != uid+" accepted" {
				t.Errorf("another writer was told %q", got)
			}
		}
	}
	worker := func(code string) func(*piecework.NewTally) {
		return func(t *piecework.NewTally) { t.Worker = code }
	}
	later := []func(*piecework.NewTally){session("S1", piecework.Now()+60_000)} // than anything that closes here
	for _, step := range []struct {
		name    string
		happens func()
		tally   []func(*piecework.NewTally)
		want    string
	}{
		{"nothing", func() {}, nil, "accepted"},
		{"nothing again", func() {}, []func(*piecework.NewTally){worker("A2")}, "accepted"},
		{"another tally of the same worker", other("o1", worker("A3")), []func(*piecework.NewTally){worker("A3")}, "accepted; Counted at the same operation"},
		{"most of the order", other("o2", good(4990)), []func(*piecework.NewTally){worker("A2"), good(1)}, "pieces are counted at this operation, but only 5000 are ordered"},
		{"a ticket is used", other("o3", ticket("T1")), []func(*piecework.NewTally){ticket("T1")}, "rejected ticket T1 is already credited"},
		{"its tally is struck", other("o4", ticket("T1"), reversing("o3")), []func(*piecework.NewTally){ticket("T1")}, "accepted"},
		{"the session closes", func() { w.Must(piecework.CloseSession(w.Ctx, w.DB, first.ID, "lead")) }, later, "rejected session S1 is closed"},
		{"it is opened again", func() { w.Must(piecework.ReopenSession(w.Ctx, w.DB, first.ID)) }, nil, "accepted"},
		{"the order closes", func() { w.Must(piecework.EndOrder(w.Ctx, w.DB, w.Order.ID, "客户取消", "test")) }, later, "rejected order O1 is closed"},
		{"it is opened again, too", func() { w.Must(piecework.CloseOrder(w.Ctx, w.DB, w.Order.ID, true)) }, nil, "accepted"},
	} {
		step.happens()
		if got := next(step.tally...); !strings.Contains(got, step.want) {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
	checkChain(w)
	w.Must(piecework.CheckProgress(w.Ctx, w.DB))
}

// A commit that fails leaves nothing behind in the recorder: neither an open transaction nor sums that were never stored.
func TestARecorderForgetsWhatWasNotStored(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	recorder := piecework.NewRecorder(w.DB)
	defer recorder.Close()
	send := func(uid string) error {
		_, err := recorder.Record(w.Ctx, piecework.Actor{Name: "lead"}, []piecework.NewTally{tally(uid)})
		return err
	}
	w.Must(send("a"))
	_, err := w.DB.ExecContext(w.Ctx, "ALTER TABLE order_progress RENAME TO elsewhere")
	w.Must(err)
	for range 2 {
		if err := send("b"); err == nil {
			t.Error("stored although a table is missing")
		}
	}
	_, err = w.DB.ExecContext(w.Ctx, "ALTER TABLE elsewhere RENAME TO order_progress")
	w.Must(err)
	w.Must(send("b"))
	if n := checkChain(w); n != 2 {
		t.Errorf("%d tallies are stored", n)
	}
	w.Must(piecework.CheckProgress(w.Ctx, w.DB))
}

func TestARecorderThatStoppedSaysSo(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	recorder := piecework.NewRecorder(w.DB)
	if _, err := recorder.Record(w.Ctx, piecework.Actor{}, []piecework.NewTally{tally("a")}); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(w.Ctx)
	cancel()
	if res, err := recorder.Record(gone, piecework.Actor{}, []piecework.NewTally{tally("b")}); err == nil && res[0].Status != piecework.Accepted {
		t.Errorf("a caller who left got %v", res)
	} else if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left got %v", err)
	}
	recorder.Close()
	recorder.Close()
	for range 20 { // whichever of its ways out the call takes, it never claims to have stored anything
		if res, err := recorder.Record(w.Ctx, piecework.Actor{}, []piecework.NewTally{tally("c")}); !errors.Is(err, piecework.ErrConflict) {
			t.Fatalf("stopped: %v, %v", res, err)
		}
	}
	results := record(w, tally("a"), tally("c"))
	if got := said(results); got[0] != "a duplicate" || got[1] != "c accepted" {
		t.Errorf("afterwards %q", got)
	}
}

// BenchmarkRecord hands in single tallies from 16 connections at once. Each is on disk when its caller gets the answer.
func BenchmarkRecord(b *testing.B) {
	const connections = 16
	w := pieceworktest.NewWorld(b)
	recorder := piecework.NewRecorder(w.DB)
	defer recorder.Close()
	var uid atomic.Int64
	b.SetParallelism(max(1, connections/runtime.GOMAXPROCS(0)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			res, err := recorder.Record(w.Ctx, piecework.Actor{Name: "lead"}, []piecework.NewTally{tally(fmt.Sprintf("r%d", uid.Add(1)))})
			if err != nil || res[0].Status != piecework.Accepted {
				b.Errorf("%v, %v", res, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tallies/s")
}
