package payroll

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// MaxSampleMinutes is the longest sample, a day: more is a check-out that was forgotten.
const MaxSampleMinutes = 24 * 60

// RateSample is evidence for a rate: how many pieces a worker made in how many minutes at one operation, timed by somebody or
// found in the books. It is never changed; one that is not typical is withdrawn, and stays.
type RateSample struct {
	bun.BaseModel `bun:"table:rate_samples,alias:rs"`

	ID          int64 `bun:",pk,autoincrement"`
	WorkshopID  int64
	OperationID int64
	WorkerID    int64
	SessionID   int64 `bun:",nullzero"` // the session of the books it was taken from; 0 when it was timed
	SampledOn   piecework.Date
	Pieces      int64
	Minutes     int64
	RecordedAt  piecework.Instant
	RecordedBy  string

	Operation  *piecework.Operation `bun:"rel:belongs-to,join:operation_id=id"`
	Worker     *piecework.Worker    `bun:"rel:belongs-to,join:worker_id=id"`
	Withdrawal *SampleWithdrawal    `bun:"rel:has-one,join:id=sample_id"`
}

// SampleWithdrawal says who found that a sample is not typical.
type SampleWithdrawal struct {
	bun.BaseModel `bun:"table:rate_sample_withdrawals,alias:rsw"`

	SampleID    int64 `bun:",pk"`
	WithdrawnAt piecework.Instant
	WithdrawnBy string
}

// Withdrawn says whether the sample no longer counts.
func (s *RateSample) Withdrawn() bool { return s.Withdrawal != nil && s.Withdrawal.SampleID != 0 }

// Speed is the pieces an hour with one decimal, to be read.
func (s *RateSample) Speed() string { return Pace{Pieces: s.Pieces, Minutes: s.Minutes}.Speed() }

// Validate reports every wrong field.
func (s *RateSample) Validate() error {
	v := &piecework.Invalid{}
	if s.OperationID == 0 {
		v.Add("operation", "choose an operation")
	}
	if s.WorkerID == 0 {
		v.Add("worker", "choose one")
	}
	if s.SampledOn == "" {
		v.Add("date", "is required")
	}
	if s.Pieces < 1 || s.Pieces > piecework.MaxPieces {
		v.Add("pieces", "must be between %d and %d", 1, piecework.MaxPieces)
	}
	if s.Minutes < 1 || s.Minutes > MaxSampleMinutes {
		v.Add("minutes", "must be between %d and %d", 1, MaxSampleMinutes)
	}
	return v.Err()
}

// AddRateSample records a sample. The workshop follows from the worker.
func AddRateSample(ctx context.Context, db bun.IDB, s *RateSample) error {
	if err := s.Validate(); err != nil {
		return err
	}
	w, err := piecework.WorkerByID(ctx, db, s.WorkerID)
	if err != nil {
		return err
	}
	if err := w.Person(); err != nil {
		return err
	}
	s.WorkshopID, s.RecordedAt = w.WorkshopID, piecework.Now()
	if _, err := db.NewInsert().Model(s).Exec(ctx); err != nil {
		return fmt.Errorf("record rate sample: %w", err)
	}
	return nil
}

// WithdrawRateSample says that a sample is not typical: it stays in the books, struck, and no longer counts.
func WithdrawRateSample(ctx context.Context, db bun.IDB, id int64, by string) error {
	_, err := db.NewInsert().Model(&SampleWithdrawal{SampleID: id, WithdrawnAt: piecework.Now(), WithdrawnBy: by}).Exec(ctx)
	if piecework.IsUnique(err) {
		return piecework.Conflict("It is withdrawn already.")
	}
	if err != nil {
		return fmt.Errorf("withdraw rate sample: %w", err)
	}
	return nil
}

// RateSampleByID returns one sample with worker and operation, or a not-found error.
func RateSampleByID(ctx context.Context, db bun.IDB, id int64) (*RateSample, error) {
	s := new(RateSample)
	if err := orNotFound(rateSamples(db, s).Where("rs.id = ?", id).Scan(ctx), "There is no such sample."); err != nil {
		return nil, err
	}
	return s, nil
}

func rateSamples(db bun.IDB, model any) *bun.SelectQuery {
	return db.NewSelect().Model(model).Relation("Worker").Relation("Operation").Relation("Withdrawal")
}

// RateSamples lists the samples of a product's operations, the latest first, withdrawn ones too.
func RateSamples(ctx context.Context, db bun.IDB, productID int64, f piecework.Filter) (piecework.Page[RateSample], error) {
	var list []RateSample
	q := rateSamples(db, &list).Where("operation.product_id = ?", productID).OrderExpr("rs.sampled_on DESC, rs.id DESC")
	if f.WorkshopID != 0 {
		q = q.Where("rs.workshop_id = ?", f.WorkshopID)
	}
	return piecework.List(ctx, q, &list, f, "")
}

