package payroll

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Checked is what [Verify] went through.
type Checked struct {
	Workshops, Links, Slips, Runs, Deliveries int
}

// Verify recomputes the books: every hash chain, the sums kept beside the tallies, every slip from its lines, every run from
// the tallies it claimed, every delivery, the tie-out of every order and of every bundle that a delivery names, and every statement of a
// contractor. The error names the first thing that is off.
func Verify(ctx context.Context, db bun.IDB) (Checked, error) {
	var done Checked
	workshops, err := piecework.Workshops(ctx, db, 0)
	if err != nil {
		return done, err
	}
	for i := range workshops {
		links, err := verifyChain(ctx, db, &workshops[i])
		if done.Links += links; err != nil {
			return done, err
		}
		done.Workshops++
	}
	for _, check := range []func() error{
		func() error { return piecework.CheckProgress(ctx, db) },
		func() error { return piecework.VerifyTeams(ctx, db) },
		func() error { return piecework.CheckPhotos(ctx, db) },
		func() error { return verifySlips(ctx, db, &done) },
		func() error { return verifyParts(ctx, db) },
		func() error { return verifyVersions(ctx, db) },
		func() error { return verifySay(ctx, db) },
		func() error { return verifyAdjustments(ctx, db) },
		func() error { return verifyArrears(ctx, db) },
		func() error { return verifyPayments(ctx, db) },
		func() error { return verifyRuns(ctx, db, &done) },
		func() error { return verifyDeliveries(ctx, db, &done) },
		func() error { return verifyTieOuts(ctx, db) },
		func() error { return verifyBundles(ctx, db) },
		func() error { _, err := piecework.CheckStatements(ctx, db); return err },
	} {
		if err := check(); err != nil {
			return done, err
		}
	}
	return done, nil
}

// verifyChain walks tallies and slips of a workshop together, in the order in which they were linked.
func verifyChain(ctx context.Context, db bun.IDB, w *piecework.Workshop) (int, error) {
	nextTally, stopTally := iter.Pull2(piecework.TallyLinks(ctx, db, w.ID))
	defer stopTally()
	nextSlip, stopSlip := iter.Pull2(slipLinks(ctx, db, w.ID))
	defer stopSlip()
	tally, errT, moreT := nextTally()
	slip, errS, moreS := nextSlip()
	var prev []byte
	n := 0
	for moreT || moreS {
		if errT != nil {
			return n, errT
		}
		if errS != nil {
			return n, errS
		}
		var l piecework.ChainLink
		if moreT && (!moreS || tally.Seq < slip.Seq) {
			l = tally
			tally, errT, moreT = nextTally()
		} else {
			l = slip
			slip, errS, moreS = nextSlip()
		}
		if l.Seq != int64(n)+1 {
			return n, fmt.Errorf("workshop %s: link %d of the chain is missing; the next one there is %s", w.Code, n+1, l.Name)
		}
		if prev = piecework.Link(prev, l.Content); !bytes.Equal(prev, l.Hash) {
			return n, fmt.Errorf("workshop %s: link %d of the chain (%s) does not match its hash: it, or something before it, was changed", w.Code, l.Seq, l.Name)
		}
		n++
	}
	if int64(n) != w.ChainSeq || !bytes.Equal(prev, w.ChainHash) {
		return n, fmt.Errorf("workshop %s: the chain ends at link %d, but %d were written", w.Code, n, w.ChainSeq)
	}
	return n, nil
}

// slipLinks walks the issued slip versions of a workshop in chain order, a page at a time.
func slipLinks(ctx context.Context, db bun.IDB, workshopID int64) iter.Seq2[piecework.ChainLink, error] {
	return func(yield func(piecework.ChainLink, error) bool) {
		for last := int64(0); ; {
			var ids []int64
			err := db.NewSelect().Model((*Slip)(nil)).Column("id").Where("workshop_id = ? AND chain_seq > ?", workshopID, last).
				Order("chain_seq").Limit(500).Scan(ctx, &ids)
			if err != nil || len(ids) == 0 {
				if err != nil {
					yield(piecework.ChainLink{}, fmt.Errorf("read slips: %w", err))
				}
				return
			}
			page, err := loadSlips(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery {
				return q.Where("sl.id IN (?)", bun.List(ids))
			})
			if err != nil {
				yield(piecework.ChainLink{}, err)
				return
			}
			slices.SortFunc(page, func(a, b Slip) int { return cmp.Compare(a.ChainSeq, b.ChainSeq) })
			for i := range page {
				s := &page[i]
				name := fmt.Sprintf("slip of %s in run %d, version %d", s.Worker.Code, s.RunID, s.Version)
				if len(s.Hash) == sha256.Size && s.CheckCode != checkCode(s.Hash) {
					yield(piecework.ChainLink{}, fmt.Errorf("the check code of the %s is not that of its hash", name))
					return
				}
				if !yield(piecework.ChainLink{Seq: s.ChainSeq, Name: name, Content: s.content(), Hash: s.Hash}, nil) {
					return
				}
				last = s.ChainSeq
			}
		}
	}
}

