package piecework

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// MaxPerHour is how many pieces an hour are believed where nobody has said what an operation allows.
const MaxPerHour = 3600

// atOnce is how long whoever hands in may have worked at least, in milliseconds: often everybody is checked in only when the first
// pieces are on the table.
const atOnce = Instant(15 * time.Minute / time.Millisecond)

// maxSkew is how far the clock of a device may be off before somebody should set it right.
const maxSkew = Instant(2 * time.Minute / time.Millisecond)

// guards is what the guards know: what was counted before, and what the batch under way has added. A guard never refuses; what it
// notices becomes a [Flag].
type guards struct {
	shops    map[int64]*Workshop  // with their settings, by id
	since    map[workerAt]Instant // when those whose work is known checked in; 0: they did not
	work     map[workAt]work
	stale    map[workAt]bool // the latest tally there was struck, so that another is the latest now
	orders   map[orderAt]orderSum
	summed   map[int64]bool         // orders whose sums are known
	routing  map[int64][]*Operation // by product, in sequence
	skewed   map[sender]bool        // whose clock was remarked upon in this batch
	teams    map[int64][]TeamMember // of those that have counted
	returned map[int64]returns      // by order
}

type (
	// workerAt is a worker in a session, workAt her work at one operation, orderAt an operation of an order.
	workerAt struct{ session, worker int64 }
	workAt   struct{ session, worker, operation int64 }
	orderAt  struct{ order, operation int64 }

	// sender is somebody who records in a session.
	sender struct {
		session int64
		by      string
	}

	// work is what a worker has done at one operation in a session, whatever the order.
	work struct {
		pieces int64
		last   Instant
	}
)

func (a workerAt) compare(b workerAt) int {
	return cmp.Or(cmp.Compare(a.session, b.session), cmp.Compare(a.worker, b.worker))
}

func workOf(t *Tally) workAt { return workAt{t.SessionID, t.WorkerID, t.OperationID} }

func newGuards() *guards {
	return &guards{shops: map[int64]*Workshop{}, since: map[workerAt]Instant{}, work: map[workAt]work{}, stale: map[workAt]bool{},
		orders: map[orderAt]orderSum{}, summed: map[int64]bool{}, routing: map[int64][]*Operation{}, teams: map[int64][]TeamMember{}, returned: map[int64]returns{}}
}

// route puts an operation into the routing of its product.
func (g *guards) route(op *Operation) {
	routing := append(g.routing[op.ProductID], op)
	slices.SortFunc(routing, func(a, b *Operation) int { return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Code, b.Code)) })
	g.routing[op.ProductID] = routing
}

// prepareGuards reads what the guards need for items and do not know yet, with one query a table.
func (k *known) prepareGuards(ctx context.Context, db tx, items []*NewTally, codes []string) error {
	g := k.guards
	g.skewed = map[sender]bool{}
	var pairs []workerAt
	var teams []int64
	for _, t := range items {
		if s, w := k.sessions[t.Session], k.workers[t.Worker]; s != nil && w != nil {
			at := workerAt{s.ID, w.ID}
			if _, there := g.since[at]; !there {
				pairs = append(pairs, at)
			}
			if _, there := g.teams[w.ID]; w.Team && !there {
				teams = append(teams, w.ID)
			}
		}
	}
	if len(teams) > 0 {
		members, err := TeamMembers(ctx, db, teams...)
		if err != nil {
			return err
		}
		maps.Copy(g.teams, members)
	}
	if err := g.readShops(ctx, db, k.workshopIDs); err != nil {
		return err
	}
	if len(pairs) > 0 {
		slices.SortFunc(pairs, workerAt.compare)
		pairs = slices.Compact(pairs)
		if err := g.readPresence(ctx, db, pairs); err != nil {
			return err
		}
		if err := g.readWork(ctx, db, pairs); err != nil {
			return err
		}
	}
	var orders []int64
	for _, code := range codes {
		if o := k.orders[code]; o != nil && !g.summed[o.ID] {
			orders = append(orders, o.ID)
		}
	}
	return g.readOrders(ctx, db, orders)
}

