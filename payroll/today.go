package payroll

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Today is what waits for a person.
type Today struct {
	Sessions    piecework.Page[piecework.WorkSession] // still take tallies
	Past        int                                   // how many of them are of earlier days
	Deliveries  piecework.Page[piecework.Delivery]    // the contractor has not fully decided about
	Due         []piecework.DueOrder                  // within a week, or overdue
	WithoutRate []Missing                             // counted and not payable; Day is the first of each operation and order
	Drafts      piecework.Page[PayRun]
	Disputes    piecework.Page[Dispute]            // wait for an answer
	AtHome      piecework.Page[piecework.TakeHome] // take-home work that is overdue
	Left        []Left
	Review      int // tallies that are odd or were refused, and wait for somebody to look
}

// Left is what came in for days that are settled already: it is in no run, and the next settlement of those days takes it.
type Left struct {
	Workshop             *piecework.Workshop
	From, To             piecework.Date // of what was left
	Tallies, Adjustments int64
}

// Nothing says whether nothing waits.
func (t *Today) Nothing() bool {
	return t.Sessions.Total+t.Deliveries.Total+len(t.Due)+len(t.WithoutRate)+t.Drafts.Total+t.Disputes.Total+t.AtHome.Total+len(t.Left)+t.Review == 0
}

// lookBack is how many days back open tallies are looked for, so that the start page costs two months however long the books are.
const lookBack = 62

// TodayOf is what waits on a day in one workshop, or (0) in all.
func TodayOf(ctx context.Context, db bun.IDB, workshopID int64, day piecework.Date) (*Today, error) {
	t, f := new(Today), piecework.Filter{WorkshopID: workshopID}
	var err error
	f.Status = "open"
	if t.Sessions, err = piecework.Sessions(ctx, db, f); err != nil {
		return nil, err
	}
	f.To = day.AddDays(-1)
	past, err := piecework.Sessions(ctx, db, f)
	if err != nil {
		return nil, err
	}
	t.Past = past.Total
	f.To, f.Status = "", "waiting"
	if t.Deliveries, err = piecework.Deliveries(ctx, db, f); err != nil {
		return nil, err
	}
	f.Status = string(Draft)
	if t.Drafts, err = Runs(ctx, db, f); err != nil {
		return nil, err
	}
	if t.Disputes, err = OpenDisputes(ctx, db, 0, piecework.Filter{WorkshopID: workshopID}); err != nil {
		return nil, err
	}
	if t.AtHome, err = piecework.TakeHomes(ctx, db, piecework.Filter{WorkshopID: workshopID, Status: "overdue"}, day); err != nil {
		return nil, err
	}
	if t.Due, err = piecework.DueOrders(ctx, db, workshopID, day.AddDays(7)); err != nil {
		return nil, err
	}
	if t.Review, err = piecework.CountReview(ctx, db, workshopID); err != nil {
		return nil, err
	}
	return t, t.findOpen(ctx, db, workshopID, day)
}

// openWork is unclaimed work of one order, operation and day.
type openWork struct {
	WorkshopID, OrderID, OperationID int64
	Day                              piecework.Date
	Tallies                          int64
}

// findOpen sorts the tallies and adjustments that no run has into those without a rate and those left behind.
func (t *Today) findOpen(ctx context.Context, db bun.IDB, workshopID int64, day piecework.Date) error {
	settled, err := settledUntil(ctx, db)
	if err != nil {
		return err
	}
	open, err := findOpenWork(ctx, db, workshopID, day)
	if err != nil {
		return err
	}
	rates, err := piecework.LoadRates(ctx, db, workshopID)
	if err != nil {
		return err
	}
	left := map[int64]*Left{}
	leave := func(workshopID int64, first, last piecework.Date) *Left {
		l := left[workshopID]
		if l == nil {
			l = &Left{From: first, To: last}
			left[workshopID] = l
		}
		l.From, l.To = min(l.From, first), max(l.To, last)
		return l
	}
	missing := map[[2]int64]*Missing{}
	for _, w := range open {
		if _, ok := rates.On(w.OrderID, w.OperationID, w.Day); ok {
			if w.Day <= settled[w.WorkshopID] {
				leave(w.WorkshopID, w.Day, w.Day).Tallies += w.Tallies
			}
			continue
		}
		m := missing[[2]int64{w.OrderID, w.OperationID}]
		if m == nil {
			m = &Missing{OrderID: w.OrderID, OperationID: w.OperationID, Day: w.Day}
			missing[[2]int64{w.OrderID, w.OperationID}] = m
		}
		m.Day, m.Tallies = min(m.Day, w.Day), m.Tallies+w.Tallies
	}
	adjustments, err := findOpenAdjustments(ctx, db, workshopID)
	if err != nil {
		return err
	}
	for _, a := range adjustments {
		if a.Day <= settled[a.WorkshopID] {
			leave(a.WorkshopID, a.Day, a.Day).Adjustments += a.N
		}
	}
	return t.name(ctx, db, missing, left)
}

