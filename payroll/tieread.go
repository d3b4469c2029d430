package payroll

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// TieOutOf ties out an order. It costs the order's own records.
func TieOutOf(ctx context.Context, db bun.IDB, orderID int64) (*TieOut, error) {
	o, err := piecework.OrderByID(ctx, db, orderID)
	if err != nil {
		return nil, err
	}
	t := &TieOut{Order: o, Ordered: o.Quantity}
	progress, err := piecework.OrderProgress(ctx, db, o.ID)
	if err != nil {
		return nil, err
	}
	f := flowing{ended: o.EndedEarly(), operations: o.Product.Operations, ordered: o.Quantity, counted: map[int64]piecework.Counts{}}
	for _, p := range progress {
		f.counted[p.OperationID] = p.Counts
	}
	if f.lots, f.again, err = piecework.Returns(ctx, db, o); err != nil {
		return nil, err
	}
	if t.Handed, err = piecework.FlowOf(ctx, db, o.ID); err != nil {
		return nil, err
	}
	f.handed = t.Handed
	t.Stages, t.End, t.Gaps = f.flow()
	for _, read := range []func(context.Context, bun.IDB, *flowing) error{t.compareTallies, t.compareHanded, t.readPay, t.readMoney} {
		if err := read(ctx, db, &f); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// TieOutTicket ties out one bundle of an order: what was credited at each operation on its ticket and on those that came of it, and what
// deliveries that name their bundles carried of it to the contractor.
func TieOutTicket(ctx context.Context, db bun.IDB, ticketID int64) (*TieOut, error) {
	ticket, err := piecework.TicketByID(ctx, db, ticketID)
	if err != nil {
		return nil, err
	}
	way, err := piecework.WayOf(ctx, db, ticket)
	if err != nil {
		return nil, err
	}
	h := way.Handed
	f := flowing{ended: ticket.Order.EndedEarly(), operations: ticket.CoveredOf(ticket.Order.Product.Operations), ordered: ticket.Quantity, counted: way.Counted, again: way.Again, lots: way.Lots,
		handed: piecework.Flow{OrderID: ticket.OrderID, Delivered: h.Delivered, Accepted: h.Accepted, Rejected: h.Rejected, Returned: h.Returned}}
	t := &TieOut{Order: ticket.Order, Ticket: ticket, Ordered: ticket.Quantity, Handed: f.handed, Elsewhere: way.Elsewhere, Deliveries: way.Deliveries}
	t.Stages, t.End, t.Gaps = f.flow()
	return t, nil
}

// compareTallies adds the tallies of the order up again.
func (t *TieOut) compareTallies(ctx context.Context, db bun.IDB, f *flowing) error {
	var rows []struct {
		OperationID int64
		piecework.Counts
	}
	err := db.NewSelect().TableExpr("tallies AS t").ColumnExpr("t.operation_id").ColumnExpr(piecework.SignedCounts).
		Where("t.order_id = ?", t.Order.ID).GroupExpr("t.operation_id").Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("add up tallies: %w", err)
	}
	found := map[int64]piecework.Counts{}
	for _, r := range rows {
		found[r.OperationID] = r.Counts
	}
	for _, op := range f.operations {
		if kept := f.counted[op.ID]; kept != found[op.ID] {
			t.Losses = append(t.Losses, Loss{LossTallies, op.Code, "", kept.Total(), found[op.ID].Total()})
		}
	}
	return nil
}

// compareHanded adds deliveries, acceptances, chargebacks and the contractor's payments up again.
func (t *TieOut) compareHanded(ctx context.Context, db bun.IDB, _ *flowing) error {
	handed, err := piecework.HandedOver(ctx, db, t.Order.ID)
	if err != nil {
		return err
	}
	var charged piecework.Money
	err = db.NewSelect().TableExpr("chargebacks").ColumnExpr("CAST(COALESCE(SUM(amount), 0) AS BIGINT)").
		Where("order_id = ? AND withdrawn_at = 0", t.Order.ID).Scan(ctx, &charged)
	if err != nil {
		return fmt.Errorf("add up chargebacks: %w", err)
	}
	moved, err := piecework.MovedOf(ctx, db, t.Order.ID)
	if err != nil {
		return err
	}
	ticketed, carried, judged, err := piecework.Bundled(ctx, db, t.Order.ID)
	if err != nil {
		return err
	}
	found, kept := handed[t.Order.ID], t.Handed
	for _, l := range []Loss{
		{LossDelivered, "", "", kept.Delivered, found.Delivered}, {LossAccepted, "", "", kept.Accepted, found.Accepted},
		{LossRejected, "", "", kept.Rejected, found.Rejected}, {LossReturned, "", "", kept.Returned, found.Returned},
		{LossCharged, "", "", kept.Charged.Fen(), charged.Fen()},
		{LossMoved, "", "", int64(kept.Moved), int64(moved)}, {LossTickets, "", "", kept.Ticketed, ticketed},
		{LossCarried, "", "", kept.Carried, carried}, {LossJudged, "", "", kept.Judged, judged},
	} {
		if l.Difference() != 0 {
			t.Losses = append(t.Losses, l)
		}
	}
	received, err := piecework.ReceivedDifference(ctx, db, t.Order.WorkshopID, t.Order.ContractorID)
	if err == nil && !received.IsZero() {
		t.Losses = append(t.Losses, Loss{LossReceived, "", "", 0, received.Fen()})
	}
	return err
}

// claimed is how many pieces of an operation runs of some kind have claimed.
type claimed struct {
	OperationID int64
	Locked      bool
	Draft       bool
	Good        int64
}

// readPay reads how the pieces counted are paid, and compares what locked runs have claimed with their slips.
func (t *TieOut) readPay(ctx context.Context, db bun.IDB, f *flowing) error {
	const sign = "CASE WHEN t.reverses_id IS NULL THEN 1 ELSE -1 END"
	var claims []claimed
	err := db.NewSelect().TableExpr("tallies AS t").Join("LEFT JOIN tally_claims AS c ON c.tally_id = t.id").Join("LEFT JOIN pay_runs AS p ON p.id = c.run_id").
		ColumnExpr("t.operation_id, COALESCE(p.status IN (?), FALSE) AS locked, COALESCE(p.status = ?, FALSE) AS draft", bun.List([]RunStatus{Approved, PaidOut}), Draft).
		ColumnExpr("CAST(SUM(t.good * "+sign+") AS BIGINT) AS good").
		Where("t.order_id = ?", t.Order.ID).GroupExpr("1, 2, 3").Scan(ctx, &claims)
	if err != nil {
		return fmt.Errorf("read claims: %w", err)
	}
	// A line of each member tells of all of a team's pieces.
	each := db.NewSelect().TableExpr("slip_lines AS l").Join("JOIN slips AS s ON s.id = l.slip_id").Join("JOIN pay_runs AS p ON p.id = s.run_id").
		ColumnExpr("s.run_id, l.operation_id, COALESCE(l.team_id, 0) AS team_id, CASE WHEN l.team_id IS NULL THEN s.worker_id ELSE 0 END AS own, s.worker_id").
		ColumnExpr("SUM(l.good) AS good, SUM(l.amount) AS amount").
		Where("l.order_id = ? AND l.operation_id IS NOT NULL AND NOT s.superseded AND p.status IN (?)", t.Order.ID, bun.List([]RunStatus{Approved, PaidOut})).
		GroupExpr("1, 2, 3, 4, 5")
	once := db.NewSelect().TableExpr("(?) AS e", each).ColumnExpr("e.operation_id, MAX(e.good) AS good, SUM(e.amount) AS amount").
		GroupExpr("e.run_id, e.operation_id, e.team_id, e.own")
	var paid []struct {
		OperationID int64
		Good        int64
		Amount      piecework.Money
	}
	err = db.NewSelect().TableExpr("(?) AS x", once).ColumnExpr("x.operation_id, CAST(SUM(x.good) AS BIGINT) AS good").
		ColumnExpr("CAST(SUM(x.amount) AS BIGINT) AS amount").GroupExpr("x.operation_id").Scan(ctx, &paid)
	if err != nil {
		return fmt.Errorf("read slips: %w", err)
	}
	for _, op := range f.operations {
		row := PayRow{Operation: op, Counted: f.counted[op.ID].Good}
		for _, c := range claims {
			switch {
			case c.OperationID != op.ID || c.Locked:
			case c.Draft:
				row.Draft += c.Good
			default:
				row.Open += c.Good
			}
		}
		for _, p := range paid {
			if p.OperationID == op.ID {
				row.Paid, row.Wages = p.Good, p.Amount
			}
		}
		t.Pay = append(t.Pay, row)
	}
	return t.comparePaid(ctx, db)
}

// comparePaid compares, worker by worker and operation by operation, what locked runs have claimed with their slips. Of a team's tally each
// member has a line that tells of all its pieces.
func (t *TieOut) comparePaid(ctx context.Context, db bun.IDB) error {
	locked := bun.List([]RunStatus{Approved, PaidOut})
	claimed := db.NewSelect().TableExpr("tallies AS t").Join("JOIN tally_claims AS c ON c.tally_id = t.id").Join("JOIN pay_runs AS p ON p.id = c.run_id AND p.status IN (?)", locked).
		Join("LEFT JOIN team_members AS m ON m.team_id = t.worker_id").ColumnExpr("t.operation_id, COALESCE(m.worker_id, t.worker_id) AS worker_id").
		ColumnExpr("(t.good + t.rework + t.scrap_workmanship + t.scrap_material) * CASE WHEN t.reverses_id IS NULL THEN 1 ELSE -1 END AS kept, 0 AS found").
		Where("t.order_id = ?", t.Order.ID)
	paid := db.NewSelect().TableExpr("slip_lines AS l").Join("JOIN slips AS s ON s.id = l.slip_id AND NOT s.superseded").Join("JOIN pay_runs AS p ON p.id = s.run_id AND p.status IN (?)", locked).
		ColumnExpr("l.operation_id, s.worker_id, 0, l.good + l.rework + l.scrap_workmanship + l.scrap_material").
		Where("l.order_id = ? AND l.operation_id IS NOT NULL", t.Order.ID)
	var differences []Loss
	err := db.NewSelect().TableExpr("(? UNION ALL ?) AS x", claimed, paid).Join("JOIN operations AS o ON o.id = x.operation_id").Join("JOIN workers AS w ON w.id = x.worker_id").
		ColumnExpr("'paid' AS kind, o.code AS operation, w.code AS worker, CAST(SUM(x.kept) AS BIGINT) AS kept, CAST(SUM(x.found) AS BIGINT) AS found").
		GroupExpr("o.id, o.code, w.code").Having("SUM(x.kept) <> SUM(x.found)").OrderExpr("o.id, w.code").Scan(ctx, &differences)
	if err != nil {
		return fmt.Errorf("compare slips: %w", err)
	}
	for _, l := range differences {
		if !t.lost(l.Operation, -l.Difference()) {
			t.Losses = append(t.Losses, l)
		}
	}
	return nil
}

// lost says whether so many tallies of an operation are gone: their slips then tell of pieces that no tally does.
func (t *TieOut) lost(operation string, difference int64) bool {
	for _, l := range t.Losses {
		if l.Kind == LossTallies && l.Operation == operation && l.Difference() == difference {
			return true
		}
	}
	return false
}

// readMoney reads wages, fees and chargebacks.
func (t *TieOut) readMoney(ctx context.Context, db bun.IDB, f *flowing) error {
	for _, p := range t.Pay {
		t.Money.Wages = t.Money.Wages.Add(p.Wages)
	}
	billed, err := piecework.Billed(ctx, db, t.Order)
	if err != nil {
		return err
	}
	charged, err := piecework.ChargedBack(ctx, db, t.Order.ID)
	if err != nil {
		return err
	}
	t.Money.Billed, t.Money.Charged, t.Money.ByWorkers = billed[t.Order.ID], charged[t.Order.ID].Total, charged[t.Order.ID].ByWorkers
	for i := len(t.Stages) - 1; i >= 0; i-- {
		if !t.Stages[i].Counted {
			continue
		}
		last := t.Stages[i].Operations[0]
		for _, p := range t.Pay {
			if p.Operation.ID == last.ID {
				t.Money.PaidNotAccepted = max(0, p.Paid-f.handed.Accepted)
			}
		}
		break
	}
	return nil
}
