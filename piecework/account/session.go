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

	Token     string `bun:",pk"`
	Data      []byte
	Expiry    piecework.Instant
	UserID    int64
	StartedAt piecework.Instant
	SeenAt    piecework.Instant
	Agent     string
}

// Session is a browser in which a user is signed in.
type Session struct {
	ID        string // names it, and opens nothing
	Agent     string // what the browser calls itself
	StartedAt piecework.Instant
	SeenAt    piecework.Instant // to the hour
	Expiry    piecework.Instant
}

// seenEvery is how exactly the moment is kept at which a session was used last; to write on every page would cost more than it tells.
const seenEvery = time.Hour

// maxAgent bounds what is kept of a browser's name for itself.
const maxAgent = 200

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
	if now := piecework.Now(); row.UserID != 0 && now-row.SeenAt > piecework.Instant(seenEvery/time.Millisecond) {
		if _, err := s.DB.NewUpdate().Model(row).Set("seen_at = ?", now).WherePK().Exec(ctx); err != nil {
			return nil, false, fmt.Errorf("keep when web session was seen: %w", err)
		}
	}
	return row.Data, true, nil
}

// Own says whose the session is that has just been stored, and in which browser.
func (s WebSessions) Own(ctx context.Context, token string, userID int64, agent string) error {
	if piecework.CheckText(agent, maxAgent) != nil {
		agent = ""
	}
	now := piecework.Now()
	_, err := s.DB.NewUpdate().Model((*webSession)(nil)).Set("user_id = ?", userID).Set("started_at = ?", now).Set("seen_at = ?", now).Set("agent = ?", agent).
		Where("token = ?", storedToken(token)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep whose web session it is: %w", err)
	}
	return nil
}

// SessionID names a session by its token, as [Session] does.
func SessionID(token string) string { return storedToken(token) }

// SessionsOf lists where a user is signed in, the latest first.
func SessionsOf(ctx context.Context, db bun.IDB, userID int64) ([]Session, error) {
	var rows []webSession
	err := db.NewSelect().Model(&rows).ExcludeColumn("data").Where("user_id = ? AND expiry > ?", userID, piecework.Now()).Order("started_at DESC").Limit(100).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list web sessions: %w", err)
	}
	list := make([]Session, len(rows))
	for i, r := range rows {
		list[i] = Session{r.Token, r.Agent, r.StartedAt, r.SeenAt, r.Expiry}
	}
	return list, nil
}

// EndSession ends one session of a user, by [Session.ID]; of nobody else.
func EndSession(ctx context.Context, db bun.IDB, userID int64, id string) error {
	res, err := db.NewDelete().Model((*webSession)(nil)).Where("user_id = ? AND token = ?", userID, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end web session: %w", err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return piecework.NotFound("This sign-in has ended already.")
	}
	return nil
}

// EndSessions ends every session of a user but the one with the id but, which may be "".
func EndSessions(ctx context.Context, db bun.IDB, userID int64, but string) error {
	if _, err := db.NewDelete().Model((*webSession)(nil)).Where("user_id = ? AND token <> ?", userID, but).Exec(ctx); err != nil {
		return fmt.Errorf("end web sessions: %w", err)
	}
	return nil
}

// CommitCtx stores a session.
func (s WebSessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	row := &webSession{Token: storedToken(token), Data: data, Expiry: piecework.At(expiry)}
	_, err := s.DB.NewInsert().Model(row).Column("token", "data", "expiry").On("CONFLICT (token) DO UPDATE").Set("data = EXCLUDED.data").Set("expiry = EXCLUDED.expiry").Exec(ctx)
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

// Sweep deletes the sessions and invitations that have expired, and forgets devices not seen for a year.
func (s WebSessions) Sweep(ctx context.Context) error {
	if _, err := s.DB.NewDelete().Model((*invitation)(nil)).Where("expires_at <= ?", piecework.Now()).Exec(ctx); err != nil {
		return fmt.Errorf("sweep invitations: %w", err)
	}
	if _, err := s.DB.NewDelete().Model((*knownDevice)(nil)).Where("seen_at <= ?", piecework.At(time.Now().AddDate(-1, 0, 0))).Exec(ctx); err != nil {
		return fmt.Errorf("sweep known devices: %w", err)
	}
	if _, err := s.DB.NewDelete().Model((*webSession)(nil)).Where("expiry <= ?", piecework.Now()).Exec(ctx); err != nil {
		return fmt.Errorf("sweep web sessions: %w", err)
	}
	return nil
}
