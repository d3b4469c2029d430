package payroll

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// RatesBehind is the agreed rates that priced a line about pieces, those of earlier days first: of arrears the new one, of a correction those
// by which the run that it corrects had paid.
func RatesBehind(ctx context.Context, db bun.IDB, slip *Slip, line *Line) ([]piecework.PieceRate, error) {
	ids := []int64{0}
	switch {
	case line.Kind == BackPay && line.Arrears != nil:
		ids = []int64{line.Arrears.PieceRateID}
	case line.IsWork():
		rate, priced := line.Rate, cmp.Or(line.CorrectsRunID, slip.RunID)
		if !line.plain() {
			rate = line.AgreedRate
		}
		const fits = "order_id = ? AND operation_id = ? AND (? = 0 AND rate = ? OR piece_rate_id = ?)"
		args := []any{line.OrderID, line.OperationID, line.PieceRateID, rate, line.PieceRateID}
		used := db.NewSelect().TableExpr("run_rates").ColumnExpr("piece_rate_id").Where("run_id = ? AND piece_rate_id IS NOT NULL", priced).Where(fits, args...)
		revised := db.NewSelect().TableExpr("revised_rates").ColumnExpr("piece_rate_id").
			Where("run_id = ? AND worker_id = ? AND ? <> 0", priced, cmp.Or(line.TeamID, slip.WorkerID), line.CorrectsRunID).Where(fits, args...)
		if err := db.NewSelect().TableExpr("(?) AS x", used.Union(revised)).ColumnExpr("x.piece_rate_id").Scan(ctx, &ids); err != nil {
			return nil, fmt.Errorf("find the rates behind a line: %w", err)
		}
	}
	rates := map[int64]*piecework.PieceRate{}
	for _, id := range ids {
		rates[id] = nil
	}
	if err := piecework.RatesByID(ctx, db, rates); err != nil {
		return nil, err
	}
	var list []piecework.PieceRate
	for _, r := range rates {
		if r != nil {
			list = append(list, *r)
		}
	}
	slices.SortFunc(list, func(a, b piecework.PieceRate) int {
		return cmp.Or(cmp.Compare(a.EffectiveFrom, b.EffectiveFrom), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}
