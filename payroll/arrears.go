package payroll

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Arrears (补发) is what a locked run would have paid one worker more, or less, at an operation of an order, had a rate that was saved
// later been there. A person agrees to it; the next run takes it in as a line of its own.
type Arrears struct {
	bun.BaseModel `bun:"table:arrears,alias:ar"`

	ID          int64 `bun:",pk,autoincrement"`
	WorkshopID  int64
	WorkerID    int64
	RunID       int64 // the locked run
	OrderID     int64
	OperationID int64
	TeamID      int64           `bun:",nullzero"` // the team that made the pieces; Paid and Due are her share
	PieceRateID int64           // the new rate
	OldRateID   int64           `bun:",nullzero"`
	Quantity    int64           // paid pieces that the rate changes
	OldRate     piecework.Rate  // the rate by which they were paid: with tiers the first, before factors
	NewRate     piecework.Rate  // the same of the new rate
	Paid        piecework.Money // what her pieces of the run at this operation of the order came to before
	Due         piecework.Money // and what they come to by the new rate
	AgreedAt    piecework.Instant
	AgreedBy    string
	TakenByRun  int64 `bun:"taken_by_run_id,nullzero"` // the run that takes it in

	Worker    *piecework.Worker          `bun:"rel:belongs-to,join:worker_id=id"`
	Run       *PayRun                    `bun:"rel:belongs-to,join:run_id=id"`
	Order     *piecework.ProcessingOrder `bun:"rel:belongs-to,join:order_id=id"`
	Operation *piecework.Operation       `bun:"rel:belongs-to,join:operation_id=id"`
	PieceRate *piecework.PieceRate       `bun:"rel:belongs-to,join:piece_rate_id=id"`
	Taker     *PayRun                    `bun:"rel:belongs-to,join:taken_by_run_id=id"`
}

// Amount is the difference: positive what she is still owed.
func (a *Arrears) Amount() piecework.Money { return a.Due.Sub(a.Paid) }

func (a *Arrears) line() workerLine {
	l := Line{Kind: BackPay, OrderID: a.OrderID, OperationID: a.OperationID, TeamID: a.TeamID, Quantity: a.Quantity, Rate: a.NewRate,
		OldRate: a.OldRate, Amount: a.Amount(), CorrectsRunID: a.RunID, ArrearsID: a.ID}
	if a.PieceRate.Tiered() || a.PieceRate.ByTime() {
		l.PieceRateID = a.PieceRateID
	}
	return workerLine{a.WorkerID, l}
}

// ArrearsPreview is what a rate changes about pay that is settled, by worker, run, order and operation.
type ArrearsPreview struct {
	List []Arrears // what can be agreed
	Left []Arrears // what the rate lowers, and the workshop's rules leave as it was paid

	revised []revisedRate
	parts   []revisedPart
}

// Total is the sum of what can be agreed.
func (p *ArrearsPreview) Total() (sum piecework.Money) {
	for i := range p.List {
		sum = sum.Add(p.List[i].Amount())
	}
	return sum
}

// revisedRate is the rate up to which arrears have paid some work of a locked run.
type revisedRate struct {
	bun.BaseModel `bun:"table:revised_rates,alias:rv"`

	ID                                    int64 `bun:",pk,autoincrement"`
	RunID, WorkerID, OrderID, OperationID int64
	WorkDate                              piecework.Date
	Rate                                  piecework.Rate
	PieceRateID                           int64
	Current                               bool
}

