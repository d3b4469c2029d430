package piecework

import (
	"context"

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

	Sent  string   // what was sent, word for word, to keep it when it is refused; "" when nobody sent anything
	Wrong *Message // why what was sent could not be read; such a tally is refused
}

// TallyStatus is what became of one tally.
type TallyStatus string

const (
	Accepted  TallyStatus = "accepted"  // it is stored and will survive a power cut
	Duplicate TallyStatus = "duplicate" // the same uid with the same content was stored before
	Rejected  TallyStatus = "rejected"  // it does not count; the reason says why
)

// TallyResult answers one [NewTally].
type TallyResult struct {
	UID      string
	Status   TallyStatus
	Reason   *Message   // set when rejected
	Warnings []*Message // what guards noticed about a tally that was accepted all the same
	Held     bool       // it was rejected and waits in the review queue
}

// Actor is who records: a name for the books, and the only workshop she may record for (0: any).
type Actor struct {
	Name       string
	WorkshopID int64
	Admin      bool // may undo what others recorded
}

// Batch is tallies that somebody hands over at once.
type Batch struct {
	By    Actor
	Items []NewTally
	// Hold keeps what is refused, as it was sent, for a person to look at.
	Hold bool
	// Undo holds reversals to the rules of [UndoTally].
	Undo bool
	// Clock is what the clock of the device showed when it sent the batch; 0 when it did not say.
	Clock Instant
	// AtHome says that the work was not done in the session, so that how soon and how fast it is counted says nothing about it.
	AtHome bool
}

// RecordTallies checks and stores tallies in the order given, in one transaction. A bad one never fails the others.
// Servers share commits through a [Recorder] instead of calling this for each request.
func RecordTallies(ctx context.Context, db bun.IDB, by Actor, items []NewTally) ([]TallyResult, error) {
	return RecordBatch(ctx, db, Batch{By: by, Items: items})
}

// RecordBatch is RecordTallies for a batch that says more about itself.
func RecordBatch(ctx context.Context, db bun.IDB, b Batch) ([]TallyResult, error) {
	var results []TallyResult
	err := InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		var err error
		results, err = recordBatches(ctx, db, []*Batch{&b})
		return err
	})
	return results, err
}

// recordBatches stores the tallies of several callers and answers all of them in one row.
func recordBatches(ctx context.Context, db bun.Tx, batches []*Batch) ([]TallyResult, error) {
	return recordKnowing(ctx, inTx(db), newMemory(), batches)
}

// recordKnowing is recordBatches with what was read before. After an error the memory is of no use.
func recordKnowing(ctx context.Context, db tx, m *memory, batches []*Batch) ([]TallyResult, error) {
	k, err := lookUp(ctx, db, m, batches)
	if err != nil {
		return nil, err
	}
	var results []TallyResult
	for _, b := range batches {
		for i := range b.Items {
			if err := k.storeOriginal(ctx, db, b.Items[i].Reverses); err != nil {
				return nil, err
			}
			result, err := k.accept(ctx, db, b, &b.Items[i])
			if err != nil {
				return nil, err
			}
			results = append(results, result)
		}
	}
	if err := k.flush(ctx, db); err != nil {
		return nil, err
	}
	if err := storeFlags(ctx, db, k.flags); err != nil {
		return nil, err
	}
	return results, hold(ctx, db, k.held)
}

// flush writes what has been accepted so far.
func (k *known) flush(ctx context.Context, db tx) error {
	for _, id := range k.workshopIDs {
		if len(k.accepted[id]) == 0 {
			continue
		}
		head := k.heads[id]
		if head == nil {
			var err error
			if head, err = chainHead(ctx, db, id); err != nil {
				return err
			}
			k.heads[id] = head
		}
		if err := appendTallies(ctx, db, head, k.accepted[id]); err != nil {
			return err
		}
		delete(k.accepted, id)
	}
	return nil
}

// storeOriginal makes sure that a tally accepted a moment ago in this batch has its row before it is reversed.
func (k *known) storeOriginal(ctx context.Context, db tx, uid string) error {
	t := k.tallies[uid]
	if t == nil || t.ID != 0 {
		return nil
	}
	if err := k.flush(ctx, db); err != nil {
		return err
	}
	return wrap("find original", db.NewSelect().Model(t).Column("id").Where("uid = ?", uid).Scan(ctx))
}

