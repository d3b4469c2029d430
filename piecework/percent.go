package piecework

import "github.com/shopspring/decimal"

// ParsePercent reads a percentage with at most two decimals, not negative, as hundredths of a percent: "2.5" is 250. The message says
// what is wrong, or is nil.
func ParsePercent(s string) (int64, *Message) {
	d, msg := parseDecimal(s, 2)
	if msg == nil && d.IsNegative() {
		return 0, Msg("%q must not be negative", s)
	}
	return d.Shift(2).IntPart(), msg
}

// Percent is hundredths of a percent as people write them, with the decimals they need: 250 is "2.5".
func Percent(hundredths int64) string { return decimal.New(hundredths, -2).String() }

// AllowedLoss is the allowed loss rate in percent, such as "2.5".
func (o *ProcessingOrder) AllowedLoss() string { return Percent(o.LossAllowed) }
