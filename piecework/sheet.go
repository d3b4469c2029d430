package piecework

import (
	"cmp"
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// Sheet is a session as it stands: everybody who came or counted, and what each counted.
type Sheet struct {
	Session *WorkSession
	Rows    []SheetRow        // by worker code
	Orders  []ProcessingOrder // that were counted for, by code, with product and operations in sequence
}

// SheetRow is one worker, or one team, of a session.
type SheetRow struct {
	Worker  Worker
	In, Out Instant // 0: she did not come, or has not left
	Lines   []SheetLine
	Sum     Counts
}

// Here says whether she is checked in.
func (r *SheetRow) Here() bool { return r.In != 0 && r.Out == 0 }

// SheetLine is what a worker counted at one operation of one order, reversals taken off; never nothing.
type SheetLine struct {
	Order     *ProcessingOrder
	Operation *Operation
	Counts
}

// SheetOf reads a session as it stands.
func SheetOf(ctx context.Context, db bun.IDB, sessionID int64) (*Sheet, error) {
	ws, err := SessionByID(ctx, db, sessionID)
	if err != nil {
		return nil, err
	}
	s := &Sheet{Session: ws}
	counts, err := CountsOfSession(ctx, db, sessionID)
	if err != nil {
		return nil, err
	}
	counts = slices.DeleteFunc(counts, func(n SessionCounts) bool { return n.Counts.IsZero() })
	if err := s.readOrders(ctx, db, counts); err != nil {
		return nil, err
	}
	var present []Attendance
	if err := db.NewSelect().Model(&present).Where("session_id = ?", sessionID).Scan(ctx); err != nil {
		return nil, wrap("list attendances", err)
	}
	return s, s.readRows(ctx, db, counts, present)
}

func (s *Sheet) readOrders(ctx context.Context, db bun.IDB, counts []SessionCounts) error {
	var ids []int64
	for _, n := range counts {
		ids = append(ids, n.OrderID)
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) == 0 {
		return nil
	}
	return wrap("read orders", db.NewSelect().Model(&s.Orders).Relation("Product").Relation("Product.Operations", inSequence).
		Where("o.id IN (?)", bun.List(ids)).Order("o.code").Scan(ctx))
}

// readRows makes a row for everybody and puts her lines in the order of orders and operations.
func (s *Sheet) readRows(ctx context.Context, db bun.IDB, counts []SessionCounts, present []Attendance) error {
	var ids []int64
	for _, n := range counts {
		ids = append(ids, n.WorkerID)
	}
	for _, a := range present {
		ids = append(ids, a.WorkerID)
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) == 0 {
		return nil
	}
	var workers []Worker
	if err := db.NewSelect().Model(&workers).Where("id IN (?)", bun.List(ids)).Order("code").Scan(ctx); err != nil {
		return wrap("read workers", err)
	}
	at := map[int64]*SheetRow{}
	s.Rows = make([]SheetRow, len(workers))
	for i, w := range workers {
		s.Rows[i].Worker = w
		at[w.ID] = &s.Rows[i]
	}
	for _, a := range present {
		at[a.WorkerID].In, at[a.WorkerID].Out = a.CheckIn, a.CheckOut
	}
	for i := range s.Orders {
		for k := range s.Orders[i].Product.Operations {
			order, operation := &s.Orders[i], &s.Orders[i].Product.Operations[k]
			for _, n := range counts {
				if n.OrderID == order.ID && n.OperationID == operation.ID {
					row := at[n.WorkerID]
					row.Lines, row.Sum = append(row.Lines, SheetLine{order, operation, n.Counts}), row.Sum.Plus(n.Counts)
				}
			}
		}
	}
	return nil
}

// Row is the row of a worker, or nil.
func (s *Sheet) Row(workerID int64) *SheetRow {
	for i := range s.Rows {
		if s.Rows[i].Worker.ID == workerID {
			return &s.Rows[i]
		}
	}
	return nil
}

// Work is one operation of one order in a session, summed over workers.
type Work struct {
	SheetLine
	Workers int64
}

// Works sums the session by operation, in the order of orders and operations.
func (s *Sheet) Works() []Work {
	var works []Work
	for i := range s.Rows {
		for _, l := range s.Rows[i].Lines {
			k := slices.IndexFunc(works, func(w Work) bool { return w.Order == l.Order && w.Operation == l.Operation })
			if k < 0 {
				works, k = append(works, Work{SheetLine{l.Order, l.Operation, Counts{}}, 0}), len(works)
			}
			works[k].Counts, works[k].Workers = works[k].Counts.Plus(l.Counts), works[k].Workers+1
		}
	}
	slices.SortStableFunc(works, func(a, b Work) int {
		return cmp.Or(cmp.Compare(a.Order.Code, b.Order.Code), cmp.Compare(a.Operation.Seq, b.Operation.Seq), cmp.Compare(a.Operation.Code, b.Operation.Code))
	})
	return works
}
