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

// FeePart is some pieces at one fee.
type FeePart struct {
	Quantity int64
	Fee      Rate
}

// Price says which fees n accepted pieces get that were delivered on a day, when before pieces of the order were accepted before them.
// Only the pieces above a threshold get its fee, so what was priced once never changes.
func (b FeeBook) Price(day Date, before, n int64) []FeePart {
	from := Date("")
	for _, f := range b {
		if f.EffectiveFrom <= day {
			from = f.EffectiveFrom
		}
	}
	var steps []OrderFee
	for _, f := range b {
		if f.EffectiveFrom == from {
			steps = append(steps, f)
		}
	}
	var parts []FeePart
	for i, at := 0, before; i < len(steps) && n > 0; i++ {
		take := n
		if i+1 < len(steps) {
			take = min(n, max(0, steps[i+1].Above-at))
		}
		if take > 0 {
			parts = append(parts, FeePart{take, steps[i].Fee})
			at, n = at+take, n-take
		}
	}
	return parts
}

// FeeLine is pieces accepted in one sitting at one fee.
type FeeLine struct {
	OrderID, DeliveryID, AcceptanceID int64
	DeliveredOn                       Date // decides the fee
	FeePart
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
	books, before := map[int64]FeeBook{}, map[int64]int64{}
	for _, o := range list {
		books[o.ID] = o.book(later[o.ID])
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
		for _, part := range books[a.OrderID].Price(a.DeliveredOn, before[a.OrderID], a.Accepted) {
			lines = append(lines, FeeLine{a.OrderID, a.DeliveryID, a.ID, a.DeliveredOn, part})
		}
		before[a.OrderID] += a.Accepted
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

// checkFees reports what is wrong with the steps of an agreement: they rise, and a later one begins with the first piece.
func checkFees(v *Invalid, from Date, steps []OrderFee) {
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
