package payroll_test

import (
	"cmp"
	"math/big"
	"slices"

	"jijian/payroll"
	"jijian/piecework"
)

// What follows belongs to the second calculation: work that is paid by time, and what is guaranteed.

func secondPaid(p payroll.Policy, c piecework.Counts) int64 {
	n := c.Good
	if p.PayScrapMaterial {
		n += c.ScrapMaterial
	}
	if p.PayScrapWorkmanship {
		n += c.ScrapWorkmanship
	}
	if p.PayRework {
		n += c.Rework
	}
	return n
}

// secondTimes is the work by time of every worker at every session.
type secondTimes struct {
	in    payroll.Input
	work  map[payroll.Sitting][]secondTimed
	mixed map[payroll.Sitting]piecework.Counts
}

type secondTimed struct {
	payroll.Work
	rate piecework.PieceRate
}

func newSecondTimes(in payroll.Input) *secondTimes {
	s := &secondTimes{in, map[payroll.Sitting][]secondTimed{}, map[payroll.Sitting]piecework.Counts{}}
	for at, c := range in.Other {
		s.mixed[at] = c
	}
	return s
}

func (s *secondTimes) add(w payroll.Work, rate piecework.PieceRate) {
	at := payroll.Sitting{SessionID: w.SessionID, WorkerID: w.WorkerID}
	s.work[at] = append(s.work[at], secondTimed{w, rate})
}

func (s *secondTimes) mix(w payroll.Work) {
	at := payroll.Sitting{SessionID: w.SessionID, WorkerID: w.WorkerID}
	s.mixed[at] = s.mixed[at].Plus(w.Counts)
}

type secondWorkerLine struct {
	worker int64
	secondLine
}

// lines pays each session anew for each run that is corrected, from the oldest, and at last for what is new.
func (s *secondTimes) lines(guaranteed secondGuarantee) []secondWorkerLine {
	type key struct {
		worker, order, operation, rateID, corrects int64
		again                                      bool
	}
	sums := map[key]*secondLine{}
	for at, work := range s.work {
		type thing struct{ order, operation, rateID int64 }
		pieces, had, rates := map[thing]int64{}, map[thing]int64{}, map[thing]piecework.PieceRate{}
		for _, p := range s.in.Paid {
			if p.Sitting == at {
				j := thing{p.OrderID, p.OperationID, p.Rate.ID}
				pieces[j] += p.Pieces
				had[j] += p.Amount.Fen()
				rates[j] = *p.Rate
			}
		}
		var runs []int64
		for _, w := range work {
			if !slices.Contains(runs, w.CorrectsRunID) {
				runs = append(runs, w.CorrectsRunID)
			}
		}
		slices.SortFunc(runs, func(a, b int64) int { return cmp.Or(-cmp.Compare(min(a, 1), min(b, 1)), cmp.Compare(a, b)) })
		for _, run := range runs {
			counted := map[thing]piecework.Counts{}
			for _, w := range work {
				if j := (thing{w.OrderID, w.OperationID, w.rate.ID}); w.CorrectsRunID == run {
					counted[j] = counted[j].Plus(w.Counts)
					pieces[j] += secondPaid(s.in.Policy, w.Counts)
					rates[j] = w.rate
				}
			}
			known, all := s.in.Times[at] > 0 && s.mixed[at] == (piecework.Counts{}), new(big.Rat)
			for j, n := range pieces {
				all.Add(all, hours(rates[j], n))
				known = known && n >= 0
			}
			for j, n := range pieces {
				worth := toFen(secondPlan(rates[j], hours(rates[j], n), all, s.in.Times[at], known))
				change, made := worth-had[j], counted[j]
				if had[j] = worth; change == 0 && made == (piecework.Counts{}) {
					continue
				}
				k := key{at.WorkerID, j.order, j.operation, j.rateID, run, made == (piecework.Counts{})}
				if sums[k] == nil {
					sums[k] = &secondLine{kind: payroll.Premium, order: j.order, operation: j.operation, rateID: j.rateID, rate: rates[j].Rate.Millionths(), corrects: run}
					if run != 0 {
						sums[k].kind = payroll.Correction
					}
				}
				sums[k].quantity += secondPaid(s.in.Policy, made)
				sums[k].amount += change
				sums[k].counts = sums[k].counts.Plus(made)
				if run == 0 && (change != 0 || secondPaid(s.in.Policy, made) != 0) {
					guaranteed.add(at.WorkerID, work[0].Day, big.NewRat(change, 100))
				}
			}
		}
	}
	var lines []secondWorkerLine
	for k, l := range sums {
		if l.counts != (piecework.Counts{}) || l.quantity != 0 || k.again {
			lines = append(lines, secondWorkerLine{k.worker, *l})
		}
	}
	return lines
}

