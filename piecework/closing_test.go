package piecework_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func closingRow(w *pieceworktest.World, worker int) *piecework.ClosingRow {
	w.Helper()
	c, err := piecework.ClosingOf(w.Ctx, w.DB, 1)
	w.Must(err)
	row, err := c.Row(w.Workers[worker].ID)
	w.Must(err)
	return row
}

// say makes a worker say something about the counts as they are.
func say(w *pieceworktest.World, worker int, agrees bool, words string, tally int64) error {
	w.Helper()
	return piecework.SayCounts(w.Ctx, w.DB, &piecework.CountSay{SessionID: 1, WorkerID: w.Workers[worker].ID, Agrees: agrees, Words: words, TallyID: tally, SaidBy: "test"},
		closingRow(w, worker).Digest())
}

func TestSheet(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Must(piecework.CheckIn(w.Ctx, w.DB, 1, w.Workers[2].ID))
	w.Count("S1", "A2", "glue", 30)
	w.Count("S1", "A1", "glue", 7)
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 120, Rework: 3}})
	gone := w.Count("S1", "A2", "cut", 5)
	w.Record(piecework.NewTally{Session: "S1", Worker: "A2", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 5}, Reverses: gone, Reason: "wrong"})
	s, err := piecework.SheetOf(w.Ctx, w.DB, 1)
	w.Must(err)
	var got []string
	for i := range s.Rows {
		got = append(got, s.Rows[i].Worker.Code+": "+s.Rows[i].Text())
	}
	want := "A1: O1\tcut\t120\t3\t0\t0\nO1\tglue\t7\t0\t0\t0\n|A2: O1\tglue\t30\t0\t0\t0\n|A3: "
	if strings.Join(got, "|") != want {
		t.Errorf("rows %q, want %q", got, want)
	}
	if r := s.Row(w.Workers[0].ID); r.Sum != (piecework.Counts{Good: 127, Rework: 3}) || r.Here() || r.Lines[0].Operation.Code != "cut" {
		t.Errorf("A1: %+v", r)
	}
	if r := s.Row(w.Workers[2].ID); !r.Here() || !r.Sum.IsZero() {
		t.Errorf("A3: %+v", r)
	}
	if works := s.Works(); len(works) != 2 || works[0].Good != 120 || works[0].Workers != 1 || works[1].Good != 37 || works[1].Workers != 2 {
		t.Errorf("works: %+v", works)
	}
}

func TestSayCounts(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	uid := w.Count("S1", "A1", "cut", 120)
	w.Count("S1", "A2", "cut", 90)
	state := func(want piecework.SayState) {
		t.Helper()
		if got := closingRow(w, 0).State(); got != want {
			t.Errorf("A1 is %s, want %s", got, want)
		}
	}
	state(piecework.SaySilent)
	w.Must(say(w, 0, true, "", 0))
	state(piecework.SayAgreed)
	if closingRow(w, 1).State() != piecework.SaySilent {
		t.Error("A1 has spoken for A2")
	}
	// Another's work changes nothing; her own takes the agreement away, and keeps what she agreed to.
	w.Count("S1", "A2", "cut", 5)
	state(piecework.SayAgreed)
	stale := closingRow(w, 0).Digest()
	w.Count("S1", "A1", "glue", 10)
	state(piecework.SayChanged)
	if r := closingRow(w, 0); r.Say.Good() != 120 || r.Sum.Good != 130 {
		t.Errorf("agreed to %d, now %d", r.Say.Good(), r.Sum.Good)
	}
	err := piecework.SayCounts(w.Ctx, w.DB, &piecework.CountSay{SessionID: 1, WorkerID: w.Workers[0].ID, Agrees: true, SaidBy: "test"}, stale)
	if !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("agreed to what has changed: %v", err)
	}
	// She says what is wrong, and means a tally.
	tallies, err := piecework.Tallies(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	id := map[string]int64{}
	for _, tally := range tallies.Items {
		id[tally.UID] = tally.ID
	}
	if err := say(w, 0, false, "", 0); err == nil || !strings.Contains(err.Error(), "words") {
		t.Errorf("without words: %v", err)
	}
	if err := say(w, 1, false, "not mine", id[uid]); err == nil || !strings.Contains(err.Error(), "tally") {
		t.Errorf("about another's tally: %v", err)
	}
	w.Must(say(w, 0, false, "it was 130", id[uid]))
	state(piecework.SayDisputed)
	if got, want := raised(w), fmt.Sprintf("%d disputed 0/0 it was 130", id[uid]); got != want {
		t.Errorf("for review: %s, want %s", got, want)
	}
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 120}, Reverses: uid, Reason: "130"})
	state(piecework.SayMended)
	w.Count("S1", "A1", "cut", 130)
	w.Must(say(w, 0, true, "", 0))
	state(piecework.SayAgreed)
	if _, err := w.DB.Exec("UPDATE count_agreements SET agrees = agrees"); err == nil {
		t.Error("what she said was changed")
	}
	if err := piecework.SayCounts(w.Ctx, w.DB, &piecework.CountSay{SessionID: 1, WorkerID: w.Workers[2].ID, Agrees: true}, ""); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("of one who was not there: %v", err)
	}
}
