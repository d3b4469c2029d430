package payroll

import (
	"context"
	"fmt"

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
}

// MinimumWages lists every region's figures, by region, the latest first.
func MinimumWages(ctx context.Context, db bun.IDB) ([]MinimumWage, error) {
	var list []MinimumWage
	if err := db.NewSelect().Model(&list).Order("region", "effective_from DESC").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list minimum wages: %w", err)
	}
	return list, nil
}

// Hours is how long workers were there, and what an hour must come to at least.
type Hours struct {
	Minutes map[int64]int64 // by worker; whoever is not in it has no known hours
	Hourly  piecework.Money // 0 when the workshop has not said in which region it lies
	TopUp   bool            // pay the difference, on a line of its own; else only show it
}

// forTime is what minutes at an amount an hour come to, rounded half-up to the fen once.
func forTime(hourly piecework.Money, minutes int64) piecework.Money {
	return piecework.RoundMoney(hourly.Decimal().Mul(decimal.NewFromInt(minutes)).DivRound(decimal.NewFromInt(60), 16))
}

// makeUp compares what pieces and bonuses come to with the minimum for the time. Allowances do not count towards it (Minimum Wage
// Provisions 2004, art. 12). Where the policy is to top up, the difference becomes a line.
func (s *Slip) makeUp(h Hours) {
	s.Minutes, s.MinimumHourly = h.Minutes[s.WorkerID], h.Hourly
	short := s.MinimumPay().Sub(s.counted())
	if h.TopUp && short.Sign() > 0 {
		s.Lines = append(s.Lines, Line{Kind: MakeUp, Amount: short})
		s.Gross = s.Gross.Add(short)
	}
}

// MinimumPay is the minimum wage for the slip's time; 0 when time or minimum is not known.
func (s *Slip) MinimumPay() piecework.Money { return forTime(s.MinimumHourly, s.Minutes) }

// counted is the pay that counts towards the minimum wage.
func (s *Slip) counted() piecework.Money {
	var sum piecework.Money
	for _, l := range s.Lines {
		if l.Amount.Sign() > 0 && l.Kind != Allowance && l.Kind != MakeUp {
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
func (s *Slip) BelowMinimum() bool { return s.counted().Cmp(s.MinimumPay()) < 0 }

// claimHours takes in the finished attendances of the period that no other run has looked at, of one worker or (0) of all, and
// returns all the hours that the run has.
func (r *PayRun) claimHours(ctx context.Context, db bun.Tx, workerID int64) (Hours, error) {
	h := Hours{TopUp: r.Workshop.TopUp, Minutes: map[int64]int64{}}
	claim := db.NewUpdate().Model((*piecework.Attendance)(nil)).Set("run_id = ?", r.ID).Where("run_id IS NULL AND check_out > 0").
		Where("session_id IN (SELECT id FROM work_sessions WHERE workshop_id = ? AND work_date BETWEEN ? AND ?)", r.WorkshopID, r.PeriodFrom, r.PeriodTo)
	read := db.NewSelect().Model((*piecework.Attendance)(nil)).Column("worker_id").
		ColumnExpr("CAST(SUM(check_out - check_in) / 60000 AS BIGINT) AS minutes").Where("run_id = ?", r.ID).Group("worker_id")
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
	var minimum []MinimumWage
	err := db.NewSelect().Model(&minimum).Where("region = ? AND effective_from <= ?", r.Workshop.WageRegion, r.PeriodTo).
		Order("effective_from DESC").Limit(1).Scan(ctx)
	if err != nil {
		return h, fmt.Errorf("read minimum wage: %w", err)
	}
	if len(minimum) > 0 {
		h.Hourly = minimum[0].Hourly
	}
	return h, nil
}
