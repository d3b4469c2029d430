package piecework

// Stretch is a stretch of time that pay is reckoned by.
type Stretch string

// The stretches.
const (
	ByHour   Stretch = "hour"
	ByDay    Stretch = "day"
	ByPeriod Stretch = "period" // what one pay run pays
)

// Guarantee (保底) is what the pieces of a worker come to at least: so much an hour she was there, a day on which she worked, or a pay
// period. What is missing is paid on a line of its own. The zero value guarantees nothing.
type Guarantee struct {
	Amount Money   // 0: nothing is guaranteed
	Per    Stretch // what the amount is for
	Over   Stretch // ByDay: each day is held against it by itself; ByPeriod: all days together
}

// Holds says whether anything is guaranteed.
func (g Guarantee) Holds() bool { return g.Amount.Sign() > 0 }

// check reports what is wrong; a guarantee of nothing has no stretches, and one for a period is held against the period.
func (g *Guarantee) check(v *Invalid) {
	if g.Amount.Sign() < 0 {
		v.Add("guarantee_amount", "must not be negative")
	}
	if !g.Holds() {
		*g = Guarantee{}
		return
	}
	switch g.Per {
	case ByHour, ByDay:
		if g.Over != ByDay && g.Over != ByPeriod {
			v.Add("guarantee_over", "choose one")
		}
	case ByPeriod:
		g.Over = ByPeriod
	default:
		v.Add("guarantee_per", "choose one")
	}
}
