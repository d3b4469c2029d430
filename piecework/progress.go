package piecework

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
)

// SessionProgress is what one worker has handed in at one operation of one order during one session, reversals taken off: the
// sum of the tallies, written along with them by [AppendTallies].
type SessionProgress struct {
	bun.BaseModel `bun:"table:session_progress,alias:sp"`

	SessionID   int64 `bun:",pk"`
	WorkerID    int64 `bun:",pk"`
	OrderID     int64 `bun:",pk"`
	OperationID int64 `bun:",pk"`
	Counts      `bun:"embed:"`
	Tallies     int64   // how many there are; a reversal counts -1
	LastAt      Instant // when the latest that is not struck was recorded, 0 when there is none
}

func (p *SessionProgress) compare(q *SessionProgress) int {
	return cmp.Or(cmp.Compare(p.SessionID, q.SessionID), cmp.Compare(p.WorkerID, q.WorkerID),
		cmp.Compare(p.OrderID, q.OrderID), cmp.Compare(p.OperationID, q.OperationID))
}

// orderSum is what has been handed in at one operation of an order in all sessions, reversals taken off.
type orderSum struct {
	bun.BaseModel `bun:"table:order_progress,alias:op"`

	OrderID     int64 `bun:",pk"`
	OperationID int64 `bun:",pk"`
	Counts      `bun:"embed:"`
	Tallies     int64
}

func (s *orderSum) compare(t *orderSum) int {
	return cmp.Or(cmp.Compare(s.OrderID, t.OrderID), cmp.Compare(s.OperationID, t.OperationID))
}

// merged sums what compares equal, in order.
func merged[T any](list []*T, compare func(*T, *T) int, add func(into, from *T)) []*T {
	slices.SortFunc(list, compare)
	n := 0
	for _, p := range list {
		if n > 0 && compare(list[n-1], p) == 0 {
			add(list[n-1], p)
			continue
		}
		list[n] = p
		n++
	}
	return list[:n]
}

// bookProgress adds tallies that have just been stored to the sums: one statement a table, and one more where tallies were struck.
func bookProgress(ctx context.Context, db tx, tallies []*Tally) error {
	bySession, byOrder := make([]*SessionProgress, len(tallies)), make([]*orderSum, len(tallies))
	var struck []int64
	for i, t := range tallies {
		counts, n, at := t.Counts, int64(1), t.RecordedAt
		if t.ReversesID != 0 {
			counts, n, at = counts.Negated(), -1, 0
			struck = append(struck, t.ReversesID)
		}
		bySession[i] = &SessionProgress{SessionID: t.SessionID, WorkerID: t.WorkerID, OrderID: t.OrderID, OperationID: t.OperationID, Counts: counts, Tallies: n, LastAt: at}
		byOrder[i] = &orderSum{OrderID: t.OrderID, OperationID: t.OperationID, Counts: counts, Tallies: n}
	}
	bySession = merged(bySession, (*SessionProgress).compare, func(into, from *SessionProgress) {
		into.Counts, into.Tallies, into.LastAt = into.Plus(from.Counts), into.Tallies+from.Tallies, max(into.LastAt, from.LastAt)
	})
	byOrder = merged(byOrder, (*orderSum).compare, func(into, from *orderSum) {
		into.Counts, into.Tallies = into.Plus(from.Counts), into.Tallies+from.Tallies
	})
	err := db.exec(ctx, addToSessions, len(bySession), func(args []any, i int) []any {
		p := bySession[i]
		return append(args, p.SessionID, p.WorkerID, p.OrderID, p.OperationID, p.Good, p.Rework, p.ScrapWorkmanship, p.ScrapMaterial, p.Tallies, int64(p.LastAt))
	})
	if err != nil {
		return wrap("sum up sessions", err)
	}
	err = db.exec(ctx, addToOrders, len(byOrder), func(args []any, i int) []any {
		s := byOrder[i]
		return append(args, s.OrderID, s.OperationID, s.Good, s.Rework, s.ScrapWorkmanship, s.ScrapMaterial, s.Tallies)
	})
	if err != nil || len(struck) == 0 {
		return wrap("sum up orders", err)
	}
	return forgetStruck(ctx, db, struck)
}

// The upserts that add counts to those of the row that is there.
var (
	addToSessions = &rowQuery{"INSERT INTO session_progress AS p (session_id, worker_id, order_id, operation_id, " + summed + ", last_at) VALUES ", marks(10),
		" ON CONFLICT (session_id, worker_id, order_id, operation_id) DO UPDATE SET " + addSummed +
			", last_at = CASE WHEN EXCLUDED.last_at > p.last_at THEN EXCLUDED.last_at ELSE p.last_at END"}
	addToOrders = &rowQuery{"INSERT INTO order_progress AS p (order_id, operation_id, " + summed + ") VALUES ", marks(7),
		" ON CONFLICT (order_id, operation_id) DO UPDATE SET " + addSummed}
)

