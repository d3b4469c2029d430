package payroll_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// anyRate favours what goes wrong: rates that lie on half a fen, six decimals, and ordinary ones.
func anyRate(r *rand.Rand) piecework.Rate {
	switch r.IntN(4) {
	case 0:
		return piecework.Millionths(5000 * (1 + r.Int64N(100))) // odd quantities end in half a fen
	case 1:
		return piecework.Millionths(1 + r.Int64N(3_000_000))
	case 2:
		return piecework.Millionths(500 * r.Int64N(40)) // 0.0035 and its like, and 0
	}
	return piecework.Millionths(10_000 * (1 + r.Int64N(200)))
}

func anyRates(r *rand.Rand) []piecework.PieceRate {
	var rates []piecework.PieceRate
	have := map[[3]int64]bool{}
	for range 1 + r.IntN(12) {
		operation, order, day := 1+r.Int64N(3), r.Int64N(3), r.Int64N(35)-7
		if key := [3]int64{operation, order, day}; !have[key] {
			have[key] = true
			rate := piecework.PieceRate{OperationID: operation, OrderID: order, EffectiveFrom: piecework.Date("2026-10-01").AddDays(int(day)), Rate: anyRate(r)}
			if r.IntN(3) == 0 {
				rate.Terms = anyTerms(r)
				rate.ID, rate.Rate = int64(len(rates)+1), rate.PieceWage()
			}
			rates = append(rates, rate)
		}
	}
	return rates
}

// anyTerms is a plan by time, of which few are round.
func anyTerms(r *rand.Rand) piecework.Terms {
	t := piecework.Terms{Scheme: piecework.Schemes[r.IntN(4)], Hourly: anyRate(r), StandardPieces: 1 + r.Int64N(200), StandardMinutes: 1 + r.Int64N(500)}
	t.Premium = []piecework.Fraction{{Num: 1, Den: 2}, {Num: 1, Den: 3}, {Num: 1, Den: 5}, {Num: 1, Den: 1}}[r.IntN(4)]
	if t.Scheme == piecework.Emerson {
		t.Bonuses = piecework.BonusTable{{Efficiency: 6667, Bonus: 0}, {Efficiency: 10_000, Bonus: 2000}, {Efficiency: 30_000, Bonus: 22_000}}[:1+r.IntN(3)]
	}
	return t
}

// addTimes gives a month hours, work by time that locked runs have paid, and a guarantee.
func addTimes(r *rand.Rand, in *payroll.Input, workers int64) {
	in.Times, in.Other = payroll.Presence{}, map[payroll.Sitting]piecework.Counts{}
	in.Guaranteed.Minutes, in.Guaranteed.Settled = map[payroll.WorkerDay]int64{}, map[payroll.WorkerDay]bool{}
	in.Guaranteed.Before = map[payroll.WorkerDay]*big.Rat{}
	if r.IntN(2) == 0 {
		in.Guaranteed.Guarantee = []piecework.Guarantee{{Per: piecework.ByHour, Over: piecework.ByDay}, {Per: piecework.ByHour, Over: piecework.ByPeriod}, {Per: piecework.ByDay, Over: piecework.ByDay},
			{Per: piecework.ByDay, Over: piecework.ByPeriod}, {Per: piecework.ByPeriod, Over: piecework.ByPeriod}}[r.IntN(5)]
		in.Guaranteed.Amount = piecework.Fen(1 + r.Int64N(20_000))
	}
	for range r.IntN(30) {
		worker, day := 1+r.Int64N(workers), r.Int64N(31)
		minutes := r.Int64N(600)
		in.Times[at{day + 1, worker}] = minutes
		in.Guaranteed.Minutes[payroll.WorkerDay{WorkerID: worker, Day: piecework.Date("2026-10-01").AddDays(int(day))}] = minutes
		switch r.IntN(12) {
		case 0:
			in.Other[payroll.Sitting{SessionID: day + 1, WorkerID: worker}] = piecework.Counts{Good: 1}
		case 1:
			in.Guaranteed.Settled[payroll.WorkerDay{WorkerID: worker, Day: piecework.Date("2026-10-01").AddDays(int(day))}] = true
			in.Guaranteed.Settled[payroll.WorkerDay{WorkerID: worker}] = true
		case 2:
			in.Guaranteed.Before[payroll.WorkerDay{WorkerID: worker, Day: piecework.Date("2026-10-01").AddDays(int(day))}] = big.NewRat(r.Int64N(9000), 100)
		case 3:
			rate := &piecework.PieceRate{ID: 100 + r.Int64N(3)}
			rate.Terms = anyTerms(rand.New(rand.NewPCG(uint64(rate.ID), 9)))
			rate.Rate = rate.PieceWage()
			paid := payroll.PaidByTime{Sitting: payroll.Sitting{SessionID: day + 1, WorkerID: worker}, OrderID: 1, OperationID: 1 + r.Int64N(3), Rate: rate, Pieces: 1 + r.Int64N(100), Amount: piecework.Fen(r.Int64N(5000))}
			in.Paid = append(in.Paid, paid)
			if r.IntN(2) == 0 { // some of it is struck
				in.Work = append(in.Work, payroll.Work{WorkerID: worker, OrderID: 1, OperationID: paid.OperationID, SessionID: day + 1, Day: piecework.Date("2026-10-01").AddDays(int(day)),
					Counts: piecework.Counts{Good: -1 - r.Int64N(paid.Pieces)}, CorrectsRunID: 1 + r.Int64N(2), Fixed: rate})
			}
		}
	}
}

