package payroll

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// SayState is where a slip version stands with the worker it is for.
type SayState string

// The states of an issued slip. A dispute that waits for its answer comes before a confirmation given earlier.
const (
	Silent    SayState = "silent"    // she has neither confirmed nor disputed it, or her dispute was answered since
	Confirmed SayState = "confirmed" // she has confirmed this version
	Disputed  SayState = "disputed"  // her dispute waits for an answer
)

// Outcome is how a dispute was answered.
type Outcome string

// The outcomes; "" while a dispute is open.
const (
	Explained Outcome = "explained" // the slip is right, and the answer says why
	Corrected Outcome = "corrected" // by a new version before payment, in the next run after it
)

// Acknowledgement (确认) is a worker's word that a slip version is right. It names the version by its hash, so it can never
// be read as consent to another.
type Acknowledgement struct {
	bun.BaseModel `bun:"table:acknowledgements,alias:ak"`

	SlipID         int64 `bun:",pk"`
	Hash           []byte
	AcknowledgedAt piecework.Instant
	AcknowledgedBy string
}

// Dispute (异议) is what a worker holds against a slip version, and the answer, which is written once.
type Dispute struct {
	bun.BaseModel `bun:"table:disputes,alias:dp"`

	ID              int64 `bun:",pk,autoincrement"`
	SlipID          int64
	Text            string
	RaisedAt        piecework.Instant
	RaisedBy        string
	Answer          string
	AnsweredAt      piecework.Instant // 0 while it waits
	AnsweredBy      string
	Outcome         Outcome
	CorrectedSlipID int64 `bun:",nullzero"` // the version that took the slip's place; 0 where the next run corrects

	Slip          *Slip             `bun:"rel:belongs-to,join:slip_id=id"`
	CorrectedSlip *Slip             `bun:"rel:belongs-to,join:corrected_slip_id=id"`
	Photos        []piecework.Photo `bun:"-"` // without their pictures; filled in by [SayOf]
}

// Open says whether the dispute still waits for an answer.
func (d *Dispute) Open() bool { return d.AnsweredAt == 0 }

// Say is everything that was said about a worker's slip in a run.
type Say struct {
	State           SayState         // of the version asked about; "" for a draft
	Acknowledgement *Acknowledgement // of that version; nil when it has none
	Signature       *Signature       // drawn with it; nil when she only tapped
	Disputes        []Dispute        // of every version, the first first
	corrections     []Slip           // the worker's issued slips with a line that corrects this run, the first first
}

// Waiting is the dispute that waits for an answer, or nil.
func (s *Say) Waiting() *Dispute {
	for i := range s.Disputes {
		if s.Disputes[i].Open() {
			return &s.Disputes[i]
		}
	}
	return nil
}

// CorrectionOf is the slip of a later run that brought what the answer to a dispute promised, or nil.
func (s *Say) CorrectionOf(d Dispute) *Slip {
	for i := range s.corrections {
		if d.Outcome == Corrected && d.CorrectedSlipID == 0 && s.corrections[i].IssuedAt > d.AnsweredAt {
			return &s.corrections[i]
		}
	}
	return nil
}

// SayCounts are how many current slips of a run are in each state.
type SayCounts struct{ Confirmed, Disputed, Silent int64 }

// Acknowledge notes that a worker finds her slip right. Once is enough: a second tap changes nothing.
func Acknowledge(ctx context.Context, db bun.IDB, slipID, workerID int64, by string) error {
	return onOwnSlip(ctx, db, slipID, workerID, func(ctx context.Context, db bun.Tx, slip *Slip) error {
		_, err := slip.acknowledge(ctx, db, by)
		return err
	})
}

// acknowledge writes the worker's word down, unless it is there, and returns when.
func (s *Slip) acknowledge(ctx context.Context, db bun.Tx, by string) (piecework.Instant, error) {
	waiting, err := db.NewSelect().Model((*Dispute)(nil)).Where("slip_id = ? AND answered_at = 0", s.ID).Exists(ctx)
	if err != nil {
		return 0, fmt.Errorf("look for a dispute: %w", err)
	}
	if waiting {
		return 0, piecework.Conflict("You have raised something about this slip. Confirm it once that is answered.")
	}
	said := &Acknowledgement{SlipID: s.ID, Hash: s.Hash, AcknowledgedAt: piecework.Now(), AcknowledgedBy: by}
	if _, err := db.NewInsert().Model(said).On("CONFLICT (slip_id) DO NOTHING").Returning("NULL").Exec(ctx); err != nil {
		return 0, fmt.Errorf("acknowledge slip: %w", err)
	}
	return said.AcknowledgedAt, nil
}

// disputeKind is the kind of thing that photos of a dispute belong to.
const disputeKind = "dispute"

