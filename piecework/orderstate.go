package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// OrderState is how far an order has come. It follows from what was recorded; a person only accepts a quote, closes what is settled, and may give an order up.
type OrderState string

// The states, in the order in which an order passes them.
const (
	OrderQuoted    OrderState = "quoted"    // offered; nobody has accepted it
	OrderOpen      OrderState = "not_begun" // accepted; nothing was counted or delivered
	OrderInWork    OrderState = "in_work"
	OrderDelivered OrderState = "complete" // every piece is with the contractor
	OrderSettled   OrderState = "settled"  // decided about; its wages are in approved runs and its fees on statements of both sides
	OrderClosed    OrderState = "order_closed"
	OrderEnded     OrderState = "ended_early" // given up by a person, who said why; what is owed for it stays owed
)

// OrderFacts is what the state of an order follows from.
type OrderFacts struct {
	Handed
	Counted    int64 // tallies, reversals taken off
	AtHome     int64 // lots of take-home work that are out
	WagesOwed  bool  // some tallies are in no approved run; known only once everything is decided about, or the order was ended early
	FeeUnasked bool  // some accepted pieces are on no statement that both sides confirmed; known only then, too
}

// State is how far the order has come.
func (o *ProcessingOrder) State(f OrderFacts) OrderState {
	switch {
	case o.EndedEarly():
		return OrderEnded
	case o.Closed():
		return OrderClosed
	case o.Quote:
		return OrderQuoted
	case o.handedOver(f.Handed) && f.Waiting() == 0 && !f.WagesOwed && !f.FeeUnasked:
		return OrderSettled
	case o.handedOver(f.Handed):
		return OrderDelivered
	case f.Counted > 0 || f.Delivered > 0 || f.AtHome > 0:
		return OrderInWork
	}
	return OrderOpen
}

// handedOver says whether every piece is with the contractor; what came back is not.
func (o *ProcessingOrder) handedOver(h Handed) bool { return h.Delivered-h.Returned >= o.Quantity }

// Late says whether on a day pieces are still to be delivered although the due date has passed.
func (o *ProcessingOrder) Late(f OrderFacts, day Date) bool {
	return !o.Closed() && !o.Quote && o.DueOn != "" && o.DueOn < day && !o.handedOver(f.Handed)
}

// Why says what the state follows from, and what comes next.
func (o *ProcessingOrder) Why(f OrderFacts) *Message {
	switch o.State(f) {
	case OrderQuoted:
		return Msg("It is only offered: nothing can be counted for it until it is accepted.")
	case OrderOpen:
		return Msg("It is accepted, and nothing has been counted yet.")
	case OrderInWork:
		return Msg("%d of %d pieces are with the contractor.", f.Delivered-f.Returned, o.Quantity)
	case OrderDelivered:
		switch {
		case f.Waiting() > 0:
			return Msg("Every piece is delivered. About %d the contractor has not decided.", f.Waiting())
		case f.WagesOwed:
			return Msg("Every piece is delivered and decided about. Some of its wages are not in an approved pay run yet.")
		}
		return Msg("Every piece is delivered and decided about. Not every fee is on a statement that both sides have confirmed.")
	case OrderSettled:
		return Msg("Every piece is delivered and decided about, its wages are in approved pay runs and its fees on statements that both sides confirmed. The order can be closed.")
	}
	short := o.Quantity - (f.Delivered - f.Returned)
	if o.EndedEarly() {
		return Msg("%s ended it early with %d pieces fewer than ordered: %s", o.EndedBy, max(0, short), o.EndReason)
	}
	if short > 0 {
		return Msg("It was closed with %d pieces fewer than ordered.", short)
	}
	return Msg("It was closed after every piece was delivered.")
}

// Owed is what is still owed for an order that was ended early, by either side; nothing for any other.
func (o *ProcessingOrder) Owed(f OrderFacts) []*Message {
	var list []*Message
	if !o.EndedEarly() {
		return nil
	}
	if f.Waiting() > 0 {
		list = append(list, Msg("About %d delivered pieces the contractor has not decided.", f.Waiting()))
	}
	if f.WagesOwed {
		list = append(list, Msg("Some of its wages are not in an approved pay run yet."))
	}
	if f.FeeUnasked {
		list = append(list, Msg("Not every fee is on a statement that both sides have confirmed."))
	}
	return list
}

// stillAtHome is the conflict of an order of which work is still out.
func (o *ProcessingOrder) stillAtHome(f OrderFacts) error {
	return Conflict("Work of order %s is still at home with %d workers. Take it back or close those lots first.", o.Code, f.AtHome)
}

