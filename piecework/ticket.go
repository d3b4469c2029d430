package piecework

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// BundleTicket (菲票) goes along with a bundle of pieces of an order: whoever does an operation on the bundle has it credited on the
// ticket, once.
type BundleTicket struct {
	bun.BaseModel `bun:"table:bundle_tickets,alias:bt"`

	ID       int64 `bun:",pk,autoincrement"`
	OrderID  int64
	Number   int64 // in the order, from 1
	Quantity int64 // pieces in the bundle
	// Operations are those the ticket covers, their codes with commas between them; "" is all of the product.
	Operations string
	SplitFrom  int64 `bun:",nullzero"`
	CutAt      Instant
	CutBy      string
	VoidedAt   Instant // 0 while it is in use
	VoidedBy   string
	Reason     string // why it was split
	Kept       string // of a voided ticket the operations that were credited on it, as Operations has them
	ReworkOf   int64  `bun:",nullzero"` // the decision that sent the pieces back; 0 for pieces that are made
	ReworkFrom int64  `bun:",nullzero"` // the ticket of the bundle that they came back in; 0 where the delivery named none

	Serial int64            `bun:",scanonly"` // of its code
	Order  *ProcessingOrder `bun:"rel:belongs-to,join:order_id=id"`
}

// Code is what is printed on the ticket.
func (t *BundleTicket) Code() Code { return Code{TicketCode, t.Serial} }

// Voided says whether the ticket was split and may no longer be used.
func (t *BundleTicket) Voided() bool { return t.VoidedAt != 0 }

// Covers says whether an operation may be credited on the ticket.
func (t *BundleTicket) Covers(operation string) bool {
	return t.Operations == "" || slices.Contains(operationCodes(t.Operations), operation)
}

// CoveredOf are those of the operations that the ticket covers.
func (t *BundleTicket) CoveredOf(operations []Operation) []Operation {
	var covered []Operation
	for _, op := range operations {
		if t.Covers(op.Code) {
			covered = append(covered, op)
		}
	}
	return covered
}

// accounts says whether the ticket's pieces are spoken for at an operation: it can be credited there, or was.
func (t *BundleTicket) accounts(operation string) bool {
	if t.Voided() {
		return slices.Contains(operationCodes(t.Kept), operation)
	}
	return t.Covers(operation)
}

func operationCodes(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// Cut says how an order is cut into bundles.
type Cut struct {
	OrderID    int64
	Size       int64    // pieces in a bundle; the last takes what is left over
	Quantity   int64    // pieces to cut, 0: all that are on no ticket yet
	Operations []string // codes of the operations to cover, none: all of the product
	Over       bool     // more than was ordered is meant
	By         string
}

// MaxTickets is how many tickets one cut can make.
const MaxTickets = 2000

// CutTickets makes the tickets of an order's bundles, in order of their numbers. Without [Cut.Over] no operation of the order is ever on
// tickets for more pieces than were ordered, whoever cuts at the same time.
func CutTickets(ctx context.Context, db bun.IDB, c Cut) ([]BundleTicket, error) {
	var tickets []BundleTicket
	err := InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		o, err := lockOrder(ctx, db, c.OrderID)
		if err != nil {
			return err
		}
		if o.Closed() {
			return Conflict("Order %s is closed. Reopen it first.", o.Code)
		}
		if o.Quote {
			return Conflict("Order %s is only offered. Accept it first.", o.Code)
		}
		before, err := ticketsOf(ctx, db, o.ID)
		if err != nil {
			return err
		}
		quantity, operations, err := c.check(o, before)
		if err != nil {
			return err
		}
		number := int64(0)
		if len(before) > 0 {
			number = before[len(before)-1].Number
		}
		tickets = nil
		for left := quantity; left > 0; left -= c.Size {
			number++
			tickets = append(tickets, BundleTicket{OrderID: o.ID, Number: number, Quantity: min(c.Size, left), Operations: operations, CutAt: Now(), CutBy: c.By})
		}
		return addTickets(ctx, db, o, c.By, tickets)
	})
	return tickets, err
}

