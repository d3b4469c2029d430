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

// locks settles a period and approves it.
func locks(w *pieceworktest.World, from, to piecework.Date) *payroll.PayRun {
	w.Helper()
	run := settle(w, from, to)
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	return run
}

// backdate saves a rate and agrees its arrears; it returns them as the preview showed them.
func backdate(w *pieceworktest.World, r *piecework.PieceRate) string {
	w.Helper()
	w.Must(piecework.CheckRate(w.Ctx, w.DB, r))
	p, err := payroll.PreviewArrears(w.Ctx, w.DB, r, 0)
	w.Must(err)
	if len(p.List) > 0 {
		w.Must(payroll.AgreeRate(w.Ctx, w.DB, r, 0, p.Total(), "books"))
	} else {
		w.Must(piecework.AddRate(w.Ctx, w.DB, r))
	}
	return told(p.List)
}

func told(list []payroll.Arrears) string {
	var b strings.Builder
	for _, a := range list {
		fmt.Fprintf(&b, "%s run %d %s %d pcs %s → %s: %s → %s\n", a.Worker.Code, a.RunID, a.Operation.Code, a.Quantity, a.OldRate, a.NewRate, a.Paid, a.Due)
	}
	return b.String()
}

func sound(w *pieceworktest.World) {
	w.Helper()
	if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
		w.Error(err)
	}
}

func TestArrearsArePaidOnce(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.30")
	w.Session("S2", "2026-10-20")
	struck := w.Count("S1", "A1", "glue", 100)
	w.Count("S2", "A1", "glue", 50)
	w.Count("S2", "A2", "glue", 20)
	october := locks(w, "2026-10-01", "2026-10-31")
	draft := func() *payroll.PayRun { return settle(w, "2026-11-01", "2026-11-30") }
	w.Session("S3", "2026-11-03")
	w.Count("S3", "A1", "glue", 10)
	november := draft()

	r := &piecework.PieceRate{OperationID: w.Glue.ID, EffectiveFrom: "2026-10-10", Rate: pieceworktest.Rate(t, "0.35")}
	w.Must(piecework.CheckRate(w.Ctx, w.DB, r))
	if err := payroll.AgreeRate(w.Ctx, w.DB, r, 0, pieceworktest.Money(t, "3"), "books"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("agreed what nobody was shown: %v", err)
	}
	r.ID = 0
	want := fmt.Sprintf("A1 run %d glue 50 pcs 0.30 → 0.35: 45.00 → 47.50\nA2 run %[1]d glue 20 pcs 0.30 → 0.35: 6.00 → 7.00\n", october.ID)
	if got := backdate(w, r); got != want {
		t.Errorf("preview:\n%swant\n%s", got, want)
	}
	if err := payroll.AgreeArrears(w.Ctx, w.DB, r.ID, 0, pieceworktest.Money(t, "3.50"), "books"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("agreed twice: %v", err)
	}
	wantKind(t, "approve the draft from before", payroll.Approve(w.Ctx, w.DB, november.ID, "other"), piecework.ErrConflict)

	// However often the draft is computed, discarded and begun again, the arrears are in it once, and in no other.
	const slips = `A1 v1 gross 6.00 deductions 0.00 net 6.00 carried 0.00
	  piece glue 10 × 0.35 = 3.50
	  arrears 2.50
	A2 v1 gross 1.00 deductions 0.00 net 1.00 carried 0.00
	  arrears 1.00
	`
	w.Must(payroll.Recompute(w.Ctx, w.DB, november.ID))
	wantSlips(w, november.ID, slips)
	w.Session("S4", "2026-12-01")
	w.Count("S4", "A1", "glue", 1)
	december := settle(w, "2026-12-01", "2026-12-31")
	wantSlips(w, december.ID, "A1 v1 gross 0.35 deductions 0.00 net 0.35 carried 0.00\n  piece glue 1 × 0.35 = 0.35\n")
	w.Must(payroll.Discard(w.Ctx, w.DB, november.ID))
	november = draft()
	for range 2 {
		w.Must(payroll.Recompute(w.Ctx, w.DB, november.ID))
		wantSlips(w, november.ID, slips)
	}
	review, err := payroll.ReviewOf(w.Ctx, w.DB, november)
	w.Must(err)
	if review.Arrears != 2 || review.ArrearsSum.String() != "3.50" || review.Nothing() {
		t.Errorf("the review says %d arrears, %s", review.Arrears, review.ArrearsSum)
	}
	wantKind(t, "new version of a slip with arrears", reissued(w, october.ID, 0), piecework.ErrConflict)
	w.Must(payroll.Approve(w.Ctx, w.DB, november.ID, "other"))
	wantKind(t, "withdraw a rate whose arrears are paid", payroll.WithdrawRate(w.Ctx, w.DB, r.ID), piecework.ErrConflict)
	w.Must(payroll.Recompute(w.Ctx, w.DB, december.ID))
	wantSlips(w, december.ID, "A1 v1 gross 0.35 deductions 0.00 net 0.35 carried 0.00\n  piece glue 1 × 0.35 = 0.35\n")

	// What is struck now is taken back at what it was paid in the end: of this day nothing was revised, of the 20th 0.35.
	w.Record(piecework.NewTally{Session: "S4", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 100}, Reverses: struck})
	w.Must(payroll.Recompute(w.Ctx, w.DB, december.ID))
	wantSlips(w, december.ID, "A1 v1 gross 0.35 deductions 0.35 net 0.00 carried 29.65\n  piece glue 1 × 0.35 = 0.35\n  correction glue -100 × 0.30 = -0.35\n")
	sound(w)

	// Every line leads to what stands behind it.
	list, err := payroll.SlipsOf(w.Ctx, w.DB, november.ID, w.Workers[0].ID)
	w.Must(err)
	for _, l := range list[0].Lines {
		if l.Kind != payroll.BackPay {
			continue
		}
		tallies, err := payroll.TalliesBehind(w.Ctx, w.DB, &list[0], &l)
		w.Must(err)
		if len(tallies) != 1 || tallies[0].Good != 50 || l.Arrears == nil || l.Arrears.Due.String() != "47.50" {
			t.Errorf("behind the arrears stand %+v, %+v", tallies, l.Arrears)
		}
	}
}

