package piecework

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// BundleWay is what is known of the way of a bundle: of its ticket, of the parts it was split into, and of the tickets of pieces that came
// back in it.
type BundleWay struct {
	Counted map[int64]Counts // at each operation
	Again   map[int64]Counts // of them, on tickets of pieces that came back
	Handed  BundleFlow
	Lots    []ReturnLot
	// Elsewhere is how many pieces of the order left in deliveries that name no bundles: some may have been of this one.
	Elsewhere  int64
	Deliveries []Delivery // those that carried it, the first one first, without more than is stored in them
}

// WayOf follows a bundle, with its order, to the contractor and back.
func WayOf(ctx context.Context, db bun.IDB, t *BundleTicket) (*BundleWay, error) {
	book, err := readBundles(ctx, db, t.Order)
	if err != nil {
		return nil, err
	}
	w := &BundleWay{Counted: map[int64]Counts{}}
	var again []BundleTicket
	var ids []int64
	for _, m := range family(book.tickets, t.ID) {
		for op, c := range book.counted[m.Code().String()] {
			w.Counted[op] = w.Counted[op].Plus(c)
		}
		if m.ReworkOf != t.ReworkOf {
			again = append(again, m)
		}
		w.Handed = w.Handed.Plus(book.flows[m.ID])
		ids = append(ids, m.ID)
	}
	err = db.NewSelect().TableExpr("acceptance_bundles AS ab").Join("JOIN acceptances AS ac ON ac.id = ab.acceptance_id").Join("JOIN deliveries AS d ON d.id = ac.delivery_id").
		ColumnExpr("ac.id, ac.delivery_id, CAST(SUM(ab.returned) AS BIGINT) AS returned, d.code AS delivery").Where("ab.ticket_id IN (?)", bun.List(ids)).
		GroupExpr("ac.id, ac.delivery_id, d.code").Having("SUM(ab.returned) > 0").OrderExpr("ac.id").Scan(ctx, &w.Lots)
	if err != nil {
		return nil, wrap("list returns of bundle", err)
	}
	w.Again = t.Order.follow(w.Lots, again, book.counted)
	err = db.NewSelect().Model(&w.Deliveries).Where("d.id IN (SELECT b.delivery_id FROM delivery_bundles b WHERE b.ticket_id IN (?))", bun.List(ids)).Order("d.id").Scan(ctx)
	if err != nil {
		return nil, wrap("list deliveries of bundle", err)
	}
	err = db.NewSelect().Model((*Delivery)(nil)).ColumnExpr("CAST(COALESCE(SUM(d.quantity), 0) AS BIGINT)").
		Where("d.order_id = ? AND NOT EXISTS (SELECT 1 FROM delivery_bundles b WHERE b.delivery_id = d.id)", t.OrderID).Scan(ctx, &w.Elsewhere)
	return w, wrap("sum deliveries without bundles", err)
}

// family is a ticket with all that came of it: the parts it was split into and the tickets of pieces that came back in it.
func family(tickets []BundleTicket, id int64) []BundleTicket {
	var list []BundleTicket
	in := map[int64]bool{id: true}
	for _, t := range tickets { // by number: what came of a ticket has a higher one
		if in[t.ID] || in[t.SplitFrom] || in[t.ReworkFrom] {
			in[t.ID] = true
			list = append(list, t)
		}
	}
	return list
}

// lineage is a ticket with those it came of, the nearest first: what it was split from, and the bundle its pieces came back in.
func lineage(tickets []BundleTicket, id int64) []BundleTicket {
	var list []BundleTicket
	for i := len(tickets) - 1; i >= 0; i-- {
		if t := tickets[i]; t.ID == id {
			list = append(list, t)
			if id = t.SplitFrom; id == 0 {
				id = t.ReworkFrom
			}
		}
	}
	return slices.Clip(list)
}
