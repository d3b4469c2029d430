package payroll

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Missing is unclaimed work for which no rate is agreed: it waits and is not paid until there is one.
type Missing struct {
	OrderID, OperationID int64
	Day                  piecework.Date
	Workers, Tallies     int64

	Order     *piecework.ProcessingOrder
	Operation *piecework.Operation
}

// waiting is the work of the run's days that no run has claimed: what has no rate, and how many tallies have one. One pass finds both.
func (r *PayRun) waiting(ctx context.Context, db bun.IDB) (list []Missing, late int64, err error) {
	var open []Missing
	err = r.covered()(db.NewSelect().TableExpr("tallies AS t")).Where(unclaimed).
		ColumnExpr("t.order_id, t.operation_id, t.work_date AS day, COUNT(DISTINCT t.worker_id) AS workers, COUNT(*) AS tallies").
		GroupExpr("t.order_id, t.operation_id, t.work_date").OrderExpr("t.work_date, t.order_id, t.operation_id").Scan(ctx, &open)
	if err != nil {
		return nil, 0, fmt.Errorf("find open work: %w", err)
	}
	rates, err := piecework.LoadRates(ctx, db, r.WorkshopID)
	if err != nil {
		return nil, 0, err
	}
	orders, operations := map[int64]*piecework.ProcessingOrder{}, map[int64]*piecework.Operation{}
	for _, m := range open {
		if _, ok := rates.On(m.OrderID, m.OperationID, m.Day); !ok {
			list = append(list, m)
			orders[m.OrderID], operations[m.OperationID] = nil, nil
		} else {
			late += m.Tallies
		}
	}
	if len(list) == 0 {
		return nil, late, nil
	}
	if err := readNames(ctx, db, orders, operations); err != nil {
		return nil, late, err
	}
	for i := range list {
		list[i].Order, list[i].Operation = orders[list[i].OrderID], operations[list[i].OperationID]
	}
	return list, late, nil
}

// Review is what a person should look at before a draft is approved.
type Review struct {
	WithoutRate  []Missing               // work of the period that waits for a rate
	OpenSessions []piecework.WorkSession // sessions of the period that still take tallies, the latest first; a page of them
	StillOpen    int                     // how many they are in all
	Late         int64                   // tallies of the period with a rate that came in after the computation
	Adjustments  int64                   // adjustments of the period that came in after it
	Approvals    int64                   // adjustments of the period that wait for a second person
	Arrears      int64                   // lines of the draft with arrears of a back-dated rate
	ArrearsSum   piecework.Money         // what they come to
	Flagged      int64                   // tallies of the draft at which something is odd, that nobody has looked at yet
	Held         int64                   // refused tallies of the workshop that wait to be put right
	Stale        bool                    // sessions, grades, the workshop's rules or what other runs have paid have changed since the computation
	RatesChanged bool                    // the draft uses rates that have changed since
	TaxChanged   bool                    // tax would be withheld otherwise now
	Disputes     []Dispute               // of the workshop, about earlier slips, that wait for an answer; a page of them
	Disputed     int                     // how many they are in all
	Outliers     []Slip                  // slips far above the others, the largest first
	Middle       piecework.Money         // the middle gross of the run
	UnderMinimum []Under                 // slips under the minimum wage for the hours
	Previous     *PayRun                 // the locked run before this one, to compare with; nil when there is none or this one is a supplement
	Before       Totals                  // its totals
}

// Nothing says whether there is nothing to look at.
func (r *Review) Nothing() bool {
	return len(r.WithoutRate) == 0 && len(r.OpenSessions) == 0 && r.Late == 0 && r.Arrears == 0 && r.Adjustments == 0 && r.Approvals == 0 && r.Flagged == 0 && r.Held == 0 && !r.Stale && !r.RatesChanged &&
		!r.TaxChanged && len(r.Outliers) == 0 && len(r.Disputes) == 0 && len(r.UnderMinimum) == 0
}