// check says how many pieces to cut and writes down the operations, or what is wrong.
func (c *Cut) check(o *ProcessingOrder, before []BundleTicket) (quantity int64, operations string, err error) {
	v := &Invalid{}
	var covered []Operation
	for _, op := range o.Product.Operations {
		if len(c.Operations) == 0 || slices.Contains(c.Operations, op.Code) {
			covered = append(covered, op)
		}
	}
	for _, code := range c.Operations {
		if !slices.ContainsFunc(covered, func(op Operation) bool { return op.Code == code }) {
			v.Add("operations", "order %s has no operation %q", o.Code, code)
		}
	}
	if len(v.Fields) > 0 {
		return 0, "", v
	}
	if len(covered) == 0 {
		return 0, "", Conflict("The product has no operations yet. Add them first: a ticket is credited by operation.")
	}
	left := o.Quantity
	for _, op := range covered {
		left = min(left, o.Quantity-onTickets(before, op.Code))
	}
	left = max(0, left)
	quantity = c.Quantity
	if quantity == 0 {
		quantity = left
	}
	switch {
	case quantity < 0 || quantity > MaxPieces:
		v.Add("quantity", "must be between %d and %d", 1, MaxPieces)
	case quantity > left && !c.Over:
		v.Add("quantity", "%d of %d pieces are on no ticket yet; tick the box below to cut more than was ordered", left, o.Quantity)
	case quantity == 0:
		v.Add("quantity", "every piece is on a ticket already; say how many more, and tick the box below")
	}
	if c.Size < 1 || c.Size > MaxPieces {
		v.Add("size", "must be between %d and %d", 1, MaxPieces)
	} else if (quantity+c.Size-1)/c.Size > MaxTickets {
		v.Add("size", "that makes more than %d tickets; choose larger bundles, or cut the order in parts", MaxTickets)
	}
	if len(covered) < len(o.Product.Operations) {
		operations = joinOperations(covered)
	}
	return quantity, operations, v.Err()
}

func joinOperations(operations []Operation) string {
	codes := make([]string, len(operations))
	for i, op := range operations {
		codes[i] = op.Code
	}
	return strings.Join(codes, ",")
}

// onTickets is for how many pieces that are made there are tickets at an operation; those that come back have theirs besides.
func onTickets(tickets []BundleTicket, operation string) (n int64) {
	for i := range tickets {
		if tickets[i].ReworkOf == 0 && tickets[i].accounts(operation) {
			n += tickets[i].Quantity
		}
	}
	return n
}

// lockOrder reads an order with its operations when nobody else can cut, split or credit its tickets until the transaction ends.
func lockOrder(ctx context.Context, db bun.Tx, id int64) (*ProcessingOrder, error) {
	o, err := OrderByID(ctx, db, id)
	if err != nil {
		return nil, err
	}
	if err := LockWorkshop(ctx, db, o.WorkshopID); err != nil {
		return nil, err
	}
	return OrderByID(ctx, db, id)
}

// ticketsOf is every ticket of an order by number, split ones too.
func ticketsOf(ctx context.Context, db bun.IDB, orderID int64) ([]BundleTicket, error) {
	var list []BundleTicket
	err := db.NewSelect().Model(&list).Where("order_id = ?", orderID).Order("number").Scan(ctx)
	return list, wrap("list tickets", err)
}

// addTickets stores tickets and gives each its code.
func addTickets(ctx context.Context, db bun.Tx, o *ProcessingOrder, by string, tickets []BundleTicket) error {
	if _, err := db.NewInsert().Model(&tickets).Exec(ctx); err != nil {
		return wrap("add tickets", err)
	}
	ids, codes, pieces := make([]int64, len(tickets)), map[int64]Code{}, int64(0)
	for i := range tickets {
		ids[i] = tickets[i].ID
	}
	if err := issueCodes(ctx, db, TicketCode, o.WorkshopID, by, ids, codes); err != nil {
		return err
	}
	for i := range tickets {
		tickets[i].Serial, tickets[i].Order = codes[tickets[i].ID].Serial, o
		pieces += tickets[i].Quantity
	}
	return BookFlow(ctx, db, Flow{OrderID: o.ID, Ticketed: pieces})
}

// MaxParts is into how many parts a ticket can be split.
const MaxParts = 20

// Split says how a ticket is split. One part alone is a new ticket for the same bundle, for one that was lost.
type Split struct {
	TicketID int64
	Parts    []int64 // pieces of each part; together those of the ticket
	Reason   string
	By       string
}

