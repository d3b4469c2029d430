package piecework

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// UndoWithin is how long somebody may undo what she has recorded.
const UndoWithin = 30 * time.Minute

// UndoReason is what stands in the books when no other reason was given.
const UndoReason = "undone at the bench"

// readClaims finds out which of the tallies that somebody wants to undo a pay run has claimed.
func (k *known) readClaims(ctx context.Context, db bun.Tx, batches []*Batch) error {
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
	case by.Admin:
		return nil
	case original.RecordedBy != by.Name:
		return Msg("tally %q was recorded by %s; only she or an administrator can undo it", original.UID, original.RecordedBy)
	case t.RecordedAt-original.RecordedAt > Instant(UndoWithin/time.Millisecond):
		return Msg("tally %q was recorded more than %d minutes ago; ask an administrator to undo it", original.UID, int64(UndoWithin/time.Minute))
	}
	return nil
}
