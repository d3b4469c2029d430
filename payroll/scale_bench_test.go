//go:build unix

package payroll_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// A town's worth of workers: everything that makes a month dear is in it.
const (
	townWorkers = 10_000
	townTeams   = 500
)

// town is a month of a million tallies with tiers, teams and tax: two operations in three have a rate with steps by the day or the
// period, one tally in twenty is a team's, and of three workers one is taxed as labour and one as a salary.
func town(b *testing.B) *pieceworktest.World {
	w := month(b, townWorkers, func(w *pieceworktest.World) []piecework.Worker {
		var teams []piecework.Worker
		for i := range townTeams {
			members := []piecework.TeamMember{{WorkerID: w.Workers[2*i].ID, ShareWeight: 1_000_000}, {WorkerID: w.Workers[2*i+1].ID, ShareWeight: 1_300_000}}
			team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, members)
			w.Must(err)
			teams = append(teams, *team)
		}
		return teams
	})
	operations, err := piecework.Operations(w.Ctx, w.DB)
	w.Must(err)
	for i, op := range operations {
		if i%3 == 0 {
			continue
		}
		r := &piecework.PieceRate{OperationID: op.ID, OrderID: w.Order.ID, EffectiveFrom: "2026-10-08", Rate: pieceworktest.Rate(b, "0.35"), CreatedBy: "bench",
			TierMode: []piecework.TierMode{piecework.Marginal, piecework.Whole}[i%2], TierSpan: []piecework.TierSpan{piecework.PerDay, piecework.PerPeriod}[i/3%2],
			Tiers: []piecework.RateTier{{Threshold: 50, Rate: pieceworktest.Rate(b, "0.40")}, {Threshold: 80, Above: true, Rate: pieceworktest.Rate(b, "0.45")}}}
		w.Must(piecework.AddRate(w.Ctx, w.DB, r))
	}
	for i, worker := range w.Workers {
		if kind := []payroll.IncomeType{payroll.Untaxed, payroll.Labour, payroll.Salary}[i%3]; kind != payroll.Untaxed {
			w.Must(payroll.SetIncomeType(w.Ctx, w.DB, &payroll.IncomeSetting{WorkerID: worker.ID, EffectiveFrom: "2026-01-01", Type: kind, Reason: "bench"}))
		}
	}
	return w
}

// userTime is the processor time of this process so far. On a machine that others use it says more than the clock.
func userTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkTown settles a million tallies of 10,000 workers, in turn with the bare query that sums the same rows by what decides the pay.
// ratio is the processor time of the one to that of the other.
func BenchmarkTown(b *testing.B) {
	w := town(b)
	var bare, settling time.Duration
	lines := 0
	for b.Loop() {
		start := userTime(b)
		bareGroupBy(b, w)
		between := userTime(b)
		run, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "2026-10-01", "2026-10-31", "bench")
		w.Must(err)
		bare, settling = bare+between-start, settling+userTime(b)-between
		b.StopTimer()
		lines = checkTown(b, w, run)
		w.Must(payroll.Discard(w.Ctx, w.DB, run.ID))
		b.StartTimer()
	}
	perTally(b)
	b.ReportMetric(bare.Seconds()/float64(b.N), "bare-cpu-s/op")
	b.ReportMetric(settling.Seconds()/float64(b.N), "settle-cpu-s/op")
	b.ReportMetric(settling.Seconds()/bare.Seconds(), "ratio")
	b.ReportMetric(float64(lines), "lines")
}

// checkTown sees that the run is what it is said to be: a slip for everybody, lines of tiers and of teams, and tax. It counts the lines.
func checkTown(b *testing.B, w *pieceworktest.World, run *payroll.PayRun) int {
	totals, err := payroll.TotalsOf(w.Ctx, w.DB, run.ID)
	w.Must(err)
	kinds := map[payroll.Kind]int{}
	var list []struct {
		Kind payroll.Kind
		N    int
	}
	w.Must(w.DB.NewSelect().TableExpr("slip_lines AS l").Join("JOIN slips AS s ON s.id = l.slip_id").ColumnExpr("l.kind, COUNT(*) AS n").
		Where("s.run_id = ?", run.ID).Group("l.kind").Scan(w.Ctx, &list))
	lines := 0
	for _, k := range list {
		kinds[k.Kind] = k.N
		lines += k.N
	}
	if totals.Workers != townWorkers || kinds[payroll.Piece] == 0 || kinds[payroll.Tier] == 0 || kinds[payroll.Team] == 0 || totals.Tax.IsZero() {
		b.Fatal(fmt.Errorf("%d slips, lines %v", totals.Workers, kinds))
	}
	return lines
}
