package payroll

import (
	"context"
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"jijian/piecework"
)

// MinimumWage is what a region prescribes from a day on: for a month of full-time work, and for an hour of part-time work.
type MinimumWage struct {
	bun.BaseModel `bun:"table:minimum_wages,alias:mw"`

	ID            int64 `bun:",pk,autoincrement"`
	Region        string
	EffectiveFrom piecework.Date
	Monthly       piecework.Money
	Hourly        piecework.Money
	Source        string
	RecordedAt    piecework.Instant // 0: it came with the program
	RecordedBy    string
}

// MinimumWages lists every region's figures, by region, the latest first.
func MinimumWages(ctx context.Context, db bun.IDB) ([]MinimumWage, error) {
	var list []MinimumWage
	if err := db.NewSelect().Model(&list).Order("region", "effective_from DESC").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list minimum wages: %w", err)
	}
	return list, nil
}

// Validate reports every wrong field.
func (m *MinimumWage) Validate() error {
	v := &piecework.Invalid{}
	if m.Region == "" {
		v.Add("region", "is required")
	}
	v.AddMsg("region", piecework.CheckText(m.Region, piecework.MaxName))
	if m.EffectiveFrom == "" {
		v.Add("effective_from", "is required")
	}
	if m.Monthly.Sign() <= 0 {
		v.Add("monthly", "must be more than zero")
	}
	if m.Hourly.Sign() <= 0 {
		v.Add("hourly", "must be more than zero")
	} else if m.Hourly.Cmp(m.Monthly) >= 0 {
		v.Add("hourly", "must be less than for a month")
	}
	checkSource(v, m.Source)
	return v.Err()
}

// AddMinimumWage records what a region prescribes from a day on. Slips that were issued stay as they are; drafts must be computed again.
func AddMinimumWage(ctx context.Context, db bun.IDB, m *MinimumWage) error {
	if err := m.Validate(); err != nil {
		return err
	}
	m.RecordedAt = piecework.Now()
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		_, err := db.NewInsert().Model(m).Exec(ctx)
		if piecework.IsUnique(err) {
			return piecework.InvalidField("effective_from", "a minimum wage of this region from %s is already there; choose another day", m.EffectiveFrom)
		}
		if err != nil {
			return fmt.Errorf("record minimum wage: %w", err)
		}
		return m.outdateDrafts(ctx, db)
	})
}

// outdateDrafts notes of the drafts that hold hours against the figure that they must be computed again.
func (m *MinimumWage) outdateDrafts(ctx context.Context, db bun.Tx) error {
	_, err := db.NewUpdate().Model((*PayRun)(nil)).Set("stale = TRUE").Where("status = ? AND period_to >= ?", Draft, m.EffectiveFrom).
		Where("workshop_id IN (SELECT id FROM workshops WHERE wage_region = ?)", m.Region).Exec(ctx)
	if err != nil {
		return fmt.Errorf("outdate drafts: %w", err)
	}
	return nil
}

// RemoveMinimumWage takes back a figure that was entered wrongly. One that a locked run has used stays for ever, and so does what
// came with the program.
func RemoveMinimumWage(ctx context.Context, db bun.IDB, id int64) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		m := new(MinimumWage)
		if err := orNotFound(db.NewSelect().Model(m).Where("mw.id = ?", id).Scan(ctx), "There is no such minimum wage."); err != nil {
			return err
		}
		if m.RecordedAt == 0 {
			return piecework.Conflict("This came with the program and stays. Record a new one from a later day.")
		}
		// A slip does not say the region, and its workshop may have moved to another: the same amount at the time is enough.
		used, err := usedFrom(ctx, db, m.EffectiveFrom, "minimum_wages", "region", m.Region).Where("s.minimum_hourly = ?", m.Hourly).Exists(ctx)
		if err != nil {
			return fmt.Errorf("find uses of the minimum wage: %w", err)
		}
		if used {
			return piecework.Conflict("An approved run has used this minimum wage. Record a new one from a later day.")
		}
		if _, err := db.NewDelete().Model(m).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("remove minimum wage: %w", err)
		}
		return m.outdateDrafts(ctx, db)
	})
}

// Under is a slip whose pieces stayed under the minimum wage for the hours, whether it was topped up or not.
type Under struct {
	SlipID  int64
	Worker  *piecework.Worker
	Minutes int64
	Hourly  piecework.Money // what pieces and bonuses came to in an hour
	Minimum piecework.Money // the minimum wage an hour
	Short   piecework.Money // what is missing for the whole time
}

