package payroll

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// sums selects the exact integer sum of each column under its own name; the CAST keeps PostgreSQL from widening it.
func sums(columns ...string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = fmt.Sprintf("CAST(COALESCE(SUM(%s), 0) AS BIGINT) AS %s", c, c)
	}
	return strings.Join(parts, ", ")
}

// compute claims everything of the run's period that is free, works it out and writes the slips. It starts from
// scratch each time; the run is a draft.
func (r *PayRun) compute(ctx context.Context, db bun.Tx) (found outcome, err error) {
	if err := r.release(ctx, db); err != nil {
		return nothing, err
	}
	if r.Workshop, err = piecework.WorkshopByID(ctx, db, r.WorkshopID); err != nil {
		return nothing, err
	}
	r.Policy, r.Guarantee = PolicyOf(r.Workshop), r.Workshop.Guarantee
	sessions, err := r.sessions(ctx, db)
	if err != nil {
		return nothing, err
	}
	in, reversals, err := r.input(ctx, db, len(sessions))
	if err != nil {
		return nothing, err
	}
	tell(ctx, Progress{Step: Pricing})
	res := Compute(in)
	if err := r.keepRates(ctx, db, res.Priced); err != nil {
		return nothing, err
	}
	if err := r.claimSessions(ctx, db, sessions, len(res.Unpriced) > 0); err != nil {
		return nothing, err
	}
	var priced []int64
	for _, rev := range reversals {
		if _, waits := res.Unpriced[rev.at()]; !waits || rev.PaidByRunID != 0 {
			priced = append(priced, rev.ID)
		}
	}
	if err := r.claimReversals(ctx, db, priced); err != nil {
		return nothing, err
	}
	r.ComputedAt, r.Stale = piecework.Now(), false
	if err := r.save(ctx, db, "computed_at", "stale", "pay_scrap_material", "pay_scrap_workmanship", "pay_rework", "damage_cap_percent",
		"guarantee_amount", "guarantee_per", "guarantee_over"); err != nil {
		return nothing, err
	}
	return outcomeOf(in, res), r.saveSlips(ctx, db, res.Slips)
}

// input is what the pay of the run, which has so many sessions, depends on, and the reversals in it. All of it is claimed but the tallies.
func (r *PayRun) input(ctx context.Context, db bun.Tx, sessions int) (in Input, reversals []reversal, err error) {
	in = Input{Policy: r.Policy, Until: r.PeriodTo}
	if in.Rates, err = piecework.LoadRates(ctx, db, r.WorkshopID); err != nil {
		return in, nil, err
	}
	period := r.covered()
	open := func(q *bun.SelectQuery) *bun.SelectQuery { return period(q).Where(unclaimed) }
	summed := map[int64]bool{}
	err = eachWork(ctx, db, open, func(w Work) {
		if !summed[w.SessionID] {
			tell(ctx, Progress{Adding, len(summed), sessions})
			summed[w.SessionID] = true
		}
		in.Work = append(in.Work, w)
	})
	if err != nil {
		return in, nil, err
	}
	if reversals, err = readReversals(ctx, db, r.ID, open); err != nil {
		return in, nil, err
	}
	for _, rev := range reversals {
		in.Work = append(in.Work, rev.work())
	}
	if in.Adjustments, err = r.claimAdjustments(ctx, db, 0); err != nil {
		return in, nil, err
	}
	if in.Carried, err = r.claimCarries(ctx, db); err != nil {
		return in, nil, err
	}
	if in.Arrears, err = r.claimArrears(ctx, db); err != nil {
		return in, nil, err
	}
	err = r.inputRules(ctx, db, &in, 0)
	return in, reversals, err
}

// inputRules adds what decides about the pay besides what was counted and entered, of one worker or (0) of all.
func (r *PayRun) inputRules(ctx context.Context, db bun.Tx, in *Input, workerID int64) (err error) {
	if in.Tax, err = r.taxation(ctx, db, workerID); err != nil {
		return err
	}
	if in.Hours, err = r.claimHours(ctx, db, workerID); err != nil {
		return err
	}
	if err := addRules(ctx, db, r.Workshop, in); err != nil {
		return err
	}
	if err := r.addGuarantee(ctx, db, in, workerID); err != nil {
		return err
	}
	return addBefore(ctx, db, r.ID, in)
}

