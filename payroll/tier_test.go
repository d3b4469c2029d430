package payroll_test

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// steps reads tiers written as "from 100: 0.35" or "above 83%: 0.033".
func steps(t *testing.T, quota int64, mode piecework.TierMode, first string, tiers ...string) *piecework.PieceRate {
	t.Helper()
	r := &piecework.PieceRate{ID: 1, OperationID: 1, EffectiveFrom: "2026-10-01", Rate: pieceworktest.Rate(t, first), TierMode: mode, TierSpan: piecework.PerDay, Quota: quota}
	for _, s := range tiers {
		at, rate, _ := strings.Cut(s, ": ")
		word, at, _ := strings.Cut(at, " ")
		places := int32(0)
		if quota != 0 {
			places = 2
		}
		r.Tiers = append(r.Tiers, piecework.RateTier{Threshold: dec(strings.TrimSuffix(at, "%")).Shift(places).IntPart(), Above: word == "above", Rate: pieceworktest.Rate(t, rate)})
	}
	return r
}

// Published examples of plans that pay by the piece, by the names under which the sources are filed. The rates of Taylor's and
// Merrick's plans hold for the whole output.
func TestPublishedPlansOfTiers(t *testing.T) {
	taylor := func(quota int64, low, high string) *piecework.PieceRate {
		return steps(t, quota, piecework.Whole, low, "from 100%: "+high)
	}
	merrick := func(quota int64, rate, better, best string) *piecework.PieceRate {
		return steps(t, quota, piecework.Whole, rate, "above 83%: "+better, "above 100%: "+best)
	}
	for _, c := range []struct {
		source string
		rate   *piecework.PieceRate
		pieces int64
		want   string
	}{
		{"straight-zeepedia", steps(t, 0, "", "0.50"), 18, "9.00"},
		{"taylor-1884-hi", taylor(10, "0.25", "0.35"), 10, "3.50"},
		{"taylor-1884-low", taylor(10, "0.25", "0.35"), 9, "2.25"},
		{"taylor-kaes-A, 85 % of 0.10 below 800 a day", taylor(800, "0.085", "0.12"), 700, "59.50"},
		{"taylor-kaes-B, 120 %", taylor(800, "0.085", "0.12"), 900, "108.00"},
		{"taylor-gh-a, 120 % of 5", taylor(100, "4", "6"), 120, "720.00"},
		{"taylor-gh-a, the slower one, 80 %", taylor(100, "4", "6"), 80, "320.00"},
		{"taylor-gh-c, 120 % of 8", taylor(50, "6.4", "9.6"), 60, "576.00"},
		{"taylor-gh-c, the slower one, 80 %", taylor(50, "6.4", "9.6"), 40, "256.00"},
		{"merrick-A", merrick(480, "0.03", "0.033", "0.036"), 384, "11.52"},
		{"merrick-B", merrick(480, "0.03", "0.033", "0.036"), 450, "14.85"},
		{"merrick-C, 19.872", merrick(480, "0.03", "0.033", "0.036"), 552, "19.87"},
		{"merrick-bj-wrong, 80 %: the page prints 8", merrick(200, "0.10", "0.11", "0.12"), 160, "16.00"},
		{"merrick-bj-wrong, 90 %: the page prints 9.9", merrick(200, "0.10", "0.11", "0.12"), 180, "19.80"},
		{"merrick-bj-wrong, 110 %: the page prints 13.30", merrick(200, "0.10", "0.11", "0.12"), 220, "26.40"},
		{"progressive, 100 at 0.30 and 50 above at 0.35", steps(t, 0, piecework.Marginal, "0.30", "above 100: 0.35"), 150, "47.50"},
	} {
		in := payroll.Input{Rates: piecework.NewRateBook([]piecework.PieceRate{*c.rate}), Work: []payroll.Work{
			{WorkerID: 1, OrderID: 1, OperationID: 1, SessionID: 1, Day: "2026-10-05", Counts: piecework.Counts{Good: c.pieces}}}}
		res := payroll.Compute(in)
		if len(res.Slips) != 1 || res.Slips[0].Gross.String() != c.want {
			t.Errorf("%s: %+v, want %s", c.source, res.Slips, c.want)
		}
	}
}