func (g *guards) readShops(ctx context.Context, db tx, ids []int64) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return g.shops[id] != nil })
	if len(ids) == 0 {
		return nil
	}
	var list []Workshop
	err := db.NewSelect().Model(&list).Column("id", "timezone", "repeat_minutes").Where("id IN (?)", bun.List(ids)).Scan(ctx)
	for i := range list {
		g.shops[list[i].ID] = &list[i]
	}
	return wrap("look up workshops", err)
}

// in makes a condition that finds the rows of these workers in these sessions by their key.
func in(pairs []workerAt) bun.Safe {
	var b strings.Builder
	b.WriteString("(session_id, worker_id) IN (VALUES ")
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("(" + strconv.FormatInt(p.session, 10) + "," + strconv.FormatInt(p.worker, 10) + ")")
	}
	b.WriteByte(')')
	return bun.Safe(b.String())
}

func (g *guards) readPresence(ctx context.Context, db tx, pairs []workerAt) error {
	var list []Attendance
	err := db.NewSelect().Model(&list).Column("session_id", "worker_id", "check_in").Where("?", in(pairs)).Scan(ctx)
	for _, at := range pairs {
		g.since[at] = 0
	}
	for _, a := range list {
		g.since[workerAt{a.SessionID, a.WorkerID}] = a.CheckIn
	}
	return wrap("look up presence", err)
}

// readWork reads what these workers have done, in place of what was known about them.
func (g *guards) readWork(ctx context.Context, db tx, pairs []workerAt) error {
	var list []SessionProgress
	err := db.NewSelect().Model(&list).Where("?", in(pairs)).Scan(ctx)
	fresh := map[workAt]work{}
	for _, p := range list {
		at := workAt{p.SessionID, p.WorkerID, p.OperationID}
		w := fresh[at]
		fresh[at] = work{w.pieces + p.Total(), max(w.last, p.LastAt)}
	}
	for at, w := range fresh {
		g.work[at] = w
		delete(g.stale, at)
	}
	return wrap("look up progress", err)
}

func (g *guards) readOrders(ctx context.Context, db tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	var list []orderSum
	err := db.NewSelect().Model(&list).Where("order_id IN (?)", bun.List(ids)).Scan(ctx)
	for _, id := range ids {
		g.summed[id] = true
	}
	for _, s := range list {
		g.orders[orderAt{s.OrderID, s.OperationID}] = s
	}
	if err != nil {
		return wrap("look up orders' progress", err)
	}
	var back []BundleTicket
	err = db.NewSelect().Model(&back).Column("id", "order_id", "quantity").Where("order_id IN (?) AND rework_of IS NOT NULL AND split_from IS NULL", bun.List(ids)).Scan(ctx)
	for i := range back {
		g.returned[back[i].OrderID] = g.returned[back[i].OrderID].with(&back[i])
	}
	return wrap("look up returned pieces", err)
}

// add counts a tally for those after it.
func (g *guards) add(t *Tally, counts Counts, n int64) {
	at, of := workOf(t), orderAt{t.OrderID, t.OperationID}
	w, sum := g.work[at], g.orders[of]
	w.pieces += counts.Total()
	sum.Counts, sum.Tallies = sum.Plus(counts), sum.Tallies+n
	g.work[at], g.orders[of] = w, sum
}

// strike takes off what a reversal strikes.
func (g *guards) strike(t, original *Tally) {
	g.add(t, t.Counts.Negated(), -1)
	if at := workOf(original); original.RecordedAt >= g.work[at].last {
		g.stale[at] = true
	}
}

