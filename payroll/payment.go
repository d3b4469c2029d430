package payroll

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Method is how money changes hands.
type Method string

// The methods.
const (
	Cash   Method = "cash"
	Bank   Method = "bank"
	WeChat Method = "wechat"
	Alipay Method = "alipay"
)

// Methods are all methods, in the order a form offers them.
var Methods = []Method{Cash, Bank, WeChat, Alipay}

// Payment is money that a worker received for a run, whole or in part. An amount below zero takes back what did not arrive.
type Payment struct {
	bun.BaseModel `bun:"table:slip_payments,alias:pay"`

	ID         int64 `bun:",pk,autoincrement"`
	RunID      int64
	WorkerID   int64
	Amount     piecework.Money
	Method     Method
	PaidOn     piecework.Date // "": today in the workshop
	Note       string
	RecordedAt piecework.Instant
	RecordedBy string
}

// Validate reports every wrong field.
func (p *Payment) Validate() error {
	v := &piecework.Invalid{}
	if !slices.Contains(Methods, p.Method) {
		v.Add("method", "choose one")
	}
	v.AddMsg("note", piecework.CheckText(p.Note, piecework.MaxNote))
	if p.Amount.Sign() < 0 && p.Note == "" {
		v.Add("note", "say why it is taken back")
	}
	return v.Err()
}

// Pay notes that a worker of an approved run received an amount; an amount of 0 is all that she is still owed. With the last payment
// the run is paid out. It cannot be more than she is owed, nor take back more than she received.
func Pay(ctx context.Context, db bun.IDB, p Payment) error {
	if err := p.Validate(); err != nil {
		return err
	}
	return locked(ctx, db, p.RunID, func(ctx context.Context, db bun.Tx, run *PayRun) error {
		owed, err := run.owed(ctx, db)
		if err != nil {
			return err
		}
		o, ok := owed[p.WorkerID]
		switch {
		case !ok:
			return piecework.NotFound("There is no such slip.")
		case p.Amount.IsZero() && o.left().IsZero():
			return piecework.Conflict("She has received everything already.")
		case p.Amount.IsZero():
			p.Amount = o.left()
		case p.Amount.Cmp(o.left()) > 0:
			return piecework.InvalidField("amount", "is more than the %s she is still owed", o.left())
		case p.Amount.Add(o.paid).Sign() < 0:
			return piecework.InvalidField("amount", "takes back more than the %s she received", o.paid)
		}
		if err := run.pay(ctx, db, []Payment{p}); err != nil {
			return err
		}
		o.paid = o.paid.Add(p.Amount)
		owed[p.WorkerID] = o
		return run.settlePaid(ctx, db, owed, p.RecordedBy)
	})
}

// PayRest notes that everybody of an approved run received what she was still owed. Of p, Method, PaidOn, Note and RecordedBy count.
func PayRest(ctx context.Context, db bun.IDB, runID int64, p Payment) error {
	p.Amount = piecework.Money{}
	if err := p.Validate(); err != nil {
		return err
	}
	return locked(ctx, db, runID, func(ctx context.Context, db bun.Tx, run *PayRun) error {
		if run.Status != Approved {
			return piecework.Conflict("Run %v is %s; only an approved run can be paid.", run.ID, run.Status)
		}
		owed, err := run.owed(ctx, db)
		if err != nil {
			return err
		}
		var list []Payment
		for worker, o := range owed {
			if left := o.left(); left.Sign() > 0 {
				rest := p
				rest.WorkerID, rest.Amount = worker, left
				list = append(list, rest)
				owed[worker] = balance{o.net, o.net}
			}
		}
		slices.SortFunc(list, func(a, b Payment) int { return int(a.WorkerID - b.WorkerID) })
		if err := run.pay(ctx, db, list); err != nil {
			return err
		}
		return run.settlePaid(ctx, db, owed, p.RecordedBy)
	})
}

// balance is what a worker is owed of a run, and what she received.
type balance struct{ net, paid piecework.Money }

func (b balance) left() piecework.Money { return b.net.Sub(b.paid) }

// owed is the balance of every worker of a locked run.
func (r *PayRun) owed(ctx context.Context, db bun.IDB) (map[int64]balance, error) {
	if !r.Locked() {
		return nil, piecework.Conflict("Run %v is %s; only an approved run can be paid.", r.ID, r.Status)
	}
	var slips []Slip
	if err := db.NewSelect().Model(&slips).Column("worker_id", "net").Where("run_id = ? AND NOT superseded", r.ID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read what is owed: %w", err)
	}
	paid, err := PaidOf(ctx, db, r.ID)
	if err != nil {
		return nil, err
	}
	owed := make(map[int64]balance, len(slips))
	for _, s := range slips {
		owed[s.WorkerID] = balance{s.Net, paid[s.WorkerID]}
	}
	return owed, nil
}

