package piecework_test

import (
	"errors"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestWhereTiersBegin(t *testing.T) {
	for _, c := range []struct {
		name             string
		quota, threshold int64
		above            bool
		want             int64
	}{
		{"from 100 pieces", 0, 100, false, 100},
		{"above 100 pieces", 0, 100, true, 101},
		{"from 100 % of 10", 10, 10_000, false, 10},
		{"above 83 % of 480, which is 398.4", 480, 8300, true, 399},
		{"from 83 % of 480", 480, 8300, false, 399},
		{"above 100 % of 480", 480, 10_000, true, 481},
		{"from 66.67 % of 800, which is 533.36", 800, 6667, false, 534},
		{"from a hundredth of a percent of 10", 10, 1, false, 1},
	} {
		r := piecework.PieceRate{Quota: c.quota, Tiers: []piecework.RateTier{{Threshold: c.threshold, Above: c.above}}}
		if got := r.Begins(0); got != c.want {
			t.Errorf("%s: begins with piece %d, want %d", c.name, got, c.want)
		}
	}
}

// anyTiers is a rate with steps that rise.
func anyTiers(t *rapid.T) *piecework.PieceRate {
	r := &piecework.PieceRate{Rate: anyTierRate(t), TierMode: rapid.SampledFrom([]piecework.TierMode{piecework.Marginal, piecework.Whole}).Draw(t, "mode")}
	threshold := int64(0)
	for range rapid.IntRange(0, 4).Draw(t, "tiers") {
		threshold += rapid.Int64Range(2, 40).Draw(t, "step")
		r.Tiers = append(r.Tiers, piecework.RateTier{Threshold: threshold, Above: rapid.Bool().Draw(t, "above"), Rate: anyTierRate(t)})
	}
	return r
}

func anyTierRate(t *rapid.T) piecework.Rate {
	return piecework.Millionths(rapid.Int64Range(0, 900_000).Draw(t, "rate"))
}

// worth is the exact price of a way.
func worth(r *piecework.PieceRate, from, to int64) decimal.Decimal {
	sum := decimal.Zero
	for _, p := range r.Change(from, to) {
		sum = sum.Add(p.Rate.Decimal().Mul(decimal.NewFromInt(p.Quantity)))
	}
	return sum
}

// plain is the price of n pieces, piece by piece.
func plain(r *piecework.PieceRate, n int64) decimal.Decimal {
	at := func(n int64) piecework.Rate {
		rate := r.Rate
		for i, t := range r.Tiers {
			if n > t.Threshold || n == t.Threshold && !r.Tiers[i].Above {
				rate = t.Rate
			}
		}
		return rate
	}
	sum := decimal.Zero
	for k := range n {
		if r.TierMode == piecework.Whole {
			sum = sum.Add(at(n).Decimal())
		} else {
			sum = sum.Add(at(k + 1).Decimal())
		}
	}
	return sum
}

func TestTiersPriceEveryWayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyTiers(t)
		a, b := rapid.Int64Range(0, 200).Draw(t, "a"), rapid.Int64Range(0, 200).Draw(t, "b")
		if got, want := worth(r, 0, a), plain(r, a); !got.Equal(want) {
			t.Fatalf("%d pieces come to %s, want %s", a, got, want)
		}
		if got, want := worth(r, a, b), plain(r, b).Sub(plain(r, a)); !got.Equal(want) {
			t.Fatalf("from %d to %d pieces comes to %s, want %s", a, b, got, want)
		}
		pieces := int64(0)
		for _, p := range r.Change(a, b) {
			if !p.Repricing {
				pieces += p.Quantity
			}
			if p.Rate.Cmp(piecework.Rate{}) < 0 {
				t.Fatalf("a rate of %s", p.Rate)
			}
		}
		if pieces != b-a {
			t.Fatalf("%d pieces are priced, want %d", pieces, b-a)
		}
	})
}

func TestAgreeingTiers(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	rate := func(change func(*piecework.PieceRate)) *piecework.PieceRate {
		r := &piecework.PieceRate{OperationID: w.Cut.ID, EffectiveFrom: "2026-10-01", Rate: pieceworktest.Rate(t, "0.3"), CreatedBy: "test",
			TierMode: piecework.Whole, TierSpan: piecework.PerDay, Quota: 480, Tiers: []piecework.RateTier{
				{Threshold: 8300, Above: true, Rate: pieceworktest.Rate(t, "0.33")}, {Threshold: 10_000, Above: true, Rate: pieceworktest.Rate(t, "0.36")}}}
		if change != nil {
			change(r)
		}
		return r
	}
	for field, change := range map[string]func(*piecework.PieceRate){
		"tier_mode": func(r *piecework.PieceRate) { r.TierMode = "" },
		"tier_span": func(r *piecework.PieceRate) { r.TierSpan = "year" },
		"quota":     func(r *piecework.PieceRate) { r.Quota = -1 },
		"tiers":     func(r *piecework.PieceRate) { r.Tiers[1].Threshold = 8300 },
	} {
		var invalid *piecework.Invalid
		if err := piecework.AddRate(w.Ctx, w.DB, rate(change)); !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Field != field {
			t.Errorf("a wrong %s: %v", field, err)
		}
	}
	agreed := rate(nil)
	w.Must(piecework.AddRate(w.Ctx, w.DB, agreed))
	read, err := piecework.RateByID(w.Ctx, w.DB, agreed.ID)
	w.Must(err)
	if len(read.Tiers) != 2 || read.Begins(0) != 399 || read.Begins(1) != 481 || read.Quota != 480 || read.TierMode != piecework.Whole {
		t.Errorf("read back: %+v", read)
	}
	book, err := piecework.LoadRates(w.Ctx, w.DB, w.Workshop.ID)
	w.Must(err)
	if found, ok := book.Find(w.Order.ID, w.Cut.ID, "2026-10-05"); !ok || found.ID != agreed.ID || len(found.Tiers) != 2 {
		t.Errorf("the book finds %+v", found)
	}
}
