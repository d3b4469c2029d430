package piecework_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// giveOut gives a lot of the world's order to a worker.
func giveOut(w *pieceworktest.World, worker int, quantity int64, due piecework.Date) *piecework.TakeHome {
	w.Helper()
	th := &piecework.TakeHome{WorkerID: w.Workers[worker].ID, OrderID: w.Order.ID, OperationID: w.Glue.ID, Quantity: quantity, OutOn: "2026-10-05", DueOn: due, GivenBy: "test"}
	w.Must(piecework.GiveOut(w.Ctx, w.DB, th))
	return lot(w, th.ID)
}

func lot(w *pieceworktest.World, id int64) *piecework.TakeHome {
	w.Helper()
	th, err := piecework.TakeHomeByID(w.Ctx, w.DB, id)
	w.Must(err)
	return th
}

func bringBack(w *pieceworktest.World, id int64, uid, note string, n piecework.Counts) error {
	_, err := piecework.BringBack(w.Ctx, w.DB, piecework.Actor{Name: "test"}, piecework.HandIn{TakeHomeID: id, UID: uid, Session: "S1", Counts: n, Note: note})
	return err
}

// raised is what waits for review, apart from what the guards noticed: tally, kind, numbers and detail.
func raised(w *pieceworktest.World) string {
	w.Helper()
	var list []piecework.Flag
	w.Must(w.DB.NewSelect().Model(&list).Where("kind IN ('disputed', 'over_takehome') AND decided_at = 0").Order("id").Scan(w.Ctx))
	var lines []string
	for _, f := range list {
		lines = append(lines, fmt.Sprintf("%d %s %d/%d %s", f.TallyID, f.Kind, f.Found, f.Allowed, f.Detail))
	}
	return strings.Join(lines, "\n")
}

func TestTakeHome(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	th := giveOut(w, 0, 100, "2026-10-08")
	if th.WorkshopID != w.Workshop.ID || th.Out() != 100 || th.State("2026-10-08") != piecework.TakeHomeOut || th.State("2026-10-09") != piecework.TakeHomeOverdue {
		t.Fatalf("given out: %+v", th)
	}
	w.Must(bringBack(w, th.ID, "in-1", "", piecework.Counts{Good: 50, Rework: 4, ScrapWorkmanship: 3, ScrapMaterial: 3}))
	if got := lot(w, th.ID); got.CameIn != 60 || got.Out() != 40 {
		t.Errorf("after a part: %d in, %d out", got.CameIn, got.Out())
	}
	w.Must(bringBack(w, th.ID, "in-1", "", piecework.Counts{Good: 50, Rework: 4, ScrapWorkmanship: 3, ScrapMaterial: 3})) // pressed twice
	err := bringBack(w, th.ID, "in-2", "", piecework.Counts{Good: 41})
	if !errors.Is(err, piecework.ErrInvalid) || !strings.Contains(err.Error(), "note: 1 more") {
		t.Errorf("more than is out: %v", err)
	}
	w.Must(bringBack(w, th.ID, "in-2", "one was counted too few", piecework.Counts{Good: 41}))
	if got := lot(w, th.ID); got.CameIn != 101 || got.Out() != 0 || got.Over() != 1 || got.State("2026-12-01") != piecework.TakeHomeBack {
		t.Errorf("all back: %+v", got)
	}
	if got := raised(w); got != "2 over_takehome 101/100 one was counted too few" {
		t.Errorf("for review: %s", got)
	}
	// The tally is one like any other: of the worker, in the session, and struck by a reversal.
	counts, err := piecework.CountsOfSession(w.Ctx, w.DB, 1) // S1
	w.Must(err)
	if len(counts) != 1 || counts[0].WorkerID != w.Workers[0].ID || counts[0].Good != 91 {
		t.Errorf("counted: %+v", counts)
	}
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 41}, Reverses: "in-2", Reason: "wrong"})
	if got := lot(w, th.ID); got.CameIn != 60 || got.State("2026-10-08") != piecework.TakeHomeOut {
		t.Errorf("after striking: %d in", got.CameIn)
	}
	returns, err := piecework.TakeHomeReturns(w.Ctx, w.DB, []piecework.TakeHome{*th})
	w.Must(err)
	if list := returns[th.ID]; len(list) != 2 || list[0].Tally.Struck() || !list[1].Tally.Struck() || list[1].Note == "" || list[0].Tally.Session.Code != "S1" {
		t.Errorf("hand-ins: %+v", list)
	}
}

