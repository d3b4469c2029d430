package payroll

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// AdjustmentKinds are the kinds a person can enter, in the order a form offers them.
var AdjustmentKinds = []Kind{Bonus, Allowance, Deduction, Damage, Advance}

// Adjustment is something besides pieces that changes a worker's pay in the period of its date. The amount is positive; the
// kind says whether it is added (bonus, allowance) or taken (deduction, damage, advance).
type Adjustment struct {
	bun.BaseModel `bun:"table:adjustments,alias:adj"`

	ID          int64 `bun:",pk,autoincrement"`
	WorkshopID  int64
	WorkerID    int64
	WorkDate    piecework.Date
	Kind        Kind
	Amount      piecework.Money
	Note        string
	RecordedAt  piecework.Instant
	RecordedBy  string
	RunID       int64 `bun:",nullzero"` // the run that took it in; 0 while it is open
	WithdrawnAt piecework.Instant
	WithdrawnBy string
	// NeedsApproval: no run takes it in before somebody else than who entered it has approved it.
	NeedsApproval bool
	ApprovedAt    piecework.Instant
	ApprovedBy    string
	Instalment    piecework.Money // of an advance: the most that one run takes back; 0: as much as fits
	NotBefore     piecework.Date  `bun:",nullzero"` // of an advance: runs that end before this day take nothing back

	Worker *piecework.Worker `bun:"rel:belongs-to,join:worker_id=id"`
	Run    *PayRun           `bun:"rel:belongs-to,join:run_id=id"`
}

// Validate reports every wrong field.
func (a *Adjustment) Validate() error {
	v := &piecework.Invalid{}
	if a.WorkerID == 0 {
		v.Add("worker", "choose one")
	}
	if a.WorkDate == "" {
		v.Add("date", "is required")
	}
	if !slices.Contains(AdjustmentKinds, a.Kind) {
		v.Add("kind", "%q is not one of the kinds", string(a.Kind))
	}
	if a.Amount.Sign() <= 0 {
		v.Add("amount", "must be more than 0")
	}
	if a.Instalment.Sign() < 0 || a.Instalment.Cmp(a.Amount) > 0 {
		v.Add("instalment", "must be between 0 and the amount")
	}
	if a.Kind != Advance && (!a.Instalment.IsZero() || a.NotBefore != "") {
		v.Add("instalment", "only an advance is taken back in parts or later")
	}
	v.AddMsg("note", piecework.CheckText(a.Note, piecework.MaxNote))
	return v.Err()
}

// Adjust records an adjustment. The workshop follows from the worker.
func Adjust(ctx context.Context, db bun.IDB, a *Adjustment) error {
	if err := a.Validate(); err != nil {
		return err
	}
	w, err := piecework.WorkerByID(ctx, db, a.WorkerID)
	if err != nil {
		return err
	}
	if err := w.Person(); err != nil {
		return err
	}
	a.WorkshopID, a.RecordedAt, a.NeedsApproval = w.WorkshopID, piecework.Now(), a.WantsSecond(w.Workshop)
	if _, err := db.NewInsert().Model(a).Exec(ctx); err != nil {
		return fmt.Errorf("record adjustment: %w", err)
	}
	return nil
}

// WantsSecond says whether the workshop wants a second person to approve an adjustment of that amount.
func (a *Adjustment) WantsSecond(w *piecework.Workshop) bool {
	return w.SecondPersonAbove >= 0 && a.Amount.Fen() > w.SecondPersonAbove
}

// Waits says whether somebody else must approve the adjustment first.
func (a *Adjustment) Waits() bool { return a.NeedsApproval && a.ApprovedAt == 0 && a.WithdrawnAt == 0 }

// AdjustmentByID returns one adjustment with its worker, or a not-found error.
func AdjustmentByID(ctx context.Context, db bun.IDB, id int64) (*Adjustment, error) {
	a := new(Adjustment)
	if err := orNotFound(db.NewSelect().Model(a).Relation("Worker").Where("adj.id = ?", id).Scan(ctx), "There is no such entry."); err != nil {
		return nil, err
	}
	return a, nil
}

// ApproveAdjustment lets runs take in an adjustment that waits for a second person, who is not the one who entered it.
func ApproveAdjustment(ctx context.Context, db bun.IDB, id int64, by string) error {
	a, err := AdjustmentByID(ctx, db, id)
	if err != nil {
		return err
	}
	if a.RecordedBy == by {
		return piecework.Forbidden("You entered this yourself. Somebody else must approve it.")
	}
	res, err := db.NewUpdate().Model((*Adjustment)(nil)).Set("approved_at = ?", piecework.Now()).Set("approved_by = ?", by).
		Where("id = ? AND needs_approval AND approved_at = 0 AND withdrawn_at = 0", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("approve adjustment: %w", err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return piecework.Conflict("This does not wait for approval: it is approved already, or withdrawn.")
	}
	return nil
}

// Postpone puts off what is still to be taken back of an advance: runs that end before a day take nothing of it. "" takes it up again.
func Postpone(ctx context.Context, db bun.IDB, id int64, until piecework.Date) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		a, err := AdjustmentByID(ctx, db, id)
		if err != nil {
			return err
		}
		if a.Kind != Advance || a.WithdrawnAt != 0 {
			return piecework.Conflict("Only an advance can be put off.")
		}
		if err := piecework.LockWorkshop(ctx, db, a.WorkshopID); err != nil {
			return err
		}
		a.NotBefore = until
		if _, err := db.NewUpdate().Model(a).Column("not_before").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("put off an advance: %w", err)
		}
		return piecework.OutdateDrafts(ctx, db, a.WorkshopID)
	})
}

// WithdrawAdjustment takes an adjustment back that no run has taken in. It stays in the books, struck.
func WithdrawAdjustment(ctx context.Context, db bun.IDB, id int64, by string) error {
	res, err := db.NewUpdate().Model((*Adjustment)(nil)).Set("withdrawn_at = ?", piecework.Now()).Set("withdrawn_by = ?", by).
		Where("id = ? AND run_id IS NULL AND withdrawn_at = 0", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("withdraw adjustment: %w", err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return piecework.Conflict("A pay run has already taken this in. Record the opposite instead.")
	}
	return nil
}

// Adjustments lists adjustments, the latest first, with worker and run. Status "open" narrows it to those no run has taken in,
// "approval" to those that wait for a second person.
func Adjustments(ctx context.Context, db bun.IDB, f piecework.Filter) (piecework.Page[Adjustment], error) {
	var list []Adjustment
	q := db.NewSelect().Model(&list).Relation("Worker").Relation("Run").OrderExpr("adj.work_date DESC, adj.id DESC")
	if f.WorkshopID != 0 {
		q = q.Where("adj.workshop_id = ?", f.WorkshopID)
	}
	if f.WorkerID != 0 {
		q = q.Where("adj.worker_id = ?", f.WorkerID)
	}
	if f.Status == "open" {
		q = q.Where("adj.run_id IS NULL AND adj.withdrawn_at = 0")
	}
	if f.Status == "approval" {
		q = q.Where("adj.needs_approval AND adj.approved_at = 0 AND adj.withdrawn_at = 0")
	}
	return piecework.List(ctx, q, &list, f, "adj.work_date", "worker.code", "worker.name", "adj.note")
}
