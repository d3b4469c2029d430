package payroll_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// printed is the current slips of a run, one line each, as a person would check them.
func printed(w *pieceworktest.World, runID int64) string {
	w.Helper()
	slips, err := payroll.SlipsOf(w.Ctx, w.DB, runID, 0)
	w.Must(err)
	var b strings.Builder
	for _, s := range slips {
		fmt.Fprintf(&b, "%s v%d gross %s deductions %s net %s carried %s\n", s.Worker.Code, s.Version, s.Gross, s.Deductions, s.Net, s.CarriedForward)
		for _, l := range s.Lines {
			if l.IsWork() {
				fmt.Fprintf(&b, "  %s %s %d × %s = %s\n", l.Kind, l.Operation.Code, l.Quantity, l.Rate, l.Amount)
			} else {
				fmt.Fprintf(&b, "  %s %s\n", l.Kind, l.Amount)
			}
		}
	}
	return b.String()
}

func settle(w *pieceworktest.World, from, to piecework.Date) *payroll.PayRun {
	w.Helper()
	run, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, from, to, "test")
	w.Must(err)
	return run
}

func wantSlips(w *pieceworktest.World, runID int64, want string) {
	w.Helper()
	if got := printed(w, runID); got != strings.ReplaceAll(want, "\t", "") {
		w.Errorf("slips:\n%swant:\n%s", got, strings.ReplaceAll(want, "\t", ""))
	}
}

func adjust(w *pieceworktest.World, worker int, day piecework.Date, kind payroll.Kind, amount string) {
	w.Helper()
	w.Must(payroll.Adjust(w.Ctx, w.DB, &payroll.Adjustment{WorkerID: w.Workers[worker].ID, WorkDate: day, Kind: kind, Amount: pieceworktest.Money(w, amount), RecordedBy: "test"}))
}

func TestARunPaysEachRateOnALineOfItsOwn(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Cut, nil, "2026-10-01", "0.0035")
	w.Agree(w.Cut, nil, "2026-10-16", "0.004")
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Agree(w.Glue, w.Order, "2026-10-06", "0.4")
	w.Session("S2", "2026-10-20")
	w.Count("S1", "A1", "cut", 3000)
	w.Count("S1", "A1", "cut", 10)
	w.Count("S2", "A1", "cut", 100)
	w.Count("S1", "A1", "glue", 120)
	w.Count("S2", "A1", "glue", 100)
	w.Record(piecework.NewTally{Session: "S1", Worker: "A2", Order: "O1", Operation: "glue",
		Counts: piecework.Counts{Good: 10, Rework: 3, ScrapWorkmanship: 2, ScrapMaterial: 5}})
	run := settle(w, "2026-10-01", "2026-10-31")
	wantSlips(w, run.ID, `A1 v1 gross 92.94 deductions 0.00 net 92.94 carried 0.00
	  piece cut 3010 × 0.0035 = 10.54
	  piece cut 100 × 0.004 = 0.40
	  piece glue 120 × 0.35 = 42.00
	  piece glue 100 × 0.40 = 40.00
	A2 v1 gross 5.25 deductions 0.00 net 5.25 carried 0.00
	  piece glue 15 × 0.35 = 5.25
	`)
}

func TestWorkWithoutARateWaits(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Cut, nil, "2026-10-01", "0.10")
	w.Count("S1", "A1", "cut", 100)
	glued := w.Count("S1", "A1", "glue", 100)
	first := settle(w, "2026-10-01", "2026-10-31")
	wantSlips(w, first.ID, "A1 v1 gross 10.00 deductions 0.00 net 10.00 carried 0.00\n  piece cut 100 × 0.10 = 10.00\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, first.ID, "other"))
	if _, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "2026-10-01", "2026-10-31", "test"); !errors.Is(err, piecework.ErrConflict) {
		t.Fatalf("settling again found something: %v", err)
	}
	w.Agree(w.Glue, nil, "2026-10-01", "0.20")
	second := settle(w, "2026-10-01", "2026-10-31")
	wantSlips(w, second.ID, "A1 v1 gross 20.00 deductions 0.00 net 20.00 carried 0.00\n  piece glue 100 × 0.20 = 20.00\n")
	if second.ID == first.ID {
		t.Errorf("tally %s went into the approved run", glued)
	}
}

