package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Token is the permission of a program to act in a role. The token itself is known only to who it was given to.
type Token struct {
	bun.BaseModel `bun:"table:api_tokens,alias:tk"`

	ID         int64 `bun:",pk,autoincrement"`
	Hash       []byte
	Role       Role
	WorkshopID int64 `bun:",nullzero"`
	CreatedAt  piecework.Instant
	RevokedAt  piecework.Instant

	Workshop *piecework.Workshop `bun:"rel:belongs-to,join:workshop_id=id"`
}

// secret makes a random word of 256 bits.
func secret() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// hashSecret is how a random word is stored. It is too random to be guessed from a fast hash.
func hashSecret(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// NewToken makes a token for a role: admin, bookkeeper or lead. workshopID 0 is every workshop; a lead needs one. The token is
// returned this once and cannot be read again.
func NewToken(ctx context.Context, db bun.IDB, role Role, workshopID int64) (string, error) {
	if role != Admin && role != Bookkeeper && role != Lead {
		return "", piecework.InvalidField("role", "%q must be admin, bookkeeper or lead", string(role))
	}
	if role == Lead && workshopID == 0 {
		return "", piecework.InvalidField("workshop", "choose a workshop")
	}
	token := secret()
	t := &Token{Hash: hashSecret(token), Role: role, WorkshopID: workshopID, CreatedAt: piecework.Now()}
	if _, err := db.NewInsert().Model(t).Exec(ctx); err != nil {
		return "", fmt.Errorf("make token: %w", err)
	}
	return token, nil
}

// TokenIdentity is who acts with a token, or a forbidden error.
func TokenIdentity(ctx context.Context, db bun.IDB, token string) (Identity, error) {
	t := new(Token)
	err := db.NewSelect().Model(t).Where("hash = ? AND revoked_at = 0", hashSecret(token)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Identity{}, piecework.Forbidden("The token is unknown or was revoked.")
	}
	if err != nil {
		return Identity{}, fmt.Errorf("read token: %w", err)
	}
	return Identity{Name: fmt.Sprintf("token %d", t.ID), Role: t.Role, WorkshopID: t.WorkshopID}, nil
}

// Tokens lists tokens that have not been revoked, the newest first.
func Tokens(ctx context.Context, db bun.IDB) ([]Token, error) {
	var list []Token
	if err := db.NewSelect().Model(&list).Relation("Workshop").Where("tk.revoked_at = 0").Order("tk.id DESC").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return list, nil
}

// RevokeToken ends a token, in every [TokenCache] of this process, too.
func RevokeToken(ctx context.Context, db bun.IDB, id int64) error {
	res, err := db.NewUpdate().Model((*Token)(nil)).Set("revoked_at = ?", piecework.Now()).Where("id = ? AND revoked_at = 0", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	revocations.Add(1)
	if n, _ := res.RowsAffected(); n == 0 {
		return piecework.NotFound("The token is unknown or was revoked.")
	}
	return nil
}
