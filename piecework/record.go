package piecework

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// NewTally is a tally as it arrives: everything by code.
type NewTally struct {
	UID                               string
	Session, Worker, Order, Operation string
	Counts
	Weight     Weighing // zero unless the good pieces were counted on the scales
	Ticket     string
	RecordedAt Instant // 0: now
	Reverses   string  // uid of the tally this one strikes
	Reason     string
}

// TallyStatus is what became of one tally.
type TallyStatus string

const (
	Accepted  TallyStatus = "accepted"  // it is stored and will survive a power cut
	Duplicate TallyStatus = "duplicate" // the same uid with the same content was stored before
	Rejected  TallyStatus = "rejected"  // nothing was stored; the reason says why
)

// TallyResult answers one [NewTally].
type TallyResult struct {
	UID    string
	Status TallyStatus
	Reason *Message // set when rejected
}

// Actor is who records: a name for the books, and the only workshop she may record for (0: any).
type Actor struct {
	Name       string
	WorkshopID int64
}

// RecordTallies checks and stores tallies in the order given, in one transaction. A bad one never fails the others.
// Servers share commits through a [Recorder] instead of calling this for each request.
func RecordTallies(ctx context.Context, db bun.IDB, by Actor, items []NewTally) ([]TallyResult, error) {
	var results []TallyResult
	err := InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		var err error
		results, err = recordBatch(ctx, db, []request{{by: by, items: items}})
		return err
	})
	return results, err
}

// request is the tallies of one caller.
type request struct {
	by    Actor
	items []NewTally
}

// recordBatch stores the tallies of several callers and answers all of them in one row.
func recordBatch(ctx context.Context, db bun.Tx, requests []request) ([]TallyResult, error) {
	var items []NewTally
	for _, r := range requests {
		items = append(items, r.items...)
	}
	k, err := lookUp(ctx, db, items)
	if err != nil {
		return nil, err
	}
	results := make([]TallyResult, 0, len(items))
	for _, r := range requests {
		for i := range r.items {
			if err := k.storeOriginal(ctx, db, r.items[i].Reverses); err != nil {
				return nil, err
			}
			results = append(results, k.accept(r.by, &r.items[i]))
		}
	}
	return results, k.flush(ctx, db)
}

// flush writes what has been accepted so far.
func (k *known) flush(ctx context.Context, db bun.Tx) error {
	for _, id := range k.workshopIDs {
		if err := AppendTallies(ctx, db, id, k.accepted[id]); err != nil {
			return err
		}
		delete(k.accepted, id)
	}
	return nil
}

// storeOriginal makes sure that a tally accepted a moment ago in this batch has its row before it is reversed.
func (k *known) storeOriginal(ctx context.Context, db bun.Tx, uid string) error {
	t := k.tallies[uid]
	if t == nil || t.ID != 0 {
		return nil
	}
	if err := k.flush(ctx, db); err != nil {
		return err
	}
	return wrap("find original", db.NewSelect().Model(t).Column("id").Where("uid = ?", uid).Scan(ctx))
}

