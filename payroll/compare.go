package payroll

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Change is a worker whose pay in a run stands out against the run before.
type Change struct {
	SlipID        int64
	Worker        *piecework.Worker
	Before, After piecework.Money // gross of the two runs; Before is 0.00 when she had no slip
	ZeroNet       bool            // nothing is left for her to be paid
}

// changeFactor is how many times the daily gross must have grown or shrunk to stand out.
const changeFactor = 2

// Changes lists the slips of a run a person should look at: those with nothing left to pay, and those whose gross for a day
// of the period is more than twice, or less than half, that of the previous run, by worker code. previous may be nil.
func Changes(ctx context.Context, db bun.IDB, run, previous *PayRun) ([]Change, error) {
	now, err := grossOf(ctx, db, run)
	if err != nil {
		return nil, err
	}
	before := map[int64]piecework.Money{}
	if previous != nil {
		list, err := grossOf(ctx, db, previous)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			before[s.WorkerID] = s.Gross
		}
	}
	var changes []Change
	for _, s := range now {
		was, known := before[s.WorkerID]
		c := Change{SlipID: s.ID, Worker: s.Worker, Before: was, After: s.Gross, ZeroNet: s.Net.IsZero()}
		if c.ZeroNet || known && standsOut(was.Fen()*run.days(), s.Gross.Fen()*previous.days()) {
			changes = append(changes, c)
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Worker.Code, b.Worker.Code) })
	return changes, nil
}

// outlierFactor is how many times the middle slip of a run one must be to be far above the others, and leastSlips from how many slips on a
// run has a middle worth the name.
const (
	outlierFactor = 3
	leastSlips    = 5
)

// Outliers lists the slips of a run whose gross is more than three times the middle one, the largest first, and the middle. A run of fewer
// than five slips has none.
func Outliers(ctx context.Context, db bun.IDB, runID int64) (list []Slip, middle piecework.Money, err error) {
	current := func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("sl.run_id = ? AND NOT sl.superseded", runID)
	}
	n, err := current(db.NewSelect().Model((*Slip)(nil))).Count(ctx)
	if err != nil || n < leastSlips {
		return nil, middle, err
	}
	err = current(db.NewSelect().Model((*Slip)(nil)).Column("gross")).Order("sl.gross").Offset(n/2).Limit(1).Scan(ctx, &middle)
	if err == nil {
		err = current(db.NewSelect().Model(&list).Relation("Worker")).Where("sl.gross > ?", outlierFactor*middle.Fen()).OrderExpr("sl.gross DESC, sl.id").Scan(ctx)
	}
	if err != nil {
		return nil, middle, fmt.Errorf("find outliers: %w", err)
	}
	return list, middle, nil
}

// standsOut compares two amounts that were brought to the same number of days.
func standsOut(before, after int64) bool {
	return after > changeFactor*before || before > changeFactor*after
}

// days is how many days the period has, at least 1.
func (r *PayRun) days() int64 {
	return int64(r.PeriodTo.Time().Sub(r.PeriodFrom.Time()).Hours()/24) + 1
}

func grossOf(ctx context.Context, db bun.IDB, run *PayRun) ([]Slip, error) {
	var list []Slip
	if err := db.NewSelect().Model(&list).Relation("Worker").Where("sl.run_id = ? AND NOT sl.superseded", run.ID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read gross pay: %w", err)
	}
	return list, nil
}

// TotalsOfRuns sums the current slips of several runs at once, by run. A run without slips is not in the answer.
func TotalsOfRuns(ctx context.Context, db bun.IDB, runs []PayRun) (map[int64]Totals, error) {
	totals := make(map[int64]Totals, len(runs))
	if len(runs) == 0 {
		return totals, nil
	}
	ids := make([]int64, len(runs))
	for i := range runs {
		ids[i] = runs[i].ID
	}
	var list []struct {
		RunID  int64
		Totals `bun:",extend"`
	}
	err := db.NewSelect().TableExpr("slips").ColumnExpr("run_id, COUNT(*) AS workers").
		ColumnExpr(sums("gross", "deductions", "tax", "net", "carried_forward")).
		Where("run_id IN (?) AND NOT superseded", bun.List(ids)).Group("run_id").Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("sum runs: %w", err)
	}
	for _, t := range list {
		totals[t.RunID] = t.Totals
	}
	return totals, nil
}

// RunOfTally is the run that has claimed a tally, or nil when none has.
func RunOfTally(ctx context.Context, db bun.IDB, tallyID int64) (*PayRun, error) {
	var list []PayRun
	err := db.NewSelect().Model(&list).Where("pr.id = (SELECT run_id FROM tally_claims WHERE tally_id = ?)", tallyID).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the run of a tally: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return &list[0], nil
}

// Taken is everything that was taken from the gross: tax and deductions.
func (s *Slip) Taken() piecework.Money { return s.Tax.Add(s.Deductions) }
