package payroll_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// ledger is what a second bookkeeper would write down beside the product: every tally, who paid it and at which rate. It
// never reads the product's answers except to compare them.
type ledger struct {
	*pieceworktest.World
	r           *rand.Rand
	orders      []*piecework.ProcessingOrder
	rates       []piecework.PieceRate
	policy      payroll.Policy
	tallies     []*entry
	adjustments []payroll.Adjustment // not yet taken in
	carried     []payroll.Owed
	taxed       map[int64]map[piecework.Date]payroll.YearToDate // by worker and month
}

type entry struct {
	piecework.NewTally
	worker, order, operation int64
	session, day             piecework.Date // day decides the rate: a reversal has its original's
	original                 *entry
	struck                   bool
	run                      int64
	rate                     piecework.Rate
}

func newLedger(t *testing.T, seed uint64) *ledger {
	b := &ledger{World: pieceworktest.NewWorld(t), r: rand.New(rand.NewPCG(seed, 5)), taxed: map[int64]map[piecework.Date]payroll.YearToDate{}}
	b.Workshop.PayScrapMaterial, b.Workshop.PayScrapWorkmanship, b.Workshop.PayRework = b.r.IntN(4) > 0, b.r.IntN(4) == 0, b.r.IntN(4) == 0
	b.Workshop.DamageCapPercent = []int{0, 20, 33}[b.r.IntN(3)]
	b.Must(piecework.SaveWorkshop(b.Ctx, b.DB, b.Workshop))
	b.policy = payroll.PolicyOf(b.Workshop)
	second := &piecework.ProcessingOrder{Code: "O2", WorkshopID: b.Workshop.ID, ContractorID: b.Order.ContractorID, ProductID: b.Order.ProductID, Quantity: 1, OrderedOn: "2026-10-01"}
	b.Must(piecework.SaveOrder(b.Ctx, b.DB, second))
	b.orders = []*piecework.ProcessingOrder{b.Order, second}
	for day := piecework.Date("2026-10-01"); day <= "2026-11-30"; day = day.AddDays(5) {
		b.Session("D"+string(day), day)
	}
	if b.r.IntN(2) == 0 {
		b.Must(payroll.SetIncomeType(b.Ctx, b.DB, &payroll.IncomeSetting{WorkerID: b.Workers[0].ID, EffectiveFrom: "2026-01-01", Type: payroll.Labour, Reason: "retired"}))
		b.taxed[b.Workers[0].ID] = map[piecework.Date]payroll.YearToDate{}
	}
	return b
}

// agree makes up to n rates, some for one order only, some from a day long past.
func (b *ledger) agree(n int) {
	for range n {
		rate := piecework.PieceRate{OperationID: []int64{b.Cut.ID, b.Glue.ID}[b.r.IntN(2)], EffectiveFrom: piecework.Date("2026-09-25").AddDays(b.r.IntN(60)), Rate: anyRate(b.r)}
		if b.r.IntN(3) == 0 {
			rate.OrderID = b.orders[b.r.IntN(2)].ID
		}
		b.add(rate)
	}
}

// add agrees a rate, unless one is agreed for that day already.
func (b *ledger) add(rate piecework.PieceRate) {
	err := piecework.AddRate(b.Ctx, b.DB, &rate)
	if err == nil {
		b.rates = append(b.rates, rate)
	} else if !errors.Is(err, piecework.ErrInvalid) {
		b.Fatal(err)
	}
}

