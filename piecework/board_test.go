package piecework_test

import (
	"errors"
	"testing"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestBoardOf(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	b, err := piecework.BoardOf(w.Ctx, w.DB, 1)
	w.Must(err)
	if len(b.Orders) != 1 || len(b.Orders[0].Steps) != 2 || b.Orders[0].Steps[0].Done != 0 || !b.Sum.IsZero() {
		t.Errorf("nothing counted: %+v", b.Orders)
	}
	w.Session("S2", "2026-10-06")
	w.Count("S1", "A1", "cut", 1000)
	w.Count("S2", "A1", "cut", 200)
	w.Record(piecework.NewTally{Session: "S2", Worker: "A2", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 50, ScrapMaterial: 4}})
	w.Must(piecework.CheckIn(w.Ctx, w.DB, 2, w.Workers[2].ID))
	b, err = piecework.BoardOf(w.Ctx, w.DB, 2)
	w.Must(err)
	step := b.Orders[0].Steps[0]
	if step.Done != 1250 || step.Now != 250 || step.Percent(b.Orders[0].Order.Quantity) != 25 || b.Sum != (piecework.Counts{Good: 250, ScrapMaterial: 4}) || b.Here != 1 || len(b.Rows) != 3 {
		t.Errorf("board: %+v, sum %+v, %d here", step, b.Sum, b.Here)
	}
	if p := (piecework.BoardStep{Done: 7000}).Percent(5000); p != 100 {
		t.Errorf("more than ordered is %d %%", p)
	}
	if _, err := piecework.BoardOf(w.Ctx, w.DB, 99); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("of no session: %v", err)
	}
}

func TestSessionMarker(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Session("S2", "2026-10-06")
	last := ""
	changes := func(what string, want bool) {
		t.Helper()
		marker, err := piecework.SessionMarker(w.Ctx, w.DB, 1)
		w.Must(err)
		if (marker != last) != want {
			t.Errorf("%s: the marker was %s and is %s", what, last, marker)
		}
		last = marker
	}
	changes("at first", true)
	changes("nothing", false)
	uid := w.Count("S1", "A1", "cut", 10)
	changes("a tally", true)
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 10}, Reverses: uid, Reason: "wrong"})
	changes("a reversal", true)
	w.Must(piecework.CheckIn(w.Ctx, w.DB, 1, w.Workers[0].ID))
	changes("somebody came", true)
	w.Must(piecework.CheckIn(w.Ctx, w.DB, 2, w.Workers[0].ID))
	changes("somebody came to another session", false)
	w.Must(piecework.CheckOut(w.Ctx, w.DB, 1, w.Workers[0].ID))
	changes("somebody left", true)
	w.Must(piecework.CloseSession(w.Ctx, w.DB, 1, "test"))
	changes("closed", true)
	w.Must(piecework.ReopenSession(w.Ctx, w.DB, 1))
	changes("opened again", true)
}

func TestSurname(t *testing.T) {
	for name, want := range map[string]string{"王秀英": "王", "欧阳素珍": "欧阳", "欧阳": "欧", "单于": "单", "Anna Weber": "A", "𬭎大姐": "𬭎", "": ""} {
		if got := piecework.Surname(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
