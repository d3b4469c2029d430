package payroll_test

import (
	"errors"
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// hourly are the paces of workers who made so many pieces in an hour.
func hourly(pieces ...int64) []payroll.Pace {
	var list []payroll.Pace
	for i, n := range pieces {
		list = append(list, payroll.Pace{WorkerID: int64(i + 1), Pieces: n, Minutes: 60, Samples: 1})
	}
	return list
}

// TestFairPieceRate repeats the published examples of the British fair piece rate.
func TestFairPieceRate(t *testing.T) {
	for _, row := range []struct {
		source, wage string
		pieces       []int64
		factor, mean string
		rate         string
	}{
		// HMRC manual NMWM03140: £5.05 for a mean of 10 an hour with the factor 1.2, and £4.85 before there was a factor.
		{"uk-nmwm03140-2005", "5.05", []int64{10}, "1.2", "10.0", "0.606"},
		{"uk-nmwm03140-2004", "4.85", []int64{10}, "1", "10.0", "0.485"},
		{"uk-nmwm03140-2005, three workers", "5.05", []int64{7, 13, 10}, "1.2", "10.0", "0.606"},
		// gov.uk, shirts: a mean of 12 is assessed as 12 / 1.2 = 10 an hour, so that an hour at £10.00 makes £1.00 a shirt.
		{"uk-shirts", "10.00", []int64{12}, "1.2", "12.0", "1.000"},
		// ACAS, hats: 20, 25 and 30 make a mean of 25.
		{"ACAS hats", "10.00", []int64{30, 20, 25}, "1", "25.0", "0.400"},
	} {
		mean := payroll.MeanPace(hourly(row.pieces...))
		if got := mean.FloatString(1); got != row.mean {
			t.Errorf("%s: mean %s, want %s", row.source, got, row.mean)
		}
		want := pieceworktest.Rate(t, row.rate)
		if got := payroll.RateFor(pieceworktest.Money(t, row.wage), mean, dec(row.factor), 3); got.Cmp(want) != 0 {
			t.Errorf("%s: rate %s, want %s", row.source, got, want)
		}
		g := payroll.RateGoal{Fee: pieceworktest.Rate(t, "5"), Wage: pieceworktest.Money(t, row.wage), Factor: dec(row.factor), Places: 3}
		if got := payroll.ProposeRates(g, []payroll.Timed{{Paces: hourly(row.pieces...)}}); got.Steps[0].Rate.Cmp(want) != 0 {
			t.Errorf("%s: proposed %s, want %s", row.source, got.Steps[0].Rate, want)
		}
	}
}

func TestMedianPace(t *testing.T) {
	for _, row := range []struct {
		paces []payroll.Pace
		want  *big.Rat
	}{
		{hourly(12), big.NewRat(12, 1)},
		{hourly(30, 10, 11), big.NewRat(11, 1)},
		{hourly(30, 10, 11, 14), big.NewRat(25, 2)},
		{[]payroll.Pace{{Pieces: 10, Minutes: 7}, {Pieces: 1, Minutes: 60}}, big.NewRat(607, 14)},
	} {
		if got := payroll.MedianPace(row.paces); got.Cmp(row.want) != 0 {
			t.Errorf("median %s, want %s", got, row.want)
		}
	}
}

// TestProposeRates follows one small routing by hand.
func TestProposeRates(t *testing.T) {
	rate, money := func(s string) piecework.Rate { return pieceworktest.Rate(t, s) }, func(s string) piecework.Money { return pieceworktest.Money(t, s) }
	cut := payroll.Timed{Paces: hourly(40, 60, 70)}              // median 60: 24 / 60 = 0.40
	glue := payroll.Timed{Paces: hourly(50, 50, 90, 110)}        // median 70: 24 / 70 = 0.342857… → 0.3429
	pack := payroll.Timed{Agreed: rate("0.05"), HasAgreed: true} // not timed: as agreed
	goal := payroll.RateGoal{Fee: rate("1"), Wage: money("24"), Margin: dec("20"), Factor: dec("1"), Places: 4, Minimum: money("20")}
	p := payroll.ProposeRates(goal, []payroll.Timed{cut, glue, pack})
	equal := func(what string, got, want interface{ String() string }) {
		t.Helper()
		if got.String() != want.String() {
			t.Errorf("%s is %s, want %s", what, got, want)
		}
	}
	equal("cut", p.Steps[0].Rate, rate("0.40"))
	equal("glue", p.Steps[1].Rate, rate("0.3429"))
	equal("pack", p.Steps[2].Rate, rate("0.05"))
	equal("rates", p.Rates, rate("0.7929"))
	equal("margin", p.Margin, rate("0.2071"))
	equal("percent", p.MarginPercent(), dec("20.71"))
	if !p.Holds() || !p.Short.IsZero() || p.Affordable.Cmp(goal.Wage) != 0 {
		t.Errorf("20 %% of 1.00 should hold: %+v", p)
	}
	slowest := p.Steps[0].Workers[0]
	equal("the slowest cutter", slowest.Hourly, money("16.00"))
	if !slowest.BelowWage || !slowest.BelowMinimum || p.Steps[0].Below != 1 {
		t.Errorf("40 an hour at 0.40 is 16.00, below 24 and 20: %+v", slowest)
	}
	if s := p.Steps[1]; s.Below != 2 || s.BelowMinimum != 2 || s.Workers[0].Hourly.Cmp(money("17.14")) != 0 || s.MedianPay.Cmp(money("24.00")) != 0 {
		t.Errorf("glue: %+v", s)
	}

	goal.Margin = dec("25")
	p = payroll.ProposeRates(goal, []payroll.Timed{cut, glue, pack})
	equal("room", p.Room, rate("0.75"))
	equal("short", p.Short, rate("0.0429"))
	equal("fee needed", p.NeededFee, rate("1.0572")) // 0.7929 / 0.75
	// 0.70 is left for both: at 22.61 an hour they take 0.3769 + 0.3230 = 0.6999, at 22.62 already 0.3770 + 0.3232.
	equal("affordable", p.Affordable, money("22.61"))
	if p.Holds() || !p.KnownAffordable {
		t.Errorf("25 %% of 1.00 should not hold: %+v", p)
	}

	pack.Agreed = rate("0.80")
	if p = payroll.ProposeRates(goal, []payroll.Timed{cut, pack}); p.KnownAffordable || p.Holds() {
		t.Errorf("rates without samples exceed the room alone: %+v", p)
	}
	goal.Margin = dec("0")
	if p = payroll.ProposeRates(goal, []payroll.Timed{cut, {}}); p.Missing != 1 || p.Holds() || !p.Short.IsZero() {
		t.Errorf("an operation without samples and rate leaves the margin open: %+v", p)
	}
	goal.Fee = rate("0.30")
	p = payroll.ProposeRates(goal, []payroll.Timed{cut})
	equal("negative margin", p.Margin.Decimal(), dec("-0.1"))
	equal("negative percent", p.MarginPercent(), dec("-33.34"))
}

func TestRateGoalIsChecked(t *testing.T) {
	good := payroll.RateGoal{Fee: piecework.Millionths(1), Wage: piecework.Fen(1), Margin: dec("99.99"), Factor: dec("3"), Places: 6}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*payroll.RateGoal){
		"fee":      func(g *payroll.RateGoal) { g.Fee = piecework.Rate{} },
		"wage":     func(g *payroll.RateGoal) { g.Wage = payroll.MaxHourly.Add(piecework.Fen(1)) },
		"margin":   func(g *payroll.RateGoal) { g.Margin = dec("100") },
		"factor":   func(g *payroll.RateGoal) { g.Factor = dec("0.99") },
		"decimals": func(g *payroll.RateGoal) { g.Places = 7 },
	} {
		g := good
		spoil(&g)
		var invalid *piecework.Invalid
		if !errors.As(g.Validate(), &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Field != field {
			t.Errorf("%s is wrong, but: %v", field, g.Validate())
		}
	}
}

// TestRateGoalHolds: whatever the samples, the median worker reaches the wage, no lower rate of as many decimals would do,
// and the arithmetic of the margin is exact.
func TestRateGoalHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := payroll.RateGoal{
			Fee:    piecework.Millionths(rapid.Int64Range(1, 100_000_000).Draw(t, "fee")),
			Wage:   piecework.Fen(rapid.Int64Range(1, 10_000).Draw(t, "wage")),
			Margin: decimal.New(rapid.Int64Range(0, 9999).Draw(t, "margin"), -2),
			Factor: decimal.New(rapid.Int64Range(100, 300).Draw(t, "factor"), -2),
			Places: rapid.IntRange(2, 6).Draw(t, "places"),
		}
		if err := g.Validate(); err != nil {
			t.Fatal(err)
		}
		pace := rapid.Custom(func(t *rapid.T) payroll.Pace {
			return payroll.Pace{Pieces: rapid.Int64Range(1, 5000).Draw(t, "pieces"), Minutes: rapid.Int64Range(1, 1440).Draw(t, "minutes")}
		})
		step := rapid.Custom(func(t *rapid.T) payroll.Timed {
			return payroll.Timed{Paces: rapid.SliceOfN(pace, 0, 7).Draw(t, "paces"), HasAgreed: true,
				Agreed: piecework.Millionths(rapid.Int64Range(0, 1_000_000).Draw(t, "agreed"))}
		})
		routing := rapid.SliceOfN(step, 1, 5).Draw(t, "routing")
		p := payroll.ProposeRates(g, routing)
		unit := new(big.Rat).SetFrac64(1, 1)
		for range g.Places {
			unit.Quo(unit, big.NewRat(10, 1))
		}
		sum := decimal.Zero
		for _, s := range p.Steps {
			sum = sum.Add(s.Rate.Decimal())
			if !s.Proposed {
				continue
			}
			rate, want := s.Rate.Decimal().Rat(), g.Wage.Decimal().Mul(g.Factor).Rat()
			if new(big.Rat).Mul(rate, s.Median).Cmp(want) < 0 {
				t.Fatalf("at %s the median worker (%s an hour) earns less than %s", s.Rate, s.Median, want)
			}
			if lower := new(big.Rat).Sub(rate, unit); lower.Mul(lower, s.Median).Cmp(want) >= 0 {
				t.Fatalf("%s is rounded up too far", s.Rate)
			}
			if !s.Rate.Decimal().Equal(s.Rate.Decimal().Truncate(int32(g.Places))) {
				t.Fatalf("%s has more than %d decimals", s.Rate, g.Places)
			}
			if s.MedianPay.Cmp(g.Wage) < 0 {
				t.Fatalf("the median worker is shown %s, less than %s", s.MedianPay, g.Wage)
			}
			// At most half of the workers can be slower than the one in the middle.
			if s.Below*2 > len(s.Workers) {
				t.Fatalf("%d of %d are below", s.Below, len(s.Workers))
			}
		}
		if !sum.Equal(p.Rates.Decimal()) || !sum.Add(p.Margin.Decimal()).Equal(g.Fee.Decimal()) {
			t.Fatalf("rates %s (sum %s) and margin %s do not make the fee %s", p.Rates, sum, p.Margin, g.Fee)
		}
		kept := func(fee decimal.Decimal, rates piecework.Rate) bool { // the margin, by its definition
			return fee.Sub(rates.Decimal()).Mul(dec("100")).GreaterThanOrEqual(fee.Mul(g.Margin))
		}
		if p.Holds() != kept(g.Fee.Decimal(), p.Rates) || p.Holds() != p.Short.IsZero() {
			t.Fatalf("holds %t, short %s", p.Holds(), p.Short)
		}
		if !kept(p.NeededFee.Decimal(), p.Rates) {
			t.Fatalf("the fee %s is not enough", p.NeededFee)
		}
		if p.Holds() || !p.KnownAffordable {
			return
		}
		less, more := g, g
		less.Wage, more.Wage = p.Affordable, p.Affordable.Add(piecework.Fen(1))
		if !payroll.ProposeRates(less, routing).Holds() || payroll.ProposeRates(more, routing).Holds() {
			t.Fatalf("%s is not the highest affordable wage", p.Affordable)
		}
	})
}