// verifySlips adds the lines of every slip up again, in the database, with integers.
func verifySlips(ctx context.Context, db bun.IDB, done *Checked) error {
	n, err := db.NewSelect().Model((*Slip)(nil)).Count(ctx)
	if err != nil {
		return fmt.Errorf("count slips: %w", err)
	}
	done.Slips = int(n)
	var wrong []struct {
		Code           string
		RunID, Version int64
	}
	err = db.NewSelect().TableExpr("slips AS s").ColumnExpr("w.code, s.run_id, s.version").
		Join("JOIN workers AS w ON w.id = s.worker_id").Join("LEFT JOIN slip_lines AS l ON l.slip_id = s.id").
		GroupExpr("s.id, w.code, s.run_id, s.version, s.gross, s.tax, s.deductions, s.net, s.carried_forward").
		Having(`s.net <> s.gross - s.tax - s.deductions
			OR s.gross <> COALESCE(SUM(CASE WHEN l.amount > 0 THEN l.amount END), 0)
			OR s.tax <> COALESCE(SUM(CASE WHEN l.kind = 'tax' THEN -l.amount END), 0)
			OR s.deductions <> COALESCE(SUM(CASE WHEN l.amount < 0 AND l.kind <> 'tax' THEN -l.amount END), 0)
			OR s.carried_forward <> COALESCE((SELECT SUM(c.amount) FROM carries c WHERE c.slip_id = s.id), 0)`).
		OrderExpr("s.id").Limit(1).Scan(ctx, &wrong)
	if err != nil {
		return fmt.Errorf("add up slips: %w", err)
	}
	for _, s := range wrong {
		return fmt.Errorf("the slip of %s in run %d, version %d, does not add up to its lines", s.Code, s.RunID, s.Version)
	}
	return nil
}

// verifyVersions holds that of several versions of a slip the last one is valid, and no other, and that the slips of a locked
// run are issued.
func verifyVersions(ctx context.Context, db bun.IDB) error {
	var wrong []struct {
		Code           string
		RunID, Version int64
	}
	err := db.NewSelect().TableExpr("slips AS s").ColumnExpr("w.code, s.run_id, s.version").
		Join("JOIN workers AS w ON w.id = s.worker_id").Join("JOIN pay_runs AS p ON p.id = s.run_id").
		Where(`s.superseded <> EXISTS (SELECT 1 FROM slips n WHERE n.run_id = s.run_id AND n.worker_id = s.worker_id AND n.version > s.version)
			OR (s.chain_seq IS NOT NULL) <> (p.status IN (?))`, bun.List([]RunStatus{Approved, PaidOut})).
		OrderExpr("s.id").Limit(1).Scan(ctx, &wrong)
	if err != nil {
		return fmt.Errorf("compare versions: %w", err)
	}
	for _, s := range wrong {
		return fmt.Errorf("the slip of %s in run %d, version %d, is marked as valid, replaced or issued although it is not", s.Code, s.RunID, s.Version)
	}
	return nil
}

