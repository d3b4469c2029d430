package payroll

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Reissue replaces a worker's slip in an approved run that is not paid yet. The new version takes in what was recorded since:
// reversals of tallies the run has paid, further tallies and adjustments dated in the period. Everything else stays priced as it was.
// A dispute that waits about the old version is answered by it, as corrected. Who recorded what it takes in is refused as long as somebody else
// has the right to approve.
func Reissue(ctx context.Context, db bun.IDB, runID, workerID int64, reason, by string) (*Slip, error) {
	if reason == "" {
		return nil, piecework.InvalidField("reason", "is required")
	}
	if msg := piecework.CheckText(reason, piecework.MaxNote); msg != nil {
		v := &piecework.Invalid{}
		v.AddMsg("reason", msg)
		return nil, v
	}
	var next *Slip
	err := locked(ctx, db, runID, func(ctx context.Context, db bun.Tx, run *PayRun) error {
		if run.Status != Approved {
			return piecework.Conflict("Run %v is %s. A slip gets a new version only between approval and payment; later, correct it in the next run.", run.ID, run.Status)
		}
		old := new(Slip)
		q := db.NewSelect().Model(old).Where("run_id = ? AND worker_id = ? AND NOT superseded", runID, workerID)
		if err := orNotFound(q.Scan(ctx), "There is no such slip."); err != nil {
			return err
		}
		received, err := run.hasPaid(ctx, db, workerID)
		if err != nil {
			return err
		}
		if received {
			return piecework.Conflict("She has received money for this slip already. Correct it in the next run.")
		}
		next, err = run.reissue(ctx, db, old, reason, by)
		return err
	})
	return next, err
}

func (r *PayRun) reissue(ctx context.Context, db bun.Tx, old *Slip, reason, by string) (*Slip, error) {
	taken, err := db.NewSelect().Model((*Carry)(nil)).Where("slip_id = ? AND taken_by_run_id IS NOT NULL", old.ID).Exists(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what was carried: %w", err)
	}
	if taken {
		return nil, piecework.Conflict("A later run has already taken over what this slip carried forward. Discard that draft first, or correct it there.")
	}
	revised, err := r.isRevised(ctx, db, old.WorkerID)
	if err != nil {
		return nil, err
	}
	if revised {
		return nil, piecework.Conflict("Arrears for this slip are agreed, from the pieces that stand on it. What is wrong is corrected in the next run.")
	}
	gone, err := r.goneOn(ctx, db, old.WorkerID)
	if err != nil {
		return nil, err
	}
	if gone {
		return nil, piecework.Conflict("A later run has gone on from the tiers that these pieces reached. What is wrong is corrected in the next run.")
	}
	in, err := r.inputAgain(ctx, db, old.WorkerID)
	if err != nil {
		return nil, err
	}
	if err := r.mayReissue(ctx, db, old, by); err != nil {
		return nil, err
	}
	res := Compute(in)
	res.Slips = slices.DeleteFunc(res.Slips, func(s Slip) bool { return s.WorkerID != old.WorkerID }) // the others of her teams
	if len(res.Slips) == 0 {
		res.Slips = []Slip{{WorkerID: old.WorkerID}}
	}
	if _, err := db.NewUpdate().Model(old).Set("superseded = TRUE").WherePK().Exec(ctx); err != nil {
		return nil, fmt.Errorf("supersede slip: %w", err)
	}
	res.Slips[0].Version, res.Slips[0].Reason = old.Version+1, reason
	if err := r.saveSlips(ctx, db, res.Slips); err != nil {
		return nil, err
	}
	list, err := SlipsOf(ctx, db, r.ID, old.WorkerID)
	if err != nil {
		return nil, err
	}
	if err := issue(ctx, db, r, list, by); err != nil {
		return nil, err
	}
	return &list[0], closeDisputes(ctx, db, old.ID, Dispute{Answer: reason, AnsweredBy: by, Outcome: Corrected, CorrectedSlipID: list[0].ID})
}

