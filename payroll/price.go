package payroll

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Work is counted pieces of one worker, or of one team, at one operation of one order in one session, reversals negative.
type Work struct {
	WorkerID, OrderID, OperationID int64
	SessionID                      int64          // on a reversal the original's
	Day                            piecework.Date // decides the rate; on a reversal the original's day
	piecework.Counts
	// Fixed is the rate when it is already decided: the pieces were priced before, by an approved run.
	Fixed *piecework.PieceRate
	// CorrectsRunID is the approved run that paid what this reverses; 0 for work that no approved run has paid.
	CorrectsRunID int64
}

// Span is what pieces are counted over towards the tiers of a rate: those of a worker at an operation of an order on a day, in a
// session, or in a run.
type Span struct {
	WorkerID, OrderID, OperationID, RateID int64
	Factor
	Day              piecework.Date
	SessionID, RunID int64
}

// span is the span that some work at a tiered rate belongs to. Work at another percentage of the rate is counted by itself.
func (in *Input) span(w *Work, r *piecework.PieceRate) Span {
	s := Span{WorkerID: w.WorkerID, OrderID: w.OrderID, OperationID: w.OperationID, RateID: r.ID, Factor: in.factor(w)}
	switch r.TierSpan {
	case piecework.PerDay:
		s.Day = w.Day
	case piecework.PerSession:
		s.SessionID = w.SessionID
	default:
		s.RunID = w.CorrectsRunID
	}
	return s
}

// lineKey is what one line of work is about: the pieces of one worker or team at one rate.
type lineKey struct {
	kind                     Kind
	worker, order, operation int64
	rate, rateID, corrects   int64
	repricing                bool
	Factor
}

// group is what a line sums up.
type group struct {
	piecework.Counts
	quantity int64
	sessions map[int64]int64             // paid pieces of each session, for a team to be shared by
	days     map[piecework.Date]*big.Rat // paid pieces of each day, for a guarantee
	parts    []Part                      // of a line paid by time
}

// pricing collects the groups of a computation.
type pricing struct {
	*Input
	groups map[lineKey]*group
	earned map[WorkerDay]*big.Rat // what the pieces of a day come to, where something is guaranteed
}

// rate is the rate some work is priced at, or nil.
func (in *Input) rate(w *Work) *piecework.PieceRate {
	if w.Fixed != nil {
		return w.Fixed
	}
	rate, _ := in.Rates.Find(w.OrderID, w.OperationID, w.Day)
	return rate
}

func (p *pricing) add(k lineKey, quantity int64, c piecework.Counts, sessions map[int64]int64) *group {
	g := p.groups[k]
	if g == nil {
		g = &group{sessions: map[int64]int64{}}
		p.groups[k] = g
	}
	g.quantity += quantity
	g.Counts = g.Counts.Plus(c)
	if _, team := p.Teams[k.worker]; team {
		for id, n := range sessions {
			g.sessions[id] += n
		}
	}
	return g
}

// on notes on which days pieces of a group were made: quantity, divided as by is.
func (g *group) on(quantity int64, by map[piecework.Date]int64) {
	sum := int64(0)
	for _, n := range by {
		sum += n
	}
	if g.days == nil {
		g.days = map[piecework.Date]*big.Rat{}
	}
	for day, n := range by {
		if g.days[day] == nil {
			g.days[day] = new(big.Rat)
		}
		if sum != 0 {
			part := new(big.Rat).SetFrac64(n, sum)
			g.days[day].Add(g.days[day], part.Mul(part, new(big.Rat).SetInt64(quantity)))
		}
	}
}

