package piecework

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// known is everything the database knows about the codes of one batch, and what the batch itself has added so far.
type known struct {
	now         Instant
	sessions    map[string]*WorkSession
	workers     map[string]*Worker
	orders      map[string]*ProcessingOrder
	operations  map[operationKey]*Operation
	tallies     map[string]*Tally        // by uid: those the batch names
	struck      map[string]bool          // uids that have been reversed
	badges      map[string]*Message      // badges that may not be used, by what was sent, and why
	bundles     map[string]*BundleTicket // by what was sent
	tickets     map[ticketKey]string
	claimed     map[int64]bool // ids of tallies that a pay run has claimed, where somebody wants to undo
	workshopIDs []int64
	guards      *guards

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

// lookUp reads what the batch refers to, with one query a table, and locks the workshops concerned before it reads what
// other writers could still change.
func lookUp(ctx context.Context, db bun.Tx, batches []*Batch) (*known, error) {
	k := &known{now: Now(), accepted: map[int64][]*Tally{}, struck: map[string]bool{}, tickets: map[ticketKey]string{}}
	var items []*NewTally
	for _, b := range batches {
		for i := range b.Items {
			items = append(items, &b.Items[i])
		}
	}
	// What cannot be a code or a uid is not looked up: it is not there, and a database may refuse to hear of it.
	column := func(f func(*NewTally) string, check func(string) *Message) []string {
		var list []string
		for _, t := range items {
			if s := f(t); check(s) == nil {
				list = append(list, s)
			}
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	var err error
	if k.sessions, err = byCode[WorkSession](ctx, db, column(func(t *NewTally) string { return t.Session }, CheckCode), func(s *WorkSession) string { return s.Code }); err != nil {
		return nil, err
	}
	for _, s := range k.sessions {
		k.workshopIDs = append(k.workshopIDs, s.WorkshopID)
	}
	slices.Sort(k.workshopIDs)
	k.workshopIDs = slices.Compact(k.workshopIDs)
	for _, id := range k.workshopIDs {
		if err := LockWorkshop(ctx, db, id); err != nil {
			return nil, err
		}
	}
	if k.workers, err = byCode[Worker](ctx, db, column(func(t *NewTally) string { return t.Worker }, CheckCode), func(w *Worker) string { return w.Code }); err != nil {
		return nil, err
	}
	if k.orders, err = byCode[ProcessingOrder](ctx, db, column(func(t *NewTally) string { return t.Order }, CheckCode), func(o *ProcessingOrder) string { return o.Code }); err != nil {
		return nil, err
	}
	if err = k.readOperations(ctx, db); err != nil {
		return nil, err
	}
	if err = k.readBadges(ctx, db, items); err != nil {
		return nil, err
	}
	uids := append(column(func(t *NewTally) string { return t.UID }, CheckUID), column(func(t *NewTally) string { return t.Reverses }, CheckUID)...)
	if err = k.readTallies(ctx, db, uids); err != nil {
		return nil, err
	}
	if err = k.readBundles(ctx, db, items); err != nil {
		return nil, err
	}
	if err = k.readTickets(ctx, db, column(k.ticketOf, CheckCode)); err != nil {
		return nil, err
	}
	if err = k.readClaims(ctx, db, batches); err != nil {
		return nil, err
	}
	k.guards, err = k.newGuards(ctx, db, items)
	return k, err
}

func byCode[T any](ctx context.Context, db bun.Tx, codes []string, code func(*T) string) (map[string]*T, error) {
	found := make(map[string]*T, len(codes))
	if len(codes) == 0 {
		return found, nil
	}
	var list []T
	if err := db.NewSelect().Model(&list).Where("code IN (?)", bun.List(codes)).Scan(ctx); err != nil {
		return nil, wrap("look up codes", err)
	}
	for i := range list {
		found[code(&list[i])] = &list[i]
	}
	return found, nil
}

func (k *known) readOperations(ctx context.Context, db bun.Tx) error {
	k.operations = map[operationKey]*Operation{}
	var products []int64
	for _, o := range k.orders {
		products = append(products, o.ProductID)
	}
	if len(products) == 0 {
		return nil
	}
	var list []Operation
	if err := db.NewSelect().Model(&list).Where("product_id IN (?)", bun.List(products)).Scan(ctx); err != nil {
		return wrap("look up operations", err)
	}
	for i := range list {
		k.operations[operationKey{list[i].ProductID, list[i].Code}] = &list[i]
	}
	return nil
}

func (k *known) readTallies(ctx context.Context, db bun.Tx, uids []string) error {
	k.tallies = make(map[string]*Tally, len(uids))
	if len(uids) == 0 {
		return nil
	}
	var list []struct {
		Tally      `bun:",extend"`
		ReversedID int64  `bun:",nullzero"`
		RUID       string `bun:"r_uid,nullzero"`
	}
	err := db.NewSelect().Model(&list).ModelTableExpr("tallies AS t").Column("t.*").
		ColumnExpr("x.id AS reversed_id, r.uid AS r_uid").
		Join("LEFT JOIN tallies x ON x.reverses_id = t.id").Join("LEFT JOIN tallies r ON r.id = t.reverses_id").
		Where("t.uid IN (?)", bun.List(uids)).Scan(ctx)
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

func (k *known) readTickets(ctx context.Context, db bun.Tx, tickets []string) error {
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
func (k *known) readBadges(ctx context.Context, db bun.Tx, items []*NewTally) error {
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
		k.workers[text] = byID[badge.TargetID]
	}
	return nil
}

// readBundles finds the tickets of ours among those that were sent, in whichever form. Other programs may have tickets of their own.
func (k *known) readBundles(ctx context.Context, db bun.Tx, items []*NewTally) error {
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