// SplitTicket makes new tickets for the parts of a bundle and voids the ticket it had. What was credited on that stays credited: the
// parts cover the other operations only.
func SplitTicket(ctx context.Context, db bun.IDB, s Split) ([]BundleTicket, error) {
	if err := checkReason(s.Reason); err != nil {
		return nil, err
	}
	old, err := TicketByID(ctx, db, s.TicketID)
	if err != nil {
		return nil, err
	}
	if err := s.check(old); err != nil {
		return nil, err
	}
	var parts []BundleTicket
	err = InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		o, err := lockOrder(ctx, db, old.OrderID)
		if err != nil {
			return err
		}
		kept, covered, err := divide(ctx, db, old, o)
		if err != nil {
			return err
		}
		now := Now()
		err = changed(ctx, db.NewUpdate().Model((*BundleTicket)(nil)).Set("voided_at = ?", now).Set("voided_by = ?", s.By).Set("reason = ?", s.Reason).Set("kept = ?", kept).
			Where("id = ? AND voided_at = 0", old.ID), "Ticket %s was split already.", old.Code())
		if err != nil {
			return err
		}
		var last int64
		if err := db.NewSelect().Model((*BundleTicket)(nil)).ColumnExpr("MAX(number)").Where("order_id = ?", o.ID).Scan(ctx, &last); err != nil {
			return wrap("find the last number", err)
		}
		parts = make([]BundleTicket, len(s.Parts))
		for i, n := range s.Parts {
			parts[i] = BundleTicket{OrderID: o.ID, Number: last + int64(i) + 1, Quantity: n, Operations: covered, SplitFrom: old.ID, CutAt: now, CutBy: s.By, ReworkOf: old.ReworkOf,
				ReworkFrom: old.ReworkFrom}
		}
		if err := addTickets(ctx, db, o, s.By, parts); err != nil {
			return err
		}
		return retireCode(ctx, db, old.Code(), parts[0].Serial, s.Reason)
	})
	return parts, err
}

func (s *Split) check(old *BundleTicket) error {
	sum := int64(0)
	for _, n := range s.Parts {
		if n < 1 || n > MaxPieces {
			return InvalidField("parts", "each part must be more than 0")
		}
		sum += n
	}
	if len(s.Parts) == 0 || len(s.Parts) > MaxParts {
		return InvalidField("parts", "must be between %d and %d", 1, MaxParts)
	}
	if sum != old.Quantity {
		return InvalidField("parts", "the parts make %d pieces, the bundle has %d", sum, old.Quantity)
	}
	return nil
}

// divide says which operations a ticket keeps, because they are credited on it, and which its parts cover.
func divide(ctx context.Context, db bun.Tx, t *BundleTicket, o *ProcessingOrder) (kept, covered string, err error) {
	credits, err := Credits(ctx, db, t.Code().String())
	if err != nil {
		return "", "", err
	}
	var done, open []Operation
	for _, op := range t.CoveredOf(o.Product.Operations) {
		if slices.ContainsFunc(credits, func(c Credit) bool { return c.OperationID == op.ID }) {
			done = append(done, op)
		} else {
			open = append(open, op)
		}
	}
	switch {
	case len(open) == 0:
		return "", "", Conflict("Every operation is credited on ticket %s: there is nothing left to split.", t.Code())
	case len(done) == 0:
		return "", t.Operations, nil
	}
	return joinOperations(done), joinOperations(open), nil
}

// Credit is one operation credited on a ticket.
type Credit struct {
	Ticket      string // the code, 8 characters
	TallyID     int64
	OperationID int64
	WorkerID    int64
	WorkerName  string
	Counts
}

// Credits are the operations credited on tickets, by ticket and tally. What was struck is not among them.
func Credits(ctx context.Context, db bun.IDB, tickets ...string) ([]Credit, error) {
	if len(tickets) == 0 {
		return nil, nil
	}
	var list []Credit
	err := db.NewSelect().TableExpr("tallies AS t").Join("JOIN workers AS wk ON wk.id = t.worker_id").
		ColumnExpr("t.ticket, t.id AS tally_id, t.operation_id, t.worker_id, wk.name AS worker_name, t.good, t.rework, t.scrap_workmanship, t.scrap_material").
		Where("t.ticket IN (?) AND t.ticket <> '' AND t.reverses_id IS NULL", bun.List(tickets)).
		Where("NOT EXISTS (SELECT 1 FROM tallies x WHERE x.reverses_id = t.id)").Order("t.ticket", "t.id").Scan(ctx, &list)
	return list, wrap("list what is credited", err)
}

