package payroll

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// RateEffect is how a rate change alters the open pay of one worker: work that is in no approved or paid run.
type RateEffect struct {
	Worker        *piecework.Worker
	Pieces        int64 // paid pieces the change touches
	Before, After piecework.Money
	Waiting       bool // some of the work has no rate yet, and counts as 0.00 in Before
}

// Difference is how much her open pay changes.
func (e RateEffect) Difference() piecework.Money { return e.After.Sub(e.Before) }

// RatePreview is what would happen if a rate were agreed.
type RatePreview struct {
	Effects []RateEffect // by worker code; workers whose pay stays the same are left out
	Locked  int64        // tallies the rate would also cover, but whose runs are locked: they stay as they were paid
}

// PreviewRate says whose open pay a rate would alter, before it is saved.
func PreviewRate(ctx context.Context, db bun.IDB, r piecework.PieceRate) (RatePreview, error) {
	var p RatePreview
	covered := func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("t.operation_id = ? AND t.work_date >= ?", r.OperationID, r.EffectiveFrom)
		if r.OrderID != 0 {
			q = q.Where("t.order_id = ?", r.OrderID)
		}
		return q
	}
	n, err := covered(db.NewSelect().TableExpr("tallies AS t")).Where(piecework.InLockedRun).Count(ctx)
	if err != nil {
		return p, fmt.Errorf("count paid tallies: %w", err)
	}
	p.Locked = int64(n)
	var shops []int64
	open := func(q *bun.SelectQuery) *bun.SelectQuery { return covered(q).Where("NOT " + piecework.InLockedRun) }
	if err := open(db.NewSelect().TableExpr("tallies AS t")).ColumnExpr("DISTINCT t.workshop_id").Scan(ctx, &shops); err != nil {
		return p, fmt.Errorf("find where work is open: %w", err)
	}
	for _, id := range shops {
		effects, err := effectsIn(ctx, db, id, r, func(q *bun.SelectQuery) *bun.SelectQuery { return open(q).Where("t.workshop_id = ?", id) })
		if err != nil {
			return p, err
		}
		p.Effects = append(p.Effects, effects...)
	}
	slices.SortFunc(p.Effects, func(a, b RateEffect) int { return cmp.Compare(a.Worker.Code, b.Worker.Code) })
	return p, nil
}

// effectsIn computes the open work of a workshop with and without the rate.
func effectsIn(ctx context.Context, db bun.IDB, workshopID int64, r piecework.PieceRate, open which) ([]RateEffect, error) {
	workshop, err := piecework.WorkshopByID(ctx, db, workshopID)
	if err != nil {
		return nil, err
	}
	in, err := readWork(ctx, db, workshop, open)
	if err != nil {
		return nil, err
	}
	rates, err := piecework.RatesOf(ctx, db, workshopID)
	if err != nil {
		return nil, err
	}
	with := func(book *piecework.RateBook) (Result, error) {
		in := in
		in.Rates = book
		err := addBefore(ctx, db, 0, &in)
		return Compute(in), err
	}
	before, err := with(in.Rates)
	if err != nil {
		return nil, err
	}
	after, err := with(piecework.NewRateBook(append(rates, r)))
	if err != nil {
		return nil, err
	}
	crew := map[int64]*piecework.Worker{}
	effects := map[int64]*RateEffect{}
	for _, s := range after.Slips {
		effects[s.WorkerID] = &RateEffect{After: s.Net}
		for _, l := range s.Lines {
			effects[s.WorkerID].Pieces += l.Quantity
		}
		crew[s.WorkerID] = nil
	}
	for _, s := range before.Slips {
		if e := effects[s.WorkerID]; e != nil {
			e.Before = s.Net
		}
	}
	for _, wk := range in.Work {
		if _, missing := before.Unpriced[Unpriced{wk.OrderID, wk.OperationID, wk.Day}]; missing {
			for _, m := range in.members(wk.WorkerID) {
				if e := effects[m.WorkerID]; e != nil {
					e.Waiting = true
				}
			}
		}
	}
	if len(crew) == 0 {
		return nil, nil
	}
	if err := byIDs(ctx, db, "wk", crew, func(w *piecework.Worker) int64 { return w.ID }); err != nil {
		return nil, err
	}
	var list []RateEffect
	for id, e := range effects {
		if e.Worker = crew[id]; e.Waiting || e.Before.Cmp(e.After) != 0 {
			list = append(list, *e)
		}
	}
	return list, nil
}

// WithdrawRate takes back a rate that was entered wrongly. A rate that an approved run has used stays for ever; agree a new
// one from a later day instead.
func WithdrawRate(ctx context.Context, db bun.IDB, id int64) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if err := lockWorkshops(ctx, db); err != nil { // so that no run is approved meanwhile which has paid with it
			return err
		}
		r, err := piecework.RateByID(ctx, db, id)
		if err != nil {
			return err
		}
		q := db.NewSelect().TableExpr("run_rates AS rr").Join("JOIN pay_runs AS p ON p.id = rr.run_id").
			Where("p.status IN ('approved', 'paid') AND rr.operation_id = ? AND rr.work_date >= ? AND rr.rate = ?", r.OperationID, r.EffectiveFrom, r.Rate)
		if r.OrderID != 0 {
			q = q.Where("rr.order_id = ?", r.OrderID)
		}
		used, err := q.Exists(ctx)
		if err != nil {
			return fmt.Errorf("find uses of the rate: %w", err)
		}
		if used {
			return piecework.Conflict("An approved run has paid with this rate. Agree a new rate from a later day instead.")
		}
		if err := withdrawArrears(ctx, db, r.ID); err != nil {
			return err
		}
		if _, err := db.NewDelete().Model((*piecework.RateTier)(nil)).Where("rate_id = ?", r.ID).Exec(ctx); err != nil {
			return fmt.Errorf("withdraw tiers: %w", err)
		}
		if _, err := db.NewDelete().Model(r).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("withdraw rate: %w", err)
		}
		return nil
	})
}
