package payroll

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// ChargeBack records a chargeback. Where workers bear it, each of those the ticket leads to gets her share as a damage deduction of that
// day: exact to the fen, and capped by her pay run as every damage is. Where the ticket leads to nobody no worker can bear it, and the
// error says why.
func ChargeBack(ctx context.Context, db bun.IDB, c *piecework.Chargeback) (*piecework.Trace, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	var trace *piecework.Trace
	err := piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		o, err := piecework.OrderByID(ctx, db, c.OrderID)
		if err != nil {
			return err
		}
		if err := piecework.NotStated(ctx, db, o.WorkshopID, o.ContractorID, c.ChargedOn); err != nil {
			return err
		}
		if trace, err = piecework.TraceBack(ctx, db, c); err != nil {
			return err
		}
		if c.Bearer == piecework.BearsWorker && trace.Without != nil {
			return piecework.InvalidField("bearer", "no worker can bear this: %s", trace.Without)
		}
		c.RecordedAt = piecework.Now()
		if _, err := db.NewInsert().Model(c).Exec(ctx); err != nil {
			return fmt.Errorf("record chargeback: %w", err)
		}
		if err := piecework.BookFlow(ctx, db, piecework.Flow{OrderID: c.OrderID, Charged: c.Amount}); err != nil {
			return err
		}
		if c.Bearer != piecework.BearsWorker {
			return nil
		}
		c.Shares = trace.Shares(c.Amount)
		return takeShares(ctx, db, c, o)
	})
	return trace, err
}

// takeShares stores the shares of a chargeback and the deductions that take them.
func takeShares(ctx context.Context, db bun.Tx, c *piecework.Chargeback, o *piecework.ProcessingOrder) error {
	for i := range c.Shares {
		s := &c.Shares[i]
		s.ChargebackID = c.ID
		if s.Amount.Sign() > 0 {
			a := &Adjustment{WorkerID: s.WorkerID, WorkDate: c.ChargedOn, Kind: Damage, Amount: s.Amount, RecordedBy: c.RecordedBy,
				Note: fmt.Sprintf("%s %s: %.300s", o.Code, c.Ticket, c.Reason)}
			if err := Adjust(ctx, db, a); err != nil {
				return err
			}
			s.AdjustmentID = a.ID
		}
		if _, err := db.NewInsert().Model(s).Exec(ctx); err != nil {
			return fmt.Errorf("record share: %w", err)
		}
	}
	return nil
}

// WithdrawChargeback takes a chargeback back, and with it the deductions of workers. It is a conflict once a run has taken one of these
// in, or both sides have confirmed a statement that holds it.
func WithdrawChargeback(ctx context.Context, db bun.IDB, id int64, by string) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		c, err := piecework.ChargebackByID(ctx, db, id)
		if err != nil {
			return err
		}
		if err := piecework.NotStated(ctx, db, c.Order.WorkshopID, c.Order.ContractorID, c.ChargedOn); err != nil {
			return err
		}
		res, err := db.NewUpdate().Model((*piecework.Chargeback)(nil)).Set("withdrawn_at = ?", piecework.Now()).Set("withdrawn_by = ?", by).
			Where("id = ? AND withdrawn_at = 0", id).Exec(ctx)
		if err != nil {
			return fmt.Errorf("withdraw chargeback: %w", err)
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return piecework.Conflict("This chargeback was withdrawn already.")
		}
		for _, s := range c.Shares {
			if s.AdjustmentID == 0 {
				continue
			}
			if err := WithdrawAdjustment(ctx, db, s.AdjustmentID, by); err != nil {
				return err
			}
		}
		return piecework.BookFlow(ctx, db, piecework.Flow{OrderID: c.OrderID, Charged: c.Amount.Neg()})
	})
}
