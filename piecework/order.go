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
	// Quote says that the order is only offered; AcceptedAt and AcceptedBy say when it no longer was, 0 and "" when it never was one.
	Quote      bool
	AcceptedAt Instant
	AcceptedBy string
	// EndReason says why the order was ended early, and EndedBy who did; "" for one that was not.
	EndReason string
	EndedBy   string
	AgainID   int64 `bun:",nullzero"` // the order that this one repeats
	Note      string
	// LossAllowed (允许损耗率) is how much material may be lost, in hundredths of a percent of what the pieces need; LossBorneBy bears more.
	LossAllowed int64
	LossBorneBy LossBearer

	Workshop   *Workshop        `bun:"rel:belongs-to,join:workshop_id=id"`
	Contractor *Contractor      `bun:"rel:belongs-to,join:contractor_id=id"`
	Product    *Product         `bun:"rel:belongs-to,join:product_id=id"`
	Again      *ProcessingOrder `bun:"rel:belongs-to,join:again_id=id"`
	Variants   []Variant        `bun:"rel:has-many,join:id=order_id"` // sizes and colours; none: all pieces are alike
}

// LossBearer is who bears material that was lost beyond the allowed rate.
type LossBearer string

// The bearers. What cannot be traced to a worker is always borne by the workshop.
const (
	LossWorkshop LossBearer = ""
	LossWorker   LossBearer = "worker" // who had the material, within the cap on damage deductions
)

// Closed says whether the order takes no more tallies.
func (o *ProcessingOrder) Closed() bool { return o.ClosedAt != 0 }

// EndedEarly says whether it was closed before it was settled.
func (o *ProcessingOrder) EndedEarly() bool { return o.Closed() && o.EndReason != "" }

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
	if o.LossAllowed < 0 || o.LossAllowed > 100_00 {
		v.Add("loss_allowed", "must be between %d and %d", 0, 100)
	}
	if o.LossBorneBy != LossWorkshop && o.LossBorneBy != LossWorker {
		v.Add("loss_borne_by", "choose one")
	}
	v.AddMsg("note", CheckText(o.Note, MaxNote))
	o.checkVariants(v)
	return v.Err()
}

// SaveOrder adds an order (ID 0), which repeats only one of the same product and contractor, or changes quantity, variants, fee, due date, loss
// rules and note of one that is not closed. Workshop, contractor and product stay, because tallies and rates hang on them; the fee stays once
// pieces are accepted at it.
func SaveOrder(ctx context.Context, db bun.IDB, o *ProcessingOrder) error {
	if err := o.Validate(); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if o.ID == 0 {
			if err := o.checkAgain(ctx, db); err != nil {
				return err
			}
			if _, err := db.NewInsert().Model(o).Exec(ctx); err != nil {
				return inserted(err, "code", "%q is taken", o.Code)
			}
			if err := o.repeat(ctx, db); err != nil {
				return err
			}
			return o.saveVariants(ctx, db)
		}
		now, err := lockOrder(ctx, db, o.ID)
		if err != nil {
			return err
		}
		if now.UnitFee.Cmp(o.UnitFee) != 0 {
			if err := refusePriced(ctx, db, o, "", "unit_fee"); err != nil {
				return err
			}
		}
		err = changed(ctx, db.NewUpdate().Model(o).Column("quantity", "unit_fee", "due_on", "note", "loss_allowed", "loss_borne_by").WherePK().Where("closed_at = 0"),
			"Order %s is closed. Reopen it first.", o.Code)
		if err != nil {
			return err
		}
		return o.saveVariants(ctx, db)
	})
}

// checkAgain lets go of the order that this one was to repeat if it is of another product or contractor: then its materials are used at other
// operations, or its fees are somebody else's.
func (o *ProcessingOrder) checkAgain(ctx context.Context, db bun.IDB) error {
	if o.AgainID == 0 {
		return nil
	}
	again, err := OrderByID(ctx, db, o.AgainID)
	if err == nil && (again.ProductID != o.ProductID || again.ContractorID != o.ContractorID) {
		o.AgainID = 0
	}
	return err
}

// repeat takes over what forms do not show: materials and, from an order that this one repeats, the fees above a number of pieces.
func (o *ProcessingOrder) repeat(ctx context.Context, db bun.IDB) error {
	if err := o.takeMaterials(ctx, db); err != nil || o.AgainID == 0 {
		return err
	}
	_, err := db.ExecContext(ctx, `INSERT INTO order_fees (order_id, above, mode, fee, agreed_at, agreed_by)
		SELECT ?, above, mode, fee, agreed_at, agreed_by FROM order_fees WHERE order_id = ? AND effective_from IS NULL`, o.ID, o.AgainID)
	return wrap("repeat fees", err)
}

