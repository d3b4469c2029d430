package piecework

import "github.com/uptrace/bun"

// TierMode says what a reached tier does.
type TierMode string

// The modes. A rate without tiers has none.
const (
	Marginal TierMode = "marginal" // only the pieces from the threshold on get the tier's rate
	Whole    TierMode = "whole"    // all pieces get the rate of the tier reached
)

// TierSpan is over what the pieces of a worker at an operation of an order are counted towards the tiers.
type TierSpan string

// The spans.
const (
	PerDay     TierSpan = "day"
	PerSession TierSpan = "session"
	PerPeriod  TierSpan = "period" // what one pay run pays
)

// RateTier (阶梯单价) is one step above the first rate of a [PieceRate].
type RateTier struct {
	bun.BaseModel `bun:"table:rate_tiers,alias:rt"`

	ID     int64 `bun:",pk,autoincrement"`
	RateID int64
	// Threshold is a number of pieces or, where the rate has a quota, hundredths of a percent of it: 8300 is 83 %.
	Threshold int64
	// Above says that the threshold must be passed; otherwise it is enough to reach it.
	Above bool
	Rate  Rate
}

// ByThreshold orders the tiers of rates as they are reached.
func ByThreshold(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("rt.rate_id", "rt.threshold") }

// Tiered says whether the rate depends on how many pieces are made.
func (r *PieceRate) Tiered() bool { return len(r.Tiers) > 0 }

// MaxTiers is how many steps a rate may have above the first.
const MaxTiers = 5

// checkTiers reports what is wrong with the steps of a rate. They must rise: each threshold above the one before.
func (r *PieceRate) checkTiers(v *Invalid) {
	if !r.Tiered() {
		r.TierMode, r.TierSpan, r.Quota = "", "", 0
		return
	}
	if r.TierMode != Marginal && r.TierMode != Whole {
		v.Add("tier_mode", "choose what a reached tier does")
	}
	if r.TierSpan != PerDay && r.TierSpan != PerSession && r.TierSpan != PerPeriod {
		v.Add("tier_span", "choose over what the pieces are counted")
	}
	if r.Quota < 0 || r.Quota > MaxPieces {
		v.Add("quota", "must be between %d and %d", 0, MaxPieces)
	}
	if len(r.Tiers) > MaxTiers {
		v.Add("tiers", "a rate has at most %d tiers", MaxTiers)
	}
	for i, t := range r.Tiers {
		switch {
		case t.Threshold <= 0 || t.Threshold > MaxPieces:
			v.Add("tiers", "the threshold of tier %d must be more than 0", i+1)
		case i > 0 && r.Begins(i) <= r.Begins(i-1):
			v.Add("tiers", "tier %d must begin after the tier before it", i+1)
		}
	}
}

// Begins is the number of the first piece that belongs to tier i, counted from 1.
func (r *PieceRate) Begins(i int) int64 {
	t := r.Tiers[i]
	whole, rest := t.Threshold, int64(0)
	if r.Quota > 0 {
		whole, rest = r.Quota*t.Threshold/10_000, r.Quota*t.Threshold%10_000
	}
	if t.Above || rest > 0 {
		return whole + 1
	}
	return max(whole, 1)
}

// reached is the rate of the n-th piece, and in mode [Whole] of all n.
func (r *PieceRate) reached(n int64) Rate {
	rate := r.Rate
	for i, t := range r.Tiers {
		if n >= r.Begins(i) {
			rate = t.Rate
		}
	}
	return rate
}

// TierPart is some pieces at one rate. The quantity is negative where pieces go, and the part is a repricing where the pieces were
// priced before and Rate is only the difference.
type TierPart struct {
	Rate      Rate
	Quantity  int64
	Repricing bool
}

// Change prices the way from one number of pieces in a span to another: what was made since, and, where the tier reached is another
// in mode [Whole], the difference for the pieces from before. Change(0, n) is the price of n pieces, and parts of a way add up to the
// whole way.
func (r *PieceRate) Change(from, to int64) []TierPart {
	switch {
	case from == to:
		return nil
	case !r.Tiered():
		return []TierPart{{Rate: r.Rate, Quantity: to - from}}
	case r.TierMode == Whole:
		return r.changeWhole(from, to)
	case from > to:
		parts := r.Change(to, from)
		for i := range parts {
			parts[i].Quantity = -parts[i].Quantity
		}
		return parts
	}
	var parts []TierPart
	for i := -1; i < len(r.Tiers); i++ {
		rate, last := r.Rate, to
		if i >= 0 {
			rate = r.Tiers[i].Rate
		}
		if i+1 < len(r.Tiers) {
			last = min(to, r.Begins(i+1)-1)
		}
		if last > from {
			parts = append(parts, TierPart{Rate: rate, Quantity: last - from})
			from = last
		}
	}
	return parts
}

func (r *PieceRate) changeWhole(from, to int64) []TierPart {
	before, after := r.reached(from), r.reached(to)
	parts := []TierPart{{Rate: after, Quantity: to - from}}
	if to < from {
		parts[0].Rate = before
	}
	return append(parts, repricing(before, after, min(from, to))...)
}

// repricing is the difference for pieces that were priced before, at another rate.
func repricing(before, after Rate, stay int64) []TierPart {
	switch {
	case stay == 0 || after.Cmp(before) == 0:
		return nil
	case after.Cmp(before) > 0:
		return []TierPart{{after.Sub(before), stay, true}}
	}
	return []TierPart{{before.Sub(after), -stay, true}}
}