// PreviewArrears says whose settled pay a rate changes: one that is not saved yet, or one that is and whose arrears are not agreed.
// workshopID 0 is all workshops.
func PreviewArrears(ctx context.Context, db bun.IDB, r *piecework.PieceRate, workshopID int64) (ArrearsPreview, error) {
	var p ArrearsPreview
	var list []PayRun
	q := paidBy(db, r).Model(&list)
	if workshopID != 0 {
		q = q.Where("pr.workshop_id = ?", workshopID)
	}
	if err := q.Scan(ctx); err != nil {
		return p, fmt.Errorf("find locked runs: %w", err)
	}
	runs := map[int64]map[int64]*PayRun{} // of each workshop, by id
	for i := range list {
		if runs[list[i].WorkshopID] == nil {
			runs[list[i].WorkshopID] = map[int64]*PayRun{}
		}
		runs[list[i].WorkshopID][list[i].ID] = &list[i]
	}
	workshops, err := piecework.Workshops(ctx, db, workshopID)
	if err != nil {
		return p, err
	}
	for i := range workshops {
		if w := &workshops[i]; runs[w.ID] != nil {
			a := repricing{rate: r, runs: runs[w.ID], take: w.TakeArrears}
			if err := a.read(ctx, db, w); err != nil {
				return p, err
			}
			a.steps()
			a.sort(&p, w.ID)
		}
	}
	err = p.name(ctx, db)
	return p, err
}

// paidBy narrows to the locked runs that paid work which a rate covers.
func paidBy(db bun.IDB, r *piecework.PieceRate) *bun.SelectQuery {
	covered := db.NewSelect().TableExpr("run_rates AS rr").Column("rr.run_id").Where("rr.operation_id = ? AND rr.work_date >= ?", r.OperationID, r.EffectiveFrom)
	if r.OrderID != 0 {
		covered = covered.Where("rr.order_id = ?", r.OrderID)
	}
	return db.NewSelect().Model((*PayRun)(nil)).Where("pr.status IN (?) AND pr.period_to >= ?", bun.List([]RunStatus{Approved, PaidOut}), r.EffectiveFrom).Where("pr.id IN (?)", covered)
}

// HasSettled says whether locked runs have paid work that a rate covers, so that there may be arrears.
func HasSettled(ctx context.Context, db bun.IDB, r *piecework.PieceRate) (bool, error) {
	found, err := paidBy(db, r).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("find locked runs: %w", err)
	}
	return found, nil
}

// arrearsKey is whose pay at what, from which run.
type arrearsKey struct{ run, worker, team, order, operation int64 }

// source is who made pieces at what: a worker or a team. What the rate changes of it is taken in as a whole, or left.
type source struct{ worker, order, operation int64 }

// oldRate is a rate by which pieces were paid.
type oldRate struct{ id, millionths int64 }

// repricing computes locked runs again with another rate.
type repricing struct {
	rate   *piecework.PieceRate
	runs   map[int64]*PayRun
	take   bool
	in     Input
	pieces []paidPieces // of in.Work, each in the same place
	olds   []oldRate    // of what changes, those of earlier days first
	change []int        // for each piece the place of its rate in olds; -1: nothing changes
	found  []Arrears
	// Where the rate, or one before it, pays by time: what each session comes to before and after.
	timed         bool
	before, after map[timedJob]timedPay
	had           map[timedJob]timedPay // what was paid in fact
	touched       map[Sitting]bool      // the sessions of workers with pieces that the rate changes
}