func TestTakeHomeClosing(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	th := giveOut(w, 0, 100, "")
	w.Must(bringBack(w, th.ID, "in-1", "", piecework.Counts{Good: 90}))
	for _, bad := range []struct {
		unworked, lost int64
		reason, want   string
	}{{3, 6, "rain", "10 pieces are out"}, {0, 10, "", "reason: is required"}, {-1, 11, "rain", "unworked"}, {11, -1, "rain", "lost"}} {
		if err := piecework.CloseTakeHome(w.Ctx, w.DB, th.ID, bad.unworked, bad.lost, bad.reason, "test"); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if err := piecework.CancelTakeHome(w.Ctx, w.DB, th.ID, "by mistake", "test"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("cancelled after a hand-in: %v", err)
	}
	w.Must(piecework.CloseTakeHome(w.Ctx, w.DB, th.ID, 7, 3, "rain", "test"))
	if err := piecework.CloseTakeHome(w.Ctx, w.DB, th.ID, 7, 3, "rain", "test"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("closed twice: %v", err)
	}
	if err := bringBack(w, th.ID, "in-2", "", piecework.Counts{Good: 1}); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("brought back after closing: %v", err)
	}
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 90}, Reverses: "in-1", Reason: "wrong"})
	if got := lot(w, th.ID); got.Out() != 0 || got.Unaccounted() != 90 || got.State("2026-12-01") != piecework.TakeHomeClosed {
		t.Errorf("struck after closing: %+v", got)
	}
	w.Must(piecework.ReopenTakeHome(w.Ctx, w.DB, th.ID, "test"))
	if err := piecework.ReopenTakeHome(w.Ctx, w.DB, th.ID, "test"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("opened twice: %v", err)
	}
	w.Must(piecework.CancelTakeHome(w.Ctx, w.DB, th.ID, "by mistake", "test"))
	if got := lot(w, th.ID); len(got.Closings) != 2 || got.Closing().Kind != piecework.TakeHomeCancelled || got.Closings[0].LiftedBy != "test" || got.Unaccounted() != 0 {
		t.Errorf("cancelled: %+v", got.Closings)
	}
	for _, change := range []string{"UPDATE take_homes SET quantity = 1", "DELETE FROM take_homes", "UPDATE take_home_returns SET tally_id = tally_id + 1",
		"DELETE FROM take_home_returns", "DELETE FROM take_home_closings"} {
		if _, err := w.DB.Exec(change); err == nil {
			t.Errorf("%s went through", change)
		}
	}
}

func TestGiveOutRefuses(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	other := piecework.NewWorkshop("W2", "绢花坊")
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, other))
	stranger := &piecework.Worker{Code: "B1", Name: "赵桂芳", WorkshopID: other.ID, ShareWeight: piecework.ShareWeightOne, Active: true}
	w.Must(piecework.SaveWorker(w.Ctx, w.DB, stranger))
	gone := w.Workers[2]
	gone.Active = false
	w.Must(piecework.SaveWorker(w.Ctx, w.DB, &gone))
	good := piecework.TakeHome{WorkerID: w.Workers[0].ID, OrderID: w.Order.ID, OperationID: w.Cut.ID, Quantity: 10, OutOn: "2026-10-05"}
	for name, change := range map[string]func(*piecework.TakeHome){
		"worker":          func(th *piecework.TakeHome) { th.WorkerID = 0 },
		"worker: B1":      func(th *piecework.TakeHome) { th.WorkerID = stranger.ID },
		"worker: A3":      func(th *piecework.TakeHome) { th.WorkerID = gone.ID },
		"work: choose":    func(th *piecework.TakeHome) { th.OperationID = 999 },
		"work":            func(th *piecework.TakeHome) { th.OrderID = 0 },
		"quantity":        func(th *piecework.TakeHome) { th.Quantity = 0 },
		"out_on":          func(th *piecework.TakeHome) { th.OutOn = "" },
		"due_on":          func(th *piecework.TakeHome) { th.DueOn = "2026-10-04" },
		"note":            func(th *piecework.TakeHome) { th.Note = "a\x00" },
		"no such order":   func(th *piecework.TakeHome) { th.OrderID = 999 },
		"no such worker.": func(th *piecework.TakeHome) { th.WorkerID = 999 },
	} {
		th := good
		change(&th)
		if err := piecework.GiveOut(w.Ctx, w.DB, &th); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Must(piecework.EndOrder(w.Ctx, w.DB, w.Order.ID, "客户取消", "test"))
	if err := piecework.GiveOut(w.Ctx, w.DB, &good); err == nil || !strings.Contains(err.Error(), "order O1 is closed") {
		t.Errorf("of a closed order: %v", err)
	}
}

