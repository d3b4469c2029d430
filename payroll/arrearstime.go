package payroll

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// timedJob is what a worker did at a session for one rate by time.
type timedJob struct {
	Sitting
	job
}

// timedPay is what such work was paid: pieces and what they came to.
type timedPay struct {
	pieces int64
	amount piecework.Money
}

// revisedPart is how arrears of a rate changed what locked runs had paid of a session by time.
type revisedPart struct {
	bun.BaseModel `bun:"table:revised_parts,alias:rp"`

	ID                   int64 `bun:",pk,autoincrement"`
	PieceRateID          int64 // of the arrears
	SessionID, WorkerID  int64
	OrderID, OperationID int64
	PaidByRateID         int64 // the rate by time whose pieces and amount change
	Pieces               int64
	Amount               piecework.Money
}

// readSessions adds to what is priced anew all that locked runs have paid of some sessions, however it was paid: work by time shares the
// time of its session, and where other work was done too nobody can say how long it took.
func (a *repricing) readSessions(ctx context.Context, db bun.IDB, sessions []int64) (err error) {
	a.timed, a.touched, a.had = true, map[Sitting]bool{}, map[timedJob]timedPay{}
	known := map[Work]bool{}
	for i := range a.pieces {
		known[*a.pieces[i].work()] = true
	}
	for chunk := range slices.Chunk(sessions, 1000) {
		var list []paidPieces
		if err := ofSessions(paidQuery(db, 0), chunk).Scan(ctx, &list); err != nil {
			return fmt.Errorf("read what was paid of sessions: %w", err)
		}
		for i := range list {
			if !known[*list[i].work()] {
				a.pieces = append(a.pieces, list[i])
			}
		}
		var paid Input
		if err := paid.addPaidByTime(ctx, db, 0, chunk); err != nil {
			return err
		}
		if err := paid.addRevisedByTime(ctx, db, chunk); err != nil {
			return err
		}
		for _, b := range paid.Paid {
			at := timedJob{b.Sitting, jobOf(b.OrderID, b.OperationID, b.Rate)}
			a.had[at] = timedPay{a.had[at].pieces + b.Pieces, a.had[at].amount.Add(b.Amount)}
		}
	}
	var missing []int64
	for _, p := range a.pieces {
		if a.runs[p.CorrectsRunID] == nil {
			missing = append(missing, p.CorrectsRunID)
		}
	}
	if len(missing) > 0 {
		var list []PayRun
		if err := db.NewSelect().Model(&list).Where("pr.id IN (?)", bun.List(missing)).Scan(ctx); err != nil {
			return fmt.Errorf("read runs: %w", err)
		}
		for i := range list {
			a.runs[list[i].ID] = &list[i]
		}
	}
	a.in.Times, err = presence(ctx, db, sessions)
	return err
}

// timedPays is what the lines say of each session of each worker that is paid by time.
func timedPays(lines []workerLine) map[timedJob]timedPay {
	pays := map[timedJob]timedPay{}
	for _, l := range lines {
		for _, p := range l.Parts {
			at := timedJob{Sitting{p.SessionID, l.worker}, job{l.OrderID, l.OperationID, l.PieceRateID}}
			pays[at] = timedPay{pays[at].pieces + p.Pieces, pays[at].amount.Add(p.Amount)}
		}
	}
	return pays
}

// asPaid puts in place of what the touched sessions come to by the old rates what was paid of them in fact, in the sums of runs too. It may
// be another amount: other work was counted since at a session, or somebody put right how long she was there.
func (a *repricing) asPaid(sums map[arrearsKey]piecework.Money, pays map[timedJob]timedPay) map[timedJob]timedPay {
	last := map[timedJob]int64{} // the latest run that paid something of a job, at whatever rate
	for _, p := range a.pieces {
		at := timedJob{Sitting{p.SessionID, p.WorkerID}, job{order: p.OrderID, operation: p.OperationID}}
		last[at] = max(last[at], p.CorrectsRunID)
	}
	paid := maps.Clone(pays)
	for at := range pays {
		if _, ok := a.had[at]; !ok && a.touched[at.Sitting] {
			a.had[at] = timedPay{}
		}
	}
	for at, had := range a.had {
		if !a.touched[at.Sitting] {
			continue
		}
		any := at
		any.rate = 0
		k := arrearsKey{run: last[any], worker: at.WorkerID, order: at.order, operation: at.operation}
		if k.run == 0 {
			continue // all of it is struck, and taken back
		}
		sums[k] = sums[k].Add(had.amount.Sub(pays[at].amount))
		paid[at] = had
	}
	return paid
}

