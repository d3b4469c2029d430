package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// AddressSetting is the name of the setting that holds the address people use, such as https://jijian.example.
const AddressSetting = "address"

type setting struct {
	bun.BaseModel `bun:"table:settings,alias:st"`

	Name  string `bun:",pk"`
	Value string
}

// Setting is what was remembered under a name, or "".
func Setting(ctx context.Context, db bun.IDB, name string) (string, error) {
	var values []string
	err := db.NewSelect().Model((*setting)(nil)).Column("value").Where("name = ?", name).Scan(ctx, &values)
	if err != nil || len(values) == 0 {
		return "", wrap("read setting", err)
	}
	return values[0], nil
}

// Remember keeps a value under a name in place of what was there.
func Remember(ctx context.Context, db bun.IDB, name, value string) error {
	_, err := db.NewInsert().Model(&setting{Name: name, Value: value}).On("CONFLICT (name) DO UPDATE").Set("value = EXCLUDED.value").Exec(ctx)
	return wrap("keep setting", err)
}

// RememberFirst keeps a value under a name unless something is there already, and returns what is there.
func RememberFirst(ctx context.Context, db bun.IDB, name, value string) (string, error) {
	_, err := db.NewInsert().Model(&setting{Name: name, Value: value}).On("CONFLICT (name) DO NOTHING").Exec(ctx)
	if err != nil {
		return "", wrap("keep setting", err)
	}
	return Setting(ctx, db, name)
}