// read collects what the runs have paid at the operation, less what was struck of it, with the rate that arrears have brought it up to.
func (a *repricing) read(ctx context.Context, db bun.IDB, w *piecework.Workshop) (err error) {
	q := paidQuery(db, 0).Where("o.operation_id = ? AND rr.run_id IN (?)", a.rate.OperationID, bun.List(slices.Collect(maps.Keys(a.runs))))
	if a.rate.OrderID != 0 {
		q = q.Where("o.order_id = ?", a.rate.OrderID)
	}
	if err := q.Scan(ctx, &a.pieces); err != nil {
		return fmt.Errorf("read what was paid at an operation: %w", err)
	}
	rates, err := piecework.RatesOf(ctx, db, w.ID)
	if err != nil {
		return err
	}
	if a.rate.ID == 0 {
		rates = append(rates, *a.rate)
	}
	book := piecework.NewRateBook(rates)
	byID, err := a.ratesPaidBy(ctx, db)
	if err != nil {
		return err
	}
	changes := func(p *paidPieces) bool {
		old := byID[p.PieceRateID]
		if old == nil { // paid before runs kept which rate it was
			old = &piecework.PieceRate{Rate: p.Rate}
		}
		now, ok := book.Find(p.OrderID, p.OperationID, p.Day)
		return ok && now.ID == a.rate.ID && old.ID != now.ID &&
			(old.Tiered() || now.Tiered() || old.ByTime() || now.ByTime() || old.Rate.Cmp(now.Rate) != 0)
	}
	if sessions := a.timedSessions(changes, byID); len(sessions) > 0 {
		if err := a.readSessions(ctx, db, sessions); err != nil {
			return err
		}
		if byID, err = a.ratesPaidBy(ctx, db); err != nil {
			return err
		}
	}
	first := map[oldRate]piecework.Date{}
	for i := range a.pieces {
		p := &a.pieces[i]
		work := p.work()
		if work.Fixed = byID[p.PieceRateID]; work.Fixed == nil {
			work.Fixed = &piecework.PieceRate{Rate: p.Rate}
		}
		paid := a.runs[p.CorrectsRunID].Policy.Paid(p.Counts)
		work.Counts = piecework.Counts{Good: paid, Rework: p.Total() - paid} // the runs have said already which pieces are paid
		a.in.Work = append(a.in.Work, *work)
		if changes(p) {
			if a.timed {
				a.touched[Sitting{p.SessionID, p.WorkerID}] = true
			}
			if day, seen := first[p.old()]; !seen || p.Day < day {
				first[p.old()] = p.Day
			}
		}
	}
	a.olds = slices.SortedFunc(maps.Keys(first), func(x, y oldRate) int {
		return cmp.Or(cmp.Compare(first[x], first[y]), cmp.Compare(x.id, y.id), cmp.Compare(x.millionths, y.millionths))
	})
	a.change = make([]int, len(a.pieces))
	for i, p := range a.pieces {
		now, ok := book.Find(p.OrderID, p.OperationID, p.Day)
		if a.change[i] = -1; ok && now.ID == a.rate.ID {
			a.change[i] = slices.Index(a.olds, p.old())
		}
	}
	return addRules(ctx, db, w, &a.in)
}

// ratesPaidBy is the rates by which the pieces were paid, by id.
func (a *repricing) ratesPaidBy(ctx context.Context, db bun.IDB) (map[int64]*piecework.PieceRate, error) {
	byID := map[int64]*piecework.PieceRate{}
	for _, p := range a.pieces {
		byID[p.PieceRateID] = nil
	}
	return byID, piecework.RatesByID(ctx, db, byID)
}

// steps replaces one old rate after the other and keeps what each step changes; together they are the whole difference.
func (a *repricing) steps() {
	if len(a.olds) == 0 {
		return
	}
	before, pays := a.price()
	a.before = a.asPaid(before, pays)
	for step, old := range a.olds {
		quantity := map[arrearsKey]int64{}
		for i, p := range a.pieces {
			if a.change[i] == step {
				a.in.Work[i].Fixed = a.rate
				quantity[arrearsKey{run: p.CorrectsRunID, worker: p.WorkerID, order: p.OrderID, operation: p.OperationID}] += a.in.Work[i].Good
			}
		}
		after, pays := a.price()
		a.after = pays
		both := maps.Clone(before)
		maps.Copy(both, after)
		for k := range both {
			made := arrearsKey{run: k.run, worker: cmp.Or(k.team, k.worker), order: k.order, operation: k.operation}
			// What shares the time of a session with the pieces of the rate may change with them.
			if n, ok := quantity[made]; ok || before[k].Cmp(after[k]) != 0 {
				a.found = append(a.found, Arrears{WorkerID: k.worker, RunID: k.run, OrderID: k.order, OperationID: k.operation, TeamID: k.team,
					PieceRateID: a.rate.ID, OldRateID: old.id, OldRate: piecework.Millionths(old.millionths), NewRate: a.rate.Rate,
					Quantity: n, Paid: before[k], Due: after[k]})
			}
		}
		before = after
	}
}