// addParts notes what changes about sessions that are paid by time, but of those whose pay is left as it was.
func (a *repricing) addParts(p *ArrearsPreview, left func(source) bool) {
	for at, after := range a.after {
		before := a.before[at]
		a.addPart(p, left, at, timedPay{after.pieces - before.pieces, after.amount.Sub(before.amount)})
	}
	for at, before := range a.before {
		if _, still := a.after[at]; !still {
			a.addPart(p, left, at, timedPay{-before.pieces, before.amount.Neg()})
		}
	}
	slices.SortFunc(p.parts, func(x, y revisedPart) int {
		return cmp.Or(cmp.Compare(x.SessionID, y.SessionID), cmp.Compare(x.WorkerID, y.WorkerID), cmp.Compare(x.OrderID, y.OrderID),
			cmp.Compare(x.OperationID, y.OperationID), cmp.Compare(x.PaidByRateID, y.PaidByRateID))
	})
}

func (a *repricing) addPart(p *ArrearsPreview, left func(source) bool, at timedJob, by timedPay) {
	if by.pieces == 0 && by.amount.IsZero() || left(a.unit(at.WorkerID, at.order, at.operation)) {
		return
	}
	p.parts = append(p.parts, revisedPart{PieceRateID: a.rate.ID, SessionID: at.SessionID, WorkerID: at.WorkerID, OrderID: at.order,
		OperationID: at.operation, PaidByRateID: at.rate, Pieces: by.pieces, Amount: by.amount})
}

// addRevisedByTime adds what arrears have changed about what locked runs have paid by time of some sessions.
func (in *Input) addRevisedByTime(ctx context.Context, db bun.IDB, sessions []int64) error {
	return in.addTimed(ctx, db, db.NewSelect().Model((*revisedPart)(nil)).Where("rp.session_id IN (?)", bun.List(sessions)).
		Column("session_id", "worker_id", "order_id", "operation_id", "pieces", "amount").ColumnExpr("paid_by_rate_id AS piece_rate_id").Order("rp.id"))
}

// keepParts stores what arrears change about sessions that are paid by time.
func keepParts(ctx context.Context, db bun.Tx, parts []revisedPart) error {
	for chunk := range slices.Chunk(parts, 500) {
		if _, err := db.NewInsert().Model(&chunk).Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("keep arrears of sessions: %w", err)
		}
	}
	return nil
}

// builtUpon is a conflict when arrears of another rate have changed the same sessions after those of a rate.
func builtUpon(ctx context.Context, db bun.IDB, rateID int64) error {
	found, err := db.NewSelect().TableExpr("revised_parts AS rp").Where("rp.piece_rate_id = ?", rateID).
		Where(`EXISTS (SELECT 1 FROM revised_parts AS n WHERE n.session_id = rp.session_id AND n.worker_id = rp.worker_id AND n.piece_rate_id <> rp.piece_rate_id
			AND n.id > rp.id)`).Exists(ctx)
	if err != nil {
		return fmt.Errorf("look for later arrears: %w", err)
	}
	if found {
		return errBuiltUpon
	}
	return nil
}

var errBuiltUpon = piecework.Conflict("Arrears by a later rate build on this one. Withdraw that rate first.")

// timedSessions is the sessions with pieces that the rate changes, where they were or will be paid by time.
func (a *repricing) timedSessions(changes func(*paidPieces) bool, byID map[int64]*piecework.PieceRate) []int64 {
	sessions := map[int64]bool{}
	for i := range a.pieces {
		p := &a.pieces[i]
		old := byID[p.PieceRateID]
		if changes(p) && (a.rate.ByTime() || old != nil && old.ByTime()) {
			sessions[p.SessionID] = true
		}
	}
	return slices.Sorted(maps.Keys(sessions))
}