const (
	summed    = "good, rework, scrap_workmanship, scrap_material, tallies"
	addSummed = "good = p.good + EXCLUDED.good, rework = p.rework + EXCLUDED.rework, scrap_workmanship = p.scrap_workmanship + EXCLUDED.scrap_workmanship, " +
		"scrap_material = p.scrap_material + EXCLUDED.scrap_material, tallies = p.tallies + EXCLUDED.tallies"
)

// forgetStruck finds anew when the latest tally was recorded where tallies have just been struck, and closes what guards had
// noticed about those: they count no more. The unary plus keeps the look-up on the index of the worker's day.
func forgetStruck(ctx context.Context, db tx, struck []int64) error {
	_, err := db.NewUpdate().Model((*SessionProgress)(nil)).
		Set(`last_at = COALESCE((SELECT MAX(t.recorded_at) FROM tallies t
			WHERE t.worker_id = sp.worker_id AND t.work_date = (SELECT s.work_date FROM work_sessions s WHERE s.id = sp.session_id)
			AND +t.session_id = sp.session_id AND +t.order_id = sp.order_id AND +t.operation_id = sp.operation_id
			AND t.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM tallies x WHERE x.reverses_id = t.id)), 0)`).
		Where("(session_id, worker_id, order_id, operation_id) IN (SELECT session_id, worker_id, order_id, operation_id FROM tallies WHERE id IN (?))", bun.List(struck)).
		Exec(ctx)
	if err != nil {
		return wrap("find the latest tally", err)
	}
	_, err = db.NewUpdate().Model((*Flag)(nil)).
		Set("outcome = ?", FlagStruck).
		Set("decided_at = (SELECT x.received_at FROM tallies x WHERE x.reverses_id = fl.tally_id)").
		Set("decided_by = (SELECT x.recorded_by FROM tallies x WHERE x.reverses_id = fl.tally_id)").
		Set("note = (SELECT x.reason FROM tallies x WHERE x.reverses_id = fl.tally_id)").
		Where("tally_id IN (?) AND decided_at = 0", bun.List(struck)).Exec(ctx)
	return wrap("close flags", err)
}

// SessionCounts is what each worker handed in during a session at each operation of each order, reversals taken off.
type SessionCounts struct {
	WorkerID, OrderID, OperationID int64
	Counts
}

// CountsOfSession sums a session by worker, order and operation.
func CountsOfSession(ctx context.Context, db bun.IDB, sessionID int64) ([]SessionCounts, error) {
	var list []SessionCounts
	err := db.NewSelect().Model((*SessionProgress)(nil)).
		Column("worker_id", "order_id", "operation_id", "good", "rework", "scrap_workmanship", "scrap_material").
		Where("session_id = ?", sessionID).Order("worker_id", "order_id", "operation_id").Scan(ctx, &list)
	return list, wrap("count session", err)
}

// Progress is what has been counted at one operation of an order, reversals taken off.
type Progress struct {
	OperationID int64
	Counts
}

// OrderProgress is what has been counted of one order, by operation.
func OrderProgress(ctx context.Context, db bun.IDB, orderID int64) ([]Progress, error) {
	var list []Progress
	err := db.NewSelect().Model((*orderSum)(nil)).Column("operation_id", "good", "rework", "scrap_workmanship", "scrap_material").
		Where("order_id = ?", orderID).Scan(ctx, &list)
	return list, wrap("order progress", err)
}

// CountsOfDay is what each worker of a workshop has handed in on a day, by the worker's id. What was struck on that day of other days'
// work is left out: it says nothing about hers today.
func CountsOfDay(ctx context.Context, db bun.IDB, workshopID int64, day Date) (map[int64]Counts, error) {
	type workerCounts struct {
		WorkerID int64
		Counts
	}
	sums := func(table string) string {
		return fmt.Sprintf(`%[1]s.worker_id, CAST(SUM(%[1]s.good) AS BIGINT) AS good, CAST(SUM(%[1]s.rework) AS BIGINT) AS rework,
			CAST(SUM(%[1]s.scrap_workmanship) AS BIGINT) AS scrap_workmanship, CAST(SUM(%[1]s.scrap_material) AS BIGINT) AS scrap_material`, table)
	}
	sessions := db.NewSelect().Model((*WorkSession)(nil)).Column("id").Where("workshop_id = ? AND work_date = ?", workshopID, day)
	var list, elsewhere []workerCounts
	err := db.NewSelect().Model((*SessionProgress)(nil)).ColumnExpr(sums("sp")).Where("sp.session_id IN (?)", sessions).
		GroupExpr("sp.worker_id").Scan(ctx, &list)
	if err != nil {
		return nil, wrap("count day", err)
	}
	err = db.NewSelect().TableExpr("tallies AS t").ColumnExpr(sums("t")).Join("JOIN tallies AS o ON o.id = t.reverses_id").
		Where("t.session_id IN (?) AND t.reverses_id IS NOT NULL AND o.work_date <> ?", sessions, day).GroupExpr("t.worker_id").Scan(ctx, &elsewhere)
	if err != nil {
		return nil, wrap("count what was struck", err)
	}
	counts := make(map[int64]Counts, len(list))
	for _, p := range append(list, elsewhere...) {
		counts[p.WorkerID] = counts[p.WorkerID].Plus(p.Counts)
	}
	return counts, nil
}

