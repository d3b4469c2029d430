package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// MovementKind is what happened to material.
type MovementKind string

// The kinds. Sent back is what leaves for the contractor again; brought back is what a session or a worker at home did not use.
const (
	Receipt     MovementKind = "receipt"      // 收料
	SentBack    MovementKind = "sent_back"    // 退料
	Issue       MovementKind = "issue"        // 发料, to a session or to take-home work
	BroughtBack MovementKind = "brought_back" // from one of those
	Stocktake   MovementKind = "count"        // 盘点
)

// MovementKinds are all kinds, in the order in which a form offers them.
var MovementKinds = []MovementKind{Receipt, Issue, BroughtBack, Stocktake, SentBack}

// Movement is one thing that happened to a material of an order. It is never changed; a wrong one is struck by a movement that names it.
type Movement struct {
	bun.BaseModel `bun:"table:material_movements,alias:mm"`

	ID         int64 `bun:",pk,autoincrement"`
	OrderID    int64
	MaterialID int64
	Kind       MovementKind
	// Quantity is more than 0; of a stocktake it is what was counted less what should have been there, and may be anything.
	Quantity   Measure
	Counted    Measure // of a stocktake: all of it that is in the house, in stock and at the benches, without what is at home
	MovedOn    Date
	UnitCost   Rate   // of a receipt of own material: what a unit of it cost; 0: what the order says
	Document   string // the number of the contractor's paper
	Note       string
	SessionID  int64 `bun:",nullzero"`
	TakeHomeID int64 `bun:",nullzero"`
	WorkerID   int64 `bun:",nullzero"` // who got it in the session, when it was one
	ReversesID int64 `bun:",nullzero"` // the movement that this one strikes; it repeats it
	RecordedAt Instant
	RecordedBy string

	Material *Material    `bun:"rel:belongs-to,join:material_id=id"`
	Session  *WorkSession `bun:"rel:belongs-to,join:session_id=id"`
	TakeHome *TakeHome    `bun:"rel:belongs-to,join:take_home_id=id"`
	Worker   *Worker      `bun:"rel:belongs-to,join:worker_id=id"`
	// Struck says that a later movement strikes this one; [Movements] fills it in.
	Struck bool `bun:",scanonly"`
}

// sign is -1 for what strikes another movement.
func (m *Movement) sign() Measure {
	if m.ReversesID != 0 {
		return -1
	}
	return 1
}

// inHouse is by how much the movement changes what is in the house. A session works in the house; a worker at home does not.
func (m *Movement) inHouse() Measure {
	switch {
	case m.Kind == Receipt || m.Kind == Stocktake || m.Kind == BroughtBack && m.TakeHomeID != 0:
		return m.sign() * m.Quantity
	case m.Kind == SentBack || m.Kind == Issue && m.TakeHomeID != 0:
		return -m.sign() * m.Quantity
	}
	return 0
}

func (m *Movement) check() error {
	v := &Invalid{}
	if m.MaterialID == 0 {
		v.Add("material", "choose one")
	}
	if m.MovedOn == "" {
		v.Add("date", "is required")
	}
	v.AddMsg("note", CheckText(m.Note, MaxNote))
	v.AddMsg("document", CheckText(m.Document, MaxName))
	if !m.UnitCost.IsZero() && m.Kind != Receipt {
		v.Add("unit_cost", "only a receipt has a cost")
	}
	switch m.Kind {
	case Receipt, SentBack, Issue, BroughtBack:
		if m.Quantity < 1 || m.Quantity > MaxMeasure {
			v.Add("quantity", "must be more than 0 and at most %s", MaxMeasure)
		}
	case Stocktake:
		if m.Counted < 0 || m.Counted > MaxMeasure {
			v.Add("quantity", "must be between %d and %s", 0, MaxMeasure)
		}
	default:
		v.Add("kind", "choose one")
	}
	if inside := m.Kind == Issue || m.Kind == BroughtBack; inside != (m.SessionID != 0 || m.TakeHomeID != 0) || m.SessionID != 0 && m.TakeHomeID != 0 {
		if inside {
			v.Add("to", "choose one session or one lot of take-home work")
		} else {
			v.Add("to", "only material that is issued or brought back has a session or a lot")
		}
	}
	return v.Err()
}

