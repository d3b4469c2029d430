package payroll

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// DayPay is what a worker's pieces of one day come to, before anything is taken off.
type DayPay struct {
	Day    piecework.Date
	Amount piecework.Money
}

// EarnedByDay is what the pieces of a worker come to on each day from through to, settled or not, at the rates as they are now: a
// picture for her, of which the slip is the binding form. Each day is computed by itself, so tiers that count over a whole period begin
// anew each day. Pieces that were struck count as if they had never been.
func EarnedByDay(ctx context.Context, db bun.IDB, w *piecework.Worker, from, to piecework.Date) ([]DayPay, error) {
	in, err := readWorkOf(ctx, db, w, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("t.work_date BETWEEN ? AND ?", from, to)
	})
	if err != nil {
		return nil, err
	}
	byDay := map[piecework.Date][]Work{}
	for _, work := range in.Work {
		work.Fixed, work.CorrectsRunID = nil, 0
		byDay[work.Day] = append(byDay[work.Day], work)
	}
	var days []DayPay
	for day := from; day <= to; day = day.AddDays(1) {
		in.Work = byDay[day]
		pay := DayPay{Day: day}
		for _, s := range Compute(in).Slips {
			if s.WorkerID == w.ID {
				pay.Amount = s.Gross
			}
		}
		days = append(days, pay)
	}
	return days, nil
}

// OpenMinutes is how long a worker was at ordinary sessions whose hours no approved run has; 0 when nobody wrote it down.
func OpenMinutes(ctx context.Context, db bun.IDB, workerID int64) (minutes int64, err error) {
	err = db.NewSelect().Model((*piecework.Attendance)(nil)).ColumnExpr("CAST(COALESCE(SUM(check_out - check_in), 0) AS BIGINT) / 60000").
		Where("worker_id = ? AND check_out > 0", workerID).
		Where("(run_id IS NULL OR run_id IN (SELECT id FROM pay_runs WHERE status = ?))", Draft).
		Where("session_id NOT IN (SELECT id FROM work_sessions WHERE day_kind <> '')").Scan(ctx, &minutes)
	if err != nil {
		return 0, fmt.Errorf("read open hours: %w", err)
	}
	return minutes, nil
}

// AdvanceLeft is an advance and how much of it has been taken back.
type AdvanceLeft struct {
	Adjustment `bun:",extend"`
	Taken      piecework.Money // by slips that are issued
	Left       piecework.Money `bun:"-"`
}

// Next is the most that a run which ends on a day takes back of the advance.
func (a *AdvanceLeft) Next(until piecework.Date) piecework.Money {
	plan := a.plan(until)
	switch {
	case plan.Postponed || a.Waits():
		return piecework.Money{}
	case plan.Instalment.IsZero():
		return a.Left
	}
	return piecework.MinMoney(a.Left, plan.Instalment)
}

// AdvancesLeft lists the advances of a worker of which something is still to be taken back, the oldest first.
func AdvancesLeft(ctx context.Context, db bun.IDB, workerID int64) ([]AdvanceLeft, error) {
	var list []AdvanceLeft
	err := db.NewSelect().Model(&list).ColumnExpr("adj.*").
		ColumnExpr(`CAST(COALESCE((SELECT -SUM(l.amount) FROM slips s JOIN slip_lines l ON l.slip_id = s.id
			WHERE s.worker_id = ? AND l.adjustment_id = adj.id AND s.issued_at <> 0 AND NOT s.superseded), 0) AS BIGINT) AS taken`, workerID).
		Where("adj.worker_id = ? AND adj.kind = ? AND adj.withdrawn_at = 0", workerID, Advance).Order("adj.work_date", "adj.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read advances: %w", err)
	}
	for i := range list {
		list[i].Left = list[i].Amount.Sub(list[i].Taken)
	}
	return slices.DeleteFunc(list, func(a AdvanceLeft) bool { return a.Left.Sign() <= 0 }), nil
}

// TalliesOpen lists the tallies behind a line of what [OpenPay] found for a worker, in the order in which they were counted, each with
// its session.
func TalliesOpen(ctx context.Context, db bun.IDB, open *Slip, line *Line) ([]piecework.Tally, error) {
	if !line.IsWork() {
		return nil, nil
	}
	worker := open.WorkerID
	if line.TeamID != 0 {
		worker = line.TeamID
	}
	const strikesPaid = "COALESCE((SELECT c.run_id FROM tally_claims c JOIN pay_runs p ON p.id = c.run_id WHERE c.tally_id = t.reverses_id AND p.status IN ('approved', 'paid')), 0) = ?"
	var list []struct {
		piecework.Tally `bun:",extend"`
		RateDay         piecework.Date
	}
	err := db.NewSelect().Model(&list).Relation("Session").ColumnExpr("t.*").
		ColumnExpr("COALESCE((SELECT o.work_date FROM tallies o WHERE o.id = t.reverses_id), t.work_date) AS rate_day").
		Where("t.worker_id = ? AND t.order_id = ? AND t.operation_id = ?", worker, line.OrderID, line.OperationID).
		Where("NOT "+piecework.InLockedRun).Where(strikesPaid, line.CorrectsRunID).Order("t.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read open tallies: %w", err)
	}
	book, err := piecework.LoadRates(ctx, db, open.WorkshopID)
	if err != nil {
		return nil, err
	}
	rate := line.Rate
	if !line.plain() {
		rate = line.AgreedRate
	}
	var found []piecework.Tally
	for _, t := range list {
		r, ok := book.Find(t.OrderID, t.OperationID, t.RateDay)
		if line.CorrectsRunID != 0 || ok && (line.PieceRateID == r.ID || line.PieceRateID == 0 && r.Rate.Cmp(rate) == 0) {
			found = append(found, t.Tally)
		}
	}
	return ofFactor(ctx, db, open, line, found)
}
