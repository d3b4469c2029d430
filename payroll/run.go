package payroll

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// RunStatus is how far a pay run has come. A draft may be computed again or discarded; an approved run never changes.
type RunStatus string

const (
	Draft     RunStatus = "draft"
	Approved  RunStatus = "approved"
	PaidOut   RunStatus = "paid"
	Discarded RunStatus = "discarded"
)

// PayRun (结算) is the pay of one workshop for a period of work dates, both ends included. It claims the tallies it pays.
// The same dates may be settled again later: a second run takes what came in after the first. A run of one order claims the tallies
// of that order and nothing else; adjustments and hours wait for a run of every order.
type PayRun struct {
	bun.BaseModel `bun:"table:pay_runs,alias:pr"`

	ID         int64 `bun:",pk,autoincrement"`
	WorkshopID int64
	OrderID    int64 `bun:",nullzero"` // the only order it settles; 0: every order
	PeriodFrom piecework.Date
	PeriodTo   piecework.Date
	Status     RunStatus
	ComputedAt piecework.Instant
	CreatedBy  string
	ApprovedAt piecework.Instant
	ApprovedBy string
	// ApprovedAlone: who approved it had made it or entered part of it, or is the command line; nobody else looked at it.
	ApprovedAlone bool
	PaidAt        piecework.Instant
	PaidBy        string
	Stale         bool                // a draft that must be computed again: sessions, grades, rules or what other runs have paid have changed
	Policy        `bun:"embed:"`      // the workshop's rules as they were when the run was computed
	Guarantee     piecework.Guarantee `bun:"embed:guarantee_"`

	Workshop *piecework.Workshop        `bun:"rel:belongs-to,join:workshop_id=id"`
	Order    *piecework.ProcessingOrder `bun:"rel:belongs-to,join:order_id=id"`
}

// Locked says whether the run can no longer change.
func (r *PayRun) Locked() bool { return r.Status == Approved || r.Status == PaidOut }

// Settle computes the draft of a workshop's period: a new one, or the one that exists. A conflict says that everything in
// the period is already in other runs.
func Settle(ctx context.Context, db bun.IDB, workshopID int64, from, to piecework.Date, by string) (*PayRun, error) {
	return settle(ctx, db, &PayRun{WorkshopID: workshopID, PeriodFrom: from, PeriodTo: to, Status: Draft, CreatedBy: by})
}

// SettleOrder is [Settle] for the tallies of one order alone, on work dates from through to.
func SettleOrder(ctx context.Context, db bun.IDB, orderID int64, from, to piecework.Date, by string) (*PayRun, error) {
	order, err := piecework.OrderByID(ctx, db, orderID)
	if err != nil {
		return nil, err
	}
	return settle(ctx, db, &PayRun{WorkshopID: order.WorkshopID, OrderID: order.ID, PeriodFrom: from, PeriodTo: to, Status: Draft, CreatedBy: by})
}

func settle(ctx context.Context, db bun.IDB, run *PayRun) (*PayRun, error) {
	from, to := run.PeriodFrom, run.PeriodTo
	if from == "" || to == "" || from > to {
		return nil, piecework.InvalidField("to", "the period must have two dates, the first not after the last")
	}
	err := piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if err := piecework.LockWorkshop(ctx, db, run.WorkshopID); err != nil {
			return err
		}
		err := db.NewSelect().Model(run).Where("workshop_id = ? AND COALESCE(order_id, 0) = ? AND period_from = ? AND period_to = ? AND status = ?", run.WorkshopID, run.OrderID, from, to, Draft).Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			_, err = db.NewInsert().Model(run).Exec(ctx)
		}
		if err != nil {
			return fmt.Errorf("start run: %w", err)
		}
		found, err := run.compute(ctx, db)
		if err == nil && found != news {
			err = nothingNew(ctx, db, run, found)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return run, nil
}

// OpenDays is the first and the last work date on which an order has tallies that no run has claimed; "" where there are none.
func OpenDays(ctx context.Context, db bun.IDB, orderID int64) (from, to piecework.Date, err error) {
	var days struct{ First, Last piecework.Date }
	err = db.NewSelect().TableExpr("tallies AS t").ColumnExpr("MIN(t.work_date) AS first, MAX(t.work_date) AS last").
		Where("t.order_id = ?", orderID).Where(unclaimed).Scan(ctx, &days)
	if err != nil {
		return "", "", fmt.Errorf("find open days: %w", err)
	}
	return days.First, days.Last, nil
}

// UsualDays is how many days the latest run of every order covers, of a workshop or (0) of any; 0 when there is none.
func UsualDays(ctx context.Context, db bun.IDB, workshopID int64) (int64, error) {
	var list []PayRun
	q := db.NewSelect().Model(&list).Where("order_id IS NULL AND status <> ?", Discarded).OrderExpr("period_to DESC, id DESC").Limit(1)
	if workshopID != 0 {
		q = q.Where("workshop_id = ?", workshopID)
	}
	if err := q.Scan(ctx); err != nil {
		return 0, fmt.Errorf("find the latest run: %w", err)
	}
	if len(list) == 0 {
		return 0, nil
	}
	return list[0].days(), nil
}

