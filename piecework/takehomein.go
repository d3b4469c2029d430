package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// TakeHomeReturn ties the tally of a hand-in to the lot it came from.
type TakeHomeReturn struct {
	bun.BaseModel `bun:"table:take_home_returns,alias:tr"`

	TallyID    int64 `bun:",pk"`
	TakeHomeID int64
	Note       string // why more came in than went out; "" when it did not

	Tally *Tally `bun:"rel:belongs-to,join:tally_id=id"`
}

// HandIn is what a worker brings back of a lot.
type HandIn struct {
	TakeHomeID int64
	UID        string // of the tally that is made; the same again counts nothing twice
	Session    string // code of an open session of the workshop
	Counts
	At   Instant // when she brought it; 0: now
	Note string  // needed when more comes in than is out
}

// BringBack records a hand-in as a tally of the lot's worker, order and operation. It may be a part of the lot. More than is out is
// taken only with a note, and goes to review with it. The status is [Accepted] or [Duplicate]; what the tally itself is refused
// for is a conflict.
func BringBack(ctx context.Context, db bun.IDB, by Actor, in HandIn) (TallyStatus, error) {
	v := &Invalid{}
	CheckCounts(v, in.Counts)
	v.AddMsg("note", CheckText(in.Note, MaxNote))
	if in.Session == "" {
		v.Add("session", "choose one")
	}
	if err := v.Err(); err != nil {
		return Rejected, err
	}
	status := Rejected
	err := InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		th, err := lockTakeHome(ctx, db, in.TakeHomeID)
		if err != nil {
			return err
		}
		if before, err := returnedAs(ctx, db, in.UID); err != nil || before == th.ID {
			status = Duplicate
			return err
		}
		if th.Closing() != nil {
			return Conflict("This take-home work is closed. Open it again first.")
		}
		if more := in.Total() - th.Out(); more > 0 && in.Note == "" {
			return InvalidField("note", "%d more come in than are out: say why", more)
		}
		results, err := RecordBatch(ctx, db, Batch{By: by, AtHome: true, Items: []NewTally{{UID: in.UID, Session: in.Session, Worker: th.Worker.Code,
			Order: th.Order.Code, Operation: th.Operation.Code, Counts: in.Counts, RecordedAt: in.At}}})
		if err != nil {
			return err
		}
		if status = results[0].Status; status == Rejected {
			return &Problem{ErrConflict, *results[0].Reason}
		}
		link := &TakeHomeReturn{TakeHomeID: th.ID, Note: in.Note}
		if err := db.NewSelect().Model((*Tally)(nil)).Column("id").Where("uid = ?", in.UID).Scan(ctx, &link.TallyID); err != nil {
			return wrap("find the tally", err)
		}
		if _, err = db.NewInsert().Model(link).Exec(ctx); err != nil || in.Total() <= th.Out() {
			return wrap("note what came in", err)
		}
		return raiseFlag(ctx, db, &Flag{TallyID: link.TallyID, WorkshopID: th.WorkshopID, Kind: FlagOverTakeHome, Found: th.CameIn + in.Total(),
			Allowed: th.Quantity, Detail: in.Note})
	})
	return status, err
}

// lockTakeHome reads a lot which nobody else can change before the transaction ends.
func lockTakeHome(ctx context.Context, db bun.Tx, id int64) (*TakeHome, error) {
	th, err := TakeHomeByID(ctx, db, id)
	if err != nil {
		return nil, err
	}
	if err := LockWorkshop(ctx, db, th.WorkshopID); err != nil {
		return nil, err
	}
	return TakeHomeByID(ctx, db, id)
}

// returnedAs is the lot whose hand-in made the tally with that uid, 0 when there is none.
func returnedAs(ctx context.Context, db bun.IDB, uid string) (int64, error) {
	var ids []int64
	err := db.NewSelect().Model((*TakeHomeReturn)(nil)).Column("tr.take_home_id").Join("JOIN tallies AS t ON t.id = tr.tally_id").
		Where("t.uid = ?", uid).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return 0, wrap("look for the hand-in", err)
	}
	return ids[0], nil
}

