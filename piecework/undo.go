package piecework

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"
)

// UndoWithin is how long somebody may undo what she has recorded.
const UndoWithin = 30 * time.Minute

// UndoReason is what stands in the books when no other reason was given.
const UndoReason = "undone at the bench"

// readClaims finds out which of the tallies that somebody wants to undo a pay run has claimed.
func (k *known) readClaims(ctx context.Context, db tx, batches []*Batch) error {
	var ids []int64
	for _, b := range batches {
		for i := range b.Items {
			if t := k.tallies[b.Items[i].Reverses]; b.Undo && t != nil {
				ids = append(ids, t.ID)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var claimed []int64
	err := db.NewSelect().TableExpr("tally_claims").Column("tally_id").Where("tally_id IN (?)", bun.List(ids)).Scan(ctx, &claimed)
	k.claimed = make(map[int64]bool, len(claimed))
	for _, id := range claimed {
		k.claimed[id] = true
	}
	return wrap("look up claims", err)
}

// refuseUndo says why a reversal that is right in itself may not be made by somebody at the bench, or nil.
func (k *known) refuseUndo(by Actor, t *Tally) *Message {
	original := k.tallies[t.Codes.Reverses]
	switch {
	case k.claimed[original.ID]:
		return Msg("tally %q is in a pay run already; strike it on its page, and the next run takes it back", original.UID)
	case MayUndo(by, original, t.RecordedAt):
		return nil
	case original.RecordedBy != by.Name:
		return Msg("tally %q was recorded by %s; only she or an administrator can undo it", original.UID, original.RecordedBy)
	}
	return Msg("tally %q was recorded more than %d minutes ago; ask an administrator to undo it", original.UID, int64(UndoWithin/time.Minute))
}

// MayUndo says whether somebody may undo a tally at a moment, as far as it is neither struck nor claimed by a pay run.
func MayUndo(by Actor, t *Tally, at Instant) bool {
	return by.Admin || t.RecordedBy == by.Name && at-t.RecordedAt <= Instant(UndoWithin/time.Millisecond)
}

// UndoTally strikes a tally at once: somebody her own within [UndoWithin], an administrator any, both until a pay run has claimed it.
// The reversal goes into the session of the tally, or if that is closed into the latest open one of the workshop. Without a reason it
// is [UndoReason]. What may not be undone is a conflict.
func UndoTally(ctx context.Context, db bun.IDB, by Actor, uid, reason string) error {
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		return strike(ctx, db, by, uid, cmp.Or(reason, UndoReason), true)
	})
}

// strike reverses the tally with that uid in a session that is open.
func strike(ctx context.Context, db bun.Tx, by Actor, uid, reason string, undo bool) error {
	t := new(Tally)
	err := db.NewSelect().Model(t).Relation("Session").Relation("Worker").Relation("Order").Relation("Operation").Where("t.uid = ?", uid).Scan(ctx)
	if err == nil && by.WorkshopID != 0 && t.WorkshopID != by.WorkshopID {
		err = sql.ErrNoRows
	}
	if err := found(err, "There is no such tally."); err != nil {
		return err
	}
	session := t.Session
	if !session.Open() {
		session = new(WorkSession)
		err := db.NewSelect().Model(session).Where("workshop_id = ? AND closed_at = 0", t.WorkshopID).OrderExpr("work_date DESC, id DESC").Limit(1).Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return Conflict("Session %s is closed and no other is open. Open a session, so that the tally can be struck in it.", t.Session.Code)
		}
		if err != nil {
			return wrap("find an open session", err)
		}
	}
	results, err := recordBatches(ctx, db, []*Batch{{By: by, Undo: undo, Items: []NewTally{{UID: "strike-" + rand.Text(), Session: session.Code, Worker: t.Worker.Code,
		Order: t.Order.Code, Operation: t.Operation.Code, Counts: t.Counts, Weight: t.Weight, Ticket: t.Ticket, Reverses: t.UID, Reason: reason}}}})
	if err != nil {
		return err
	}
	if results[0].Status == Rejected {
		return &Problem{Kind: ErrConflict, Message: *results[0].Reason}
	}
	return nil
}