func anyCounts(r *rand.Rand) piecework.Counts {
	c := piecework.Counts{Good: r.Int64N(200)}
	if r.IntN(3) == 0 {
		c.ScrapMaterial, c.ScrapWorkmanship, c.Rework = r.Int64N(5), r.Int64N(5), r.Int64N(5)
	}
	if c.IsZero() {
		c.Good = 1
	}
	return c
}

// anyMonth is a month of up to four workers, three operations and two orders: reversals on other days, corrections of what
// other runs have paid, adjustments larger than the pay, and what earlier runs carried.
func anyMonth(r *rand.Rand) (payroll.Input, []piecework.PieceRate) {
	rates := anyRates(r)
	in := payroll.Input{Rates: piecework.NewRateBook(rates), Tax: map[int64]payroll.WorkerTax{}, Policy: payroll.Policy{
		PayScrapMaterial: r.IntN(4) > 0, PayScrapWorkmanship: r.IntN(4) == 0, PayRework: r.IntN(4) == 0, DamageCapPercent: []int{0, 20, 20, 33, 100}[r.IntN(5)]}}
	workers := 1 + r.Int64N(4)
	for range r.IntN(40) {
		day := r.IntN(31)
		w := payroll.Work{WorkerID: 1 + r.Int64N(workers), OrderID: 1 + r.Int64N(2), OperationID: 1 + r.Int64N(3), SessionID: int64(day + 1),
			Day: piecework.Date("2026-10-01").AddDays(day), Counts: anyCounts(r)}
		switch r.IntN(6) {
		case 0: // struck again in the same period
			undo := w
			undo.Counts = w.Counts.Negated()
			in.Work = append(in.Work, undo)
		case 1: // strikes what an earlier run paid
			paid := anyRate(r)
			w.Counts, w.CorrectsRunID, w.Fixed = w.Counts.Negated(), 1+r.Int64N(2), &piecework.PieceRate{Rate: paid}
		case 2: // strikes what was never paid
			w.Counts = w.Counts.Negated()
		}
		in.Work = append(in.Work, w)
	}
	addTimes(r, &in, workers)
	for i := range r.Int64N(6) {
		in.Adjustments = append(in.Adjustments, payroll.Adjustment{ID: 1 + i, WorkerID: 1 + r.Int64N(workers), Kind: payroll.AdjustmentKinds[r.IntN(5)],
			Amount: piecework.Fen(1 + r.Int64N(10_000)), WorkDate: piecework.Date("2026-10-01").AddDays(r.IntN(5))})
	}
	for i := range r.Int64N(5) {
		o := payroll.Owed{WorkerID: 1 + r.Int64N(workers), Kind: []payroll.Kind{payroll.Correction, payroll.Deduction, payroll.Damage, payroll.Advance}[r.IntN(4)],
			Amount: piecework.Fen(1 + r.Int64N(5000)), Since: piecework.Date("2026-08-01").AddDays(r.IntN(60)), FromRunID: 1 + r.Int64N(2)}
		if o.Kind == payroll.Correction {
			o.OrderID, o.OperationID = 1+r.Int64N(2), 1+r.Int64N(3)
		} else {
			o.AdjustmentID = 10 + i
		}
		in.Carried = append(in.Carried, o)
	}
	if r.IntN(3) == 0 {
		in.Tax[1] = payroll.WorkerTax{Table: labourTable, Before: payroll.YearToDate{Income: piecework.Fen(r.Int64N(6_000_000)), Withheld: piecework.Fen(r.Int64N(500_000))}}
	}
	return in, rates
}