// count hands in n tallies on session days up to last, and strikes some of all that were ever counted.
func (b *ledger) count(n int, last piecework.Date) {
	day := func() piecework.Date {
		for {
			if d := piecework.Date("2026-10-01").AddDays(5 * b.r.IntN(13)); d <= last {
				return d
			}
		}
	}
	var batch []piecework.NewTally
	for range n {
		e := &entry{session: day()}
		worker, order := &b.Workers[b.r.IntN(3)], b.orders[b.r.IntN(2)]
		op := []piecework.Operation{b.Cut, b.Glue}[b.r.IntN(2)]
		e.NewTally = piecework.NewTally{Worker: worker.Code, Order: order.Code, Operation: op.Code, Counts: anyCounts(b.r)}
		e.worker, e.order, e.operation, e.day = worker.ID, order.ID, op.ID, e.session
		if len(b.tallies) > 0 && b.r.IntN(4) == 0 {
			if o := b.tallies[b.r.IntN(len(b.tallies))]; o.original == nil && !o.struck {
				o.struck = true
				e = &entry{NewTally: o.NewTally, session: e.session, worker: o.worker, order: o.order, operation: o.operation, day: o.day, original: o}
				e.Reverses = o.UID
			}
		}
		e.UID, e.Session = fmt.Sprintf("t%d", len(b.tallies)), "D"+string(e.session)
		batch = append(batch, e.NewTally)
		b.tallies = append(b.tallies, e)
	}
	results, err := piecework.RecordTallies(b.Ctx, b.DB, piecework.Actor{Name: "test"}, batch)
	b.Must(err)
	for _, res := range results {
		if res.Status != piecework.Accepted {
			b.Fatalf("tally %s: %s %v", res.UID, res.Status, res.Reason)
		}
	}
}

func (b *ledger) adjust(n int, from piecework.Date) {
	for range n {
		a := payroll.Adjustment{WorkerID: b.Workers[b.r.IntN(3)].ID, WorkDate: from.AddDays(b.r.IntN(14)), Kind: payroll.AdjustmentKinds[b.r.IntN(5)], Amount: piecework.Fen(1 + b.r.Int64N(9000))}
		b.Must(payroll.Adjust(b.Ctx, b.DB, &a))
		b.adjustments = append(b.adjustments, a)
	}
}

// take is the input of a run by the ledger: what is free in the period and has a rate. It marks it as paid by run.
func (b *ledger) take(run int64, from, to piecework.Date) payroll.Input {
	in := payroll.Input{Policy: b.policy, Carried: b.carried, Tax: map[int64]payroll.WorkerTax{}}
	for _, e := range b.tallies {
		if e.run != 0 || e.session < from || e.session > to {
			continue
		}
		w := payroll.Work{WorkerID: e.worker, OrderID: e.order, OperationID: e.operation, Day: e.day, Counts: e.Counts}
		if e.original != nil {
			w.Counts = piecework.Counts{Good: -e.Good, Rework: -e.Rework, ScrapMaterial: -e.ScrapMaterial, ScrapWorkmanship: -e.ScrapWorkmanship}
		}
		if o := e.original; o != nil && o.run != 0 && o.run != run {
			w.Fixed, w.CorrectsRunID = &piecework.PieceRate{Rate: o.rate}, o.run
		} else if rate, ok := secondRate(b.rates, e.order, e.operation, e.day); ok {
			e.rate = rate.Rate
		} else {
			continue
		}
		e.run = run
		in.Work = append(in.Work, w)
	}
	var later []payroll.Adjustment
	for _, a := range b.adjustments {
		if a.WorkDate >= from && a.WorkDate <= to {
			in.Adjustments = append(in.Adjustments, a)
		} else {
			later = append(later, a)
		}
	}
	b.adjustments, b.carried = later, nil
	for worker, months := range b.taxed {
		in.Tax[worker] = payroll.WorkerTax{Table: labourTable, Before: months[to[:7]]}
	}
	return in
}

