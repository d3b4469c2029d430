package payroll

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// saveSlips writes the slips of a computation with their lines and what they carry forward.
func (r *PayRun) saveSlips(ctx context.Context, db bun.Tx, slips []Slip) error {
	done := 0
	for chunk := range slices.Chunk(slips, 500) {
		tell(ctx, Progress{Writing, done, len(slips)})
		done += len(chunk)
		for i := range chunk {
			chunk[i].RunID, chunk[i].WorkshopID = r.ID, r.WorkshopID
		}
		if _, err := db.NewInsert().Model(&chunk).Exec(ctx); err != nil {
			return fmt.Errorf("save slips: %w", err)
		}
		if err := saveParts(ctx, db, chunk); err != nil {
			return err
		}
		var lines []Line
		var carries []Carry
		for _, s := range chunk {
			for _, l := range s.Lines {
				l.SlipID = s.ID
				lines = append(lines, l)
			}
			for _, c := range s.Carries {
				c.SlipID, c.RunID, c.WorkshopID, c.WorkerID = s.ID, r.ID, r.WorkshopID, s.WorkerID
				if c.Since == "" {
					c.Since = r.PeriodFrom
				}
				carries = append(carries, c)
			}
		}
		// Lines of a kind fill the same columns, and most leave most of them empty: half the work is not to write those.
		slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(a.Kind.order(), b.Kind.order()) })
		for part := range slices.Chunk(lines, 1000) {
			if _, err := db.NewInsert().Model(&part).ExcludeColumn(emptyColumns(part)...).Returning("NULL").Exec(ctx); err != nil {
				return fmt.Errorf("save lines: %w", err)
			}
		}
		for part := range slices.Chunk(carries, 1000) {
			if _, err := db.NewInsert().Model(&part).Returning("NULL").Exec(ctx); err != nil {
				return fmt.Errorf("save what is carried: %w", err)
			}
		}
	}
	return nil
}

// seldom is the columns of lines whose default says that there is nothing, each with whether a line has something there.
var seldom = []struct {
	column string
	filled func(*Line) bool
}{
	{"adjustment_id", func(l *Line) bool { return l.AdjustmentID != 0 }},
	{"corrects_run_id", func(l *Line) bool { return l.CorrectsRunID != 0 }},
	{"carried_from_run_id", func(l *Line) bool { return l.CarriedFromRunID != 0 }},
	{"note", func(l *Line) bool { return l.Note != "" }},
	{"piece_rate_id", func(l *Line) bool { return l.PieceRateID != 0 }},
	{"repricing", func(l *Line) bool { return l.Repricing }},
	{"day_kind", func(l *Line) bool { return l.DayKind != piecework.OrdinaryDay }},
	{"day_percent", func(l *Line) bool { return l.DayPercent != 0 && l.DayPercent != 100 }},
	{"grade", func(l *Line) bool { return l.Grade != "" }},
	{"grade_percent", func(l *Line) bool { return l.GradePercent != 0 && l.GradePercent != 100 }},
	{"agreed_rate", func(l *Line) bool { return !l.AgreedRate.IsZero() }},
	{"team_id", func(l *Line) bool { return l.TeamID != 0 }},
	{"team_amount", func(l *Line) bool { return !l.TeamAmount.IsZero() }},
	{"share", func(l *Line) bool { return l.Share != "" }},
	{"arrears_id", func(l *Line) bool { return l.ArrearsID != 0 }},
	{"old_rate", func(l *Line) bool { return !l.OldRate.IsZero() }},
}

// emptyColumns names the columns in which none of some lines has anything.
func emptyColumns(lines []Line) []string {
	var names []string
	for _, s := range seldom {
		filled := false
		for i := 0; i < len(lines) && !filled; i++ {
			filled = s.filled(&lines[i])
		}
		if !filled {
			names = append(names, s.column)
		}
	}
	return names
}

