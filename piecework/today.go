package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// DueOrder is an open order near or past its due date, with what has been handed over of it.
type DueOrder struct {
	ProcessingOrder
	Handed
}

// Overdue says whether the order should have been finished before day.
func (o *DueOrder) Overdue(day Date) bool { return o.Late(OrderFacts{Handed: o.Handed}, day) }

// DueOrders lists the open orders of a workshop (0: of all) that are due on day until or were due before, the earliest first.
// An order that is complete waits for nobody and is left out.
func DueOrders(ctx context.Context, db bun.IDB, workshopID int64, until Date) ([]DueOrder, error) {
	var open []ProcessingOrder
	q := orders(db, &open).Where("o.closed_at = 0 AND NOT o.quote AND o.due_on <= ?", until).Order("o.due_on", "o.code")
	if workshopID != 0 {
		q = q.Where("o.workshop_id = ?", workshopID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, wrap("list orders due", err)
	}
	ids := make([]int64, len(open))
	for i := range open {
		ids[i] = open[i].ID
	}
	handed, err := HandedOver(ctx, db, ids...)
	if err != nil {
		return nil, err
	}
	var list []DueOrder
	for _, o := range open {
		if h := handed[o.ID]; !o.handedOver(h) || h.Waiting() > 0 {
			list = append(list, DueOrder{o, h})
		}
	}
	return list, nil
}