// workLines groups the work by worker, order, operation and rate, and multiplies each group once. Where something is guaranteed it also
// says what each day's pieces come to.
func (in *Input) workLines(res *Result) ([]workerLine, map[WorkerDay]*big.Rat) {
	p := pricing{in, map[lineKey]*group{}, map[WorkerDay]*big.Rat{}}
	spans, sittings := map[Span][]tiered{}, map[Sitting][]tiered{}
	for i := range in.Work {
		w := &in.Work[i]
		at := Unpriced{w.OrderID, w.OperationID, w.Day}
		rate := in.rate(w)
		if rate == nil {
			res.Unpriced[at] = res.Unpriced[at].Plus(w.Counts)
			continue
		}
		if w.Fixed == nil {
			res.Priced[at] = rate
		}
		if rate.Tiered() {
			s := in.span(w, rate)
			spans[s] = append(spans[s], tiered{w, rate})
			continue
		}
		if _, team := in.Teams[w.WorkerID]; rate.ByTime() && !team { // nobody writes down how long a team was at it
			s := Sitting{w.SessionID, w.WorkerID}
			sittings[s] = append(sittings[s], tiered{w, rate})
			continue
		}
		paid := in.Policy.Paid(w.Counts)
		k := lineKey{kind: Piece, worker: w.WorkerID, order: w.OrderID, operation: w.OperationID, rate: rate.Rate.Millionths(), corrects: w.CorrectsRunID, Factor: in.factor(w)}
		g := p.add(k, paid, w.Counts, map[int64]int64{w.SessionID: paid})
		if in.Guaranteed.Holds() {
			g.on(paid, map[piecework.Date]int64{w.Day: paid})
		}
	}
	for s, list := range spans {
		p.addTiers(list, in.Before[s])
	}
	p.addByTime(sittings)
	return p.lines(), p.earned
}

// tiered is some work with its rate, of several tiers or by time.
type tiered struct {
	*Work
	rate *piecework.PieceRate
}

// addTiers prices the work of one span, of which locked runs have paid before pieces already: first what is taken back of theirs,
// then what is new. Each step goes on from where the one before ended.
func (p *pricing) addTiers(list []tiered, before int64) {
	slices.SortFunc(list, func(a, b tiered) int {
		// What corrects a run comes first, the older run before the younger; new work, which corrects run 0, follows as the largest.
		return cmp.Compare(uint64(a.CorrectsRunID)-1, uint64(b.CorrectsRunID)-1)
	})
	for first := 0; first < len(list); {
		end := first
		var counts piecework.Counts
		sessions, days := map[int64]int64{}, map[piecework.Date]int64{}
		for ; end < len(list) && list[end].CorrectsRunID == list[first].CorrectsRunID; end++ {
			counts = counts.Plus(list[end].Counts)
			sessions[list[end].SessionID] += p.Policy.Paid(list[end].Counts)
			days[list[end].Day] += p.Policy.Paid(list[end].Counts)
		}
		w, rate := list[first].Work, list[first].rate
		to := before + p.Policy.Paid(counts)
		k := lineKey{kind: Tier, worker: w.WorkerID, order: w.OrderID, operation: w.OperationID, rateID: rate.ID, corrects: w.CorrectsRunID, Factor: p.factor(w)}
		parts := rate.Change(before, to)
		if len(parts) == 0 && !counts.IsZero() { // nothing of it is paid, or as much comes as goes: the pieces still show
			parts = []piecework.TierPart{{Rate: rate.Rate}}
		}
		for i, part := range parts {
			k.rate, k.repricing = part.Rate.Millionths(), part.Repricing
			if i > 0 {
				counts = piecework.Counts{} // the first line of the step tells of all its pieces
			}
			g := p.add(k, part.Quantity, counts, sessions)
			if p.Guaranteed.Holds() {
				g.on(part.Quantity, days)
			}
		}
		before, first = to, end
	}
}

// lines makes a line of each group, and of each group of a team a line for each member.
func (p *pricing) lines() []workerLine {
	lines := make([]workerLine, 0, len(p.groups))
	for k, g := range p.groups {
		if g.Counts.IsZero() && g.quantity == 0 && !k.repricing {
			continue // struck within the period: nothing happened
		}
		l := Line{Kind: k.kind, OrderID: k.order, OperationID: k.operation, Quantity: g.quantity, Rate: piecework.Millionths(k.rate),
			Counts: g.Counts, CorrectsRunID: k.corrects, PieceRateID: k.rateID, Repricing: k.repricing, Factor: k.Factor}
		if !k.plain() {
			l.AgreedRate, l.Rate = l.Rate, k.of(l.Rate)
		}
		if k.corrects != 0 {
			l.Kind = Correction
		}
		if k.kind == Premium {
			l.Amount, l.Parts = sumParts(g.parts), g.parts
		} else {
			l.Amount = l.Rate.Times(l.Quantity)
		}
		first := len(lines)
		if team, ok := p.Teams[k.worker]; ok {
			lines = append(lines, p.share(l, k.worker, team, g.sessions)...)
		} else {
			lines = append(lines, workerLine{k.worker, l})
		}
		for i := range lines[first:] {
			p.earnedByDay(&lines[first+i], g)
		}
	}
	return lines
}

