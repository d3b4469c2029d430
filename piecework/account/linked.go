package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// LinkedAccount is an account elsewhere with which a user signs in here. Only the user herself, signed in or invited, links one: what an
// account elsewhere says about names or addresses is never taken as proof of who she is here.
type LinkedAccount struct {
	bun.BaseModel `bun:"table:linked_accounts"`

	ID       int64 `bun:",pk,autoincrement"`
	UserID   int64
	Provider string // who vouches, such as "oidc:https://id.example"
	Subject  string // whom the provider means, for ever
	LinkedAt piecework.Instant
}

// Link lets a user sign in with an account elsewhere, in place of another one of the same provider. One that is linked to somebody else is a conflict.
func Link(ctx context.Context, db bun.IDB, userID int64, provider, subject string) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if err := Unlink(ctx, db, userID, provider); err != nil {
			return err
		}
		row := &LinkedAccount{UserID: userID, Provider: provider, Subject: subject, LinkedAt: piecework.Now()}
		_, err := db.NewInsert().Model(row).Exec(ctx)
		if piecework.IsUnique(err) {
			return piecework.Conflict("That account belongs to another user here already.")
		}
		if err != nil {
			return fmt.Errorf("link account: %w", err)
		}
		return nil
	})
}

// AcceptByLink uses an invitation up by linking the account elsewhere with which the user came.
func AcceptByLink(ctx context.Context, db bun.IDB, code, provider, subject string) (u *User, err error) {
	err = piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if u, err = Invited(ctx, db, code); err != nil {
			return err
		}
		if err := useInvitation(ctx, db, code); err != nil {
			return err
		}
		return Link(ctx, db, u.ID, provider, subject)
	})
	return u, err
}

// Unlink ends signing in with an account of that provider.
func Unlink(ctx context.Context, db bun.IDB, userID int64, provider string) error {
	if _, err := db.NewDelete().Model((*LinkedAccount)(nil)).Where("user_id = ? AND provider = ?", userID, provider).Exec(ctx); err != nil {
		return fmt.Errorf("unlink account: %w", err)
	}
	return nil
}

// Linked is the user to whom an account elsewhere was linked, or a forbidden error.
func Linked(ctx context.Context, db bun.IDB, provider, subject string) (*User, error) {
	row := new(LinkedAccount)
	err := db.NewSelect().Model(row).Where("provider = ? AND subject = ?", provider, subject).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errUnlinked
	}
	if err != nil {
		return nil, fmt.Errorf("read linked account: %w", err)
	}
	u, err := UserByID(ctx, db, row.UserID)
	if err == nil && u.Disabled {
		return nil, errUnlinked
	}
	return u, err
}

var errUnlinked = piecework.Forbidden("This account is linked to nobody here. Sign in as before and link it under My sign-in, or ask an administrator for a link.")

// LinksOf are the providers with which a user can sign in.
func LinksOf(ctx context.Context, db bun.IDB, userID int64) (map[string]piecework.Instant, error) {
	var list []LinkedAccount
	if err := db.NewSelect().Model(&list).Where("user_id = ?", userID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list linked accounts: %w", err)
	}
	links := map[string]piecework.Instant{}
	for _, l := range list {
		links[l.Provider] = l.LinkedAt
	}
	return links, nil
}
