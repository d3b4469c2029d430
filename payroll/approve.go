package payroll

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"jijian/piecework"
	"jijian/piecework/account"
)

// Seen is what the audit trail says of an approval, SeenByNobody of one by somebody who had entered part of the run, or whom nobody knows.
var (
	Seen         = piecework.Msg("approved a pay run")
	SeenByNobody = piecework.Msg("approved a pay run that nobody else looked at")
)

// Approve locks a draft: what was reviewed is what is paid. Every slip is issued as a link of the workshop's chain. A draft
// whose rates, tax or rules have changed since it was computed, or beside which another run was approved, must be computed and looked
// at again. Who made the run or entered anything in it is refused as [MayApprove] says.
func Approve(ctx context.Context, db bun.IDB, runID int64, by string) error {
	return onDraft(ctx, db, runID, func(ctx context.Context, db bun.Tx, run *PayRun) error {
		alone, err := run.mayApprove(ctx, db, by, 0)
		if err != nil {
			return err
		}
		if err := run.current(ctx, db); err != nil {
			return err
		}
		slips, err := loadSlips(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("sl.run_id = ?", run.ID) })
		if err != nil {
			return err
		}
		if len(slips) == 0 {
			return piecework.Conflict("Run %v has no slips. Compute it again or discard it.", run.ID)
		}
		run.Status, run.ApprovedAt, run.ApprovedBy, run.ApprovedAlone = Approved, piecework.Now(), by, alone
		if err := run.save(ctx, db, "status", "approved_at", "approved_by", "approved_alone"); err != nil {
			return err
		}
		return issue(ctx, db, run, slips, by)
	})
}

// current is a conflict when the draft would be computed otherwise now.
func (r *PayRun) current(ctx context.Context, db bun.Tx) error {
	if r.Stale {
		return piecework.Conflict("Since this draft was computed sessions, grades or the workshop's rules have changed, or another run was approved or corrected. Compute it again and look at it before you approve.")
	}
	stale, err := r.ratesChanged(ctx, db)
	if err != nil {
		return err
	}
	if stale {
		return piecework.Conflict("A rate that this draft uses has changed since it was computed. Compute it again and look at it before you approve.")
	}
	if stale, err = r.taxChanged(ctx, db); err != nil {
		return err
	}
	if stale {
		return piecework.Conflict("Tax would be withheld otherwise now than when this draft was computed. Compute it again and look at it before you approve.")
	}
	return nil
}

// glance is how many tallies of a draft are asked who recorded them before somebody tries to approve it: her page must not wait for all.
const glance = 20_000

// MayApprove is nil when somebody may approve a draft, and the refusal, which names who may, when not. Who made the run, recorded one of its
// tallies, entered one of its adjustments or agreed to its arrears is refused as long as the workshop has somebody with the right to approve
// who did none of it; and when everybody with the right did, who made the run is refused as long as there is another. alone says that
// she may although she is one of them, because there is nobody else. Of a very large run it looks at the first tallies only; [Approve] looks at all.
func MayApprove(ctx context.Context, db bun.IDB, run *PayRun, by string) (alone bool, err error) {
	return run.mayApprove(ctx, db, by, glance)
}

func (r *PayRun) mayApprove(ctx context.Context, db bun.IDB, by string, most int) (alone bool, err error) {
	approvers, err := account.Approvers(ctx, db, r.WorkshopID)
	if err != nil {
		return false, err
	}
	if !slices.Contains(approvers, by) {
		return true, nil // the command line: whoever holds the books themselves, but nobody knows who it is
	}
	if entered, err := r.entered(ctx, db, by, most); err != nil || !entered {
		return false, err
	}
	var others, free []string
	for _, name := range approvers {
		if name == by {
			continue
		}
		others = append(others, name)
		entered, err := r.entered(ctx, db, name, most)
		if err != nil {
			return false, err
		}
		if !entered {
			free = append(free, name)
		}
	}
	if len(free) == 0 && r.CreatedBy == by {
		free = others
	}
	if len(free) > 0 {
		return false, piecework.Forbidden("You made this run or entered something in it yourself, so somebody else must look at it and approve it: %s.", strings.Join(free, " · "))
	}
	return true, nil
}

// entered says whether somebody made the run or entered anything in it: of its tallies the first so many are asked, or (0) all.
func (r *PayRun) entered(ctx context.Context, db bun.IDB, name string, most int) (bool, error) {
	if r.CreatedBy == name {
		return true, nil
	}
	tallies := db.NewSelect().TableExpr("tally_claims AS tc").Join("JOIN tallies AS t ON t.id = tc.tally_id").Column("t.recorded_by").Where("tc.run_id = ?", r.ID)
	if most > 0 {
		tallies = tallies.Limit(int64(most))
	}
	for _, q := range []*bun.SelectQuery{
		db.NewSelect().Model((*Adjustment)(nil)).Where("run_id = ? AND recorded_by = ?", r.ID, name),
		db.NewSelect().Model((*Arrears)(nil)).Where("taken_by_run_id = ? AND agreed_by = ?", r.ID, name),
		db.NewSelect().TableExpr("(?) AS x", tallies).Where("x.recorded_by = ?", name),
	} {
		found, err := q.Exists(ctx)
		if err != nil {
			return false, fmt.Errorf("ask who entered run %d: %w", r.ID, err)
		}
		if found {
			return true, nil
		}
	}
	return false, nil
}

// mayReissue refuses a new version of a slip to whoever entered what it takes in beyond the old one, as long as somebody has the right to
// approve who did not.
func (r *PayRun) mayReissue(ctx context.Context, db bun.IDB, old *Slip, by string) error {
	since := r.ComputedAt
	if old.Version > 1 {
		since = old.IssuedAt
	}
	var names []string
	tallies := db.NewSelect().TableExpr("tally_claims AS tc").Join("JOIN tallies AS t ON t.id = tc.tally_id").ColumnExpr("t.recorded_by").
		Where("tc.run_id = ? AND t.worker_id = ? AND t.received_at >= ?", r.ID, old.WorkerID, since)
	entries := db.NewSelect().Model((*Adjustment)(nil)).Column("recorded_by").Where("run_id = ? AND worker_id = ? AND recorded_at >= ?", r.ID, old.WorkerID, since)
	if err := db.NewSelect().TableExpr("(?) AS x", tallies.Union(entries)).ColumnExpr("x.recorded_by").Scan(ctx, &names); err != nil {
		return fmt.Errorf("ask who entered what a slip takes in: %w", err)
	}
	if !slices.Contains(names, by) {
		return nil
	}
	approvers, err := account.Approvers(ctx, db, r.WorkshopID)
	if err != nil {
		return err
	}
	free := slices.DeleteFunc(approvers, func(name string) bool { return slices.Contains(names, name) })
	if len(free) == 0 {
		return nil
	}
	return piecework.Forbidden("You recorded yourself what this version takes in, so somebody else must look at it and issue it: %s.", strings.Join(free, " · "))
}
