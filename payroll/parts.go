package payroll

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// storedPart is a part of a line in the database.
type storedPart struct {
	bun.BaseModel `bun:"table:slip_parts,alias:sp"`

	ID     int64 `bun:",pk,autoincrement"`
	SlipID int64
	Pos    int
	Part   `bun:"embed:"`
}

// saveParts writes the parts of the lines of slips that were saved.
func saveParts(ctx context.Context, db bun.Tx, slips []Slip) error {
	var list []storedPart
	for i := range slips {
		for _, l := range slips[i].Lines {
			for _, p := range l.Parts {
				list = append(list, storedPart{SlipID: slips[i].ID, Pos: l.Pos, Part: p})
			}
		}
	}
	for chunk := range slices.Chunk(list, 1000) {
		if _, err := db.NewInsert().Model(&chunk).Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("save parts of lines: %w", err)
		}
	}
	return nil
}

// loadParts fills the parts of the lines of slips, where any line may have some.
func loadParts(ctx context.Context, db bun.IDB, slips []Slip) error {
	at := map[int64]*Slip{}
	for i := range slips {
		if slices.ContainsFunc(slips[i].Lines, func(l Line) bool {
			return l.Kind == Premium || l.Kind == Guarantee || l.Kind == Correction && l.PieceRateID != 0
		}) {
			at[slips[i].ID] = &slips[i]
		}
	}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(at)), 1000) {
		var list []storedPart
		if err := db.NewSelect().Model(&list).Where("sp.slip_id IN (?)", bun.List(chunk)).Order("sp.slip_id", "sp.id").Scan(ctx); err != nil {
			return fmt.Errorf("read parts of lines: %w", err)
		}
		for _, p := range list {
			lines := at[p.SlipID].Lines
			if i := slices.IndexFunc(lines, func(l Line) bool { return l.Pos == p.Pos }); i >= 0 {
				lines[i].Parts = append(lines[i].Parts, p.Part)
			}
		}
	}
	return nil
}

// addTimes reads what work at rates by time is paid by: how long workers were at the sessions, and what locked runs other than runID have
// paid of these sessions, by time or otherwise.
func addTimes(ctx context.Context, db bun.IDB, runID int64, in *Input) error {
	sessions := map[int64]bool{}
	var from piecework.Date
	for i := range in.Work {
		w := &in.Work[i]
		if r := in.rate(w); r == nil || !r.ByTime() || in.Teams[w.WorkerID] != nil {
			continue
		}
		sessions[w.SessionID] = true
		if from == "" || w.Day < from {
			from = w.Day
		}
	}
	if len(sessions) == 0 {
		return nil
	}
	ids := slices.Sorted(maps.Keys(sessions))
	var err error
	if in.Times, err = presence(ctx, db, ids); err != nil {
		return err
	}
	if any, err := lockedRunSince(ctx, db, runID, from); err != nil || !any {
		return err
	}
	in.Paid, in.Other = nil, map[Sitting]piecework.Counts{}
	for chunk := range slices.Chunk(ids, 1000) {
		if err := in.addPaidByTime(ctx, db, runID, chunk); err != nil {
			return err
		}
		if err := in.addRevisedByTime(ctx, db, chunk); err != nil {
			return err
		}
		if err := in.addOtherPaid(ctx, db, runID, chunk); err != nil {
			return err
		}
	}
	return nil
}

// addPaidByTime reads what locked runs have paid by time of some sessions.
func (in *Input) addPaidByTime(ctx context.Context, db bun.IDB, runID int64, sessions []int64) error {
	return in.addTimed(ctx, db, db.NewSelect().TableExpr("slip_parts AS sp").Join("JOIN slips AS s ON s.id = sp.slip_id AND NOT s.superseded").
		Join("JOIN pay_runs AS p ON p.id = s.run_id AND p.id <> ? AND p.status IN (?)", runID, bun.List([]RunStatus{Approved, PaidOut})).
		Join("JOIN slip_lines AS l ON l.slip_id = sp.slip_id AND l.pos = sp.pos").Where("sp.session_id IN (?)", bun.List(sessions)).
		ColumnExpr("sp.session_id, s.worker_id, l.order_id, l.operation_id, l.piece_rate_id").ColumnExpr(sums("pieces")).
		ColumnExpr("CAST(SUM(sp.amount) AS BIGINT) AS amount").
		GroupExpr("sp.session_id, s.worker_id, l.order_id, l.operation_id, l.piece_rate_id"))
}

