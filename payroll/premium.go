package payroll

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"jijian/piecework"
)

// Sitting is one worker at one session.
type Sitting struct{ SessionID, WorkerID int64 }

// Part is what one session or one day contributes to the amount of a line that is not pieces × rate.
type Part struct {
	Day       piecework.Date // of a guarantee over the period the last
	SessionID int64          `bun:",nullzero"` // of a line paid by time
	Pieces    int64          // paid pieces that the line tells of
	Total     int64          // paid pieces of the whole session, also those of other runs
	Standard  int64          `bun:"standard_ms"` // milliseconds that all of them should take
	Taken     int64          `bun:"taken_ms"`    // how long she was at them, of a guarantee by the hour how long she was there; 0: not known, or not asked
	Due       piecework.Money
	Amount    piecework.Money // Due less what was paid of it before, of a guarantee less what the pieces came to
}

// Had is what there was of Due already.
func (p Part) Had() piecework.Money { return p.Due.Sub(p.Amount) }

// Efficiency is the standard time by the time taken in percent, rounded; 0 when the time is not known.
func (p Part) Efficiency() int64 {
	if p.Taken == 0 {
		return 0
	}
	return (200*p.Standard + p.Taken) / (2 * p.Taken)
}

// StandardTime and TakenTime are the two times in hours and minutes, such as 7:30.
func (p Part) StandardTime() string { return Clock(p.Standard) }

// TakenTime: see [Part.StandardTime].
func (p Part) TakenTime() string { return Clock(p.Taken) }

// InAll is the sum of a line's parts.
func (l Line) InAll() Part {
	var all Part
	for _, p := range l.Parts {
		all.Pieces, all.Standard, all.Taken = all.Pieces+p.Pieces, all.Standard+p.Standard, all.Taken+p.Taken
		all.Due, all.Amount = all.Due.Add(p.Due), all.Amount.Add(p.Amount)
	}
	return all
}

// Clock is milliseconds in hours and minutes, rounded, such as 7:30.
func Clock(ms int64) string {
	minutes := (ms + 30_000) / 60_000
	return fmt.Sprintf("%d:%02d", minutes/60, minutes%60)
}

// PaidByTime is what other, locked runs have paid of a session by a plan with standard times.
type PaidByTime struct {
	Sitting
	OrderID, OperationID int64
	Rate                 *piecework.PieceRate
	Pieces               int64
	Amount               piecework.Money
}

// job is what a worker does at a session for one rate.
type job struct{ order, operation, rate int64 }

func jobOf(order, operation int64, r *piecework.PieceRate) job { return job{order, operation, r.ID} }

// sittingPay is the work of one worker at one session that is paid by time, on the way from what locked runs have paid to all of it.
type sittingPay struct {
	Sitting
	Factor
	taken  *big.Rat // minutes; nil when it is not known how long this work took
	rates  map[job]*piecework.PieceRate
	pieces map[job]int64
	had    map[job]piecework.Money
}

// worth is what the pieces of a job come to by now.
type worth struct {
	standard, taken *big.Rat // minutes; taken is nil when it is not known
	due             piecework.Money
}

// worths divides the time of the session among the jobs by the time their pieces should take, and pays each by its plan, rounded once.
func (s *sittingPay) worths() map[job]worth {
	total, known := new(big.Rat), s.taken != nil
	for j, n := range s.pieces {
		total.Add(total, s.rates[j].Standard(n))
		known = known && n >= 0
	}
	known = known && total.Sign() > 0
	list := make(map[job]worth, len(s.pieces))
	for j, n := range s.pieces {
		r := s.rates[j]
		w := worth{standard: r.Standard(n)}
		if known {
			w.taken = new(big.Rat).Quo(w.standard, total)
			w.taken.Mul(w.taken, s.taken)
		}
		w.due = piecework.RoundRat(r.Pay(s.of(r.Hourly), w.standard, w.taken))
		list[j] = w
	}
	return list
}

