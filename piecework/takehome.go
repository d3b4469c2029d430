package piecework

import (
	"cmp"
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// TakeHome (带回家做) is a lot of pieces that a worker took out of the workshop to do one operation of one order at home. What she
// brings back are tallies; see [HandIn].
type TakeHome struct {
	bun.BaseModel `bun:"table:take_homes,alias:th"`

	ID          int64 `bun:",pk,autoincrement"`
	WorkshopID  int64
	WorkerID    int64
	OrderID     int64
	OperationID int64
	Quantity    int64 // pieces that went out
	OutOn       Date
	DueOn       Date // "" when no day was agreed
	Note        string
	GivenAt     Instant
	GivenBy     string

	// CameIn is how many pieces have come back worked, of whatever quality; struck tallies do not count.
	CameIn int64 `bun:",scanonly"`

	Workshop  *Workshop         `bun:"rel:belongs-to,join:workshop_id=id"`
	Worker    *Worker           `bun:"rel:belongs-to,join:worker_id=id"`
	Order     *ProcessingOrder  `bun:"rel:belongs-to,join:order_id=id"`
	Operation *Operation        `bun:"rel:belongs-to,join:operation_id=id"`
	Closings  []TakeHomeClosing `bun:"rel:has-many,join:id=take_home_id"` // the latest last
}

// TakeHomeClosing ends a lot that did not come back whole, or that should never have gone out.
type TakeHomeClosing struct {
	bun.BaseModel `bun:"table:take_home_closings,alias:tc"`

	ID         int64 `bun:",pk,autoincrement"`
	TakeHomeID int64
	Kind       TakeHomeState // TakeHomeClosed or TakeHomeCancelled
	Unworked   int64         // pieces that came back as they went
	Lost       int64         // pieces that will not come back
	Reason     string
	ClosedAt   Instant
	ClosedBy   string
	LiftedAt   Instant // 0 while it holds
	LiftedBy   string
}

// TakeHomeState is how a lot stands on a day.
type TakeHomeState string

const (
	TakeHomeOut       TakeHomeState = "out"       // pieces are still with the worker
	TakeHomeOverdue   TakeHomeState = "overdue"   // the same, after the day agreed
	TakeHomeBack      TakeHomeState = "back"      // every piece came back
	TakeHomeClosed    TakeHomeState = "closed"    // a person said what became of the rest
	TakeHomeCancelled TakeHomeState = "cancelled" // it never went out
)

// Closing is the closing that holds, or nil.
func (th *TakeHome) Closing() *TakeHomeClosing {
	for i := range th.Closings {
		if th.Closings[i].LiftedAt == 0 {
			return &th.Closings[i]
		}
	}
	return nil
}

// Out is how many pieces are still with the worker, never less than 0.
func (th *TakeHome) Out() int64 {
	if th.Closing() != nil {
		return 0
	}
	return max(0, th.Quantity-th.CameIn)
}

// Over is how many pieces more came back than went out.
func (th *TakeHome) Over() int64 { return max(0, th.CameIn-th.Quantity) }

// Unaccounted is by how many pieces a closed lot no longer adds up, because tallies of it were struck or added after it was closed.
func (th *TakeHome) Unaccounted() int64 {
	c := th.Closing()
	if c == nil || c.Kind == TakeHomeCancelled {
		return 0
	}
	return max(0, th.Quantity-th.CameIn-c.Unworked-c.Lost)
}

// State is how the lot stands on a day.
func (th *TakeHome) State(day Date) TakeHomeState {
	switch c := th.Closing(); {
	case c != nil:
		return c.Kind
	case th.CameIn >= th.Quantity:
		return TakeHomeBack
	case th.DueOn != "" && th.DueOn < day:
		return TakeHomeOverdue
	}
	return TakeHomeOut
}

// Validate reports every wrong field of a lot that is to be given out.
func (th *TakeHome) Validate() error {
	v := &Invalid{}
	for _, choice := range []struct {
		field string
		id    int64
	}{{"worker", th.WorkerID}, {"work", th.OrderID}, {"work", th.OperationID}} {
		if choice.id == 0 && (len(v.Fields) == 0 || v.Fields[len(v.Fields)-1].Field != choice.field) {
			v.Add(choice.field, "choose one")
		}
	}
	if th.Quantity < 1 || th.Quantity > MaxPieces {
		v.Add("quantity", "must be between %d and %d", 1, MaxPieces)
	}
	if th.OutOn == "" {
		v.Add("out_on", "is required")
	}
	if th.DueOn != "" && th.DueOn < th.OutOn {
		v.Add("due_on", "is before the day it goes out, %s", th.OutOn)
	}
	v.AddMsg("note", CheckText(th.Note, MaxNote))
	return v.Err()
}

// GiveOut records that a lot leaves the workshop with a worker, and gives it a code. Fill worker, order, operation, quantity, days, note
// and GivenBy; the workshop is the order's.
func GiveOut(ctx context.Context, db bun.IDB, th *TakeHome) error {
	if err := th.Validate(); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		o, err := OrderByID(ctx, db, th.OrderID)
		if err != nil {
			return err
		}
		if o.Closed() {
			return InvalidField("work", "order %s is closed", o.Code)
		}
		if o.Quote {
			return InvalidField("work", "order %s is only offered: accept it first", o.Code)
		}
		if !o.Product.has(th.OperationID) {
			return InvalidField("work", "choose one")
		}
		w, err := WorkerByID(ctx, db, th.WorkerID)
		if err != nil {
			return err
		}
		if err := w.Person(); err != nil {
			return err
		}
		if w.WorkshopID != o.WorkshopID {
			return InvalidField("worker", "%s works at another workshop", w.Code)
		}
		if !w.Active {
			return InvalidField("worker", "%s has left", w.Code)
		}
		th.WorkshopID, th.GivenAt = o.WorkshopID, Now()
		if _, err = db.NewInsert().Model(th).Exec(ctx); err != nil {
			return wrap("give out", err)
		}
		_, err = CodesOf(ctx, db, TakeHomeCode, th.WorkshopID, th.GivenBy, th.ID)
		return err
	})
}

