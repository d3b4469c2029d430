package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// PINDigits is how many digits a PIN has: as many as people know from paying with their phones.
const PINDigits = 6

// firstPINLife is how long a PIN that somebody else was told may be used to come in and choose another.
const firstPINLife = 14 * 24 * time.Hour

// checkPIN notes what is wrong with a PIN that somebody chose: its form, digits that others guess first, and digits that are on her badge or
// beside her phone number.
func checkPIN(v *piecework.Invalid, pin string, w *piecework.Worker) {
	if len(pin) != PINDigits || strings.Trim(pin, "0123456789") != "" {
		v.Add("pin", "must be %d digits", PINDigits)
		return
	}
	if weakPIN(pin) || w != nil && (strings.HasSuffix(digits(w.Phone), pin) || strings.HasPrefix(digits(w.Phone), pin) || strings.HasSuffix(digits(w.Code), pin)) {
		v.Add("pin", "is easily guessed: no rows such as 123456, no repetitions, no dates, nothing of the phone number")
	}
}

// weakPIN says whether a PIN is among those guessed first: at most two different digits, a row of equal steps, one half repeated or
// mirrored, a known favourite, or a date.
func weakPIN(pin string) bool {
	different := map[byte]bool{}
	steps := map[int]bool{}
	for i := range PINDigits {
		different[pin[i]] = true
		if i > 0 {
			steps[(int(pin[i])-int(pin[i-1])+10)%10] = true
		}
	}
	half := PINDigits / 2
	mirrored := pin[0] == pin[5] && pin[1] == pin[4] && pin[2] == pin[3]
	if len(different) <= 2 || len(steps) == 1 || mirrored || pin[:half] == pin[half:] || pin[:2] == pin[2:4] && pin[2:4] == pin[4:] {
		return true
	}
	switch pin {
	case "520131", "131452", "147258", "258369", "159357", "789456", "456123", "123654", "112233", "147369", "168168", "102030":
		return true
	}
	for _, layout := range []string{"060102", "020106", "010206", "200601", "012006"} {
		if t, err := time.Parse(layout, pin); err == nil && t.Year() >= 1900 && t.Year() < 2100 {
			return true
		}
	}
	return false
}

// digits are the digits of a text.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// drawPIN makes up a PIN that is not weak.
func drawPIN(w *piecework.Worker) string {
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			panic(err) // the system's source of random numbers never fails
		}
		pin, v := fmt.Sprintf("%0*d", PINDigits, n), &piecework.Invalid{}
		if checkPIN(v, pin, w); v.Err() == nil {
			return pin
		}
	}
}

// pinOver says whether a PIN that somebody else set was not used in time.
func (u *User) pinOver() bool {
	return u.PINFirst && piecework.Now()-u.PINSetAt > piecework.Instant(firstPINLife/time.Millisecond)
}

// PINUser is how a worker comes in as one of the roles [Worker] and [Counter], or nil when she cannot yet.
func PINUser(ctx context.Context, db bun.IDB, workerID int64, role Role) (*User, error) {
	var list []User
	if err := users(db, &list).Where("u.worker_id = ? AND u.role = ?", workerID, role).Order("u.id").Limit(1).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read user of worker: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return &list[0], nil
}

// GivePIN gives a worker a PIN to come in with as one of the roles [Worker] and [Counter], and lets her in again if she was shut out. It is drawn by
// lot and returned this once; she has to choose her own when she first comes in, within two weeks. Her earlier sessions end.
func GivePIN(ctx context.Context, db bun.IDB, workerID int64, role Role) (pin string, u *User, err error) {
	if !role.OfPerson() {
		return "", nil, piecework.InvalidField("role", "choose one")
	}
	w, err := piecework.WorkerByID(ctx, db, workerID)
	if err != nil {
		return "", nil, err
	}
	if err := w.Person(); err != nil {
		return "", nil, err
	}
	if !w.Active && role == Counter {
		return "", nil, piecework.Conflict("%s does not work here any more.", w.Name)
	}
	pin = drawPIN(w)
	hash := hashPassword(pin)
	err = piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if u, err = PINUser(ctx, db, workerID, role); err != nil {
			return err
		}
		if u == nil {
			if u, err = newPINUser(ctx, db, w, role); err != nil {
				return err
			}
		}
		u.PINHash, u.PINSetAt, u.PINFirst, u.Disabled, u.PasswordHash = hash, piecework.Now(), true, false, ""
		if _, err := db.NewUpdate().Model(u).Column("pin_hash", "pin_set_at", "pin_first", "disabled", "password_hash").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("give PIN: %w", err)
		}
		return shutDoors(ctx, db, u.ID)
	})
	return pin, u, err
}

