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
	PasswordHash string // "" for those who have a PIN instead
	WorkshopID   int64  `bun:",nullzero"` // the one she begins in, see [WorkshopsOf]; 0 for admins, bookkeepers and officers is every one
	WorkerID     int64  `bun:",nullzero"`
	ContractorID int64  `bun:",nullzero"`
	Disabled     bool
	CreatedAt    piecework.Instant
	PINHash      string            `bun:"pin_hash"`
	PINSetAt     piecework.Instant `bun:"pin_set_at"`
	PINFirst     bool              `bun:"pin_first"`   // somebody else set the PIN, so she has to choose her own
	TOTPSecret   string            `bun:"totp_secret"` // sealed; "" without a second factor
	TOTPSince    piecework.Instant `bun:"totp_since"`  // 0 until the first code was right
	TOTPStep     int64             `bun:"totp_step"`   // of the latest code that was used, which is not taken again

	Workshop   *piecework.Workshop   `bun:"rel:belongs-to,join:workshop_id=id"`
	Worker     *piecework.Worker     `bun:"rel:belongs-to,join:worker_id=id"`
	Contractor *piecework.Contractor `bun:"rel:belongs-to,join:contractor_id=id"`
}

// Identity is the user as one who acts. Worker must be loaded for workers.
func (u *User) Identity() Identity {
	id := Identity{UserID: u.ID, Name: u.Name, Role: u.Role, WorkshopID: u.WorkshopID, WorkerID: u.WorkerID, ContractorID: u.ContractorID}
	if u.Role.OfPerson() && u.Worker != nil {
		id.WorkshopID = u.Worker.WorkshopID
	}
	if u.Role == Counter {
		id.WorkerID = 0 // at the bench she is nobody's worker
	}
	return id
}

// Stamp changes whenever the password or the PIN does. A web session carries it, so that a new password ends the sessions of the old.
func (u *User) Stamp() string {
	sum := sha256.Sum256([]byte(u.PasswordHash + "|" + u.PINHash))
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
	if !u.Role.OfPerson() {
		u.WorkerID = 0
	}
	if u.Role != Contractor {
		u.ContractorID = 0
	}
	if u.Role.OfPerson() || u.Role == Contractor {
		u.WorkshopID = 0
	}
	if u.Role == Lead && u.WorkshopID == 0 {
		v.Add("workshop", "choose a workshop")
	}
	if u.Role.OfPerson() && u.WorkerID == 0 {
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
	if u.Role == Counter {
		v.Add("role", "who counts comes in with badge and PIN: give the PIN on the worker's page")
	}
	checkPassword(v, u.Username, password)
	return v.Err()
}

// CreateUser adds a user with a password of 8 to 200 characters. User names are kept in lower case.
func CreateUser(ctx context.Context, db bun.IDB, u *User, password string) error {
	if err := u.ValidateNew(password); err != nil {
		return err
	}
	u.PasswordHash = hashPassword(password)
	return insertUser(ctx, db, u)
}

func insertUser(ctx context.Context, db bun.IDB, u *User) error {
	if u.WorkerID != 0 {
		w, err := piecework.WorkerByID(ctx, db, u.WorkerID)
		if err != nil {
			return err
		}
		if err := w.Person(); err != nil {
			return err
		}
	}
	u.CreatedAt = piecework.Now()
	_, err := db.NewInsert().Model(u).Exec(ctx)
	if piecework.IsUnique(err) {
		return piecework.InvalidField("username", "%q is taken", u.Username)
	}
	if err != nil {
		return fmt.Errorf("create user: %w", err)
	}
	return nil
}

// SetPassword gives a user a new password; sessions signed in with the old one end, and no device is known any more.
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
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if _, err := db.NewUpdate().Model(u).Column("password_hash").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("set password: %w", err)
		}
		return shutDoors(ctx, db, id)
	})
}

// shutDoors ends every session, device and link of a user, whose way in has changed.
func shutDoors(ctx context.Context, db bun.IDB, userID int64) error {
	for _, model := range []any{(*webSession)(nil), (*knownDevice)(nil), (*invitation)(nil)} {
		if _, err := db.NewDelete().Model(model).Where("user_id = ?", userID).Exec(ctx); err != nil {
			return fmt.Errorf("shut the doors of a user: %w", err)
		}
	}
	return nil
}