// Move records that material moved. More than the books have in the house cannot leave it. Fill what happened, OrderID and RecordedBy;
// of a stocktake Counted.
func Move(ctx context.Context, db bun.IDB, m *Movement) error {
	if err := m.check(); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		o, err := lockOrder(ctx, db, m.OrderID)
		if err != nil {
			return err
		}
		switch {
		case o.Closed():
			return Conflict("Order %s is closed. Reopen it first.", o.Code)
		case o.Quote:
			return Conflict("Order %s is only offered. Accept it first.", o.Code)
		}
		if err := m.checkPlace(ctx, db, o); err != nil {
			return err
		}
		use, err := useOf(ctx, db, o, m.MaterialID)
		if err != nil {
			return err
		}
		if !use.Own && !m.UnitCost.IsZero() {
			return InvalidField("unit_cost", "the contractor brings this material: it costs the workshop nothing")
		}
		if m.Kind == Stocktake {
			m.Quantity = m.Counted - use.Here
		}
		if m.inHouse() < 0 && m.Kind != Stocktake && use.Here+m.inHouse() < 0 {
			return InvalidField("quantity", "the books have only %s %s in the house. Record the receipt first, or count what is there", max(0, use.Here), use.Material.Unit)
		}
		if m.Kind == BroughtBack && use.outAt(m) < m.Quantity {
			return InvalidField("quantity", "only %s %s were issued there and not brought back yet", use.outAt(m), use.Material.Unit)
		}
		m.ReversesID, m.RecordedAt = 0, Now()
		if _, err = db.NewInsert().Model(m).Exec(ctx); err != nil {
			return wrap("record movement", err)
		}
		return BookFlow(ctx, db, Flow{OrderID: m.OrderID, Moved: m.Quantity})
	})
}

// checkPlace makes sure that the session is of the order's workshop, or the lot of the order, and the worker of the workshop.
func (m *Movement) checkPlace(ctx context.Context, db bun.IDB, o *ProcessingOrder) error {
	if m.SessionID != 0 {
		s, err := SessionByID(ctx, db, m.SessionID)
		if err != nil {
			return err
		}
		if s.WorkshopID != o.WorkshopID {
			return InvalidField("to", "choose one session or one lot of take-home work")
		}
	}
	if m.TakeHomeID != 0 {
		th, err := TakeHomeByID(ctx, db, m.TakeHomeID)
		if err != nil {
			return err
		}
		if th.OrderID != o.ID {
			return InvalidField("to", "the lot is of another order")
		}
		m.WorkerID = th.WorkerID
	}
	if m.WorkerID != 0 && m.SessionID != 0 {
		w, err := WorkerByID(ctx, db, m.WorkerID)
		if err != nil {
			return err
		}
		if w.WorkshopID != o.WorkshopID {
			return InvalidField("worker", "%s works at another workshop", w.Code)
		}
	}
	return nil
}

// ReverseMovement strikes a movement: it counts no more and stays readable. A stocktake is struck before the one it follows.
func ReverseMovement(ctx context.Context, db bun.IDB, id int64, reason, by string) error {
	if err := checkReason(reason); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		m := new(Movement)
		if err := found(db.NewSelect().Model(m).Where("mm.id = ?", id).Scan(ctx), "There is no such movement."); err != nil {
			return err
		}
		o, err := lockOrder(ctx, db, m.OrderID)
		if err != nil {
			return err
		}
		if o.Closed() {
			return Conflict("Order %s is closed. Reopen it first.", o.Code)
		}
		if m.ReversesID != 0 {
			return Conflict("It strikes another movement and cannot be struck itself. Record the movement again.")
		}
		if m.Kind == Stocktake {
			later, err := db.NewSelect().Model((*Movement)(nil)).Where("mm.order_id = ? AND mm.material_id = ? AND mm.id > ? AND mm.kind = ? AND mm.reverses_id IS NULL", m.OrderID, m.MaterialID, id, Stocktake).
				Where("NOT EXISTS (SELECT 1 FROM material_movements x WHERE x.reverses_id = mm.id)").Exists(ctx)
			if err != nil {
				return wrap("look for a later count", err)
			}
			if later {
				return Conflict("A later count builds on this one. Strike that one first.")
			}
		}
		back := *m
		back.ID, back.ReversesID, back.Note, back.RecordedAt, back.RecordedBy = 0, id, reason, Now(), by
		if _, err := db.NewInsert().Model(&back).Exec(ctx); IsUnique(err) {
			return Conflict("It is struck already.")
		} else if err != nil {
			return wrap("strike movement", err)
		}
		return BookFlow(ctx, db, Flow{OrderID: m.OrderID, Moved: -m.Quantity})
	})
}

// Movements lists what happened to the materials of an order, the latest first.
func Movements(ctx context.Context, db bun.IDB, f Filter) (Page[Movement], error) {
	var list []Movement
	q := db.NewSelect().Model(&list).ColumnExpr("?TableColumns").
		ColumnExpr("EXISTS (SELECT 1 FROM material_movements x WHERE x.reverses_id = mm.id) AS struck").
		Relation("Material").Relation("Session").Relation("TakeHome").Relation("Worker").Where("mm.order_id = ?", f.OrderID).OrderExpr("mm.moved_on DESC, mm.id DESC")
	return List(ctx, q, &list, f, "mm.moved_on", "material.code", "material.name", "mm.document")
}
