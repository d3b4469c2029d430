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
	if line.Kind == BackPay {
		return talliesInArrears(ctx, db, slip, line)
	}
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
		AND rr.work_date = COALESCE(struck.work_date, t.work_date) AND (? = 0 AND rr.rate = ? OR rr.piece_rate_id = ?))
		OR ? <> 0 AND EXISTS (SELECT 1 FROM revised_rates AS rv WHERE rv.run_id = ? AND rv.worker_id = t.worker_id AND rv.order_id = t.order_id
		AND rv.operation_id = t.operation_id AND rv.work_date = struck.work_date AND (? = 0 AND rv.rate = ? OR rv.piece_rate_id = ?))`,
		priced, line.PieceRateID, rate, line.PieceRateID, line.CorrectsRunID, priced, line.PieceRateID, rate, line.PieceRateID).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tallies behind a line: %w", err)
	}
	return ofFactor(ctx, db, slip, line, list)
}

// talliesInArrears is the tallies of a locked run that a line of arrears pays anew, and what locked runs have struck of them.
func talliesInArrears(ctx context.Context, db bun.IDB, slip *Slip, line *Line) ([]piecework.Tally, error) {
	worker := slip.WorkerID
	if line.TeamID != 0 {
		worker = line.TeamID
	}
	var list []piecework.Tally
	if line.Quantity == 0 { // only the time of its sessions is divided anew
		err := db.NewSelect().Model(&list).Relation("Session").
			Join("JOIN tallies AS o ON o.id = COALESCE(t.reverses_id, t.id)").
			Join("JOIN tally_claims AS c ON c.tally_id = o.id AND c.run_id = ?", line.CorrectsRunID).
			Where("o.worker_id = ? AND o.order_id = ? AND o.operation_id = ?", worker, line.OrderID, line.OperationID).
			Where("EXISTS (SELECT 1 FROM revised_parts AS rp JOIN arrears AS ar ON ar.id = ? AND ar.piece_rate_id = rp.piece_rate_id WHERE rp.session_id = o.session_id AND rp.worker_id = o.worker_id)", line.ArrearsID).
			Where(piecework.InLockedRun).Order("t.id").Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the tallies behind arrears: %w", err)
		}
		return list, nil
	}
	err := db.NewSelect().Model(&list).Relation("Session").
		Join("JOIN tallies AS o ON o.id = COALESCE(t.reverses_id, t.id)").
		Join("JOIN tally_claims AS c ON c.tally_id = o.id AND c.run_id = ?", line.CorrectsRunID).
		Join("JOIN revised_rates AS rv ON rv.run_id = c.run_id AND rv.worker_id = o.worker_id AND rv.order_id = o.order_id AND rv.operation_id = o.operation_id AND rv.work_date = o.work_date").
		Join("JOIN arrears AS ar ON ar.id = ? AND ar.piece_rate_id = rv.piece_rate_id", line.ArrearsID).
		Where("o.worker_id = ? AND o.order_id = ? AND o.operation_id = ?", worker, line.OrderID, line.OperationID).
		Where(piecework.InLockedRun).
		Where(`EXISTS (SELECT 1 FROM run_rates AS rr WHERE rr.run_id = c.run_id AND rr.order_id = o.order_id AND rr.operation_id = o.operation_id
			AND rr.work_date = o.work_date AND rr.rate = ar.old_rate)
			OR EXISTS (SELECT 1 FROM revised_rates AS x WHERE x.run_id = c.run_id AND x.worker_id = o.worker_id AND x.order_id = o.order_id
			AND x.operation_id = o.operation_id AND x.work_date = o.work_date AND x.id < rv.id AND x.rate = ar.old_rate)`).
		Order("t.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tallies behind arrears: %w", err)
	}
	return list, nil
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
	if err := byIDs(ctx, db, "t", struck, func(t *piecework.Tally) int64 { return t.ID }); err != nil {
		return nil, err
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
