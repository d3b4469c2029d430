package payroll_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
)

// byLine sums what slips say about pieces: by worker, kind, order, operation and rate, and what each slip and all of them come to.
func byLine(slips []payroll.Slip) (lines map[string]int64, amounts map[string]int64) {
	lines, amounts = map[string]int64{}, map[string]int64{}
	for _, s := range slips {
		for _, l := range s.Lines {
			k := fmt.Sprint(s.WorkerID, l.Kind, l.OrderID, l.OperationID, l.Rate, l.PieceRateID, l.DayPercent, l.GradePercent)
			lines[k] += l.Quantity
			amounts[fmt.Sprint(s.WorkerID)] += l.Amount.Fen()
		}
	}
	return lines, amounts
}

// Where rules are about a session at most, it makes no difference into which runs sessions are divided: the pieces of every line are the
// same together, and so is the money, where rates are whole fen and nothing is rounded.
func TestTheRunOfAUnionIsTheUnionOfTheRuns(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 21))
		fen := func() piecework.Rate { return piecework.Millionths(100_000 * (1 + r.Int64N(9))) }
		var rates []piecework.PieceRate
		for op := int64(1); op <= 3; op++ {
			rate := piecework.PieceRate{ID: op, OperationID: op, EffectiveFrom: "2026-10-01", Rate: fen()}
			if op > 1 {
				rate.TierMode, rate.TierSpan = []piecework.TierMode{piecework.Marginal, piecework.Whole}[r.IntN(2)], piecework.PerSession
				rate.Tiers = []piecework.RateTier{{Threshold: 30, Rate: fen()}, {Threshold: 60, Above: true, Rate: fen()}}
			}
			rates = append(rates, rate)
		}
		in := payroll.Input{Rates: piecework.NewRateBook(rates), Policy: payroll.Policy{PayScrapMaterial: r.IntN(2) == 0},
			Marked: map[int64]piecework.WorkSession{3: {DayKind: piecework.RestDay, RatePercent: 200}},
			Grades: map[int64][]piecework.WorkerGrade{2: {{EffectiveFrom: "2026-10-03", Name: "学徒", Percent: 80}}}}
		for range 60 {
			session := 1 + r.Int64N(6)
			in.Work = append(in.Work, payroll.Work{WorkerID: 1 + r.Int64N(3), OrderID: 1 + r.Int64N(2), OperationID: 1 + r.Int64N(3), SessionID: session,
				Day: piecework.Date("2026-10-01").AddDays(int(session)), Counts: piecework.Counts{Good: 1 + r.Int64N(40), ScrapMaterial: r.Int64N(3)}})
		}
		whole := payroll.Compute(in)
		lines, amounts := byLine(whole.Slips)
		run := map[int64]int{} // of each session
		for session := int64(1); session <= 6; session++ {
			run[session] = r.IntN(3)
		}
		var slips []payroll.Slip
		for part := range 3 {
			mine := in
			mine.Work = nil
			for _, w := range in.Work {
				if run[w.SessionID] == part {
					mine.Work = append(mine.Work, w)
				}
			}
			slips = append(slips, payroll.Compute(mine).Slips...)
		}
		gotLines, gotAmounts := byLine(slips)
		if fmt.Sprint(gotLines) != fmt.Sprint(lines) || fmt.Sprint(gotAmounts) != fmt.Sprint(amounts) {
			t.Fatalf("month %d: the runs of the parts have\n%v %v\nthat of the whole\n%v %v", seed, gotLines, gotAmounts, lines, amounts)
		}
		for _, s := range whole.Slips {
			checkSlip(t, fmt.Sprintf("month %d, worker %d", seed, s.WorkerID), &s, in)
		}
	}
}