// Raise records what a worker holds against her slip, with photos that [piecework.ReadPhoto] made. The same words again, while they
// wait for an answer, are the first dispute; other words have to wait until that is answered.
func Raise(ctx context.Context, db bun.IDB, slipID, workerID int64, text, by string, photos ...*piecework.Photo) (*Dispute, error) {
	text, err := oneParagraph("what_is_wrong", text)
	if err != nil {
		return nil, err
	}
	d := new(Dispute)
	err = onOwnSlip(ctx, db, slipID, workerID, func(ctx context.Context, db bun.Tx, slip *Slip) error {
		err := db.NewSelect().Model(d).Where("slip_id = ? AND answered_at = 0", slip.ID).Scan(ctx)
		switch {
		case err == nil && d.Text == text:
			return nil
		case err == nil:
			return piecework.Conflict("What you raised before about this slip still waits for an answer.")
		case !errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("look for a dispute: %w", err)
		}
		*d = Dispute{SlipID: slip.ID, Text: text, RaisedAt: piecework.Now(), RaisedBy: by}
		if _, err := db.NewInsert().Model(d).Exec(ctx); err != nil {
			return fmt.Errorf("raise dispute: %w", err)
		}
		for _, photo := range photos {
			if err := piecework.StorePhoto(ctx, db, photo, disputeKind, d.ID, by); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// oneParagraph is a required text with its line breaks made into blanks.
func oneParagraph(field, text string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return "", piecework.InvalidField(field, "is required")
	}
	v := &piecework.Invalid{}
	v.AddMsg(field, piecework.CheckText(text, piecework.MaxNote))
	return text, v.Err()
}

// onOwnSlip runs f on the slip of a worker, alone in its workshop, if it is issued and no version has taken its place.
func onOwnSlip(ctx context.Context, db bun.IDB, slipID, workerID int64, f func(context.Context, bun.Tx, *Slip) error) error {
	slip := new(Slip)
	read := func(db bun.IDB) error {
		q := db.NewSelect().Model(slip).Where("sl.id = ? AND sl.worker_id = ? AND sl.issued_at <> 0", slipID, workerID)
		return orNotFound(q.Scan(ctx), "There is no such slip.")
	}
	if err := read(db); err != nil {
		return err
	}
	return locked(ctx, db, slip.RunID, func(ctx context.Context, db bun.Tx, _ *PayRun) error {
		if err := read(db); err != nil {
			return err
		}
		if slip.Superseded {
			return piecework.Conflict("A later version has taken the place of this slip. Look at that one.")
		}
		return f(ctx, db, slip)
	})
}

// Answer answers a dispute, once. Corrected, before she has received anything for it, issues the slip again, and is refused when
// nothing has changed that the new version could take in; after that it promises the correction that the next run makes of what is
// struck or recorded now.
func Answer(ctx context.Context, db bun.IDB, disputeID int64, outcome Outcome, answer, by string) (*Dispute, error) {
	answer, err := oneParagraph("answer", answer)
	if err != nil {
		return nil, err
	}
	if outcome != Explained && outcome != Corrected {
		return nil, piecework.InvalidField("outcome", "choose one")
	}
	d, err := disputeByID(ctx, db, disputeID)
	if err != nil {
		return nil, err
	}
	err = locked(ctx, db, d.Slip.RunID, func(ctx context.Context, db bun.Tx, run *PayRun) error {
		if d, err = disputeByID(ctx, db, disputeID); err != nil {
			return err
		}
		if !d.Open() {
			return piecework.Conflict("%s has answered this already.", d.AnsweredBy)
		}
		received, err := run.hasPaid(ctx, db, d.Slip.WorkerID)
		if err != nil {
			return err
		}
		if outcome == Corrected && run.Status == Approved && !received {
			err = run.correct(ctx, db, d.SlipID, answer, by)
		} else {
			err = closeDisputes(ctx, db, d.SlipID, Dispute{Answer: answer, AnsweredBy: by, Outcome: outcome})
		}
		if err != nil {
			return err
		}
		d, err = disputeByID(ctx, db, disputeID)
		return err
	})
	return d, err
}

func disputeByID(ctx context.Context, db bun.IDB, id int64) (*Dispute, error) {
	d := new(Dispute)
	if err := orNotFound(db.NewSelect().Model(d).Relation("Slip").Where("dp.id = ?", id).Scan(ctx), "There is no such dispute."); err != nil {
		return nil, err
	}
	return d, nil
}

// SlipOfDispute is the slip version a dispute is about, with everything printed on it, or a not-found error.
func SlipOfDispute(ctx context.Context, db bun.IDB, id int64) (*Slip, error) {
	d, err := disputeByID(ctx, db, id)
	if err != nil {
		return nil, err
	}
	return SlipByID(ctx, db, d.SlipID)
}

// correct issues a disputed slip again, which answers the dispute, if there is anything to correct.
func (r *PayRun) correct(ctx context.Context, db bun.Tx, slipID int64, answer, by string) error {
	old, err := SlipByID(ctx, db, slipID)
	if err != nil {
		return err
	}
	next, err := r.reissue(ctx, db, old, answer, by)
	if err != nil {
		return err
	}
	if next.samePay(old) {
		return piecework.Conflict("Nothing has changed that a new version could take in. Strike what is wrong or record what is missing first, then answer again.")
	}
	return nil
}

// closeDisputes writes the answer to what waits for one about a slip. Whoever comes second changes nothing.
func closeDisputes(ctx context.Context, db bun.Tx, slipID int64, how Dispute) error {
	how.AnsweredAt = piecework.Now()
	res, err := db.NewUpdate().Model(&how).Column("answer", "answered_at", "answered_by", "outcome", "corrected_slip_id").
		Where("slip_id = ? AND answered_at = 0", slipID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("answer dispute: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	slip := new(Slip)
	if err := db.NewSelect().Model(slip).Relation("Run").Where("sl.id = ?", slipID).Scan(ctx); err != nil {
		return fmt.Errorf("read the slip that was answered about: %w", err)
	}
	return piecework.Notify(ctx, db, piecework.Notice{WorkshopID: slip.WorkshopID, WorkerID: slip.WorkerID, Kind: piecework.DisputeAnswered, RunID: slip.RunID,
		SlipID: cmp.Or(how.CorrectedSlipID, slipID), FirstDay: slip.Run.PeriodFrom, LastDay: slip.Run.PeriodTo})
}

// SayOf is what was said about a slip and about the other versions of it.
func SayOf(ctx context.Context, db bun.IDB, slip *Slip) (*Say, error) {
	s := new(Say)
	err := db.NewSelect().Model(&s.Disputes).Relation("Slip").Relation("CorrectedSlip").
		Where("slip.run_id = ? AND slip.worker_id = ?", slip.RunID, slip.WorkerID).Order("dp.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read disputes: %w", err)
	}
	if err := s.findPhotos(ctx, db); err != nil {
		return nil, err
	}
	said := new(Acknowledgement)
	switch err := db.NewSelect().Model(said).Where("slip_id = ?", slip.ID).Scan(ctx); {
	case err == nil:
		s.Acknowledgement = said
	case !errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("read acknowledgement: %w", err)
	}
	drawn := new(Signature)
	switch err := db.NewSelect().Model(drawn).Where("slip_id = ?", slip.ID).Scan(ctx); {
	case err == nil:
		s.Signature = drawn
	case !errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("read signature: %w", err)
	}
	states, err := SayStates(ctx, db, []Slip{*slip})
	if err != nil {
		return nil, err
	}
	s.State = states[slip.ID]
	return s, s.findCorrections(ctx, db, slip)
}

// findPhotos looks for what was sent with the disputes.
func (s *Say) findPhotos(ctx context.Context, db bun.IDB) error {
	if len(s.Disputes) == 0 {
		return nil
	}
	ids := make([]int64, len(s.Disputes))
	for i := range s.Disputes {
		ids[i] = s.Disputes[i].ID
	}
	var list []piecework.Photo
	err := db.NewSelect().Model(&list).Column("id", "thing_id", "width", "height").Where("kind = ? AND thing_id IN (?)", disputeKind, bun.List(ids)).Order("id").Scan(ctx)
	if err != nil {
		return fmt.Errorf("read photos of disputes: %w", err)
	}
	for _, photo := range list {
		i := slices.Index(ids, photo.ThingID)
		s.Disputes[i].Photos = append(s.Disputes[i].Photos, photo)
	}
	return nil
}

// findCorrections looks for the slips of later runs that bring what was promised after payment.
func (s *Say) findCorrections(ctx context.Context, db bun.IDB, slip *Slip) error {
	if len(s.Disputes) == 0 {
		return nil
	}
	err := db.NewSelect().Model(&s.corrections).Relation("Run").Where("sl.worker_id = ? AND sl.issued_at <> 0 AND NOT sl.superseded", slip.WorkerID).
		Where("EXISTS (SELECT 1 FROM slip_lines l WHERE l.slip_id = sl.id AND l.corrects_run_id = ?)", slip.RunID).Order("sl.id").Scan(ctx)
	if err != nil {
		return fmt.Errorf("find corrections: %w", err)
	}
	return nil
}

// sayState is the state of the slip version sl.
const sayState = `CASE WHEN EXISTS (SELECT 1 FROM disputes d WHERE d.slip_id = sl.id AND d.answered_at = 0) THEN 'disputed'
	WHEN EXISTS (SELECT 1 FROM acknowledgements a WHERE a.slip_id = sl.id) THEN 'confirmed' ELSE 'silent' END`

// SayStates are the states of the issued ones among some slips, by id.
func SayStates(ctx context.Context, db bun.IDB, slips []Slip) (map[int64]SayState, error) {
	states := make(map[int64]SayState, len(slips))
	if len(slips) == 0 {
		return states, nil
	}
	ids := make([]int64, len(slips))
	for i := range slips {
		ids[i] = slips[i].ID
	}
	var list []struct {
		ID    int64
		State SayState
	}
	err := db.NewSelect().TableExpr("slips AS sl").ColumnExpr("sl.id, "+sayState+" AS state").
		Where("sl.id IN (?) AND sl.issued_at <> 0", bun.List(ids)).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("read what workers say: %w", err)
	}
	for _, s := range list {
		states[s.ID] = s.State
	}
	return states, nil
}

// CountSays counts the current issued slips of a run by state.
func CountSays(ctx context.Context, db bun.IDB, runID int64) (SayCounts, error) {
	var n SayCounts
	var list []struct {
		State SayState
		N     int64
	}
	states := db.NewSelect().TableExpr("slips AS sl").ColumnExpr(sayState+" AS state").
		Where("sl.run_id = ? AND NOT sl.superseded AND sl.issued_at <> 0", runID)
	err := db.NewSelect().TableExpr("(?) AS x", states).ColumnExpr("state, COUNT(*) AS n").Group("state").Scan(ctx, &list)
	if err != nil {
		return n, fmt.Errorf("count what workers say: %w", err)
	}
	for _, s := range list {
		switch s.State {
		case Confirmed:
			n.Confirmed = s.N
		case Disputed:
			n.Disputed = s.N
		default:
			n.Silent = s.N
		}
	}
	return n, nil
}

// OpenDisputes lists disputes that wait for an answer, the longest waiting first, with slip, worker and run: of one workshop
// (f.WorkshopID) or of all, and of one run (runID) or of all.
func OpenDisputes(ctx context.Context, db bun.IDB, runID int64, f piecework.Filter) (piecework.Page[Dispute], error) {
	var list []Dispute
	q := db.NewSelect().Model(&list).Relation("Slip").Relation("Slip.Worker").Relation("Slip.Run").
		Where("dp.answered_at = 0").Order("dp.id")
	if f.WorkshopID != 0 {
		q = q.Where("slip.workshop_id = ?", f.WorkshopID)
	}
	if runID != 0 {
		q = q.Where("slip.run_id = ?", runID)
	}
	return piecework.List(ctx, q, &list, f, "")
}

// verifySay holds that every acknowledgement is of the version it names, and that what a dispute was corrected by took the
// place of the slip.
func verifySay(ctx context.Context, db bun.IDB) error {
	type version struct {
		Code           string
		RunID, Version int64
	}
	var wrong []version
	find := func(q *bun.SelectQuery) error {
		err := q.ColumnExpr("w.code, s.run_id, s.version").Join("JOIN workers AS w ON w.id = s.worker_id").
			OrderExpr("s.id").Limit(1).Scan(ctx, &wrong)
		if err != nil {
			return fmt.Errorf("compare what workers say: %w", err)
		}
		return nil
	}
	err := find(db.NewSelect().TableExpr("acknowledgements AS a").Join("JOIN slips AS s ON s.id = a.slip_id").
		Where("s.hash IS NULL OR a.hash <> s.hash"))
	if err != nil {
		return err
	}
	for _, s := range wrong {
		return fmt.Errorf("what %s has confirmed in run %d is not version %d of the slip: the hashes differ", s.Code, s.RunID, s.Version)
	}
	err = find(db.NewSelect().TableExpr("signatures AS a").Join("JOIN slips AS s ON s.id = a.slip_id").Where("s.hash IS NULL OR a.hash <> s.hash"))
	if err != nil {
		return err
	}
	for _, s := range wrong {
		return fmt.Errorf("what %s has signed in run %d is not version %d of the slip: the hashes differ", s.Code, s.RunID, s.Version)
	}
	err = find(db.NewSelect().TableExpr("disputes AS d").Join("JOIN slips AS s ON s.id = d.slip_id").
		Join("LEFT JOIN slips AS n ON n.id = d.corrected_slip_id").
		Where("n.id IS NOT NULL AND (n.run_id <> s.run_id OR n.worker_id <> s.worker_id OR n.version <= s.version) OR s.superseded AND d.answered_at = 0"))
	if err != nil {
		return err
	}
	for _, s := range wrong {
		return fmt.Errorf("the dispute of %s about run %d, version %d, is not answered by the version that took its place", s.Code, s.RunID, s.Version)
	}
	return nil
}
