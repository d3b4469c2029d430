package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// Bench is all that a device needs to go on counting for one workshop without a network.
type Bench struct {
	Workshop  *Workshop
	Session   *WorkSession           // to count in; nil when none is open
	Sessions  []WorkSession          // that are open, the latest first, and Session
	Crew      []Worker               // by code, then the latest teams
	Members   map[int64][]TeamMember // of the teams
	Codes     []IssuedCode           // of badges, replaced ones too, of Sessions and TakeHomes
	Today     []Earned               // good pieces on the day of Session
	Orders    []ProcessingOrder
	Progress  []OrderedProgress // of Orders
	Tickets   []BundleTicket    // of Orders that are in use, with their codes
	TakeHomes []TakeHome        // that are out, the first given out first
	Split     []BundleTicket    // of Orders that others have taken the place of, with their codes
	Credits   []Credit          // on Tickets, with ticket and operation only
}

// Earned is the good pieces of one worker, reversals taken off.
type Earned struct {
	WorkerID, Good int64
}

// OrderedProgress is [Progress] of one order among several.
type OrderedProgress struct {
	OrderID  int64
	Progress `bun:",extend"`
}

// openSessions and latestTeams bound how many a device is told about.
const (
	openSessions = 20
	latestTeams  = 50
)

// BenchOf reads the bench of a workshop. Session is the code of the session to count in; without one it is the latest that is open. The
// error is of the kind not-found when the workshop has no such session.
func BenchOf(ctx context.Context, db bun.IDB, workshopID int64, session string) (*Bench, error) {
	b := new(Bench)
	var err error
	if b.Workshop, err = WorkshopByID(ctx, db, workshopID); err != nil {
		return nil, err
	}
	if err = b.readSessions(ctx, db, session); err != nil {
		return nil, err
	}
	if err = b.readCrew(ctx, db); err != nil {
		return nil, err
	}
	if b.Orders, err = OpenOrders(ctx, db, workshopID); err != nil {
		return nil, err
	}
	if err = b.readUnits(ctx, db); err != nil {
		return nil, err
	}
	if err = b.readTotals(ctx, db); err != nil {
		return nil, err
	}
	if err = b.readTickets(ctx, db); err != nil {
		return nil, err
	}
	return b, b.readTakeHomes(ctx, db)
}

// readCrew reads who may hand in and what is scanned for them.
func (b *Bench) readCrew(ctx context.Context, db bun.IDB) error {
	var err error
	if b.Crew, err = Crew(ctx, db, b.Workshop.ID); err != nil {
		return err
	}
	var teams []Worker
	err = db.NewSelect().Model(&teams).Where("workshop_id = ? AND active AND team", b.Workshop.ID).Order("id DESC").Limit(latestTeams).Scan(ctx)
	if err != nil {
		return wrap("list teams", err)
	}
	ids := make([]int64, len(teams))
	for i := range teams {
		ids[i] = teams[i].ID
	}
	if b.Members, err = TeamMembers(ctx, db, ids...); err != nil {
		return err
	}
	b.Crew = append(b.Crew, teams...)
	sessions := []int64{0}
	for _, s := range b.Sessions {
		sessions = append(sessions, s.ID)
	}
	err = db.NewSelect().Model(&b.Codes).Where("workshop_id = ?", b.Workshop.ID).
		Where("kind IN (?) OR kind = ? AND target_id IN (?)", bun.List([]CodeKind{WorkerBadge, TeamBadge}), SessionCode, bun.List(sessions)).
		Order("kind", "serial").Scan(ctx)
	return wrap("list badges", err)
}