// TimedRouting is a product's routing with the paces measured at each operation in a workshop (0: in all), one a worker, and
// the rate that applies on a day: to an order of that workshop, or (order 0) to every order. Samples withdrawn do not count.
func TimedRouting(ctx context.Context, db bun.IDB, p *piecework.Product, workshopID, orderID int64, day piecework.Date) ([]Timed, error) {
	var paces []Pace
	q := db.NewSelect().TableExpr("rate_samples AS rs").ColumnExpr("rs.operation_id, rs.worker_id, COUNT(*) AS samples").
		ColumnExpr("CAST(SUM(rs.pieces) AS BIGINT) AS pieces, CAST(SUM(rs.minutes) AS BIGINT) AS minutes").
		Where("rs.operation_id IN (SELECT id FROM operations WHERE product_id = ?)", p.ID).
		Where("NOT EXISTS (SELECT 1 FROM rate_sample_withdrawals w WHERE w.sample_id = rs.id)").
		GroupExpr("rs.operation_id, rs.worker_id").OrderExpr("rs.operation_id, rs.worker_id")
	if workshopID != 0 {
		q = q.Where("rs.workshop_id = ?", workshopID)
	}
	if err := q.Scan(ctx, &paces); err != nil {
		return nil, fmt.Errorf("sum rate samples: %w", err)
	}
	workers := map[int64]*piecework.Worker{}
	for _, pace := range paces {
		workers[pace.WorkerID] = nil
	}
	if err := byIDs(ctx, db, "wk", workers, func(w *piecework.Worker) int64 { return w.ID }); err != nil {
		return nil, err
	}
	at := map[int64][]Pace{}
	for _, pace := range paces {
		pace.Worker = workers[pace.WorkerID]
		at[pace.OperationID] = append(at[pace.OperationID], pace)
	}
	rates, err := piecework.LoadRates(ctx, db, workshopID)
	if err != nil {
		return nil, err
	}
	routing := make([]Timed, len(p.Operations))
	for i, op := range p.Operations {
		agreed, ok := rates.On(orderID, op.ID, day)
		routing[i] = Timed{Operation: op, Paces: at[op.ID], Agreed: agreed, HasAgreed: ok}
	}
	return routing, nil
}

// BookSamples finds samples of an operation in the sessions of a workshop in a period: workers who were checked in and out, and
// whose standing tallies of the session are all of that operation, so that the whole time went into it. Pieces are those that
// the workshop pays. Sessions taken as samples before are left out. The latest come first, at most [piecework.PageSize].
func BookSamples(ctx context.Context, db bun.IDB, w *piecework.Workshop, operationID int64, from, to piecework.Date) ([]RateSample, error) {
	var found []struct {
		SessionID, WorkerID, Minutes int64
		WorkDate                     piecework.Date
		piecework.Counts             `bun:"embed:"`
	}
	err := db.NewSelect().TableExpr("work_sessions AS ws").Join("JOIN attendances AS a ON a.session_id = ws.id").
		Join("JOIN tallies AS t ON t.session_id = ws.id AND t.worker_id = a.worker_id").
		ColumnExpr("a.session_id, a.worker_id, ws.work_date, (a.check_out - a.check_in) / 60000 AS minutes").
		ColumnExpr("CAST(SUM(t.good) AS BIGINT) AS good, CAST(SUM(t.rework) AS BIGINT) AS rework").
		ColumnExpr("CAST(SUM(t.scrap_workmanship) AS BIGINT) AS scrap_workmanship, CAST(SUM(t.scrap_material) AS BIGINT) AS scrap_material").
		Where("ws.workshop_id = ? AND ws.work_date BETWEEN ? AND ?", w.ID, from, to).
		Where("a.check_out - a.check_in BETWEEN 60000 AND ?", MaxSampleMinutes*60000).
		Where("t.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM tallies r WHERE r.reverses_id = t.id)").
		Where("NOT EXISTS (SELECT 1 FROM rate_samples x WHERE x.session_id = ws.id AND x.worker_id = a.worker_id AND x.operation_id = ?)", operationID).
		GroupExpr("a.session_id, a.worker_id, ws.work_date, a.check_out, a.check_in").
		Having("MIN(t.operation_id) = ? AND MAX(t.operation_id) = ?", operationID, operationID).
		OrderExpr("ws.work_date DESC, a.session_id DESC, a.worker_id").Limit(piecework.PageSize).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("find samples in the books: %w", err)
	}
	workers := map[int64]*piecework.Worker{}
	var list []RateSample
	for _, f := range found {
		if pieces := PolicyOf(w).Paid(f.Counts); pieces > 0 {
			workers[f.WorkerID] = nil
			list = append(list, RateSample{WorkshopID: w.ID, OperationID: operationID, WorkerID: f.WorkerID, SessionID: f.SessionID,
				SampledOn: f.WorkDate, Pieces: pieces, Minutes: f.Minutes})
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	if err := byIDs(ctx, db, "wk", workers, func(w *piecework.Worker) int64 { return w.ID }); err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Worker = workers[list[i].WorkerID]
	}
	return list, nil
}

// TakeBookSamples records what [BookSamples] finds as samples, and says how many there were.
func TakeBookSamples(ctx context.Context, db bun.IDB, w *piecework.Workshop, operationID int64, from, to piecework.Date, by string) (int, error) {
	n := 0
	err := piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		list, err := BookSamples(ctx, db, w, operationID, from, to)
		if n = len(list); err != nil || n == 0 {
			return err
		}
		for i := range list {
			list[i].RecordedAt, list[i].RecordedBy = piecework.Now(), by
		}
		if _, err := db.NewInsert().Model(&list).Exec(ctx); err != nil {
			return fmt.Errorf("take samples from the books: %w", err)
		}
		return nil
	})
	return n, err
}