// addBefore reads what locked runs other than runID have paid of the spans and sessions of some work, and how long workers were there
// where that decides about the pay.
func addBefore(ctx context.Context, db bun.IDB, runID int64, in *Input) (err error) {
	if in.Before, err = paidBefore(ctx, db, runID, in); err != nil {
		return err
	}
	return addTimes(ctx, db, runID, in)
}

// paidBefore is how many paid pieces of the spans of some work other, locked runs have paid: those that a reversal takes back from, and
// those of a day or session to which more has come since. runID is the run that asks.
func paidBefore(ctx context.Context, db bun.IDB, runID int64, in *Input) (map[Span]int64, error) {
	workers, rates := map[int64]bool{}, map[int64]*piecework.PieceRate{}
	var from, to piecework.Date
	wide := map[int64]bool{} // runs of which all days count
	for i := range in.Work {
		w := &in.Work[i]
		rate := in.rate(w)
		if rate == nil || !rate.Tiered() || rate.TierSpan == piecework.PerPeriod && w.CorrectsRunID == 0 {
			continue
		}
		workers[w.WorkerID], rates[rate.ID] = true, rate
		if rate.TierSpan == piecework.PerPeriod {
			wide[w.CorrectsRunID] = true
		}
		if from == "" || w.Day < from {
			from = w.Day
		}
		to = max(to, w.Day)
	}
	if len(workers) == 0 {
		return nil, nil
	}
	if len(wide) > 0 {
		var period struct{ First, Last piecework.Date }
		err := db.NewSelect().Model((*PayRun)(nil)).ColumnExpr("MIN(period_from) AS first, MAX(period_to) AS last").
			Where("id IN (?)", bun.List(slices.Collect(maps.Keys(wide)))).Scan(ctx, &period)
		if err != nil {
			return nil, fmt.Errorf("read the periods of runs: %w", err)
		}
		from, to = min(from, period.First), max(to, period.Last)
	}
	if any, err := lockedRunSince(ctx, db, runID, from); err != nil || !any {
		return nil, err
	}
	before := map[Span]int64{}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(workers)), 1000) {
		list, err := paidWork(ctx, db, runID, chunk, slices.Collect(maps.Keys(rates)), from, to)
		if err != nil {
			return nil, err
		}
		for i := range list {
			before[in.span(list[i].work(), rates[list[i].PieceRateID])] += in.Policy.Paid(list[i].Counts)
		}
	}
	return before, nil
}

// lockedRunSince says whether any other, locked run may have paid work of a day or later ones, or taken it off when it was struck.
func lockedRunSince(ctx context.Context, db bun.IDB, runID int64, day piecework.Date) (bool, error) {
	found, err := db.NewSelect().Model((*PayRun)(nil)).Where("id <> ? AND period_to >= ?", runID, day).
		Where("status IN (?)", bun.List([]RunStatus{Approved, PaidOut})).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("look for locked runs: %w", err)
	}
	return found, nil
}

// paidWork is what locked runs other than runID have paid of some workers at some rates, what was struck since taken off, with the
// run that paid it in CorrectsRunID.
func paidWork(ctx context.Context, db bun.IDB, runID int64, workers, rates []int64, from, to piecework.Date) ([]paidPieces, error) {
	var list []paidPieces
	err := paidQuery(db, runID).Where("t.worker_id IN (?) AND o.work_date BETWEEN ? AND ?", bun.List(workers), from, to).
		Where("COALESCE(rv.piece_rate_id, rr.piece_rate_id) IN (?)", bun.List(rates)).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("read what was paid of a span: %w", err)
	}
	return list, nil
}

