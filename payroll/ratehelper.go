package payroll

import (
	"cmp"
	"math/big"
	"slices"
	"sort"

	"github.com/shopspring/decimal"

	"jijian/piecework"
)

// RateGoal is what the rates of a product are to reach: a wage for the worker in the middle, and a margin for the workshop.
type RateGoal struct {
	Fee     piecework.Rate  // what the contractor pays for a piece, more than 0
	Wage    piecework.Money // what the median worker is to earn in an hour at least; from 0.01 to [MaxHourly]
	Margin  decimal.Decimal // what is to remain of the fee at least, in percent; from 0 to under 100, two decimals
	Factor  decimal.Decimal // what rates are multiplied by, for breaks and for slower workers; from 1 (none) to 3, two decimals
	Places  int             // how many decimals proposed rates have, 2 to 6
	Minimum piecework.Money // what an hour must come to by law; 0 when it is not to be compared
}

// MaxHourly is the highest wage for an hour that a goal may ask for.
var MaxHourly = piecework.Fen(1_000_000)

// Validate reports every wrong field.
func (g RateGoal) Validate() error {
	v := &piecework.Invalid{}
	if g.Fee.Millionths() <= 0 {
		v.Add("fee", "must be more than 0")
	}
	if g.Wage.Sign() <= 0 || g.Wage.Cmp(MaxHourly) > 0 {
		v.Add("wage", "must be more than 0 and at most %s", MaxHourly)
	}
	if g.Margin.IsNegative() || g.Margin.GreaterThanOrEqual(hundred) {
		v.Add("margin", "must be from 0 to less than 100")
	}
	if g.Factor.LessThan(decimal.NewFromInt(1)) || g.Factor.GreaterThan(decimal.NewFromInt(3)) {
		v.Add("factor", "must be between %d and %d", 1, 3)
	}
	if g.Places < 2 || g.Places > piecework.RatePlaces {
		v.Add("decimals", "must be between %d and %d", 2, piecework.RatePlaces)
	}
	return v.Err()
}

var hundred = decimal.NewFromInt(100)

// Pace is how fast one worker does one operation, by all her samples together.
type Pace struct {
	OperationID int64
	WorkerID    int64
	Pieces      int64 // more than 0
	Minutes     int64 // more than 0
	Samples     int64

	Worker *piecework.Worker
}

// PerHour is the pieces she makes in an hour, exactly.
func (p Pace) PerHour() *big.Rat { return big.NewRat(p.Pieces*60, p.Minutes) }

// Speed is PerHour with one decimal, to be read.
func (p Pace) Speed() string { return p.PerHour().FloatString(1) }

// Timed is an operation with the paces that were measured at it, and the rate that applies as things stand.
type Timed struct {
	Operation piecework.Operation
	Paces     []Pace
	Agreed    piecework.Rate
	HasAgreed bool
}

// MeanPace is the average of some pieces per hour, and MedianPace the one in the middle (of an even number the mean of the
// middle two), exactly. There must be at least one.
func MeanPace(paces []Pace) *big.Rat {
	sum := new(big.Rat)
	for _, p := range paces {
		sum.Add(sum, p.PerHour())
	}
	return sum.Quo(sum, big.NewRat(int64(len(paces)), 1))
}

// MedianPace: see [MeanPace].
func MedianPace(paces []Pace) *big.Rat {
	sorted := make([]*big.Rat, len(paces))
	for i, p := range paces {
		sorted[i] = p.PerHour()
	}
	slices.SortFunc(sorted, (*big.Rat).Cmp)
	low, high := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]
	sum := new(big.Rat).Add(low, high)
	return sum.Mul(sum, big.NewRat(1, 2))
}

// RateFor is the rate at which perHour pieces, divided by factor, come to wage: wage × factor ÷ perHour, rounded up to places
// decimals, so that whoever is that fast never earns less.
func RateFor(wage piecework.Money, perHour *big.Rat, factor decimal.Decimal, places int) piecework.Rate {
	exact := wage.Decimal().Mul(factor).Rat()
	return roundUp(exact.Quo(exact, perHour), places)
}

