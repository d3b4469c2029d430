package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// Flow is what was handed over of an order in pieces, and charged back for it: the sum of the records, kept beside them by
// [BookFlow]. The tie-out compares both, so that a record that is gone or there twice has a name and a size.
type Flow struct {
	bun.BaseModel `bun:"table:order_flow,alias:ofl"`

	OrderID                                 int64 `bun:",pk"`
	Delivered, Accepted, Rejected, Returned int64
	Charged                                 Money   // not withdrawn, whoever bears it
	Moved                                   Measure // of all materials and kinds of movements, what was struck taken off
	Ticketed                                int64   // pieces on bundle tickets, of those that were split on the parts once more
	Carried, Judged                         int64   // pieces delivered in bundles that are named, and of them decided about
}

// BookFlow adds to what is kept of an order. Whoever stores a delivery, an acceptance, a chargeback, a movement of material or a ticket calls it in the same transaction.
func BookFlow(ctx context.Context, db bun.IDB, f Flow) error {
	_, err := db.ExecContext(ctx, `INSERT INTO order_flow AS p (order_id, delivered, accepted, rejected, returned, charged, moved, ticketed, carried, judged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (order_id) DO UPDATE SET delivered = p.delivered + EXCLUDED.delivered, accepted = p.accepted + EXCLUDED.accepted,
		rejected = p.rejected + EXCLUDED.rejected, returned = p.returned + EXCLUDED.returned, charged = p.charged + EXCLUDED.charged,
		moved = p.moved + EXCLUDED.moved, ticketed = p.ticketed + EXCLUDED.ticketed, carried = p.carried + EXCLUDED.carried, judged = p.judged + EXCLUDED.judged`,
		f.OrderID, f.Delivered, f.Accepted, f.Rejected, f.Returned, f.Charged, int64(f.Moved), f.Ticketed, f.Carried, f.Judged)
	return wrap("sum up what was handed over", err)
}

// FlowOf is what is kept of an order; all zeroes for one of which nothing was handed over.
func FlowOf(ctx context.Context, db bun.IDB, orderID int64) (Flow, error) {
	var list []Flow
	err := db.NewSelect().Model(&list).Where("order_id = ?", orderID).Scan(ctx)
	if err != nil || len(list) == 0 {
		return Flow{OrderID: orderID}, wrap("read what was handed over", err)
	}
	return list[0], nil
}

// MovedOf adds the movements of an order's materials up again; see [Flow.Moved].
func MovedOf(ctx context.Context, db bun.IDB, orderID int64) (Measure, error) {
	var n int64
	err := db.NewSelect().TableExpr("material_movements").ColumnExpr("CAST(COALESCE(SUM(CASE WHEN reverses_id IS NULL THEN quantity ELSE -quantity END), 0) AS BIGINT)").
		Where("order_id = ?", orderID).Scan(ctx, &n)
	return Measure(n), wrap("sum movements", err)
}

// Bundled is what the tickets of an order, the bundles in its deliveries and the decisions about them add up to, found anew; see [Flow].
func Bundled(ctx context.Context, db bun.IDB, orderID int64) (ticketed, carried, judged int64, err error) {
	err = db.NewRaw(`SELECT CAST(COALESCE((SELECT SUM(quantity) FROM bundle_tickets WHERE order_id = ?0), 0) AS BIGINT),
		CAST(COALESCE((SELECT SUM(quantity) FROM delivery_bundles WHERE order_id = ?0), 0) AS BIGINT),
		CAST(COALESCE((SELECT SUM(accepted + rejected + returned) FROM acceptance_bundles WHERE order_id = ?0), 0) AS BIGINT)`, orderID).
		Scan(ctx, &ticketed, &carried, &judged)
	return ticketed, carried, judged, wrap("add up bundles", err)
}