// name fills in what the finds refer to and puts them in order.
func (t *Today) name(ctx context.Context, db bun.IDB, missing map[[2]int64]*Missing, left map[int64]*Left) error {
	orders, operations := map[int64]*piecework.ProcessingOrder{}, map[int64]*piecework.Operation{}
	for _, m := range missing {
		orders[m.OrderID], operations[m.OperationID] = nil, nil
	}
	if err := readNames(ctx, db, orders, operations); err != nil {
		return err
	}
	for _, m := range missing {
		m.Order, m.Operation = orders[m.OrderID], operations[m.OperationID]
		t.WithoutRate = append(t.WithoutRate, *m)
	}
	slices.SortFunc(t.WithoutRate, func(a, b Missing) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.OrderID, b.OrderID), cmp.Compare(a.OperationID, b.OperationID))
	})
	shops := map[int64]*piecework.Workshop{}
	for id := range left {
		shops[id] = nil
	}
	if err := byIDs(ctx, db, "w", shops, func(w *piecework.Workshop) int64 { return w.ID }); err != nil {
		return err
	}
	for id, l := range left {
		l.Workshop = shops[id]
		t.Left = append(t.Left, *l)
	}
	slices.SortFunc(t.Left, func(a, b Left) int { return cmp.Compare(a.Workshop.Code, b.Workshop.Code) })
	return nil
}

// settledUntil is the last day that an approved run of each workshop covers, for every order.
func settledUntil(ctx context.Context, db bun.IDB) (map[int64]piecework.Date, error) {
	var list []struct {
		WorkshopID int64
		Last       piecework.Date
	}
	err := db.NewSelect().Model((*PayRun)(nil)).ColumnExpr("workshop_id, MAX(period_to) AS last").
		Where("order_id IS NULL AND status IN (?)", bun.List([]RunStatus{Approved, PaidOut})).Group("workshop_id").Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("find what is settled: %w", err)
	}
	last := make(map[int64]piecework.Date, len(list))
	for _, l := range list {
		last[l.WorkshopID] = l.Last
	}
	return last, nil
}

// findOpenWork sums unclaimed tallies of the last two months that are neither struck nor strike another.
func findOpenWork(ctx context.Context, db bun.IDB, workshopID int64, day piecework.Date) ([]openWork, error) {
	sessions := db.NewSelect().Model((*piecework.WorkSession)(nil)).Column("id").Where("work_date BETWEEN ? AND ?", day.AddDays(-lookBack), day)
	if workshopID != 0 {
		sessions = sessions.Where("workshop_id = ?", workshopID)
	}
	var list []openWork
	err := db.NewSelect().TableExpr("tallies AS t").Where("t.session_id IN (?)", sessions).Where(unclaimed).
		Where("t.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM tallies x WHERE x.reverses_id = t.id)").
		ColumnExpr("t.workshop_id, t.order_id, t.operation_id, t.work_date AS day, COUNT(*) AS tallies").
		GroupExpr("t.workshop_id, t.order_id, t.operation_id, t.work_date").Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("find open tallies: %w", err)
	}
	return list, nil
}

type openAdjustments struct {
	WorkshopID int64
	Day        piecework.Date
	N          int64
}

func findOpenAdjustments(ctx context.Context, db bun.IDB, workshopID int64) ([]openAdjustments, error) {
	q := db.NewSelect().Model((*Adjustment)(nil)).ColumnExpr("workshop_id, work_date AS day, COUNT(*) AS n").
		Where("run_id IS NULL AND withdrawn_at = 0").GroupExpr("workshop_id, work_date")
	if workshopID != 0 {
		q = q.Where("workshop_id = ?", workshopID)
	}
	var list []openAdjustments
	if err := q.Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("find open adjustments: %w", err)
	}
	return list, nil
}