func (b *Bench) readSessions(ctx context.Context, db bun.IDB, code string) error {
	err := db.NewSelect().Model(&b.Sessions).Where("workshop_id = ? AND closed_at = 0", b.Workshop.ID).
		OrderExpr("work_date DESC, starts_at DESC, code DESC").Limit(openSessions).Scan(ctx)
	if err != nil {
		return wrap("list open sessions", err)
	}
	if code == "" {
		if len(b.Sessions) > 0 {
			b.Session = &b.Sessions[0]
		}
		return nil
	}
	for i := range b.Sessions {
		if b.Sessions[i].Code == code {
			b.Session = &b.Sessions[i]
			return nil
		}
	}
	b.Session = new(WorkSession)
	err = db.NewSelect().Model(b.Session).Where("workshop_id = ? AND code = ?", b.Workshop.ID, code).Scan(ctx)
	if err := found(err, "There is no session %q.", code); err != nil {
		return err
	}
	b.Sessions = append(b.Sessions, *b.Session)
	return nil
}

// readUnits fills in what one piece weighs where it is not set at the operation but was used before.
func (b *Bench) readUnits(ctx context.Context, db bun.IDB) error {
	var operations []Operation
	for i := range b.Orders {
		operations = append(operations, b.Orders[i].Product.Operations...)
	}
	units, err := UnitWeights(ctx, db, operations)
	for i := range b.Orders {
		for k := range b.Orders[i].Product.Operations {
			op := &b.Orders[i].Product.Operations[k]
			op.UnitUG = units[op.ID]
		}
	}
	return err
}

func (b *Bench) readTotals(ctx context.Context, db bun.IDB) error {
	if b.Session != nil {
		counts, err := CountsOfDay(ctx, db, b.Workshop.ID, b.Session.WorkDate)
		if err != nil {
			return err
		}
		for worker, c := range counts {
			b.Today = append(b.Today, Earned{worker, c.Good})
		}
	}
	ids := b.orderIDs()
	if len(ids) == 0 {
		return nil
	}
	err := db.NewSelect().Model((*orderSum)(nil)).Column("order_id", "operation_id", "good", "rework", "scrap_workmanship", "scrap_material").
		Where("order_id IN (?)", bun.List(ids)).Scan(ctx, &b.Progress)
	return wrap("sum orders", err)
}

// readTickets reads the tickets of the open orders and what is credited on them.
func (b *Bench) readTickets(ctx context.Context, db bun.IDB) error {
	ids := b.orderIDs()
	if len(ids) == 0 {
		return nil
	}
	var all []BundleTicket
	err := tickets(db, &all).Where("bt.order_id IN (?)", bun.List(ids)).Order("bt.order_id", "bt.number").Scan(ctx)
	for _, t := range all {
		if t.Voided() {
			b.Split = append(b.Split, t)
		} else {
			b.Tickets = append(b.Tickets, t)
		}
	}
	if err != nil || len(b.Tickets) == 0 {
		return wrap("list tickets", err)
	}
	err = db.NewSelect().TableExpr("tallies AS t").Column("t.ticket", "t.operation_id").
		Where("t.order_id IN (?) AND t.ticket <> '' AND t.reverses_id IS NULL", bun.List(ids)).
		Where("NOT EXISTS (SELECT 1 FROM tallies x WHERE x.reverses_id = t.id)").Order("t.id").Scan(ctx, &b.Credits)
	return wrap("list what is credited", err)
}

func (b *Bench) orderIDs() []int64 {
	ids := make([]int64, len(b.Orders))
	for i := range b.Orders {
		ids[i] = b.Orders[i].ID
	}
	return ids
}

// readTakeHomes reads what is at home with workers, and the codes on its slips.
func (b *Bench) readTakeHomes(ctx context.Context, db bun.IDB) error {
	var err error
	b.TakeHomes, err = AllTakeHomes(ctx, db, Filter{WorkshopID: b.Workshop.ID, Status: "out"}, b.Workshop.Today())
	if err != nil || len(b.TakeHomes) == 0 {
		return err
	}
	ids := make([]int64, len(b.TakeHomes))
	for i := range b.TakeHomes {
		ids[i] = b.TakeHomes[i].ID
	}
	var codes []IssuedCode
	err = db.NewSelect().Model(&codes).Where("kind = ? AND target_id IN (?)", TakeHomeCode, bun.List(ids)).Order("serial").Scan(ctx)
	b.Codes = append(b.Codes, codes...)
	return wrap("list codes of take-home work", err)
}