func TestTakeHomesInOrder(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	back := giveOut(w, 0, 10, "2026-10-06")
	w.Must(bringBack(w, back.ID, "b", "", piecework.Counts{Good: 10}))
	noDay, late, soon := giveOut(w, 0, 20, ""), giveOut(w, 1, 30, "2026-10-07"), giveOut(w, 1, 40, "2026-10-20")
	w.Must(bringBack(w, late.ID, "l", "", piecework.Counts{Good: 5}))
	ids := func(f piecework.Filter) string {
		page, err := piecework.TakeHomes(w.Ctx, w.DB, f, "2026-10-10")
		w.Must(err)
		var got []int64
		for _, th := range page.Items {
			got = append(got, th.ID)
		}
		return fmt.Sprint(got)
	}
	for _, c := range []struct {
		f    piecework.Filter
		want []int64
	}{
		{piecework.Filter{}, []int64{late.ID, soon.ID, noDay.ID, back.ID}},
		{piecework.Filter{Status: "out"}, []int64{late.ID, soon.ID, noDay.ID}},
		{piecework.Filter{Status: "overdue"}, []int64{late.ID}},
		{piecework.Filter{Status: "done"}, []int64{back.ID}},
		{piecework.Filter{WorkerID: w.Workers[0].ID, Status: "out"}, []int64{noDay.ID}},
		{piecework.Filter{WorkshopID: 99}, nil},
		{piecework.Filter{OrderID: w.Order.ID, Query: "a2"}, []int64{late.ID, soon.ID}},
	} {
		if got := ids(c.f); got != fmt.Sprint(c.want) {
			t.Errorf("%+v: %s, want %v", c.f, got, c.want)
		}
	}
	who, err := piecework.TakenHomeBy(w.Ctx, w.DB, w.Workshop.ID, "2026-10-10")
	w.Must(err)
	want := []piecework.TakenHome{{w.Workers[1].ID, "A2", "王秀英", 2, 1, 65}, {w.Workers[0].ID, "A1", "王秀英", 1, 0, 20}}
	if !slices.Equal(who, want) {
		t.Errorf("by worker: %+v", who)
	}
	all, err := piecework.AllTakeHomes(w.Ctx, w.DB, piecework.Filter{From: "2026-10-05", To: "2026-10-05"}, "2026-10-10")
	w.Must(err)
	if len(all) != 4 || all[0].ID != back.ID || all[0].CameIn != 10 {
		t.Errorf("all: %+v", all)
	}
}

// TestTakeHomeIsNotTooFast: what was done at home comes in at once, and that is no wonder.
func TestTakeHomeIsNotTooFast(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Must(piecework.CheckIn(w.Ctx, w.DB, 1, w.Workers[0].ID))
	th := giveOut(w, 0, 4900, "")
	w.Must(bringBack(w, th.ID, "in-1", "", piecework.Counts{Good: 4000}))
	w.Must(bringBack(w, th.ID, "in-2", "", piecework.Counts{Good: 900}))
	flagged, err := piecework.FlaggedTallies(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	for _, tally := range flagged.Items {
		t.Errorf("%s: %s", tally.UID, tally.Flags[0].Message())
	}
}

// TestTakeHomeAddsUp: whatever is brought back, struck, closed and opened again, what is out and what came in stay what the steps say,
// and more than is out never comes in without a note.
func TestTakeHomeAddsUp(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	steps := 0
	rapid.Check(t, func(rt *rapid.T) {
		th := giveOut(w, 0, rapid.Int64Range(1, 50).Draw(rt, "quantity"), "")
		in, closed, live := int64(0), false, map[string]int64{}
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			steps++
			out := max(0, th.Quantity-in)
			switch rapid.SampledFrom([]string{"in", "strike", "close", "open"}).Draw(rt, "step") {
			case "in":
				n, note := rapid.Int64Range(1, 30).Draw(rt, "n"), rapid.SampledFrom([]string{"", "why"}).Draw(rt, "note")
				uid := fmt.Sprintf("r%d", steps)
				err := bringBack(w, th.ID, uid, note, piecework.Counts{Good: n})
				if ok := !closed && (n <= out || note != ""); ok != (err == nil) {
					rt.Fatalf("bring back %d of %d (closed %t, note %q): %v", n, out, closed, note, err)
				} else if ok {
					live[uid], in = n, in+n
				}
			case "strike":
				for uid, n := range live {
					w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: n}, Reverses: uid, Reason: "wrong"})
					delete(live, uid)
					in -= n
					break
				}
			case "close":
				if err := piecework.CloseTakeHome(w.Ctx, w.DB, th.ID, 0, out, "rain", "test"); (err == nil) != (!closed && out > 0) {
					rt.Fatalf("close with %d out (closed %t): %v", out, closed, err)
				}
				closed = closed || out > 0
			case "open":
				if err := piecework.ReopenTakeHome(w.Ctx, w.DB, th.ID, "test"); (err == nil) != closed {
					rt.Fatalf("open (closed %t): %v", closed, err)
				}
				closed = false
			}
			got, want := lot(w, th.ID), max(0, th.Quantity-in)
			if closed {
				want = 0
			}
			if got.CameIn != in || got.Out() != want || (got.Closing() != nil) != closed {
				rt.Fatalf("%d in, %d out, want %d in, %d out", got.CameIn, got.Out(), in, want)
			}
		}
	})
}
