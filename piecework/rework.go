package piecework

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// Rework (返修) says that pieces which a decision sent back go through the operations once more.
type Rework struct {
	AcceptanceID int64
	TicketID     int64  // of the bundle they came back in; 0 where the delivery names none, or only one of its bundles came back
	Quantity     int64  // 0: all of them that have no ticket yet
	From         string // code of the operation to begin at; the last one is always the end
	By           string
}

// CutRework makes the bundle ticket that goes along with returned pieces. What is counted on it is paid as any count is, and tied out
// apart from the pieces that are made.
func CutRework(ctx context.Context, db bun.IDB, r Rework) (*BundleTicket, error) {
	var ticket *BundleTicket
	err := InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		a := new(Acceptance)
		if err := found(db.NewSelect().Model(a).Where("id = ?", r.AcceptanceID).Scan(ctx), "There is no such decision."); err != nil {
			return err
		}
		d, err := DeliveryByID(ctx, db, a.DeliveryID)
		if err != nil {
			return err
		}
		o, err := lockOrder(ctx, db, d.OrderID)
		if err != nil {
			return err
		}
		if o.Closed() {
			return Conflict("Order %s is closed. Reopen it first.", o.Code)
		}
		book, err := readBundles(ctx, db, o)
		if err != nil {
			return err
		}
		left, err := r.left(d, a, book)
		if err != nil {
			return err
		}
		if r.Quantity == 0 {
			r.Quantity = left
		}
		operations, err := r.check(o, left)
		if err != nil {
			return err
		}
		number := int64(1)
		if n := len(book.tickets); n > 0 {
			number = book.tickets[n-1].Number + 1
		}
		made := []BundleTicket{{OrderID: o.ID, Number: number, Quantity: r.Quantity, Operations: operations, CutAt: Now(), CutBy: r.By, ReworkOf: a.ID, ReworkFrom: r.TicketID}}
		if err := addTickets(ctx, db, o, r.By, made); err != nil {
			return err
		}
		ticket = &made[0]
		return nil
	})
	return ticket, err
}

// left is how many of the returned pieces no ticket goes along with yet; of a delivery that names its bundles, of one bundle, and without
// those that were put right without a ticket and left again.
func (r *Rework) left(d *Delivery, a *Acceptance, book *bundleBook) (int64, error) {
	back, names := map[int64]int64{0: a.Returned}, len(d.Bundles) > 0
	for _, decided := range d.Acceptances {
		for _, b := range decided.Bundles {
			if b.AcceptanceID == a.ID && b.Returned > 0 {
				back[b.TicketID] = b.Returned
			}
		}
	}
	for _, t := range book.tickets {
		if t.ReworkOf != a.ID || t.SplitFrom != 0 {
			continue
		}
		if back[0] -= t.Quantity; t.ReworkFrom != 0 {
			if back[t.ReworkFrom] -= t.Quantity; back[t.ReworkFrom] == 0 {
				delete(back, t.ReworkFrom)
			}
		}
	}
	if !names || back[0] == 0 {
		return back[0], nil
	}
	if r.TicketID == 0 && len(back) == 2 {
		for id := range back {
			r.TicketID = max(r.TicketID, id)
		}
	}
	n, ok := back[r.TicketID]
	if r.TicketID == 0 || !ok {
		return 0, InvalidField("ticket", "choose the bundle they came back in")
	}
	at := slices.IndexFunc(book.tickets, func(t BundleTicket) bool { return t.ID == r.TicketID })
	if n = min(n, book.here(&book.tickets[at])); n <= 0 {
		return 0, Conflict("What came back of bundle %v has left again, or is on a ticket already.", book.tickets[at].Number)
	}
	return n, nil
}

// check answers the operations of the ticket, or what is wrong.
func (r *Rework) check(o *ProcessingOrder, left int64) (string, error) {
	v := &Invalid{}
	if left == 0 {
		return "", Conflict("Every piece of this return is on a ticket already.")
	}
	if r.Quantity < 1 || r.Quantity > left {
		v.Add("quantity", "must be between %d and %d", 1, left)
	}
	at := slices.IndexFunc(o.Product.Operations, func(op Operation) bool { return op.Code == r.From })
	if at < 0 {
		v.Add("operation", "choose one")
		return "", v
	}
	var covered []Operation
	for _, op := range o.Product.Operations {
		if op.Seq >= o.Product.Operations[at].Seq {
			covered = append(covered, op)
		}
	}
	if len(covered) == len(o.Product.Operations) {
		return "", v.Err()
	}
	return joinOperations(covered), v.Err()
}

// ReturnLot is what one decision sent back, and how far it has come.
type ReturnLot struct {
	Acceptance
	Delivery  string // its code
	Tickets   []BundleTicket
	OnTickets int64 // pieces that go through the operations again
	PutRight  int64 // of them good again at the last operation
	Scrapped  int64 // of them given up, at any operation
}

// Untracked is how many of the pieces no ticket goes along with.
func (l *ReturnLot) Untracked() int64 { return l.Returned - l.OnTickets }

// Open is how many pieces on tickets are neither good again nor given up.
func (l *ReturnLot) Open() int64 { return l.OnTickets - l.PutRight - l.Scrapped }