// nothingNew explains a run without news: the dates are settled already, or nothing in them can be paid. Only what was carried into
// dates that no run has settled makes a run by itself.
func nothingNew(ctx context.Context, db bun.Tx, run *PayRun, found outcome) error {
	other := new(PayRun)
	q := db.NewSelect().Model(other).Where("workshop_id = ? AND period_from <= ? AND period_to >= ?", run.WorkshopID, run.PeriodTo, run.PeriodFrom).
		Where("status <> ? AND id <> ?", Discarded, run.ID).Order("id DESC").Limit(1)
	if run.OrderID != 0 {
		q = q.Where("order_id IS NULL OR order_id = ?", run.OrderID)
	}
	err := q.Scan(ctx)
	switch {
	case err == nil && other.Status == Draft:
		return piecework.Conflict("Nothing new to settle from %s to %s: run %v already has it. That is a draft; discard it if this is to be settled by itself.", run.PeriodFrom, run.PeriodTo, other.ID)
	case err == nil:
		return piecework.Conflict("Nothing new to settle from %s to %s: run %v already has it.", run.PeriodFrom, run.PeriodTo, other.ID)
	case !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("find run: %w", err)
	case found == carriedOnly:
		return nil
	}
	return piecework.Conflict("Nothing to settle from %s to %s: no tally with an agreed rate and no adjustment falls into these dates.", run.PeriodFrom, run.PeriodTo)
}

// Recompute computes a draft again, taking in what has come since.
func Recompute(ctx context.Context, db bun.IDB, runID int64) error {
	return onDraft(ctx, db, runID, func(ctx context.Context, db bun.Tx, run *PayRun) error {
		_, err := run.compute(ctx, db)
		return err
	})
}

// Discard gives a draft up and sets free what it had claimed.
func Discard(ctx context.Context, db bun.IDB, runID int64) error {
	return onDraft(ctx, db, runID, func(ctx context.Context, db bun.Tx, run *PayRun) error {
		if err := run.release(ctx, db); err != nil {
			return err
		}
		run.Status = Discarded
		return run.save(ctx, db, "status")
	})
}

// onDraft runs f on a draft, alone in its workshop.
func onDraft(ctx context.Context, db bun.IDB, runID int64, f func(context.Context, bun.Tx, *PayRun) error) error {
	return locked(ctx, db, runID, func(ctx context.Context, db bun.Tx, run *PayRun) error {
		if run.Status != Draft {
			return piecework.Conflict("Run %v is %s and cannot change. What turned out wrong becomes a correction in the next run.", run.ID, run.Status)
		}
		return f(ctx, db, run)
	})
}

// locked runs f on a run, alone in its workshop.
func locked(ctx context.Context, db bun.IDB, runID int64, f func(context.Context, bun.Tx, *PayRun) error) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		run, err := RunByID(ctx, db, runID)
		if err != nil {
			return err
		}
		if err := piecework.LockWorkshop(ctx, db, run.WorkshopID); err != nil {
			return err
		}
		if run, err = RunByID(ctx, db, runID); err != nil {
			return err
		}
		return f(ctx, db, run)
	})
}

func (r *PayRun) save(ctx context.Context, db bun.Tx, columns ...string) error {
	if _, err := db.NewUpdate().Model(r).Column(columns...).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	return nil
}

// Runs lists runs, the latest period first. Status narrows it to one status; discarded runs show only when asked for.
func Runs(ctx context.Context, db bun.IDB, f piecework.Filter) (piecework.Page[PayRun], error) {
	var list []PayRun
	q := db.NewSelect().Model(&list).Relation("Workshop").Relation("Order").OrderExpr("pr.period_to DESC, pr.id DESC")
	if f.WorkshopID != 0 {
		q = q.Where("pr.workshop_id = ?", f.WorkshopID)
	}
	if f.Status != "" {
		q = q.Where("pr.status = ?", f.Status)
	} else {
		q = q.Where("pr.status <> ?", Discarded)
	}
	return piecework.List(ctx, q, &list, f, "pr.period_to", "workshop.code", "workshop.name", `"order"."code"`)
}

// RunByID returns one run with its workshop, or a not-found error.
func RunByID(ctx context.Context, db bun.IDB, id int64) (*PayRun, error) {
	r := new(PayRun)
	err := db.NewSelect().Model(r).Relation("Workshop").Relation("Order").Where("pr.id = ?", id).Scan(ctx)
	if err := orNotFound(err, "There is no pay run %v.", id); err != nil {
		return nil, err
	}
	return r, nil
}

// orNotFound is a not-found error with the given sentence where a query found nothing, and what went wrong where it failed.
func orNotFound(err error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return piecework.NotFound(format, args...)
	}
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	return nil
}

// Totals are the sums of a run's current slips.
type Totals struct {
	Workers                                     int64
	Gross, Deductions, Tax, Net, CarriedForward piecework.Money
}

// TotalsOf sums the current slips of a run.
func TotalsOf(ctx context.Context, db bun.IDB, runID int64) (Totals, error) {
	var t Totals
	err := db.NewSelect().Model((*Slip)(nil)).ColumnExpr("COUNT(*) AS workers").
		ColumnExpr(sums("gross", "deductions", "tax", "net", "carried_forward")).
		Where("run_id = ? AND NOT superseded", runID).Scan(ctx, &t)
	if err != nil {
		return t, fmt.Errorf("sum run: %w", err)
	}
	return t, nil
}