// settle lets the product settle a period, compares every slip with the second calculation, and approves.
func (b *ledger) settle(from, to piecework.Date) {
	b.Helper()
	run, err := payroll.Settle(b.Ctx, b.DB, b.Workshop.ID, from, to, "test")
	if errors.Is(err, piecework.ErrConflict) {
		if slips, _ := secondCalculation(b.take(-1, from, to), b.rates); len(slips) != 0 {
			b.Fatalf("%s to %s: %v, but there are %d slips", from, to, err, len(slips))
		}
		b.Fatalf("nothing to settle from %s to %s: the test is too small", from, to)
	}
	b.Must(err)
	want, _ := secondCalculation(b.take(run.ID, from, to), b.rates)
	b.compare(run, want)
	before := printed(b.World, run.ID)
	b.Must(payroll.Recompute(b.Ctx, b.DB, run.ID))
	if again := printed(b.World, run.ID); again != before {
		b.Fatalf("computed again:\n%s\nbefore:\n%s", again, before)
	}
	b.Must(payroll.Approve(b.Ctx, b.DB, run.ID, "other"))
	b.compare(run, want)
	for worker, s := range want {
		for _, c := range s.carries {
			if c.FromRunID = run.ID; c.Since == "" {
				c.Since = from
			}
			b.carried = append(b.carried, c)
		}
		if months := b.taxed[worker]; months != nil {
			paid := months[to[:7]]
			months[to[:7]] = payroll.YearToDate{Income: piecework.Fen(paid.Income.Fen() + s.income), Withheld: piecework.Fen(paid.Withheld.Fen() + s.tax)}
		}
	}
}

func (b *ledger) compare(run *payroll.PayRun, want map[int64]*secondSlip) {
	b.Helper()
	slips, err := payroll.SlipsOf(b.Ctx, b.DB, run.ID, 0)
	b.Must(err)
	if len(slips) != len(want) {
		b.Fatalf("run %d has %d slips, want %d", run.ID, len(slips), len(want))
	}
	var net int64
	for i := range slips {
		s := want[slips[i].WorkerID]
		if s == nil {
			b.Fatalf("run %d: %s has a slip for nothing", run.ID, slips[i].Worker.Code)
		}
		if d := s.differs(&slips[i]); d != "" {
			b.Fatalf("run %d, %s: %s", run.ID, slips[i].Worker.Code, d)
		}
		net += s.net
	}
	totals, err := payroll.TotalsOf(b.Ctx, b.DB, run.ID)
	if b.Must(err); totals.Net.Fen() != net || int(totals.Workers) != len(want) {
		b.Errorf("run %d totals %+v, want %d slips and %d fen net", run.ID, totals, len(want), net)
	}
}

// TestMonthsAgreeWithASecondLedger runs the whole way through the database: two months in four runs, with reversals of what
// was paid, rates agreed afterwards for days long paid, hand-ins that come late, and a last run that takes what is left.
func TestMonthsAgreeWithASecondLedger(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			b := newLedger(t, seed)
			b.add(piecework.PieceRate{OperationID: b.Glue.ID, EffectiveFrom: "2026-09-01", Rate: anyRate(b.r)})
			b.agree(6)
			for _, period := range [][2]piecework.Date{{"2026-10-01", "2026-10-15"}, {"2026-10-16", "2026-10-31"}, {"2026-11-01", "2026-11-15"}, {"2026-11-16", "2026-11-30"}} {
				b.adjust(3, period[0])
				b.count(25, period[1])
				b.settle(period[0], period[1])
				b.agree(2)
			}
			b.count(20, "2026-11-30")
			b.add(piecework.PieceRate{OperationID: b.Cut.ID, EffectiveFrom: "2026-09-01", Rate: anyRate(b.r)})
			b.settle("2026-10-01", "2026-11-30")
			for _, e := range b.tallies {
				if e.run == 0 {
					t.Errorf("tally %s was never paid", e.UID)
				}
			}
			if open, err := piecework.Tallies(b.Ctx, b.DB, piecework.Filter{Status: "open"}); err != nil || open.Total != 0 {
				t.Errorf("%d tallies are in no run, %v", open.Total, err)
			}
			_, err := payroll.Verify(b.Ctx, b.DB)
			b.Must(err)
		})
	}
}
