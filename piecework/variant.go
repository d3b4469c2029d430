package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// Variant is one size or colour of an order, with how many pieces of it are wanted. The variants of an order add up to its quantity.
type Variant struct {
	bun.BaseModel `bun:"table:order_variants,alias:va"`

	ID       int64 `bun:",pk,autoincrement"`
	OrderID  int64
	Pos      int
	Size     string
	Colour   string
	Quantity int64
}

// MaxVariants is how many sizes and colours one order may have.
const MaxVariants = 40

// checkVariants reports what is wrong with the variants of an order.
func (o *ProcessingOrder) checkVariants(v *Invalid) {
	if len(o.Variants) == 0 {
		return
	}
	if len(o.Variants) > MaxVariants {
		v.Add("variants", "an order has at most %d sizes and colours", MaxVariants)
		return
	}
	seen, sum := map[[2]string]bool{}, int64(0)
	for i, of := range o.Variants {
		key := [2]string{of.Size, of.Colour}
		switch {
		case of.Size == "" && of.Colour == "":
			v.Add("variants", "line %d has neither size nor colour", i+1)
		case of.Quantity < 1 || of.Quantity > MaxPieces:
			v.Add("variants", "the quantity of line %d must be between %d and %d", i+1, 1, MaxPieces)
		case seen[key]:
			v.Add("variants", "line %d is there twice", i+1)
		}
		for _, text := range key {
			if msg := CheckText(text, MaxName); msg != nil {
				v.AddMsg("variants", msg)
			}
		}
		seen[key], sum = true, sum+of.Quantity
	}
	if len(v.Fields) == 0 && sum != o.Quantity {
		v.Add("variants", "sizes and colours add up to %d pieces, but %d are ordered", sum, o.Quantity)
	}
}

// saveVariants puts the variants of an order in the place of those it had.
func (o *ProcessingOrder) saveVariants(ctx context.Context, db bun.IDB) error {
	if _, err := db.NewDelete().Model((*Variant)(nil)).Where("order_id = ?", o.ID).Exec(ctx); err != nil {
		return wrap("replace variants", err)
	}
	for i := range o.Variants {
		o.Variants[i].ID, o.Variants[i].OrderID, o.Variants[i].Pos = 0, o.ID, i+1
	}
	if len(o.Variants) == 0 {
		return nil
	}
	_, err := db.NewInsert().Model(&o.Variants).Exec(ctx)
	return wrap("save variants", err)
}
