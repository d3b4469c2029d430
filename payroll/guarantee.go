package payroll

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// WorkerDay is one worker on one day.
type WorkerDay struct {
	WorkerID int64
	Day      piecework.Date
}

// Guaranteed is what a guarantee is reckoned with.
type Guaranteed struct {
	piecework.Guarantee
	Minutes map[WorkerDay]int64 // how long workers were there on a day; whoever is not in it was not, or nobody knows
	// Settled are the days that a run approved before has, whose guarantee it has reckoned: what comes later is paid on top. The day
	// of a whole period is "".
	Settled map[WorkerDay]bool
	Before  map[WorkerDay]*big.Rat // what locked runs of single orders, which reckon no guarantee, have paid for the pieces of these days
}

// guarantee holds what the pieces came to against what is guaranteed, and pays the difference on a line of its own. Bonuses and allowances
// come on top; so does work in time that is paid more, and its hours do not count.
func (s *Slip) guarantee(in *Input, days []piecework.Date, earned map[WorkerDay]*big.Rat) {
	g := &in.Guaranteed
	if len(days) == 0 {
		return
	}
	whole := Part{Day: in.Until}
	sum := new(big.Rat)
	var parts []Part
	for _, day := range days {
		at := WorkerDay{s.WorkerID, day}
		if g.Per == piecework.ByDay && g.Settled[at] {
			continue
		}
		part := Part{Day: day, Due: g.Amount}
		if g.Per == piecework.ByHour {
			part.Taken, part.Due = g.Minutes[at]*60_000, forTime(g.Amount, g.Minutes[at])
		}
		had := new(big.Rat)
		for _, e := range []*big.Rat{earned[at], g.Before[at]} {
			if e != nil {
				had.Add(had, e)
			}
		}
		if g.Over == piecework.ByPeriod {
			sum.Add(sum, had)
			whole.Due, whole.Taken = whole.Due.Add(part.Due), whole.Taken+part.Taken
		} else if part.Amount = part.Due.Sub(piecework.RoundRat(had)); part.Amount.Sign() > 0 {
			parts = append(parts, part)
		}
	}
	if g.Over == piecework.ByPeriod {
		switch g.Per {
		case piecework.ByHour: // rounded once
			whole.Due = forTime(g.Amount, whole.Taken/60_000)
		case piecework.ByPeriod:
			if whole.Due = g.Amount; g.Settled[WorkerDay{s.WorkerID, ""}] {
				return
			}
		}
		if whole.Amount = whole.Due.Sub(piecework.RoundRat(sum)); whole.Amount.Sign() > 0 {
			parts = []Part{whole}
		}
	}
	if amount := sumParts(parts); amount.Sign() > 0 {
		s.Lines = append(s.Lines, Line{Kind: Guarantee, Amount: amount, Parts: parts})
		s.Gross = s.Gross.Add(amount)
	}
}

// days are those on which each worker was there or made something, in order.
func (g *Guaranteed) days(earned map[WorkerDay]*big.Rat) map[int64][]piecework.Date {
	all := map[WorkerDay]bool{}
	for at := range g.Minutes {
		all[at] = true
	}
	for at := range earned {
		all[at] = true
	}
	for at := range g.Before {
		all[at] = true
	}
	days := map[int64][]piecework.Date{}
	for at := range all {
		days[at.WorkerID] = append(days[at.WorkerID], at.Day)
	}
	for _, list := range days {
		slices.Sort(list)
	}
	return days
}

// earnedByDay divides a line among the days of its paid pieces.
func (p *pricing) earnedByDay(l *workerLine, g *group) {
	if !p.Guaranteed.Holds() || l.CorrectsRunID != 0 || l.DayKind != piecework.OrdinaryDay {
		return
	}
	add := func(day piecework.Date, part *big.Rat) {
		at := WorkerDay{l.worker, day}
		if p.earned[at] == nil {
			p.earned[at] = new(big.Rat)
		}
		p.earned[at].Add(p.earned[at], part)
	}
	for _, part := range l.Parts {
		if part.Pieces != 0 || !part.Amount.IsZero() {
			add(part.Day, part.Amount.Decimal().Rat())
		}
	}
	for day, n := range g.days {
		if n.Sign() != 0 && l.Quantity != 0 { // a day of which everything was struck is none
			part := new(big.Rat).Mul(l.Amount.Decimal().Rat(), n)
			add(day, part.Quo(part, new(big.Rat).SetInt64(l.Quantity)))
		}
	}
}

