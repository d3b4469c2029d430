package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// Counts are the pieces of one tally or of a sum of tallies. In a sum a reversal counts negative.
type Counts struct {
	Good             int64 // good pieces (良品)
	Rework           int64 // handed back to be done again (返工)
	ScrapWorkmanship int64 // spoilt by the work (工废)
	ScrapMaterial    int64 // spoilt by the material (料废)
}

// Total is every piece that was handled.
func (c Counts) Total() int64 { return c.Good + c.Rework + c.ScrapWorkmanship + c.ScrapMaterial }

// IsZero says whether nothing is left.
func (c Counts) IsZero() bool { return c == Counts{} }

// Plus is the sum of two counts.
func (c Counts) Plus(d Counts) Counts {
	return Counts{c.Good + d.Good, c.Rework + d.Rework, c.ScrapWorkmanship + d.ScrapWorkmanship, c.ScrapMaterial + d.ScrapMaterial}
}

// Negated is what a reversal contributes.
func (c Counts) Negated() Counts {
	return Counts{-c.Good, -c.Rework, -c.ScrapWorkmanship, -c.ScrapMaterial}
}

// Tally (计件) is one hand-in of one worker: how many pieces of which operation of which order, in which session. It is never
// changed; a wrong one is struck by another that names it in ReversesID and repeats its content.
type Tally struct {
	bun.BaseModel `bun:"table:tallies,alias:t"`

	ID          int64  `bun:",pk,autoincrement"`
	UID         string `bun:"uid"` // made by whoever counted; 1 to 64 printable ASCII characters
	WorkshopID  int64
	SessionID   int64
	WorkDate    Date // the session's day
	WorkerID    int64
	OrderID     int64
	OperationID int64
	Counts      `bun:"embed:"`
	Weight      Weighing `bun:"embed:"` // how the good pieces were weighed; zero when they were counted by hand
	Ticket      string   // code of the bundle ticket, "" when none was scanned
	ReversesID  int64    `bun:",nullzero"`
	Reason      string   // why it was struck, on reversals
	RecordedAt  Instant  // by the clock of the device that counted
	ReceivedAt  Instant  // by our clock
	RecordedBy  string
	ChainSeq    int64 // position in the workshop's chain, from 1
	Hash        []byte

	// Codes are what the hash covers in place of row numbers. [AppendTallies] needs them; reading does not fill them.
	Codes  TallyCodes    `bun:"-"`
	bundle *BundleTicket // that Ticket names, if it is one of ours

	Session   *WorkSession     `bun:"rel:belongs-to,join:session_id=id"`
	Worker    *Worker          `bun:"rel:belongs-to,join:worker_id=id"`
	Order     *ProcessingOrder `bun:"rel:belongs-to,join:order_id=id"`
	Operation *Operation       `bun:"rel:belongs-to,join:operation_id=id"`
	// ReversedBy is the tally that struck this one, where the query asked for it.
	ReversedBy *Tally `bun:"rel:has-one,join:id=reverses_id"`
	// Flags are what guards noticed about it, where the query asked for them.
	Flags []Flag `bun:"rel:has-many,join:id=tally_id"`
}

// tallyColumns are the columns of a tally but for its id, which the database gives.
const tallyColumns = "uid, workshop_id, session_id, work_date, worker_id, order_id, operation_id, good, rework, scrap_workmanship, scrap_material, " +
	"gross_mg, tare_mg, unit_ug, ticket, reverses_id, reason, recorded_at, received_at, recorded_by, chain_seq, hash"

// appendRow appends the values of tallyColumns.
func (t *Tally) appendRow(args []any) []any {
	var reverses any
	if t.ReversesID != 0 {
		reverses = t.ReversesID
	}
	return append(args, t.UID, t.WorkshopID, t.SessionID, string(t.WorkDate), t.WorkerID, t.OrderID, t.OperationID,
		t.Good, t.Rework, t.ScrapWorkmanship, t.ScrapMaterial, t.Weight.GrossMG, t.Weight.TareMG, t.Weight.UnitUG,
		t.Ticket, reverses, t.Reason, int64(t.RecordedAt), int64(t.ReceivedAt), t.RecordedBy, t.ChainSeq, t.Hash)
}

// TallyCodes are the codes of what a tally refers to, and the uid it reverses.
type TallyCodes struct{ Session, Worker, Order, Operation, Reverses string }

// Struck says whether another tally reverses this one (needs ReversedBy).
func (t *Tally) Struck() bool { return t.ReversedBy != nil && t.ReversedBy.ID != 0 }

// CheckUID says what is wrong with a uid, or nil.
func CheckUID(uid string) *Message {
	if uid == "" {
		return Msg("is required")
	}
	if len(uid) > 64 {
		return Msg("is longer than %d characters", 64)
	}
	for _, c := range []byte(uid) {
		if c <= ' ' || c > '~' {
			return Msg("%q may hold only printable ASCII characters", uid)
		}
	}
	return nil
}

// CheckCounts reports every wrong count of a tally.
func CheckCounts(v *Invalid, c Counts) {
	for _, f := range []struct {
		name string
		n    int64
	}{{"good", c.Good}, {"rework", c.Rework}, {"scrap_workmanship", c.ScrapWorkmanship}, {"scrap_material", c.ScrapMaterial}} {
		if f.n < 0 || f.n > MaxPieces {
			v.Add(f.name, "must be between %d and %d", 0, MaxPieces)
		}
	}
	if c.IsZero() {
		v.Add("good", "nothing was counted: at least one number must be more than 0")
	}
}

// Tallies lists tallies, of a worker also those of her teams, the latest first, each with worker, session, order, operation and the reversal that struck it.
// Status "open" is only those no run has claimed, "struck" those reversed, "reversal" those that reverse.
func Tallies(ctx context.Context, db bun.IDB, f Filter) (Page[Tally], error) {
	var list []Tally
	q := db.NewSelect().Model(&list).Relation("Session").Relation("Worker").Relation("Order").Relation("Operation").
		Relation("ReversedBy").Order("t.id DESC")
	if f.WorkerID != 0 {
		q = q.Where("t.worker_id IN (SELECT CAST(? AS BIGINT) UNION ALL SELECT team_id FROM team_members WHERE worker_id = ?)", f.WorkerID, f.WorkerID)
	}
	for column, id := range map[string]int64{"t.workshop_id": f.WorkshopID, "t.order_id": f.OrderID, "t.session_id": f.SessionID} {
		if id != 0 {
			q = q.Where(column+" = ?", id)
		}
	}
	switch f.Status {
	case "open":
		q = q.Where("NOT EXISTS (SELECT 1 FROM tally_claims tc WHERE tc.tally_id = t.id)")
	case "struck":
		q = q.Where("reversed_by.id IS NOT NULL")
	case "reversal":
		q = q.Where("t.reverses_id IS NOT NULL")
	}
	return List(ctx, q, &list, f, "t.work_date", "t.uid", "worker.code", "worker.name", `"order"."code"`, "operation.name")
}

// TallyByID returns one tally with what it refers to and what guards noticed about it, or a not-found error.
func TallyByID(ctx context.Context, db bun.IDB, id int64) (*Tally, error) {
	t := new(Tally)
	err := db.NewSelect().Model(t).Relation("Session").Relation("Worker").Relation("Order").Relation("Operation").
		Relation("ReversedBy").Relation("Flags", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("id") }).Where("t.id = ?", id).Scan(ctx)
	return t, found(err, "There is no such tally.")
}
