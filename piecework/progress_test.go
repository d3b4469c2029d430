package piecework_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

type progressKey struct{ session, worker, order, operation int64 }

// The sums that are kept are those of the tallies, after any history of batches, reversals and refusals.
func TestProgressIsTheSumOfTheTallies(t *testing.T) {
	w := twoShops(t)
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		var sent []piecework.NewTally
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			var batch []piecework.NewTally
			for range rapid.IntRange(1, 8).Draw(t, "size") {
				item := anyTally(t, sent)
				item.RecordedAt = piecework.Instant(rapid.Int64Range(1, 9).Draw(t, "minute") * 60_000)
				sent = append(sent, item)
				for _, s := range []*string{&item.UID, &item.Ticket, &item.Reverses} {
					if *s != "" {
						*s = fmt.Sprintf("z%d-%s", round, *s)
					}
				}
				batch = append(batch, item)
			}
			record(w, batch...)
		}
		if kept, want := keptProgress(w), summedProgress(w); !maps.Equal(kept, want) {
			t.Fatalf("kept\n%v\nsummed\n%v", kept, want)
		}
	})
	w.Must(piecework.CheckProgress(w.Ctx, w.DB))
}

type sums struct {
	piecework.Counts
	tallies int64
	last    piecework.Instant
}

func keptProgress(w *pieceworktest.World) map[progressKey]sums {
	w.Helper()
	var list []piecework.SessionProgress
	w.Must(w.DB.NewSelect().Model(&list).Scan(w.Ctx))
	kept := map[progressKey]sums{}
	for _, p := range list {
		kept[progressKey{p.SessionID, p.WorkerID, p.OrderID, p.OperationID}] = sums{p.Counts, p.Tallies, p.LastAt}
	}
	return kept
}

// summedProgress adds the tallies up one by one.
func summedProgress(w *pieceworktest.World) map[progressKey]sums {
	w.Helper()
	var list []piecework.Tally
	w.Must(w.DB.NewSelect().Model(&list).Relation("ReversedBy").Scan(w.Ctx))
	summed := map[progressKey]sums{}
	for _, t := range list {
		key := progressKey{t.SessionID, t.WorkerID, t.OrderID, t.OperationID}
		s := summed[key]
		if t.ReversesID != 0 {
			s.Counts, s.tallies = s.Plus(t.Counts.Negated()), s.tallies-1
		} else {
			s.Counts, s.tallies = s.Plus(t.Counts), s.tallies+1
			if !t.Struck() {
				s.last = max(s.last, t.RecordedAt)
			}
		}
		summed[key] = s
	}
	return summed
}

func TestProgressOfOrdersAndDays(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Session("S2", "2026-10-05")
	w.Session("S3", "2026-10-06")
	w.Count("S1", "A1", "cut", 100)
	w.Count("S2", "A1", "glue", 40)
	w.Count("S3", "A1", "glue", 2)
	wrong := w.Count("S1", "A2", "glue", 7)
	w.Record(piecework.NewTally{Session: "S3", Worker: "A2", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 7}, Reverses: wrong})
	progress, err := piecework.OrderProgress(w.Ctx, w.DB, w.Order.ID)
	w.Must(err)
	slices.SortFunc(progress, func(a, b piecework.Progress) int { return int(a.OperationID - b.OperationID) })
	if want := []piecework.Progress{{w.Cut.ID, piecework.Counts{Good: 100}}, {w.Glue.ID, piecework.Counts{Good: 42}}}; !slices.Equal(progress, want) {
		t.Errorf("order: %v, want %v", progress, want)
	}
	for day, want := range map[piecework.Date]map[int64]piecework.Counts{
		"2026-10-05": {w.Workers[0].ID: {Good: 140}, w.Workers[1].ID: {Good: 7}},
		"2026-10-06": {w.Workers[0].ID: {Good: 2}, w.Workers[1].ID: {}}, // what was struck is of the day before
		"2026-10-07": {},
	} {
		got, err := piecework.CountsOfDay(w.Ctx, w.DB, w.Workshop.ID, day)
		w.Must(err)
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", day, got, want)
		}
	}
}

func TestCheckProgressNamesWhatIsOff(t *testing.T) {
	for _, c := range []struct{ statement, want string }{
		{"UPDATE session_progress SET good = good + 1 WHERE worker_id = 1", "session S1, worker A1, order O1, operation cut"},
		{"UPDATE session_progress SET tallies = 2 WHERE worker_id = 2", "session S1, worker A2, order O1, operation glue"},
		{"UPDATE session_progress SET last_at = last_at - 1 WHERE worker_id = 2", "session S1, worker A2"},
		{"DELETE FROM session_progress WHERE worker_id = 1", "session S1, worker A1"},
		{"INSERT INTO session_progress VALUES (1, 3, 1, 1, 0, 0, 0, 0, 1, 0)", "session S1, worker A3"},
		{"UPDATE order_progress SET scrap_material = 3", "order O1, operation cut"},
		{"DELETE FROM order_progress WHERE operation_id = 2", "order O1, operation glue"},
	} {
		w := pieceworktest.NewWorld(t)
		w.Count("S1", "A1", "cut", 100)
		w.Count("S1", "A2", "glue", 40)
		w.Must(piecework.CheckProgress(w.Ctx, w.DB))
		_, err := w.DB.ExecContext(w.Ctx, c.statement)
		w.Must(err)
		if err := piecework.CheckProgress(w.Ctx, w.DB); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.statement, err, c.want)
		}
	}
}

// Yesterday's mistake, struck today, is not taken from what she made today.
func TestTheDayLeavesOutWhatWasStruckOfOthers(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	wrong := w.Count("S1", "A1", "glue", 500)
	w.Session("S2", "2026-10-06")
	w.Record(piecework.NewTally{Session: "S2", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 500}, Reverses: wrong})
	today := w.Count("S2", "A1", "glue", 40)
	w.Count("S2", "A1", "glue", 7)
	w.Record(piecework.NewTally{Session: "S2", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 40}, Reverses: today})
	counts, err := piecework.CountsOfDay(w.Ctx, w.DB, w.Workshop.ID, "2026-10-06")
	w.Must(err)
	if got := counts[w.Workers[0].ID].Good; got != 7 {
		t.Errorf("she made %d pieces today, want 7", got)
	}
}