// The pieces of a day, a session or a run decide the tier, each span by itself.
func TestWhatTiersCount(t *testing.T) {
	work := func(session int64, day piecework.Date, good int64) payroll.Work {
		return payroll.Work{WorkerID: 1, OrderID: 1, OperationID: 1, SessionID: session, Day: day, Counts: piecework.Counts{Good: good}}
	}
	days := []payroll.Work{work(1, "2026-10-05", 60), work(2, "2026-10-05", 60), work(3, "2026-10-06", 90)}
	for span, want := range map[piecework.TierSpan]string{piecework.PerSession: "63.00", piecework.PerDay: "65.00", piecework.PerPeriod: "74.00"} {
		r := steps(t, 0, piecework.Marginal, "0.30", "above 100: 0.40")
		r.TierSpan = span
		res := payroll.Compute(payroll.Input{Rates: piecework.NewRateBook([]piecework.PieceRate{*r}), Work: days})
		if got := res.Slips[0].Gross.String(); got != want {
			t.Errorf("by the %s: %s, want %s", span, got, want)
		}
	}
}

// agreeSteps agrees a tiered rate for gluing.
func agreeSteps(w *pieceworktest.World, t *testing.T, span piecework.TierSpan, mode piecework.TierMode) {
	t.Helper()
	r := steps(t, 0, mode, "0.30", "above 100: 0.40")
	r.ID, r.OperationID, r.TierSpan, r.CreatedBy = 0, w.Glue.ID, span, "test"
	w.Must(piecework.AddRate(w.Ctx, w.DB, r))
}

// What comes late or is struck later is priced as if it had been known at once: runs of the parts pay what one run of the whole pays.
func TestLateTalliesGoOnWhereTheDayEnded(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	agreeSteps(w, t, piecework.PerDay, piecework.Marginal)
	agreed := func(run *payroll.PayRun, want string) {
		t.Helper()
		wantSlips(w, run.ID, want)
		w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
		if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
			t.Fatal(err)
		}
	}
	first := w.Count("S1", "A1", "glue", 90)
	agreed(settle(w, "2026-10-01", "2026-10-31"), "A1 v1 gross 27.00 deductions 0.00 net 27.00 carried 0.00\n  tier glue 90 × 0.30 = 27.00\n")
	w.Count("S1", "A1", "glue", 30)
	agreed(settle(w, "2026-10-01", "2026-10-31"), "A1 v1 gross 11.00 deductions 0.00 net 11.00 carried 0.00\n  tier glue 10 × 0.30 = 3.00\n  tier glue 20 × 0.40 = 8.00\n")
	w.Session("S2", "2026-11-03")
	w.Record(piecework.NewTally{Session: "S2", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 90}, Reverses: first})
	w.Count("S2", "A1", "glue", 110)
	agreed(settle(w, "2026-11-01", "2026-11-30"), `A1 v1 gross 34.00 deductions 29.00 net 5.00 carried 0.00
	  tier glue 100 × 0.30 = 30.00
	  tier glue 10 × 0.40 = 4.00
	  correction glue -70 × 0.30 = -21.00
	  correction glue -20 × 0.40 = -8.00
	`)
}

// What is struck may be taken off before it is paid, when the later run is approved first. Together they pay nothing for it.
func TestWhatIsStruckBeforeItIsPaid(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	agreeSteps(w, t, piecework.PerDay, piecework.Marginal)
	wrong := w.Count("S1", "A1", "glue", 150)
	w.Count("S1", "A1", "glue", 20)
	october := settle(w, "2026-10-01", "2026-10-31")
	w.Session("S2", "2026-11-03")
	w.Record(piecework.NewTally{Session: "S2", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 150}, Reverses: wrong, Reason: "not hers"})
	adjust(w, 0, "2026-11-03", payroll.Bonus, "100")
	november := settle(w, "2026-11-01", "2026-11-30")
	wantSlips(w, november.ID, "A1 v1 gross 100.00 deductions 45.00 net 55.00 carried 0.00\n  tier glue -150 × 0.30 = -45.00\n  bonus 100.00\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, november.ID, "other"))
	w.Must(payroll.Recompute(w.Ctx, w.DB, october.ID))
	const paid = "51.00 deductions 0.00 net 51.00 carried 0.00\n  tier glue 170 × 0.30 = 51.00\n" // 20 × 0.30 and what November took
	wantSlips(w, october.ID, "A1 v1 gross "+paid)
	w.Must(payroll.Approve(w.Ctx, w.DB, october.ID, "other"))
	_, err := payroll.Reissue(w.Ctx, w.DB, october.ID, w.Workers[0].ID, "printed badly", "other")
	w.Must(err)
	wantSlips(w, october.ID, "A1 v2 gross "+paid)
	_, err = payroll.Reissue(w.Ctx, w.DB, november.ID, w.Workers[0].ID, "printed badly", "other")
	wantKind(t, "issue again what October has gone on from", err, piecework.ErrConflict)
	_, err = payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
}

