package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// invitation is a link with which a user chooses her own password, or links an account elsewhere. It works once.
type invitation struct {
	bun.BaseModel `bun:"table:invitations"`

	Hash      []byte `bun:",pk"`
	UserID    int64
	CreatedAt piecework.Instant
	CreatedBy string
	ExpiresAt piecework.Instant
}

// InvitationLife is how long an invitation may be used.
const InvitationLife = 3 * 24 * time.Hour

// Invite makes a link's code for a user who signs in with a password; her earlier ones end. Nothing else changes until it is used.
func Invite(ctx context.Context, db bun.IDB, userID int64, by string) (code string, err error) {
	u, err := UserByID(ctx, db, userID)
	if err != nil {
		return "", err
	}
	if u.Role.OfPerson() && u.PasswordHash == "" {
		return "", piecework.Conflict("Workers come in with badge or phone number and a PIN. Give a new PIN on the worker's page.")
	}
	code = secret()
	now := time.Now()
	row := &invitation{Hash: hashSecret(code), UserID: userID, CreatedAt: piecework.At(now), CreatedBy: by, ExpiresAt: piecework.At(now.Add(InvitationLife))}
	err = piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if _, err := db.NewDelete().Model((*invitation)(nil)).Where("user_id = ?", userID).Exec(ctx); err != nil {
			return err
		}
		_, err := db.NewInsert().Model(row).Exec(ctx)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("invite: %w", err)
	}
	return code, nil
}

var errInvited = piecework.NotFound("This link was used already, is too old or never was. Ask an administrator for a new one.")

// Invited is the user whom the code of an invitation is for, or a not-found error.
func Invited(ctx context.Context, db bun.IDB, code string) (*User, error) {
	row := new(invitation)
	err := db.NewSelect().Model(row).Where("hash = ? AND expires_at > ?", hashSecret(code), piecework.Now()).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errInvited
	}
	if err != nil {
		return nil, fmt.Errorf("read invitation: %w", err)
	}
	u, err := UserByID(ctx, db, row.UserID)
	if err == nil && u.Disabled {
		return nil, errInvited
	}
	return u, err
}

// AcceptInvitation uses the code up: the user has the password she chose, and whoever was signed in as her is out.
func AcceptInvitation(ctx context.Context, db bun.IDB, code, password string) (*User, error) {
	u, err := Invited(ctx, db, code)
	if err != nil {
		return nil, err
	}
	err = piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if err := useInvitation(ctx, db, code); err != nil {
			return err
		}
		return SetPassword(ctx, db, u.ID, password)
	})
	if err != nil {
		return nil, err
	}
	return UserByID(ctx, db, u.ID)
}

// useInvitation takes the invitation away; of two who try at once, one succeeds.
func useInvitation(ctx context.Context, db bun.IDB, code string) error {
	res, err := db.NewDelete().Model((*invitation)(nil)).Where("hash = ? AND expires_at > ?", hashSecret(code), piecework.Now()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("use invitation: %w", err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return errInvited
	}
	return nil
}
