package payroll

import (
	"context"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// inLockedRun holds for tallies t that an approved or paid run has claimed.
const inLockedRun = `EXISTS (SELECT 1 FROM tally_claims tc JOIN pay_runs p ON p.id = tc.run_id
	WHERE tc.tally_id = t.id AND p.status IN ('approved', 'paid'))`

// OpenPay is what a worker's pieces on work dates from through to come to that no approved or paid run has, before anything is
// taken off: a slip with lines and Gross, and the count of pieces that wait for a rate. It costs the worker's own period.
func OpenPay(ctx context.Context, db bun.IDB, w *piecework.Worker, from, to piecework.Date) (slip Slip, waiting piecework.Counts, err error) {
	of := func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("t.worker_id = ? AND t.work_date BETWEEN ? AND ?", w.ID, from, to).Where("NOT " + inLockedRun)
	}
	in := Input{}
	if in.Work, err = sumWork(ctx, db, of); err != nil {
		return slip, waiting, err
	}
	reversals, err := readReversals(ctx, db, 0, of)
	if err != nil {
		return slip, waiting, err
	}
	for _, rev := range reversals {
		in.Work = append(in.Work, rev.work())
	}
	workshop, err := piecework.WorkshopByID(ctx, db, w.WorkshopID)
	if err != nil {
		return slip, waiting, err
	}
	in.Policy = PolicyOf(workshop)
	if in.Rates, err = piecework.LoadRates(ctx, db, w.WorkshopID); err != nil {
		return slip, waiting, err
	}
	res := Compute(in)
	for _, c := range res.Unpriced {
		waiting = waiting.Plus(c)
	}
	if len(res.Slips) > 0 {
		slip = res.Slips[0]
	}
	slip.Worker = w
	list := []Slip{slip}
	err = nameLines(ctx, db, list)
	return list[0], waiting, err
}
