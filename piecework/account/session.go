package account

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// WebSessions keeps the sessions of browsers in the database, in the form scs.CtxStore asks for. It stores the hash of each
// token, so that a stolen copy of the database opens no session.
type WebSessions struct{ DB *bun.DB }

type webSession struct {
	bun.BaseModel `bun:"table:web_sessions"`

	Token  string `bun:",pk"`
	Data   []byte
	Expiry piecework.Instant
}

func storedToken(token string) string { return hex.EncodeToString(hashSecret(token)) }

// FindCtx returns the data of a session that has not expired.
func (s WebSessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	row := new(webSession)
	err = s.DB.NewSelect().Model(row).Where("token = ? AND expiry > ?", storedToken(token), piecework.Now()).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find web session: %w", err)
	}
	return row.Data, true, nil
}

// CommitCtx stores a session.
func (s WebSessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	row := &webSession{Token: storedToken(token), Data: data, Expiry: piecework.At(expiry)}
	_, err := s.DB.NewInsert().Model(row).On("CONFLICT (token) DO UPDATE").Set("data = EXCLUDED.data").Set("expiry = EXCLUDED.expiry").Exec(ctx)
	if err != nil {
		return fmt.Errorf("store web session: %w", err)
	}
	return nil
}

// DeleteCtx ends a session.
func (s WebSessions) DeleteCtx(ctx context.Context, token string) error {
	if _, err := s.DB.NewDelete().Model((*webSession)(nil)).Where("token = ?", storedToken(token)).Exec(ctx); err != nil {
		return fmt.Errorf("end web session: %w", err)
	}
	return nil
}

// Find is FindCtx without a context.
func (s WebSessions) Find(token string) (data []byte, found bool, err error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s WebSessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (s WebSessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// Sweep deletes the sessions that have expired.
func (s WebSessions) Sweep(ctx context.Context) error {
	if _, err := s.DB.NewDelete().Model((*webSession)(nil)).Where("expiry <= ?", piecework.Now()).Exec(ctx); err != nil {
		return fmt.Errorf("sweep web sessions: %w", err)
	}
	return nil
}