// look notices what is odd about a tally that is about to be stored, and counts it.
func (g *guards) look(t *Tally) []*Flag {
	var flags []*Flag
	raise := func(kind FlagKind, found, allowed int64, detail string) {
		flags = append(flags, &Flag{Kind: kind, Found: found, Allowed: allowed, Detail: detail, WorkshopID: t.WorkshopID, RaisedAt: t.ReceivedAt, Tally: t})
	}
	at := workOf(t)
	shop, last := g.shops[t.WorkshopID], g.work[at].last
	g.add(t, t.Counts, 1)
	w := g.work[at]
	w.last = max(last, t.RecordedAt)
	g.work[at] = w

	const minute = Instant(time.Minute / time.Millisecond)
	if apart := max(t.RecordedAt-last, last-t.RecordedAt); last != 0 && apart < Instant(shop.RepeatMinutes)*minute {
		raise(FlagRepeat, int64(apart/minute), int64(shop.RepeatMinutes), "")
	}
	done := g.orders[orderAt{t.OrderID, t.OperationID}]
	again := g.comeBack(t)
	if allowed := t.Order.Quantity + again; t.Good > 0 && done.Good > allowed {
		if allowed += g.spoiltLater(t); done.Good > allowed {
			raise(FlagOverOrdered, done.Good, allowed, "")
		}
	}
	// A piece handed back for rework is counted again when it is done.
	if before, passed := g.previous(t); before != nil && t.Total() > t.Rework && done.Total()-done.Rework > passed+again {
		raise(FlagOverPrevious, done.Total()-done.Rework, passed+again, before.Name)
	}
	if t.bundle != nil && t.Total() > t.bundle.Quantity {
		raise(FlagOverTicket, t.Total(), t.bundle.Quantity, "")
	}
	if since := g.began(t, shop); since != 0 {
		limit, worked := cmp.Or(t.Operation.MaxPerHour, MaxPerHour), int64(max(t.RecordedAt-since, atOnce))
		limit *= int64(max(1, len(g.teams[t.WorkerID])))
		if speed := (w.pieces*60*int64(minute) + worked - 1) / worked; speed > limit { // rounded up
			raise(FlagTooFast, speed, limit, "")
		}
	}
	return flags
}

// comeBack is how many pieces of the order of a tally the contractor sent back that go through operations again.
func (g *guards) comeBack(t *Tally) (pieces int64) {
	if b := t.bundle; b != nil && b.ReworkOf != 0 { // its ticket may be younger than what is known
		g.returned[t.OrderID] = g.returned[t.OrderID].with(b)
	}
	for _, n := range g.returned[t.OrderID] {
		pieces += n
	}
	return pieces
}

// returns are the pieces on tickets of returned pieces, by ticket.
type returns map[int64]int64

func (r returns) with(b *BundleTicket) returns {
	if r == nil {
		r = returns{}
	}
	if b.SplitFrom == 0 {
		r[b.ID] = b.Quantity
	}
	return r
}

// spoiltLater is how many pieces were spoilt after the operation of a tally: as many may be made besides.
func (g *guards) spoiltLater(t *Tally) (pieces int64) {
	for _, op := range g.routing[t.Operation.ProductID] {
		if op.Seq > t.Operation.Seq {
			sum := g.orders[orderAt{t.OrderID, op.ID}]
			pieces += sum.ScrapWorkmanship + sum.ScrapMaterial
		}
	}
	return pieces
}

// previous is the nearest operation before that of a tally at which anything was counted, and how many good pieces it has passed
// on; of several side by side, the one that passed on most. It is nil when there is none.
func (g *guards) previous(t *Tally) (before *Operation, passed int64) {
	for _, op := range g.routing[t.Operation.ProductID] {
		if op.Seq >= t.Operation.Seq {
			break
		}
		sum := g.orders[orderAt{t.OrderID, op.ID}]
		if sum.Tallies <= 0 || before != nil && before.Seq == op.Seq && sum.Good <= passed {
			continue
		}
		before, passed = op, sum.Good
	}
	return before, passed
}

// began is when a worker began to work in the session of a tally: when she checked in, else when the session should have begun;
// 0 when neither is known.
func (g *guards) began(t *Tally, shop *Workshop) Instant {
	if at := g.since[workerAt{t.SessionID, t.WorkerID}]; at != 0 {
		return at
	}
	return t.Session.planned(t.Session.StartsAt, shop)
}

// lookAtClock notices a device whose clock is off: by the device it was clock when it sent what came at now. One flag for a device
// and session is enough, so the flag is nil but for the first tally.
func (g *guards) lookAtClock(t *Tally, clock, now Instant) (warning *Message, flag *Flag) {
	if clock == 0 || max(clock-now, now-clock) <= maxSkew {
		return nil, nil
	}
	flag = &Flag{Kind: FlagClock, Found: int64((clock - now) / 1000), Allowed: int64(maxSkew / 1000), WorkshopID: t.WorkshopID, RaisedAt: t.ReceivedAt, Tally: t}
	from := sender{t.SessionID, t.RecordedBy}
	if g.skewed[from] {
		return flag.Message(), nil
	}
	g.skewed[from] = true
	return flag.Message(), flag
}