// UnderMinimum lists the current slips of a run that stayed under the minimum wage, by worker code. It reads no lines, only
// their sums.
func UnderMinimum(ctx context.Context, db bun.IDB, runID int64) ([]Under, error) {
	var list []struct {
		Slip    `bun:",extend"`
		Counted piecework.Money
	}
	err := db.NewSelect().Model(&list).Relation("Worker").
		ColumnExpr("sl.id, sl.minutes, sl.minimum_hourly, sl.earned_by_order").
		ColumnExpr("CAST(COALESCE((SELECT SUM(ln.amount) FROM slip_lines AS ln WHERE ln.slip_id = sl.id AND ln.amount > 0 AND ln.day_kind = '' AND ln.kind NOT IN (?)), 0) AS BIGINT) AS counted",
			bun.List([]Kind{Allowance, MakeUp, BackPay})).
		Where("sl.run_id = ? AND NOT sl.superseded AND sl.minutes > 0 AND sl.minimum_hourly > 0", runID).Order("worker.code").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read pay for the time: %w", err)
	}
	var under []Under
	for _, s := range list {
		s.Lines = []Line{{Kind: Piece, Amount: s.Counted}}
		if s.BelowMinimum() {
			under = append(under, Under{s.ID, s.Worker, s.Minutes, s.Hourly(), s.MinimumHourly, s.Shortfall()})
		}
	}
	return under, nil
}

// Hours is how long workers were there, and what an hour must come to at least.
type Hours struct {
	Minutes map[int64]int64           // by worker; whoever is not in it has no known hours
	Hourly  piecework.Money           // 0 when the workshop has not said in which region it lies
	TopUp   bool                      // pay the difference, on a line of its own; else only show it
	ByOrder map[int64]piecework.Money // by worker: what runs of single orders have paid for work in the same sessions
}

// forTime is what minutes at an amount an hour come to, rounded half-up to the fen once.
func forTime(hourly piecework.Money, minutes int64) piecework.Money {
	return piecework.RoundMoney(hourly.Decimal().Mul(decimal.NewFromInt(minutes)).DivRound(decimal.NewFromInt(60), 16))
}

// makeUp compares what pieces and bonuses come to with the minimum for the time. Arrears are of another time. Allowances and overtime do not count towards it
// (Minimum Wage Provisions 2004, art. 12), and overtime is not part of the time. Where the policy is to top up, the difference becomes a line.
func (s *Slip) makeUp(h Hours) {
	s.Minutes, s.MinimumHourly, s.EarnedByOrder = h.Minutes[s.WorkerID], h.Hourly, h.ByOrder[s.WorkerID]
	if short := s.Shortfall(); h.TopUp && short.Sign() > 0 {
		s.Lines = append(s.Lines, Line{Kind: MakeUp, Amount: short})
		s.Gross = s.Gross.Add(short)
	}
}

// MinimumPay is the minimum wage for the slip's time; 0 when time or minimum is not known.
func (s *Slip) MinimumPay() piecework.Money { return forTime(s.MinimumHourly, s.Minutes) }

// counted is the pay that counts towards the minimum wage.
func (s *Slip) counted() piecework.Money {
	sum := s.EarnedByOrder
	for _, l := range s.Lines {
		if l.Amount.Sign() > 0 && l.Kind != Allowance && l.Kind != MakeUp && l.Kind != BackPay && l.DayKind == piecework.OrdinaryDay {
			sum = sum.Add(l.Amount)
		}
	}
	return sum
}

// Hourly is what the pieces and bonuses of a slip came to in an hour, rounded to the fen; 0 when the time is not known.
func (s *Slip) Hourly() piecework.Money {
	if s.Minutes == 0 {
		return piecework.Money{}
	}
	return piecework.RoundMoney(s.counted().Decimal().Mul(decimal.NewFromInt(60)).DivRound(decimal.NewFromInt(s.Minutes), 16))
}

// BelowMinimum says whether the pay for pieces stayed under the minimum wage for the time, topped up or not.
func (s *Slip) BelowMinimum() bool { return s.Shortfall().Sign() > 0 }

// Shortfall is what the pay for pieces and bonuses lacks to the minimum wage for the time, topped up or not; 0 when it lacks
// nothing.
func (s *Slip) Shortfall() piecework.Money {
	short := s.MinimumPay().Sub(s.counted())
	if short.Sign() < 0 {
		return piecework.Money{}
	}
	return short
}