// has says whether the product has the operation; its operations must have been read.
func (p *Product) has(operationID int64) bool {
	for _, op := range p.Operations {
		if op.ID == operationID {
			return true
		}
	}
	return false
}

// cameIn sums what came back of the lot th, and closed says whether a closing of it holds.
const (
	cameIn = `(SELECT CAST(COALESCE(SUM(t.good + t.rework + t.scrap_workmanship + t.scrap_material), 0) AS BIGINT) FROM take_home_returns AS tr
		JOIN tallies AS t ON t.id = tr.tally_id WHERE tr.take_home_id = th.id AND NOT EXISTS (SELECT 1 FROM tallies AS x WHERE x.reverses_id = t.id))`
	takeHomeClosed = `EXISTS (SELECT 1 FROM take_home_closings AS tc WHERE tc.take_home_id = th.id AND tc.lifted_at = 0)`
	takeHomeOpen   = "NOT " + takeHomeClosed + " AND th.quantity > " + cameIn
)

func takeHomes(db bun.IDB, list any) *bun.SelectQuery {
	return db.NewSelect().Model(list).ColumnExpr("?TableColumns").ColumnExpr(cameIn+" AS came_in").Relation("Workshop").Relation("Worker").
		Relation("Order").Relation("Order.Product").Relation("Operation").
		Relation("Closings", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("tc.id") })
}

// TakeHomes lists lots: those that are out first, the earliest due day on top; then the others, the last given out on top. Status "out"
// is only those out, "overdue" those due before day, "done" those that are not out any more. The dates of f are days of giving out.
func TakeHomes(ctx context.Context, db bun.IDB, f Filter, day Date) (Page[TakeHome], error) {
	var list []TakeHome
	q := takeHomes(db, &list).OrderExpr("CASE WHEN " + takeHomeOpen + " THEN 0 ELSE 1 END, CASE WHEN " + takeHomeOpen +
		" AND th.due_on IS NULL THEN 1 ELSE 0 END, CASE WHEN " + takeHomeOpen + " THEN th.due_on END, th.out_on DESC, th.id DESC")
	return List(ctx, narrowTakeHomes(q, f, day), &list, f, "th.out_on", "worker.code", "worker.name", `"order"."code"`, "operation.name")
}

func narrowTakeHomes(q *bun.SelectQuery, f Filter, day Date) *bun.SelectQuery {
	for column, id := range map[string]int64{"th.workshop_id": f.WorkshopID, "th.worker_id": f.WorkerID, "th.order_id": f.OrderID} {
		if id != 0 {
			q = q.Where(column+" = ?", id)
		}
	}
	switch f.Status {
	case "out":
		q = q.Where(takeHomeOpen)
	case "overdue":
		q = q.Where(takeHomeOpen+" AND th.due_on < ?", day)
	case "done":
		q = q.Where("NOT (" + takeHomeOpen + ")")
	}
	return q
}

// AllTakeHomes is every lot that f asks for, whatever its page, in the order they went out, with what came back.
func AllTakeHomes(ctx context.Context, db bun.IDB, f Filter, day Date) ([]TakeHome, error) {
	var list []TakeHome
	q := between(narrowTakeHomes(takeHomes(db, &list), f, day), "th.out_on", f.From, f.To)
	err := like(q, f.Query, "worker.code", "worker.name", `"order"."code"`, "operation.name").Order("th.out_on", "th.id").Scan(ctx)
	return list, wrap("list take-home work", err)
}

// TakeHomeByID returns one lot or a not-found error.
func TakeHomeByID(ctx context.Context, db bun.IDB, id int64) (*TakeHome, error) {
	th := new(TakeHome)
	err := takeHomes(db, th).Where("th.id = ?", id).Scan(ctx)
	return th, found(err, "There is no such take-home work.")
}

// TakenHome is what one worker has at home.
type TakenHome struct {
	WorkerID      int64
	Code, Name    string // of the worker
	Lots, Overdue int64
	Pieces        int64
}

// TakenHomeBy sums what is out by worker, who has overdue lots first, then by code; workshop 0 means all.
func TakenHomeBy(ctx context.Context, db bun.IDB, workshopID int64, day Date) ([]TakenHome, error) {
	var list []TakenHome
	lots := db.NewSelect().Model((*TakeHome)(nil)).Column("th.worker_id", "th.due_on").ColumnExpr("th.quantity - " + cameIn + " AS pieces").Where(takeHomeOpen)
	if workshopID != 0 {
		lots = lots.Where("th.workshop_id = ?", workshopID)
	}
	err := db.NewSelect().TableExpr("(?) AS lot", lots).Join("JOIN workers AS wk ON wk.id = lot.worker_id").
		ColumnExpr("lot.worker_id, wk.code, wk.name, COUNT(*) AS lots, CAST(SUM(lot.pieces) AS BIGINT) AS pieces").
		ColumnExpr("CAST(SUM(CASE WHEN lot.due_on < ? THEN 1 ELSE 0 END) AS BIGINT) AS overdue", day).
		GroupExpr("lot.worker_id, wk.code, wk.name").Order("wk.code").Scan(ctx, &list)
	slices.SortStableFunc(list, func(a, b TakenHome) int { return cmp.Compare(min(b.Overdue, 1), min(a.Overdue, 1)) })
	return list, wrap("sum take-home work", err)
}
