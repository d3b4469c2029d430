package account

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// User is somebody who can sign in.
type User struct {
	bun.BaseModel `bun:"table:users,alias:u"`

	ID           int64 `bun:",pk,autoincrement"`
	Username     string
	Name         string
	Role         Role
	PasswordHash string
	WorkshopID   int64 `bun:",nullzero"` // leads: theirs; admins and bookkeepers: the only one they see, or 0
	WorkerID     int64 `bun:",nullzero"`
	ContractorID int64 `bun:",nullzero"`
	Disabled     bool
	CreatedAt    piecework.Instant

	Workshop   *piecework.Workshop   `bun:"rel:belongs-to,join:workshop_id=id"`
	Worker     *piecework.Worker     `bun:"rel:belongs-to,join:worker_id=id"`
	Contractor *piecework.Contractor `bun:"rel:belongs-to,join:contractor_id=id"`
}

// Identity is the user as one who acts. Worker must be loaded for workers.
func (u *User) Identity() Identity {
	id := Identity{UserID: u.ID, Name: u.Name, Role: u.Role, WorkshopID: u.WorkshopID, WorkerID: u.WorkerID, ContractorID: u.ContractorID}
	if u.Role == Worker && u.Worker != nil {
		id.WorkshopID = u.Worker.WorkshopID
	}
	return id
}

// Stamp changes whenever the password does. A web session carries it, so that a new password ends the sessions of the old.
func (u *User) Stamp() string {
	sum := sha256.Sum256([]byte(u.PasswordHash))
	return hex.EncodeToString(sum[:8])
}

// Validate reports every wrong field. What a role does not need is cleared.
func (u *User) Validate() error {
	v := &piecework.Invalid{}
	u.Username = strings.ToLower(strings.TrimSpace(u.Username))
	v.AddMsg("username", piecework.CheckCode(u.Username))
	if u.Name == "" {
		v.Add("name", "is required")
	}
	v.AddMsg("name", piecework.CheckText(u.Name, piecework.MaxName))
	if !slices.Contains(Roles, u.Role) {
		v.Add("role", "choose one")
	}
	if u.Role != Worker {
		u.WorkerID = 0
	}
	if u.Role != Contractor {
		u.ContractorID = 0
	}
	if u.Role == Worker || u.Role == Contractor {
		u.WorkshopID = 0
	}
	if u.Role == Lead && u.WorkshopID == 0 {
		v.Add("workshop", "choose a workshop")
	}
	if u.Role == Worker && u.WorkerID == 0 {
		v.Add("worker", "choose one")
	}
	if u.Role == Contractor && u.ContractorID == 0 {
		v.Add("contractor", "choose one")
	}
	return v.Err()
}

// ValidateNew reports every wrong field of a user who is to be added with a password.
func (u *User) ValidateNew(password string) error {
	v := &piecework.Invalid{}
	if err := u.Validate(); err != nil && !errors.As(err, &v) {
		return err
	}
	checkPassword(v, u.Username, password)
	return v.Err()
}

// CreateUser adds a user with a password of 8 to 200 characters. User names are kept in lower case.
func CreateUser(ctx context.Context, db bun.IDB, u *User, password string) error {
	if err := u.ValidateNew(password); err != nil {
		return err
	}
	if u.WorkerID != 0 {
		w, err := piecework.WorkerByID(ctx, db, u.WorkerID)
		if err != nil {
			return err
		}
		if err := w.Person(); err != nil {
			return err
		}
	}
	u.PasswordHash, u.CreatedAt = hashPassword(password), piecework.Now()
	_, err := db.NewInsert().Model(u).Exec(ctx)
	if piecework.IsUnique(err) {
		return piecework.InvalidField("username", "%q is taken", u.Username)
	}
	if err != nil {
		return fmt.Errorf("create user: %w", err)
	}
	return nil
}

// SetPassword gives a user a new password; sessions signed in with the old one end.
func SetPassword(ctx context.Context, db bun.IDB, id int64, password string) error {
	u, err := UserByID(ctx, db, id)
	if err != nil {
		return err
	}
	v := &piecework.Invalid{}
	checkPassword(v, u.Username, password)
	if err := v.Err(); err != nil {
		return err
	}
	u.PasswordHash = hashPassword(password)
	if _, err := db.NewUpdate().Model(u).Column("password_hash").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}

// Disable shuts a user out, at once, or (disabled false) lets her in again. The last administrator cannot be shut out.
func Disable(ctx context.Context, db bun.IDB, id int64, disabled bool) error {
	q := db.NewUpdate().Model((*User)(nil)).Set("disabled = ?", disabled).Where("id = ?", id)
	if disabled {
		q = q.Where("role <> ? OR (SELECT COUNT(*) FROM users o WHERE o.role = ? AND NOT o.disabled AND o.id <> ?) > 0", Admin, Admin, id)
	}
	res, err := q.Exec(ctx)
	if err != nil {
		return fmt.Errorf("disable user: %w", err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		if _, err := UserByID(ctx, db, id); err != nil {
			return err
		}
		return piecework.Conflict("This is the only administrator. Add another one first.")
	}
	return nil
}

func users(db bun.IDB, model any) *bun.SelectQuery {
	return db.NewSelect().Model(model).Relation("Workshop").Relation("Worker").Relation("Contractor")
}

// Users lists users by user name. Status "active" or "disabled" narrows it.
func Users(ctx context.Context, db bun.IDB, f piecework.Filter) (piecework.Page[User], error) {
	var list []User
	q := users(db, &list).Order("u.username")
	if f.Status != "" {
		q = q.Where("u.disabled = ?", f.Status == "disabled")
	}
	return piecework.List(ctx, q, &list, f, "", "u.username", "u.name")
}

// HasUsers says whether anybody can sign in at all.
func HasUsers(ctx context.Context, db bun.IDB) (bool, error) {
	found, err := db.NewSelect().Model((*User)(nil)).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("look for users: %w", err)
	}
	return found, nil
}

// UserByID returns one user, disabled or not, or a not-found error.
func UserByID(ctx context.Context, db bun.IDB, id int64) (*User, error) {
	u := new(User)
	err := users(db, u).Where("u.id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, piecework.NotFound("There is no such user.")
	}
	if err != nil {
		return nil, fmt.Errorf("read user: %w", err)
	}
	return u, nil
}

// Authenticate returns the user with that name and password. An unknown name, a wrong password and a disabled user are one
// forbidden error and take the same time.
func Authenticate(ctx context.Context, db bun.IDB, username, password string) (*User, error) {
	u, err := new(User), sql.ErrNoRows
	if username = strings.ToLower(strings.TrimSpace(username)); piecework.CheckCode(username) == nil {
		err = users(db, u).Where("u.username = ?", username).Scan(ctx)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read user: %w", err)
	}
	encoded := u.PasswordHash
	if err != nil {
		encoded = nobody
	}
	if !matches(encoded, password) || err != nil || u.Disabled {
		return nil, piecework.Forbidden("User name or password is wrong.")
	}
	return u, nil
}