// addByTime prices the work at rates by time, session by session.
func (p *pricing) addByTime(sittings map[Sitting][]tiered) {
	if len(sittings) == 0 {
		return
	}
	other := p.otherWork()
	paid := map[Sitting][]PaidByTime{}
	for _, b := range p.Paid {
		paid[b.Sitting] = append(paid[b.Sitting], b)
	}
	for at, list := range sittings {
		s := &sittingPay{Sitting: at, Factor: p.factor(list[0].Work), rates: map[job]*piecework.PieceRate{}, pieces: map[job]int64{}, had: map[job]piecework.Money{}}
		if minutes := p.Times[at]; minutes > 0 && other[at].IsZero() {
			s.taken = new(big.Rat).SetInt64(minutes)
		}
		for _, b := range paid[at] {
			j := jobOf(b.OrderID, b.OperationID, b.Rate)
			s.rates[j], s.pieces[j], s.had[j] = b.Rate, s.pieces[j]+b.Pieces, s.had[j].Add(b.Amount)
		}
		p.addSitting(s, list)
	}
}

// otherWork is what was counted at sessions that no standard time is known for: then nobody can say how long the rest took.
func (p *pricing) otherWork() map[Sitting]piecework.Counts {
	other := maps.Clone(p.Other)
	if other == nil {
		other = map[Sitting]piecework.Counts{}
	}
	for i := range p.Work {
		w := &p.Work[i]
		if r := p.rate(w); r != nil && r.ByTime() && p.Teams[w.WorkerID] == nil {
			continue
		}
		for _, m := range p.members(w.WorkerID) {
			at := Sitting{w.SessionID, m.WorkerID}
			other[at] = other[at].Plus(w.Counts)
		}
	}
	return other
}

// addSitting goes through the work of one worker at one session: first what is taken back of locked runs, then what is new. Each step
// pays the difference to what was there before it, also for pieces of other jobs that share the time.
func (p *pricing) addSitting(s *sittingPay, list []tiered) {
	slices.SortStableFunc(list, func(a, b tiered) int { return cmp.Compare(uint64(a.CorrectsRunID)-1, uint64(b.CorrectsRunID)-1) })
	for first := 0; first < len(list); {
		end, made := first, map[job]piecework.Counts{}
		for ; end < len(list) && list[end].CorrectsRunID == list[first].CorrectsRunID; end++ {
			w := list[end]
			j := jobOf(w.OrderID, w.OperationID, w.rate)
			s.rates[j], s.pieces[j], made[j] = w.rate, s.pieces[j]+p.Policy.Paid(w.Counts), made[j].Plus(w.Counts)
		}
		for j, w := range s.worths() {
			n := p.Policy.Paid(made[j])
			part := Part{Day: list[first].Day, SessionID: s.SessionID, Pieces: n, Total: s.pieces[j], Standard: milliseconds(w.standard), Due: w.due, Amount: w.due.Sub(s.had[j])}
			if w.taken != nil {
				part.Taken = milliseconds(w.taken)
			}
			s.had[j] = w.due
			if made[j].IsZero() && part.Amount.IsZero() {
				continue
			}
			k := lineKey{kind: Premium, worker: s.WorkerID, order: j.order, operation: j.operation, rate: s.rates[j].Rate.Millionths(), rateID: j.rate,
				corrects: list[first].CorrectsRunID, repricing: made[j].IsZero(), Factor: s.Factor}
			p.add(k, n, made[j], nil)
			g := p.groups[k]
			g.parts = append(g.parts, part)
		}
		first = end
	}
}

// milliseconds is a number of minutes in milliseconds, rounded.
func milliseconds(minutes *big.Rat) int64 {
	m := new(big.Rat).Mul(minutes, big.NewRat(60_000, 1))
	m.Add(m, big.NewRat(1, 2))
	return new(big.Int).Div(m.Num(), m.Denom()).Int64()
}

// sumParts is what parts come to, and puts them in order.
func sumParts(parts []Part) piecework.Money {
	slices.SortFunc(parts, func(a, b Part) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.SessionID, b.SessionID)) })
	var sum piecework.Money
	for _, p := range parts {
		sum = sum.Add(p.Amount)
	}
	return sum
}
