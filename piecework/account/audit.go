package account

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Entry is a line of the audit trail: who did what to which thing, when and from where. The database refuses to change or delete one, but
// for the name of somebody who is erased.
type Entry struct {
	bun.BaseModel `bun:"table:audit_entries,alias:ae"`

	ID         int64 `bun:",pk,autoincrement"`
	DoneAt     piecework.Instant
	UserID     int64  // 0: nobody was signed in, or a program with a token
	DoneBy     string // as the books name her
	Role       Role
	Action     string // the English words for it, which are also the key of their translation
	Kind       string // of the thing, as in [OwnerOf]; "" for none
	ThingID    int64
	Detail     string // such as the name that was typed, or the new role; never a secret
	WorkshopID int64  // of who acted; 0 is every one
	Address    string // of the network it came from
	RequestID  string // of the line in the log
}

// Note writes a line of the audit trail, with the present moment.
func Note(ctx context.Context, db bun.IDB, e Entry) error {
	e.DoneAt = piecework.Now()
	if _, err := db.NewInsert().Model(&e).Exec(ctx); err != nil {
		return fmt.Errorf("write audit trail: %w", err)
	}
	return nil
}

// Entries is the audit trail, the newest first. Query looks in who and detail, From and To are days in UTC, and a workshop narrows it to what
// was done in it.
func Entries(ctx context.Context, db bun.IDB, f piecework.Filter) (piecework.Page[Entry], error) {
	var list []Entry
	q := db.NewSelect().Model(&list).Order("ae.id DESC")
	if f.WorkshopID != 0 {
		q = q.Where("ae.workshop_id = ?", f.WorkshopID)
	}
	if f.From != "" {
		q = q.Where("ae.done_at >= ?", piecework.At(f.From.Time()))
	}
	if f.To != "" {
		q = q.Where("ae.done_at < ?", piecework.At(f.To.AddDays(1).Time()))
	}
	return piecework.List(ctx, q, &list, f, "", "ae.done_by", "ae.detail", "ae.action")
}
