package piecework_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestCodesOf(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	ids := []int64{w.Workers[0].ID, w.Workers[1].ID}
	first, err := piecework.CodesOf(w.Ctx, w.DB, piecework.WorkerBadge, w.Workshop.ID, "test", ids[0])
	w.Must(err)
	both, err := piecework.CodesOf(w.Ctx, w.DB, piecework.WorkerBadge, w.Workshop.ID, "test", ids[0], ids[1], ids[1])
	w.Must(err)
	if len(first) != 1 || len(both) != 2 || both[ids[0]] != first[ids[0]] || both[ids[1]] == both[ids[0]] {
		t.Errorf("first %v, then %v", first, both)
	}
	for id, c := range both {
		issued, err := piecework.IssuedCodeOf(w.Ctx, w.DB, c)
		w.Must(err)
		if issued.TargetID != id || issued.Replaced() || issued.Refusal() != nil || issued.ReplacedBy != 0 || issued.WorkshopID != w.Workshop.ID || issued.IssuedBy != "test" {
			t.Errorf("%s: %+v", c, issued)
		}
	}
	if none, err := piecework.CodesOf(w.Ctx, w.DB, piecework.WorkerBadge, w.Workshop.ID, "test"); err != nil || len(none) != 0 {
		t.Errorf("for nobody: %v, %v", none, err)
	}
	// What can be no code of another kind's thing: a session with the same id has a code of its own.
	session, err := piecework.CodesOf(w.Ctx, w.DB, piecework.SessionCode, w.Workshop.ID, "test", ids[0])
	w.Must(err)
	if session[ids[0]].Kind != piecework.SessionCode {
		t.Errorf("the session's code is %v", session)
	}
}

func TestReplaceCode(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	id := w.Workers[0].ID
	replace := func(reason string) (piecework.Code, error) {
		return piecework.ReplaceCode(w.Ctx, w.DB, piecework.WorkerBadge, id, "lead", reason)
	}
	if _, err := replace("lost"); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("without a badge: %v", err)
	}
	codes, err := piecework.CodesOf(w.Ctx, w.DB, piecework.WorkerBadge, w.Workshop.ID, "test", id)
	w.Must(err)
	for _, reason := range []string{"", "a\x00b", strings.Repeat("久", piecework.MaxNote+1)} {
		if _, err := replace(reason); !errors.Is(err, piecework.ErrInvalid) {
			t.Errorf("reason %.10q: %v", reason, err)
		}
	}
	second, err := replace("掉进染缸")
	w.Must(err)
	third, err := replace("again")
	w.Must(err)
	found, err := piecework.IssuedCodes(w.Ctx, w.DB, codes[id], second, third, piecework.Code{Kind: piecework.TeamBadge, Serial: 1})
	w.Must(err)
	old := found[codes[id]]
	if len(found) != 3 || !old.Replaced() || old.ReplacedBy != second.Serial || old.Reason != "掉进染缸" || old.TargetID != id ||
		old.Refusal() == nil || !strings.Contains(old.Refusal().String(), "replaced by a newer") {
		t.Errorf("found %+v", found)
	}
	now, err := piecework.CodesOf(w.Ctx, w.DB, piecework.WorkerBadge, w.Workshop.ID, "test", id)
	w.Must(err)
	history, err := piecework.CodeHistory(w.Ctx, w.DB, piecework.WorkerBadge, id)
	w.Must(err)
	if now[id] != third || len(history) != 3 || history[0].Code() != third || history[0].Replaced() {
		t.Errorf("now %v, history %+v", now, history)
	}
	if _, err := piecework.IssuedCodeOf(w.Ctx, w.DB, piecework.Code{Kind: piecework.WorkerBadge, Serial: 999}); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("a code nobody has: %v", err)
	}
	if _, err := w.DB.NewDelete().Model((*piecework.IssuedCode)(nil)).Where("1 = 1").Exec(w.Ctx); err == nil {
		t.Error("codes can be deleted")
	}
}

// TestSerialsAreNeverTakenTwice has many ask at once, for the same things and for different ones.
func TestSerialsAreNeverTakenTwice(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	const askers, things = 8, 60 // past the first serials that are left out
	var group sync.WaitGroup
	answers := make([]map[int64]piecework.Code, askers)
	for i := range askers {
		group.Go(func() {
			var ids []int64
			for id := range int64(things) {
				ids = append(ids, id+1+int64(i%2)*things)
			}
			var err error
			if answers[i], err = piecework.CodesOf(w.Ctx, w.DB, piecework.TakeHomeCode, w.Workshop.ID, "test", ids...); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	owner := map[piecework.Code]int64{}
	for _, codes := range answers {
		if len(codes) != things {
			t.Errorf("%d codes for %d things", len(codes), things)
		}
		for id, c := range codes {
			if before, taken := owner[c]; taken && before != id || !c.Issuable() {
				t.Errorf("%s went to %d and to %d", c, before, id)
			}
			owner[c] = id
		}
	}
	if len(owner) != 2*things {
		t.Errorf("%d codes for %d things", len(owner), 2*things)
	}
}