// outcome is what a computation found.
type outcome int

const (
	nothing     outcome = iota
	carriedOnly         // only what earlier runs carried forward
	news                // tallies, adjustments or hours that no other run has
)

func outcomeOf(in Input, res Result) outcome {
	fresh := func(l Line) bool { return l.CarriedFromRunID == 0 }
	switch {
	case len(in.Adjustments) > 0, slices.ContainsFunc(res.Slips, func(s Slip) bool { return slices.ContainsFunc(s.Lines, fresh) }):
		return news
	case len(res.Slips) > 0:
		return carriedOnly
	}
	return nothing
}

// release sets free what a draft had claimed and takes away what it had computed.
func (r *PayRun) release(ctx context.Context, db bun.Tx) error {
	for _, q := range []string{
		"DELETE FROM tally_claims WHERE run_id = ?",
		"DELETE FROM run_rates WHERE run_id = ?",
		"DELETE FROM carries WHERE run_id = ?",
		"DELETE FROM slip_parts WHERE slip_id IN (SELECT id FROM slips WHERE run_id = ?)",
		"DELETE FROM slip_lines WHERE slip_id IN (SELECT id FROM slips WHERE run_id = ?)",
		"DELETE FROM slips WHERE run_id = ?",
		"UPDATE carries SET taken_by_run_id = NULL WHERE taken_by_run_id = ?",
		"UPDATE arrears SET taken_by_run_id = NULL WHERE taken_by_run_id = ?",
		"UPDATE adjustments SET run_id = NULL WHERE run_id = ?",
		"UPDATE attendances SET run_id = NULL WHERE run_id = ?",
	} {
		if _, err := db.ExecContext(ctx, q, r.ID); err != nil {
			return fmt.Errorf("release run %d: %w", r.ID, err)
		}
	}
	return nil
}

// which narrows a query over tallies t.
type which func(*bun.SelectQuery) *bun.SelectQuery

// inPeriod is the tallies of a workshop's sessions on work dates from through to.
func inPeriod(workshopID int64, from, to piecework.Date) which {
	return func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("t.session_id IN (SELECT id FROM work_sessions WHERE workshop_id = ? AND work_date BETWEEN ? AND ?)", workshopID, from, to)
	}
}

// covered is the tallies that the run is about, claimed or not.
func (r *PayRun) covered() which {
	period := inPeriod(r.WorkshopID, r.PeriodFrom, r.PeriodTo)
	if r.OrderID == 0 {
		return period
	}
	return func(q *bun.SelectQuery) *bun.SelectQuery { return period(q).Where("t.order_id = ?", r.OrderID) }
}

const unclaimed = "NOT EXISTS (SELECT 1 FROM tally_claims tc WHERE tc.tally_id = t.id)"

// sumWork is the list of what [eachWork] finds.
func sumWork(ctx context.Context, db bun.IDB, of which) (list []Work, err error) {
	err = eachWork(ctx, db, of, func(w Work) { list = append(list, w) })
	return list, err
}

