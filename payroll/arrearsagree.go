package payroll

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// AgreeRate saves a rate as [piecework.AddRate] does and its arrears with it, as [AgreeArrears] does; nothing is saved when either fails.
func AgreeRate(ctx context.Context, db bun.IDB, r *piecework.PieceRate, workshopID int64, seen piecework.Money, by string) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if err := piecework.AddRate(ctx, db, r); err != nil {
			return err
		}
		return AgreeArrears(ctx, db, r.ID, workshopID, seen, by)
	})
}

// AgreeArrears agrees what a saved rate changes about settled pay, in a workshop or (0) in all: the next run of each takes it in. seen is
// the total that the person was shown; if it is another one by now, nothing is agreed.
func AgreeArrears(ctx context.Context, db bun.IDB, rateID, workshopID int64, seen piecework.Money, by string) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		r, err := piecework.RateByID(ctx, db, rateID)
		if err != nil {
			return err
		}
		if err := lockWorkshops(ctx, db); err != nil {
			return err
		}
		p, err := PreviewArrears(ctx, db, r, workshopID)
		if err != nil {
			return err
		}
		if len(p.List) == 0 {
			return piecework.Conflict("This rate changes no settled pay that is not agreed already.")
		}
		if p.Total().Cmp(seen) != 0 {
			return piecework.Conflict("The difference was %s and is %s by now. Look at it again before you agree.", seen, p.Total())
		}
		now, outdated := piecework.Now(), map[int64]bool{}
		for i := range p.List {
			p.List[i].AgreedAt, p.List[i].AgreedBy = now, by
			outdated[p.List[i].WorkshopID] = true
		}
		for chunk := range slices.Chunk(p.List, 500) {
			if _, err := db.NewInsert().Model(&chunk).Returning("NULL").Exec(ctx); err != nil {
				return fmt.Errorf("agree arrears: %w", err)
			}
		}
		if err := revise(ctx, db, p.revised); err != nil {
			return err
		}
		if err := keepParts(ctx, db, p.parts); err != nil {
			return err
		}
		for id := range outdated {
			if err := piecework.OutdateDrafts(ctx, db, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// lockWorkshops makes the transaction the only one that settles, in any workshop.
func lockWorkshops(ctx context.Context, db bun.Tx) error {
	var ids []int64
	if err := db.NewSelect().Model((*piecework.Workshop)(nil)).Column("id").Order("id").Scan(ctx, &ids); err != nil {
		return fmt.Errorf("list workshops: %w", err)
	}
	for _, id := range ids {
		if err := piecework.LockWorkshop(ctx, db, id); err != nil {
			return err
		}
	}
	return nil
}

// revise notes the rates up to which work of locked runs is paid now, in place of those before.
func revise(ctx context.Context, db bun.Tx, rates []revisedRate) error {
	var last int64
	if err := db.NewSelect().Model((*revisedRate)(nil)).ColumnExpr("COALESCE(MAX(id), 0)").Scan(ctx, &last); err != nil {
		return fmt.Errorf("read revised rates: %w", err)
	}
	for chunk := range slices.Chunk(rates, 500) {
		if _, err := db.NewInsert().Model(&chunk).Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("revise rates: %w", err)
		}
	}
	for _, q := range []string{
		`UPDATE revised_rates SET current = FALSE WHERE current AND EXISTS (SELECT 1 FROM revised_rates AS n WHERE n.id > ?
			AND n.run_id = revised_rates.run_id AND n.worker_id = revised_rates.worker_id AND n.order_id = revised_rates.order_id
			AND n.operation_id = revised_rates.operation_id AND n.work_date = revised_rates.work_date)`,
		"UPDATE revised_rates SET current = TRUE WHERE id > ?",
	} {
		if _, err := db.ExecContext(ctx, q, last); err != nil {
			return fmt.Errorf("replace revised rates: %w", err)
		}
	}
	return nil
}

// ArrearsOfRate is what was agreed with a rate, by worker, with the runs that it is about and those that take it in.
func ArrearsOfRate(ctx context.Context, db bun.IDB, rateID, workshopID int64) ([]Arrears, error) {
	var list []Arrears
	q := db.NewSelect().Model(&list).Relation("Worker").Relation("Run").Relation("Order").Relation("Operation").Relation("Taker").
		Where("ar.piece_rate_id = ?", rateID).Order("worker.code", "ar.run_id", "ar.id")
	if workshopID != 0 {
		q = q.Where("ar.workshop_id = ?", workshopID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list arrears: %w", err)
	}
	return list, nil
}

// claimArrears takes in the arrears of the workshop that no run has taken, and returns all that the run has. The
// run of an order takes in those of its order.
func (r *PayRun) claimArrears(ctx context.Context, db bun.Tx) ([]Arrears, error) {
	q := db.NewUpdate().Model((*Arrears)(nil)).Set("taken_by_run_id = ?", r.ID).Where("workshop_id = ? AND taken_by_run_id IS NULL", r.WorkshopID)
	if r.OrderID != 0 {
		q = q.Where("order_id = ?", r.OrderID)
	}
	if _, err := q.Exec(ctx); err != nil {
		return nil, fmt.Errorf("claim arrears: %w", err)
	}
	return r.takenArrears(ctx, db, 0)
}

// takenArrears is the arrears that the run has taken in, of one worker or (0) of all.
func (r *PayRun) takenArrears(ctx context.Context, db bun.IDB, workerID int64) ([]Arrears, error) {
	var list []Arrears
	q := db.NewSelect().Model(&list).Where("ar.taken_by_run_id = ?", r.ID).Order("ar.id")
	if workerID != 0 {
		q = q.Where("ar.worker_id = ?", workerID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read arrears: %w", err)
	}
	rates := map[int64]*piecework.PieceRate{}
	for _, a := range list {
		rates[a.PieceRateID] = nil
	}
	if err := piecework.RatesByID(ctx, db, rates); err != nil {
		return nil, err
	}
	for i := range list {
		list[i].PieceRate = rates[list[i].PieceRateID]
	}
	return list, nil
}

// isRevised says whether arrears have changed what the run paid a worker, alone or in a team.
func (r *PayRun) isRevised(ctx context.Context, db bun.IDB, workerID int64) (bool, error) {
	rates := db.NewSelect().Model((*revisedRate)(nil)).Where("run_id = ?", r.ID).
		Where("worker_id = ? OR worker_id IN (SELECT team_id FROM team_members WHERE worker_id = ?)", workerID, workerID)
	sessions := db.NewSelect().Model((*revisedPart)(nil)).Join("JOIN slip_parts AS sp ON sp.session_id = rp.session_id").
		Join("JOIN slips AS s ON s.id = sp.slip_id AND s.worker_id = rp.worker_id AND s.run_id = ?", r.ID).Where("rp.worker_id = ?", workerID)
	for _, q := range []*bun.SelectQuery{rates, sessions} {
		found, err := q.Exists(ctx)
		if err != nil {
			return false, fmt.Errorf("look for arrears: %w", err)
		}
		if found {
			return true, nil
		}
	}
	return false, nil
}

// withdrawArrears takes back what was agreed with a rate that is withdrawn, as long as no locked run has paid it. The workshops must be locked.
func withdrawArrears(ctx context.Context, db bun.Tx, rateID int64) error {
	list, err := ArrearsOfRate(ctx, db, rateID, 0)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Taker != nil && a.Taker.Locked() {
			return piecework.Conflict("Run %v has paid arrears by this rate. Agree a new rate from a later day, or for one order, instead.", a.TakenByRun)
		}
	}
	var mine []revisedRate
	if err := db.NewSelect().Model(&mine).Where("piece_rate_id = ?", rateID).Scan(ctx); err != nil {
		return fmt.Errorf("read revised rates: %w", err)
	}
	if len(mine) == 0 {
		return nil
	}
	if slices.ContainsFunc(mine, func(r revisedRate) bool { return !r.Current }) {
		return errBuiltUpon
	}
	if err := builtUpon(ctx, db, rateID); err != nil {
		return err
	}
	runs := map[int64]bool{}
	for _, r := range mine {
		runs[r.RunID] = true
	}
	ids := slices.Collect(maps.Keys(runs))
	for _, q := range []struct {
		query string
		arg   any
	}{
		{"DELETE FROM arrears WHERE piece_rate_id = ?", rateID},
		{"DELETE FROM revised_rates WHERE piece_rate_id = ?", rateID},
		{"DELETE FROM revised_parts WHERE piece_rate_id = ?", rateID},
		// What it had replaced holds again: of each piece of work the last that is left.
		{`UPDATE revised_rates SET current = TRUE WHERE id IN (SELECT MAX(id) FROM revised_rates WHERE run_id IN (?)
			GROUP BY run_id, worker_id, order_id, operation_id, work_date)`, bun.List(ids)},
		{"UPDATE pay_runs SET stale = TRUE WHERE status = 'draft' AND workshop_id IN (SELECT workshop_id FROM pay_runs WHERE id IN (?))", bun.List(ids)},
	} {
		if _, err := db.ExecContext(ctx, q.query, q.arg); err != nil {
			return fmt.Errorf("withdraw arrears: %w", err)
		}
	}
	return nil
}
