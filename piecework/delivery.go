package piecework

import (
	"cmp"
	"context"

	"github.com/uptrace/bun"
)

// Delivery (交货) is finished pieces of one order on their way to the contractor.
type Delivery struct {
	bun.BaseModel `bun:"table:deliveries,alias:d"`

	ID          int64 `bun:",pk,autoincrement"`
	Code        string
	OrderID     int64
	DeliveredOn Date
	Quantity    int64
	Note        string
	RecordedAt  Instant
	RecordedBy  string

	Order       *ProcessingOrder `bun:"rel:belongs-to,join:order_id=id"`
	Acceptances []Acceptance     `bun:"rel:has-many,join:id=delivery_id"`
	// Bundles are those it carries; none: it does not say. Filled in by [DeliveryByID], and by whoever records a delivery with their codes.
	Bundles []DeliveryBundle `bun:"-"`
}

// Acceptance (验收) is what the contractor decided about pieces of a delivery in one sitting. Rejected pieces are not paid;
// returned ones (退货) come back for rework and are delivered again.
type Acceptance struct {
	bun.BaseModel `bun:"table:acceptances,alias:ac"`

	ID         int64 `bun:",pk,autoincrement"`
	DeliveryID int64
	Accepted   int64
	Rejected   int64
	Returned   int64
	Note       string
	RecordedAt Instant
	RecordedBy string
	// DecidedOn is the day from which the fee is owed; "" when it is recorded is the present day of the workshop.
	DecidedOn Date

	// Photos are those of what was wrong, without the pictures themselves.
	Photos []Photo `bun:"-"`
	// Bundles is what it said about each bundle, where the delivery names them.
	Bundles []AcceptanceBundle `bun:"-"`
}

// AcceptancePhoto is the kind of thing that photos of a decision belong to.
const AcceptancePhoto = "acceptance"

// Decided sums the delivery's acceptances.
func (d *Delivery) Decided() Acceptance {
	var sum Acceptance
	for _, a := range d.Acceptances {
		sum.Accepted += a.Accepted
		sum.Rejected += a.Rejected
		sum.Returned += a.Returned
	}
	return sum
}

// Waiting is how many pieces the contractor has not decided about.
func (d *Delivery) Waiting() int64 {
	sum := d.Decided()
	return d.Quantity - sum.Accepted - sum.Rejected - sum.Returned
}

// Validate reports every wrong field.
func (d *Delivery) Validate() error {
	v := &Invalid{}
	checkCode(v, "code", d.Code)
	if d.OrderID == 0 {
		v.Add("order", "choose one")
	}
	if d.DeliveredOn == "" {
		v.Add("date", "is required")
	}
	if (d.Quantity < 1 && len(d.Bundles) == 0) || d.Quantity < 0 || d.Quantity > MaxPieces {
		v.Add("quantity", "must be between %d and %d", 1, MaxPieces)
	}
	v.AddMsg("note", CheckText(d.Note, MaxNote))
	return v.Err()
}

// Delivers says why nothing can be delivered for an order, or is nil: of one that was ended early what is finished may still leave.
func (o *ProcessingOrder) Delivers() error {
	switch {
	case o.Quote:
		return Conflict("Order %s is only offered. Accept it first.", o.Code)
	case o.Closed() && !o.EndedEarly():
		return Conflict("Order %s is closed. Reopen it first.", o.Code)
	}
	return nil
}

// Deliver records that pieces left for the contractor. Where it names bundles by the codes of their tickets, their pieces are its quantity:
// those good at the last operation or, of a bundle that says fewer, a part; the rest leaves later, and nothing leaves twice unless it came
// back.
func Deliver(ctx context.Context, db bun.IDB, d *Delivery) error {
	if err := d.Validate(); err != nil {
		return err
	}
	d.RecordedAt = Now()
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		o, err := lockOrder(ctx, db, d.OrderID)
		if err != nil {
			return err
		}
		if err := o.Delivers(); err != nil {
			return err
		}
		if err := d.carry(ctx, db, o); err != nil {
			return err
		}
		if _, err := db.NewInsert().Model(d).Exec(ctx); err != nil {
			return inserted(err, "code", "%q is taken", d.Code)
		}
		if err := d.storeBundles(ctx, db); err != nil {
			return err
		}
		flow := Flow{OrderID: d.OrderID, Delivered: d.Quantity}
		for _, b := range d.Bundles {
			flow.Carried += b.Quantity
		}
		return BookFlow(ctx, db, flow)
	})
}

