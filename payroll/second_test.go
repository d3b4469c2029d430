package payroll_test

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"jijian/payroll"
	"jijian/piecework"
)

// The second calculation works out a month's pay a second time, slowly and in the most obvious way, with exact fractions.
// It shares no arithmetic with the product. Amounts are whole fen.

type secondSlip struct {
	lines                             []string // sorted
	gross, tax, deductions, net, rest int64
	income                            int64 // what tax is reckoned on
	carries                           []payroll.Owed
}

// toFen rounds yuan half away from zero.
func toFen(yuan *big.Rat) int64 {
	hundredfold := new(big.Rat).Mul(yuan, big.NewRat(100, 1))
	size := new(big.Rat).Add(new(big.Rat).Abs(hundredfold), big.NewRat(1, 2))
	whole := new(big.Int).Quo(size.Num(), size.Denom()).Int64()
	return whole * int64(hundredfold.Sign())
}

// secondRate looks through all the rates for the one that applies.
func secondRate(rates []piecework.PieceRate, order, operation int64, day piecework.Date) (found piecework.PieceRate, ok bool) {
	for _, r := range rates {
		if r.OperationID != operation || r.EffectiveFrom > day || r.OrderID != 0 && r.OrderID != order {
			continue
		}
		switch {
		case !ok, r.OrderID != 0 && found.OrderID == 0, r.OrderID == found.OrderID && r.EffectiveFrom > found.EffectiveFrom:
			found, ok = r, true
		}
	}
	return found, ok
}

type secondLine struct {
	kind                                                                       payroll.Kind
	order, operation, quantity, rate, rateID, amount, corrects, from, adjusted int64
	since                                                                      piecework.Date
	counts                                                                     piecework.Counts
}

func (l secondLine) String() string {
	return fmt.Sprintf("%s order %d operation %d: %d × %d = %d fen of %v, corrects %d, from %d, adjustment %d",
		l.kind, l.order, l.operation, l.quantity, l.rate, l.amount, l.counts, l.corrects, l.from, l.adjusted)
}

// secondCalculation is the pay of every worker, and how many work items had no rate.
func secondCalculation(in payroll.Input, rates []piecework.PieceRate) (slips map[int64]*secondSlip, unpriced int) {
	type group struct{ worker, order, operation, rate, corrects int64 }
	counts, days := map[group]*piecework.Counts{}, map[group]map[piecework.Date]int64{}
	byTime := newSecondTimes(in)
	for _, w := range in.Work {
		g := group{w.WorkerID, w.OrderID, w.OperationID, 0, w.CorrectsRunID}
		rate, ok := secondRate(rates, w.OrderID, w.OperationID, w.Day)
		if w.Fixed != nil {
			rate, ok = *w.Fixed, true
		}
		if rate.Scheme != "" {
			byTime.add(w, rate)
			continue
		}
		byTime.mix(w)
		if g.rate = rate.Rate.Millionths(); !ok {
			unpriced++
			continue
		}
		if counts[g] == nil {
			counts[g], days[g] = &piecework.Counts{}, map[piecework.Date]int64{}
		}
		days[g][w.Day] += secondPaid(in.Policy, w.Counts)
		counts[g].Good += w.Good
		counts[g].Rework += w.Rework
		counts[g].ScrapMaterial += w.ScrapMaterial
		counts[g].ScrapWorkmanship += w.ScrapWorkmanship
	}
	earned, owed := map[int64][]secondLine{}, map[int64][]secondLine{}
	put := func(worker int64, l secondLine) {
		if l.amount < 0 {
			l.since = "9999"
			owed[worker] = append(owed[worker], l)
		} else {
			earned[worker] = append(earned[worker], l)
		}
	}
	guaranteed := secondGuarantee{}
	for g, c := range counts {
		if *c == (piecework.Counts{}) {
			continue
		}
		l := secondLine{kind: payroll.Piece, order: g.order, operation: g.operation, rate: g.rate, counts: *c, corrects: g.corrects, quantity: secondPaid(in.Policy, *c)}
		if g.corrects != 0 {
			l.kind = payroll.Correction
		}
		l.amount = toFen(new(big.Rat).Mul(big.NewRat(g.rate, 1_000_000), big.NewRat(l.quantity, 1)))
		put(g.worker, l)
		for day, n := range days[g] {
			if g.corrects == 0 && n != 0 && l.quantity != 0 {
				guaranteed.add(g.worker, day, new(big.Rat).Mul(big.NewRat(l.amount, 100), big.NewRat(n, l.quantity)))
			}
		}
	}
	for _, l := range byTime.lines(guaranteed) {
		put(l.worker, l.secondLine)
	}
	for worker, amount := range guaranteed.missing(in) {
		put(worker, secondLine{kind: payroll.Guarantee, amount: amount})
	}
	for _, a := range in.Adjustments {
		l := secondLine{kind: a.Kind, amount: a.Amount.Fen(), adjusted: a.ID, since: a.WorkDate}
		if a.Kind == payroll.Bonus || a.Kind == payroll.Allowance {
			earned[a.WorkerID] = append(earned[a.WorkerID], l)
		} else {
			l.amount = -l.amount
			owed[a.WorkerID] = append(owed[a.WorkerID], l)
		}
	}
	for _, o := range in.Carried {
		owed[o.WorkerID] = append(owed[o.WorkerID], secondLine{kind: o.Kind, amount: -o.Amount.Fen(), adjusted: o.AdjustmentID, since: o.Since,
			from: o.FromRunID, order: o.OrderID, operation: o.OperationID})
	}
	slips = map[int64]*secondSlip{}
	for worker := range earned {
		slips[worker] = &secondSlip{}
	}
	for worker := range owed {
		slips[worker] = &secondSlip{}
	}
	for worker, s := range slips {
		s.fill(worker, earned[worker], owed[worker], in)
	}
	return slips, unpriced
}