func TestComputeAgreesWithASecondCalculation(t *testing.T) {
	for seed := range uint64(3000) {
		in, rates := anyMonth(rand.New(rand.NewPCG(seed, 1)))
		res := payroll.Compute(in)
		want, unpriced := secondCalculation(in, rates)
		if len(res.Slips) != len(want) || (len(res.Unpriced) > 0) != (unpriced > 0) {
			t.Fatalf("month %d: %d slips and %d without rate, want %d and %d", seed, len(res.Slips), len(res.Unpriced), len(want), unpriced)
		}
		for i := range res.Slips {
			s := &res.Slips[i]
			if want[s.WorkerID] == nil {
				t.Fatalf("month %d: worker %d has a slip for nothing", seed, s.WorkerID)
			}
			if d := want[s.WorkerID].differs(s); d != "" {
				t.Fatalf("month %d, worker %d: %s", seed, s.WorkerID, d)
			}
			checkSlip(t, fmt.Sprintf("month %d, worker %d", seed, s.WorkerID), s, in)
		}
	}
}

// checkSlip holds what must be true of any slip, whatever the rules.
func checkSlip(t *testing.T, name string, s *payroll.Slip, in payroll.Input) {
	t.Helper()
	var plus, minus, tax, damage, carried, owed int64
	for i, l := range s.Lines {
		switch fen := l.Amount.Fen(); {
		case l.Kind == payroll.Tax:
			tax -= fen
		case fen < 0:
			minus -= fen
		default:
			plus += fen
		}
		if l.Kind == payroll.Damage {
			damage -= l.Amount.Fen()
		}
		if l.Pos != i+1 {
			t.Errorf("%s: line %d is numbered %d", name, i+1, l.Pos)
		}
		if l.Kind == payroll.Piece && l.Quantity >= 0 && l.Amount.Cmp(l.Rate.Times(l.Quantity)) != 0 {
			t.Errorf("%s: %d × %s is not %s", name, l.Quantity, l.Rate, l.Amount)
		}
	}
	if plus != s.Gross.Fen() || minus != s.Deductions.Fen() || tax != s.Tax.Fen() || plus-minus-tax != s.Net.Fen() || s.Net.Sign() < 0 {
		t.Errorf("%s: lines give +%d −%d tax %d, the slip says %s − %s − %s = %s", name, plus, minus, tax, s.Gross, s.Tax, s.Deductions, s.Net)
	}
	if 100*damage > plus*int64(in.Policy.DamageCapPercent) {
		t.Errorf("%s: damage of %d fen is more than %d %% of %d", name, damage, in.Policy.DamageCapPercent, plus)
	}
	for _, c := range s.Carries {
		if carried += c.Amount.Fen(); c.Amount.Sign() <= 0 {
			t.Errorf("%s: carries %s", name, c.Amount)
		}
	}
	for _, a := range in.Adjustments {
		if a.WorkerID == s.WorkerID && a.Kind != payroll.Bonus && a.Kind != payroll.Allowance {
			owed += a.Amount.Fen()
		}
	}
	for _, o := range in.Carried {
		if o.WorkerID == s.WorkerID {
			owed += o.Amount.Fen()
		}
	}
	// What adjustments and earlier runs want is taken or carried, less what corrections of this run add to both.
	var corrections int64
	for _, l := range s.Lines {
		sum := int64(0)
		for _, p := range l.Parts {
			sum += p.Amount.Fen()
		}
		switch {
		case len(l.Parts) > 0 && sum < 0:
			corrections -= sum
		case len(l.Parts) == 0 && l.Quantity < 0:
			corrections -= l.Rate.Times(l.Quantity).Fen()
		case len(l.Parts) > 0 && sum != l.Amount.Fen():
			t.Errorf("%s: parts of %d fen make %s", name, sum, l.Amount)
		}
	}
	if carried != s.CarriedForward.Fen() || minus+carried != owed+corrections {
		t.Errorf("%s: %d taken and %d carried, but %d and %d of corrections were owed", name, minus, carried, owed, corrections)
	}
}

