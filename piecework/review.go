package piecework

import (
	"cmp"
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// undecided narrows a query to what waits for a person at a workshop (0: at any).
func undecided(q *bun.SelectQuery, workshopID int64) *bun.SelectQuery {
	if q = q.Where("decided_at = 0"); workshopID != 0 {
		q = q.Where("workshop_id = ?", workshopID)
	}
	return q
}

// flagged selects the ids of the tallies with open flags.
func flagged(db bun.IDB, workshopID int64) *bun.SelectQuery {
	return undecided(db.NewSelect().TableExpr("tally_flags").ColumnExpr("DISTINCT tally_id"), workshopID)
}

// FlaggedTallies lists the tallies with open flags, with these, the latest day first and within it in the order of recording.
func FlaggedTallies(ctx context.Context, db bun.IDB, f Filter) (Page[Tally], error) {
	var list []Tally
	q := db.NewSelect().Model(&list).Relation("Session").Relation("Session.Workshop").Relation("Worker").Relation("Order").Relation("Operation").
		Relation("Flags", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("decided_at = 0").Order("id") }).
		Where("t.id IN (?)", flagged(db, f.WorkshopID)).Order("t.work_date DESC", "t.id")
	return List(ctx, q, &list, f, "t.work_date", "worker.code", "worker.name", `"order"."code"`, "operation.name")
}

// HeldTallies lists what was refused and waits for a person, the earliest first.
func HeldTallies(ctx context.Context, db bun.IDB, f Filter) (Page[Held], error) {
	var list []Held
	q := db.NewSelect().Model(&list).Relation("Workshop").Where("h.decided_at = 0").Order("h.id")
	if f.WorkshopID != 0 {
		q = q.Where("h.workshop_id = ?", f.WorkshopID)
	}
	return List(ctx, q, &list, f, "")
}

// HeldByID returns one held tally, or a not-found error.
func HeldByID(ctx context.Context, db bun.IDB, id int64) (*Held, error) {
	h := new(Held)
	err := db.NewSelect().Model(h).Relation("Workshop").Where("h.id = ?", id).Scan(ctx)
	return h, found(err, "There is no such refused tally.")
}

// CountReview is how many tallies wait for a person at a workshop (0: at any), flagged and held ones together.
func CountReview(ctx context.Context, db bun.IDB, workshopID int64) (int, error) {
	var n int
	err := db.NewSelect().ColumnExpr("(?) + (?)",
		db.NewSelect().TableExpr("(?) AS x", flagged(db, workshopID)).ColumnExpr("COUNT(*)"),
		undecided(db.NewSelect().TableExpr("held_tallies").ColumnExpr("COUNT(*)"), workshopID)).Scan(ctx, &n)
	return n, wrap("count what waits", err)
}

// notOwn refuses somebody who would decide about what she has recorded or sent herself.
func notOwn(by Actor, recordedBy string) error {
	if by.Name == recordedBy {
		return Forbidden("You recorded this yourself. Somebody else has to look at it.")
	}
	return nil
}