// Closable says why an order cannot be closed as things stand, or is nil: it must be settled, or a quote for which nothing was done.
func (o *ProcessingOrder) Closable(f OrderFacts) error {
	switch {
	case f.Waiting() > 0:
		return Conflict("%d delivered pieces of order %s wait for the contractor's decision. Close it when he has decided.", f.Waiting(), o.Code)
	case f.AtHome > 0:
		return o.stillAtHome(f)
	case o.Quote && f.Counted == 0 && f.Delivered == 0:
		return nil
	case o.State(f) != OrderSettled:
		return Conflict("Order %s is not settled. %s Close it when that is done, or end it early and say why.", o.Code, o.Why(f))
	}
	return nil
}

// FactsOf reads what the states of some orders follow from, by order.
func FactsOf(ctx context.Context, db bun.IDB, list ...*ProcessingOrder) (map[int64]OrderFacts, error) {
	facts := make(map[int64]OrderFacts, len(list))
	if len(list) == 0 {
		return facts, nil
	}
	ids := make([]int64, len(list))
	for i, o := range list {
		ids[i] = o.ID
	}
	handed, err := HandedOver(ctx, db, ids...)
	if err != nil {
		return nil, err
	}
	counted, err := countByOrder(ctx, db.NewSelect().Model((*orderSum)(nil)).ColumnExpr("op.order_id, CAST(SUM(op.tallies) AS BIGINT) AS n").
		Where("op.order_id IN (?)", bun.List(ids)).Group("op.order_id"))
	if err != nil {
		return nil, err
	}
	home, err := countByOrder(ctx, db.NewSelect().Model((*TakeHome)(nil)).ColumnExpr("th.order_id, COUNT(*) AS n").
		Where("th.order_id IN (?)", bun.List(ids)).Where(takeHomeOpen).Group("th.order_id"))
	if err != nil {
		return nil, err
	}
	for _, o := range list {
		f := OrderFacts{Handed: handed[o.ID], Counted: counted[o.ID], AtHome: home[o.ID]}
		if o.EndedEarly() || !o.Closed() && o.handedOver(f.Handed) && f.Waiting() == 0 {
			f.WagesOwed, err = db.NewSelect().Model((*Tally)(nil)).Where("t.order_id = ?", o.ID).Where("NOT " + InLockedRun).Exists(ctx)
			if err != nil {
				return nil, wrap("look for unpaid tallies", err)
			}
			if f.FeeUnasked, err = feeUnasked(ctx, db, o); err != nil {
				return nil, err
			}
		}
		facts[o.ID] = f
	}
	return facts, nil
}

// feeUnasked says whether pieces of an order were accepted after the days that statements of both sides have closed.
func feeUnasked(ctx context.Context, db bun.IDB, o *ProcessingOrder) (bool, error) {
	found, err := db.NewSelect().Model((*ProcessingOrder)(nil)).Where("o.id = ?", o.ID).Where(unbilled).Exists(ctx)
	return found, wrap("look for fees on no statement", err)
}

// Conditions on an order o: pieces were accepted that are on no statement of both sides; delivered pieces wait for a decision; some
// tallies are in no locked run.
const (
	unbilled = `EXISTS (SELECT 1 FROM acceptances ac JOIN deliveries d ON d.id = ac.delivery_id WHERE d.order_id = o.id AND ac.accepted > 0
		AND NOT EXISTS (SELECT 1 FROM contractor_statements cs WHERE cs.workshop_id = o.workshop_id AND cs.contractor_id = o.contractor_id
			AND cs.period_to >= ac.decided_on AND cs.workshop_at > 0 AND cs.contractor_at > 0))`
	awaited = `EXISTS (SELECT 1 FROM deliveries d WHERE d.order_id = o.id
		AND d.quantity > (SELECT COALESCE(SUM(x.accepted + x.rejected + x.returned), 0) FROM acceptances x WHERE x.delivery_id = d.id))`
	unpaid = "EXISTS (SELECT 1 FROM tallies t WHERE t.order_id = o.id AND NOT " + InLockedRun + ")"
)

// stillOwed is the condition of an order that was ended early and for which something is still owed, as [ProcessingOrder.Owed] tells;
// wages are no matter of its contractor.
func stillOwed(forContractor bool) string {
	owed := awaited + " OR " + unbilled
	if !forContractor {
		owed += " OR " + unpaid
	}
	return "(o.closed_at > 0 AND o.end_reason <> '' AND (" + owed + "))"
}

// countByOrder runs a query for columns order_id and n.
func countByOrder(ctx context.Context, q *bun.SelectQuery) (map[int64]int64, error) {
	var rows []struct{ OrderID, N int64 }
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, wrap("count by order", err)
	}
	counts := make(map[int64]int64, len(rows))
	for _, r := range rows {
		counts[r.OrderID] = r.N
	}
	return counts, nil
}