func TestAReversalAfterApprovalIsACorrectionAtTheOldRate(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	uid := w.Count("S1", "A1", "glue", 120)
	w.Count("S1", "A1", "glue", 10)
	october := settle(w, "2026-10-01", "2026-10-31")
	w.Must(payroll.Approve(w.Ctx, w.DB, october.ID, "other"))
	w.Agree(w.Glue, nil, "2026-11-01", "0.50")
	w.Agree(w.Glue, w.Order, "2026-10-01", "0.90")
	w.Session("S2", "2026-11-03")
	w.Record(piecework.NewTally{Session: "S2", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 120}, Reverses: uid})
	w.Count("S2", "A1", "glue", 20)
	november := settle(w, "2026-11-01", "2026-11-30")
	wantSlips(w, november.ID, `A1 v1 gross 18.00 deductions 18.00 net 0.00 carried 24.00
	  piece glue 20 × 0.90 = 18.00
	  correction glue -120 × 0.35 = -18.00
	`)
	w.Must(payroll.Approve(w.Ctx, w.DB, november.ID, "other"))
	w.Session("S3", "2026-12-03")
	w.Count("S3", "A1", "glue", 100)
	december := settle(w, "2026-12-01", "2026-12-31")
	wantSlips(w, december.ID, `A1 v1 gross 90.00 deductions 24.00 net 66.00 carried 0.00
	  piece glue 100 × 0.90 = 90.00
	  correction -24.00
	`)
}

func TestWhatDoesNotFitIsCarriedUntilItDoes(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	w.Count("S1", "A1", "glue", 200)
	adjust(w, 0, "2026-10-05", payroll.Advance, "150")
	adjust(w, 0, "2026-10-06", payroll.Damage, "30")
	adjust(w, 0, "2026-10-07", payroll.Bonus, "10")
	adjust(w, 1, "2026-10-07", payroll.Advance, "5")
	october := settle(w, "2026-10-01", "2026-10-31")
	wantSlips(w, october.ID, `A1 v1 gross 110.00 deductions 110.00 net 0.00 carried 70.00
	  piece glue 200 × 0.50 = 100.00
	  bonus 10.00
	  damage -22.00
	  advance -88.00
	A2 v1 gross 0.00 deductions 0.00 net 0.00 carried 5.00
	`)
	w.Must(payroll.Approve(w.Ctx, w.DB, october.ID, "other"))
	w.Session("S2", "2026-11-03")
	w.Count("S2", "A1", "glue", 200)
	november := settle(w, "2026-11-01", "2026-11-30")
	wantSlips(w, november.ID, `A1 v1 gross 100.00 deductions 70.00 net 30.00 carried 0.00
	  piece glue 200 × 0.50 = 100.00
	  damage -8.00
	  advance -62.00
	A2 v1 gross 0.00 deductions 0.00 net 0.00 carried 5.00
	`)
	w.Must(payroll.Discard(w.Ctx, w.DB, november.ID))
	wantSlips(w, settle(w, "2026-11-01", "2026-11-30").ID, printed(w, november.ID+1))
}

func TestAReissuedSlipTakesInWhatCameSince(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	uid := w.Count("S1", "A1", "glue", 200)
	w.Count("S1", "A1", "glue", 10)
	w.Count("S1", "A2", "glue", 10)
	run := settle(w, "2026-10-01", "2026-10-31")
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	w.Session("S2", "2026-11-02")
	w.Record(piecework.NewTally{Session: "S2", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 200}, Reverses: uid})
	w.Count("S1", "A1", "glue", 20)
	adjust(w, 0, "2026-10-31", payroll.Allowance, "3")
	adjust(w, 1, "2026-10-31", payroll.Allowance, "4")
	if _, err := payroll.Reissue(w.Ctx, w.DB, run.ID, w.Workers[0].ID, "", "lead"); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("a new version without a reason: %v", err)
	}
	_, err := payroll.Reissue(w.Ctx, w.DB, run.ID, w.Workers[0].ID, "counted twice", "lead")
	w.Must(err)
	wantSlips(w, run.ID, `A1 v2 gross 18.00 deductions 0.00 net 18.00 carried 0.00
	  piece glue 30 × 0.50 = 15.00
	  allowance 3.00
	A2 v1 gross 5.00 deductions 0.00 net 5.00 carried 0.00
	  piece glue 10 × 0.50 = 5.00
	`)
	w.Must(payroll.PayRest(w.Ctx, w.DB, run.ID, payroll.Payment{Method: payroll.Cash, RecordedBy: "bookkeeper"}))
	if _, err := payroll.Reissue(w.Ctx, w.DB, run.ID, w.Workers[0].ID, "again", "lead"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("a paid slip got a new version: %v", err)
	}
}

