package payroll_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// heard is a world with one approved run: A1 and A2 have a slip each.
type heard struct {
	*pieceworktest.World
	run   *payroll.PayRun
	first string // uid of the tally of A1
}

func hear(t *testing.T) *heard {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	h := &heard{World: w, first: w.Count("S1", "A1", "glue", 10)}
	w.Count("S1", "A2", "glue", 20)
	h.run = settle(w, "2026-10-01", "2026-10-31")
	return h
}

func (h *heard) approve() *heard {
	h.Helper()
	h.Must(payroll.Approve(h.Ctx, h.DB, h.run.ID, "other"))
	return h
}

// slip is the current slip of a worker.
func (h *heard) slip(worker int) *payroll.Slip {
	h.Helper()
	list, err := payroll.SlipsOf(h.Ctx, h.DB, h.run.ID, h.Workers[worker].ID)
	h.Must(err)
	return &list[0]
}

func (h *heard) confirm(worker int) error {
	return payroll.Acknowledge(h.Ctx, h.DB, h.slip(worker).ID, h.Workers[worker].ID, "王秀英")
}

func (h *heard) raise(worker int, text string) error {
	_, err := payroll.Raise(h.Ctx, h.DB, h.slip(worker).ID, h.Workers[worker].ID, text, "王秀英")
	return err
}

func (h *heard) answer(outcome payroll.Outcome) error {
	_, err := payroll.Answer(h.Ctx, h.DB, 1, outcome, "looked at", "lead")
	return err
}

// more counts further pieces of A1 in the period of the run.
func (h *heard) more() { h.Count("S1", "A1", "glue", 4) }

func (h *heard) say(slip *payroll.Slip) *payroll.Say {
	h.Helper()
	say, err := payroll.SayOf(h.Ctx, h.DB, slip)
	h.Must(err)
	return say
}

