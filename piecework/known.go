package piecework

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// memory is what was read for one batch and holds for the next as well, as long as nobody else writes: a [Recorder] keeps it from
// commit to commit. What is not there is never remembered.
type memory struct {
	sessions   map[string]*WorkSession
	workers    map[string]*Worker // by code, and by badge as it was sent
	orders     map[string]*ProcessingOrder
	products   map[int64]bool // whose operations are known
	operations map[operationKey]*Operation
	guards     *guards
	heads      map[int64]*Workshop // of chains, by workshop
}

func newMemory() *memory {
	return &memory{sessions: map[string]*WorkSession{}, workers: map[string]*Worker{}, orders: map[string]*ProcessingOrder{},
		products: map[int64]bool{}, operations: map[operationKey]*Operation{}, guards: newGuards(), heads: map[int64]*Workshop{}}
}

// maxRemembered bounds what is kept in memory: workers, and their work at an operation in a session.
const maxRemembered = 20_000

// full says whether it is time to forget.
func (m *memory) full() bool { return len(m.workers)+len(m.guards.work) > maxRemembered }

// known is everything the database knows about the codes of one batch, and what the batch itself has added so far.
type known struct {
	*memory
	now         Instant
	tallies     map[string]*Tally        // by uid: those the batch names
	struck      map[string]bool          // uids that have been reversed
	badges      map[string]*Message      // badges that may not be used, by what was sent, and why
	bundles     map[string]*BundleTicket // by what was sent
	tickets     map[ticketKey]string
	claimed     map[int64]bool // ids of tallies that a pay run has claimed, where somebody wants to undo
	workshopIDs []int64

	accepted map[int64][]*Tally // by workshop, not yet written
	flags    []*Flag
	held     []*Held
}

type operationKey struct {
	product int64
	code    string
}

type ticketKey struct {
	ticket    string
	operation int64
}

// lookUp reads what the batch refers to and the memory does not hold, with one query a table, and locks the workshops concerned
// before it reads what other writers could still change.
func lookUp(ctx context.Context, db tx, m *memory, batches []*Batch) (*known, error) {
	k := &known{memory: m, now: Now(), accepted: map[int64][]*Tally{}, struck: map[string]bool{}, tickets: map[ticketKey]string{}}
	var items []*NewTally
	for _, b := range batches {
		for i := range b.Items {
			items = append(items, &b.Items[i])
		}
	}
	// What cannot be a code or a uid is not looked up: it is not there, and a database may refuse to hear of it.
	column := func(f func(*NewTally) string, check func(string) *Message) []string {
		var list []string
		for i, t := range items {
			if s := f(t); s != "" && (i == 0 || s != f(items[i-1])) && check(s) == nil {
				list = append(list, s)
			}
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	sessions := column(func(t *NewTally) string { return t.Session }, CheckCode)
	if err := byCode(ctx, db, k.sessions, sessions, func(s *WorkSession) string { return s.Code }); err != nil {
		return nil, err
	}
	for _, code := range sessions {
		if s := k.sessions[code]; s != nil {
			k.workshopIDs = append(k.workshopIDs, s.WorkshopID)
		}
	}
	slices.Sort(k.workshopIDs)
	k.workshopIDs = slices.Compact(k.workshopIDs)
	if !IsSQLite(db) { // there, the transaction itself is the lock
		for _, id := range k.workshopIDs {
			if err := LockWorkshop(ctx, db, id); err != nil {
				return nil, err
			}
		}
	}
	if err := byCode(ctx, db, k.workers, column(func(t *NewTally) string { return t.Worker }, CheckCode), func(w *Worker) string { return w.Code }); err != nil {
		return nil, err
	}
	orders := column(func(t *NewTally) string { return t.Order }, CheckCode)
	if err := byCode(ctx, db, k.orders, orders, func(o *ProcessingOrder) string { return o.Code }); err != nil {
		return nil, err
	}
	if err := k.readOperations(ctx, db, orders); err != nil {
		return nil, err
	}
	if err := k.readBadges(ctx, db, items); err != nil {
		return nil, err
	}
	uids := append(column(func(t *NewTally) string { return t.UID }, CheckUID), column(func(t *NewTally) string { return t.Reverses }, CheckUID)...)
	if err := k.readTallies(ctx, db, uids); err != nil {
		return nil, err
	}
	if err := k.readBundles(ctx, db, items); err != nil {
		return nil, err
	}
	if err := k.readTickets(ctx, db, column(k.ticketOf, CheckCode)); err != nil {
		return nil, err
	}
	if err := k.readClaims(ctx, db, batches); err != nil {
		return nil, err
	}
	return k, k.prepareGuards(ctx, db, items, orders)
}

// byCode adds what codes name and is not among the found.
func byCode[T any](ctx context.Context, db tx, found map[string]*T, codes []string, code func(*T) string) error {
	missing := slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return found[c] != nil })
	if len(missing) == 0 {
		return nil
	}
	var list []T
	if err := db.NewSelect().Model(&list).Where("code IN (?)", bun.List(missing)).Scan(ctx); err != nil {
		return wrap("look up codes", err)
	}
	for i := range list {
		found[code(&list[i])] = &list[i]
	}
	return nil
}