// accept decides about one tally and remembers it for those after it.
func (k *known) accept(ctx context.Context, db tx, b *Batch, in *NewTally) (TallyResult, error) {
	t, status, msg := k.judge(b, in)
	result := TallyResult{UID: in.UID, Status: status, Reason: msg}
	switch {
	case status == Rejected && b.Hold && in.Sent != "" && len(in.Sent) <= maxHeld:
		result.Held = true
		k.held = append(k.held, k.heldTally(b.By, in, msg))
		return result, nil
	case status != Accepted:
		return result, nil
	}
	if k.guards.stale[workOf(t)] && t.ReversesID == 0 {
		if err := k.flush(ctx, db); err != nil {
			return result, err
		}
		if err := k.guards.readWork(ctx, db, []workerAt{{t.SessionID, t.WorkerID}}); err != nil {
			return result, err
		}
	}
	k.tallies[t.UID] = t
	if t.ReversesID != 0 {
		k.struck[t.Codes.Reverses] = true
		original := k.tallies[t.Codes.Reverses]
		delete(k.tickets, ticketKey{original.Ticket, original.OperationID})
		k.guards.strike(t, original)
	} else {
		if t.Ticket != "" {
			k.tickets[ticketKey{t.Ticket, t.OperationID}] = t.UID
		}
		result.Warnings = k.warn(t, b)
	}
	k.accepted[t.WorkshopID] = append(k.accepted[t.WorkshopID], t)
	return result, nil
}

// warn asks the guards about a tally that is accepted, and keeps what they notice for the review queue.
func (k *known) warn(t *Tally, b *Batch) (warnings []*Message) {
	for _, f := range k.guards.look(t) {
		// Another ticket is other work, and one ticket is never credited twice; what comes back from home was made over days.
		if f.Kind == FlagRepeat && (t.Ticket != "" || b.AtHome) || f.Kind == FlagTooFast && b.AtHome {
			continue
		}
		warnings, k.flags = append(warnings, f.Message()), append(k.flags, f)
	}
	warning, flag := k.guards.lookAtClock(t, b.Clock, k.now)
	if warning != nil {
		warnings = append(warnings, warning)
	}
	if flag != nil {
		k.flags = append(k.flags, flag)
	}
	return warnings
}

// judge says what is to become of one tally, and why it is refused.
func (k *known) judge(b *Batch, in *NewTally) (*Tally, TallyStatus, *Message) {
	if in.Wrong != nil {
		return nil, Rejected, in.Wrong
	}
	if msg := CheckUID(in.UID); msg != nil {
		return nil, Rejected, msg
	}
	t, msg := k.resolve(b.By, in)
	if before := k.tallies[in.UID]; before != nil {
		if msg == nil && before.sameContent(t, in.RecordedAt != 0) {
			return t, Duplicate, nil
		}
		return nil, Rejected, Msg("another tally with this uid and other content is already stored")
	}
	if msg == nil {
		msg = k.refuse(t)
	}
	if msg == nil && b.Undo && t.ReversesID != 0 {
		msg = k.refuseUndo(b.By, t)
	}
	if msg != nil {
		return nil, Rejected, msg
	}
	return t, Accepted, nil
}

// resolve turns codes into a tally, or says which one is wrong.
func (k *known) resolve(by Actor, in *NewTally) (*Tally, *Message) {
	session := k.sessions[in.Session]
	if session == nil || by.WorkshopID != 0 && session.WorkshopID != by.WorkshopID {
		return nil, Msg("there is no session %q", in.Session)
	}
	if msg := k.badges[in.Worker]; msg != nil {
		return nil, msg
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
	ticket := k.ticketOf(in)
	if ticket != "" {
		v.AddMsg("ticket", CheckCode(ticket))
	}
	if len(v.Fields) > 0 {
		return nil, Msg("%s: %s", v.Fields[0].Field, v.Fields[0].Message)
	}
	t := &Tally{UID: in.UID, WorkshopID: session.WorkshopID, SessionID: session.ID, WorkDate: session.WorkDate,
		WorkerID: worker.ID, OrderID: order.ID, OperationID: operation.ID, Counts: in.Counts, Weight: in.Weight, Ticket: ticket, Reason: in.Reason,
		RecordedAt: in.RecordedAt, ReceivedAt: k.now, RecordedBy: by.Name, Session: session, Order: order, Operation: operation,
		Codes: TallyCodes{session.Code, worker.Code, order.Code, operation.Code, in.Reverses}, bundle: k.bundles[in.Ticket]}
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
	if t.Order.Quote {
		return Msg("order %s is only offered: accept it first", t.Order.Code)
	}
	if t.Order.Closed() && t.RecordedAt > t.Order.ClosedAt {
		return Msg("order %s is closed", t.Order.Code)
	}
	if msg := t.refuseTicket(); msg != nil {
		return msg
	}
	if uid, taken := k.tickets[ticketKey{t.Ticket, t.OperationID}]; taken && t.Ticket != "" {
		return Msg("ticket %s is already credited for this operation (tally %s)", t.Ticket, uid)
	}
	return nil
}

// refuseTicket says why a tally may not be credited on its ticket, if that is one of ours.
func (t *Tally) refuseTicket() *Message {
	switch {
	case t.bundle == nil:
		return nil
	case t.bundle.OrderID != t.OrderID:
		return Msg("ticket %s belongs to another order", t.Ticket)
	case t.bundle.Voided():
		return Msg("ticket %s was split; count on the tickets that took its place", t.Ticket)
	case !t.bundle.Covers(t.Codes.Operation):
		return Msg("ticket %s does not cover operation %s", t.Ticket, t.Codes.Operation)
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