// ReviewOf looks at a run as things stand now.
func ReviewOf(ctx context.Context, db bun.IDB, run *PayRun) (Review, error) {
	var r Review
	var err error
	if r.WithoutRate, r.Late, err = run.waiting(ctx, db); err != nil {
		return r, err
	}
	sessions, err := piecework.Sessions(ctx, db, piecework.Filter{WorkshopID: run.WorkshopID, From: run.PeriodFrom, To: run.PeriodTo, Status: "open"})
	if err != nil {
		return r, err
	}
	r.OpenSessions, r.StillOpen = sessions.Items, sessions.Total
	for _, open := range []struct {
		count *int64
		which string
	}{{&r.Adjustments, "NOT needs_approval OR approved_at > 0"}, {&r.Approvals, "needs_approval AND approved_at = 0"}} {
		n, err := db.NewSelect().Model((*Adjustment)(nil)).Where("workshop_id = ? AND run_id IS NULL AND withdrawn_at = 0", run.WorkshopID).
			Where("work_date BETWEEN ? AND ? AND ? = 0", run.PeriodFrom, run.PeriodTo, run.OrderID).Where(open.which).Count(ctx)
		if err != nil {
			return r, fmt.Errorf("count open adjustments: %w", err)
		}
		*open.count = int64(n)
	}
	r.Stale = run.Stale && run.Status == Draft
	if run.Status == Draft {
		if err := r.countArrears(ctx, db, run); err != nil {
			return r, err
		}
		if err := r.countOdd(ctx, db, run); err != nil {
			return r, err
		}
		if r.RatesChanged, err = run.ratesChanged(ctx, db); err != nil {
			return r, err
		}
		if r.TaxChanged, err = run.taxChanged(ctx, db); err != nil {
			return r, err
		}
	}
	disputes, err := OpenDisputes(ctx, db, 0, piecework.Filter{WorkshopID: run.WorkshopID})
	if err != nil {
		return r, err
	}
	r.Disputes, r.Disputed = disputes.Items, disputes.Total
	if r.UnderMinimum, err = UnderMinimum(ctx, db, run.ID); err != nil {
		return r, err
	}
	if r.Outliers, r.Middle, err = Outliers(ctx, db, run.ID); err != nil {
		return r, err
	}
	err = r.findPrevious(ctx, db, run)
	return r, err
}

// countArrears sums the arrears that a draft takes in.
func (r *Review) countArrears(ctx context.Context, db bun.IDB, run *PayRun) error {
	var sum struct{ N, Fen int64 }
	err := db.NewSelect().Model((*Arrears)(nil)).ColumnExpr("COUNT(*) AS n, CAST(COALESCE(SUM(due - paid), 0) AS BIGINT) AS fen").
		Where("taken_by_run_id = ?", run.ID).Scan(ctx, &sum)
	if err != nil {
		return fmt.Errorf("sum arrears: %w", err)
	}
	r.Arrears, r.ArrearsSum = sum.N, piecework.Fen(sum.Fen)
	return nil
}

// countOdd counts what of a draft waits in the review queue.
func (r *Review) countOdd(ctx context.Context, db bun.IDB, run *PayRun) error {
	err := db.NewSelect().Model((*piecework.Flag)(nil)).Join("JOIN tally_claims AS c ON c.tally_id = fl.tally_id AND c.run_id = ?", run.ID).
		Where("fl.workshop_id = ? AND fl.decided_at = 0", run.WorkshopID).ColumnExpr("COUNT(DISTINCT fl.tally_id)").Scan(ctx, &r.Flagged)
	if err != nil {
		return fmt.Errorf("count odd tallies: %w", err)
	}
	held, err := db.NewSelect().Model((*piecework.Held)(nil)).Where("workshop_id = ? AND decided_at = 0", run.WorkshopID).Count(ctx)
	if err != nil {
		return fmt.Errorf("count refused tallies: %w", err)
	}
	r.Held = int64(held)
	return nil
}

// findPrevious finds the run to compare with. A supplement, which settles days that a locked run covers already, has only what
// was left over: it is compared with nothing, and nothing is compared with it. Nor is the run of an order.
func (r *Review) findPrevious(ctx context.Context, db bun.IDB, run *PayRun) error {
	if run.OrderID != 0 {
		return nil
	}
	locked := bun.List([]RunStatus{Approved, PaidOut})
	covered, err := db.NewSelect().Model((*PayRun)(nil)).Where("workshop_id = ? AND order_id IS NULL AND id <> ? AND status IN (?)", run.WorkshopID, run.ID, locked).
		Where("period_from <= ? AND period_to >= ?", run.PeriodTo, run.PeriodFrom).Exists(ctx)
	if err != nil {
		return fmt.Errorf("find runs of the same days: %w", err)
	}
	if covered {
		return nil
	}
	var list []PayRun
	err = db.NewSelect().Model(&list).Where("pr.workshop_id = ? AND pr.order_id IS NULL AND pr.period_to < ? AND pr.status IN (?)", run.WorkshopID, run.PeriodFrom, locked).
		Where(`NOT EXISTS (SELECT 1 FROM pay_runs main WHERE main.workshop_id = pr.workshop_id AND main.order_id IS NULL AND main.id < pr.id AND main.status IN (?)
			AND main.period_from <= pr.period_to AND main.period_to >= pr.period_from)`, locked).
		OrderExpr("pr.period_to DESC, pr.id DESC").Limit(1).Scan(ctx)
	if err != nil {
		return fmt.Errorf("find the run before: %w", err)
	}
	if len(list) > 0 {
		r.Previous = &list[0]
		r.Before, err = TotalsOf(ctx, db, list[0].ID)
	}
	return err
}