// fill adds up one worker: what she earned, the tax, and what is taken off as long as something is left.
func (s *secondSlip) fill(worker int64, earned, owed []secondLine, in payroll.Input) {
	for _, l := range earned {
		s.gross += l.amount
		s.lines = append(s.lines, l.String())
	}
	income := s.gross
	for _, l := range owed {
		if l.kind == payroll.Correction || l.kind == payroll.Piece || l.kind == payroll.Premium {
			income += l.amount
		}
	}
	income = max(income, 0)
	s.income = income
	if t := in.Tax[worker]; t.Table != nil {
		s.tax = min(income, max(0, secondLabourTax(t.Before.Income.Fen()+income)-t.Before.Withheld.Fen()))
		if s.tax != 0 {
			s.lines = append(s.lines, secondLine{kind: payroll.Tax, amount: -s.tax}.String())
		}
	}
	left, damage := s.gross-s.tax, s.gross*int64(in.Policy.DamageCapPercent)/100
	for turn, kinds := range [][]payroll.Kind{{payroll.Piece, payroll.Premium, payroll.Correction}, {payroll.Deduction}, {payroll.Damage}, {payroll.Advance}} {
		mine := slices.DeleteFunc(slices.Clone(owed), func(l secondLine) bool { return !slices.Contains(kinds, l.kind) })
		slices.SortFunc(mine, func(a, b secondLine) int {
			return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(slices.Index(kinds, a.kind), slices.Index(kinds, b.kind)), cmp.Compare(a.order, b.order), cmp.Compare(a.operation, b.operation),
				cmp.Compare(a.rate, b.rate), cmp.Compare(a.corrects, b.corrects), cmp.Compare(a.rateID, b.rateID), cmp.Compare(a.from, b.from),
				cmp.Compare(a.adjusted, b.adjusted), cmp.Compare(a.amount, b.amount), cmp.Compare(a.quantity, b.quantity))
		})
		for _, l := range mine {
			fits := min(-l.amount, left)
			if turn == 2 {
				fits = min(fits, damage)
				damage -= fits
			}
			left -= fits
			s.deductions += fits
			if rest := -l.amount - fits; rest > 0 {
				s.rest += rest
				kind, since := l.kind, l.since
				if turn == 0 {
					kind = payroll.Correction
				}
				if since == "9999" {
					since = ""
				}
				s.carries = append(s.carries, payroll.Owed{WorkerID: worker, Kind: kind, Amount: piecework.Fen(rest), Since: since, OrderID: l.order, OperationID: l.operation, AdjustmentID: l.adjusted})
			}
			if l.amount = -fits; fits != 0 || l.counts != (piecework.Counts{}) || l.rateID != 0 {
				s.lines = append(s.lines, l.String())
			}
		}
	}
	s.net = s.gross - s.tax - s.deductions
	slices.Sort(s.lines)
}

// secondLabourTax is the tax on a month of labour remuneration, by Announcement 2018 No. 61.
func secondLabourTax(income int64) int64 {
	taxable := big.NewRat(income-800_00, 100)
	if income > 4000_00 {
		taxable = big.NewRat(income*8, 1000)
	}
	share, quick := big.NewRat(20, 100), big.NewRat(0, 1)
	switch {
	case taxable.Sign() <= 0:
		return 0
	case taxable.Cmp(big.NewRat(50_000, 1)) > 0:
		share, quick = big.NewRat(40, 100), big.NewRat(7000, 1)
	case taxable.Cmp(big.NewRat(20_000, 1)) > 0:
		share, quick = big.NewRat(30, 100), big.NewRat(2000, 1)
	}
	return toFen(new(big.Rat).Sub(new(big.Rat).Mul(taxable, share), quick))
}

// labourTable is the schedule of Announcement 2018 No. 61 as the product takes it.
var labourTable = &payroll.TaxTable{Type: payroll.Labour, Brackets: []payroll.Bracket{
	{UpTo: piecework.Fen(20_000_00), Percent: 20}, {UpTo: piecework.Fen(50_000_00), Percent: 30, Quick: piecework.Fen(2000_00)}, {Percent: 40, Quick: piecework.Fen(7000_00)}}}

// differs compares a slip with the second calculation; "" when they agree on every line and total to the fen.
func (s *secondSlip) differs(got *payroll.Slip) string {
	var lines []string
	for _, l := range got.Lines {
		lines = append(lines, secondLine{kind: l.Kind, order: l.OrderID, operation: l.OperationID, quantity: l.Quantity, rate: l.Rate.Millionths(), amount: l.Amount.Fen(),
			counts: l.Counts, corrects: l.CorrectsRunID, from: l.CarriedFromRunID, adjusted: l.AdjustmentID}.String())
	}
	slices.Sort(lines)
	if !slices.Equal(lines, s.lines) {
		return fmt.Sprintf("lines\n%q\nwant\n%q", lines, s.lines)
	}
	have := [5]int64{got.Gross.Fen(), got.Tax.Fen(), got.Deductions.Fen(), got.Net.Fen(), got.CarriedForward.Fen()}
	if want := [5]int64{s.gross, s.tax, s.deductions, s.net, s.rest}; have != want {
		return fmt.Sprintf("gross, tax, deductions, net, carried are %v, want %v", have, want)
	}
	return ""
}
