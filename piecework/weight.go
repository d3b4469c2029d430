package piecework

import (
	"context"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// Weighing is how pieces were counted on the scales: the good pieces of a tally are what is left of the gross weight after the
// tare, divided by the weight of one piece. The zero value is a tally that was counted by hand.
type Weighing struct {
	GrossMG int64 `bun:"gross_mg"` // the container with the pieces, in milligrams
	TareMG  int64 `bun:"tare_mg"`  // the empty container, in milligrams
	UnitUG  int64 `bun:"unit_ug"`  // one piece, in micrograms: an eyelash weighs only a few milligrams
}

// The heaviest that is weighed: a tonne in all, 100 kg a piece.
const (
	maxGrossMG = 1_000_000_000
	maxUnitUG  = 100_000_000_000
)

// IsZero says whether nothing was weighed.
func (w Weighing) IsZero() bool { return w == Weighing{} }

// Pieces is how many pieces the weights come to, rounded half-up.
func (w Weighing) Pieces() int64 {
	if w.UnitUG <= 0 {
		return 0
	}
	net := (w.GrossMG - w.TareMG) * 1000
	return (2*net + w.UnitUG) / (2 * w.UnitUG)
}

// Gross is the gross weight in grams, such as 1250.5.
func (w Weighing) Gross() string { return decimal.New(w.GrossMG, -3).String() }

// Tare is the tare in grams.
func (w Weighing) Tare() string { return decimal.New(w.TareMG, -3).String() }

// Net is what the pieces weigh together, in grams.
func (w Weighing) Net() string { return decimal.New(w.GrossMG-w.TareMG, -3).String() }

// Unit is the weight of one piece in grams, such as 0.0054.
func (w Weighing) Unit() string { return decimal.New(w.UnitUG, -6).String() }

// Check reports what is wrong with the weights, and a count of good pieces that is not what they come to.
func (w Weighing) Check(v *Invalid, good int64) {
	switch {
	case w.IsZero():
	case w.UnitUG <= 0 || w.UnitUG > maxUnitUG:
		v.Add("weight", "the weight of one piece must be more than 0 and at most %d g", maxUnitUG/1_000_000)
	case w.TareMG < 0 || w.TareMG >= w.GrossMG || w.GrossMG > maxGrossMG:
		v.Add("weight", "the full container must weigh more than the empty one and at most %d g", maxGrossMG/1000)
	case good != w.Pieces():
		v.Add("weight", "(%s g − %s g) ÷ %s g is %d pieces, not %d", w.Gross(), w.Tare(), w.Unit(), w.Pieces(), good)
	}
}

// ParseGrams reads a weight in grams, such as 1250.5, with at most places decimals, as a whole number of the smallest step: with 3
// places milligrams, with 6 micrograms.
func ParseGrams(s string, places int) (int64, *Message) {
	d, msg := parseDecimal(s, places)
	if msg != nil {
		return 0, msg
	}
	if d.Sign() < 0 || d.GreaterThan(decimal.New(maxGrossMG, -3)) {
		return 0, Msg("%q is not a weight between 0 and %d g", s, maxGrossMG/1000)
	}
	return d.Shift(int32(places)).IntPart(), nil
}

// UnitWeights is what one piece weighs at each of the operations, in micrograms: what is set at the operation, else what it was last
// counted with. An operation that was never weighed is not in the answer.
func UnitWeights(ctx context.Context, db bun.IDB, operations []Operation) (map[int64]int64, error) {
	units := make(map[int64]int64, len(operations))
	var ids []int64
	for _, o := range operations {
		if o.UnitUG > 0 {
			units[o.ID] = o.UnitUG
		} else {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) == 0 {
		return units, nil
	}
	var last []Tally
	err := db.NewSelect().Model(&last).Column("operation_id", "unit_ug").
		Where("id IN (SELECT MAX(id) FROM tallies WHERE unit_ug > 0 AND operation_id IN (?) GROUP BY operation_id)", bun.List(ids)).Scan(ctx)
	for _, t := range last {
		units[t.OperationID] = t.Weight.UnitUG
	}
	return units, wrap("read unit weights", err)
}