// tickets selects tickets with their codes.
func tickets(db bun.IDB, list any) *bun.SelectQuery {
	return db.NewSelect().Model(list).ColumnExpr("bt.*").ColumnExpr("cd.serial").
		Join("JOIN codes AS cd ON cd.kind = 'T' AND cd.target_id = bt.id")
}

// Tickets lists the tickets of an order by number. Status "open" leaves out those that were split, "split" shows these alone.
func Tickets(ctx context.Context, db bun.IDB, f Filter) (Page[BundleTicket], error) {
	var list []BundleTicket
	q := tickets(db, &list).Where("bt.order_id = ?", f.OrderID).Order("bt.number")
	if f.Status != "" {
		q = q.Where("(bt.voided_at = 0) = ?", f.Status == "open")
	}
	return List(ctx, q, &list, f, "")
}

// TicketsToPrint are the tickets of an order that are in use, by number, from one number to another; to 0 is the last.
func TicketsToPrint(ctx context.Context, db bun.IDB, orderID, from, to int64) ([]BundleTicket, error) {
	var list []BundleTicket
	q := tickets(db, &list).Where("bt.order_id = ? AND bt.voided_at = 0 AND bt.number >= ?", orderID, from).Order("bt.number")
	if to != 0 {
		q = q.Where("bt.number <= ?", to)
	}
	err := q.Scan(ctx)
	return list, wrap("list tickets to print", err)
}

// TicketByID returns one ticket with its order, or a not-found error.
func TicketByID(ctx context.Context, db bun.IDB, id int64) (*BundleTicket, error) {
	t := new(BundleTicket)
	if err := found(tickets(db, t).Where("bt.id = ?", id).Scan(ctx), "There is no such ticket."); err != nil {
		return nil, err
	}
	var err error
	t.Order, err = OrderByID(ctx, db, t.OrderID)
	return t, err
}

// TicketsByCode finds the tickets among texts that may be their codes, voided ones too. What is no code of a ticket is not in the answer.
func TicketsByCode(ctx context.Context, db bun.IDB, texts ...string) (map[string]*BundleTicket, error) {
	var serials []int64
	for _, s := range texts {
		if c, msg := ParseCode(s); msg == nil && c.Kind == TicketCode && c.String() == s {
			serials = append(serials, c.Serial)
		}
	}
	found := make(map[string]*BundleTicket, len(serials))
	if len(serials) == 0 {
		return found, nil
	}
	var list []BundleTicket
	if err := tickets(db, &list).Where("cd.serial IN (?)", bun.List(serials)).Scan(ctx); err != nil {
		return nil, wrap("look up tickets", err)
	}
	for i := range list {
		found[list[i].Code().String()] = &list[i]
	}
	return found, nil
}

// TicketState is how the tickets of an order stand.
type TicketState struct {
	Tickets int   // in use
	Left    int64 // pieces that are on no ticket at any operation
	Steps   []TicketStep
}

// TicketStep is how the tickets stand at one operation.
type TicketStep struct {
	Operation Operation
	OnTickets int64 // pieces
}

// TicketStateOf says for how many pieces of an order, with its operations, there are tickets.
func TicketStateOf(ctx context.Context, db bun.IDB, o *ProcessingOrder) (*TicketState, error) {
	list, err := ticketsOf(ctx, db, o.ID)
	if err != nil {
		return nil, err
	}
	s := &TicketState{Left: o.Quantity}
	for i := range list {
		if !list[i].Voided() {
			s.Tickets++
		}
	}
	for _, op := range o.Product.Operations {
		n := onTickets(list, op.Code)
		s.Steps = append(s.Steps, TicketStep{op, n})
		s.Left = max(0, min(s.Left, o.Quantity-n))
	}
	slices.SortStableFunc(s.Steps, func(a, b TicketStep) int { return cmp.Compare(a.Operation.Seq, b.Operation.Seq) })
	return s, nil
}

// TicketParts are the tickets that a split one was replaced by, by number.
func TicketParts(ctx context.Context, db bun.IDB, id int64) ([]BundleTicket, error) {
	var list []BundleTicket
	err := tickets(db, &list).Where("bt.split_from = ?", id).Order("bt.number").Scan(ctx)
	return list, wrap("list parts", err)
}
