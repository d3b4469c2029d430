package piecework

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// Bearer is who bears what a contractor charges back.
type Bearer string

// Those who can bear it. A contractor bears what is his own fault: the workshop's fee is not lowered.
const (
	BearsWorkshop   Bearer = "workshop"
	BearsContractor Bearer = "contractor"
	BearsWorker     Bearer = "worker"
)

// Bearers are all of them, in the order a form offers them.
var Bearers = []Bearer{BearsWorkshop, BearsContractor, BearsWorker}

// Fault is why pieces were wrong.
type Fault string

// The faults.
const (
	FaultWorkmanship Fault = "workmanship" // of whoever made them
	FaultMaterial    Fault = "material"    // of what they were made of
	FaultOther       Fault = "other"
)

// Faults are all of them, in the order a form offers them.
var Faults = []Fault{FaultWorkmanship, FaultMaterial, FaultOther}

// Bears is who bears a fault by the workshop's policy.
func (w *Workshop) Bears(f Fault) Bearer {
	switch f {
	case FaultMaterial:
		return w.BearMaterial
	case FaultWorkmanship:
		return w.BearWorkmanship
	}
	return BearsWorkshop
}

// Chargeback (反扣) is money that a contractor takes off for pieces that were wrong. It is never changed; one that was wrong is withdrawn
// and counts no more.
type Chargeback struct {
	bun.BaseModel `bun:"table:chargebacks,alias:cb"`

	ID           int64 `bun:",pk,autoincrement"`
	OrderID      int64
	AcceptanceID int64 `bun:",nullzero"` // the decision it follows from, if any
	DeliveryID   int64 `bun:",nullzero"` // the delivery that the pieces were in, if it is known
	ChargedOn    Date
	Pieces       int64 // that were wrong; 0 where nobody counted them
	Amount       Money // positive
	Fault        Fault
	Bearer       Bearer
	OperationID  int64  `bun:",nullzero"` // where the fault was made; 0: nobody knows
	Ticket       string // code of the bundle it was found in; "": it had none
	Reason       string
	RecordedAt   Instant
	RecordedBy   string
	WithdrawnAt  Instant
	WithdrawnBy  string

	Order     *ProcessingOrder  `bun:"rel:belongs-to,join:order_id=id"`
	Delivery  *Delivery         `bun:"rel:belongs-to,join:delivery_id=id"`
	Operation *Operation        `bun:"rel:belongs-to,join:operation_id=id"`
	Shares    []ChargebackShare `bun:"rel:has-many,join:id=chargeback_id"`
}

// ChargebackShare is what one worker bears of a chargeback. The adjustment takes it from her pay, as damage, so that the cap holds.
type ChargebackShare struct {
	bun.BaseModel `bun:"table:chargeback_shares,alias:cs"`

	ID           int64 `bun:",pk,autoincrement"`
	ChargebackID int64
	WorkerID     int64
	TallyID      int64 // that it was traced to
	Amount       Money
	AdjustmentID int64 `bun:",nullzero"`

	Worker *Worker `bun:"rel:belongs-to,join:worker_id=id"`
}

// Validate reports every wrong field.
func (c *Chargeback) Validate() error {
	v := &Invalid{}
	if c.OrderID == 0 {
		v.Add("order", "choose one")
	}
	if c.ChargedOn == "" {
		v.Add("date", "is required")
	}
	if c.Pieces < 0 || c.Pieces > MaxPieces {
		v.Add("pieces", "must be between %d and %d", 0, MaxPieces)
	}
	if c.Amount.Sign() <= 0 {
		v.Add("amount", "must be more than 0")
	}
	if !slices.Contains(Faults, c.Fault) {
		v.Add("fault", "choose one")
	}
	if !slices.Contains(Bearers, c.Bearer) {
		v.Add("bearer", "choose one")
	}
	if c.Bearer == BearsWorker && c.Fault != FaultWorkmanship {
		v.Add("bearer", "a worker bears only what is the fault of the work")
	}
	if c.Reason == "" {
		v.Add("reason", "is required")
	}
	v.AddMsg("reason", CheckText(c.Reason, MaxNote))
	return v.Err()
}

// Charged is what was charged back of an order and is not withdrawn.
type Charged struct {
	OrderID int64
	// Total lowers what the contractor owes; what he bears himself is not in it.
	Total Money
	// ByWorkers is what workers bear of it: their shares, before the cap of their pay.
	ByWorkers Money
}

// ChargedBack sums the chargebacks of orders, by order. An order without any is not in the answer. The workshop itself bears Total less
// ByWorkers: that much its margin is lower.
func ChargedBack(ctx context.Context, db bun.IDB, orderIDs ...int64) (map[int64]Charged, error) {
	sums := map[int64]Charged{}
	if len(orderIDs) == 0 {
		return sums, nil
	}
	var list []Charged
	err := db.NewSelect().TableExpr("chargebacks AS cb").ColumnExpr("cb.order_id, CAST(SUM(cb.amount) AS BIGINT) AS total").
		ColumnExpr(`CAST(COALESCE(SUM((SELECT SUM(cs.amount) FROM chargeback_shares cs WHERE cs.chargeback_id = cb.id)), 0) AS BIGINT) AS by_workers`).
		Where("cb.order_id IN (?) AND cb.withdrawn_at = 0 AND cb.bearer <> ?", bun.List(orderIDs), BearsContractor).GroupExpr("cb.order_id").Scan(ctx, &list)
	for _, c := range list {
		sums[c.OrderID] = c
	}
	return sums, wrap("sum chargebacks", err)
}

func chargebacks(db bun.IDB, list any) *bun.SelectQuery {
	return db.NewSelect().Model(list).Relation("Order").Relation("Order.Workshop").Relation("Order.Contractor").Relation("Order.Product").
		Relation("Delivery").Relation("Operation").Relation("Shares", byShare).Relation("Shares.Worker")
}

// Chargebacks lists chargebacks, the latest first; Status "open" leaves out those withdrawn.
func Chargebacks(ctx context.Context, db bun.IDB, f Filter) (Page[Chargeback], error) {
	var list []Chargeback
	q := f.underOrder(chargebacks(db, &list).OrderExpr("cb.charged_on DESC, cb.id DESC"), "cb.order_id")
	if f.Status == "open" {
		q = q.Where("cb.withdrawn_at = 0")
	}
	return List(ctx, q, &list, f, "cb.charged_on", "cb.reason", `"order"."code"`)
}

// ChargebackByID returns one chargeback with its order and shares, or a not-found error.
func ChargebackByID(ctx context.Context, db bun.IDB, id int64) (*Chargeback, error) {
	c := new(Chargeback)
	return c, found(chargebacks(db, c).Where("cb.id = ?", id).Scan(ctx), "There is no such chargeback.")
}

func byShare(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("cs.id") }
