package payroll

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// OpenPay is what a worker's pieces on work dates from through to ("" is open) come to that no approved or paid run has, before
// anything is taken off: a slip with lines and Gross, and the count of pieces that wait for a rate. It costs the worker's own rows.
func OpenPay(ctx context.Context, db bun.IDB, w *piecework.Worker, from, to piecework.Date) (slip Slip, waiting piecework.Counts, err error) {
	in, err := readWorkOf(ctx, db, w, func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("NOT " + piecework.InLockedRun)
		if from != "" {
			q = q.Where("t.work_date >= ?", from)
		}
		if to != "" {
			q = q.Where("t.work_date <= ?", to)
		}
		return q
	})
	if err != nil {
		return slip, waiting, err
	}
	if err := addBefore(ctx, db, 0, &in); err != nil {
		return slip, waiting, err
	}
	res := Compute(in)
	for _, c := range res.Unpriced {
		waiting = waiting.Plus(c)
	}
	if i := slices.IndexFunc(res.Slips, func(s Slip) bool { return s.WorkerID == w.ID }); i >= 0 {
		slip = res.Slips[i] // and not those of the others in her teams
	}
	slip.Worker, slip.WorkerID, slip.WorkshopID = w, w.ID, w.WorkshopID
	list := []Slip{slip}
	err = nameLines(ctx, db, list)
	return list[0], waiting, err
}

// readWorkOf reads the tallies of a worker and of the teams she is in that of keeps, as [readWork] does.
func readWorkOf(ctx context.Context, db bun.IDB, w *piecework.Worker, of which) (Input, error) {
	workshop, err := piecework.WorkshopByID(ctx, db, w.WorkshopID)
	if err != nil {
		return Input{}, err
	}
	return readWork(ctx, db, workshop, func(q *bun.SelectQuery) *bun.SelectQuery {
		return of(q.Where("(t.worker_id = ? OR t.worker_id IN (SELECT team_id FROM team_members WHERE worker_id = ?))", w.ID, w.ID))
	})
}

// readWork reads tallies of a workshop with everything their pay depends on but what locked runs have paid before.
func readWork(ctx context.Context, db bun.IDB, workshop *piecework.Workshop, of which) (in Input, err error) {
	if in.Work, err = sumWork(ctx, db, of); err != nil {
		return in, err
	}
	reversals, err := readReversals(ctx, db, 0, of)
	if err != nil {
		return in, err
	}
	for _, rev := range reversals {
		in.Work = append(in.Work, rev.work())
	}
	in.Policy = PolicyOf(workshop)
	if in.Rates, err = piecework.LoadRates(ctx, db, workshop.ID); err != nil {
		return in, err
	}
	err = addRules(ctx, db, workshop, &in)
	return in, err
}

// OpenExtras is what changes a worker's pay besides pieces and no approved or paid run has: her adjustments, the latest first, and
// what earlier runs carried forward, which is still to be taken.
func OpenExtras(ctx context.Context, db bun.IDB, workerID int64) (list []Adjustment, carried piecework.Money, err error) {
	lockedRuns := db.NewSelect().Model((*PayRun)(nil)).Column("id").Where("status IN (?)", bun.List([]RunStatus{Approved, PaidOut}))
	err = db.NewSelect().Model(&list).Where("adj.worker_id = ? AND adj.withdrawn_at = 0", workerID).
		Where("(adj.run_id IS NULL OR adj.run_id NOT IN (?))", lockedRuns).OrderExpr("adj.work_date DESC, adj.id DESC").Scan(ctx)
	if err != nil {
		return nil, carried, fmt.Errorf("find open adjustments: %w", err)
	}
	var owed []Carry
	err = db.NewSelect().Model(&owed).Where("worker_id = ? AND run_id IN (?)", workerID, lockedRuns).
		Where("(taken_by_run_id IS NULL OR taken_by_run_id NOT IN (?))", lockedRuns).
		Where("slip_id IN (SELECT id FROM slips WHERE NOT superseded)").Scan(ctx)
	if err != nil {
		return nil, carried, fmt.Errorf("find what is carried: %w", err)
	}
	for _, c := range owed {
		carried = carried.Add(c.Amount)
	}
	return list, carried, nil
}