// Validate reports every wrong field.
func (a *Acceptance) Validate() error {
	v := &Invalid{}
	for _, f := range []struct {
		name string
		n    int64
	}{{"accepted", a.Accepted}, {"rejected", a.Rejected}, {"returned", a.Returned}} {
		if f.n < 0 || f.n > MaxPieces {
			v.Add(f.name, "must be between %d and %d", 0, MaxPieces)
		}
	}
	if a.Accepted == 0 && a.Rejected == 0 && a.Returned == 0 {
		v.Add("accepted", "nothing was decided: at least one number must be more than 0")
	}
	v.AddMsg("note", CheckText(a.Note, MaxNote))
	return v.Err()
}

// Unseen is for those who decide without having been shown what was decided before.
const Unseen = -1

// Accept records what the contractor decided. Together with earlier decisions it cannot exceed what was delivered: of two
// people deciding at once about the same pieces, the second is told who decided what.
func Accept(ctx context.Context, db bun.IDB, a *Acceptance) error {
	return AcceptSeen(ctx, db, a, Unseen)
}

// AcceptSeen is [Accept] for somebody who was shown so many decisions about the delivery. When there are more by now she may not know
// it: nothing is recorded, and the conflict tells her who decided what. Photos of what was wrong are stored with the decision.
func AcceptSeen(ctx context.Context, db bun.IDB, a *Acceptance, seen int, photos ...*Photo) error {
	if err := a.Validate(); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		// Holding the delivery's row makes decisions about it wait for each other on PostgreSQL too.
		if _, err := db.ExecContext(ctx, "UPDATE deliveries SET quantity = quantity WHERE id = ?", a.DeliveryID); err != nil {
			return wrap("lock delivery", err)
		}
		d, err := DeliveryByID(ctx, db, a.DeliveryID)
		if err != nil {
			return err
		}
		if err := d.takes(a, seen); err != nil {
			return err
		}
		if err := d.judge(a); err != nil {
			return err
		}
		if a.DecidedOn == "" {
			a.DecidedOn = d.Order.Workshop.Today()
		}
		if err := NotStated(ctx, db, d.Order.WorkshopID, d.Order.ContractorID, a.DecidedOn); err != nil {
			return err
		}
		a.RecordedAt = Now()
		if _, err := db.NewInsert().Model(a).Exec(ctx); err != nil {
			return wrap("record acceptance", err)
		}
		if err := a.storeJudged(ctx, db, d.OrderID); err != nil {
			return err
		}
		for _, photo := range photos {
			if err := StorePhoto(ctx, db, photo, AcceptancePhoto, a.ID, a.RecordedBy); err != nil {
				return err
			}
		}
		flow := Flow{OrderID: d.OrderID, Accepted: a.Accepted, Rejected: a.Rejected, Returned: a.Returned}
		for _, b := range a.Bundles {
			flow.Judged += b.total()
		}
		return BookFlow(ctx, db, flow)
	})
}