// addTimed adds what a query finds to have been paid by time, each part at the rate that it names.
func (in *Input) addTimed(ctx context.Context, db bun.IDB, q *bun.SelectQuery) error {
	var list []struct {
		Sitting
		OrderID, OperationID, PieceRateID, Pieces int64
		Amount                                    piecework.Money
	}
	if err := q.Scan(ctx, &list); err != nil {
		return fmt.Errorf("read what was paid by time: %w", err)
	}
	rates := map[int64]*piecework.PieceRate{}
	for _, p := range list {
		rates[p.PieceRateID] = nil
	}
	if err := piecework.RatesByID(ctx, db, rates); err != nil {
		return err
	}
	for _, p := range list {
		in.Paid = append(in.Paid, PaidByTime{p.Sitting, p.OrderID, p.OperationID, rates[p.PieceRateID], p.Pieces, p.Amount})
	}
	return nil
}

// addOtherPaid reads what locked runs have paid otherwise of some sessions, what was struck since taken off.
func (in *Input) addOtherPaid(ctx context.Context, db bun.IDB, runID int64, sessions []int64) error {
	var list []struct {
		Sitting
		piecework.Counts `bun:"embed:"`
	}
	err := ofSessions(lockedTallies(db, runID), sessions).Join("LEFT JOIN team_members AS m ON m.team_id = t.worker_id").
		Join("LEFT JOIN piece_rates AS r ON r.id = COALESCE(rv.piece_rate_id, rr.piece_rate_id)").
		ColumnExpr("o.session_id, COALESCE(m.worker_id, o.worker_id) AS worker_id").
		Where("m.team_id IS NOT NULL OR r.id IS NULL OR r.scheme = ''").
		GroupExpr("o.session_id, COALESCE(m.worker_id, o.worker_id)").Scan(ctx, &list)
	if err != nil {
		return fmt.Errorf("read what was paid otherwise: %w", err)
	}
	for _, o := range list {
		in.Other[o.Sitting] = in.Other[o.Sitting].Plus(o.Counts)
	}
	return nil
}

// verifyParts adds the parts of every line up again. Of a line that did not fit whole only a part was taken.
func verifyParts(ctx context.Context, db bun.IDB) error {
	var wrong []struct {
		Code           string
		RunID, Version int64
		Pos            int
	}
	err := db.NewSelect().TableExpr("slip_lines AS l").ColumnExpr("w.code, s.run_id, s.version, l.pos").
		Join("JOIN slips AS s ON s.id = l.slip_id").Join("JOIN workers AS w ON w.id = s.worker_id").
		Join("LEFT JOIN slip_parts AS sp ON sp.slip_id = l.slip_id AND sp.pos = l.pos").
		GroupExpr("l.id, w.code, s.run_id, s.version, l.pos, l.amount, l.kind").
		Having("(l.kind IN (?) OR COUNT(sp.id) > 0) AND NOT COALESCE(SUM(sp.amount) = l.amount OR l.amount <= 0 AND SUM(sp.amount) < l.amount, FALSE)",
			bun.List([]Kind{Premium, Guarantee})).
		OrderExpr("l.id").Limit(1).Scan(ctx, &wrong)
	if err != nil {
		return fmt.Errorf("add up parts of lines: %w", err)
	}
	for _, l := range wrong {
		return fmt.Errorf("line %d of the slip of %s in run %d, version %d, does not add up to its parts", l.Pos, l.Code, l.RunID, l.Version)
	}
	return nil
}
