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
