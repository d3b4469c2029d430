package piecework

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"
)

// maxHeld bounds what is held of one tally, in bytes. No program of ours sends nearly as much.
const maxHeld = 16 << 10

// HeldOutcome is what became of a held tally; "" while it waits.
type HeldOutcome string

// The outcomes.
const (
	HeldAccepted  HeldOutcome = "accepted"  // put right and counted
	HeldDismissed HeldOutcome = "dismissed" // looked at, and not to be counted
)

// Held is a tally that was refused and is kept as it was sent, until a person, who is not the one who sent it, has put it right
// or dismissed it. Nothing that was counted is dropped unseen.
type Held struct {
	bun.BaseModel `bun:"table:held_tallies,alias:h"`

	ID         int64  `bun:",pk,autoincrement"`
	WorkshopID int64  `bun:",nullzero"` // 0: nothing told which
	UID        string `bun:"uid"`       // as far as it could be read
	Content    string // JSON as it was sent
	Digest     []byte // of WorkshopID and Content: who sends the same again has it held once
	Reason     Reason // why it was refused
	HeldAt     Instant
	HeldBy     string
	DecidedAt  Instant
	DecidedBy  string
	Outcome    HeldOutcome
	Note       string
	TallyID    int64 `bun:",nullzero"` // the tally that it became

	Workshop *Workshop `bun:"rel:belongs-to,join:workshop_id=id"`
}

// Open says whether it still waits for a person.
func (h *Held) Open() bool { return h.DecidedAt == 0 }

func (k *known) heldTally(by Actor, in *NewTally, reason *Message) *Held {
	h := &Held{WorkshopID: by.WorkshopID, UID: in.UID, Content: in.Sent, Reason: Reason{*reason}, HeldAt: k.now, HeldBy: by.Name}
	if CheckUID(h.UID) != nil {
		h.UID = ""
	}
	if s := k.sessions[in.Session]; s != nil && h.WorkshopID == 0 {
		h.WorkshopID = s.WorkshopID
	}
	digest := sha256.Sum256(fmt.Appendf(nil, "%d\n%s", h.WorkshopID, h.Content))
	h.Digest = digest[:]
	return h
}

// hold keeps what was refused. What is held already, or was decided about, is not held again.
func hold(ctx context.Context, db bun.IDB, held []*Held) error {
	if len(held) == 0 {
		return nil
	}
	_, err := db.NewInsert().Model(&held).On("CONFLICT (held_by, digest) DO NOTHING").Returning("NULL").Exec(ctx)
	return wrap("hold refused tallies", err)
}

// Reason is a message that can be kept in the database and read in any language later.
type Reason struct{ Message }

// Value is the format and the arguments as JSON. Arguments are texts, whole numbers and messages.
func (r Reason) Value() (driver.Value, error) {
	data, err := json.Marshal(r.Message)
	return string(data), err
}

// Scan reads what Value wrote.
func (r *Reason) Scan(src any) error {
	var m storedMessage
	var err error
	switch src := src.(type) {
	case string:
		err = json.Unmarshal([]byte(src), &m)
	case []byte:
		err = json.Unmarshal(src, &m)
	default:
		err = fmt.Errorf("a %T is no text", src)
	}
	r.Message = *m.message()
	return wrap("read reason", err)
}

type storedMessage struct {
	Format string
	Args   []json.RawMessage
}

func (m *storedMessage) message() *Message {
	out := &Message{Format: m.Format}
	for _, raw := range m.Args {
		var n int64
		var s string
		var inner storedMessage
		switch {
		case json.Unmarshal(raw, &n) == nil:
			out.Args = append(out.Args, n)
		case json.Unmarshal(raw, &s) == nil:
			out.Args = append(out.Args, s)
		case json.Unmarshal(raw, &inner) == nil:
			out.Args = append(out.Args, inner.message())
		}
	}
	return out
}