// AcceptQuote makes an order of a quote: from now on pieces can be counted for it.
func AcceptQuote(ctx context.Context, db bun.IDB, id int64, by string) error {
	return changed(ctx, db.NewUpdate().Model((*ProcessingOrder)(nil)).Set("quote = ?, accepted_at = ?, accepted_by = ?", false, Now(), by).
		Where("id = ? AND quote AND closed_at = 0", id), "It is no longer only offered: somebody has accepted or closed it.")
}

// CloseOrder closes an order that is settled, or a quote: it takes no more tallies; see [ProcessingOrder.Closable]. Open true reopens it,
// also where it was ended early.
func CloseOrder(ctx context.Context, db bun.IDB, id int64, open bool) error {
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		at := Now()
		if open {
			at = 0
		} else {
			o, err := lockOrder(ctx, db, id)
			if err != nil {
				return err
			}
			facts, err := FactsOf(ctx, db, o)
			if err != nil {
				return err
			}
			if err := o.Closable(facts[id]); err != nil && !o.Closed() {
				return err
			}
		}
		return changed(ctx, db.NewUpdate().Model((*ProcessingOrder)(nil)).Set("closed_at = ?, end_reason = '', ended_by = ''", at).
			Where("id = ? AND (closed_at = 0) = ?", id, !open), "The order is already in that state.")
	})
}

// EndOrder gives an order up before it is settled: it takes no more tallies. What is owed for it stays owed and in sight: what was
// delivered can still be accepted, what is finished delivered, and wages and fees are paid and billed.
func EndOrder(ctx context.Context, db bun.IDB, id int64, reason, by string) error {
	if err := checkReason(reason); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		o, err := lockOrder(ctx, db, id)
		if err != nil {
			return err
		}
		facts, err := FactsOf(ctx, db, o)
		if err != nil {
			return err
		}
		switch f := facts[id]; {
		case f.AtHome > 0:
			return o.stillAtHome(f)
		case !o.Closed() && o.Closable(f) == nil:
			return Conflict("There is nothing open in order %s: close it.", o.Code)
		}
		return changed(ctx, db.NewUpdate().Model((*ProcessingOrder)(nil)).Set("closed_at = ?, end_reason = ?, ended_by = ?", Now(), reason, by).
			Where("id = ? AND closed_at = 0", id), "The order is already in that state.")
	})
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

// Orders lists orders with the operations of their products: open ones first, the earliest due date on top; then closed ones, the last closed on top.
// Status "open", "quoted" or "closed" narrows it, "owed" to those ended early for which something is still owed (of one contractor: by him),
// "unsettled" to open ones and those.
func Orders(ctx context.Context, db bun.IDB, f Filter) (Page[ProcessingOrder], error) {
	var list []ProcessingOrder
	q := orders(db, &list).Relation("Product.Operations", inSequence).OrderExpr("o.closed_at = 0 DESC, o.closed_at DESC, o.due_on IS NULL, o.due_on, o.code")
	if f.WorkshopID != 0 {
		q = q.Where("o.workshop_id = ?", f.WorkshopID)
	}
	if f.ContractorID != 0 {
		q = q.Where("o.contractor_id = ?", f.ContractorID)
	}
	switch owed := stillOwed(f.ContractorID != 0); f.Status {
	case "":
	case "owed":
		q = q.Where(owed)
	case "unsettled":
		q = q.Where("(o.closed_at = 0 OR " + owed + ")")
	default:
		q = q.Where("(o.closed_at = 0) = ?", f.Status != "closed")
	}
	if f.Status == "quoted" {
		q = q.Where("o.quote")
	}
	return List(ctx, q, &list, f, "o.ordered_on", "o.code", "product.name", "product.code", "contractor.name")
}

// OrderByID returns one order with workshop, contractor and product (its operations in sequence), or a not-found error.
func OrderByID(ctx context.Context, db bun.IDB, id int64) (*ProcessingOrder, error) {
	o := new(ProcessingOrder)
	err := orders(db, o).Relation("Product.Operations", inSequence).Relation("Again").
		Relation("Variants", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("va.pos") }).Where("o.id = ?", id).Scan(ctx)
	return o, found(err, "There is no such order.")
}

// OrderByCode returns the order with a code, or a not-found error.
func OrderByCode(ctx context.Context, db bun.IDB, code string) (*ProcessingOrder, error) {
	o := new(ProcessingOrder)
	err := db.NewSelect().Model(o).Where("o.code = ?", code).Scan(ctx)
	return o, found(err, "There is no order %q.", code)
}

// OpenOrders is every order of a workshop that takes tallies, with product and operations, for choosing from; workshop 0 means all.
func OpenOrders(ctx context.Context, db bun.IDB, workshopID int64) ([]ProcessingOrder, error) {
	var list []ProcessingOrder
	q := orders(db, &list).Relation("Product.Operations", inSequence).Where("o.closed_at = 0 AND NOT o.quote").Order("o.code")
	if workshopID != 0 {
		q = q.Where("o.workshop_id = ?", workshopID)
	}
	err := q.Scan(ctx)
	return list, wrap("list open orders", err)
}