func reissued(w *pieceworktest.World, run int64, worker int) error {
	_, err := payroll.Reissue(w.Ctx, w.DB, run, w.Workers[worker].ID, "again", "books")
	return err
}

func TestALowerRateTakesBackOnlyWhereTheWorkshopSaysSo(t *testing.T) {
	for _, take := range []bool{false, true} {
		w := pieceworktest.NewWorld(t)
		w.Workshop.TakeArrears = take
		w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
		w.Agree(w.Glue, nil, "2026-10-01", "0.30")
		w.Count("S1", "A1", "glue", 100)
		october := locks(w, "2026-10-01", "2026-10-31")
		r := &piecework.PieceRate{OperationID: w.Glue.ID, OrderID: w.Order.ID, EffectiveFrom: "2026-10-01", Rate: pieceworktest.Rate(t, "0.25")}
		w.Must(piecework.CheckRate(w.Ctx, w.DB, r))
		p, err := payroll.PreviewArrears(w.Ctx, w.DB, r, w.Workshop.ID)
		w.Must(err)
		if len(p.List) != map[bool]int{false: 0, true: 1}[take] || len(p.List)+len(p.Left) != 1 {
			t.Fatalf("take %t: %d agreed, %d left", take, len(p.List), len(p.Left))
		}
		backdate(w, r)
		w.Session("S2", "2026-11-03")
		w.Count("S2", "A1", "glue", 8)
		november := locks(w, "2026-11-01", "2026-11-30")
		want := "A1 v1 gross 2.00 deductions 0.00 net 2.00 carried 0.00\n  piece glue 8 × 0.25 = 2.00\n"
		if take { // it does not fit, and the next run takes the rest
			want = "A1 v1 gross 2.00 deductions 2.00 net 0.00 carried 3.00\n  piece glue 8 × 0.25 = 2.00\n  arrears -2.00\n"
		}
		wantSlips(w, november.ID, want)
		if take {
			w.Session("S3", "2026-12-03")
			w.Count("S3", "A1", "glue", 100)
			wantSlips(w, locks(w, "2026-12-01", "2026-12-31").ID, "A1 v1 gross 25.00 deductions 3.00 net 22.00 carried 0.00\n  piece glue 100 × 0.25 = 25.00\n  correction -3.00\n")
		}
		sound(w)
		wantKind(t, "new version", reissued(w, october.ID, 0), map[bool]error{true: piecework.ErrConflict}[take])
	}
}