// Returns are what contractors sent back of an order, in the order they did, and what was counted of it at each operation: counts that
// are among those of [OrderProgress] too.
func Returns(ctx context.Context, db bun.IDB, o *ProcessingOrder) ([]ReturnLot, map[int64]Counts, error) {
	var lots []ReturnLot
	err := db.NewSelect().TableExpr("acceptances AS ac").Join("JOIN deliveries AS d ON d.id = ac.delivery_id").ColumnExpr("ac.*, d.code AS delivery").
		Where("d.order_id = ? AND ac.returned > 0", o.ID).Order("ac.id").Scan(ctx, &lots)
	if err != nil || len(lots) == 0 {
		return nil, nil, wrap("list returns", err)
	}
	var list []BundleTicket
	if err := tickets(db, &list).Where("bt.order_id = ? AND bt.rework_of IS NOT NULL", o.ID).Order("bt.number").Scan(ctx); err != nil {
		return nil, nil, wrap("list tickets of returns", err)
	}
	counted, err := countsOfTickets(ctx, db, list)
	if err != nil {
		return nil, nil, err
	}
	return lots, o.follow(lots, list, counted), nil
}

// follow fills in what became of returned pieces by what was counted on their tickets, and sums that by operation.
func (o *ProcessingOrder) follow(lots []ReturnLot, list []BundleTicket, counted map[string]map[int64]Counts) map[int64]Counts {
	byOperation := map[int64]Counts{}
	for i := range lots {
		l := &lots[i]
		ofLot := map[int64]Counts{}
		for _, t := range list {
			if t.ReworkOf != l.ID {
				continue
			}
			l.Tickets = append(l.Tickets, t)
			if t.SplitFrom == 0 {
				l.OnTickets += t.Quantity
			}
			for op, c := range counted[t.Code().String()] {
				ofLot[op] = ofLot[op].Plus(c)
				byOperation[op] = byOperation[op].Plus(c)
				l.Scrapped += c.ScrapWorkmanship + c.ScrapMaterial
			}
		}
		if l.OnTickets > 0 {
			l.PutRight = o.Product.FinishedOf(ofLot)
		}
	}
	return byOperation
}

// countsOfTickets is what was counted on tickets at each operation, what was struck taken off.
func countsOfTickets(ctx context.Context, db bun.IDB, list []BundleTicket) (map[string]map[int64]Counts, error) {
	sums := map[string]map[int64]Counts{}
	if len(list) == 0 {
		return sums, nil
	}
	codes := make([]string, len(list))
	for i := range list {
		codes[i] = list[i].Code().String()
	}
	var rows []struct {
		Ticket      string
		OperationID int64
		Counts
	}
	err := db.NewSelect().TableExpr("tallies AS t").ColumnExpr("t.ticket, t.operation_id").
		ColumnExpr(SignedCounts).Where("t.ticket IN (?)", bun.List(codes)).GroupExpr("t.ticket, t.operation_id").Scan(ctx, &rows)
	for _, r := range rows {
		if sums[r.Ticket] == nil {
			sums[r.Ticket] = map[int64]Counts{}
		}
		sums[r.Ticket][r.OperationID] = r.Counts
	}
	return sums, wrap("count on tickets", err)
}

// SignedCounts sums tallies t in SQL, reversals taken off.
const SignedCounts = `CAST(SUM(CASE WHEN t.reverses_id IS NULL THEN t.good ELSE -t.good END) AS BIGINT) AS good,
	CAST(SUM(CASE WHEN t.reverses_id IS NULL THEN t.rework ELSE -t.rework END) AS BIGINT) AS rework,
	CAST(SUM(CASE WHEN t.reverses_id IS NULL THEN t.scrap_workmanship ELSE -t.scrap_workmanship END) AS BIGINT) AS scrap_workmanship,
	CAST(SUM(CASE WHEN t.reverses_id IS NULL THEN t.scrap_material ELSE -t.scrap_material END) AS BIGINT) AS scrap_material`

// FinishedOf is how many pieces are good at the end of the product's routing. Operations side by side there each need the piece, so
// the one that is behind counts.
func (p *Product) FinishedOf(counted map[int64]Counts) int64 {
	if len(p.Operations) == 0 {
		return 0
	}
	last, n := 0, int64(MaxPieces)
	for _, op := range p.Operations {
		last = max(last, op.Seq)
	}
	for _, op := range p.Operations {
		if op.Seq == last {
			n = min(n, counted[op.ID].Good)
		}
	}
	return n
}

// Finished is how an order stands between the last operation and the contractor, in pieces.
type Finished struct {
	Made     int64 // good at the last operation for the first time
	PutRight int64 // returned and good again there
	Handed   Handed
	Lots     []ReturnLot
}

// Ready is how many pieces can leave: those finished and not with the contractor, and those returned that no ticket goes along with,
// because somebody may have put them right without counting.
func (f *Finished) Ready() int64 {
	n := f.Made + f.PutRight - f.Handed.Delivered
	for i := range f.Lots {
		n += f.Lots[i].Untracked()
	}
	return max(0, n)
}

// FinishedPieces says what of an order, with its operations, is finished.
func FinishedPieces(ctx context.Context, db bun.IDB, o *ProcessingOrder) (*Finished, error) {
	progress, err := OrderProgress(ctx, db, o.ID)
	if err != nil {
		return nil, err
	}
	handed, err := HandedOver(ctx, db, o.ID)
	if err != nil {
		return nil, err
	}
	lots, again, err := Returns(ctx, db, o)
	if err != nil {
		return nil, err
	}
	f := &Finished{Handed: handed[o.ID], Lots: lots}
	made := map[int64]Counts{}
	for _, p := range progress {
		made[p.OperationID] = p.Plus(again[p.OperationID].Negated())
	}
	f.Made = o.Product.FinishedOf(made)
	for i := range lots {
		f.PutRight += lots[i].PutRight
	}
	return f, nil
}