// CheckProgress adds the tallies up again and compares them with the sums that are kept. The error names the first difference.
func CheckProgress(ctx context.Context, db bun.IDB) error {
	counted := db.NewSelect().TableExpr(`(SELECT t.*, CASE WHEN t.reverses_id IS NULL THEN 1 ELSE -1 END AS sign,
		CASE WHEN t.reverses_id IS NULL AND x.id IS NULL THEN t.recorded_at ELSE 0 END AS counted_at
		FROM tallies t LEFT JOIN tallies x ON x.reverses_id = t.id) AS t`).
		ColumnExpr("t.session_id, t.worker_id, t.order_id, t.operation_id, t.good * t.sign AS good, t.rework * t.sign AS rework").
		ColumnExpr("t.scrap_workmanship * t.sign AS sw, t.scrap_material * t.sign AS sm, t.sign AS n, t.counted_at, 0 AS kept_at")
	kept := db.NewSelect().TableExpr("session_progress").
		ColumnExpr("session_id, worker_id, order_id, operation_id, -good, -rework, -scrap_workmanship, -scrap_material, -tallies, 0, last_at")
	off := db.NewSelect().TableExpr("(? UNION ALL ?) AS p", counted, kept).ColumnExpr("session_id, worker_id, order_id, operation_id").
		GroupExpr("session_id, worker_id, order_id, operation_id").
		Having("SUM(good) <> 0 OR SUM(rework) <> 0 OR SUM(sw) <> 0 OR SUM(sm) <> 0 OR SUM(n) <> 0 OR MAX(counted_at) <> MAX(kept_at)")
	var wrong []struct{ Session, Worker, Order, Operation string }
	err := db.NewSelect().TableExpr("(?) AS p", off).ColumnExpr(`s.code AS session, w.code AS worker, o.code AS "order", op.code AS operation`).
		Join("JOIN work_sessions s ON s.id = p.session_id").Join("JOIN workers w ON w.id = p.worker_id").
		Join("JOIN processing_orders o ON o.id = p.order_id").Join("JOIN operations op ON op.id = p.operation_id").
		OrderExpr("s.code, w.code, o.code, op.code").Limit(1).Scan(ctx, &wrong)
	if err != nil {
		return wrap("add up sessions", err)
	}
	for _, p := range wrong {
		return fmt.Errorf("the sums kept for session %s, worker %s, order %s, operation %s are not those of the tallies", p.Session, p.Worker, p.Order, p.Operation)
	}
	return checkOrderSums(ctx, db)
}

// checkOrderSums compares what is kept for orders with what is kept for sessions.
func checkOrderSums(ctx context.Context, db bun.IDB) error {
	sessions := db.NewSelect().TableExpr("session_progress").
		ColumnExpr("order_id, operation_id, good, rework, scrap_workmanship AS sw, scrap_material AS sm, tallies AS n")
	orders := db.NewSelect().TableExpr("order_progress").
		ColumnExpr("order_id, operation_id, -good, -rework, -scrap_workmanship, -scrap_material, -tallies")
	off := db.NewSelect().TableExpr("(? UNION ALL ?) AS p", sessions, orders).ColumnExpr("order_id, operation_id").GroupExpr("order_id, operation_id").
		Having("SUM(good) <> 0 OR SUM(rework) <> 0 OR SUM(sw) <> 0 OR SUM(sm) <> 0 OR SUM(n) <> 0")
	var wrong []struct{ Order, Operation string }
	err := db.NewSelect().TableExpr("(?) AS p", off).ColumnExpr(`o.code AS "order", op.code AS operation`).
		Join("JOIN processing_orders o ON o.id = p.order_id").Join("JOIN operations op ON op.id = p.operation_id").
		OrderExpr("o.code, op.code").Limit(1).Scan(ctx, &wrong)
	if err != nil {
		return wrap("add up orders", err)
	}
	for _, p := range wrong {
		return fmt.Errorf("the sums kept for order %s, operation %s are not those of the tallies", p.Order, p.Operation)
	}
	return nil
}
