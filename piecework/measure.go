package piecework

import "github.com/shopspring/decimal"

// Measure is a quantity of material in millionths of the material's own unit: 1.25 kg is 1,250,000. A whole number of one size serves
// grams of fibre and boxes of hooks alike, keeps every decimal that delivery papers carry, and sums in SQL without rounding.
type Measure int64

const measurePlaces = 6

// MaxMeasure is the largest quantity one record may have: a thousand million units.
const MaxMeasure Measure = 1_000_000_000_000_000

// maxPerPiece is the most one piece may need, so that all pieces of the largest order together stay in range.
const maxPerPiece Measure = 100_000_000_000

// ParseMeasure reads a plain decimal with at most six places, not negative, such as "0.35". The message says what is wrong, or is nil.
func ParseMeasure(s string) (Measure, *Message) {
	d, msg := parseDecimal(s, measurePlaces)
	switch {
	case msg != nil:
		return 0, msg
	case d.IsNegative():
		return 0, Msg("%q must not be negative", s)
	case d.Shift(measurePlaces).GreaterThan(decimal.NewFromInt(int64(MaxMeasure))):
		return 0, Msg("%q is out of range", s)
	}
	return Measure(d.Shift(measurePlaces).IntPart()), nil
}

// String is the quantity in units, with the decimals it needs.
func (m Measure) String() string { return decimal.New(int64(m), -measurePlaces).String() }

// Times is what so many pieces need, exactly.
func (m Measure) Times(pieces int64) Measure { return Measure(int64(m) * pieces) }

// Share is a rate of it in hundredths of a percent, rounded down to a whole millionth: what is allowed is not exceeded.
func (m Measure) Share(hundredths int64) Measure {
	return Measure(decimal.NewFromInt(int64(m)).Mul(decimal.New(hundredths, -4)).Floor().IntPart())
}

// Cost is what it costs at a price for one unit, rounded once to the fen.
func (m Measure) Cost(unit Rate) Money {
	return RoundMoney(decimal.New(int64(m), -measurePlaces).Mul(unit.Decimal()))
}
