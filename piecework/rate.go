package piecework

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/uptrace/bun"
)

// PieceRate (工价) is what a worker is paid for one piece of an operation from a day on, for every order of the product
// (OrderID 0) or for one order only.
type PieceRate struct {
	bun.BaseModel `bun:"table:piece_rates,alias:r"`

	ID            int64 `bun:",pk,autoincrement"`
	ProductID     int64
	OperationID   int64
	OrderID       int64 `bun:",nullzero"`
	EffectiveFrom Date
	Rate          Rate     // with tiers, that of the pieces before the first threshold
	TierMode      TierMode // "" without tiers
	TierSpan      TierSpan
	Quota         int64          // pieces a span (定额) that thresholds are percentages of; 0: thresholds are pieces
	Terms         `bun:"embed:"` // of a plan by time; Rate is then what a piece in its standard time comes to
	CreatedAt     Instant
	CreatedBy     string

	Product   *Product         `bun:"rel:belongs-to,join:product_id=id"`
	Operation *Operation       `bun:"rel:belongs-to,join:operation_id=id"`
	Order     *ProcessingOrder `bun:"rel:belongs-to,join:order_id=id"`
	Tiers     []RateTier       `bun:"rel:has-many,join:id=rate_id"` // by threshold
}

// Validate reports every wrong field of the tiers or the plan by time, and sets the rate of a plan to what a piece in its standard time comes to.
func (r *PieceRate) Validate() error {
	v := &Invalid{}
	r.checkTiers(v)
	r.checkTerms(v)
	return v.Err()
}

// CheckRate reports every wrong field of a rate that is to be agreed. Fill OperationID, EffectiveFrom and, for one order,
// OrderID; the product follows.
func CheckRate(ctx context.Context, db bun.IDB, r *PieceRate) error {
	v := &Invalid{}
	if r.EffectiveFrom == "" {
		v.Add("effective_from", "is required")
	}
	r.checkTiers(v)
	r.checkTerms(v)
	op, err := OperationByID(ctx, db, r.OperationID)
	if errors.Is(err, ErrNotFound) {
		v.Add("operation", "choose an operation")
		return v.Err()
	}
	if err != nil {
		return err
	}
	r.ProductID = op.ProductID
	if r.OrderID != 0 {
		order, err := OrderByID(ctx, db, r.OrderID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err != nil || order.ProductID != op.ProductID {
			v.Add("order", "choose an order of the same product")
		}
	}
	taken, err := db.NewSelect().Model((*PieceRate)(nil)).
		Where("operation_id = ? AND COALESCE(order_id, 0) = ? AND effective_from = ?", r.OperationID, r.OrderID, r.EffectiveFrom).Exists(ctx)
	if err != nil {
		return wrap("look for a rate", err)
	}
	if taken {
		v.Add("effective_from", "a rate from %s is already agreed; choose another day", r.EffectiveFrom)
	}
	return v.Err()
}

// AddRate agrees a rate from a day on. A rate is never changed; a new one from a later day, or for one order, takes over.
// See [CheckRate] for what to fill.
func AddRate(ctx context.Context, db bun.IDB, r *PieceRate) error {
	if err := CheckRate(ctx, db, r); err != nil {
		return err
	}
	r.CreatedAt = Now()
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		_, err := db.NewInsert().Model(r).Exec(ctx)
		if err := inserted(err, "effective_from", "a rate from %s is already agreed; choose another day", r.EffectiveFrom); err != nil || !r.Tiered() {
			return err
		}
		for i := range r.Tiers {
			r.Tiers[i].RateID = r.ID
		}
		_, err = db.NewInsert().Model(&r.Tiers).Exec(ctx)
		return wrap("agree tiers", err)
	})
}

// RatesInForce says which of some rates apply on a day: those that have begun and were not replaced by a later one for the
// same operation and order.
func RatesInForce(ctx context.Context, db bun.IDB, rates []PieceRate, day Date) (map[int64]bool, error) {
	in := map[int64]bool{}
	if len(rates) == 0 {
		return in, nil
	}
	ids := make([]int64, len(rates))
	for i := range rates {
		ids[i] = rates[i].ID
	}
	var found []int64
	err := db.NewSelect().Model((*PieceRate)(nil)).Column("id").Where("r.id IN (?) AND r.effective_from <= ?", bun.List(ids), day).
		Where(`NOT EXISTS (SELECT 1 FROM piece_rates x WHERE x.operation_id = r.operation_id AND COALESCE(x.order_id, 0) = COALESCE(r.order_id, 0)
			AND x.effective_from > r.effective_from AND x.effective_from <= ?)`, day).Scan(ctx, &found)
	for _, id := range found {
		in[id] = true
	}
	return in, wrap("find rates in force", err)
}

