package exchange

import (
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// maxLater is how many reversals may stand in the file before the tallies they strike.
const maxLater = 200_000

// maxSpoilt is how many uids of faulty rows are remembered, so that what strikes them is not blamed too.
const maxSpoilt = 100_000

// tallyImport is the tallies table under way. Nothing in it grows with the file but the reversals that stand before what
// they strike: whether a uid stands in the file twice is seen in the database, where rows of this import have an id above
// before.
type tallyImport struct {
	*importer
	before int64 // the highest id of a tally when the import began
	locked map[int64]bool
	batch  []pendingTally
	later  []pendingTally
	spoilt map[string]bool
}

// pendingTally is one row that is right in itself.
type pendingTally struct {
	row       int
	tally     *piecework.Tally
	hasMoment bool // the file says when it was recorded
}

func (im *importer) importTallies() {
	ti := &tallyImport{importer: im, locked: map[int64]bool{}, spoilt: map[string]bool{}}
	err := im.db.NewSelect().Model((*piecework.Tally)(nil)).ColumnExpr("COALESCE(MAX(id), 0)").Scan(im.ctx, &ti.before)
	if err != nil {
		im.fail(err)
		return
	}
	im.each(func(row *Row) {
		t := ti.build(row)
		if t == nil {
			if len(ti.spoilt) < maxSpoilt {
				ti.spoilt[row.Text("uid")] = true
			}
			return
		}
		ti.batch = append(ti.batch, pendingTally{row.Num, t, row.Given("recorded_at")})
		if len(ti.batch) == batchSize {
			ti.store(ti.batch, false)
			ti.batch = ti.batch[:0]
		}
		if len(ti.later) >= maxLater {
			ti.storeLater()
		}
	})
	ti.store(ti.batch, false)
	ti.storeLater()
}

// storeLater takes the reversals up again that did not find what they strike.
func (ti *tallyImport) storeLater() {
	later := ti.later
	ti.later = nil
	for len(later) > 0 {
		n := min(batchSize, len(later))
		ti.store(later[:n], true)
		later = later[n:]
	}
}

// build makes the tally of a row, or reports what is wrong with it.
func (ti *tallyImport) build(r *Row) *piecework.Tally {
	session, worker, order := ti.session(r), ti.worker(r), ti.order(r)
	if order == nil {
		return nil
	}
	operation := ti.operation(r, order.ProductID)
	if session == nil || worker == nil || operation == nil {
		return nil
	}
	good := true
	wrong := func(column, format string, args ...any) {
		ti.fault(r, column, piecework.Msg(format, args...))
		good = false
	}
	if worker.WorkshopID != session.WorkshopID {
		wrong("worker", "works at another workshop than that of session %s", session.Code)
	}
	if order.WorkshopID != session.WorkshopID {
		wrong("order", "is an order of another workshop than that of session %s", session.Code)
	}
	counts := piecework.Counts{Good: r.Int("good"), Rework: r.Int("rework"),
		ScrapWorkmanship: r.Int("scrap_workmanship"), ScrapMaterial: r.Int("scrap_material")}
	v := &piecework.Invalid{}
	piecework.CheckCounts(v, counts)
	for _, f := range v.Fields {
		wrong(f.Field, f.Format, f.Args...)
	}
	if r.Text("reverses") == r.Text("uid") {
		wrong("reverses", "a tally cannot strike itself")
	}
	if !good || !r.OK || !ti.lock(session.WorkshopID) {
		return nil
	}
	t := &piecework.Tally{UID: r.Text("uid"), WorkshopID: session.WorkshopID, SessionID: session.ID, WorkDate: session.WorkDate,
		WorkerID: worker.ID, OrderID: order.ID, OperationID: operation.ID, Counts: counts,
		RecordedAt: ti.now, ReceivedAt: ti.now, RecordedBy: recordedBy, Session: session, Order: order,
		Codes: piecework.TallyCodes{Session: session.Code, Worker: worker.Code, Order: order.Code, Operation: operation.Code, Reverses: r.Text("reverses")}}
	if r.Given("recorded_at") {
		t.RecordedAt = piecework.Instant(r.Int("recorded_at"))
	}
	return t
}

// lock makes this import the only one that appends to a workshop's chain.
func (ti *tallyImport) lock(workshopID int64) bool {
	if !ti.locked[workshopID] {
		if err := piecework.LockWorkshop(ti.ctx, ti.db, workshopID); err != nil {
			ti.fail(err)
			return false
		}
		ti.locked[workshopID] = true
	}
	return true
}

// storedTally is a tally as the database has it, with what it reverses and whether it was reversed.
type storedTally struct {
	piecework.Tally `bun:",extend"`
	OriginalUID     string `bun:",nullzero"`
	ReversedID      int64  `bun:",nullzero"`
}

// stored reads the tallies of a batch that are in the database, and those that the batch reverses, by uid.
func (ti *tallyImport) stored(batch []pendingTally) (map[string]*storedTally, error) {
	uids := make([]string, 0, len(batch))
	for i := range batch {
		t := batch[i].tally
		if uids = append(uids, t.UID); t.Codes.Reverses != "" {
			uids = append(uids, t.Codes.Reverses)
		}
	}
	var list []storedTally
	err := ti.db.NewSelect().Model(&list).ModelTableExpr("tallies AS t").
		Column("t.id", "t.uid", "t.workshop_id", "t.session_id", "t.worker_id", "t.order_id", "t.operation_id",
			"t.good", "t.rework", "t.scrap_workmanship", "t.scrap_material", "t.recorded_at").
		ColumnExpr("o.uid AS original_uid, x.id AS reversed_id").
		Join("LEFT JOIN tallies AS o ON o.id = t.reverses_id").Join("LEFT JOIN tallies AS x ON x.reverses_id = t.id").
		Where("t.uid IN (?)", bun.List(uids)).Scan(ti.ctx)
	byUID := make(map[string]*storedTally, len(list))
	for i := range list {
		byUID[list[i].UID] = &list[i]
	}
	return byUID, err
}

// store decides about a batch row by row and appends what is new to the chains. A reversal whose original is not stored
// yet waits; final says that there is nothing left to wait for.
func (ti *tallyImport) store(batch []pendingTally, final bool) {
	if len(batch) == 0 || ti.err != nil {
		return
	}
	stored, err := ti.stored(batch)
	if err != nil {
		ti.fail(err)
		return
	}
	inBatch, struck := make(map[string]int, len(batch)), map[string]bool{}
	added := map[int64][]*piecework.Tally{}
	for _, p := range batch {
		t := p.tally
		first, twice := inBatch[t.UID]
		old := stored[t.UID]
		switch {
		case twice:
			ti.blame(p, "uid", t.UID, "the same stands in row %v already", first)
			continue
		case old != nil && old.ID > ti.before:
			ti.blame(p, "uid", t.UID, "the same stands in this file already")
			continue
		case old != nil:
			ti.compare(p, old)
			continue
		}
		if uid := t.Codes.Reverses; uid != "" {
			original := stored[uid]
			if original == nil && !final {
				ti.later = append(ti.later, p)
				continue
			}
			if _, waited := inBatch[uid]; waited {
				ti.blame(p, "reverses", uid, isReversal) // only reversals wait
				continue
			}
			if !ti.strikes(p, original, struck) {
				continue
			}
			struck[uid] = true
			t.ReversesID = original.ID
		}
		if ti.closed(p) {
			continue
		}
		inBatch[t.UID] = p.row
		added[t.WorkshopID] = append(added[t.WorkshopID], t)
		ti.table().New++
	}
	for _, id := range slices.Sorted(maps.Keys(added)) {
		if err := piecework.AppendTallies(ti.ctx, ti.db, id, added[id]); err != nil {
			ti.fail(err)
			return
		}
	}
}

func (ti *tallyImport) blame(p pendingTally, column, value, format string, args ...any) {
	ti.faults.add(ti.sheet.fault(p.row, column, value, piecework.Msg(format, args...)))
}

const isReversal = "is itself a reversal; a new tally takes the place of what it struck"

// strikes says whether a reversal may strike the original it names, or reports why not.
func (ti *tallyImport) strikes(p pendingTally, original *storedTally, struck map[string]bool) bool {
	t := p.tally
	uid := t.Codes.Reverses
	blame := func(column, value, format string, args ...any) bool {
		ti.blame(p, column, value, format, args...)
		return false
	}
	switch {
	case original == nil && (ti.spoilt[uid] || ti.sheet.broken):
		return false
	case original == nil:
		return blame("reverses", uid, "there is no tally with this uid")
	case original.WorkshopID != t.WorkshopID:
		return blame("reverses", uid, "is a tally of another workshop")
	case original.OriginalUID != "":
		return blame("reverses", uid, isReversal)
	case struck[uid] || original.ReversedID != 0:
		return blame("reverses", uid, "is struck already")
	}
	const mustRepeat = "differs from tally %s; a reversal repeats worker, order, operation and quantities"
	switch {
	case original.WorkerID != t.WorkerID:
		return blame("worker", t.Codes.Worker, mustRepeat, uid)
	case original.OrderID != t.OrderID:
		return blame("order", t.Codes.Order, mustRepeat, uid)
	case original.OperationID != t.OperationID:
		return blame("operation", t.Codes.Operation, mustRepeat, uid)
	}
	if column, value, _ := differingCount(t.Counts, original.Counts); column != "" {
		return blame(column, value, mustRepeat, uid)
	}
	return true
}

// differingCount names the first count in which two tallies differ, with both values.
func differingCount(a, b piecework.Counts) (column, value, other string) {
	for _, c := range []struct {
		column string
		a, b   int64
	}{{"good", a.Good, b.Good}, {"rework", a.Rework, b.Rework},
		{"scrap_workmanship", a.ScrapWorkmanship, b.ScrapWorkmanship}, {"scrap_material", a.ScrapMaterial, b.ScrapMaterial}} {
		if c.a != c.b {
			return c.column, number(c.a), number(c.b)
		}
	}
	return "", "", ""
}

// compare holds a row against the tally stored under its uid. When the file does not say when it was recorded, the moment
// is not compared.
func (ti *tallyImport) compare(p pendingTally, old *storedTally) {
	t := p.tally
	const other = "tally %s is stored already with another %s; the same uid must mean the same content"
	switch {
	case old.SessionID != t.SessionID:
		ti.blame(p, "session", t.Codes.Session, other, t.UID, "session")
	case old.WorkerID != t.WorkerID:
		ti.blame(p, "worker", t.Codes.Worker, other, t.UID, "worker")
	case old.OrderID != t.OrderID:
		ti.blame(p, "order", t.Codes.Order, other, t.UID, "order")
	case old.OperationID != t.OperationID:
		ti.blame(p, "operation", t.Codes.Operation, other, t.UID, "operation")
	case old.OriginalUID != t.Codes.Reverses:
		ti.blame(p, "reverses", t.Codes.Reverses, other, t.UID, "reverses")
	case p.hasMoment && old.RecordedAt != t.RecordedAt:
		ti.blame(p, "recorded_at", t.RecordedAt.String(), "tally %s is stored already with %s; the same uid must mean the same content", t.UID, old.RecordedAt.String())
	default:
		if column, value, was := differingCount(t.Counts, old.Counts); column != "" {
			ti.blame(p, column, value, "tally %s is stored already with %s; the same uid must mean the same content", t.UID, was)
			return
		}
		ti.table().Unchanged++
	}
}

// closed reports a new tally that was recorded after its session or order was closed.
func (ti *tallyImport) closed(p pendingTally) bool {
	t := p.tally
	switch {
	case !t.Session.Open() && t.RecordedAt > t.Session.ClosedAt:
		ti.blame(p, "session", t.Codes.Session, "is closed; reopen it, or count in another one")
	case t.Codes.Reverses == "" && t.Order.Closed() && t.RecordedAt > t.Order.ClosedAt:
		ti.blame(p, "order", t.Codes.Order, "is closed")
	default:
		return false
	}
	return true
}
