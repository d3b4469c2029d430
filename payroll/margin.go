package payroll

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Margin is what an order earns as the books are now: Result = Fee + Made − Wages − Material − Lost − Charged + Borne. Wages are for
// pieces only: bonuses, allowances and make-up pay belong to no order, nor does what an employer pays besides.
type Margin struct {
	Order    *piecework.ProcessingOrder
	Fee      piecework.Money // for what is accepted
	Made     piecework.Money // for finished pieces that the contractor has not decided about
	Wages    piecework.Money // what approved runs paid, and Open
	Open     piecework.Money // what counted pieces come to that no approved run has, at the rates as they are
	Waiting  int64           // pieces that have no rate yet; they are not in Wages
	Material piecework.Money // own material, used or lost
	Lost     piecework.Money // the contractor's material lost beyond the rate
	Charged  piecework.Money // chargebacks that lower what the contractor owes
	Borne    piecework.Money // what workers bear of Charged and of lost material
	Result   piecework.Money
	Forecast Forecast

	made, decided int64 // pieces finished, and accepted or rejected
	accepted      piecework.FeeCount
	book          piecework.FeeBook
	uses          []piecework.Use
}

// Forecast is what an order comes to by a day if the work goes on as in the last sessions, at the rates of today.
type Forecast struct {
	Day      piecework.Date // the due date, or the day of finishing where none is agreed
	Pieces   int64          // finished by then
	Result   piecework.Money
	Finish   piecework.Date // the last piece; "" when nothing is left or nothing was made lately
	Unpriced int            // operations without a rate: Result is too high by their wages
}

// Late says whether the order will be finished only after its due date.
func (f Forecast) Late(o *piecework.ProcessingOrder) bool { return o.DueOn != "" && f.Finish > o.DueOn }

func (m *Margin) sum() piecework.Money {
	return m.Fee.Add(m.Made).Sub(m.Wages).Sub(m.Material).Sub(m.Lost).Sub(m.Charged).Add(m.Borne)
}

// Margins works out the margin of orders, whose products have been read with their operations, as it is on a day. All of them must be of
// one workshop.
func Margins(ctx context.Context, db bun.IDB, today piecework.Date, list ...*piecework.ProcessingOrder) ([]Margin, error) {
	if len(list) == 0 {
		return nil, nil
	}
	margins, ids := make([]Margin, len(list)), make([]int64, len(list))
	at := map[int64]*Margin{}
	for i, o := range list {
		margins[i].Order, ids[i] = o, o.ID
		at[o.ID] = &margins[i]
	}
	for _, read := range []func() error{
		func() error { return addFees(ctx, db, at, today, list) },
		func() error { return addWages(ctx, db, at, ids) },
		func() error { return addOpenWages(ctx, db, at, ids, list[0].WorkshopID) },
		func() error { return addMaterial(ctx, db, at, list) },
		func() error { return addCharged(ctx, db, at, ids) },
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	for i := range margins {
		margins[i].Result = margins[i].sum()
	}
	return margins, addForecasts(ctx, db, at, today, list)
}

// addFees adds what accepted and finished pieces earn.
func addFees(ctx context.Context, db bun.IDB, at map[int64]*Margin, today piecework.Date, list []*piecework.ProcessingOrder) error {
	lines, err := piecework.FeesEarned(ctx, db, list...)
	if err != nil {
		return err
	}
	for _, l := range lines {
		m := at[l.OrderID]
		m.Fee = m.Fee.Add(l.Amount())
	}
	for _, o := range list {
		m := at[o.ID]
		finished, err := piecework.FinishedPieces(ctx, db, o)
		if err != nil {
			return err
		}
		m.made, m.decided = finished.Made, finished.Handed.Accepted+finished.Handed.Rejected
		if m.book, err = piecework.FeesOf(ctx, db, o); err != nil {
			return err
		}
		if m.accepted, err = piecework.FeeCountOf(ctx, db, o, m.book); err != nil {
			return err
		}
		m.Made = m.expect(today, m.made)
	}
	return nil
}

// expect is what pieces up to a number will earn, once accepted, beyond those the contractor has decided about.
func (m *Margin) expect(day piecework.Date, pieces int64) (sum piecework.Money) {
	for _, part := range m.book.Price(day, m.accepted, max(0, pieces-m.decided)) {
		sum = sum.Add(part.Fee.Times(part.Quantity))
	}
	return sum
}

// addWages adds what approved runs paid for pieces of the orders.
func addWages(ctx context.Context, db bun.IDB, at map[int64]*Margin, ids []int64) error {
	var paid []struct {
		OrderID int64
		Amount  piecework.Money
	}
	err := db.NewSelect().TableExpr("slip_lines AS ln").Join("JOIN slips AS sl ON sl.id = ln.slip_id AND NOT sl.superseded").
		Join("JOIN pay_runs AS pr ON pr.id = sl.run_id AND pr.status IN (?)", bun.List([]RunStatus{Approved, PaidOut})).
		ColumnExpr("ln.order_id, CAST(SUM(ln.amount) AS BIGINT) AS amount").Where("ln.order_id IN (?)", bun.List(ids)).Group("ln.order_id").Scan(ctx, &paid)
	if err != nil {
		return fmt.Errorf("sum wages of orders: %w", err)
	}
	for _, p := range paid {
		at[p.OrderID].Wages = p.Amount
	}
	return nil
}

// addOpenWages adds what counted pieces come to that no approved run has: each line is rounded as on a slip.
func addOpenWages(ctx context.Context, db bun.IDB, at map[int64]*Margin, ids []int64, workshopID int64) error {
	workshop, err := piecework.WorkshopByID(ctx, db, workshopID)
	if err != nil {
		return err
	}
	in, err := readWork(ctx, db, workshop, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("t.order_id IN (?)", bun.List(ids)).Where("NOT " + piecework.InLockedRun)
	})
	if err != nil {
		return err
	}
	if err := addBefore(ctx, db, 0, &in); err != nil {
		return err
	}
	res := Result{Unpriced: map[Unpriced]piecework.Counts{}, Priced: map[Unpriced]*piecework.PieceRate{}}
	lines, _ := in.workLines(&res)
	for _, l := range lines {
		if m := at[l.OrderID]; m != nil {
			m.Open = m.Open.Add(l.Amount)
			m.Wages = m.Wages.Add(l.Amount)
		}
	}
	for of, counts := range res.Unpriced {
		if m := at[of.OrderID]; m != nil {
			m.Waiting += in.Policy.Paid(counts)
		}
	}
	return nil
}