func TestVerifyPassesOnAMonthWithEverything(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	uid := w.Count("S1", "A1", "glue", 120)
	again := w.Count("S1", "A1", "glue", 7)
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 7}, Reverses: again})
	w.Record(piecework.NewTally{Session: "S1", Worker: "A2", Order: "O1", Operation: "glue", Counts: piecework.Counts{ScrapWorkmanship: 4}})
	adjust(w, 0, "2026-10-05", payroll.Advance, "50")
	october := settle(w, "2026-10-01", "2026-10-31")
	w.Must(payroll.Approve(w.Ctx, w.DB, october.ID, "other"))
	_, err := payroll.Reissue(w.Ctx, w.DB, october.ID, w.Workers[0].ID, "looked at again", "lead")
	w.Must(err)
	w.Session("S2", "2026-11-03")
	w.Record(piecework.NewTally{Session: "S2", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 120}, Reverses: uid})
	november := settle(w, "2026-11-01", "2026-11-30")
	wantSlips(w, november.ID, "A1 v1 gross 0.00 deductions 0.00 net 0.00 carried 50.00\n  correction glue -120 × 0.35 = 0.00\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, november.ID, "other"))
	done, err := payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
	if want := (payroll.Checked{Workshops: 1, Links: 9, Slips: 4, Runs: 2}); done != want {
		t.Errorf("checked %+v, want %+v", done, want)
	}
}

func TestEveryLineLeadsToItsTallies(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Agree(w.Glue, nil, "2026-11-02", "0.40")
	first := w.Count("S1", "A1", "glue", 120)
	october := settle(w, "2026-10-01", "2026-10-31")
	w.Must(payroll.Approve(w.Ctx, w.DB, october.ID, "other"))
	w.Session("S2", "2026-11-01")
	w.Session("S3", "2026-11-02")
	undone := w.Count("S2", "A1", "glue", 7)
	w.Record(piecework.NewTally{Session: "S3", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 120}, Reverses: first})
	w.Record(piecework.NewTally{Session: "S3", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 7}, Reverses: undone})
	w.Count("S2", "A1", "glue", 30)
	w.Count("S3", "A1", "glue", 40)
	w.Count("S3", "A1", "glue", 50)
	november := settle(w, "2026-11-01", "2026-11-30")
	slips, err := payroll.SlipsOf(w.Ctx, w.DB, november.ID, 0)
	w.Must(err)
	want := map[string]int{"piece 0.35 30": 3, "piece 0.40 90": 2, "correction 0.35 -120": 1}
	for _, l := range slips[0].Lines {
		tallies, err := payroll.TalliesBehind(w.Ctx, w.DB, &slips[0], &l)
		w.Must(err)
		key := fmt.Sprintf("%s %s %d", l.Kind, l.Rate, l.Quantity)
		if n, ok := want[key]; !ok || n != len(tallies) {
			t.Errorf("%s stands for %d tallies, want %d", key, len(tallies), n)
		}
		var sum piecework.Counts
		for _, tally := range tallies {
			if tally.ReversesID != 0 {
				tally.Counts = tally.Counts.Negated()
			}
			sum = sum.Plus(tally.Counts)
		}
		if sum != l.Counts {
			t.Errorf("%s: its tallies sum to %+v, the line says %+v", key, sum, l.Counts)
		}
	}
}

func TestSettlingAgainNeedsNews(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	w.Count("S1", "A1", "glue", 10)
	adjust(w, 0, "2026-10-05", payroll.Advance, "50")
	w.Must(payroll.Approve(w.Ctx, w.DB, settle(w, "2026-10-01", "2026-10-31").ID, "other"))
	if _, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "2026-10-01", "2026-10-31", "test"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("what was carried alone was settled again: %v", err)
	}
	wantSlips(w, settle(w, "2026-11-01", "2026-11-30").ID, "A1 v1 gross 0.00 deductions 0.00 net 0.00 carried 45.00\n")
}

func TestARunKeepsTheRulesItWasComputedBy(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "1")
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 10, Rework: 2, ScrapMaterial: 3}})
	run := settle(w, "2026-10-01", "2026-10-31")
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	w.Workshop.PayScrapMaterial, w.Workshop.PayRework = false, true
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	_, err := payroll.Reissue(w.Ctx, w.DB, run.ID, w.Workers[0].ID, "looked at again", "lead")
	w.Must(err)
	wantSlips(w, run.ID, "A1 v2 gross 13.00 deductions 0.00 net 13.00 carried 0.00\n  piece glue 13 × 1.00 = 13.00\n")
}