// pay writes payments down.
func (r *PayRun) pay(ctx context.Context, db bun.Tx, list []Payment) error {
	for i := range list {
		p := &list[i]
		p.RunID, p.RecordedAt = r.ID, piecework.Now()
		if p.PaidOn == "" {
			p.PaidOn = r.Workshop.Today()
		}
	}
	for chunk := range slices.Chunk(list, 1000) {
		if _, err := db.NewInsert().Model(&chunk).Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("write payments down: %w", err)
		}
	}
	return nil
}

// settlePaid marks the run as paid out when nobody is owed anything, and as not paid out when somebody is again.
func (r *PayRun) settlePaid(ctx context.Context, db bun.Tx, owed map[int64]balance, by string) error {
	r.Status, r.PaidAt, r.PaidBy = PaidOut, piecework.Now(), by
	for _, o := range owed {
		if !o.left().IsZero() {
			r.Status, r.PaidAt, r.PaidBy = Approved, 0, ""
		}
	}
	return r.save(ctx, db, "status", "paid_at", "paid_by")
}

// PaidOf is what each worker received for a run, by worker.
func PaidOf(ctx context.Context, db bun.IDB, runID int64) (map[int64]piecework.Money, error) {
	var list []struct {
		WorkerID int64
		Amount   piecework.Money
	}
	err := db.NewSelect().Model((*Payment)(nil)).Column("worker_id").ColumnExpr(sums("amount")).Where("run_id = ?", runID).Group("worker_id").Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("sum payments: %w", err)
	}
	paid := make(map[int64]piecework.Money, len(list))
	for _, p := range list {
		paid[p.WorkerID] = p.Amount
	}
	return paid, nil
}

// hasPaid says whether a worker holds money of the run.
func (r *PayRun) hasPaid(ctx context.Context, db bun.IDB, workerID int64) (bool, error) {
	paid, err := PaidOf(ctx, db, r.ID)
	return !paid[workerID].IsZero(), err
}

// PaymentsOf is what a worker received for a run, in the order in which it was written down.
func PaymentsOf(ctx context.Context, db bun.IDB, runID, workerID int64) ([]Payment, error) {
	var list []Payment
	if err := db.NewSelect().Model(&list).Where("run_id = ? AND worker_id = ?", runID, workerID).Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	return list, nil
}

// verifyPayments holds that nobody received more than her slip or less than nothing, and that a run is paid out when everybody has all.
func verifyPayments(ctx context.Context, db bun.IDB) error {
	paid := db.NewSelect().Model((*Payment)(nil)).ColumnExpr("run_id, worker_id, SUM(amount) AS amount").Group("run_id", "worker_id")
	var wrong []struct {
		Code  string
		RunID int64
	}
	err := db.NewSelect().TableExpr("(?) AS x", paid).ColumnExpr("w.code, x.run_id").Join("JOIN workers AS w ON w.id = x.worker_id").
		Join("LEFT JOIN slips AS s ON s.run_id = x.run_id AND s.worker_id = x.worker_id AND NOT s.superseded").
		Where("s.id IS NULL OR x.amount > s.net OR x.amount < 0").OrderExpr("x.run_id, w.code").Limit(1).Scan(ctx, &wrong)
	if err != nil {
		return fmt.Errorf("compare payments: %w", err)
	}
	for _, p := range wrong {
		return fmt.Errorf("run %d: what %s received is not what her slip pays", p.RunID, p.Code)
	}
	err = db.NewSelect().TableExpr("slips AS s").ColumnExpr("w.code, s.run_id").Join("JOIN workers AS w ON w.id = s.worker_id").
		Join("JOIN pay_runs AS p ON p.id = s.run_id AND p.status = ?", PaidOut).Join("LEFT JOIN (?) AS x ON x.run_id = s.run_id AND x.worker_id = s.worker_id", paid).
		Where("NOT s.superseded AND s.net <> COALESCE(x.amount, 0)").OrderExpr("s.run_id, w.code").Limit(1).Scan(ctx, &wrong)
	if err != nil {
		return fmt.Errorf("compare paid runs: %w", err)
	}
	for _, p := range wrong {
		return fmt.Errorf("run %d is marked as paid, but %s has not received all of her slip", p.RunID, p.Code)
	}
	return nil
}
