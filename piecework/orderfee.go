package piecework

import (
	"cmp"
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// OrderFee (加工费) is a fee a contractor pays for one accepted piece. It holds for pieces delivered on EffectiveFrom or later ("": from
// the first), until a later agreement begins, and for those accepted after the first Above of the order.
type OrderFee struct {
	bun.BaseModel `bun:"table:order_fees,alias:fe"`

	ID            int64 `bun:",pk,autoincrement"`
	OrderID       int64
	EffectiveFrom Date
	Above         int64
	Mode          TierMode // what a reached fee does; the same for all steps of an agreement
	Fee           Rate
	AgreedAt      Instant
	AgreedBy      string
}

// FeeBook is every fee agreed for one order, the first one of the order itself included, by day and then by Above.
type FeeBook []OrderFee

// Fees is the book of an order whose later and higher fees have been read.
func (o *ProcessingOrder) book(later []OrderFee) FeeBook {
	b := append(FeeBook{{OrderID: o.ID, Fee: o.UnitFee}}, later...)
	slices.SortFunc(b, func(x, y OrderFee) int {
		return cmp.Or(cmp.Compare(x.EffectiveFrom, y.EffectiveFrom), cmp.Compare(x.Above, y.Above))
	})
	return b
}

// FeePart is some pieces at one fee. In a repricing they were priced before, and the fee is only the difference; the quantity is below zero
// where the fee has fallen.
type FeePart struct {
	Quantity  int64
	Fee       Rate
	Repricing bool
}

// FeeCount is how many pieces of an order were accepted, and of them under each agreement.
type FeeCount struct {
	Accepted int64
	under    map[Date]agreedPieces // by the agreement's first day
}

// agreedPieces is the pieces of one agreement, and how many of the order were accepted when the last of them were.
type agreedPieces struct{ own, reached int64 }

// agreement is the steps that hold for pieces delivered on a day, as a rate with tiers: worked out by the same rules as a worker's.
func (b FeeBook) agreement(day Date) (from Date, r PieceRate) {
	for _, f := range b {
		if f.EffectiveFrom <= day && (from == "" || f.EffectiveFrom >= from) {
			from = f.EffectiveFrom
		}
	}
	for _, f := range b {
		switch {
		case f.EffectiveFrom != from:
		case f.Above == 0:
			r.Rate = f.Fee
		default:
			r.TierMode = f.Mode
			r.Tiers = append(r.Tiers, RateTier{Threshold: f.Above, Above: true, Rate: f.Fee})
		}
	}
	return from, r
}

// Price says which fees n accepted pieces get that were delivered on a day, after those that were accepted before. In mode [Marginal] only
// the pieces above a number get its fee. In mode [Whole] all pieces of the agreement get the fee of the number reached: those accepted
// before are repriced by the difference. What was priced once never changes; it is only added to.
func (b FeeBook) Price(day Date, before FeeCount, n int64) []FeePart {
	if n <= 0 {
		return nil
	}
	from, r := b.agreement(day)
	var parts []FeePart
	for _, t := range r.Change(before.Accepted, before.Accepted+n) {
		if !t.Repricing {
			parts = append(parts, FeePart{t.Quantity, t.Rate, false})
		}
	}
	if was := before.under[from]; r.TierMode == Whole && was.own > 0 {
		for _, t := range repricing(r.reached(was.reached), r.reached(before.Accepted+n), was.own) {
			parts = append(parts, FeePart{t.Quantity, t.Rate, true})
		}
	}
	return parts
}

// Count adds pieces that were accepted.
func (b FeeBook) Count(c *FeeCount, day Date, n int64) {
	if c.under == nil {
		c.under = map[Date]agreedPieces{}
	}
	from, _ := b.agreement(day)
	c.Accepted += n
	c.under[from] = agreedPieces{c.under[from].own + n, c.Accepted}
}

// FeeLine is pieces accepted in one sitting at one fee.
type FeeLine struct {
	OrderID, DeliveryID, AcceptanceID int64
	DeliveredOn                       Date // decides the fee
	FeePart
}

// RepricedNote is the note of a statement's line that prices pieces of earlier lines anew.
const RepricedNote = "repriced"

func (l FeeLine) note() string {
	if l.Repricing {
		return RepricedNote
	}
	return ""
}

// Amount is Quantity × Fee, rounded once.
func (l FeeLine) Amount() Money { return l.Fee.Times(l.Quantity) }

// FeesEarned is what accepted pieces of some orders earn: a line for each acceptance and fee, in the order in which they were recorded.
// What is in it never changes; later acceptances and agreements only add to it. Amounts are rounded line by line, so any choice of lines
// sums to the same as their statement.
func FeesEarned(ctx context.Context, db bun.IDB, list ...*ProcessingOrder) ([]FeeLine, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(list))
	for i, o := range list {
		ids[i] = o.ID
	}
	var fees []OrderFee
	if err := db.NewSelect().Model(&fees).Where("fe.order_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, wrap("read fees", err)
	}
	later := map[int64][]OrderFee{}
	for _, f := range fees {
		later[f.OrderID] = append(later[f.OrderID], f)
	}
	books, before := map[int64]FeeBook{}, map[int64]*FeeCount{}
	for _, o := range list {
		books[o.ID], before[o.ID] = o.book(later[o.ID]), &FeeCount{}
	}
	var accepted []struct {
		ID, DeliveryID, OrderID, Accepted int64
		DeliveredOn                       Date
	}
	err := db.NewSelect().TableExpr("acceptances AS ac").Join("JOIN deliveries AS d ON d.id = ac.delivery_id").
		ColumnExpr("ac.id, ac.delivery_id, d.order_id, ac.accepted, d.delivered_on").
		Where("d.order_id IN (?) AND ac.accepted > 0", bun.List(ids)).OrderExpr("ac.id").Scan(ctx, &accepted)
	if err != nil {
		return nil, wrap("read what was accepted", err)
	}
	var lines []FeeLine
	for _, a := range accepted {
		for _, part := range books[a.OrderID].Price(a.DeliveredOn, *before[a.OrderID], a.Accepted) {
			lines = append(lines, FeeLine{a.OrderID, a.DeliveryID, a.ID, a.DeliveredOn, part})
		}
		books[a.OrderID].Count(before[a.OrderID], a.DeliveredOn, a.Accepted)
	}
	return lines, nil
}

