package exchange

import (
	"jijian/payroll"
	"jijian/piecework"
)

// sameAdjustment is what tells adjustments apart, which have no key.
type sameAdjustment struct {
	WorkerID int64
	WorkDate piecework.Date
	Kind     payroll.Kind
	Fen      int64
	Note     string
}

func same(a *payroll.Adjustment) sameAdjustment {
	return sameAdjustment{a.WorkerID, a.WorkDate, a.Kind, a.Amount.Fen(), a.Note}
}

// importAdjustments counts like ones: of those in the file, as many are new as earlier imports have not stored.
func (im *importer) importAdjustments() {
	var batch []*payroll.Adjustment
	used, shops := map[sameAdjustment]int{}, map[int64]*piecework.Workshop{}
	before := int64(0)
	if err := im.db.NewSelect().Model((*payroll.Adjustment)(nil)).ColumnExpr("COALESCE(MAX(id), 0)").Scan(im.ctx, &before); err != nil {
		im.fail(err)
		return
	}
	flush := func() {
		im.storeAdjustments(batch, used, before)
		batch = batch[:0]
	}
	im.each(func(r *Row) {
		worker := im.worker(r)
		if worker == nil || !r.OK {
			return
		}
		if worker.Team {
			im.fault(r, "worker", piecework.Msg("%s is a team; choose one of its members", worker.Code))
			return
		}
		a := &payroll.Adjustment{WorkshopID: worker.WorkshopID, WorkerID: worker.ID, WorkDate: r.Date("date"),
			Kind: payroll.Kind(r.Text("kind")), Amount: piecework.Fen(r.Int("amount")), Note: r.Text("note"),
			RecordedAt: im.now, RecordedBy: recordedBy}
		if !im.valid(r, a) {
			return
		}
		if shops[a.WorkshopID] == nil {
			shop, err := piecework.WorkshopByID(im.ctx, im.db, a.WorkshopID)
			if err != nil {
				im.fail(err)
				return
			}
			shops[a.WorkshopID] = shop
		}
		a.NeedsApproval = a.WantsSecond(shops[a.WorkshopID])
		if batch = append(batch, a); len(batch) == batchSize {
			flush()
		}
	})
	flush()
}

// storeAdjustments inserts what of a batch is not stored; used counts how many of each kind the file has shown so far.
func (im *importer) storeAdjustments(batch []*payroll.Adjustment, used map[sameAdjustment]int, before int64) {
	if len(batch) == 0 || im.err != nil {
		return
	}
	var list []*payroll.Adjustment
	err := im.db.NewSelect().Model(&list).Column("worker_id", "work_date", "kind", "amount", "note").
		Where("worker_id IN (?)", column(batch, func(a *payroll.Adjustment) int64 { return a.WorkerID })).
		Where("work_date IN (?)", column(batch, func(a *payroll.Adjustment) string { return string(a.WorkDate) })).
		Where("recorded_by = ? AND id <= ?", recordedBy, before).Scan(im.ctx)
	if err != nil {
		im.fail(err)
		return
	}
	stored := map[sameAdjustment]int{}
	for _, a := range list {
		stored[same(a)]++
	}
	var added []*payroll.Adjustment
	for _, a := range batch {
		key := same(a)
		if used[key]++; used[key] > stored[key] {
			added = append(added, a)
		}
	}
	im.table().New += int64(len(added))
	im.table().Unchanged += int64(len(batch) - len(added))
	if len(added) > 0 {
		if _, err := im.db.NewInsert().Model(&added).Returning("NULL").Exec(im.ctx); err != nil {
			im.fail(err)
		}
	}
}
