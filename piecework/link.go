package piecework

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/uptrace/bun"
)

// OrderLink is a way to one order for somebody without an account, such as whoever counts at the contractor's. Its address is signed:
// it names the link and its end, and nobody can make or change one without the key of the books.
type OrderLink struct {
	bun.BaseModel `bun:"table:order_links,alias:ol"`

	ID        int64 `bun:",pk,autoincrement"`
	OrderID   int64
	Name      string // who it is for, or NoteLinkName
	ExpiresAt Instant
	MadeAt    Instant
	MadeBy    string
	RevokedAt Instant // 0 while nobody has revoked it
	RevokedBy string
}

// How long a link holds.
const (
	LinkDays    = 60
	MaxLinkDays = 365
)

// NoteLinkName is the name of the link that is printed on the delivery notes of an order.
const NoteLinkName = "*"

// linkSetting is the name of the setting that holds the key of the signatures.
const linkSetting = "link_key"

// errLink does not say which of them it is: somebody who tries addresses learns nothing.
var errLink = NotFound("This link does not work. It was altered, has expired or was revoked. Ask the workshop for a new one.")

// LinkState is how a link stands at a moment.
func (l *OrderLink) State(now Instant) string {
	switch {
	case l.RevokedAt != 0:
		return "revoked"
	case l.ExpiresAt <= now:
		return "expired"
	}
	return "works"
}

// MakeLink makes a link to an order that holds for so many days.
func MakeLink(ctx context.Context, db bun.IDB, orderID int64, name string, days int64, by string) (*OrderLink, error) {
	v := &Invalid{}
	if name != NoteLinkName {
		checkName(v, "name", name)
	}
	if days < 1 || days > MaxLinkDays {
		v.Add("days", "must be between %d and %d", 1, MaxLinkDays)
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	now := Now()
	l := &OrderLink{OrderID: orderID, Name: name, ExpiresAt: now + Instant(time.Duration(days)*24*time.Hour/time.Millisecond), MadeAt: now, MadeBy: by}
	_, err := db.NewInsert().Model(l).Exec(ctx)
	return l, wrap("make link", err)
}

// NoteLink is the link on the delivery notes of an order. One that holds for another week at least is used again, so that a note printed
// twice is the same.
func NoteLink(ctx context.Context, db bun.IDB, orderID int64, by string) (*OrderLink, error) {
	var list []OrderLink
	err := db.NewSelect().Model(&list).Where("order_id = ? AND name = ? AND revoked_at = 0 AND expires_at > ?", orderID, NoteLinkName,
		Now()+Instant(7*24*time.Hour/time.Millisecond)).Order("id").Limit(1).Scan(ctx)
	if err != nil {
		return nil, wrap("find link", err)
	}
	if len(list) > 0 {
		return &list[0], nil
	}
	return MakeLink(ctx, db, orderID, NoteLinkName, LinkDays, by)
}

// LinksOf are the links to an order, the latest first.
func LinksOf(ctx context.Context, db bun.IDB, orderID int64) ([]OrderLink, error) {
	var list []OrderLink
	err := db.NewSelect().Model(&list).Where("order_id = ?", orderID).Order("id DESC").Scan(ctx)
	return list, wrap("list links", err)
}

// RevokeLink ends a link.
func RevokeLink(ctx context.Context, db bun.IDB, id int64, by string) error {
	return changed(ctx, db.NewUpdate().Model((*OrderLink)(nil)).Set("revoked_at = ?", Now()).Set("revoked_by = ?", by).
		Where("id = ? AND revoked_at = 0", id), "This link was revoked already.")
}

// linkKey is the key of the signatures, made when the first link is.
func linkKey(ctx context.Context, db bun.IDB) ([]byte, error) {
	text, err := Setting(ctx, db, linkSetting)
	if err != nil {
		return nil, err
	}
	if text == "" {
		fresh := make([]byte, sha256.Size)
		rand.Read(fresh) // never fails
		if text, err = RememberFirst(ctx, db, linkSetting, base64.RawStdEncoding.EncodeToString(fresh)); err != nil {
			return nil, err
		}
	}
	key, err := base64.RawStdEncoding.DecodeString(text)
	return key, wrap("read the key of links", err)
}

// The token of a link is its id and its end, eight bytes each, and half of an HMAC-SHA256 over these and the order.
const (
	linkHead = 16
	linkSize = linkHead + sha256.Size/2
)

func (l *OrderLink) token(key []byte) []byte {
	head := binary.BigEndian.AppendUint64(make([]byte, 0, linkSize), uint64(l.ID))
	head = binary.BigEndian.AppendUint64(head, uint64(l.ExpiresAt))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("order link\n"))
	mac.Write(binary.BigEndian.AppendUint64(head[:linkHead:linkHead], uint64(l.OrderID)))
	return append(head, mac.Sum(nil)[:sha256.Size/2]...)
}

// LinkToken is what the address of a link ends in.
func LinkToken(ctx context.Context, db bun.IDB, l *OrderLink) (string, error) {
	key, err := linkKey(ctx, db)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(l.token(key)), nil
}

// LinkByToken returns the link with a token. An altered, expired or revoked one is not found; nobody is told which.
func LinkByToken(ctx context.Context, db bun.IDB, token string) (*OrderLink, error) {
	given, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(given) != linkSize {
		return nil, errLink
	}
	key, err := linkKey(ctx, db)
	if err != nil {
		return nil, err
	}
	l := new(OrderLink)
	err = db.NewSelect().Model(l).Where("id = ?", int64(binary.BigEndian.Uint64(given))).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errLink
	}
	if err != nil {
		return nil, wrap("find link", err)
	}
	if !hmac.Equal(l.token(key), given) || l.State(Now()) != "works" {
		return nil, errLink
	}
	return l, nil
}

// OrderOfLink is the order a link leads to.
func OrderOfLink(ctx context.Context, db bun.IDB, id int64) (int64, error) {
	l := new(OrderLink)
	err := db.NewSelect().Model(l).Column("order_id").Where("id = ?", id).Scan(ctx)
	return l.OrderID, found(err, "There is no such link.")
}