func TestWhoMaySayWhat(t *testing.T) {
	approved := func(steps func(h *heard)) func(h *heard) {
		return func(h *heard) {
			h.approve()
			steps(h)
		}
	}
	nothing := func(*heard) {}
	reissue := func(h *heard) {
		_, err := payroll.Reissue(h.Ctx, h.DB, h.run.ID, h.Workers[0].ID, "again", "lead")
		h.Must(err)
	}
	disputed := approved(func(h *heard) { h.Must(h.raise(0, "two short")) })
	for name, c := range map[string]struct {
		before func(h *heard)
		do     func(h *heard) error
		want   error
		state  payroll.SayState // of the current slip of A1, after
	}{
		"confirm":             {approved(nothing), func(h *heard) error { return h.confirm(0) }, nil, payroll.Confirmed},
		"confirm twice":       {approved(func(h *heard) { h.Must(h.confirm(0)) }), func(h *heard) error { return h.confirm(0) }, nil, payroll.Confirmed},
		"confirm a draft":     {nothing, func(h *heard) error { return h.confirm(0) }, piecework.ErrNotFound, ""},
		"dispute a draft":     {nothing, func(h *heard) error { return h.raise(0, "two short") }, piecework.ErrNotFound, ""},
		"confirm for another": {approved(nothing), func(h *heard) error { return payroll.Acknowledge(h.Ctx, h.DB, h.slip(0).ID, h.Workers[1].ID, "x") }, piecework.ErrNotFound, payroll.Silent},
		"confirm for nobody":  {approved(nothing), func(h *heard) error { return payroll.Acknowledge(h.Ctx, h.DB, h.slip(0).ID, 0, "lead") }, piecework.ErrNotFound, payroll.Silent},
		"confirm no slip":     {approved(nothing), func(h *heard) error { return payroll.Acknowledge(h.Ctx, h.DB, 99, h.Workers[0].ID, "x") }, piecework.ErrNotFound, payroll.Silent},
		"dispute for another": {approved(nothing), func(h *heard) error {
			_, err := payroll.Raise(h.Ctx, h.DB, h.slip(0).ID, h.Workers[1].ID, "less for her", "x")
			return err
		}, piecework.ErrNotFound, payroll.Silent},
		"dispute":                     {approved(nothing), func(h *heard) error { return h.raise(0, "two short") }, nil, payroll.Disputed},
		"dispute without words":       {approved(nothing), func(h *heard) error { return h.raise(0, " \n ") }, piecework.ErrInvalid, payroll.Silent},
		"dispute with too many words": {approved(nothing), func(h *heard) error { return h.raise(0, strings.Repeat("长", 501)) }, piecework.ErrInvalid, payroll.Silent},
		"dispute in lines":            {approved(nothing), func(h *heard) error { return h.raise(0, "two\r\nshort") }, nil, payroll.Disputed},
		"dispute with a NUL":          {approved(nothing), func(h *heard) error { return h.raise(0, "two\x00short") }, piecework.ErrInvalid, payroll.Silent},
		"dispute what was confirmed":  {approved(func(h *heard) { h.Must(h.confirm(0)) }), func(h *heard) error { return h.raise(0, "two short") }, nil, payroll.Disputed},
		"the same dispute again":      {disputed, func(h *heard) error { return h.raise(0, "two short") }, nil, payroll.Disputed},
		"another dispute meanwhile":   {disputed, func(h *heard) error { return h.raise(0, "three short") }, piecework.ErrConflict, payroll.Disputed},
		"confirm a disputed slip":     {disputed, func(h *heard) error { return h.confirm(0) }, piecework.ErrConflict, payroll.Disputed},
		"explain":                     {disputed, func(h *heard) error { return h.answer(payroll.Explained) }, nil, payroll.Silent},
		"explain without words": {disputed, func(h *heard) error {
			_, err := payroll.Answer(h.Ctx, h.DB, 1, payroll.Explained, "", "lead")
			return err
		}, piecework.ErrInvalid, payroll.Disputed},
		"answer without an outcome":      {disputed, func(h *heard) error { return h.answer("") }, piecework.ErrInvalid, payroll.Disputed},
		"answer with a made-up outcome":  {disputed, func(h *heard) error { return h.answer("refused") }, piecework.ErrInvalid, payroll.Disputed},
		"answer nothing":                 {approved(nothing), func(h *heard) error { return h.answer(payroll.Explained) }, piecework.ErrNotFound, payroll.Silent},
		"answer twice":                   {approved(func(h *heard) { h.Must(h.raise(0, "x")); h.Must(h.answer(payroll.Explained)) }), func(h *heard) error { return h.answer(payroll.Explained) }, piecework.ErrConflict, payroll.Silent},
		"confirm what was explained":     {approved(func(h *heard) { h.Must(h.raise(0, "x")); h.Must(h.answer(payroll.Explained)) }), func(h *heard) error { return h.confirm(0) }, nil, payroll.Confirmed},
		"dispute what was explained":     {approved(func(h *heard) { h.Must(h.raise(0, "x")); h.Must(h.answer(payroll.Explained)) }), func(h *heard) error { return h.raise(0, "still") }, nil, payroll.Disputed},
		"correct nothing":                {disputed, func(h *heard) error { return h.answer(payroll.Corrected) }, piecework.ErrConflict, payroll.Disputed},
		"correct":                        {approved(func(h *heard) { h.Must(h.raise(0, "x")); h.more() }), func(h *heard) error { return h.answer(payroll.Corrected) }, nil, payroll.Silent},
		"issue again":                    {disputed, func(h *heard) error { reissue(h); return nil }, nil, payroll.Silent},
		"issue again what was confirmed": {approved(func(h *heard) { h.Must(h.confirm(0)) }), func(h *heard) error { reissue(h); return nil }, nil, payroll.Silent},
		"correct after payment": {approved(func(h *heard) {
			h.Must(h.raise(0, "x"))
			h.Must(payroll.PayRest(h.Ctx, h.DB, h.run.ID, payroll.Payment{Method: payroll.Cash, RecordedBy: "other"}))
		}), func(h *heard) error { return h.answer(payroll.Corrected) }, nil, payroll.Silent},
		"correct after a part was paid": {approved(func(h *heard) {
			h.Must(h.raise(0, "x"))
			h.more()
			h.Must(payroll.Pay(h.Ctx, h.DB, payroll.Payment{RunID: h.run.ID, WorkerID: h.Workers[0].ID, Amount: piecework.Fen(300), Method: payroll.Cash, RecordedBy: "other"}))
		}), func(h *heard) error {
			defer func() {
				if v := h.slip(0).Version; v != 1 {
					h.Errorf("version %d of a slip that is paid in part", v)
				}
			}()
			return h.answer(payroll.Corrected)
		}, nil, payroll.Silent},
		"confirm after payment": {approved(func(h *heard) {
			h.Must(payroll.PayRest(h.Ctx, h.DB, h.run.ID, payroll.Payment{Method: payroll.Cash, RecordedBy: "other"}))
		}), func(h *heard) error { return h.confirm(0) }, nil, payroll.Confirmed},
	} {
		t.Run(name, func(t *testing.T) {
			h := hear(t)
			c.before(h)
			if err := c.do(h); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if got := h.say(h.slip(0)).State; got != c.state {
				t.Errorf("the slip is %q, want %q", got, c.state)
			}
			_, err := payroll.Verify(h.Ctx, h.DB)
			h.Must(err)
		})
	}
}

