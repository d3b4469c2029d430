package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// Handed is what left for the contractor of an order and what he decided about it, over all its deliveries, in pieces.
type Handed struct {
	OrderID                                 int64
	Delivered, Accepted, Rejected, Returned int64
}

// Waiting is how many delivered pieces the contractor has not decided about.
func (h Handed) Waiting() int64 { return h.Delivered - h.Accepted - h.Rejected - h.Returned }

// HandedOver sums deliveries and acceptances of the given orders, by order. An order without deliveries is not in the answer.
func HandedOver(ctx context.Context, db bun.IDB, orderIDs ...int64) (map[int64]Handed, error) {
	sums := map[int64]Handed{}
	if len(orderIDs) == 0 {
		return sums, nil
	}
	var list []Handed
	err := db.NewSelect().TableExpr("deliveries AS d").ColumnExpr("d.order_id, CAST(SUM(d.quantity) AS BIGINT) AS delivered").
		Where("d.order_id IN (?)", bun.List(orderIDs)).Group("d.order_id").Scan(ctx, &list)
	if err != nil {
		return nil, wrap("sum deliveries", err)
	}
	for _, h := range list {
		sums[h.OrderID] = h
	}
	var decided []Handed
	err = db.NewSelect().TableExpr("acceptances AS ac").Join("JOIN deliveries AS d ON d.id = ac.delivery_id").
		ColumnExpr("d.order_id, CAST(SUM(ac.accepted) AS BIGINT) AS accepted, CAST(SUM(ac.rejected) AS BIGINT) AS rejected, CAST(SUM(ac.returned) AS BIGINT) AS returned").
		Where("d.order_id IN (?)", bun.List(orderIDs)).Group("d.order_id").Scan(ctx, &decided)
	if err != nil {
		return nil, wrap("sum acceptances", err)
	}
	for _, h := range decided {
		h.Delivered = sums[h.OrderID].Delivered
		sums[h.OrderID] = h
	}
	return sums, nil
}

// OrderedElsewhere says whether any workshop but this one has an order for the product, so that a rate for every order
// would be theirs too.
func OrderedElsewhere(ctx context.Context, db bun.IDB, productID, workshopID int64) (bool, error) {
	found, err := db.NewSelect().Model((*ProcessingOrder)(nil)).Where("product_id = ? AND workshop_id <> ?", productID, workshopID).Exists(ctx)
	return found, wrap("look for orders elsewhere", err)
}