// issue makes slips final: each becomes a link of the workshop's chain and gets the code its QR leads to. Drafts go on from what is paid:
// where the tiers of a day, the time of a session or the guarantee of a day ended. So they must be computed again.
func issue(ctx context.Context, db bun.Tx, run *PayRun, slips []Slip, by string) error {
	links := make([]*piecework.ChainLink, len(slips))
	for i := range slips {
		s := &slips[i]
		s.Run, s.IssuedAt, s.IssuedBy = run, piecework.Now(), by
		links[i] = &piecework.ChainLink{Content: s.content()}
	}
	if err := piecework.AppendLinks(ctx, db, run.WorkshopID, links); err != nil {
		return err
	}
	if err := piecework.OutdateDrafts(ctx, db, run.WorkshopID); err != nil {
		return err
	}
	for i := range slips {
		s := &slips[i]
		s.ChainSeq, s.Hash, s.CheckCode = links[i].Seq, links[i].Hash, checkCode(links[i].Hash)
		if _, err := db.NewUpdate().Model(s).Column("issued_at", "issued_by", "chain_seq", "hash", "check_code").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("issue slip: %w", err)
		}
	}
	return tellSlips(ctx, db, run, slips)
}

// tellSlips tells each worker that her slip is there, and, when they are all new, the others that a run's are.
func tellSlips(ctx context.Context, db bun.Tx, run *PayRun, slips []Slip) error {
	notice := piecework.Notice{WorkshopID: run.WorkshopID, RunID: run.ID, FirstDay: run.PeriodFrom, LastDay: run.PeriodTo}
	var list []piecework.Notice
	if slips[0].Version == 1 {
		notice.Kind = piecework.SlipsReady
		list = append(list, notice)
	}
	for _, s := range slips {
		notice.Kind, notice.WorkerID, notice.SlipID = piecework.SlipReady, s.WorkerID, s.ID
		list = append(list, notice)
	}
	return piecework.Notify(ctx, db, list...)
}

// checkCode is 16 decimal digits of a slip's hash: too many to guess, few enough to read out.
func checkCode(hash []byte) string {
	return fmt.Sprintf("%016d", binary.BigEndian.Uint64(hash)%1e16)
}

// loadSlips reads slips with everything printed on them, by worker code.
func loadSlips(ctx context.Context, db bun.IDB, of func(*bun.SelectQuery) *bun.SelectQuery) ([]Slip, error) {
	var list []Slip
	q := db.NewSelect().Model(&list).Relation("Run").Relation("Run.Workshop").Relation("Run.Order").Relation("Worker").Relation("Carries").Relation("Acknowledgement").Relation("Signature").
		Relation("Lines", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("ln.slip_id", "ln.pos") }).
		Order("worker.code", "sl.version")
	if err := of(q).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read slips: %w", err)
	}
	if err := loadParts(ctx, db, list); err != nil {
		return nil, err
	}
	return list, nameLines(ctx, db, list)
}

// nameLines fills order, product, operation, team and rate in tiers or by time of every line from one query each, however many lines there are.
func nameLines(ctx context.Context, db bun.IDB, slips []Slip) error {
	orders, operations := map[int64]*piecework.ProcessingOrder{}, map[int64]*piecework.Operation{}
	teams, rates := map[int64]*piecework.Worker{}, map[int64]*piecework.PieceRate{}
	arrears := map[int64]*Arrears{}
	for _, s := range slips {
		for _, l := range s.Lines {
			if l.OrderID != 0 {
				orders[l.OrderID], operations[l.OperationID] = nil, nil
			}
			if l.TeamID != 0 {
				teams[l.TeamID] = nil
			}
			if l.ArrearsID != 0 {
				arrears[l.ArrearsID] = nil
			}
			if l.PieceRateID != 0 {
				rates[l.PieceRateID] = nil
			}
		}
	}
	if len(orders) == 0 {
		return nil
	}
	if err := readNames(ctx, db, orders, operations); err != nil {
		return err
	}
	if err := byIDs(ctx, db, "wk", teams, func(w *piecework.Worker) int64 { return w.ID }); err != nil {
		return err
	}
	if err := byIDs(ctx, db, "ar", arrears, func(a *Arrears) int64 { return a.ID }); err != nil {
		return err
	}
	if err := piecework.RatesByID(ctx, db, rates); err != nil {
		return err
	}
	for _, s := range slips {
		for i := range s.Lines {
			l := &s.Lines[i]
			l.Order, l.Operation, l.Team, l.PieceRate = orders[l.OrderID], operations[l.OperationID], teams[l.TeamID], rates[l.PieceRateID]
			l.Arrears = arrears[l.ArrearsID]
		}
	}
	return nil
}

