package account

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// setupCode is the right to make the first administrator. There is at most one, and none once somebody can sign in.
type setupCode struct {
	bun.BaseModel `bun:"table:setup_codes"`

	Hash      []byte `bun:",pk"`
	CreatedAt piecework.Instant
}

// NewSetup makes the code with which the first administrator is created, valid until it is used; earlier codes end. It is ""
// when somebody can sign in already.
func NewSetup(ctx context.Context, db bun.IDB) (code string, err error) {
	has, err := HasUsers(ctx, db)
	if err != nil || has {
		return "", err
	}
	code = secret()
	err = piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if _, err := db.NewDelete().Model((*setupCode)(nil)).Where("1 = 1").Exec(ctx); err != nil {
			return err
		}
		_, err := db.NewInsert().Model(&setupCode{Hash: hashSecret(code), CreatedAt: piecework.Now()}).Exec(ctx)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("make setup code: %w", err)
	}
	return code, nil
}

// CheckSetup is nil while the code can still be used.
func CheckSetup(ctx context.Context, db bun.IDB, code string) error {
	valid, err := db.NewSelect().Model((*setupCode)(nil)).Where("hash = ?", hashSecret(code)).Exists(ctx)
	if err != nil {
		return fmt.Errorf("read setup code: %w", err)
	}
	if !valid {
		return errUsed
	}
	return nil
}

var errUsed = piecework.NotFound("This link was used already or never was. Sign in, or start the program again for a new one.")

// Setup uses the code up and makes u the first administrator. Of two who try at once, one succeeds.
func Setup(ctx context.Context, db bun.IDB, code string, u *User, password string) error {
	u.Role = Admin
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		res, err := db.NewDelete().Model((*setupCode)(nil)).Where("hash = ?", hashSecret(code)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("use setup code: %w", err)
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return errUsed
		}
		return CreateUser(ctx, db, u, password)
	})
}