// eachWork sums tallies that are not reversals by worker, order, operation and session, in one pass. The index tallies_session
// holds all it needs in the order of the groups; hence the day comes from the session, which is the same day.
func eachWork(ctx context.Context, db bun.IDB, of which, f func(Work)) error {
	rows, err := of(db.NewSelect().TableExpr("tallies AS t")).Where("t.reverses_id IS NULL").
		ColumnExpr("t.session_id, t.worker_id, t.order_id, t.operation_id, (SELECT s.work_date FROM work_sessions s WHERE s.id = t.session_id)").
		ColumnExpr(sums("good", "rework", "scrap_workmanship", "scrap_material")).
		GroupExpr("t.session_id, t.worker_id, t.order_id, t.operation_id").Rows(ctx)
	if err != nil {
		return fmt.Errorf("sum tallies: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var w Work
		if err := rows.Scan(&w.SessionID, &w.WorkerID, &w.OrderID, &w.OperationID, &w.Day, &w.Good, &w.Rework, &w.ScrapWorkmanship, &w.ScrapMaterial); err != nil {
			return fmt.Errorf("sum tallies: %w", err)
		}
		f(w)
	}
	return rows.Err()
}

// sessions is the ids of the sessions of the run's period, in ascending order.
func (r *PayRun) sessions(ctx context.Context, db bun.IDB) ([]int64, error) {
	var ids []int64
	err := db.NewSelect().Model((*piecework.WorkSession)(nil)).Column("id").
		Where("workshop_id = ? AND work_date BETWEEN ? AND ?", r.WorkshopID, r.PeriodFrom, r.PeriodTo).Order("id").Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return ids, nil
}

// reversal is a reversing tally with what is known of the tally it strikes.
type reversal struct {
	ID                             int64
	WorkerID, OrderID, OperationID int64
	piecework.Counts               `bun:"embed:"`
	SessionID                      int64          // the original's
	Day                            piecework.Date // the original's
	PaidByRunID                    int64          // the run that had paid the original, see [readReversals]; 0 when none had
	PaidRate                       piecework.Rate
	PaidRateID                     int64

	paid *piecework.PieceRate
}

// readReversals reads reversing tallies for run runID, each with the other, locked run that has paid its original. What runID took off while
// it was a draft it still takes off as it did then, although the original was paid later.
func readReversals(ctx context.Context, db bun.IDB, runID int64, of which) ([]reversal, error) {
	var list []reversal
	err := of(db.NewSelect().TableExpr("tallies AS t")).
		ColumnExpr("t.id, t.worker_id, t.order_id, t.operation_id, t.good, t.rework, t.scrap_workmanship, t.scrap_material, o.session_id, o.work_date AS day").
		ColumnExpr("COALESCE(pr.id, 0) AS paid_by_run_id, COALESCE(rv.rate, rr.rate, 0) AS paid_rate, COALESCE(rv.piece_rate_id, rr.piece_rate_id, 0) AS paid_rate_id").
		Join("JOIN tallies AS o ON o.id = t.reverses_id").
		Join("LEFT JOIN tally_claims AS oc ON oc.tally_id = o.id").
		Join(`LEFT JOIN pay_runs AS pr ON pr.id = oc.run_id AND pr.id <> ?0 AND pr.status IN (?1)
			AND NOT EXISTS (SELECT 1 FROM pay_runs AS me WHERE me.id = ?0 AND me.approved_at > 0 AND me.approved_at < pr.approved_at AND t.received_at <= me.computed_at)`,
			runID, bun.List([]RunStatus{Approved, PaidOut})).
		Join("LEFT JOIN run_rates AS rr ON rr.run_id = pr.id AND rr.order_id = o.order_id AND rr.operation_id = o.operation_id AND rr.work_date = o.work_date").
		Join("LEFT JOIN "+revisedTo+" AND rv.run_id = pr.id").
		Where("t.reverses_id IS NOT NULL").Order("t.id").Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("read reversals: %w", err)
	}
	rates := map[int64]*piecework.PieceRate{}
	for _, rev := range list {
		rates[rev.PaidRateID] = nil
	}
	if err := piecework.RatesByID(ctx, db, rates); err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].paid = rates[list[i].PaidRateID]; list[i].paid == nil { // paid before runs kept which rate it was
			list[i].paid = &piecework.PieceRate{Rate: list[i].PaidRate}
		}
	}
	return list, nil
}

// revisedTo joins the rate up to which arrears have paid a tally o of a run.
const revisedTo = `revised_rates AS rv ON rv.current AND rv.worker_id = o.worker_id AND rv.order_id = o.order_id
	AND rv.operation_id = o.operation_id AND rv.work_date = o.work_date`

// work is what the reversal contributes: its original's pieces, negative, at the rate the original was paid at.
func (r *reversal) work() Work {
	w := Work{WorkerID: r.WorkerID, OrderID: r.OrderID, OperationID: r.OperationID, SessionID: r.SessionID, Day: r.Day, Counts: r.Counts.Negated()}
	if r.PaidByRunID != 0 {
		w.CorrectsRunID, w.Fixed = r.PaidByRunID, r.paid
	}
	return w
}

func (r *reversal) at() Unpriced { return Unpriced{r.OrderID, r.OperationID, r.Day} }

