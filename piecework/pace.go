package piecework

import (
	"cmp"
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// Pace is how fast an order comes along, counted in operations done on pieces: so it tells something from the first day on, when
// nothing is finished yet.
type Pace struct {
	Quantity   int64
	Operations int64
	Done       int64 // operations done on good pieces, none beyond the quantity
	Worked     int64 // of them in the last sessions
	Days       int64 // that those sessions span, days off among them; 0 when there was none lately
}

// paceSessions is of how many of the last days with work the pace is taken, and paceBack how many days back they are looked for.
const (
	paceSessions = 6
	paceBack     = 45
)

// Left is how many operations are still to be done.
func (p Pace) Left() int64 { return p.Quantity*p.Operations - p.Done }

// Finish is the day on which the last piece will be made if the work goes on as in the last sessions. ok is false when nothing is left
// or nothing was done lately.
func (p Pace) Finish(today Date) (day Date, ok bool) {
	if p.Left() <= 0 || p.Worked <= 0 || p.Days <= 0 {
		return "", false
	}
	const never = 3650
	days := (p.Left()*p.Days + p.Worked - 1) / p.Worked
	if days > never {
		return "", false
	}
	return today.AddDays(int(days)), true
}

// By is how many pieces will be made by the end of a day if the work goes on, were all operations level by then.
func (p Pace) By(today, day Date) int64 {
	done := p.Done
	if days := int64(day.Time().Sub(today.Time()).Hours()/24) + 1; p.Days > 0 && days > 0 {
		done += p.Worked * days / p.Days
	}
	return min(p.Quantity, done/max(1, p.Operations))
}

// Paces is the pace of some orders, whose products have been read with their operations, as it is on a day.
func Paces(ctx context.Context, db bun.IDB, today Date, list ...*ProcessingOrder) (map[int64]Pace, error) {
	paces := make(map[int64]Pace, len(list))
	if len(list) == 0 {
		return paces, nil
	}
	ids := make([]int64, len(list))
	for i, o := range list {
		ids[i] = o.ID
	}
	var sums []orderSum
	if err := db.NewSelect().Model(&sums).Where("op.order_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, wrap("read progress", err)
	}
	good := map[[2]int64]int64{}
	for _, s := range sums {
		good[[2]int64{s.OrderID, s.OperationID}] = s.Good
	}
	var days []workDay
	err := db.NewSelect().TableExpr("work_sessions AS s").Join("JOIN session_progress AS sp ON sp.session_id = s.id").
		ColumnExpr("sp.order_id, s.work_date, CAST(SUM(sp.good) AS BIGINT) AS good").
		Where("s.work_date BETWEEN ? AND ? AND sp.order_id IN (?)", today.AddDays(-paceBack), today, bun.List(ids)).
		GroupExpr("sp.order_id, s.work_date").Scan(ctx, &days)
	if err != nil {
		return nil, wrap("read what was made lately", err)
	}
	slices.SortFunc(days, func(a, b workDay) int { return cmp.Compare(b.WorkDate, a.WorkDate) })
	for _, o := range list {
		p := Pace{Quantity: o.Quantity, Operations: int64(len(o.Product.Operations))}
		for _, op := range o.Product.Operations {
			p.Done += min(o.Quantity, max(0, good[[2]int64{o.ID, op.ID}]))
		}
		p.take(days, o.ID, today)
		paces[o.ID] = p
	}
	return paces, nil
}

// workDay is what was made for an order on a day.
type workDay struct {
	OrderID  int64
	WorkDate Date
	Good     int64
}

// take adds the last days with work, the latest first. The span ends yesterday or later, so that a pause slows the pace; today, which is
// not over, counts once something was made on it.
func (p *Pace) take(days []workDay, order int64, today Date) {
	var first, last Date
	n := 0
	for _, d := range days {
		if d.OrderID != order || d.Good == 0 || n == paceSessions {
			continue
		}
		if n++; last == "" {
			last = max(d.WorkDate, today.AddDays(-1))
		}
		first = d.WorkDate
		p.Worked += d.Good
	}
	if n > 0 {
		p.Days = int64(last.Time().Sub(first.Time()).Hours()/24) + 1
	}
}