// A version that was replaced keeps what was said about it and takes nothing more; the exchange stays linked.
func TestAVersionKeepsWhatWasSaidAboutIt(t *testing.T) {
	h := hear(t).approve()
	old := h.slip(0)
	h.Must(h.confirm(0))
	h.Must(h.raise(0, "four\nshort"))
	h.more()
	d, err := payroll.Answer(h.Ctx, h.DB, 1, payroll.Corrected, "they are in now", "lead")
	h.Must(err)
	next := h.slip(0)
	if next.Version != 2 || next.Reason != "they are in now" || d.CorrectedSlipID != next.ID || d.Outcome != payroll.Corrected || d.AnsweredBy != "lead" || d.Text != "four short" {
		t.Errorf("version %d because of %q answers %+v", next.Version, next.Reason, d)
	}
	before, after := h.say(old), h.say(next)
	if before.State != payroll.Confirmed || before.Acknowledgement == nil || string(before.Acknowledgement.Hash) != string(old.Hash) || before.Acknowledgement.AcknowledgedBy != "王秀英" {
		t.Errorf("the old version: %+v", before)
	}
	if after.State != payroll.Silent || after.Acknowledgement != nil {
		t.Errorf("the new version: %+v", after)
	}
	for _, say := range []*payroll.Say{before, after} {
		if len(say.Disputes) != 1 || say.Disputes[0].CorrectedSlip.Version != 2 || say.Disputes[0].Slip.Version != 1 || say.Waiting() != nil {
			t.Errorf("exchange: %+v", say.Disputes)
		}
	}
	wantKind(t, "confirm the old version", payroll.Acknowledge(h.Ctx, h.DB, old.ID, old.WorkerID, "x"), piecework.ErrConflict)
	_, err = payroll.Raise(h.Ctx, h.DB, old.ID, old.WorkerID, "more", "x")
	wantKind(t, "dispute the old version", err, piecework.ErrConflict)
}

// After payment the promise is kept by the next run that corrects this one.
func TestTheNextRunKeepsWhatTheAnswerPromised(t *testing.T) {
	h := hear(t).approve()
	h.Must(payroll.PayRest(h.Ctx, h.DB, h.run.ID, payroll.Payment{Method: payroll.Cash, RecordedBy: "other"}))
	h.Must(h.raise(0, "not mine"))
	h.Must(h.answer(payroll.Corrected))
	paid := h.slip(0)
	promised := func() *payroll.Slip {
		say := h.say(paid)
		return say.CorrectionOf(say.Disputes[0])
	}
	if promised() != nil {
		t.Error("the correction is there before the run")
	}
	h.Session("S2", "2026-11-03")
	h.Record(piecework.NewTally{Session: "S2", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 10}, Reverses: h.first, Reason: "not hers"})
	h.Count("S2", "A1", "glue", 30)
	november := settle(h.World, "2026-11-01", "2026-11-30")
	if promised() != nil {
		t.Error("a draft corrects nothing yet")
	}
	h.Must(payroll.Approve(h.Ctx, h.DB, november.ID, "other"))
	if slip := promised(); slip == nil || slip.RunID != november.ID {
		t.Errorf("corrected by %+v", slip)
	}
}

