package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// DueOrder is an open order near or past its due date.
type DueOrder struct {
	ProcessingOrder `bun:",extend"`
	Accepted        int64 // pieces the contractor has accepted so far
}

// Overdue says whether the order should have been finished before day.
func (o *DueOrder) Overdue(day Date) bool { return o.DueOn < day }

// DueOrders lists the open orders of a workshop (0: of all) that are due on day until or were due before, the earliest first.
func DueOrders(ctx context.Context, db bun.IDB, workshopID int64, until Date) ([]DueOrder, error) {
	var list []DueOrder
	q := orders(db, &list).ColumnExpr("o.*").
		ColumnExpr(`(SELECT CAST(COALESCE(SUM(ac.accepted), 0) AS BIGINT) FROM acceptances ac
			JOIN deliveries d ON d.id = ac.delivery_id WHERE d.order_id = o.id) AS accepted`).
		Where("o.closed_at = 0 AND o.due_on <= ?", until).Order("o.due_on", "o.code")
	if workshopID != 0 {
		q = q.Where("o.workshop_id = ?", workshopID)
	}
	return list, wrap("list orders due", q.Scan(ctx))
}