// addMaterial adds what material costs, and what workers bear of it.
func addMaterial(ctx context.Context, db bun.IDB, at map[int64]*Margin, list []*piecework.ProcessingOrder) error {
	uses, err := piecework.MaterialUse(ctx, db, list...)
	if err != nil {
		return err
	}
	for _, u := range uses {
		m := at[u.OrderID]
		m.uses = append(m.uses, u)
		if u.Own {
			m.Material = m.Material.Add(u.Cost())
		} else {
			m.Lost = m.Lost.Add(u.Cost())
		}
	}
	for id, m := range at {
		charges, err := MaterialCharges(ctx, db, id)
		if err != nil {
			return err
		}
		for _, c := range charges {
			m.Borne = m.Borne.Add(c.Amount)
		}
	}
	return nil
}

func addCharged(ctx context.Context, db bun.IDB, at map[int64]*Margin, ids []int64) error {
	charged, err := piecework.ChargedBack(ctx, db, ids...)
	for id, c := range charged {
		at[id].Charged, at[id].Borne = c.Total, at[id].Borne.Add(c.ByWorkers)
	}
	return err
}

// addForecasts works out what the orders that are not closed come to.
func addForecasts(ctx context.Context, db bun.IDB, at map[int64]*Margin, today piecework.Date, list []*piecework.ProcessingOrder) error {
	paces, err := piecework.Paces(ctx, db, today, list...)
	if err != nil {
		return err
	}
	rates, err := piecework.LoadRates(ctx, db, list[0].WorkshopID)
	if err != nil {
		return err
	}
	for _, o := range list {
		m, pace := at[o.ID], paces[o.ID]
		f := Forecast{Result: m.Result, Pieces: m.made}
		f.Finish, _ = pace.Finish(today)
		if f.Day = o.DueOn; f.Day == "" || f.Day < today {
			f.Day = max(f.Finish, today)
		}
		if !o.Closed() {
			f.Pieces = max(m.made, pace.By(today, f.Day))
		}
		progress, err := piecework.OrderProgress(ctx, db, o.ID)
		if err != nil {
			return err
		}
		good := map[int64]int64{}
		for _, p := range progress {
			good[p.OperationID] = p.Good
		}
		f.Result = f.Result.Sub(m.Made).Add(m.expect(f.Day, f.Pieces))
		for _, op := range o.Product.Operations {
			rate, ok := rates.On(o.ID, op.ID, today)
			if f.Result = f.Result.Sub(rate.Times(max(0, f.Pieces-good[op.ID]))); !ok {
				f.Unpriced++
			}
		}
		for _, u := range m.uses {
			if u.Own {
				f.Result = f.Result.Sub(u.CostOf(u.StillNeeded(f.Pieces)))
			}
		}
		m.Forecast = f
	}
	return nil
}

// Earned is what the contractor owes or will owe for the pieces made so far.
func (m *Margin) Earned() piecework.Money { return m.Fee.Add(m.Made) }

// MaterialCost is what material costs the workshop: its own, and what was lost beyond the rate.
func (m *Margin) MaterialCost() piecework.Money { return m.Material.Add(m.Lost) }