func TestArrearsBuildOnArrears(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.30")
	w.Count("S1", "A1", "glue", 101)
	locks(w, "2026-10-01", "2026-10-31")
	first := &piecework.PieceRate{OperationID: w.Glue.ID, EffectiveFrom: "2026-10-02", Rate: pieceworktest.Rate(t, "0.325")}
	if got := backdate(w, first); !strings.Contains(got, "101 pcs 0.30 → 0.325: 30.30 → 32.83") {
		t.Errorf("first: %s", got)
	}
	second := &piecework.PieceRate{OperationID: w.Glue.ID, EffectiveFrom: "2026-10-03", Rate: pieceworktest.Rate(t, "0.35")}
	if got := backdate(w, second); !strings.Contains(got, "101 pcs 0.325 → 0.35: 32.83 → 35.35") {
		t.Errorf("second: %s", got)
	}
	wantKind(t, "withdraw what a later rate builds on", payroll.WithdrawRate(w.Ctx, w.DB, first.ID), piecework.ErrConflict)
	november := settle(w, "2026-11-01", "2026-11-30")
	wantSlips(w, november.ID, "A1 v1 gross 5.05 deductions 0.00 net 5.05 carried 0.00\n  arrears 2.53\n  arrears 2.52\n")
	w.Must(payroll.WithdrawRate(w.Ctx, w.DB, second.ID))
	wantKind(t, "approve what was withdrawn", payroll.Approve(w.Ctx, w.DB, november.ID, "other"), piecework.ErrConflict)
	w.Must(payroll.Recompute(w.Ctx, w.DB, november.ID))
	wantSlips(w, november.ID, "A1 v1 gross 2.53 deductions 0.00 net 2.53 carried 0.00\n  arrears 2.53\n")
	second.ID = 0
	if got := backdate(w, second); !strings.Contains(got, "101 pcs 0.325 → 0.35: 32.83 → 35.35") {
		t.Errorf("second again: %s", got)
	}
	w.Must(payroll.Recompute(w.Ctx, w.DB, november.ID))
	w.Must(payroll.Approve(w.Ctx, w.DB, november.ID, "other"))
	sound(w)
}

// TestArrearsByTime: the sessions of a rate by time are divided anew, also for what shares their time; docs/pay.md tells of this one. What is
// struck later changes what the arrears have brought them up to.
func TestArrearsByTime(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	hourly := func(op piecework.Operation, wage string, pieces int64, scheme piecework.Scheme, percent int64) *piecework.PieceRate {
		return &piecework.PieceRate{OperationID: op.ID, EffectiveFrom: "2026-10-01", CreatedBy: "test", Terms: piecework.Terms{Scheme: scheme, Hourly: pieceworktest.Rate(t, wage),
			StandardPieces: pieces, StandardMinutes: 60, Premium: piecework.Fraction{Num: percent, Den: 100}}}
	}
	w.Must(piecework.AddRate(w.Ctx, w.DB, hourly(w.Cut, "12", 60, piecework.Halsey, 50)))
	w.Agree(w.Glue, nil, "2026-09-01", "0.50")
	in := piecework.Instant(1_790_000_000_000)
	_, err := w.DB.NewInsert().Model(&piecework.Attendance{SessionID: sessionID(w, "S1"), WorkerID: w.Workers[0].ID, CheckIn: in, CheckOut: in + 3*3_600_000}).Exec(w.Ctx)
	w.Must(err)
	w.Count("S1", "A1", "cut", 120)
	glued := w.Count("S1", "A1", "glue", 60)
	october := locks(w, "2026-10-01", "2026-10-31")

	wrong := hourly(w.Glue, "6", 60, piecework.Gantt, 20) // pays less in all: the workshop leaves what was paid
	w.Must(piecework.CheckRate(w.Ctx, w.DB, wrong))
	p, err := payroll.PreviewArrears(w.Ctx, w.DB, wrong, 0)
	w.Must(err)
	if len(p.List) != 0 || len(p.Left) != 1 {
		t.Errorf("a lower rate by time: agreed %s, left %s", told(p.List), told(p.Left))
	}
	r := hourly(w.Glue, "18", 30, piecework.Gantt, 20)
	want := fmt.Sprintf("A1 run %d cut 0 pcs 0.50 → 0.60: 24.00 → 21.00\nA1 run %[1]d glue 60 pcs 0.50 → 0.60: 30.00 → 43.20\n", october.ID)
	if got := backdate(w, r); got != want {
		t.Errorf("preview:\n%swant\n%s", got, want)
	}
	wantKind(t, "new version of a slip with arrears", reissued(w, october.ID, 0), piecework.ErrConflict)
	w.Session("S3", "2026-11-03")
	w.Record(piecework.NewTally{Session: "S3", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 60}, Reverses: glued})
	november := settle(w, "2026-11-01", "2026-11-30")
	// Cutting alone took the three hours: 36.00 is due, 21.00 was paid with the arrears.
	wantSlips(w, november.ID, `A1 v1 gross 28.20 deductions 28.20 net 0.00 carried 18.00
	  arrears -3.00
	  arrears 13.20
	  correction 15.00
	  correction glue -60 × 0.60 = -25.20
	`)
	slips, err := payroll.SlipsOf(w.Ctx, w.DB, november.ID, 0)
	w.Must(err)
	for _, l := range slips[0].Lines {
		if list, err := payroll.TalliesBehind(w.Ctx, w.DB, &slips[0], &l); err != nil || l.Kind == payroll.BackPay && len(list) == 0 {
			t.Errorf("behind %s %s: %d tallies, %v", l.Kind, l.Amount, len(list), err)
		}
	}
	w.Must(payroll.Approve(w.Ctx, w.DB, november.ID, "other"))
	sound(w)
}
