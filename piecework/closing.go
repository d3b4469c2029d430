package piecework

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// CountSay is what a worker said about her counts of a session: that they are right, or in her words what is wrong. It holds for the
// counts she was shown and is never changed; the latest is the one that stands.
type CountSay struct {
	bun.BaseModel `bun:"table:count_agreements,alias:ca"`

	ID        int64 `bun:",pk,autoincrement"`
	SessionID int64
	WorkerID  int64
	Counts    string // what she was shown, see [SheetRow.Text]
	Agrees    bool
	Words     string // what is wrong, "" when she agrees
	TallyID   int64  `bun:",nullzero"` // the tally she means, 0 when none in particular
	SaidAt    Instant
	SaidBy    string // who was signed in on the device

	Tally *Tally `bun:"rel:belongs-to,join:tally_id=id"`
}

// Text is the counts of a worker as text, a line for each operation: order, operation, good, rework, scrap by workmanship, scrap by
// material, with tabs between. Equal texts are equal counts.
func (r *SheetRow) Text() string {
	lines := make([]string, len(r.Lines))
	for i, l := range r.Lines {
		lines[i] = fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%d\n", l.Order.Code, l.Operation.Code, l.Good, l.Rework, l.ScrapWorkmanship, l.ScrapMaterial)
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// NotGood is every piece she handed in that is not good.
func (r *SheetRow) NotGood() int64 { return r.Sum.Total() - r.Sum.Good }

// Digest is a short form of Text, for a form to carry: what she was shown when she pressed the button.
func (r *SheetRow) Digest() string {
	sum := sha256.Sum256([]byte(r.Text()))
	return hex.EncodeToString(sum[:16])
}

// Good is the good pieces of the counts she was shown.
func (s *CountSay) Good() int64 {
	sum := int64(0)
	for line := range strings.Lines(s.Counts) {
		if f := strings.Split(line, "\t"); len(f) > 2 {
			n, _ := strconv.ParseInt(f[2], 10, 64)
			sum += n
		}
	}
	return sum
}

// SayState is how a worker stands to her counts.
type SayState string

const (
	SaySilent   SayState = "silent"   // she has said nothing
	SayAgreed   SayState = "agreed"   // she agrees with the counts as they are
	SayChanged  SayState = "changed"  // she agreed, and they have changed since
	SayDisputed SayState = "disputed" // she says they are wrong
	SayMended   SayState = "mended"   // she said they are wrong, and they have changed since
)

// ClosingRow is one worker of a session that is to be closed, with her latest word.
type ClosingRow struct {
	SheetRow
	Say *CountSay // nil: she has said nothing
}

// State is how she stands to her counts.
func (r *ClosingRow) State() SayState {
	switch {
	case r.Say == nil:
		return SaySilent
	case r.Say.Agrees && r.Say.Counts == r.Text():
		return SayAgreed
	case r.Say.Agrees:
		return SayChanged
	case r.Say.Counts == r.Text():
		return SayDisputed
	}
	return SayMended
}

// Closing is a session that is to be closed.
type Closing struct {
	Session *WorkSession
	Rows    []ClosingRow // everybody who came or counted, by worker code
}

// ClosingOf reads who is in, who is out, what each counted, and who has agreed.
func ClosingOf(ctx context.Context, db bun.IDB, sessionID int64) (*Closing, error) {
	sheet, err := SheetOf(ctx, db, sessionID)
	if err != nil {
		return nil, err
	}
	var says []CountSay
	err = db.NewSelect().Model(&says).Relation("Tally").Where("ca.session_id = ?", sessionID).
		Where("NOT EXISTS (SELECT 1 FROM count_agreements y WHERE y.session_id = ca.session_id AND y.worker_id = ca.worker_id AND y.id > ca.id)").Scan(ctx)
	if err != nil {
		return nil, wrap("read what workers say", err)
	}
	c := &Closing{Session: sheet.Session, Rows: make([]ClosingRow, len(sheet.Rows))}
	for i, r := range sheet.Rows {
		c.Rows[i].SheetRow = r
		for k := range says {
			if says[k].WorkerID == r.Worker.ID {
				c.Rows[i].Say = &says[k]
			}
		}
	}
	return c, nil
}

// Row is the row of a worker, or a not-found error: she was not at the session.
func (c *Closing) Row(workerID int64) (*ClosingRow, error) {
	for i := range c.Rows {
		if c.Rows[i].Worker.ID == workerID {
			return &c.Rows[i], nil
		}
	}
	return nil, NotFound("She neither came to session %s nor counted in it.", c.Session.Code)
}

// SayCounts records what a worker says about her counts, which are filled in. Shown is the digest of those she was shown; when she has
// counted otherwise by now it is a conflict. Words are needed when she does not agree. A tally she means must be her own, of the session; it goes to
// review.
func SayCounts(ctx context.Context, db bun.IDB, say *CountSay, shown string) error {
	v := &Invalid{}
	v.AddMsg("words", CheckText(say.Words, MaxNote))
	if !say.Agrees && say.Words == "" {
		v.Add("words", "say what is wrong")
	}
	if err := v.Err(); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		ws, err := SessionByID(ctx, db, say.SessionID)
		if err != nil {
			return err
		}
		if err := LockWorkshop(ctx, db, ws.WorkshopID); err != nil {
			return err
		}
		closing, err := ClosingOf(ctx, db, say.SessionID)
		if err != nil {
			return err
		}
		row, err := closing.Row(say.WorkerID)
		if err != nil {
			return err
		}
		if row.Digest() != shown {
			return Conflict("The counts have changed meanwhile. Look at them once more.")
		}
		if say.TallyID != 0 {
			own, err := db.NewSelect().Model((*Tally)(nil)).Where("id = ? AND session_id = ? AND worker_id = ?", say.TallyID, say.SessionID, say.WorkerID).Exists(ctx)
			if err != nil || !own {
				return cmp.Or(wrap("look for the tally", err), InvalidField("tally", "choose one"))
			}
		}
		say.Counts, say.SaidAt = row.Text(), Now()
		if _, err = db.NewInsert().Model(say).Exec(ctx); err != nil || say.TallyID == 0 {
			return wrap("store what she says", err)
		}
		return raiseFlag(ctx, db, &Flag{TallyID: say.TallyID, WorkshopID: ws.WorkshopID, Kind: FlagDisputed, Detail: say.Words})
	})
}