// RateByID returns one rate with operation and order, or a not-found error.
func RateByID(ctx context.Context, db bun.IDB, id int64) (*PieceRate, error) {
	r := new(PieceRate)
	err := db.NewSelect().Model(r).Relation("Product").Relation("Operation").Relation("Order").Relation("Tiers", ByThreshold).Where("r.id = ?", id).Scan(ctx)
	return r, found(err, "There is no such rate.")
}

// RatesByID fills rates by id, with their tiers. Ids that are not there stay nil.
func RatesByID(ctx context.Context, db bun.IDB, rates map[int64]*PieceRate) error {
	var list []PieceRate
	if len(rates) == 0 {
		return nil
	}
	err := db.NewSelect().Model(&list).Relation("Tiers", ByThreshold).Where("r.id IN (?)", bun.List(slices.Collect(maps.Keys(rates)))).Scan(ctx)
	for i := range list {
		rates[list[i].ID] = &list[i]
	}
	return wrap("read rates", err)
}

// Rates lists rates by product, operation and order, the newest day first: those for every order, and those for orders of
// f's workshop.
func Rates(ctx context.Context, db bun.IDB, f Filter) (Page[PieceRate], error) {
	var list []PieceRate
	q := db.NewSelect().Model(&list).Relation("Product").Relation("Operation").Relation("Order").Relation("Tiers", ByThreshold).
		OrderExpr("product.code, operation.seq, operation.code, COALESCE(r.order_id, 0), r.effective_from DESC")
	if f.OrderID != 0 {
		q = q.Where("r.order_id = ? OR (r.order_id IS NULL AND r.product_id = (SELECT product_id FROM processing_orders WHERE id = ?))", f.OrderID, f.OrderID)
	}
	if f.WorkshopID != 0 {
		q = q.Where(`r.order_id IS NULL OR "order"."workshop_id" = ?`, f.WorkshopID)
	}
	return List(ctx, q, &list, f, "", "product.code", "product.name", "operation.name", `"order"."code"`)
}

// RateBook answers which rate applies, from a set of rates in memory.
type RateBook struct {
	at map[rateKey][]PieceRate // newest first
}

type rateKey struct{ operation, order int64 }

// NewRateBook makes a book of the given rates.
func NewRateBook(rates []PieceRate) *RateBook {
	b := &RateBook{at: map[rateKey][]PieceRate{}}
	for _, r := range rates {
		k := rateKey{r.OperationID, r.OrderID}
		b.at[k] = append(b.at[k], r)
	}
	for _, list := range b.at {
		slices.SortFunc(list, func(a, b PieceRate) int { return cmp.Compare(b.EffectiveFrom, a.EffectiveFrom) })
	}
	return b
}

// Find is the rate for one operation of one order on a work date: a rate of the order beats a rate of the product, then the
// latest day not after the work date wins. ok is false when none was agreed, which is never the same as zero pay.
func (b *RateBook) Find(order, operation int64, day Date) (rate *PieceRate, ok bool) {
	for _, k := range []rateKey{{operation, order}, {operation, 0}} {
		list := b.at[k]
		for i := range list {
			if list[i].EffectiveFrom <= day {
				return &list[i], true
			}
		}
	}
	return nil, false
}

// On is what [RateBook.Find] finds, as the rate of the first piece.
func (b *RateBook) On(order, operation int64, day Date) (rate Rate, ok bool) {
	if r, ok := b.Find(order, operation, day); ok {
		return r.Rate, true
	}
	return Rate{}, false
}

// RatesOf reads every rate that could apply to orders of a workshop.
func RatesOf(ctx context.Context, db bun.IDB, workshopID int64) ([]PieceRate, error) {
	var rates []PieceRate
	err := db.NewSelect().Model(&rates).Column("id", "operation_id", "order_id", "effective_from", "rate", "tier_mode", "tier_span", "quota",
		"scheme", "hourly", "standard_pieces", "standard_minutes", "premium", "bonuses").
		Relation("Tiers", ByThreshold).Where("order_id IS NULL OR order_id IN (SELECT id FROM processing_orders WHERE workshop_id = ?)", workshopID).Scan(ctx)
	return rates, wrap("load rates", err)
}

// LoadRates is the book of every rate that could apply to orders of a workshop.
func LoadRates(ctx context.Context, db bun.IDB, workshopID int64) (*RateBook, error) {
	rates, err := RatesOf(ctx, db, workshopID)
	return NewRateBook(rates), err
}
