package payroll

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// TalliesBehind lists the tallies a work line of a slip sums up, in the order in which they were counted, each with its session.
// Lines that are not about pieces have none; of a tier, all the tallies at the rate whose tiers they reached.
func TalliesBehind(ctx context.Context, db bun.IDB, slip *Slip, line *Line) ([]piecework.Tally, error) {
	if !line.IsWork() {
		return nil, nil
	}
	worker := slip.WorkerID
	if line.TeamID != 0 {
		worker = line.TeamID
	}
	var list []piecework.Tally
	q := db.NewSelect().Model(&list).Relation("Session").
		Join("JOIN tally_claims AS c ON c.tally_id = t.id AND c.run_id = ?", slip.RunID).
		Join("LEFT JOIN tallies AS struck ON struck.id = t.reverses_id").
		Join("LEFT JOIN tally_claims AS sc ON sc.tally_id = struck.id").
		Where("t.worker_id = ? AND t.order_id = ? AND t.operation_id = ?", worker, line.OrderID, line.OperationID).
		Order("t.id")
	rate := line.Rate
	if !line.plain() {
		rate = line.AgreedRate
	}
	priced := slip.RunID
	if line.CorrectsRunID != 0 {
		priced = line.CorrectsRunID
		q = q.Where("sc.run_id = ?", priced)
	} else {
		// A reversal is part of the line unless a run that was locked before paid what it strikes.
		q = q.Where(`t.reverses_id IS NULL OR sc.run_id IS NULL OR NOT EXISTS (SELECT 1 FROM slip_lines AS cl JOIN slips AS cs ON cs.id = cl.slip_id
			WHERE cs.run_id = c.run_id AND cs.worker_id = ? AND cl.corrects_run_id = sc.run_id AND cl.order_id = t.order_id AND cl.operation_id = t.operation_id)`, slip.WorkerID)
	}
	err := q.Where(`EXISTS (SELECT 1 FROM run_rates AS rr WHERE rr.run_id = ? AND rr.order_id = t.order_id AND rr.operation_id = t.operation_id
		AND rr.work_date = COALESCE(struck.work_date, t.work_date) AND (? = 0 AND rr.rate = ? OR rr.piece_rate_id = ?))`,
		priced, line.PieceRateID, rate, line.PieceRateID).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tallies behind a line: %w", err)
	}
	return ofFactor(ctx, db, slip, line, list)
}

// ofFactor keeps the tallies that are paid at the line's percentage of the rate.
func ofFactor(ctx context.Context, db bun.IDB, slip *Slip, line *Line, list []piecework.Tally) ([]piecework.Tally, error) {
	var in Input
	var err error
	if in.Marked, err = piecework.MarkedSessions(ctx, db, slip.WorkshopID); err != nil {
		return nil, err
	}
	if in.Grades, err = piecework.Grades(ctx, db, slip.WorkshopID, slip.WorkerID); err != nil || len(in.Marked)+len(in.Grades) == 0 {
		return list, err
	}
	of := make(map[int64]*piecework.Tally, len(list)) // what was struck decides for what strikes it
	struck := map[int64]*piecework.Tally{}
	for _, t := range list {
		if t.ReversesID != 0 {
			struck[t.ReversesID] = nil
		}
	}
	if len(struck) > 0 {
		if err := byIDs(ctx, db, "t", struck, func(t *piecework.Tally) int64 { return t.ID }); err != nil {
			return nil, err
		}
	}
	for i := range list {
		of[list[i].ID] = &list[i]
		if original := struck[list[i].ReversesID]; original != nil {
			of[list[i].ID] = original
		}
	}
	worker := slip.WorkerID
	if line.TeamID != 0 {
		worker = 0 // a team has no grade
	}
	return slices.DeleteFunc(list, func(t piecework.Tally) bool {
		o := of[t.ID]
		return in.factor(&Work{WorkerID: worker, SessionID: o.SessionID, Day: o.WorkDate}) != line.Factor
	}), nil
}