func TestComputeDoesNotDependOnTheOrderOfItsInput(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		in, rates := anyMonth(r)
		want := payroll.Compute(in)
		for range 3 {
			r.Shuffle(len(in.Work), func(i, j int) { in.Work[i], in.Work[j] = in.Work[j], in.Work[i] })
			r.Shuffle(len(in.Adjustments), func(i, j int) { in.Adjustments[i], in.Adjustments[j] = in.Adjustments[j], in.Adjustments[i] })
			r.Shuffle(len(in.Carried), func(i, j int) { in.Carried[i], in.Carried[j] = in.Carried[j], in.Carried[i] })
			r.Shuffle(len(rates), func(i, j int) { rates[i], rates[j] = rates[j], rates[i] })
			in.Rates = piecework.NewRateBook(rates)
			if got := payroll.Compute(in); !reflect.DeepEqual(got, want) {
				t.Fatalf("month %d shuffled:\n%+v\nwant\n%+v", seed, got, want)
			}
		}
	}
}

func TestAnEmptyMonthHasNoSlips(t *testing.T) {
	if res := payroll.Compute(payroll.Input{Rates: piecework.NewRateBook(nil)}); len(res.Slips) != 0 || len(res.Unpriced) != 0 {
		t.Errorf("%+v", res)
	}
}

// Published figures, by the names under which the sources are filed. The scrap rule is (good + material scrap) × rate, as
// chinaacc.com prints it; the answer 2675 that goes round for the last case breaks that rule.
func TestPublishedPiecework(t *testing.T) {
	usual := payroll.PolicyOf(piecework.NewWorkshop("W", "W"))
	type part struct {
		good, material, worker int64
		rate                   string
	}
	for _, c := range []struct {
		source string
		parts  []part
		want   string
	}{
		{"straight-zeepedia", []part{{18, 0, 0, "0.50"}}, "9.00"},
		{"taylor-1884-ordinary", []part{{5, 0, 0, "0.50"}}, "2.50"},
		{"taylor-1884, high rate", []part{{10, 0, 0, "0.35"}}, "3.50"},
		{"us-betty, production earnings", []part{{175, 0, 0, "1.50"}}, "262.50"},
		{"qc-cnesst", []part{{80, 0, 0, "1"}}, "80.00"},
		{"au-abc-cyril", []part{{46, 0, 0, "4.50"}}, "207.00"},
		{"uk-nmwm03140-2005", []part{{10, 0, 0, "0.606"}}, "6.06"},
		{"uk-nmwm03140-2004", []part{{10, 0, 0, "0.485"}}, "4.85"},
		{"cn-group-6000, the whole", []part{{2000, 0, 0, "3"}}, "6000.00"},
		{"merrick, 384 pieces straight", []part{{384, 0, 0, "0.03"}}, "11.52"},
		{"merrick, 450 pieces straight", []part{{450, 0, 0, "0.03"}}, "13.50"},
		{"merrick, 552 pieces straight", []part{{552, 0, 0, "0.03"}}, "16.56"},
		{"cn-scrap-zhangming", []part{{12, 3, 1, "85"}, {30, 5, 1, "60"}}, "3375.00"},
	} {
		in := payroll.Input{Policy: usual}
		for i, p := range c.parts {
			rate := pieceworktest.Rate(t, p.rate)
			in.Work = append(in.Work, payroll.Work{WorkerID: 1, OrderID: 1, OperationID: int64(i + 1), Day: "2026-10-01", Fixed: &piecework.PieceRate{Rate: rate},
				Counts: piecework.Counts{Good: p.good, ScrapMaterial: p.material, ScrapWorkmanship: p.worker}})
		}
		res := payroll.Compute(in)
		if len(res.Slips) != 1 || res.Slips[0].Gross.String() != c.want || res.Slips[0].Net.String() != c.want {
			t.Errorf("%s: %+v, want %s", c.source, res.Slips, c.want)
		}
	}
}

// The line is the one rounding point: three days of one rate are one line, and the fractions of a fen add up before they round.
func TestALineIsRoundedOnce(t *testing.T) {
	rates := []piecework.PieceRate{{OperationID: 1, EffectiveFrom: "2026-10-01", Rate: piecework.Millionths(3500)}}
	in := payroll.Input{Rates: piecework.NewRateBook(rates)}
	for day := range 3 {
		in.Work = append(in.Work, payroll.Work{WorkerID: 1, OrderID: 1, OperationID: 1, Day: piecework.Date("2026-10-01").AddDays(day), Counts: piecework.Counts{Good: 1}})
	}
	in.Work = append(in.Work, payroll.Work{WorkerID: 1, OrderID: 2, OperationID: 1, Day: "2026-10-01", Counts: piecework.Counts{Good: 1}})
	s := payroll.Compute(in).Slips[0]
	if len(s.Lines) != 2 || s.Lines[0].Amount.String() != "0.01" || s.Lines[1].Amount.String() != "0.00" || s.Gross.String() != "0.01" {
		t.Errorf("%+v", s)
	}
}
