package payroll_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/uptrace/bun"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// The month that the benchmarks of this file settle: a city's worth of one workshop.
const (
	monthTallies    = 1_000_000
	monthWorkers    = 500
	monthOperations = 12
	monthDays       = 26
)

// million fills a world with a month of tallies, spread over workers, operations and days as hand-ins are: day after day,
// whoever comes. The chain is a real one.
func million(b *testing.B) *pieceworktest.World { return month(b, monthWorkers, nil) }

// month is the same for any number of workers; teams are handed in for, too.
func month(b *testing.B, workers int, teams func(*pieceworktest.World) []piecework.Worker) *pieceworktest.World {
	w := pieceworktest.NewWorld(b)
	for i := len(w.Workers); i < workers; i++ {
		worker := piecework.Worker{Code: fmt.Sprintf("A%d", i+1), Name: "王秀英", WorkshopID: w.Workshop.ID, ShareWeight: piecework.ShareWeightOne, Active: true}
		w.Must(piecework.SaveWorker(w.Ctx, w.DB, &worker))
		w.Workers = append(w.Workers, worker)
	}
	operations := []piecework.Operation{w.Cut, w.Glue}
	for i := len(operations); i < monthOperations; i++ {
		op := piecework.Operation{ProductID: w.Cut.ProductID, Code: fmt.Sprintf("op%d", i+1), Name: "工序", Seq: i + 1}
		w.Must(piecework.SaveOperation(w.Ctx, w.DB, &op))
		operations = append(operations, op)
	}
	for i, op := range operations {
		w.Agree(op, nil, "2026-10-01", fmt.Sprintf("0.%06d", 3500+7*i))
		w.Agree(op, nil, "2026-10-15", fmt.Sprintf("0.%06d", 3600+7*i))
	}
	hands := w.Workers
	if teams != nil {
		hands = append(slices.Clone(hands), teams(w)...)
	}
	w.Must(piecework.InTx(w.Ctx, w.DB, func(ctx context.Context, db bun.Tx) error {
		for day := range monthDays {
			s := &piecework.WorkSession{Code: fmt.Sprintf("D%d", day), WorkshopID: w.Workshop.ID, WorkDate: piecework.Date("2026-10-01").AddDays(day)}
			if err := piecework.OpenSession(ctx, db, s); err != nil {
				return err
			}
			if err := handIn(ctx, db, w, hands, s, operations, monthTallies*day/monthDays, monthTallies*(day+1)/monthDays); err != nil {
				return err
			}
		}
		return nil
	}))
	return w
}

// handIn appends tallies of workers and teams, number from up to but not including to.
func handIn(ctx context.Context, db bun.Tx, w *pieceworktest.World, hands []piecework.Worker, s *piecework.WorkSession, operations []piecework.Operation, from, to int) error {
	for start := from; start < to; start += 2000 {
		var list []*piecework.Tally
		for i := start; i < min(start+2000, to); i++ {
			worker, op := &hands[i*7919%len(hands)], &operations[i*104729/len(hands)%monthOperations]
			list = append(list, &piecework.Tally{UID: fmt.Sprintf("m%07d", i), WorkshopID: w.Workshop.ID, SessionID: s.ID, WorkDate: s.WorkDate,
				WorkerID: worker.ID, OrderID: w.Order.ID, OperationID: op.ID, Counts: piecework.Counts{Good: int64(i%90 + 10), ScrapMaterial: int64(i % 3)},
				RecordedAt: piecework.Instant(i + 1), ReceivedAt: piecework.Instant(i + 1), RecordedBy: "lead",
				Codes: piecework.TallyCodes{Session: s.Code, Worker: worker.Code, Order: w.Order.Code, Operation: op.Code}})
		}
		if err := piecework.AppendTallies(ctx, db, w.Workshop.ID, list); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkMillion measures what a month of a million tallies costs. BareGroupBy is the yardstick for Settle: no program
// can work out the pay without at least summing the same rows.
func BenchmarkMillion(b *testing.B) {
	w := million(b)
	b.Run("BareGroupBy", func(b *testing.B) {
		for b.Loop() {
			bareGroupBy(b, w)
		}
		perTally(b)
	})
	b.Run("Settle", func(b *testing.B) {
		for b.Loop() {
			run, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "2026-10-01", "2026-10-31", "bench")
			w.Must(err)
			b.StopTimer()
			totals, err := payroll.TotalsOf(w.Ctx, w.DB, run.ID)
			w.Must(err)
			if totals.Workers != monthWorkers {
				b.Fatalf("%d slips", totals.Workers)
			}
			w.Must(payroll.Discard(w.Ctx, w.DB, run.ID))
			b.StartTimer()
		}
		perTally(b)
	})
	b.Run("WorkerPage", func(b *testing.B) {
		run, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "2026-10-01", "2026-10-20", "bench")
		w.Must(err)
		w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
		b.ResetTimer()
		for i := 0; b.Loop(); i++ {
			workerPage(b, w, &w.Workers[i%monthWorkers])
		}
	})
}

// perTally reports the throughput of operations that go through the whole month.
func perTally(b *testing.B) {
	b.ReportMetric(float64(monthTallies)*float64(b.N)/b.Elapsed().Seconds(), "tallies/s")
}

// bareGroupBy sums the month by what decides the pay and reads the answer.
func bareGroupBy(b *testing.B, w *pieceworktest.World) {
	rows, err := w.DB.QueryContext(w.Ctx, `SELECT worker_id, order_id, operation_id, work_date,
		CAST(SUM(good) AS BIGINT), CAST(SUM(rework) AS BIGINT), CAST(SUM(scrap_workmanship) AS BIGINT), CAST(SUM(scrap_material) AS BIGINT)
		FROM tallies WHERE workshop_id = ? AND work_date BETWEEN '2026-10-01' AND '2026-10-31'
		GROUP BY worker_id, order_id, operation_id, work_date`, w.Workshop.ID)
	w.Must(err)
	defer rows.Close()
	for rows.Next() {
		var sum payroll.Work
		w.Must(rows.Scan(&sum.WorkerID, &sum.OrderID, &sum.OperationID, &sum.Day, &sum.Good, &sum.Rework, &sum.ScrapWorkmanship, &sum.ScrapMaterial))
	}
	w.Must(rows.Err())
}

// workerPage reads what a worker sees on her phone: slips, the month's open pay, the latest tallies.
func workerPage(b *testing.B, w *pieceworktest.World, worker *piecework.Worker) {
	_, err := payroll.Slips(w.Ctx, w.DB, 0, piecework.Filter{WorkerID: worker.ID, Status: "issued"})
	w.Must(err)
	slip, _, err := payroll.OpenPay(w.Ctx, w.DB, worker, "2026-10-01", "2026-10-31")
	w.Must(err)
	if slip.Gross.Sign() <= 0 {
		b.Fatal("no open pay")
	}
	page, err := piecework.Tallies(w.Ctx, w.DB, piecework.Filter{WorkerID: worker.ID})
	w.Must(err)
	if len(page.Items) != piecework.PageSize {
		b.Fatalf("%d tallies on the page", len(page.Items))
	}
}