func (k *known) readOperations(ctx context.Context, db tx, orders []string) error {
	var products []int64
	for _, code := range orders {
		if o := k.orders[code]; o != nil && !k.products[o.ProductID] {
			products = append(products, o.ProductID)
		}
	}
	if len(products) == 0 {
		return nil
	}
	var list []Operation
	if err := db.NewSelect().Model(&list).Where("product_id IN (?)", bun.List(products)).Scan(ctx); err != nil {
		return wrap("look up operations", err)
	}
	for i := range list {
		op := &list[i]
		k.operations[operationKey{op.ProductID, op.Code}] = op
		k.guards.route(op)
	}
	for _, id := range products {
		k.products[id] = true
	}
	return nil
}

var findUIDs = &rowQuery{"SELECT uid FROM tallies WHERE uid IN (VALUES ", "(?)", ")"}

// readTallies reads the tallies with these uids. Nearly always there is none.
func (k *known) readTallies(ctx context.Context, db tx, uids []string) error {
	k.tallies = make(map[string]*Tally, len(uids))
	values := make([]any, len(uids))
	for i, uid := range uids {
		values[i] = uid
	}
	var there []string
	err := db.query(ctx, findUIDs, values, func(rows *sql.Rows) error {
		var uid string
		err := rows.Scan(&uid)
		there = append(there, uid)
		return err
	})
	if err != nil || len(there) == 0 {
		return wrap("look for uids", err)
	}
	var list []struct {
		Tally      `bun:",extend"`
		ReversedID int64  `bun:",nullzero"`
		RUID       string `bun:"r_uid,nullzero"`
	}
	err = db.NewSelect().Model(&list).ModelTableExpr("tallies AS t").Column("t.*").
		ColumnExpr("x.id AS reversed_id, r.uid AS r_uid").
		Join("LEFT JOIN tallies x ON x.reverses_id = t.id").Join("LEFT JOIN tallies r ON r.id = t.reverses_id").
		Where("t.uid IN (?)", bun.List(there)).Scan(ctx)
	if err != nil {
		return wrap("look up uids", err)
	}
	for i := range list {
		t := &list[i].Tally
		t.Codes.Reverses = list[i].RUID
		k.tallies[t.UID] = t
		if list[i].ReversedID != 0 {
			k.struck[t.UID] = true
		}
	}
	return nil
}

func (k *known) readTickets(ctx context.Context, db tx, tickets []string) error {
	if len(tickets) == 0 {
		return nil
	}
	var list []Tally
	err := db.NewSelect().Model(&list).Column("uid", "ticket", "operation_id").Where("ticket IN (?) AND reverses_id IS NULL", bun.List(tickets)).
		Where("NOT EXISTS (SELECT 1 FROM tallies x WHERE x.reverses_id = t.id)").Scan(ctx)
	for _, t := range list {
		k.tickets[ticketKey{t.Ticket, t.OperationID}] = t.UID
	}
	return wrap("look up tickets", err)
}

// readBadges finds the workers whose badge was sent in place of a code, and the badges that may no longer be used.
func (k *known) readBadges(ctx context.Context, db tx, items []*NewTally) error {
	sent := map[string]Code{}
	var codes []Code
	for _, t := range items {
		if _, done := sent[t.Worker]; done || k.workers[t.Worker] != nil {
			continue
		}
		if c, msg := ParseCode(t.Worker); msg == nil && (c.Kind == WorkerBadge || c.Kind == TeamBadge) {
			sent[t.Worker] = c
			codes = append(codes, c)
		}
	}
	if len(codes) == 0 {
		return nil
	}
	issued, err := IssuedCodes(ctx, db, codes...)
	if err != nil {
		return err
	}
	k.badges = map[string]*Message{}
	var ids []int64
	for _, c := range issued {
		ids = append(ids, c.TargetID)
	}
	var workers []Worker
	if len(ids) > 0 {
		if err := db.NewSelect().Model(&workers).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
			return wrap("look up badges", err)
		}
	}
	byID := make(map[int64]*Worker, len(workers))
	for i := range workers {
		byID[workers[i].ID] = &workers[i]
	}
	for text, c := range sent {
		badge, ok := issued[c]
		if !ok {
			continue
		}
		if msg := badge.Refusal(); msg != nil {
			k.badges[text] = msg
			continue
		}
		k.workers[strings.Clone(text)] = byID[badge.TargetID] // not a piece of the request that it came in
	}
	return nil
}

// readBundles finds the tickets of ours among those that were sent, in whichever form. Other programs may have tickets of their own.
func (k *known) readBundles(ctx context.Context, db tx, items []*NewTally) error {
	sent := map[string]string{}
	var codes []string
	for _, t := range items {
		if t.Ticket == "" || sent[t.Ticket] != "" {
			continue
		}
		if c, msg := ParseCode(t.Ticket); msg == nil && c.Kind == TicketCode {
			sent[t.Ticket] = c.String()
			codes = append(codes, c.String())
		}
	}
	if len(codes) == 0 {
		return nil
	}
	found, err := TicketsByCode(ctx, db, codes...)
	k.bundles = make(map[string]*BundleTicket, len(found))
	for text, code := range sent {
		b := found[code]
		// A number alone may be a ticket of another program; it is ours where it fits.
		if b != nil && (!isDigits(text) || slices.ContainsFunc(items, func(t *NewTally) bool {
			o := k.orders[t.Order]
			return t.Ticket == text && o != nil && o.ID == b.OrderID
		})) {
			k.bundles[text] = b
		}
	}
	return err
}

// ticketOf is the ticket of a tally as the books have it.
func (k *known) ticketOf(t *NewTally) string {
	if b := k.bundles[t.Ticket]; b != nil {
		return b.Code().String()
	}
	return t.Ticket
}