// known is everything the database knows about the codes of one batch, and what the batch itself has added so far.
type known struct {
	now         Instant
	sessions    map[string]*WorkSession
	workers     map[string]*Worker
	orders      map[string]*ProcessingOrder
	operations  map[operationKey]*Operation
	tallies     map[string]*Tally // by uid: those the batch names
	struck      map[string]bool   // uids that have been reversed
	tickets     map[ticketKey]string
	workshopIDs []int64
	accepted    map[int64][]*Tally
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
func lookUp(ctx context.Context, db bun.Tx, items []NewTally) (*known, error) {
	k := &known{now: Now(), accepted: map[int64][]*Tally{}, struck: map[string]bool{}, tickets: map[ticketKey]string{}}
	// What cannot be a code or a uid is not looked up: it is not there, and a database may refuse to hear of it.
	column := func(f func(*NewTally) string, check func(string) *Message) []string {
		var list []string
		for i := range items {
			if s := f(&items[i]); check(s) == nil {
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
	uids := append(column(func(t *NewTally) string { return t.UID }, CheckUID), column(func(t *NewTally) string { return t.Reverses }, CheckUID)...)
	if err = k.readTallies(ctx, db, uids); err != nil {
		return nil, err
	}
	return k, k.readTickets(ctx, db, column(func(t *NewTally) string { return t.Ticket }, CheckCode))
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

// accept decides about one tally and remembers it for those after it.
func (k *known) accept(by Actor, in *NewTally) TallyResult {
	if msg := CheckUID(in.UID); msg != nil {
		return TallyResult{in.UID, Rejected, msg}
	}
	t, msg := k.resolve(by, in)
	if before := k.tallies[in.UID]; before != nil {
		if msg == nil && before.sameContent(t, in.RecordedAt != 0) {
			return TallyResult{in.UID, Duplicate, nil}
		}
		return TallyResult{in.UID, Rejected, Msg("another tally with this uid and other content is already stored")}
	}
	if msg == nil {
		msg = k.refuse(t)
	}
	if msg != nil {
		return TallyResult{in.UID, Rejected, msg}
	}
	k.tallies[t.UID] = t
	if t.Codes.Reverses != "" {
		k.struck[t.Codes.Reverses] = true
		original := k.tallies[t.Codes.Reverses]
		delete(k.tickets, ticketKey{original.Ticket, original.OperationID})
	}
	if t.Ticket != "" && t.Codes.Reverses == "" {
		k.tickets[ticketKey{t.Ticket, t.OperationID}] = t.UID
	}
	k.accepted[t.WorkshopID] = append(k.accepted[t.WorkshopID], t)
	return TallyResult{in.UID, Accepted, nil}
}

// resolve turns codes into a tally, or says which one is wrong.
func (k *known) resolve(by Actor, in *NewTally) (*Tally, *Message) {
	session := k.sessions[in.Session]
	if session == nil || by.WorkshopID != 0 && session.WorkshopID != by.WorkshopID {
		return nil, Msg("there is no session %q", in.Session)
	}
	worker := k.workers[in.Worker]
	if worker == nil || worker.WorkshopID != session.WorkshopID {
		return nil, Msg("there is no worker %q in this workshop", in.Worker)
	}
	order := k.orders[in.Order]
	if order == nil || order.WorkshopID != session.WorkshopID {
		return nil, Msg("there is no order %q in this workshop", in.Order)
	}
	operation := k.operations[operationKey{order.ProductID, in.Operation}]
	if operation == nil {
		return nil, Msg("order %s has no operation %q", in.Order, in.Operation)
	}
	v := &Invalid{}
	CheckCounts(v, in.Counts)
	in.Weight.Check(v, in.Good)
	v.AddMsg("reason", CheckText(in.Reason, MaxNote))
	if in.Ticket != "" {
		v.AddMsg("ticket", CheckCode(in.Ticket))
	}
	if len(v.Fields) > 0 {
		return nil, Msg("%s: %s", v.Fields[0].Field, v.Fields[0].Message)
	}
	t := &Tally{UID: in.UID, WorkshopID: session.WorkshopID, SessionID: session.ID, WorkDate: session.WorkDate,
		WorkerID: worker.ID, OrderID: order.ID, OperationID: operation.ID, Counts: in.Counts, Weight: in.Weight, Ticket: in.Ticket, Reason: in.Reason,
		RecordedAt: in.RecordedAt, ReceivedAt: k.now, RecordedBy: by.Name, Session: session, Order: order,
		Codes: TallyCodes{in.Session, in.Worker, in.Order, in.Operation, in.Reverses}}
	if t.RecordedAt == 0 {
		t.RecordedAt = k.now
	}
	return t, nil
}

// refuse says why a well-formed tally may not be stored, or nil. A tally that was counted before its session or order
// closed is welcome however late it arrives.
func (k *known) refuse(t *Tally) *Message {
	if !t.Session.Open() && t.RecordedAt > t.Session.ClosedAt {
		return Msg("session %s is closed; reopen it, or count in another one", t.Session.Code)
	}
	if t.Codes.Reverses != "" {
		return k.refuseReversal(t)
	}
	if t.Order.Closed() && t.RecordedAt > t.Order.ClosedAt {
		return Msg("order %s is closed", t.Order.Code)
	}
	if uid, taken := k.tickets[ticketKey{t.Ticket, t.OperationID}]; taken && t.Ticket != "" {
		return Msg("ticket %s is already credited for this operation (tally %s)", t.Ticket, uid)
	}
	return nil
}

func (k *known) refuseReversal(t *Tally) *Message {
	original := k.tallies[t.Codes.Reverses]
	switch {
	case original == nil || original.WorkshopID != t.WorkshopID:
		return Msg("there is no tally %q to reverse", t.Codes.Reverses)
	case original.Codes.Reverses != "":
		return Msg("tally %q is itself a reversal; record a new tally instead", t.Codes.Reverses)
	case k.struck[t.Codes.Reverses]:
		return Msg("tally %q is already reversed", t.Codes.Reverses)
	case original.WorkerID != t.WorkerID || original.OrderID != t.OrderID || original.OperationID != t.OperationID || original.Counts != t.Counts:
		return Msg("a reversal must repeat the worker, order, operation and quantities of tally %q", t.Codes.Reverses)
	}
	t.ReversesID = original.ID
	return nil
}

// sameContent says whether a repeated tally means the same as the stored one. The moment counts only when it was given.
func (t *Tally) sameContent(u *Tally, withMoment bool) bool {
	return t.SessionID == u.SessionID && t.WorkerID == u.WorkerID && t.OrderID == u.OrderID && t.OperationID == u.OperationID &&
		t.Counts == u.Counts && t.Weight == u.Weight && t.Ticket == u.Ticket && t.Codes.Reverses == u.Codes.Reverses && t.Reason == u.Reason &&
		(!withMoment || t.RecordedAt == u.RecordedAt)
}