// goneOn says whether a run that was approved later has paid or struck pieces of a span of tiers of which this one has some of a worker, alone
// or in a team: it went on from where this one ended. Spans are told apart by their days here.
func (r *PayRun) goneOn(ctx context.Context, db bun.IDB, workerID int64) (bool, error) {
	found, err := db.NewSelect().TableExpr("tally_claims AS mine").Join("JOIN tallies AS m ON m.id = mine.tally_id").
		Join("JOIN tallies AS h ON h.id = COALESCE(m.reverses_id, m.id)").Join("LEFT JOIN tally_claims AS hc ON hc.tally_id = h.id").
		Join("JOIN tallies AS o ON o.worker_id = h.worker_id AND o.order_id = h.order_id AND o.operation_id = h.operation_id AND o.work_date = h.work_date").
		Join("LEFT JOIN tally_claims AS oc ON oc.tally_id = o.id").Join("JOIN tallies AS t ON t.id = o.id OR t.reverses_id = o.id").
		Join("JOIN tally_claims AS c ON c.tally_id = t.id").
		Join("JOIN pay_runs AS p ON p.id = c.run_id AND p.id <> ? AND p.status IN (?) AND p.approved_at >= ?", r.ID, bun.List([]RunStatus{Approved, PaidOut}), r.ApprovedAt).
		Join("JOIN run_rates AS rr ON rr.run_id IN (p.id, ?, oc.run_id, hc.run_id) AND rr.order_id = o.order_id AND rr.operation_id = o.operation_id AND rr.work_date = o.work_date", r.ID).
		Join("JOIN piece_rates AS pr ON pr.id = rr.piece_rate_id AND pr.tier_mode <> ''").
		Where("mine.run_id = ? AND o.reverses_id IS NULL AND (pr.tier_span <> ? OR oc.run_id = hc.run_id)", r.ID, piecework.PerPeriod).
		Where("h.worker_id = ? OR h.worker_id IN (SELECT team_id FROM team_members WHERE worker_id = ?)", workerID, workerID).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("look for runs that have gone on: %w", err)
	}
	return found, nil
}

// inputAgain is the input of one worker in a locked run: what the run has claimed, at the rates it used, and what has come
// since, which it claims now.
func (r *PayRun) inputAgain(ctx context.Context, db bun.Tx, workerID int64) (Input, error) {
	in := Input{Policy: r.Policy, Until: r.PeriodTo}
	used, err := r.usedRates(ctx, db)
	if err != nil {
		return in, err
	}
	if err := r.claimSince(ctx, db, workerID, used); err != nil {
		return in, err
	}
	// What a team has made is shared again as it was; what came since waits for the next run, since it is the others' too.
	ofWorker := func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("(t.worker_id = ? OR t.worker_id IN (SELECT team_id FROM team_members WHERE worker_id = ?)) AND EXISTS (SELECT 1 FROM tally_claims tc WHERE tc.tally_id = t.id AND tc.run_id = ?)", workerID, workerID, r.ID)
	}
	if in.Work, err = sumWork(ctx, db, ofWorker); err != nil {
		return in, err
	}
	reversals, err := readReversals(ctx, db, r.ID, ofWorker)
	if err != nil {
		return in, err
	}
	for _, rev := range reversals {
		in.Work = append(in.Work, rev.work())
	}
	for i, w := range in.Work {
		if rate, ok := used[Unpriced{w.OrderID, w.OperationID, w.Day}]; ok && w.Fixed == nil {
			in.Work[i].Fixed = rate
		}
	}
	if in.Adjustments, err = r.claimAdjustments(ctx, db, workerID); err != nil {
		return in, err
	}
	if in.Carried, err = r.takenCarries(ctx, db, workerID); err != nil {
		return in, err
	}
	if in.Arrears, err = r.takenArrears(ctx, db, workerID); err != nil {
		return in, err
	}
	err = r.inputRules(ctx, db, &in, workerID)
	return in, err
}

// claimSince claims what was recorded for a worker after the run was computed and has a rate: tallies of the period, and
// reversals, of whatever day, of tallies the run has paid. Rates it needs beyond those used are added to used.
func (r *PayRun) claimSince(ctx context.Context, db bun.Tx, workerID int64, used map[Unpriced]*piecework.PieceRate) error {
	book, err := piecework.LoadRates(ctx, db, r.WorkshopID)
	if err != nil {
		return err
	}
	priced := map[Unpriced]*piecework.PieceRate{}
	price := func(at Unpriced) bool {
		if _, ok := used[at]; ok {
			return true
		}
		rate, ok := book.Find(at.OrderID, at.OperationID, at.Day)
		if ok {
			priced[at] = rate
		}
		return ok
	}
	hers := func(q *bun.SelectQuery) *bun.SelectQuery {
		return r.covered()(q).Where("t.worker_id = ?", workerID)
	}
	work, err := sumWork(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery { return hers(q).Where(unclaimed) })
	if err != nil {
		return err
	}
	for _, w := range work {
		price(Unpriced{w.OrderID, w.OperationID, w.Day})
	}
	reversals, err := readReversals(ctx, db, r.ID, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("t.worker_id = ?", workerID).Where(unclaimed).
			Where("oc.run_id = ? OR t.work_date BETWEEN ? AND ? AND ? IN (0, t.order_id)", r.ID, r.PeriodFrom, r.PeriodTo, r.OrderID)
	})
	if err != nil {
		return err
	}
	var ids []int64
	for _, rev := range reversals {
		if rev.PaidByRunID != 0 || price(rev.at()) {
			ids = append(ids, rev.ID)
		}
	}
	maps.Copy(used, priced)
	if err := r.keepRates(ctx, db, priced); err != nil {
		return err
	}
	if err := r.claimTallies(ctx, db, hers, true); err != nil {
		return err
	}
	return r.claimReversals(ctx, db, ids)
}