// verifyAdjustments holds that of each adjustment that a locked run took in, what slips took and what is still carried make up
// the whole.
func verifyAdjustments(ctx context.Context, db bun.IDB) error {
	locked := bun.List([]RunStatus{Approved, PaidOut})
	whole := db.NewSelect().TableExpr("adjustments AS a").Join("JOIN pay_runs AS p ON p.id = a.run_id").
		ColumnExpr("a.id, a.amount AS fen").Where("p.status IN (?)", locked)
	taken := db.NewSelect().TableExpr("slip_lines AS l").Join("JOIN slips AS s ON s.id = l.slip_id").Join("JOIN pay_runs AS p ON p.id = s.run_id").
		ColumnExpr("l.adjustment_id, -ABS(l.amount)").Where("l.adjustment_id IS NOT NULL AND NOT s.superseded AND p.status IN (?)", locked)
	carried := db.NewSelect().TableExpr("carries AS c").Join("JOIN slips AS s ON s.id = c.slip_id").Join("JOIN pay_runs AS p ON p.id = c.run_id").
		Join("LEFT JOIN pay_runs AS n ON n.id = c.taken_by_run_id").ColumnExpr("c.adjustment_id, -c.amount").
		Where("c.adjustment_id IS NOT NULL AND NOT s.superseded AND p.status IN (?) AND (n.id IS NULL OR n.status NOT IN (?))", locked, locked)
	var wrong []struct {
		Code     string
		Kind     Kind
		WorkDate piecework.Date
	}
	err := db.NewSelect().TableExpr("(? UNION ALL ? UNION ALL ?) AS x", whole, taken, carried).ColumnExpr("w.code, a.kind, a.work_date").
		Join("JOIN adjustments AS a ON a.id = x.id").Join("JOIN workers AS w ON w.id = a.worker_id").
		GroupExpr("x.id, w.code, a.kind, a.work_date").Having("SUM(x.fen) <> 0").OrderExpr("x.id").Limit(1).Scan(ctx, &wrong)
	if err != nil {
		return fmt.Errorf("compare adjustments: %w", err)
	}
	for _, a := range wrong {
		return fmt.Errorf("the %s of %s on %s is not what slips took and still carry of it", a.Kind, a.Code, a.WorkDate)
	}
	return nil
}

// verifyArrears holds that the arrears which a locked run took in stand on one line of its slips and no other, with their amount or,
// where it takes from the pay and did not fit, a part of it.
func verifyArrears(ctx context.Context, db bun.IDB) error {
	lines := db.NewSelect().TableExpr("slip_lines AS l").Join("JOIN slips AS s ON s.id = l.slip_id AND NOT s.superseded").
		Join("JOIN pay_runs AS p ON p.id = s.run_id AND p.status IN (?)", bun.List([]RunStatus{Approved, PaidOut})).
		ColumnExpr("l.arrears_id, s.worker_id, s.run_id, l.corrects_run_id, l.amount").Where("l.arrears_id IS NOT NULL")
	var wrong []struct {
		Code  string
		RunID int64
	}
	err := db.NewSelect().TableExpr("arrears AS a").ColumnExpr("w.code, a.run_id").Join("JOIN workers AS w ON w.id = a.worker_id").
		Join("LEFT JOIN pay_runs AS t ON t.id = a.taken_by_run_id AND t.status IN (?)", bun.List([]RunStatus{Approved, PaidOut})).
		Join("LEFT JOIN (?) AS l ON l.arrears_id = a.id", lines).
		Where(`(t.id IS NULL) <> (l.arrears_id IS NULL) OR l.run_id <> t.id OR l.worker_id <> a.worker_id OR l.corrects_run_id <> a.run_id
			OR l.amount <> a.due - a.paid AND (l.amount > 0 OR l.amount < a.due - a.paid)
			OR (SELECT COUNT(*) FROM (?) AS n WHERE n.arrears_id = a.id) > 1`, lines).OrderExpr("a.id").Limit(1).Scan(ctx, &wrong)
	if err != nil {
		return fmt.Errorf("compare arrears: %w", err)
	}
	for _, a := range wrong {
		return fmt.Errorf("the arrears of %s from run %d are not on one slip with their amount", a.Code, a.RunID)
	}
	return nil
}

