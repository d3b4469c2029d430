package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// Material is something pieces are made of, in a unit of its own such as kg, m or pcs.
type Material struct {
	bun.BaseModel `bun:"table:materials,alias:ma"`

	ID   int64 `bun:",pk,autoincrement"`
	Code string
	Name string
	Unit string
}

// Need says what one piece takes of a material.
type Need struct {
	MaterialID int64
	// OperationID is where it is used; 0: it is used once a piece, wherever most pieces were counted.
	OperationID int64 `bun:",nullzero"`
	PerPiece    Measure
	// Own material is bought by the workshop; otherwise the contractor brings it.
	Own bool
	// UnitCost is what a unit costs the workshop: own material when it is used, that of the contractor when too much is lost.
	UnitCost Rate

	Material  *Material  `bun:"rel:belongs-to,join:material_id=id"`
	Operation *Operation `bun:"rel:belongs-to,join:operation_id=id"`
}

// ProductMaterial is what a product needs; every order of it starts with that.
type ProductMaterial struct {
	bun.BaseModel `bun:"table:product_materials,alias:pm"`

	ID        int64 `bun:",pk,autoincrement"`
	ProductID int64
	Need      `bun:"embed:"`
}

// OrderMaterial is what an order needs.
type OrderMaterial struct {
	bun.BaseModel `bun:"table:order_materials,alias:om"`

	ID      int64 `bun:",pk,autoincrement"`
	OrderID int64
	Need    `bun:"embed:"`
}

// SaveMaterial adds a material (ID 0) or changes its name. The unit stays, since quantities were written down in it.
func SaveMaterial(ctx context.Context, db bun.IDB, m *Material) error {
	v := &Invalid{}
	checkCode(v, "code", m.Code)
	checkName(v, "name", m.Name)
	if m.Unit == "" {
		v.Add("unit", "is required")
	}
	v.AddMsg("unit", CheckText(m.Unit, maxUnit))
	if err := v.Err(); err != nil {
		return err
	}
	if m.ID == 0 {
		_, err := db.NewInsert().Model(m).Exec(ctx)
		return inserted(err, "code", "%q is taken", m.Code)
	}
	_, err := db.NewUpdate().Model(m).Column("name").WherePK().Exec(ctx)
	return wrap("save material", err)
}

const maxUnit = 20

// Materials is every material by code.
func Materials(ctx context.Context, db bun.IDB) ([]Material, error) {
	var list []Material
	err := db.NewSelect().Model(&list).Order("code").Scan(ctx)
	return list, wrap("list materials", err)
}

// check reports what is wrong with a need of a product's piece.
func (n *Need) check(v *Invalid, p *Product) {
	if n.MaterialID == 0 {
		v.Add("material", "choose one")
	}
	if n.OperationID != 0 && !p.has(n.OperationID) {
		v.Add("operation", "choose an operation")
	}
	if n.PerPiece < 1 || n.PerPiece > maxPerPiece {
		v.Add("per_piece", "must be more than 0 and at most %s", maxPerPiece)
	}
}

// SetProductMaterial says what a piece of a product needs of a material; PerPiece 0 takes the material off. Orders that are there
// already keep what they have.
func SetProductMaterial(ctx context.Context, db bun.IDB, productID int64, n Need) error {
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		p, err := ProductByID(ctx, db, productID)
		if err != nil {
			return err
		}
		if _, err := db.NewDelete().Model((*ProductMaterial)(nil)).Where("product_id = ? AND material_id = ?", productID, n.MaterialID).Exec(ctx); err != nil {
			return wrap("replace material", err)
		}
		if n.PerPiece == 0 {
			return nil
		}
		v := &Invalid{}
		if n.check(v, p); len(v.Fields) > 0 {
			return v
		}
		_, err = db.NewInsert().Model(&ProductMaterial{ProductID: productID, Need: n}).Exec(ctx)
		return wrap("save material", err)
	})
}

// ProductMaterials is what a product needs, by code of the material.
func ProductMaterials(ctx context.Context, db bun.IDB, productID int64) ([]ProductMaterial, error) {
	var list []ProductMaterial
	err := db.NewSelect().Model(&list).Relation("Material").Relation("Operation").Where("pm.product_id = ?", productID).Order("material.code").Scan(ctx)
	return list, wrap("list materials", err)
}

// SetOrderMaterial says what a piece of an order needs of a material; PerPiece 0 takes the material off, which is refused once some of
// it has moved.
func SetOrderMaterial(ctx context.Context, db bun.IDB, orderID int64, n Need) error {
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		o, err := lockOrder(ctx, db, orderID)
		if err != nil {
			return err
		}
		if o.Closed() {
			return Conflict("Order %s is closed. Reopen it first.", o.Code)
		}
		if n.PerPiece == 0 {
			moved, err := db.NewSelect().Model((*Movement)(nil)).Where("order_id = ? AND material_id = ?", orderID, n.MaterialID).Exists(ctx)
			if err != nil {
				return wrap("look for movements", err)
			}
			if moved {
				return Conflict("Some of this material has moved: it stays on the order.")
			}
			_, err = db.NewDelete().Model((*OrderMaterial)(nil)).Where("order_id = ? AND material_id = ?", orderID, n.MaterialID).Exec(ctx)
			return wrap("take off material", err)
		}
		v := &Invalid{}
		if n.check(v, o.Product); len(v.Fields) > 0 {
			return v
		}
		_, err = db.NewInsert().Model(&OrderMaterial{OrderID: orderID, Need: n}).
			On("CONFLICT (order_id, material_id) DO UPDATE").Set("operation_id = EXCLUDED.operation_id, per_piece = EXCLUDED.per_piece, own = EXCLUDED.own, unit_cost = EXCLUDED.unit_cost").Exec(ctx)
		return wrap("save material", err)
	})
}

// takeMaterials gives a new order what the order it repeats needs or, where it repeats none, what its product needs.
func (o *ProcessingOrder) takeMaterials(ctx context.Context, db bun.IDB) error {
	columns, from, of := "material_id, operation_id, per_piece, own, unit_cost", "product_materials WHERE product_id = ?", o.ProductID
	if o.AgainID != 0 {
		from, of = "order_materials WHERE order_id = ?", o.AgainID
	}
	_, err := db.ExecContext(ctx, "INSERT INTO order_materials (order_id, "+columns+") SELECT ?, "+columns+" FROM "+from+" ORDER BY id", o.ID, of)
	return wrap("take over materials", err)
}

// orderMaterials is what some orders need, by code of the material.
func orderMaterials(ctx context.Context, db bun.IDB, orderIDs []int64) ([]OrderMaterial, error) {
	var list []OrderMaterial
	err := db.NewSelect().Model(&list).Relation("Material").Relation("Operation").Where("om.order_id IN (?)", bun.List(orderIDs)).
		Order("om.order_id", "material.code").Scan(ctx)
	return list, wrap("list materials", err)
}