// newPINUser adds a user for a worker. Its name is her number, or that with a suffix if it is taken.
func newPINUser(ctx context.Context, db bun.IDB, w *piecework.Worker, role Role) (*User, error) {
	u := &User{Username: w.Code, Name: w.Name, Role: role, WorkerID: w.ID}
	if role == Counter {
		u.Username += "-bench"
	}
	for n := 2; ; n++ {
		if err := u.Validate(); err != nil {
			u.Username = fmt.Sprintf("%s-%d", role, w.ID) // a code as long as codes may be
			continue
		}
		taken, err := db.NewSelect().Model((*User)(nil)).Where("username = ?", u.Username).Exists(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for user name: %w", err)
		}
		if !taken {
			return u, insertUser(ctx, db, u)
		}
		u.Username = fmt.Sprintf("%s-%d-%d", role, w.ID, n)
	}
}

// ChoosePIN gives a user the PIN she chose herself. Where she signs in with it now is known by its session, which stays.
func ChoosePIN(ctx context.Context, db bun.IDB, userID int64, old, pin string) error {
	u, err := UserByID(ctx, db, userID)
	if err != nil {
		return err
	}
	if u.PINHash == "" || u.PasswordHash != "" {
		return piecework.Conflict("You sign in with a password, not with a PIN.")
	}
	v := &piecework.Invalid{}
	if !matches(u.PINHash, old) {
		v.Add("old_pin", "is wrong")
	}
	checkPIN(v, pin, u.Worker)
	if pin == old && v.Err() == nil {
		v.Add("pin", "must differ from the one before")
	}
	if err := v.Err(); err != nil {
		return err
	}
	u.PINHash, u.PINSetAt, u.PINFirst = hashPassword(pin), piecework.Now(), false
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if _, err := db.NewUpdate().Model(u).Column("pin_hash", "pin_set_at", "pin_first").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("choose PIN: %w", err)
		}
		return shutDoors(ctx, db, u.ID)
	})
}

// maxSharers is how many people may share one phone number.
const maxSharers = 4

// Named are the users whom a name that was typed at the door may mean: a user name, or else the code of a badge in use or the phone number of
// a worker with a PIN. Of one worker the role that was asked for comes first.
func Named(ctx context.Context, db bun.IDB, name string, first Role) ([]User, error) {
	list, err := named(ctx, db, name)
	if err != nil || len(list) > 0 {
		return list, err
	}
	var workerID int64
	if code, msg := piecework.ParseCode(name); msg == nil && code.Kind == piecework.WorkerBadge {
		issued, err := piecework.IssuedCodeOf(ctx, db, code)
		if err != nil && !errors.Is(err, piecework.ErrNotFound) {
			return nil, err
		}
		if err == nil && !issued.Replaced() {
			workerID = issued.TargetID
		}
	}
	phone := strings.TrimPrefix(digits(name), "86")
	if len(phone) != 11 {
		phone = ""
	}
	if workerID == 0 && phone == "" {
		return nil, nil
	}
	const bare = "REPLACE(REPLACE(REPLACE(REPLACE(wk.phone, ' ', ''), '-', ''), '+86', ''), '+', '')"
	err = users(db, &list).Where("u.pin_hash <> '' AND u.role IN (?, ?)", Worker, Counter).
		Where("u.worker_id = ? OR ? <> '' AND u.worker_id IN (SELECT wk.id FROM workers wk WHERE "+bare+" = ?)", workerID, phone, phone).
		OrderExpr("CASE WHEN u.role = ? THEN 0 ELSE 1 END, u.id", first).Limit(2 * maxSharers).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read users of a number: %w", err)
	}
	return list, nil
}
