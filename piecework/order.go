package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// ProcessingOrder (来料加工单) asks one workshop for a quantity of one product at a fee per accepted piece.
type ProcessingOrder struct {
	bun.BaseModel `bun:"table:processing_orders,alias:o"`

	ID           int64 `bun:",pk,autoincrement"`
	Code         string
	WorkshopID   int64
	ContractorID int64
	ProductID    int64
	Quantity     int64
	// UnitFee (加工费) is what the contractor pays for one accepted piece.
	UnitFee   Rate
	OrderedOn Date
	DueOn     Date
	ClosedAt  Instant

	Workshop   *Workshop   `bun:"rel:belongs-to,join:workshop_id=id"`
	Contractor *Contractor `bun:"rel:belongs-to,join:contractor_id=id"`
	Product    *Product    `bun:"rel:belongs-to,join:product_id=id"`
}

// Closed says whether the order takes no more tallies.
func (o *ProcessingOrder) Closed() bool { return o.ClosedAt != 0 }

// OrderState is how an order stands on a day.
type OrderState string

const (
	OrderOpen     OrderState = "open"
	OrderOverdue  OrderState = "overdue"  // open after its due date
	OrderComplete OrderState = "complete" // every piece was delivered and decided about; it only needs to be closed
	OrderClosed   OrderState = "closed"
)

// State is how the order stands on a day when that much has been handed over.
func (o *ProcessingOrder) State(h Handed, day Date) OrderState {
	switch {
	case o.Closed():
		return OrderClosed
	case h.Waiting() == 0 && h.Delivered-h.Returned >= o.Quantity:
		return OrderComplete
	case o.DueOn != "" && o.DueOn < day:
		return OrderOverdue
	}
	return OrderOpen
}

// Validate reports every wrong field.
func (o *ProcessingOrder) Validate() error {
	v := &Invalid{}
	checkCode(v, "code", o.Code)
	for _, choice := range []struct {
		field string
		id    int64
	}{{"workshop", o.WorkshopID}, {"contractor", o.ContractorID}, {"product", o.ProductID}} {
		if choice.id == 0 {
			v.Add(choice.field, "choose one")
		}
	}
	if o.Quantity < 1 || o.Quantity > MaxPieces {
		v.Add("quantity", "must be between %d and %d", 1, MaxPieces)
	}
	if o.OrderedOn == "" {
		v.Add("ordered_on", "is required")
	}
	if o.DueOn != "" && o.DueOn < o.OrderedOn {
		v.Add("due_on", "is before the order date %s", o.OrderedOn)
	}
	return v.Err()
}

// SaveOrder adds an order (ID 0), or changes quantity, fee and due date of one that is not closed. Workshop, contractor and product
// stay, because tallies and rates hang on them.
func SaveOrder(ctx context.Context, db bun.IDB, o *ProcessingOrder) error {
	if err := o.Validate(); err != nil {
		return err
	}
	if o.ID == 0 {
		_, err := db.NewInsert().Model(o).Exec(ctx)
		return inserted(err, "code", "%q is taken", o.Code)
	}
	return changed(ctx, db.NewUpdate().Model(o).Column("quantity", "unit_fee", "due_on").WherePK().Where("closed_at = 0"),
		"Order %s is closed. Reopen it first.", o.Code)
}

// CloseOrder ends an order: it takes no more tallies. Open true reopens it.
func CloseOrder(ctx context.Context, db bun.IDB, id int64, open bool) error {
	at := Now()
	if open {
		at = 0
	}
	return changed(ctx, db.NewUpdate().Model((*ProcessingOrder)(nil)).Set("closed_at = ?", at).
		Where("id = ? AND (closed_at = 0) = ?", id, !open), "The order is already in that state.")
}

// changed runs a guarded update and answers a conflict when the guard held nothing.
func changed(ctx context.Context, q *bun.UpdateQuery, format string, args ...any) error {
	res, err := q.Exec(ctx)
	if err != nil {
		return wrap("update", err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return Conflict(format, args...)
	}
	return nil
}

func orders(db bun.IDB, list any) *bun.SelectQuery {
	return db.NewSelect().Model(list).Relation("Workshop").Relation("Contractor").Relation("Product")
}

// Orders lists orders: open ones first, the earliest due date on top; then closed ones, the last closed on top. Status "open" or "closed" narrows it.
func Orders(ctx context.Context, db bun.IDB, f Filter) (Page[ProcessingOrder], error) {
	var list []ProcessingOrder
	q := orders(db, &list).OrderExpr("o.closed_at = 0 DESC, o.closed_at DESC, o.due_on IS NULL, o.due_on, o.code")
	if f.WorkshopID != 0 {
		q = q.Where("o.workshop_id = ?", f.WorkshopID)
	}
	if f.ContractorID != 0 {
		q = q.Where("o.contractor_id = ?", f.ContractorID)
	}
	if f.Status != "" {
		q = q.Where("(o.closed_at = 0) = ?", f.Status == "open")
	}
	return List(ctx, q, &list, f, "o.ordered_on", "o.code", "product.name", "product.code", "contractor.name")
}

// OrderByID returns one order with workshop, contractor and product (its operations in sequence), or a not-found error.
func OrderByID(ctx context.Context, db bun.IDB, id int64) (*ProcessingOrder, error) {
	o := new(ProcessingOrder)
	err := orders(db, o).Relation("Product.Operations", inSequence).Where("o.id = ?", id).Scan(ctx)
	return o, found(err, "There is no such order.")
}

// OrderByCode returns the order with a code, or a not-found error.
func OrderByCode(ctx context.Context, db bun.IDB, code string) (*ProcessingOrder, error) {
	o := new(ProcessingOrder)
	err := db.NewSelect().Model(o).Where("o.code = ?", code).Scan(ctx)
	return o, found(err, "There is no order %q.", code)
}

// OpenOrders is every open order of a workshop with product and operations, for choosing from; workshop 0 means all.
func OpenOrders(ctx context.Context, db bun.IDB, workshopID int64) ([]ProcessingOrder, error) {
	var list []ProcessingOrder
	q := orders(db, &list).Relation("Product.Operations", inSequence).Where("o.closed_at = 0").Order("o.code")
	if workshopID != 0 {
		q = q.Where("o.workshop_id = ?", workshopID)
	}
	return list, wrap("list open orders", q.Scan(ctx))
}