// verifyRuns compares, worker by worker and operation by operation, the pieces behind the lines of each run with the tallies
// the run has claimed.
func verifyRuns(ctx context.Context, db bun.IDB, done *Checked) error {
	var runs []PayRun
	if err := db.NewSelect().Model(&runs).Column("id").Order("id").Scan(ctx); err != nil {
		return fmt.Errorf("list runs: %w", err)
	}
	const signed = `CASE WHEN t.reverses_id IS NULL THEN 1 ELSE -1 END`
	for _, r := range runs {
		var wrong []struct{ Worker, Order, Operation string }
		claimed := db.NewSelect().TableExpr("tally_claims AS c").Join("JOIN tallies AS t ON t.id = c.tally_id").
			Join("LEFT JOIN team_members AS m ON m.team_id = t.worker_id"). // a line of each member tells of all the team's pieces
			ColumnExpr("COALESCE(m.worker_id, t.worker_id) AS worker_id, COALESCE(m.team_id, 0) AS team_id, t.order_id, t.operation_id").
			ColumnExpr("t.good * "+signed+" AS good, t.rework * "+signed+" AS rework, t.scrap_workmanship * "+signed+" AS sw, t.scrap_material * "+signed+" AS sm").
			Where("c.run_id = ?", r.ID)
		paid := db.NewSelect().TableExpr("slip_lines AS l").Join("JOIN slips AS s ON s.id = l.slip_id").
			ColumnExpr("s.worker_id, COALESCE(l.team_id, 0), l.order_id, l.operation_id, -l.good, -l.rework, -l.scrap_workmanship, -l.scrap_material").
			Where("s.run_id = ? AND NOT s.superseded AND l.operation_id IS NOT NULL", r.ID)
		err := db.NewSelect().TableExpr("(? UNION ALL ?) AS x", claimed, paid).
			ColumnExpr(`w.code AS worker, o.code AS "order", p.code AS operation`).
			Join("JOIN workers AS w ON w.id = x.worker_id").Join("JOIN processing_orders AS o ON o.id = x.order_id").
			Join("JOIN operations AS p ON p.id = x.operation_id").GroupExpr("w.code, x.team_id, o.code, p.code").
			Having("SUM(x.good) <> 0 OR SUM(x.rework) <> 0 OR SUM(x.sw) <> 0 OR SUM(x.sm) <> 0").
			OrderExpr("w.code, o.code, p.code").Limit(1).Scan(ctx, &wrong)
		if err != nil {
			return fmt.Errorf("compare run %d: %w", r.ID, err)
		}
		for _, x := range wrong {
			return fmt.Errorf("run %d: the lines of %s for order %s, operation %s, do not tie out with the tallies the run has claimed", r.ID, x.Worker, x.Order, x.Operation)
		}
		done.Runs++
	}
	return nil
}

// verifyDeliveries looks for deliveries about which more was decided than was delivered.
func verifyDeliveries(ctx context.Context, db bun.IDB, done *Checked) error {
	n, err := db.NewSelect().Model((*piecework.Delivery)(nil)).Count(ctx)
	if err != nil {
		return fmt.Errorf("count deliveries: %w", err)
	}
	done.Deliveries = int(n)
	var codes []string
	err = db.NewSelect().Model((*piecework.Delivery)(nil)).Column("code").
		Where("quantity < (SELECT COALESCE(SUM(a.accepted + a.rejected + a.returned), 0) FROM acceptances a WHERE a.delivery_id = d.id)").
		Order("code").Limit(1).Scan(ctx, &codes)
	if err != nil {
		return fmt.Errorf("compare deliveries: %w", err)
	}
	for _, code := range codes {
		return fmt.Errorf("delivery %s: more pieces were accepted, rejected and returned than were delivered", code)
	}
	return nil
}

// verifyTieOuts ties out every order.
func verifyTieOuts(ctx context.Context, db bun.IDB) error {
	var ids []int64
	if err := db.NewSelect().Model((*piecework.ProcessingOrder)(nil)).Column("id").Order("id").Scan(ctx, &ids); err != nil {
		return fmt.Errorf("list orders: %w", err)
	}
	for _, id := range ids {
		t, err := TieOutOf(ctx, db, id)
		if err != nil {
			return err
		}
		if len(t.Losses) > 0 {
			l := t.Losses[0]
			return fmt.Errorf("order %s does not tie out: %s %s %s are %d, but %d are kept: a record is gone or there twice", t.Order.Code, l.Kind, l.Operation, l.Worker, l.Found, l.Kept)
		}
		if n := t.Unexplained(); n != 0 {
			return fmt.Errorf("order %s does not tie out: %d pieces are unexplained", t.Order.Code, n)
		}
	}
	return nil
}