func TestWhatARunHears(t *testing.T) {
	h := hear(t)
	counts := func(want payroll.SayCounts) {
		t.Helper()
		if got, err := payroll.CountSays(h.Ctx, h.DB, h.run.ID); err != nil || got != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	counts(payroll.SayCounts{})
	h.approve()
	counts(payroll.SayCounts{Silent: 2})
	h.Must(h.confirm(1))
	h.Must(h.raise(0, "two short"))
	counts(payroll.SayCounts{Confirmed: 1, Disputed: 1})
	for state, want := range map[payroll.SayState]string{payroll.Confirmed: "A2", payroll.Disputed: "A1", payroll.Silent: ""} {
		list, err := payroll.Slips(h.Ctx, h.DB, h.run.ID, piecework.Filter{Status: string(state)})
		h.Must(err)
		codes := ""
		for _, s := range list.Items {
			codes += s.Worker.Code
		}
		if codes != want || list.Total != len(list.Items) {
			t.Errorf("%s: %q of %d, want %q", state, codes, list.Total, want)
		}
	}
	open := func(runID, workshopID int64) int {
		list, err := payroll.OpenDisputes(h.Ctx, h.DB, runID, piecework.Filter{WorkshopID: workshopID})
		h.Must(err)
		for _, d := range list.Items {
			if d.Slip.Worker.Code != "A1" || d.Slip.Run.ID != h.run.ID {
				t.Errorf("%+v", d.Slip)
			}
		}
		return list.Total
	}
	if open(0, 0) != 1 || open(h.run.ID, h.Workshop.ID) != 1 || open(99, 0) != 0 || open(0, 99) != 0 {
		t.Error("the dispute is listed elsewhere, or not where it belongs")
	}
	h.Session("S2", "2026-11-03")
	h.Count("S2", "A1", "glue", 30)
	review, err := payroll.ReviewOf(h.Ctx, h.DB, settle(h.World, "2026-11-01", "2026-11-30"))
	if h.Must(err); len(review.Disputes) != 1 || review.Nothing() {
		t.Errorf("the review of the next draft has %d disputes", len(review.Disputes))
	}
	today, err := payroll.TodayOf(h.Ctx, h.DB, h.Workshop.ID, "2026-11-10")
	if h.Must(err); today.Disputes.Total != 1 {
		t.Errorf("today wait %d disputes", today.Disputes.Total)
	}
}

// Taps at the same moment count once, and one of confirming and disputing comes first.
func TestTapsAtOnceCountOnce(t *testing.T) {
	h := hear(t).approve()
	slip := h.slip(0)
	var taps sync.WaitGroup
	for i := range 8 {
		taps.Go(func() {
			err := payroll.Acknowledge(h.Ctx, h.DB, slip.ID, slip.WorkerID, fmt.Sprint(i))
			if err != nil && !errors.Is(err, piecework.ErrConflict) {
				t.Error(err)
			}
			if _, err := payroll.Raise(h.Ctx, h.DB, slip.ID, slip.WorkerID, "two short", "王秀英"); err != nil {
				t.Error(err)
			}
		})
	}
	taps.Wait()
	say := h.say(slip)
	if len(say.Disputes) != 1 || say.State != payroll.Disputed || say.Acknowledgement == nil {
		t.Errorf("%+v", say)
	}
	var answers sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range 4 {
		answers.Go(func() {
			if h.answer(payroll.Explained) == nil {
				mu.Lock()
				done++
				mu.Unlock()
			}
		})
	}
	answers.Wait()
	if done != 1 {
		t.Errorf("%d answers were written", done)
	}
}

// The database itself refuses to take a word back.
func TestWhatWasSaidStays(t *testing.T) {
	h := hear(t).approve()
	h.Must(h.raise(0, "two short"))
	h.Must(h.confirm(1))
	for _, statement := range []string{
		"DELETE FROM acknowledgements", "UPDATE acknowledgements SET acknowledged_at = 1", "DELETE FROM disputes",
		"UPDATE disputes SET answered_at = 1", "UPDATE disputes SET outcome = 'explained'",
	} {
		if _, err := h.DB.Exec(statement); err == nil {
			t.Errorf("%s: done", statement)
		}
	}
}