// Disable shuts a user out, at once, or (disabled false) lets her in again. The last administrator cannot be shut out.
func Disable(ctx context.Context, db bun.IDB, id int64, disabled bool) error {
	q := db.NewUpdate().Model((*User)(nil)).Set("disabled = ?", disabled).Where("id = ?", id)
	if disabled {
		q = q.Where(anotherAdmin, Admin, Admin, id)
	}
	res, err := q.Exec(ctx)
	if err != nil {
		return fmt.Errorf("disable user: %w", err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		if _, err := UserByID(ctx, db, id); err != nil {
			return err
		}
		return errOnlyAdmin
	}
	return nil
}

// ChangeRole makes a user another of [OfficeRoles], with the workshops she has. The last administrator stays one.
func ChangeRole(ctx context.Context, db bun.IDB, id int64, role Role) error {
	u, err := UserByID(ctx, db, id)
	if err != nil {
		return err
	}
	if !slices.Contains(OfficeRoles, u.Role) || !slices.Contains(OfficeRoles, role) {
		return piecework.InvalidField("role", "choose one")
	}
	if role == Lead && u.WorkshopID == 0 {
		return piecework.Conflict("A lead needs a workshop. Give one first.")
	}
	q := db.NewUpdate().Model((*User)(nil)).Set("role = ?", role).Where("id = ?", id)
	if role != Admin {
		q = q.Where(anotherAdmin, Admin, Admin, id)
	}
	res, err := q.Exec(ctx)
	if err != nil {
		return fmt.Errorf("change role: %w", err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return errOnlyAdmin
	}
	return nil
}

// anotherAdmin holds unless the user is the last administrator who can come in.
const anotherAdmin = "role <> ? OR (SELECT COUNT(*) FROM users o WHERE o.role = ? AND NOT o.disabled AND o.id <> ?) > 0"

var errOnlyAdmin = piecework.Conflict("This is the only administrator. Add another one first.")

func users(db bun.IDB, model any) *bun.SelectQuery {
	return db.NewSelect().Model(model).Relation("Workshop").Relation("Worker").Relation("Contractor")
}

// Users lists users by user name. Status "active" or "disabled" narrows it, and so does a workshop, to those who belong there.
func Users(ctx context.Context, db bun.IDB, f piecework.Filter) (piecework.Page[User], error) {
	var list []User
	q := users(db, &list).Order("u.username")
	if f.WorkshopID != 0 {
		q = q.Where("u.workshop_id = ? OR u.worker_id IN (SELECT id FROM workers WHERE workshop_id = ?) OR EXISTS (SELECT 1 FROM user_workshops uw WHERE uw.user_id = u.id AND uw.workshop_id = ?)", f.WorkshopID, f.WorkshopID, f.WorkshopID)
	}
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
	list, err := named(ctx, db, username)
	if err != nil {
		return nil, err
	}
	if u := Verify(list, password); u != nil {
		return u, nil
	}
	return nil, errWrong
}

var errWrong = piecework.Forbidden("User name or password is wrong.")

// named are the users with that user name: one or none.
func named(ctx context.Context, db bun.IDB, username string) ([]User, error) {
	username = strings.ToLower(strings.TrimSpace(username))
	if piecework.CheckCode(username) != nil {
		return nil, nil
	}
	var list []User
	if err := users(db, &list).Where("u.username = ?", username).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read user: %w", err)
	}
	return list, nil
}

// Verify is the user among a few to whom the password, or for those without one the PIN, belongs; nil when nobody may come in with it. Nobody
// at all takes as long as one whose password is wrong.
func Verify(list []User, password string) *User {
	if len(list) == 0 {
		matches(nobody, password)
		return nil
	}
	for i := range list {
		u := &list[i]
		encoded := u.PasswordHash
		if encoded == "" {
			encoded = u.PINHash
		}
		if matches(encoded, password) && !u.Disabled && (u.PasswordHash != "" || !u.pinOver()) {
			return u
		}
	}
	return nil
}