// addGuarantee reads what the guarantee of the run is reckoned with, for one worker or (0) for all. The hours must be claimed.
func (r *PayRun) addGuarantee(ctx context.Context, db bun.Tx, in *Input, workerID int64) error {
	g := &in.Guaranteed
	if g.Guarantee = r.Guarantee; !g.Holds() || r.OrderID != 0 { // a day is not of one order
		g.Guarantee = piecework.Guarantee{}
		return nil
	}
	of := func(q *bun.SelectQuery, column string) *bun.SelectQuery {
		if workerID != 0 {
			q = q.Where(column+" = ?", workerID)
		}
		return q
	}
	var hours []struct {
		WorkerDay
		Minutes int64
	}
	q := db.NewSelect().TableExpr("attendances AS a").Join("JOIN work_sessions AS s ON s.id = a.session_id").Where("a.run_id = ? AND s.day_kind = ''", r.ID).
		ColumnExpr("a.worker_id, s.work_date AS day, CAST(SUM(a.check_out - a.check_in) AS BIGINT) / 60000 AS minutes").GroupExpr("a.worker_id, s.work_date")
	if err := of(q, "a.worker_id").Scan(ctx, &hours); err != nil {
		return fmt.Errorf("read hours by day: %w", err)
	}
	g.Minutes = make(map[WorkerDay]int64, len(hours))
	for _, h := range hours {
		g.Minutes[h.WorkerDay] = h.Minutes
	}
	if err := r.addPaidByOrder(ctx, db, g, workerID); err != nil {
		return err
	}
	earlier := db.NewSelect().Model((*PayRun)(nil)).Column("id").Where("id <> ? AND workshop_id = ? AND order_id IS NULL AND status IN (?)", r.ID, r.WorkshopID, bun.List([]RunStatus{Approved, PaidOut})).
		Where("period_from <= ? AND period_to >= ?", r.PeriodTo, r.PeriodFrom)
	if r.Locked() {
		earlier = earlier.Where("approved_at < ? OR approved_at = ? AND id < ?", r.ApprovedAt, r.ApprovedAt, r.ID)
	}
	if found, err := earlier.Exists(ctx); err != nil || !found || g.Per == piecework.ByHour {
		return err // an hour counts in one run only
	}
	settled := db.NewSelect().TableExpr("slips AS s").ColumnExpr("s.worker_id, '' AS day").Where("NOT s.superseded AND s.run_id IN (?)", earlier)
	if g.Per == piecework.ByDay {
		settled = db.NewSelect().TableExpr("(? UNION ?) AS s",
			db.NewSelect().TableExpr("tallies AS t").Join("JOIN tally_claims AS c ON c.tally_id = t.id").Join("LEFT JOIN team_members AS m ON m.team_id = t.worker_id").
				ColumnExpr("COALESCE(m.worker_id, t.worker_id) AS worker_id, t.work_date AS day").Where("t.reverses_id IS NULL AND c.run_id IN (?)", earlier),
			db.NewSelect().TableExpr("attendances AS a").Join("JOIN work_sessions AS w ON w.id = a.session_id").
				ColumnExpr("a.worker_id, w.work_date AS day").Where("a.run_id IN (?)", earlier)).
			ColumnExpr("s.worker_id, s.day").Where("s.day BETWEEN ? AND ?", r.PeriodFrom, r.PeriodTo)
	}
	var list []WorkerDay
	if err := of(settled, "s.worker_id").Scan(ctx, &list); err != nil {
		return fmt.Errorf("find what is guaranteed already: %w", err)
	}
	g.Settled = make(map[WorkerDay]bool, len(list))
	for _, at := range list {
		g.Settled[at] = true
	}
	return nil
}

// addPaidByOrder reads what runs of single orders have paid for the days of the run.
func (r *PayRun) addPaidByOrder(ctx context.Context, db bun.Tx, g *Guaranteed, workerID int64) error {
	runs, err := r.runsOfOrders(ctx, db)
	if err != nil {
		return err
	}
	g.Before = map[WorkerDay]*big.Rat{}
	for i := range runs {
		_, earned, err := runs[i].pricedAgain(ctx, db, g.Guarantee, inPeriod(r.WorkshopID, r.PeriodFrom, r.PeriodTo))
		if err != nil {
			return err
		}
		for at, amount := range earned {
			switch {
			case workerID != 0 && at.WorkerID != workerID:
			case g.Before[at] == nil:
				g.Before[at] = amount
			default:
				g.Before[at].Add(g.Before[at], amount)
			}
		}
	}
	return nil
}