// Two drafts of a day do not know of each other. When one is approved, the other must go on from there.
func TestTwoDraftsOfADay(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	agreeSteps(w, t, piecework.PerDay, piecework.Marginal)
	w.Count("S1", "A1", "glue", 90)
	first := settle(w, "2026-10-01", "2026-10-31")
	w.Count("S1", "A1", "glue", 30)
	second := settle(w, "2026-10-01", "2026-10-15")
	wantSlips(w, second.ID, "A1 v1 gross 9.00 deductions 0.00 net 9.00 carried 0.00\n  tier glue 30 × 0.30 = 9.00\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, first.ID, "other"))
	wantKind(t, "approve what was computed beside another run", payroll.Approve(w.Ctx, w.DB, second.ID, "other"), piecework.ErrConflict)
	w.Must(payroll.Recompute(w.Ctx, w.DB, second.ID))
	wantSlips(w, second.ID, "A1 v1 gross 11.00 deductions 0.00 net 11.00 carried 0.00\n  tier glue 10 × 0.30 = 3.00\n  tier glue 20 × 0.40 = 8.00\n")
	adjust(w, 0, "2026-10-05", payroll.Bonus, "1")
	_, err := payroll.Reissue(w.Ctx, w.DB, first.ID, w.Workers[0].ID, "a bonus was forgotten", "other")
	w.Must(err)
	wantKind(t, "approve what was computed before a slip was issued again", payroll.Approve(w.Ctx, w.DB, second.ID, "other"), piecework.ErrConflict)
	w.Must(payroll.Recompute(w.Ctx, w.DB, second.ID))
	w.Must(payroll.Approve(w.Ctx, w.DB, second.ID, "other"))
	// What the second run paid hangs on the 90 pieces of the first.
	adjust(w, 0, "2026-10-06", payroll.Bonus, "1")
	_, err = payroll.Reissue(w.Ctx, w.DB, first.ID, w.Workers[0].ID, "another bonus was forgotten", "other")
	wantKind(t, "issue again what another run has gone on from", err, piecework.ErrConflict)
	_, err = payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
}

// A tier that counts over the period is lost by what is struck of any of its days.
func TestAStrikeWalksBackTheWholePeriod(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	agreeSteps(w, t, piecework.PerPeriod, piecework.Marginal)
	w.Session("S2", "2026-10-20")
	first := w.Count("S1", "A1", "glue", 60)
	w.Count("S2", "A1", "glue", 60)
	run := settle(w, "2026-10-01", "2026-10-31")
	wantSlips(w, run.ID, "A1 v1 gross 38.00 deductions 0.00 net 38.00 carried 0.00\n  tier glue 100 × 0.30 = 30.00\n  tier glue 20 × 0.40 = 8.00\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	w.Session("S3", "2026-11-03")
	w.Record(piecework.NewTally{Session: "S3", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 60}, Reverses: first})
	adjust(w, 0, "2026-11-03", payroll.Bonus, "100")
	wantSlips(w, settle(w, "2026-11-01", "2026-11-30").ID, `A1 v1 gross 100.00 deductions 20.00 net 80.00 carried 0.00
	  bonus 100.00
	  correction glue -40 × 0.30 = -12.00
	  correction glue -20 × 0.40 = -8.00
	`)
}

func TestATierLostAgainIsRepriced(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	agreeSteps(w, t, piecework.PerDay, piecework.Whole)
	w.Count("S1", "A1", "glue", 90)
	late := w.Count("S1", "A1", "glue", 20)
	run := settle(w, "2026-10-01", "2026-10-31")
	wantSlips(w, run.ID, "A1 v1 gross 44.00 deductions 0.00 net 44.00 carried 0.00\n  tier glue 110 × 0.40 = 44.00\n")
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 20}, Reverses: late})
	slip, err := payroll.Reissue(w.Ctx, w.DB, run.ID, w.Workers[0].ID, "20 were not hers", "other")
	w.Must(err)
	if slip.Gross.String() != "27.00" || len(slip.Lines) != 1 || slip.Lines[0].Quantity != 90 {
		t.Errorf("the new version pays %s: %+v", slip.Gross, slip.Lines)
	}
	w.Must(payroll.PayRest(w.Ctx, w.DB, run.ID, payroll.Payment{Method: payroll.Cash, RecordedBy: "other"}))
	again := w.Count("S1", "A1", "glue", 15)
	wantRun := settle(w, "2026-10-01", "2026-10-31")
	wantSlips(w, wantRun.ID, `A1 v1 gross 15.00 deductions 0.00 net 15.00 carried 0.00
	  tier glue 90 × 0.10 = 9.00
	  tier glue 15 × 0.40 = 6.00
	`)
	w.Must(payroll.Approve(w.Ctx, w.DB, wantRun.ID, "other"))
	w.Session("S2", "2026-11-03")
	w.Record(piecework.NewTally{Session: "S2", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 15}, Reverses: again})
	adjust(w, 0, "2026-11-03", payroll.Bonus, "100")
	november := settle(w, "2026-11-01", "2026-11-30")
	wantSlips(w, november.ID, `A1 v1 gross 100.00 deductions 15.00 net 85.00 carried 0.00
	  bonus 100.00
	  correction glue -90 × 0.10 = -9.00
	  correction glue -15 × 0.40 = -6.00
	`)
	w.Must(payroll.Approve(w.Ctx, w.DB, november.ID, "other"))
	if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
		t.Error(err)
	}
}