// price is what each worker's pieces of each run come to as things stand, and what her sessions come to that are paid by time.
func (a *repricing) price() (map[arrearsKey]piecework.Money, map[timedJob]timedPay) {
	sums := map[arrearsKey]piecework.Money{}
	a.in.Policy = Policy{} // good ones are paid, the others not
	lines, _ := a.in.workLines(&Result{Unpriced: map[Unpriced]piecework.Counts{}, Priced: map[Unpriced]*piecework.PieceRate{}})
	for _, l := range lines {
		k := arrearsKey{l.CorrectsRunID, l.worker, l.TeamID, l.OrderID, l.OperationID}
		sums[k] = sums[k].Add(l.Amount)
	}
	return sums, timedPays(lines)
}

// unit is what is taken in as a whole, or left: what somebody made at an operation of an order, and where a rate pays by time all that a
// worker made, as it shares the time of her sessions.
func (a *repricing) unit(worker, order, operation int64) source {
	if a.timed && a.in.Teams[worker] == nil {
		return source{worker: worker}
	}
	return source{worker, order, operation}
}

// sort puts what was found into the preview, what is left as it was paid apart, and notes which rates arrears bring the work up to.
func (a *repricing) sort(p *ArrearsPreview, workshopID int64) {
	total := map[source]piecework.Money{}
	for i := range a.found {
		f := &a.found[i]
		f.WorkshopID, f.Run = workshopID, a.runs[f.RunID]
		s := a.unit(cmp.Or(f.TeamID, f.WorkerID), f.OrderID, f.OperationID)
		total[s] = total[s].Add(f.Amount())
	}
	left := func(s source) bool { return !a.take && total[s].Sign() < 0 }
	for _, f := range a.found {
		switch s := a.unit(cmp.Or(f.TeamID, f.WorkerID), f.OrderID, f.OperationID); {
		case f.Amount().IsZero():
		case left(s):
			p.Left = append(p.Left, f)
		default:
			p.List = append(p.List, f)
		}
	}
	known := map[revisedRate]bool{}
	for i, w := range a.pieces {
		r := revisedRate{RunID: w.CorrectsRunID, WorkerID: w.WorkerID, OrderID: w.OrderID, OperationID: w.OperationID, WorkDate: w.Day,
			Rate: a.rate.Rate, PieceRateID: a.rate.ID}
		if a.change[i] >= 0 && !left(a.unit(w.WorkerID, w.OrderID, w.OperationID)) && !known[r] {
			known[r] = true
			p.revised = append(p.revised, r)
		}
	}
	a.addParts(p, left)
}

// name fills in what the lists refer to and puts them in order.
func (p *ArrearsPreview) name(ctx context.Context, db bun.IDB) error {
	workers := map[int64]*piecework.Worker{}
	orders, operations := map[int64]*piecework.ProcessingOrder{}, map[int64]*piecework.Operation{}
	for _, list := range [][]Arrears{p.List, p.Left} {
		for _, a := range list {
			workers[a.WorkerID], orders[a.OrderID], operations[a.OperationID] = nil, nil, nil
		}
	}
	if len(workers) == 0 {
		return nil
	}
	if err := byIDs(ctx, db, "wk", workers, func(w *piecework.Worker) int64 { return w.ID }); err != nil {
		return err
	}
	if err := readNames(ctx, db, orders, operations); err != nil {
		return err
	}
	for _, list := range [][]Arrears{p.List, p.Left} {
		for i := range list {
			a := &list[i]
			a.Worker, a.Order, a.Operation = workers[a.WorkerID], orders[a.OrderID], operations[a.OperationID]
		}
		slices.SortFunc(list, func(a, b Arrears) int {
			return cmp.Or(cmp.Compare(a.Worker.Code, b.Worker.Code), cmp.Compare(a.RunID, b.RunID), cmp.Compare(a.Order.Code, b.Order.Code),
				cmp.Compare(a.Operation.Seq, b.Operation.Seq), cmp.Compare(a.TeamID, b.TeamID), a.OldRate.Cmp(b.OldRate), cmp.Compare(a.OldRateID, b.OldRateID))
		})
	}
	return nil
}
