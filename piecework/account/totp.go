package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Time-based one-time passwords (RFC 6238) as all authenticator apps know them: SHA-1, 6 digits, 30 seconds. A code of the step before or
// after is taken, too, since clocks differ.
const (
	totpPeriod = 30
	totpSkew   = 1
	totpIssuer = "Jijian"
)

// recoveryCodes is how many one-time codes stand in for a lost second factor.
const recoveryCodes = 8

func totpOptions() totp.ValidateOpts {
	return totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}
}

// SecondFactor says whether a code is asked for after the password.
func (u *User) SecondFactor() bool { return u.TOTPSince != 0 }

// TOTPKey is what a person's app must know, to show it once.
type TOTPKey struct {
	Secret  string // to be typed, in base 32
	Address string // otpauth://…, for a QR code
}

// BeginTOTP makes a secret for a user's app and keeps it sealed. Nothing is asked for until [ConfirmTOTP] has seen a right code.
func BeginTOTP(ctx context.Context, db bun.IDB, keys *piecework.Keys, userID int64) (*TOTPKey, error) {
	u, err := UserByID(ctx, db, userID)
	if err != nil {
		return nil, err
	}
	if u.PasswordHash == "" {
		return nil, piecework.Conflict("A second step goes with a password only.")
	}
	if u.SecondFactor() {
		return nil, piecework.Conflict("There is a second step already. Turn it off first.")
	}
	if !keys.Usable() {
		return nil, piecework.Conflict("The program has no key yet, so it cannot keep the secret of a second step. Whoever runs it makes one with jijian rotate-key.")
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: u.Username, Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1, SecretSize: 20})
	if err != nil {
		return nil, fmt.Errorf("make a secret: %w", err)
	}
	sealed, err := keys.Seal("users", "totp_secret", u.ID, key.Secret())
	if err != nil {
		return nil, err
	}
	if _, err := db.NewUpdate().Model((*User)(nil)).Set("totp_secret = ?", sealed).Set("totp_step = 0").Where("id = ? AND totp_since = 0", u.ID).Exec(ctx); err != nil {
		return nil, fmt.Errorf("keep the secret of a second step: %w", err)
	}
	return totpKey(u, key.Secret()), nil
}

// totpKey is a secret in the words of the apps (the key URI format they share).
func totpKey(u *User, secret string) *TOTPKey {
	q := url.Values{"secret": {secret}, "issuer": {totpIssuer}}
	return &TOTPKey{secret, "otpauth://totp/" + totpIssuer + ":" + url.PathEscape(u.Username) + "?" + q.Encode()}
}

// ConfirmTOTP turns the second step on if code is what the user's app shows, and returns the codes for the day on which the app is lost.
func ConfirmTOTP(ctx context.Context, db bun.IDB, keys *piecework.Keys, userID int64, code string, now time.Time) (recovery []string, err error) {
	err = piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		u, err := UserByID(ctx, db, userID)
		if err != nil {
			return err
		}
		if u.TOTPSecret == "" || u.SecondFactor() {
			return piecework.Conflict("Begin with the second step again.")
		}
		if err := u.useStep(ctx, db, keys, code, now); err != nil {
			return err
		}
		if _, err := db.NewUpdate().Model((*User)(nil)).Set("totp_since = ?", piecework.At(now)).Where("id = ?", u.ID).Exec(ctx); err != nil {
			return fmt.Errorf("turn the second step on: %w", err)
		}
		recovery, err = newRecovery(ctx, db, u.ID)
		return err
	})
	return recovery, err
}

// errCode is what is wrong with a code.
func errCode() error {
	return piecework.InvalidField("code", "is wrong or was used already. Wait for the next one.")
}