// takes says whether a decision still fits on the delivery, made by somebody who was shown so many decisions.
func (d *Delivery) takes(a *Acceptance, seen int) error {
	n := len(d.Acceptances)
	if n > 0 && (d.Waiting() == 0 || seen != Unseen && seen < n) {
		last := d.Acceptances[n-1]
		at := last.RecordedAt.In(d.Order.Workshop.Location()).Format("01-02 15:04")
		if d.Waiting() == 0 {
			return Conflict("%s has already decided about every piece of this delivery (%s: %d accepted, %d rejected, %d returned). Yours was not recorded.",
				last.RecordedBy, at, last.Accepted, last.Rejected, last.Returned)
		}
		return Conflict("%s decided in the meantime (%s: %d accepted, %d rejected, %d returned). Yours was not recorded: %d pieces still wait, look again.",
			last.RecordedBy, at, last.Accepted, last.Rejected, last.Returned, d.Waiting())
	}
	if a.Accepted+a.Rejected+a.Returned > d.Waiting() {
		return InvalidField("accepted", "only %d pieces wait for a decision", d.Waiting())
	}
	return nil
}

// Deliveries lists deliveries, the latest first. Status "waiting" is those the contractor has not fully decided about.
func Deliveries(ctx context.Context, db bun.IDB, f Filter) (Page[Delivery], error) {
	var list []Delivery
	q := f.underOrder(db.NewSelect().Model(&list).Relation("Order").Relation("Order.Contractor").Relation("Order.Product").
		Relation("Acceptances", byID).OrderExpr("d.delivered_on DESC, d.id DESC"), "d.order_id")
	if f.Status == "waiting" {
		q = q.Where("d.quantity > (SELECT COALESCE(SUM(x.accepted + x.rejected + x.returned), 0) FROM acceptances x WHERE x.delivery_id = d.id)")
	}
	return List(ctx, q, &list, f, "d.delivered_on", "d.code", `"order"."code"`)
}

func byID(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("id") }

// DeliveryByID returns one delivery with its order and acceptances, or a not-found error.
func DeliveryByID(ctx context.Context, db bun.IDB, id int64) (*Delivery, error) {
	d := new(Delivery)
	err := db.NewSelect().Model(d).Relation("Order").Relation("Order.Contractor").Relation("Order.Product").Relation("Order.Workshop").
		Relation("Acceptances", byID).Where("d.id = ?", id).Scan(ctx)
	if err != nil {
		return d, found(err, "There is no such delivery.")
	}
	if err := ReadBundlesOf(ctx, db, []*Delivery{d}); err != nil || len(d.Acceptances) == 0 {
		return d, err
	}
	ids := make([]int64, len(d.Acceptances))
	for i := range d.Acceptances {
		ids[i] = d.Acceptances[i].ID
	}
	var photos []Photo
	err = db.NewSelect().Model(&photos).ExcludeColumn("jpeg").Where("kind = ? AND thing_id IN (?)", AcceptancePhoto, bun.List(ids)).Order("id").Scan(ctx)
	for _, p := range photos {
		for i := range d.Acceptances {
			if d.Acceptances[i].ID == p.ThingID {
				d.Acceptances[i].Photos = append(d.Acceptances[i].Photos, p)
			}
		}
	}
	return d, wrap("list photos", err)
}

// DeliveryOfAcceptance returns the delivery that a decision was about, or a not-found error.
func DeliveryOfAcceptance(ctx context.Context, db bun.IDB, id int64) (*Delivery, error) {
	var ids []int64
	if err := db.NewSelect().Model((*Acceptance)(nil)).Column("delivery_id").Where("id = ?", id).Scan(ctx, &ids); err != nil || len(ids) == 0 {
		return nil, cmp.Or(wrap("find decision", err), NotFound("There is no such decision."))
	}
	return DeliveryByID(ctx, db, ids[0])
}

// DeliveredBefore is how many pieces of its order were delivered before a delivery.
func DeliveredBefore(ctx context.Context, db bun.IDB, d *Delivery) (int64, error) {
	var n int64
	err := db.NewSelect().Model((*Delivery)(nil)).ColumnExpr("CAST(COALESCE(SUM(quantity), 0) AS BIGINT)").
		Where("order_id = ? AND (delivered_on < ? OR delivered_on = ? AND id < ?)", d.OrderID, d.DeliveredOn, d.DeliveredOn, d.ID).Scan(ctx, &n)
	return n, wrap("sum deliveries", err)
}
