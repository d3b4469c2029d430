package piecework

import (
	"bytes"
	"context"
	"crypto/sha256"
	"iter"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// Every workshop has one hash chain. Each link is a tally or an issued slip version; its hash is SHA-256 over the hash of
// the link before it and its own canonical content. Whoever changes, removes or inserts a link breaks every hash after it,
// and the workshop's row, which keeps length and last hash, tells when the end was cut off.

// Link is the hash of content that follows prev in a chain. prev is nil at the first link.
func Link(prev, content []byte) []byte {
	h := sha256.New()
	h.Write(prev)
	h.Write(content)
	return h.Sum(nil)
}

// Canonical builds the content of a link: one field a line. Fields hold no line breaks, so no two contents look alike.
type Canonical struct{ bytes.Buffer }

// Text adds a field.
func (c *Canonical) Text(fields ...string) {
	for _, f := range fields {
		c.WriteString(f)
		c.WriteByte('\n')
	}
}

// Int adds number fields.
func (c *Canonical) Int(fields ...int64) {
	for _, f := range fields {
		c.Write(strconv.AppendInt(c.AvailableBuffer(), f, 10))
		c.WriteByte('\n')
	}
}

// content is what the hash of a tally covers. That of a weighed one, tally/2, ends with the weights.
func (t *Tally) content(c *Canonical) []byte {
	c.Reset()
	kind := "tally/1"
	if !t.Weight.IsZero() {
		kind = "tally/2"
	}
	c.Text(kind, t.UID, t.Codes.Session, t.Codes.Worker, t.Codes.Order, t.Codes.Operation)
	c.Int(t.Good, t.Rework, t.ScrapWorkmanship, t.ScrapMaterial)
	c.Text(string(t.WorkDate), t.Ticket, t.Codes.Reverses, t.Reason)
	c.Int(int64(t.RecordedAt), int64(t.ReceivedAt))
	c.Text(t.RecordedBy)
	if !t.Weight.IsZero() {
		c.Int(t.Weight.GrossMG, t.Weight.TareMG, t.Weight.UnitUG)
	}
	return c.Bytes()
}

// AppendTallies writes tallies of one workshop at the end of its chain, in the order given, and adds them to the sums that are
// kept. They must be complete and checked, with Codes filled. The caller's transaction holds the workshop's lock ([LockWorkshop]).
func AppendTallies(ctx context.Context, db bun.Tx, workshopID int64, tallies []*Tally) error {
	if len(tallies) == 0 {
		return nil
	}
	head, err := chainHead(ctx, db, workshopID)
	if err != nil {
		return err
	}
	return appendTallies(ctx, inTx(db), head, tallies)
}

// appendTallies is AppendTallies for those who know the head of the chain. It moves the head.
func appendTallies(ctx context.Context, db tx, head *Workshop, tallies []*Tally) error {
	var c Canonical
	for _, t := range tallies {
		head.ChainSeq++
		head.ChainHash = Link(head.ChainHash, t.content(&c))
		t.ChainSeq, t.Hash = head.ChainSeq, head.ChainHash
	}
	if err := db.exec(ctx, insertTallies, len(tallies), func(args []any, i int) []any { return tallies[i].appendRow(args) }); err != nil {
		return wrap("insert tallies", err)
	}
	if err := bookProgress(ctx, db, tallies); err != nil {
		return err
	}
	err := db.exec(ctx, moveHeads, 1, func(args []any, _ int) []any { return append(args, head.ChainSeq, head.ChainHash, head.ID) })
	return wrap("move chain head", err)
}

var (
	insertTallies = &rowQuery{"INSERT INTO tallies (" + tallyColumns + ") VALUES ", marks(strings.Count(tallyColumns, ",") + 1), ""}
	moveHeads     = &rowQuery{"UPDATE workshops SET ", "chain_seq = ?, chain_hash = ? WHERE id = ?", ""}
)

// ChainLink is one link of a workshop's chain: its position, what to call it, what its hash covers, and the stored hash.
type ChainLink struct {
	Seq     int64
	Name    string
	Content []byte
	Hash    []byte
}

// AppendLinks adds a link for each content to a workshop's chain and fills Seq and Hash. The caller's transaction holds
// the workshop's lock.
func AppendLinks(ctx context.Context, db bun.Tx, workshopID int64, links []*ChainLink) error {
	head, err := chainHead(ctx, db, workshopID)
	if err != nil {
		return err
	}
	for _, l := range links {
		head.ChainSeq++
		head.ChainHash = Link(head.ChainHash, l.Content)
		l.Seq, l.Hash = head.ChainSeq, head.ChainHash
	}
	return moveHead(ctx, db, head)
}

func chainHead(ctx context.Context, db bun.IDB, workshopID int64) (*Workshop, error) {
	head := new(Workshop)
	err := db.NewSelect().Model(head).Column("id", "chain_seq", "chain_hash").Where("id = ?", workshopID).Scan(ctx)
	return head, wrap("read chain head", err)
}

func moveHead(ctx context.Context, db bun.Tx, head *Workshop) error {
	_, err := db.NewUpdate().Model(head).Column("chain_seq", "chain_hash").WherePK().Exec(ctx)
	return wrap("move chain head", err)
}

// TallyLinks walks the tallies of a workshop in chain order, a page at a time so that memory stays bounded.
func TallyLinks(ctx context.Context, db bun.IDB, workshopID int64) iter.Seq2[ChainLink, error] {
	return func(yield func(ChainLink, error) bool) {
		for last := int64(0); ; {
			page, err := chainPage(ctx, db, workshopID, last)
			if err != nil {
				yield(ChainLink{}, err)
				return
			}
			if len(page) == 0 {
				return
			}
			for i := range page {
				var c Canonical
				t := &page[i]
				if !yield(ChainLink{t.ChainSeq, "tally " + t.UID, t.content(&c), t.Hash}, nil) {
					return
				}
				last = t.ChainSeq
			}
		}
	}
}

func chainPage(ctx context.Context, db bun.IDB, workshopID, after int64) ([]Tally, error) {
	var rows []struct {
		Tally    `bun:",extend"`
		Session  string `bun:"c_session"`
		Worker   string `bun:"c_worker"`
		Order    string `bun:"c_order"`
		Op       string `bun:"c_operation"`
		Reverses string `bun:"c_reverses"`
	}
	err := db.NewSelect().Model(&rows).ModelTableExpr("tallies AS t").
		Column("t.uid", "t.work_date", "t.good", "t.rework", "t.scrap_workmanship", "t.scrap_material", "t.ticket", "t.reason", "t.gross_mg", "t.tare_mg", "t.unit_ug",
			"t.recorded_at", "t.received_at", "t.recorded_by", "t.chain_seq", "t.hash").
		ColumnExpr("s.code AS c_session, w.code AS c_worker, o.code AS c_order, p.code AS c_operation, COALESCE(r.uid, '') AS c_reverses").
		Join("JOIN work_sessions s ON s.id = t.session_id").Join("JOIN workers w ON w.id = t.worker_id").
		Join("JOIN processing_orders o ON o.id = t.order_id").Join("JOIN operations p ON p.id = t.operation_id").
		Join("LEFT JOIN tallies r ON r.id = t.reverses_id").
		Where("t.workshop_id = ? AND t.chain_seq > ?", workshopID, after).Order("t.chain_seq").Limit(2000).Scan(ctx)
	page := make([]Tally, len(rows))
	for i, r := range rows {
		page[i] = r.Tally
		page[i].Codes = TallyCodes{r.Session, r.Worker, r.Order, r.Op, r.Reverses}
	}
	return page, wrap("read chain", err)
}
