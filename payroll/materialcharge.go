package payroll

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// MaterialCharge is what a worker bears of material that was lost beyond the rate of an order.
type MaterialCharge struct {
	bun.BaseModel `bun:"table:material_charges,alias:mch"`

	ID           int64 `bun:",pk,autoincrement"`
	OrderID      int64
	MaterialID   int64
	WorkerID     int64
	Amount       piecework.Money
	AdjustmentID int64

	Material   *piecework.Material `bun:"rel:belongs-to,join:material_id=id"`
	Worker     *piecework.Worker   `bun:"rel:belongs-to,join:worker_id=id"`
	Adjustment *Adjustment         `bun:"rel:belongs-to,join:adjustment_id=id"`
}

// MaterialCharges are the charges of an order that stand, the latest first.
func MaterialCharges(ctx context.Context, db bun.IDB, orderID int64) ([]MaterialCharge, error) {
	var list []MaterialCharge
	err := db.NewSelect().Model(&list).Relation("Material").Relation("Worker").Relation("Adjustment").
		Where("mch.order_id = ? AND adjustment.withdrawn_at = 0", orderID).Order("mch.id DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list material charges: %w", err)
	}
	return list, nil
}

// DueCharges works out what workers are still to be charged for one material. Only what was lost beyond the rate is charged, and of that
// only what can be traced to a worker: material she had and neither used nor brought back, of lots and sessions that are over. Where
// more is traced than the rate leaves, each bears her part by largest remainder. What cannot be traced is borne by the workshop.
func DueCharges(o *piecework.ProcessingOrder, u *piecework.Use, before []MaterialCharge) []MaterialCharge {
	if o.LossBorneBy != piecework.LossWorker || u.Own && u.LossCost().IsZero() {
		return nil
	}
	missing := map[int64]piecework.Measure{}
	for i := range u.Places {
		if p := &u.Places[i]; p.Done && p.WorkerID != 0 && p.Missing() > 0 {
			missing[p.WorkerID] += p.Missing()
		}
	}
	var workers, weights []int64
	traced := piecework.Measure(0)
	for id, m := range missing {
		workers, traced = append(workers, id), traced+m
	}
	slices.SortFunc(workers, cmp.Compare)
	for _, id := range workers {
		weights = append(weights, int64(missing[id]))
	}
	if traced == 0 {
		return nil
	}
	var due []MaterialCharge
	for i, part := range u.CostOf(min(u.Excess(), traced)).Split(weights) {
		for _, c := range before {
			if c.MaterialID == u.MaterialID && c.WorkerID == workers[i] {
				part = part.Sub(c.Amount)
			}
		}
		if part.Sign() > 0 {
			due = append(due, MaterialCharge{OrderID: o.ID, MaterialID: u.MaterialID, WorkerID: workers[i], Amount: part, Material: u.Material})
		}
	}
	return due
}

// ChargeLoss charges workers what they are due for lost material of an order, as damage on a day: the cap on damage deductions holds for
// it when a run takes it in. It says how many were charged; nothing due is a conflict.
func ChargeLoss(ctx context.Context, db bun.IDB, orderID int64, day piecework.Date, by string) (charged int, err error) {
	err = piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		o, err := piecework.OrderByID(ctx, db, orderID)
		if err != nil {
			return err
		}
		if err := piecework.LockWorkshop(ctx, db, o.WorkshopID); err != nil {
			return err
		}
		before, err := MaterialCharges(ctx, db, orderID)
		if err != nil {
			return err
		}
		uses, err := piecework.MaterialUse(ctx, db, o)
		if err != nil {
			return err
		}
		charged = 0
		for i := range uses {
			for _, c := range DueCharges(o, &uses[i], before) {
				a := &Adjustment{WorkerID: c.WorkerID, WorkDate: day, Kind: Damage, Amount: c.Amount, Note: o.Code + " " + uses[i].Material.Name, RecordedBy: by}
				if err := Adjust(ctx, db, a); err != nil {
					return err
				}
				c.AdjustmentID = a.ID
				if _, err := db.NewInsert().Model(&c).Exec(ctx); err != nil {
					return fmt.Errorf("record material charge: %w", err)
				}
				charged++
			}
		}
		if charged == 0 {
			return piecework.Conflict("There is nothing to charge: what was lost is within the rate, is charged already, or cannot be traced to a worker.")
		}
		return nil
	})
	return charged, err
}