// reviewed reads tallies for somebody who may decide about them.
func reviewed(ctx context.Context, db bun.IDB, by Actor, ids []int64) ([]Tally, error) {
	var list []Tally
	q := db.NewSelect().Model(&list).Column("id", "uid", "recorded_by").Where("id IN (?)", bun.List(ids))
	if by.WorkshopID != 0 {
		q = q.Where("workshop_id = ?", by.WorkshopID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, wrap("read tallies", err)
	}
	if len(list) < len(ids) {
		return nil, NotFound("There is no such tally.")
	}
	for _, t := range list {
		if err := notOwn(by, t.RecordedBy); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// FindRight closes what guards have noticed about tallies: somebody, not the one who recorded them, has looked and finds them right.
// It is a conflict when nothing waits about one of them any more.
func FindRight(ctx context.Context, db bun.IDB, by Actor, note string, ids ...int64) error {
	if msg := CheckText(note, MaxNote); msg != nil {
		return &Invalid{[]FieldError{{"note", *msg}}}
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if _, err := reviewed(ctx, db, by, ids); err != nil {
			return err
		}
		for _, id := range ids {
			err := changed(ctx, db.NewUpdate().Model((*Flag)(nil)).Set("outcome = ?", FlagRight).Set("decided_at = ?", Now()).Set("decided_by = ?", by.Name).
				Set("note = ?", note).Where("tally_id = ? AND decided_at = 0", id), "Somebody has looked at this tally already.")
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// StrikeFlagged strikes a tally about which something was noticed. Whoever does it has not recorded it.
func StrikeFlagged(ctx context.Context, db bun.IDB, by Actor, id int64, reason string) error {
	if err := checkReason(reason); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		list, err := reviewed(ctx, db, by, []int64{id})
		if err != nil {
			return err
		}
		return strike(ctx, db, by, list[0].UID, reason, false)
	})
}

// held reads a held tally for somebody who may decide about it.
func held(ctx context.Context, db bun.Tx, by Actor, id int64) (*Held, error) {
	h, err := HeldByID(ctx, db, id)
	if err != nil {
		return nil, err
	}
	if by.WorkshopID != 0 && h.WorkshopID != by.WorkshopID {
		return nil, NotFound("There is no such refused tally.")
	}
	return h, notOwn(by, h.HeldBy)
}

// decide closes a held tally, unless somebody has been quicker.
func (h *Held) decide(ctx context.Context, db bun.Tx, by Actor, outcome HeldOutcome, note string, tallyID int64) error {
	q := db.NewUpdate().Model((*Held)(nil)).Set("outcome = ?", outcome).Set("decided_at = ?", Now()).Set("decided_by = ?", by.Name).Set("note = ?", note)
	if tallyID != 0 {
		q = q.Set("tally_id = ?", tallyID)
	}
	return changed(ctx, q.Where("id = ? AND decided_at = 0", h.ID), "Somebody has decided about this tally already.")
}

// DismissHeld decides that what was refused is not to be counted, and why.
func DismissHeld(ctx context.Context, db bun.IDB, by Actor, id int64, reason string) error {
	if err := checkReason(reason); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		h, err := held(ctx, db, by, id)
		if err != nil {
			return err
		}
		return h.decide(ctx, db, by, HeldDismissed, reason, 0)
	})
}

// AcceptHeld counts what was refused, as somebody other than the one who sent it has put it right. It keeps its uid unless another tally has
// that, so that it counts once whoever sends it again, and what was counted under its uid after all is not counted anew. Why it is still refused
// is a conflict.
func AcceptHeld(ctx context.Context, db bun.IDB, by Actor, id int64, t NewTally, note string) (*Tally, error) {
	if msg := CheckText(note, MaxNote); msg != nil {
		return nil, &Invalid{[]FieldError{{"note", *msg}}}
	}
	stored := new(Tally)
	err := InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		h, err := held(ctx, db, by, id)
		if err != nil {
			return err
		}
		if !h.Open() {
			return Conflict("Somebody has decided about this tally already.")
		}
		own := fmt.Sprintf("held-%d", h.ID)
		t.UID = cmp.Or(h.UID, own)
		results, err := recordBatches(ctx, db, []*Batch{{By: by, Items: []NewTally{t}}})
		if err != nil {
			return err
		}
		if results[0].Status == Rejected && t.UID != own {
			taken, err := db.NewSelect().Model((*Tally)(nil)).Where("uid = ?", t.UID).Exists(ctx)
			if err != nil {
				return wrap("look up uid", err)
			}
			if taken {
				t.UID = own
				if results, err = recordBatches(ctx, db, []*Batch{{By: by, Items: []NewTally{t}}}); err != nil {
					return err
				}
			}
		}
		if results[0].Status == Rejected {
			return &Problem{Kind: ErrConflict, Message: *results[0].Reason}
		}
		if err := db.NewSelect().Model(stored).Where("uid = ?", t.UID).Scan(ctx); err != nil {
			return wrap("find what was counted", err)
		}
		return h.decide(ctx, db, by, HeldAccepted, note, stored.ID)
	})
	return stored, err
}
