package payroll

import (
	"context"
	"fmt"

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
		priced, line.PieceRateID, line.Rate, line.PieceRateID).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tallies behind a line: %w", err)
	}
	return list, nil
}