// FeesOf is every fee agreed for an order.
func FeesOf(ctx context.Context, db bun.IDB, o *ProcessingOrder) (FeeBook, error) {
	var later []OrderFee
	err := db.NewSelect().Model(&later).Where("fe.order_id = ?", o.ID).Scan(ctx)
	return o.book(later), wrap("read fees", err)
}

// MaxFees is how many steps one agreement of fees may have.
const MaxFees = 6

// FeeCountOf is how many pieces of an order were accepted so far, for pricing the next.
func FeeCountOf(ctx context.Context, db bun.IDB, o *ProcessingOrder, book FeeBook) (FeeCount, error) {
	var count FeeCount
	var accepted []struct {
		Accepted    int64
		DeliveredOn Date
	}
	err := db.NewSelect().TableExpr("acceptances AS ac").Join("JOIN deliveries AS d ON d.id = ac.delivery_id").ColumnExpr("ac.accepted, d.delivered_on").
		Where("d.order_id = ? AND ac.accepted > 0", o.ID).OrderExpr("ac.id").Scan(ctx, &accepted)
	for _, a := range accepted {
		book.Count(&count, a.DeliveredOn, a.Accepted)
	}
	return count, wrap("read what was accepted", err)
}

// checkFees reports what is wrong with the steps of an agreement: they rise, and a later one begins with the first piece.
func checkFees(v *Invalid, from Date, steps []OrderFee) {
	for i, s := range steps {
		if s.Mode == "" {
			steps[i].Mode = Marginal
		} else if s.Mode != Marginal && s.Mode != Whole {
			v.Add("tier_mode", "choose what a reached tier does")
		}
	}
	if len(steps) > MaxFees {
		v.Add("fees", "an order has at most %d steps of fees", MaxFees)
	}
	for i, s := range steps {
		switch {
		case i == 0 && from != "" && s.Above != 0:
			v.Add("fees", "the first fee holds from the first piece: its number must be 0")
		case (i > 0 || from == "") && (s.Above < 1 || s.Above >= MaxPieces):
			v.Add("fees", "the pieces above which fee %d holds must be between %d and %d", i+1, 1, MaxPieces)
		case i > 0 && s.Above <= steps[i-1].Above:
			v.Add("fees", "fee %d must begin after the fee before it", i+1)
		}
	}
	if from != "" && len(steps) == 0 {
		v.Add("fees", "is required")
	}
}

// AgreeFees agrees what the contractor pays from a day on (""; from the first, above the first pieces, which get the fee of the order). It
// takes the place of what was agreed from the same day, and is refused once pieces are accepted that it would price anew.
func AgreeFees(ctx context.Context, db bun.IDB, orderID int64, from Date, steps []OrderFee, by string) error {
	v := &Invalid{}
	checkFees(v, from, steps)
	if err := v.Err(); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		o, err := lockOrder(ctx, db, orderID)
		if err != nil {
			return err
		}
		if from != "" && from <= o.OrderedOn {
			return InvalidField("effective_from", "must be after the order date %s; from that day on the fee of the order holds", o.OrderedOn)
		}
		if err := refusePriced(ctx, db, o, from, "effective_from"); err != nil {
			return err
		}
		q := db.NewDelete().Model((*OrderFee)(nil)).Where("order_id = ?", o.ID)
		if from == "" {
			q = q.Where("effective_from IS NULL")
		} else {
			q = q.Where("effective_from = ?", from)
		}
		if _, err := q.Exec(ctx); err != nil {
			return wrap("replace fees", err)
		}
		for i := range steps {
			steps[i].OrderID, steps[i].EffectiveFrom, steps[i].AgreedAt, steps[i].AgreedBy = o.ID, from, Now(), by
		}
		if len(steps) == 0 {
			return nil
		}
		_, err = db.NewInsert().Model(&steps).Exec(ctx)
		return wrap("agree fees", err)
	})
}

// refusePriced refuses a change of fees for pieces that are accepted already: delivered on a day or later ("": ever).
func refusePriced(ctx context.Context, db bun.IDB, o *ProcessingOrder, from Date, field string) error {
	q := db.NewSelect().TableExpr("acceptances AS ac").Join("JOIN deliveries AS d ON d.id = ac.delivery_id").Where("d.order_id = ? AND ac.accepted > 0", o.ID)
	if from != "" {
		q = q.Where("d.delivered_on >= ?", from)
	}
	priced, err := q.Exists(ctx)
	if err != nil || !priced {
		return wrap("look for accepted pieces", err)
	}
	if from == "" {
		return InvalidField(field, "pieces are accepted already, and their fee stands. Agree another fee from a later day on")
	}
	return InvalidField(field, "pieces delivered on %s or later are accepted already. Choose a later day", from)
}