// claimHours takes in the finished attendances of the period that no other run has looked at, of one worker or (0) of all, and
// returns all the hours that the run has.
func (r *PayRun) claimHours(ctx context.Context, db bun.Tx, workerID int64) (Hours, error) {
	h := Hours{TopUp: r.Workshop.TopUp, Minutes: map[int64]int64{}}
	if r.OrderID != 0 {
		return h, nil // an hour is not of one order; a run of every order holds it against all that was made in it
	}
	claim := db.NewUpdate().Model((*piecework.Attendance)(nil)).Set("run_id = ?", r.ID).Where("run_id IS NULL AND check_out > 0").
		Where("session_id IN (SELECT id FROM work_sessions WHERE workshop_id = ? AND work_date BETWEEN ? AND ?)", r.WorkshopID, r.PeriodFrom, r.PeriodTo)
	read := db.NewSelect().Model((*piecework.Attendance)(nil)).Column("worker_id").
		ColumnExpr("CAST(SUM(check_out - check_in) AS BIGINT) / 60000 AS minutes").Where("run_id = ?", r.ID).
		Where("session_id NOT IN (SELECT id FROM work_sessions WHERE workshop_id = ? AND day_kind <> '')", r.WorkshopID).Group("worker_id")
	if workerID != 0 {
		claim, read = claim.Where("worker_id = ?", workerID), read.Where("worker_id = ?", workerID)
	}
	if _, err := claim.Exec(ctx); err != nil {
		return h, fmt.Errorf("claim hours: %w", err)
	}
	var list []struct{ WorkerID, Minutes int64 }
	if err := read.Scan(ctx, &list); err != nil {
		return h, fmt.Errorf("read hours: %w", err)
	}
	for _, w := range list {
		h.Minutes[w.WorkerID] = w.Minutes
	}
	var err error
	if h.Hourly, err = MinimumHourly(ctx, db, r.Workshop.WageRegion, r.PeriodTo); err != nil || len(list) == 0 {
		return h, err
	}
	h.ByOrder, err = r.earnedByOrder(ctx, db, workerID)
	return h, err
}

// earnedByOrder is what locked runs of single orders have paid, of the work in the sessions whose hours this run has, of one worker or
// (0) of all. What counts towards the minimum wage counts: ordinary time, and corrections do not.
func (r *PayRun) earnedByOrder(ctx context.Context, db bun.Tx, workerID int64) (map[int64]piecework.Money, error) {
	runs, err := r.runsOfOrders(ctx, db)
	if err != nil {
		return nil, err
	}
	earned := map[int64]piecework.Money{}
	for i := range runs {
		lines, _, err := runs[i].pricedAgain(ctx, db, piecework.Guarantee{}, func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("t.session_id IN (SELECT session_id FROM attendances WHERE run_id = ?)", r.ID)
		})
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			if (workerID == 0 || l.worker == workerID) && l.Kind != Correction && l.DayKind == piecework.OrdinaryDay {
				earned[l.worker] = earned[l.worker].Add(l.Amount)
			}
		}
	}
	return earned, nil
}

// runsOfOrders are the locked runs of single orders about days of this run.
func (r *PayRun) runsOfOrders(ctx context.Context, db bun.Tx) ([]PayRun, error) {
	var runs []PayRun
	err := db.NewSelect().Model(&runs).Relation("Workshop").Where("pr.workshop_id = ? AND pr.order_id IS NOT NULL", r.WorkshopID).
		Where("pr.status IN (?) AND pr.period_from <= ? AND pr.period_to >= ?", bun.List([]RunStatus{Approved, PaidOut}), r.PeriodTo, r.PeriodFrom).Order("pr.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("find runs of orders: %w", err)
	}
	return runs, nil
}

// pricedAgain is the lines of some of the work that a locked run has claimed, at the rates it used, and where something is guaranteed what
// each day's pieces come to.
func (r *PayRun) pricedAgain(ctx context.Context, db bun.Tx, g piecework.Guarantee, of which) ([]workerLine, map[WorkerDay]*big.Rat, error) {
	claimed := func(q *bun.SelectQuery) *bun.SelectQuery {
		return of(q).Where("EXISTS (SELECT 1 FROM tally_claims tc WHERE tc.tally_id = t.id AND tc.run_id = ?)", r.ID)
	}
	in := Input{Policy: r.Policy, Guaranteed: Guaranteed{Guarantee: g}}
	used, err := r.usedRates(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	if in.Work, err = sumWork(ctx, db, claimed); err != nil {
		return nil, nil, err
	}
	reversals, err := readReversals(ctx, db, r.ID, claimed)
	if err != nil {
		return nil, nil, err
	}
	for _, rev := range reversals {
		in.Work = append(in.Work, rev.work())
	}
	for i, w := range in.Work {
		if w.Fixed == nil {
			in.Work[i].Fixed = used[Unpriced{w.OrderID, w.OperationID, w.Day}]
		}
	}
	if err := addRules(ctx, db, r.Workshop, &in); err != nil {
		return nil, nil, err
	}
	if err := addTimes(ctx, db, r.ID, &in); err != nil {
		return nil, nil, err
	}
	lines, earned := in.workLines(&Result{Unpriced: map[Unpriced]piecework.Counts{}, Priced: map[Unpriced]*piecework.PieceRate{}})
	return lines, earned, nil
}

// MinimumHourly is the minimum wage for an hour in a region on a day; 0 when it is not known.
func MinimumHourly(ctx context.Context, db bun.IDB, region string, day piecework.Date) (piecework.Money, error) {
	var found []MinimumWage
	err := db.NewSelect().Model(&found).Where("region = ? AND effective_from <= ?", region, day).Order("effective_from DESC").Limit(1).Scan(ctx)
	if err != nil {
		return piecework.Money{}, fmt.Errorf("read minimum wage: %w", err)
	}
	if len(found) == 0 {
		return piecework.Money{}, nil
	}
	return found[0].Hourly, nil
}