// CloseTakeHome says what became of everything that is still out: unworked pieces came back as they went, lost ones will not come.
// Both must add up to what is out. A reason is needed.
func CloseTakeHome(ctx context.Context, db bun.IDB, id, unworked, lost int64, reason, by string) error {
	return closeTakeHome(ctx, db, &TakeHomeClosing{TakeHomeID: id, Kind: TakeHomeClosed, Unworked: unworked, Lost: lost, Reason: reason, ClosedBy: by})
}

// CancelTakeHome says that a lot never went out. That can be said only before anything of it came in. A reason is needed.
func CancelTakeHome(ctx context.Context, db bun.IDB, id int64, reason, by string) error {
	return closeTakeHome(ctx, db, &TakeHomeClosing{TakeHomeID: id, Kind: TakeHomeCancelled, Reason: reason, ClosedBy: by})
}

func closeTakeHome(ctx context.Context, db bun.IDB, c *TakeHomeClosing) error {
	v := &Invalid{}
	if c.Reason == "" {
		v.Add("reason", "is required")
	}
	v.AddMsg("reason", CheckText(c.Reason, MaxNote))
	if c.Unworked < 0 {
		v.Add("unworked", "must be between %d and %d", 0, MaxPieces)
	}
	if c.Lost < 0 {
		v.Add("lost", "must be between %d and %d", 0, MaxPieces)
	}
	if err := v.Err(); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		th, err := lockTakeHome(ctx, db, c.TakeHomeID)
		if err != nil {
			return err
		}
		switch {
		case th.Closing() != nil:
			return Conflict("This take-home work is already closed.")
		case c.Kind == TakeHomeCancelled && th.CameIn > 0:
			return Conflict("%d pieces of it have come back, so it did go out. Close it instead.", th.CameIn)
		case c.Kind == TakeHomeClosed && th.Out() == 0:
			return Conflict("Nothing of it is out any more.")
		case c.Kind == TakeHomeClosed && c.Unworked+c.Lost != th.Out():
			return InvalidField("lost", "%d pieces are out: unworked and lost must add up to that", th.Out())
		}
		c.ClosedAt = Now()
		_, err = db.NewInsert().Model(c).Exec(ctx)
		return wrap("close take-home work", err)
	})
}

// ReopenTakeHome lifts the closing of a lot, which stays readable.
func ReopenTakeHome(ctx context.Context, db bun.IDB, id int64, by string) error {
	return changed(ctx, db.NewUpdate().Model((*TakeHomeClosing)(nil)).Set("lifted_at = ?", Now()).Set("lifted_by = ?", by).
		Where("take_home_id = ? AND lifted_at = 0", id), "This take-home work is not closed.")
}

// TakeHomeReturns is what came in of some lots, in the order it came, struck hand-ins among them (see [Tally.Struck]).
func TakeHomeReturns(ctx context.Context, db bun.IDB, lots []TakeHome) (map[int64][]TakeHomeReturn, error) {
	found := map[int64][]TakeHomeReturn{}
	const most = 1000 // ids a query
	for len(lots) > 0 {
		n := min(most, len(lots))
		ids := make([]int64, n)
		for i := range n {
			ids[i] = lots[i].ID
		}
		lots = lots[n:]
		var list []TakeHomeReturn
		err := db.NewSelect().Model(&list).Relation("Tally").Relation("Tally.Session").Relation("Tally.ReversedBy").
			Where("tr.take_home_id IN (?)", bun.List(ids)).Order("tr.tally_id").Scan(ctx)
		if err != nil {
			return nil, wrap("list hand-ins", err)
		}
		for _, r := range list {
			found[r.TakeHomeID] = append(found[r.TakeHomeID], r)
		}
	}
	return found, nil
}