// roundUp is the lowest rate of that many decimals which is not below r.
func roundUp(r *big.Rat, places int) piecework.Rate {
	unit := millionthsPer(places) // of the last decimal
	steps := new(big.Rat).Mul(r, big.NewRat(1_000_000, unit))
	whole, rest := new(big.Int).QuoRem(steps.Num(), steps.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	return piecework.Millionths(whole.Int64() * unit)
}

func millionthsPer(places int) int64 {
	unit := int64(1)
	for range piecework.RatePlaces - places {
		unit *= 10
	}
	return unit
}

// Proposal is what came of a goal.
type Proposal struct {
	Goal  RateGoal
	Steps []ProposedStep
	// Rates is the sum of the rates over the routing: proposed where there are samples, agreed where there are none.
	Rates piecework.Rate
	// Missing is how many operations have neither samples nor a rate. They are not in Rates.
	Missing int
	// Margin is what remains of the fee; it may be negative.
	Margin piecework.Rate
	// Room is what the rates may come to so that the margin holds. It is rounded down to the millionth, which changes nothing,
	// since rates have no more decimals.
	Room piecework.Rate
	// Short is by how much the rates exceed Room; 0 when they do not.
	Short piecework.Rate
	// NeededFee is the lowest fee with which the rates as proposed leave the margin, rounded up to Goal.Places.
	NeededFee piecework.Rate
	// Affordable is the highest wage at which the rates leave the margin; the goal's own when they do. It is known unless
	// the rates that no sample can change exceed Room by themselves.
	Affordable      piecework.Money
	KnownAffordable bool
}

// ProposedStep is an operation with the rate that is proposed for it.
type ProposedStep struct {
	Timed
	Proposed     bool           // there are samples; else Rate is the agreed one, if any
	Rate         piecework.Rate // what the margin is reckoned with
	Mean, Median *big.Rat       // pieces per hour; nil without samples
	MedianPay    piecework.Money
	Workers      []WorkerPay // slowest first
	Below        int         // how many of them stay below the wage
	BelowMinimum int
}

// WorkerPay is what one worker earns in an hour at the rate of a step.
type WorkerPay struct {
	Pace
	Hourly       piecework.Money // rounded down to the fen, so that it shows no wage which is not reached
	BelowWage    bool
	BelowMinimum bool
}

// ProposeRates works out rates for a routing from samples. It only proposes: nothing is agreed. The goal must be valid.
func ProposeRates(g RateGoal, routing []Timed) Proposal {
	p := Proposal{Goal: g, Affordable: g.Wage, KnownAffordable: true}
	for _, t := range routing {
		step := ProposedStep{Timed: t, Rate: t.Agreed, Proposed: len(t.Paces) > 0}
		if step.Proposed {
			step.fill(g)
		} else if !t.HasAgreed {
			p.Missing++
		}
		p.Steps = append(p.Steps, step)
	}
	p.Rates = p.sumAt(g.Wage)
	p.Room = piecework.Millionths(g.Fee.Decimal().Mul(hundred.Sub(g.Margin)).Shift(piecework.RatePlaces - 2).IntPart())
	p.Margin = piecework.Millionths(g.Fee.Millionths() - p.Rates.Millionths())
	p.NeededFee = g.Fee
	if p.Rates.Cmp(p.Room) > 0 {
		p.giveWay()
	}
	return p
}

// fill works out the step's rate and who earns what with it.
func (s *ProposedStep) fill(g RateGoal) {
	s.Mean, s.Median = MeanPace(s.Paces), MedianPace(s.Paces)
	s.Rate = RateFor(g.Wage, s.Median, g.Factor, g.Places)
	s.MedianPay = hourlyAt(s.Rate, s.Median)
	for _, pace := range s.Paces {
		w := WorkerPay{Pace: pace, Hourly: hourlyAt(s.Rate, pace.PerHour())}
		// What is rounded down stays on its side of a limit of whole fen.
		w.BelowWage, w.BelowMinimum = w.Hourly.Cmp(g.Wage) < 0, w.Hourly.Cmp(g.Minimum) < 0
		if w.BelowWage {
			s.Below++
		}
		if w.BelowMinimum {
			s.BelowMinimum++
		}
		s.Workers = append(s.Workers, w)
	}
	slices.SortStableFunc(s.Workers, func(a, b WorkerPay) int {
		return cmp.Or(a.PerHour().Cmp(b.PerHour()), cmp.Compare(a.WorkerID, b.WorkerID))
	})
}

// hourlyAt is what a pace comes to in an hour, rounded down to the fen.
func hourlyAt(rate piecework.Rate, perHour *big.Rat) piecework.Money {
	fen := rate.Decimal().Shift(2).Rat()
	fen.Mul(fen, perHour)
	return piecework.Fen(new(big.Int).Quo(fen.Num(), fen.Denom()).Int64())
}

// sumAt is what the rates over the routing come to when the median worker is to earn wage.
func (p *Proposal) sumAt(wage piecework.Money) piecework.Rate {
	var sum int64
	for _, s := range p.Steps {
		if s.Proposed {
			sum += RateFor(wage, s.Median, p.Goal.Factor, p.Goal.Places).Millionths()
		} else {
			sum += s.Agreed.Millionths()
		}
	}
	return piecework.Millionths(sum)
}

// giveWay says what it would take to have the margin: less pay, or a higher fee.
func (p *Proposal) giveWay() {
	p.Short = piecework.Millionths(p.Rates.Millionths() - p.Room.Millionths())
	needed := p.Rates.Decimal().Shift(2).Rat()
	p.NeededFee = roundUp(needed.Quo(needed, hundred.Sub(p.Goal.Margin).Rat()), p.Goal.Places)
	fits := func(fen int) bool { return p.sumAt(piecework.Fen(int64(fen))).Cmp(p.Room) <= 0 }
	first := sort.Search(int(p.Goal.Wage.Fen()), func(fen int) bool { return !fits(fen) }) // the lowest wage that does not fit
	p.KnownAffordable, p.Affordable = first > 0, piecework.Fen(int64(max(0, first-1)))
}

// Holds says whether the rates leave the margin that was asked for. It is not known while an operation is missing.
func (p Proposal) Holds() bool { return p.Missing == 0 && p.Short.IsZero() }

// MarginPercent is the margin in percent of the fee, rounded down to two decimals.
func (p Proposal) MarginPercent() decimal.Decimal {
	percent := p.Margin.Decimal().Mul(hundred).Rat()
	percent.Quo(percent, p.Goal.Fee.Decimal().Rat())
	percent.Mul(percent, big.NewRat(100, 1))
	floor := new(big.Int).Div(percent.Num(), percent.Denom()) // towards −∞, as the divisor is positive
	return decimal.NewFromBigInt(floor, -2)
}

// Any says whether any rate is proposed.
func (p Proposal) Any() bool {
	return slices.ContainsFunc(p.Steps, func(s ProposedStep) bool { return s.Proposed })
}