// readNames fills orders (with their products) and operations by id.
func readNames(ctx context.Context, db bun.IDB, orders map[int64]*piecework.ProcessingOrder, operations map[int64]*piecework.Operation) error {
	if err := byIDs(ctx, db, "o", orders, func(o *piecework.ProcessingOrder) int64 { return o.ID }, "Product"); err != nil {
		return err
	}
	return byIDs(ctx, db, "op", operations, func(o *piecework.Operation) int64 { return o.ID })
}

// byIDs fills things of a table by their ids. Ids that are not there stay nil.
func byIDs[T any](ctx context.Context, db bun.IDB, alias string, into map[int64]*T, id func(*T) int64, relations ...string) error {
	if len(into) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(into))
	for id := range into {
		ids = append(ids, id)
	}
	var list []T
	q := db.NewSelect().Model(&list).Where(alias+".id IN (?)", bun.List(ids))
	for _, r := range relations {
		q = q.Relation(r)
	}
	if err := q.Scan(ctx); err != nil {
		return fmt.Errorf("read names: %w", err)
	}
	for i := range list {
		into[id(&list[i])] = &list[i]
	}
	return nil
}

// SlipsOf is the current slips of a run with everything printed on them, by worker code; workerID 0 is everybody.
func SlipsOf(ctx context.Context, db bun.IDB, runID, workerID int64) ([]Slip, error) {
	return loadSlips(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("sl.run_id = ? AND NOT sl.superseded", runID)
		if workerID != 0 {
			q = q.Where("sl.worker_id = ?", workerID)
		}
		return q
	})
}

// Slips lists current slips without their lines: of one worker (f.WorkerID) the latest first, or of a run (runID) by worker code.
// Status narrows them to those that are "issued", or to those in a [SayState].
func Slips(ctx context.Context, db bun.IDB, runID int64, f piecework.Filter) (piecework.Page[Slip], error) {
	var list []Slip
	q := db.NewSelect().Model(&list).Relation("Run").Relation("Worker").Where("NOT sl.superseded")
	if runID != 0 {
		q = q.Where("sl.run_id = ?", runID).Order("worker.code")
	} else {
		q = q.OrderExpr("run.period_to DESC, sl.id DESC")
	}
	if f.WorkshopID != 0 {
		q = q.Where("sl.workshop_id = ?", f.WorkshopID)
	}
	if f.WorkerID != 0 {
		q = q.Where("sl.worker_id = ?", f.WorkerID)
	}
	switch s := SayState(f.Status); s {
	case "issued":
		q = q.Where("sl.issued_at <> 0")
	case Silent, Confirmed, Disputed:
		q = q.Where("sl.issued_at <> 0").Where("? = ("+sayState+")", s)
	}
	return piecework.List(ctx, q, &list, f, "run.period_to", "worker.code", "worker.name")
}

// SlipByID returns one slip with everything printed on it, or a not-found error.
func SlipByID(ctx context.Context, db bun.IDB, id int64) (*Slip, error) {
	return oneSlip(ctx, db, "sl.id = ?", id)
}

// SlipByCheckCode returns the slip version with a check code, superseded or not, or a not-found error.
func SlipByCheckCode(ctx context.Context, db bun.IDB, code string) (*Slip, error) {
	return oneSlip(ctx, db, "sl.check_code = ?", code)
}

func oneSlip(ctx context.Context, db bun.IDB, where string, arg any) (*Slip, error) {
	list, err := loadSlips(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where(where, arg) })
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, piecework.NotFound("There is no such slip.")
	}
	return &list[0], nil
}

// Versions lists every version of a worker's slip in a run, the first first.
func Versions(ctx context.Context, db bun.IDB, runID, workerID int64) ([]Slip, error) {
	var list []Slip
	err := db.NewSelect().Model(&list).Where("run_id = ? AND worker_id = ?", runID, workerID).Order("version").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	return list, nil
}