// useStep takes a code of the app, once: neither it nor an older one is taken again.
func (u *User) useStep(ctx context.Context, db bun.IDB, keys *piecework.Keys, code string, now time.Time) error {
	secret, err := keys.Open("users", "totp_secret", u.ID, u.TOTPSecret)
	if err != nil {
		return err
	}
	for shift := int64(-totpSkew); shift <= totpSkew; shift++ {
		step := now.Unix()/totpPeriod + shift
		want, err := totp.GenerateCodeCustom(secret, time.Unix(step*totpPeriod, 0), totpOptions())
		if err != nil {
			return fmt.Errorf("work out a code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) != 1 {
			continue
		}
		res, err := db.NewUpdate().Model((*User)(nil)).Set("totp_step = ?", step).Where("id = ? AND totp_step < ?", u.ID, step).Exec(ctx)
		if err != nil {
			return fmt.Errorf("use a code: %w", err)
		}
		if n, _ := res.RowsAffected(); n == 1 {
			return nil
		}
	}
	return errCode()
}

// CheckSecond is nil when code is what the user's app shows now, or one of her recovery codes, which is used up by it.
func CheckSecond(ctx context.Context, db bun.IDB, keys *piecework.Keys, u *User, code string, now time.Time) error {
	code = strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, code))
	if len(code) == 6 {
		return u.useStep(ctx, db, keys, code, now)
	}
	res, err := db.NewUpdate().Model((*recoveryCode)(nil)).Set("used_at = ?", piecework.At(now)).Where("user_id = ? AND hash = ? AND used_at = 0", u.ID, hashSecret(code)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("use a recovery code: %w", err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return errCode()
	}
	return nil
}

// EndTOTP turns the second step off and forgets its secret and its recovery codes.
func EndTOTP(ctx context.Context, db bun.IDB, userID int64) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if _, err := db.NewUpdate().Model((*User)(nil)).Set("totp_secret = ''").Set("totp_since = 0").Set("totp_step = 0").Where("id = ?", userID).Exec(ctx); err != nil {
			return fmt.Errorf("turn the second step off: %w", err)
		}
		if _, err := db.NewDelete().Model((*recoveryCode)(nil)).Where("user_id = ?", userID).Exec(ctx); err != nil {
			return fmt.Errorf("forget recovery codes: %w", err)
		}
		return nil
	})
}

type recoveryCode struct {
	bun.BaseModel `bun:"table:recovery_codes"`

	UserID int64  `bun:",pk"`
	Hash   []byte `bun:",pk"`
	UsedAt piecework.Instant
}

// newRecovery makes codes of 120 random bits each, too many to be guessed from their fast hashes.
func newRecovery(ctx context.Context, db bun.IDB, userID int64) ([]string, error) {
	var codes []string
	var rows []recoveryCode
	for range recoveryCodes {
		raw := make([]byte, 15)
		rand.Read(raw) // never fails
		code := base32.StdEncoding.EncodeToString(raw)
		codes = append(codes, strings.Join([]string{code[:6], code[6:12], code[12:18], code[18:]}, "-"))
		rows = append(rows, recoveryCode{UserID: userID, Hash: hashSecret(code)})
	}
	if _, err := db.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return nil, fmt.Errorf("keep recovery codes: %w", err)
	}
	return codes, nil
}

// RecoveryLeft is how many recovery codes a user has not used.
func RecoveryLeft(ctx context.Context, db bun.IDB, userID int64) (int64, error) {
	n, err := db.NewSelect().Model((*recoveryCode)(nil)).Where("user_id = ? AND used_at = 0", userID).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count recovery codes: %w", err)
	}
	return int64(n), nil
}

// RotateKeys seals the secrets of second steps with the first of the keys, and returns how many that was.
func RotateKeys(ctx context.Context, db bun.IDB, keys *piecework.Keys) (n int, err error) {
	var list []User
	if err := db.NewSelect().Model(&list).Column("id", "totp_secret").Where("totp_secret <> ''").Order("id").Scan(ctx); err != nil {
		return 0, fmt.Errorf("read second steps: %w", err)
	}
	for _, u := range list {
		fresh, changed, err := keys.Reseal("users", "totp_secret", u.ID, u.TOTPSecret)
		if err != nil {
			return n, err
		}
		if !changed {
			continue
		}
		if _, err := db.NewUpdate().Model((*User)(nil)).Set("totp_secret = ?", fresh).Where("id = ?", u.ID).Exec(ctx); err != nil {
			return n, fmt.Errorf("keep second step: %w", err)
		}
		n++
	}
	return n, nil
}

// TOTPBegun is what the app of a user must know who has begun with a second step and not yet shown a right code.
func TOTPBegun(ctx context.Context, db bun.IDB, keys *piecework.Keys, userID int64) (*TOTPKey, error) {
	u, err := UserByID(ctx, db, userID)
	if err != nil {
		return nil, err
	}
	if u.TOTPSecret == "" || u.SecondFactor() {
		return nil, piecework.Conflict("Begin with the second step again.")
	}
	secret, err := keys.Open("users", "totp_secret", u.ID, u.TOTPSecret)
	if err != nil {
		return nil, err
	}
	return totpKey(u, secret), nil
}
