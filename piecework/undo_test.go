package piecework_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// ago is a moment so many minutes before now.
func ago(minutes int) piecework.Instant {
	return piecework.At(time.Now().Add(-time.Duration(minutes) * time.Minute))
}

var (
	adminActor = piecework.Actor{Name: "管理员", Admin: true}
	otherLead  = piecework.Actor{Name: "李组长"}
)

// by records one tally in somebody's name, and must be accepted.
func by(w *pieceworktest.World, who piecework.Actor, t piecework.NewTally) {
	w.Helper()
	results, err := piecework.RecordTallies(w.Ctx, w.DB, who, []piecework.NewTally{t})
	w.Must(err)
	if results[0].Status != piecework.Accepted {
		w.Fatalf("%+v", results)
	}
}

// claim puts a tally into a pay run, as a settlement does.
func claim(w *pieceworktest.World, uid string) {
	w.Helper()
	for _, statement := range []string{
		fmt.Sprintf("INSERT INTO pay_runs (id, workshop_id, period_from, period_to, status, computed_at, created_by) VALUES (1, %d, '2026-10-01', '2026-10-31', 'draft', 1, 'x')", w.Workshop.ID),
		"INSERT INTO tally_claims (tally_id, run_id) SELECT id, 1 FROM tallies WHERE uid = '" + uid + "'",
	} {
		_, err := w.DB.ExecContext(w.Ctx, statement)
		w.Must(err)
	}
}

func TestUndo(t *testing.T) {
	const notHers, tooLate, claimed = "was recorded by 王组长; only she or an administrator can undo it", "was recorded more than 30 minutes ago; ask an administrator", "is in a pay run already"
	for name, c := range map[string]struct {
		minutes int // how long ago it was recorded
		by      piecework.Actor
		before  func(*pieceworktest.World)
		want    string // "" when it may be undone
	}{
		"her own at once":               {0, recorder, nil, ""},
		"her own after 29 minutes":      {29, recorder, nil, ""},
		"her own after 31 minutes":      {31, recorder, nil, tooLate},
		"another's":                     {0, otherLead, nil, notHers},
		"an administrator":              {31, adminActor, nil, ""},
		"an administrator, much later":  {60 * 24, adminActor, nil, ""},
		"her own, claimed":              {1, recorder, func(w *pieceworktest.World) { claim(w, "a") }, claimed},
		"an administrator, claimed":     {1, adminActor, func(w *pieceworktest.World) { claim(w, "a") }, claimed},
		"twice":                         {1, recorder, func(w *pieceworktest.World) { w.Must(piecework.UndoTally(w.Ctx, w.DB, recorder, "a", "")) }, "is already reversed"},
		"session closed, none open":     {1, recorder, func(w *pieceworktest.World) { closeS1(w) }, "Session S1 is closed and no other is open"},
		"session closed, another opens": {1, recorder, func(w *pieceworktest.World) { closeS1(w); w.Session("S2", "2026-10-06") }, ""},
		"another workshop":              {1, piecework.Actor{Name: "王组长", WorkshopID: 99}, nil, "There is no such tally."},
	} {
		t.Run(name, func(t *testing.T) {
			w := pieceworktest.NewWorld(t)
			by(w, recorder, tally("a", session("S1", ago(c.minutes)), ticket("X1")))
			if c.before != nil {
				c.before(w)
			}
			err := piecework.UndoTally(w.Ctx, w.DB, c.by, "a", "wrong worker")
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Fatalf("%v, want %q", err, c.want)
			}
			if err == nil {
				page, err := piecework.Tallies(w.Ctx, w.DB, piecework.Filter{Status: "reversal"})
				w.Must(err)
				if r := page.Items[0]; r.Reason != "wrong worker" || r.RecordedBy != c.by.Name {
					t.Errorf("%+v", r)
				}
			}
			checkChain(w)
		})
	}
}

func closeS1(w *pieceworktest.World) {
	w.Helper()
	w.Must(piecework.CloseSession(w.Ctx, w.DB, 1, "test"))
}

// A device that was without a network says when it counted and when it took back; the server hears of both much later.
func TestUndoFromAQueue(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	send := func(items ...piecework.NewTally) []string {
		results, err := piecework.RecordBatch(w.Ctx, w.DB, piecework.Batch{By: recorder, Undo: true, Items: items})
		w.Must(err)
		return said(results)
	}
	undo := func(uid, original string, minutes int) piecework.NewTally {
		return tally(uid, reversing(original), session("S1", ago(minutes)))
	}
	first := undo("ra", "a", 271)
	got := send(tally("a", session("S1", ago(300))), first, tally("b", session("S1", ago(300))), undo("rb", "b", 269), tally("c"), undo("rc", "c", 0))
	want := []string{"a accepted", "ra accepted", "b accepted", `rb rejected tally "b" was recorded more than 30 minutes ago; ask an administrator to undo it`, "c accepted", "rc accepted"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := send(first); got[0] != "ra duplicate" {
		t.Errorf("sent again: %q", got)
	}
	// Without a word about undoing, the office strikes what it has to, as before.
	if got := said(record(w, undo("rb", "b", 0))); got[0] != "rb accepted" {
		t.Errorf("a plain reversal: %q", got)
	}
}

func TestUndoWithoutAReasonKeepsOne(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	by(w, recorder, tally("a"))
	w.Must(piecework.UndoTally(w.Ctx, w.DB, recorder, "a", ""))
	page, err := piecework.Tallies(w.Ctx, w.DB, piecework.Filter{Status: "reversal"})
	w.Must(err)
	if page.Items[0].Reason != piecework.UndoReason {
		t.Errorf("%q", page.Items[0].Reason)
	}
	if err := piecework.UndoTally(w.Ctx, w.DB, recorder, "nowhere", ""); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("what is not there: %v", err)
	}
}
