package account

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// knownDevice is a browser on which a user has signed in before.
type knownDevice struct {
	bun.BaseModel `bun:"table:known_devices"`

	Hash   []byte `bun:",pk"`
	UserID int64  `bun:",pk"`
	SeenAt piecework.Instant
}

// NewDevice makes the word that a browser keeps to be known by.
func NewDevice() string { return secret() }

// KnowDevice remembers that the user has signed in on a device.
func KnowDevice(ctx context.Context, db bun.IDB, device string, userID int64) error {
	row := &knownDevice{Hash: hashSecret(device), UserID: userID, SeenAt: piecework.Now()}
	if _, err := db.NewInsert().Model(row).On("CONFLICT (hash, user_id) DO UPDATE").Set("seen_at = EXCLUDED.seen_at").Exec(ctx); err != nil {
		return fmt.Errorf("remember device: %w", err)
	}
	return nil
}

// KnowsDevice says whether the user has signed in on the device since her password or PIN last changed.
func KnowsDevice(ctx context.Context, db bun.IDB, device string, userID int64) (bool, error) {
	if device == "" {
		return false, nil
	}
	known, err := db.NewSelect().Model((*knownDevice)(nil)).Where("hash = ? AND user_id = ?", hashSecret(device), userID).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("look for device: %w", err)
	}
	return known, nil
}