// paidQuery reads paidPieces of locked runs other than runID: o is the tally that was paid, rr.run_id the run that priced it, t the tally
// itself or what strikes it.
func paidQuery(db bun.IDB, runID int64) *bun.SelectQuery {
	return lockedTallies(db, runID).
		ColumnExpr("o.worker_id, o.order_id, o.operation_id, o.session_id, o.work_date AS day, rr.run_id AS corrects_run_id").
		ColumnExpr("COALESCE(rv.piece_rate_id, rr.piece_rate_id, 0) AS piece_rate_id, COALESCE(rv.rate, rr.rate) AS rate").
		GroupExpr("o.worker_id, o.order_id, o.operation_id, o.session_id, o.work_date, rr.run_id, rr.piece_rate_id, rv.piece_rate_id, rr.rate, rv.rate")
}

// lockedTallies selects the sums of tallies t that locked runs other than runID have, what was struck taken off: of the originals o, priced
// as rr says by the run that paid them and brought up by arrears to what rv says. What strikes an original that was paid only later was
// priced by its own run, as work that is taken off.
func lockedTallies(db bun.IDB, runID int64) *bun.SelectQuery {
	locked := bun.List([]RunStatus{Approved, PaidOut})
	signed := func(column string) string {
		return "CAST(SUM(CASE WHEN t.reverses_id IS NULL THEN t." + column + " ELSE -t." + column + " END) AS BIGINT) AS " + column
	}
	return db.NewSelect().TableExpr("tallies AS t").
		Join("JOIN tally_claims AS c ON c.tally_id = t.id").Join("JOIN pay_runs AS p ON p.id = c.run_id AND p.id <> ? AND p.status IN (?)", runID, locked).
		Join("JOIN tallies AS o ON o.id = COALESCE(t.reverses_id, t.id)").
		Join("LEFT JOIN tally_claims AS oc ON oc.tally_id = o.id").
		Join("LEFT JOIN pay_runs AS op ON op.id = oc.run_id AND op.status IN (?) AND (op.approved_at <= p.approved_at OR t.received_at > p.computed_at)", locked).Where("op.id IS NULL OR op.id <> ?", runID).
		Join("JOIN run_rates AS rr ON rr.run_id = COALESCE(op.id, p.id) AND rr.order_id = o.order_id AND rr.operation_id = o.operation_id AND rr.work_date = o.work_date").
		Join("LEFT JOIN " + revisedTo + " AND rv.run_id = rr.run_id").
		ColumnExpr(signed("good")).ColumnExpr(signed("rework")).ColumnExpr(signed("scrap_workmanship")).ColumnExpr(signed("scrap_material"))
}

// ofSessions keeps of what [lockedTallies] selects the originals of some sessions and what strikes them; it costs those tallies alone.
func ofSessions(q *bun.SelectQuery, sessions []int64) *bun.SelectQuery {
	return q.Where("o.session_id IN (?0) AND (t.session_id IN (?0) OR t.reverses_id IN (SELECT x.id FROM tallies x WHERE x.session_id IN (?0)))", bun.List(sessions))
}

// paidPieces is work that a locked run has paid, and the rate it used.
type paidPieces struct {
	WorkerID, OrderID, OperationID, SessionID int64
	Day                                       piecework.Date
	CorrectsRunID                             int64 // the run that paid it
	piecework.Counts                          `bun:"embed:"`
	PieceRateID                               int64          // arrears may have brought it up to another than that of the run
	Rate                                      piecework.Rate // without tiers
}

func (p *paidPieces) old() oldRate { return oldRate{p.PieceRateID, p.Rate.Millionths()} }

func (p *paidPieces) work() *Work {
	return &Work{WorkerID: p.WorkerID, OrderID: p.OrderID, OperationID: p.OperationID, SessionID: p.SessionID, Day: p.Day, CorrectsRunID: p.CorrectsRunID}
}