// hours is how long pieces should take.
func hours(r piecework.PieceRate, pieces int64) *big.Rat {
	return big.NewRat(pieces*r.StandardMinutes, 60*r.StandardPieces)
}

// secondPlan pays the standard time of some pieces by how much faster than the standard time the whole session was.
func secondPlan(r piecework.PieceRate, standard, all *big.Rat, minutes int64, known bool) *big.Rat {
	wage := new(big.Rat).Mul(standard, big.NewRat(r.Hourly.Millionths(), 1_000_000))
	if !known || all.Sign() <= 0 {
		return wage
	}
	one := big.NewRat(1, 1)
	slow := new(big.Rat).Quo(big.NewRat(minutes, 60), all) // time taken for an hour's task
	fast := slow.Cmp(one) <= 0
	saved := new(big.Rat).Sub(one, slow)
	factor := new(big.Rat).Set(slow)
	switch r.Scheme {
	case piecework.Halsey:
		if fast {
			factor.Add(factor, saved.Mul(saved, big.NewRat(r.Premium.Num, r.Premium.Den)))
		}
	case piecework.Rowan:
		if fast {
			factor.Add(factor, saved.Mul(saved, slow))
		}
	case piecework.Gantt:
		if fast {
			factor.Add(one, big.NewRat(r.Premium.Num, r.Premium.Den))
		}
	case piecework.Emerson:
		factor.Mul(factor, new(big.Rat).Add(one, secondBonus(r.Bonuses, new(big.Rat).Inv(slow))))
	}
	return wage.Mul(wage, factor)
}

// secondBonus looks from the end for the row that was reached, and goes on towards the next.
func secondBonus(rows piecework.BonusTable, efficiency *big.Rat) *big.Rat {
	for i := len(rows) - 1; i >= 0; i-- {
		from := big.NewRat(rows[i].Efficiency, 10_000)
		if efficiency.Cmp(from) < 0 {
			continue
		}
		bonus := big.NewRat(rows[i].Bonus, 10_000)
		if i == len(rows)-1 {
			return bonus
		}
		way := new(big.Rat).Quo(new(big.Rat).Sub(efficiency, from), new(big.Rat).Sub(big.NewRat(rows[i+1].Efficiency, 10_000), from))
		return bonus.Add(bonus, way.Mul(way, new(big.Rat).Sub(big.NewRat(rows[i+1].Bonus, 10_000), bonus)))
	}
	return new(big.Rat)
}

// secondGuarantee is what the pieces of each worker and day come to.
type secondGuarantee map[payroll.WorkerDay]*big.Rat

func (g secondGuarantee) add(worker int64, day piecework.Date, yuan *big.Rat) {
	at := payroll.WorkerDay{WorkerID: worker, Day: day}
	if g[at] == nil {
		g[at] = new(big.Rat)
	}
	g[at].Add(g[at], yuan)
}

// missing is what each worker lacks to what is guaranteed, in fen.
func (g secondGuarantee) missing(in payroll.Input) map[int64]int64 {
	lack := map[int64]int64{}
	if in.Guaranteed.Amount.Sign() <= 0 {
		return lack
	}
	for at := range in.Guaranteed.Minutes {
		g.add(at.WorkerID, at.Day, new(big.Rat))
	}
	for at, yuan := range in.Guaranteed.Before {
		g.add(at.WorkerID, at.Day, yuan)
	}
	amount, minutes := in.Guaranteed.Amount.Fen(), map[int64]int64{}
	days, sums := map[int64]int64{}, map[int64]*big.Rat{}
	for at, yuan := range g {
		if in.Guaranteed.Per == piecework.ByDay && in.Guaranteed.Settled[at] {
			continue
		}
		due := amount
		if in.Guaranteed.Per == piecework.ByHour {
			due = toFen(big.NewRat(amount*in.Guaranteed.Minutes[at], 6000))
		}
		if in.Guaranteed.Over == piecework.ByDay {
			lack[at.WorkerID] += max(0, due-toFen(yuan))
			continue
		}
		if sums[at.WorkerID] == nil {
			sums[at.WorkerID] = new(big.Rat)
		}
		sums[at.WorkerID].Add(sums[at.WorkerID], yuan)
		days[at.WorkerID]++
		minutes[at.WorkerID] += in.Guaranteed.Minutes[at]
	}
	for worker, sum := range sums {
		due := amount
		switch in.Guaranteed.Per {
		case piecework.ByHour:
			due = toFen(big.NewRat(amount*minutes[worker], 6000))
		case piecework.ByDay:
			due = amount * days[worker]
		}
		if in.Guaranteed.Per != piecework.ByPeriod || !in.Guaranteed.Settled[payroll.WorkerDay{WorkerID: worker}] {
			lack[worker] = max(0, due-toFen(sum))
		}
	}
	for worker, fen := range lack {
		if fen == 0 {
			delete(lack, worker)
		}
	}
	return lack
}
