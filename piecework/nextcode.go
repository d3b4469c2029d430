package piecework

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
)

// NextCode suggests a code for a new thing of model, such as (*Worker)(nil): that of the thing added last, at workshop
// workshopID unless 0, counted up until it is free; first when there is none. It is "" when counting leads nowhere.
func NextCode(ctx context.Context, db bun.IDB, model any, workshopID int64, first string) (string, error) {
	q := db.NewSelect().Model(model).Column("code").Order("id DESC").Limit(1)
	if workshopID != 0 {
		q = q.Where("workshop_id = ?", workshopID)
	}
	if _, ok := model.(*Worker); ok {
		q = q.Where("NOT team") // the code of a team is not counted up
	}
	var last string
	err := q.Scan(ctx, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return FreeCode(ctx, db, model, first)
	}
	if err != nil {
		return "", wrap("read the last code", err)
	}
	return FreeCode(ctx, db, model, countUp(last))
}

// FreeCode is code if nothing of model has it, else the next one counted up that is free; "" when that leads nowhere.
func FreeCode(ctx context.Context, db bun.IDB, model any, code string) (string, error) {
	const tries = 50
	for range tries {
		if CheckCode(code) != nil {
			return "", nil
		}
		taken, err := db.NewSelect().Model(model).Where("code = ?", code).Exists(ctx)
		if err != nil || !taken {
			return code, wrap("look for a code", err)
		}
		code = countUp(code)
	}
	return "", nil
}

// countUp adds one to the digits at the end of a code and keeps their width; a code that ends otherwise gets a 2.
func countUp(code string) string {
	digits := []byte(code)
	for i := len(digits) - 1; i >= 0 && '0' <= digits[i] && digits[i] <= '9'; i-- {
		if digits[i] < '9' {
			digits[i]++
			return string(digits)
		}
		digits[i] = '0'
		if i == 0 || digits[i-1] < '0' || digits[i-1] > '9' {
			return string(digits[:i]) + "1" + string(digits[i:])
		}
	}
	return code + "-2"
}
