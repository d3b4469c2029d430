package piecework

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// Crafts are the kinds of hand work a product can belong to.
var Crafts = []string{"artificial_flower", "eyelash", "earring", "peachwood", "other"}

// Product (款式) is what a contractor orders. Its operations in sequence are its routing (工艺路线).
type Product struct {
	bun.BaseModel `bun:"table:products,alias:p"`

	ID    int64 `bun:",pk,autoincrement"`
	Code  string
	Name  string
	Craft string

	Operations []Operation `bun:"rel:has-many,join:id=product_id"`
}

// Validate reports every wrong field.
func (p *Product) Validate() error {
	v := &Invalid{}
	checkCode(v, "code", p.Code)
	checkName(v, "name", p.Name)
	if !slices.Contains(Crafts, p.Craft) {
		v.Add("craft", "%q is not one of the crafts", p.Craft)
	}
	return v.Err()
}

// SaveProduct adds a product (ID 0) or changes name and craft of one.
func SaveProduct(ctx context.Context, db bun.IDB, p *Product) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if p.ID == 0 {
		_, err := db.NewInsert().Model(p).Exec(ctx)
		return inserted(err, "code", "%q is taken", p.Code)
	}
	_, err := db.NewUpdate().Model(p).Column("name", "craft").WherePK().Exec(ctx)
	return wrap("save product", err)
}

// Products lists products by code with their operations in sequence.
func Products(ctx context.Context, db bun.IDB, f Filter) (Page[Product], error) {
	var list []Product
	q := db.NewSelect().Model(&list).Relation("Operations", inSequence).Order("p.code")
	return List(ctx, q, &list, f, "", "p.code", "p.name")
}

// ProductByID returns one product with its operations in sequence, or a not-found error.
func ProductByID(ctx context.Context, db bun.IDB, id int64) (*Product, error) {
	p := new(Product)
	err := db.NewSelect().Model(p).Relation("Operations", inSequence).Where("p.id = ?", id).Scan(ctx)
	return p, found(err, "There is no such product.")
}

func inSequence(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("seq", "code") }

// Operation (工序) is one step of a product's routing, the unit that a piece rate is agreed for.
type Operation struct {
	bun.BaseModel `bun:"table:operations,alias:op"`

	ID        int64 `bun:",pk,autoincrement"`
	ProductID int64
	Code      string
	Name      string
	// Seq orders the routing; two operations with one number are done side by side.
	Seq int
	// UnitUG is what one piece weighs after this operation, in micrograms; 0 when it is not set. See [UnitWeights].
	UnitUG int64 `bun:"unit_ug"`
	// MaxPerHour is how many pieces one worker can believably make in an hour; 0 when nobody has said, then [MaxPerHour] holds.
	MaxPerHour int64

	Product *Product `bun:"rel:belongs-to,join:product_id=id"`
}

// Validate reports every wrong field.
func (o *Operation) Validate() error {
	v := &Invalid{}
	checkCode(v, "code", o.Code)
	checkName(v, "name", o.Name)
	if o.Seq < 0 || o.Seq > 9999 {
		v.Add("seq", "must be between %d and %d", 0, 9999)
	}
	if o.UnitUG < 0 || o.UnitUG > maxUnitUG {
		v.Add("unit_weight", "the weight of one piece must be more than 0 and at most %d g", maxUnitUG/1_000_000)
	}
	if o.MaxPerHour < 0 || o.MaxPerHour > MaxPieces {
		v.Add("max_per_hour", "must be between %d and %d", 0, MaxPieces)
	}
	return v.Err()
}

// SaveOperation adds an operation (ID 0) or changes name, sequence, unit weight and believable speed of one.
func SaveOperation(ctx context.Context, db bun.IDB, o *Operation) error {
	if err := o.Validate(); err != nil {
		return err
	}
	if o.ID == 0 {
		_, err := db.NewInsert().Model(o).Exec(ctx)
		return inserted(err, "code", "%q is taken", o.Code)
	}
	_, err := db.NewUpdate().Model(o).Column("name", "seq", "unit_ug", "max_per_hour").WherePK().Exec(ctx)
	return wrap("save operation", err)
}

// Operations is every operation of every product, by product and sequence, for choosing from.
func Operations(ctx context.Context, db bun.IDB) ([]Operation, error) {
	var list []Operation
	err := db.NewSelect().Model(&list).Relation("Product").Order("product.code", "op.seq", "op.code").Scan(ctx)
	return list, wrap("list operations", err)
}

// OperationByID returns one operation with its product, or a not-found error.
func OperationByID(ctx context.Context, db bun.IDB, id int64) (*Operation, error) {
	o := new(Operation)
	err := db.NewSelect().Model(o).Relation("Product").Where("op.id = ?", id).Scan(ctx)
	return o, found(err, "There is no such operation.")
}