// Any order of the work gives the same slips, and what a tier comes to is what its pieces come to one by one.
func TestTiersInRandomMonths(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 500 {
		mode := []piecework.TierMode{piecework.Marginal, piecework.Whole}[r.IntN(2)]
		rate := steps(t, 0, mode, "0.30", "above 100: 0.35", "from 150: 0.20")
		in := payroll.Input{Rates: piecework.NewRateBook([]piecework.PieceRate{*rate})}
		byDay := map[piecework.Date]int64{}
		for range 1 + r.IntN(30) {
			day, good := piecework.Date("2026-10-01").AddDays(r.IntN(5)), 1+r.Int64N(60)
			byDay[day] += good
			in.Work = append(in.Work, payroll.Work{WorkerID: 1, OrderID: 1, OperationID: 1, SessionID: 1 + r.Int64N(9), Day: day, Counts: piecework.Counts{Good: good}})
		}
		first := payroll.Compute(in)
		r.Shuffle(len(in.Work), func(i, j int) { in.Work[i], in.Work[j] = in.Work[j], in.Work[i] })
		if second := payroll.Compute(in); !slices.EqualFunc(first.Slips[0].Lines, second.Slips[0].Lines, func(a, b payroll.Line) bool {
			return a.Rate.Cmp(b.Rate) == 0 && a.Amount.Cmp(b.Amount) == 0 && a.Counts == b.Counts && a.Quantity == b.Quantity
		}) {
			t.Fatalf("the order of the work changes the lines:\n%+v\n%+v", first.Slips[0].Lines, second.Slips[0].Lines)
		}
		quantity := map[string]int64{}
		for _, n := range byDay {
			for k := int64(1); k <= n; k++ {
				at := k
				if mode == piecework.Whole {
					at = n
				}
				switch {
				case at >= 150:
					quantity["0.20"]++
				case at > 100:
					quantity["0.35"]++
				default:
					quantity["0.30"]++
				}
			}
		}
		want := int64(0)
		for s, n := range quantity {
			exact, _ := new(big.Rat).SetString(s)
			want += toFen(exact.Mul(exact, new(big.Rat).SetInt64(n)))
		}
		if got := first.Slips[0].Gross.Fen(); got != want {
			t.Fatalf("%v comes to %d fen, want %d", byDay, got, want)
		}
	}
}