// keepRates writes down which rate priced what.
func (r *PayRun) keepRates(ctx context.Context, db bun.Tx, priced map[Unpriced]*piecework.PieceRate) error {
	type runRate struct {
		bun.BaseModel               `bun:"table:run_rates"`
		RunID, OrderID, OperationID int64
		WorkDate                    piecework.Date
		Rate                        piecework.Rate
		PieceRateID                 int64 `bun:",nullzero"`
	}
	var rates []runRate
	for at, rate := range priced {
		rates = append(rates, runRate{RunID: r.ID, OrderID: at.OrderID, OperationID: at.OperationID, WorkDate: at.Day, Rate: rate.Rate, PieceRateID: rate.ID})
	}
	for chunk := range slices.Chunk(rates, 1000) {
		if _, err := db.NewInsert().Model(&chunk).Exec(ctx); err != nil {
			return fmt.Errorf("keep rates: %w", err)
		}
	}
	return nil
}

// claimTallies claims the tallies that are not reversals and that no run has claimed; onlyPriced leaves those waiting that
// have no rate. The primary key of tally_claims decides which are free, and makes it impossible that two runs have one tally.
// Session by session, in ascending order, each claim goes to the end of its index: so the index tallies_claimable has them.
func (r *PayRun) claimTallies(ctx context.Context, db bun.Tx, of which, onlyPriced bool) error {
	q := of(db.NewSelect().TableExpr("tallies AS t")).ColumnExpr("t.id, ?", r.ID).Where("t.reverses_id IS NULL").Order("t.session_id", "t.id")
	if onlyPriced {
		q = q.Where(`EXISTS (SELECT 1 FROM run_rates rr WHERE rr.run_id = ? AND rr.order_id = t.order_id
			AND rr.operation_id = t.operation_id AND rr.work_date = t.work_date)`, r.ID)
	}
	if _, err := db.NewRaw("INSERT INTO tally_claims (tally_id, run_id) ? ON CONFLICT (tally_id) DO NOTHING", q).Exec(ctx); err != nil {
		return fmt.Errorf("claim tallies: %w", err)
	}
	return nil
}

// claimSessions claims the tallies that the run is about, some sessions at a time, and tells how far it has come.
func (r *PayRun) claimSessions(ctx context.Context, db bun.Tx, sessions []int64, onlyPriced bool) error {
	const steps = 30
	done := 0
	for part := range slices.Chunk(sessions, 1+len(sessions)/steps) {
		tell(ctx, Progress{Holding, done, len(sessions)})
		of := func(q *bun.SelectQuery) *bun.SelectQuery {
			if r.OrderID != 0 {
				q = q.Where("t.order_id = ?", r.OrderID)
			}
			return q.Where("t.session_id IN (?)", bun.List(part))
		}
		if err := r.claimTallies(ctx, db, of, onlyPriced); err != nil {
			return err
		}
		done += len(part)
	}
	return nil
}

// claimReversals claims reversing tallies by id.
func (r *PayRun) claimReversals(ctx context.Context, db bun.Tx, ids []int64) error {
	for chunk := range slices.Chunk(ids, 1000) {
		_, err := db.ExecContext(ctx, "INSERT INTO tally_claims (tally_id, run_id) SELECT id, ? FROM tallies WHERE id IN (?)", r.ID, bun.List(chunk))
		if err != nil {
			return fmt.Errorf("claim reversals: %w", err)
		}
	}
	return nil
}

// claimAdjustments takes in the open adjustments dated in the period, of one worker or (0) of all, and returns all that the
// run has.
func (r *PayRun) claimAdjustments(ctx context.Context, db bun.Tx, workerID int64) ([]Adjustment, error) {
	if r.OrderID != 0 {
		return nil, nil // they are not about an order; a run of every order takes them in
	}
	var list []Adjustment
	claim := db.NewUpdate().Model((*Adjustment)(nil)).Set("run_id = ?", r.ID).
		Where("workshop_id = ? AND work_date BETWEEN ? AND ? AND run_id IS NULL AND withdrawn_at = 0 AND (NOT needs_approval OR approved_at > 0)", r.WorkshopID, r.PeriodFrom, r.PeriodTo)
	read := db.NewSelect().Model(&list).Where("run_id = ?", r.ID).Order("id")
	if workerID != 0 {
		claim, read = claim.Where("worker_id = ?", workerID), read.Where("worker_id = ?", workerID)
	}
	if _, err := claim.Exec(ctx); err != nil {
		return nil, fmt.Errorf("claim adjustments: %w", err)
	}
	if err := read.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read adjustments: %w", err)
	}
	return list, nil
}

