//go:build unix

package handlers_test

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// The run that BenchmarkReview looks through.
const (
	reviewSlips   = 2000
	reviewTallies = 100_000
)

// bigRun makes a locked run and the draft after it, with something of every exception: work without a rate, pay under the minimum wage,
// outliers, an open session, late tallies, and changes against the run before.
func bigRun(b *testing.B, s *site) *payroll.PayRun {
	s.Workshop.WageRegion = "山东二类"
	s.Must(piecework.SaveWorkshop(s.Ctx, s.DB, s.Workshop))
	s.Agree(s.Cut, nil, "2026-10-01", "0.35")
	var operations []piecework.Operation
	for i := range 8 {
		op := piecework.Operation{ProductID: s.Cut.ProductID, Code: fmt.Sprintf("op%d", i+1), Name: "工序", Seq: i + 3}
		s.Must(piecework.SaveOperation(s.Ctx, s.DB, &op))
		operations = append(operations, op)
		s.Agree(op, nil, "2026-10-01", fmt.Sprintf("0.%d", 12+i))
	}
	crew := make([]piecework.Worker, reviewSlips)
	for i := range crew {
		crew[i] = piecework.Worker{Code: fmt.Sprintf("B%04d", i+1), Name: "王秀英", WorkshopID: s.Workshop.ID, ShareWeight: piecework.ShareWeightOne, Active: true}
	}
	var days []piecework.WorkSession
	for day := piecework.Date("2026-10-06"); day <= "2026-10-31"; day = day.AddDays(1) {
		session := piecework.WorkSession{Code: "R" + string(day), WorkshopID: s.Workshop.ID, WorkDate: day}
		s.Must(piecework.OpenSession(s.Ctx, s.DB, &session))
		days = append(days, session)
	}
	s.Must(piecework.InTx(s.Ctx, s.DB, func(ctx context.Context, db bun.Tx) error {
		for i := range crew {
			if err := piecework.SaveWorker(ctx, db, &crew[i]); err != nil {
				return err
			}
		}
		return fillRun(ctx, db, s.World, crew, days, operations)
	}))
	locked, err := payroll.Settle(s.Ctx, s.DB, s.Workshop.ID, "2026-10-01", "2026-10-15", "test")
	s.Must(err)
	s.Must(payroll.Approve(s.Ctx, s.DB, locked.ID, "other"))
	run, err := payroll.Settle(s.Ctx, s.DB, s.Workshop.ID, "2026-10-16", "2026-10-31", "test")
	s.Must(err)
	for range 5 {
		s.Count("R2026-10-20", "B0001", "cut", 10)
		s.Count("R2026-10-20", "B0002", "glue", 10)
	}
	return run
}

// fillRun hands in a tally for everybody in the first half of the month and the rest in the second.
func fillRun(ctx context.Context, db bun.Tx, w *pieceworktest.World, crew []piecework.Worker, days []piecework.WorkSession, operations []piecework.Operation) error {
	var list []*piecework.Tally
	for i := range reviewTallies + reviewSlips {
		worker, op := &crew[i%reviewSlips], &operations[i/reviewSlips%len(operations)]
		day := &days[i*7%10]
		if i >= reviewSlips {
			day = &days[10+i/reviewSlips%(len(days)-10)]
		}
		good := int64(20 + i%37)
		if worker.ID%200 == 0 {
			good *= 9
		}
		list = append(list, &piecework.Tally{UID: fmt.Sprintf("r%06d", i), WorkshopID: w.Workshop.ID, SessionID: day.ID, WorkDate: day.WorkDate, WorkerID: worker.ID, OrderID: w.Order.ID,
			OperationID: op.ID, Counts: piecework.Counts{Good: good, ScrapMaterial: int64(i % 3)}, RecordedAt: piecework.Instant(i + 1), ReceivedAt: piecework.Instant(i + 1), RecordedBy: "lead",
			Codes: piecework.TallyCodes{Session: day.Code, Worker: worker.Code, Order: w.Order.Code, Operation: op.Code}})
		if len(list) == 2000 || i == reviewTallies+reviewSlips-1 {
			if err := piecework.AppendTallies(ctx, db, w.Workshop.ID, list); err != nil {
				return err
			}
			list = nil
		}
	}
	var there []piecework.Attendance
	for i := range crew {
		there = append(there, piecework.Attendance{SessionID: days[20].ID, WorkerID: crew[i].ID, CheckIn: 1, CheckOut: piecework.Instant(1 + int64(i%8)*3_600_000)})
	}
	_, err := db.NewInsert().Model(&there).Exec(ctx)
	return err
}

// BenchmarkReview looks through a draft of 2,000 slips as a bookkeeper does, and prints the slips of the run in one document. cpu-ms/op is
// processor time, of the server and of the browser that asks it together.
func BenchmarkReview(b *testing.B) {
	s := newSite(b)
	run := bigRun(b, s)
	k := s.as("bookkeeper")
	slips, err := payroll.Slips(s.Ctx, s.DB, run.ID, piecework.Filter{Page: 20})
	s.Must(err)
	at := fmt.Sprintf("/runs/%d", run.ID)
	slip := fmt.Sprintf("/slips/%d", slips.Items[0].ID)
	for _, page := range []struct{ name, path, wants string }{
		{"Runs", "/runs", "2026"},
		{"Draft", at, "远高于其他人"},
		{"DraftLastPage", at + "?page=40", "B2000"},
		{"DraftSearch", at + "?q=B1234", "B1234"},
		{"Slip", slip, "草稿"},
		{"SlipLine", slip + "?line=1", "R2026"},
		{"SlipsPDF", at + "/slips.pdf?format=a5", "%PDF"},
		{"Ledger", at + "/export?table=ledger&format=xlsx", "PK"},
	} {
		b.Run(page.name, func(b *testing.B) {
			if a := k.get(page.path); a.status != 200 || !strings.Contains(a.body, page.wants) {
				b.Fatalf("%s: %d, %q is not there", page.path, a.status, page.wants)
			}
			start := processorTime(b)
			for b.Loop() {
				k.get(page.path)
			}
			b.ReportMetric(float64((processorTime(b)-start).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// processorTime is the processor time of this process so far.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