// claimCarries takes over what locked runs carried forward and no other run has taken; the run of an order, what concerns its order.
func (r *PayRun) claimCarries(ctx context.Context, db bun.Tx) ([]Owed, error) {
	q := db.NewUpdate().Model((*Carry)(nil)).Set("taken_by_run_id = ?", r.ID).
		Where("workshop_id = ? AND taken_by_run_id IS NULL", r.WorkshopID).
		Where("run_id IN (SELECT id FROM pay_runs WHERE status IN (?))", bun.List([]RunStatus{Approved, PaidOut})).
		Where("slip_id IN (SELECT id FROM slips WHERE NOT superseded)")
	if r.OrderID != 0 {
		q = q.Where("order_id = ?", r.OrderID)
	}
	if _, err := q.Exec(ctx); err != nil {
		return nil, fmt.Errorf("claim what was carried: %w", err)
	}
	return r.takenCarries(ctx, db, 0)
}

// takenCarries is what the run has taken over, of one worker or (0) of all.
func (r *PayRun) takenCarries(ctx context.Context, db bun.Tx, workerID int64) ([]Owed, error) {
	var list []Carry
	q := db.NewSelect().Model(&list).Relation("Adjustment").Where("cy.taken_by_run_id = ?", r.ID).Order("cy.id")
	if workerID != 0 {
		q = q.Where("cy.worker_id = ?", workerID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read what was carried: %w", err)
	}
	owed := make([]Owed, len(list))
	for i, c := range list {
		owed[i] = Owed{WorkerID: c.WorkerID, Kind: c.Kind, Amount: c.Amount, Since: c.Since, FromRunID: c.RunID, AdjustmentID: c.AdjustmentID,
			OrderID: c.OrderID, OperationID: c.OperationID, Note: c.Note}
		if a := c.Adjustment; a != nil {
			owed[i].Plan = a.plan(r.PeriodTo)
		}
	}
	return owed, nil
}

// ratesChanged says whether a rate was agreed after the draft was computed that would have priced some of its work.
func (r *PayRun) ratesChanged(ctx context.Context, db bun.IDB) (bool, error) {
	book, err := piecework.LoadRates(ctx, db, r.WorkshopID)
	if err != nil {
		return false, err
	}
	used, err := r.usedRates(ctx, db)
	if err != nil {
		return false, err
	}
	for at, rate := range used {
		now, ok := book.Find(at.OrderID, at.OperationID, at.Day)
		if !ok || now.Rate.Cmp(rate.Rate) != 0 || (now.Tiered() || now.ByTime() || rate.Tiered() || rate.ByTime()) && now.ID != rate.ID {
			return true, nil
		}
	}
	return false, nil
}

// usedRates is the rate the run priced each order, operation and day at.
func (r *PayRun) usedRates(ctx context.Context, db bun.IDB) (map[Unpriced]*piecework.PieceRate, error) {
	var list []struct {
		OrderID, OperationID int64
		WorkDate             piecework.Date
		Rate                 piecework.Rate
		PieceRateID          int64
	}
	if err := db.NewSelect().TableExpr("run_rates").Column("order_id", "operation_id", "work_date", "rate").
		ColumnExpr("COALESCE(piece_rate_id, 0) AS piece_rate_id").Where("run_id = ?", r.ID).Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("read rates used: %w", err)
	}
	rates := map[int64]*piecework.PieceRate{}
	for _, u := range list {
		rates[u.PieceRateID] = nil
	}
	if err := piecework.RatesByID(ctx, db, rates); err != nil {
		return nil, err
	}
	used := make(map[Unpriced]*piecework.PieceRate, len(list))
	for _, u := range list {
		rate := rates[u.PieceRateID]
		if rate == nil {
			rate = &piecework.PieceRate{Rate: u.Rate}
		}
		used[Unpriced{u.OrderID, u.OperationID, u.WorkDate}] = rate
	}
	return used, nil
}
