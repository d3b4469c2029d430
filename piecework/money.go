package piecework

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Money is an amount of the workshop's currency in whole minor units (fen). It is exact: the only place where a fraction
// of a fen is rounded is [Rate.Times]. The zero value is 0.00.
type Money struct{ d decimal.Decimal }

// Fen returns the amount of n minor units: Fen(1250) is 12.50.
func Fen(n int64) Money { return Money{decimal.New(n, -2)} }

// RoundMoney rounds an exact amount half away from zero to the fen (0.125 → 0.13, −0.125 → −0.13), so that a correction
// is always the mirror image of what it corrects.
func RoundMoney(exact decimal.Decimal) Money { return Money{exact.Round(2)} }

// RoundRat is [RoundMoney] of a fraction.
func RoundRat(exact *big.Rat) Money { return Money{decimal.RequireFromString(exact.FloatString(2))} }

var plainNumber = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]+)?$`)

// parseDecimal reads a plain decimal: optional minus, digits, optional fraction. Exponents, thousands separators, plus
// signs and blanks are refused, because a spreadsheet that wrote one has usually already lost a digit.
func parseDecimal(s string, places int) (decimal.Decimal, *Message) {
	if !plainNumber.MatchString(s) {
		return decimal.Zero, Msg("%q is not a plain number such as 12.50", s)
	}
	if _, fraction, ok := strings.Cut(s, "."); ok && len(fraction) > places {
		return decimal.Zero, Msg("%q has more than %d decimals", s, places)
	}
	d, err := decimal.NewFromString(s)
	if err != nil || d.Abs().GreaterThan(decimal.New(math.MaxInt64/100, -int32(places))) {
		return decimal.Zero, Msg("%q is out of range", s)
	}
	return d, nil
}

// ParseMoney reads a plain decimal with at most two places, such as "-12.5". The message says what is wrong, or is nil.
func ParseMoney(s string) (Money, *Message) {
	d, msg := parseDecimal(s, 2)
	return Money{d}, msg
}

// Fen is the amount in minor units.
func (m Money) Fen() int64 { return m.d.Shift(2).IntPart() }

// Decimal is the amount as a decimal, for formulas such as tax. Round the result with [RoundMoney], once.
func (m Money) Decimal() decimal.Decimal { return m.d }

// Add returns m + n.
func (m Money) Add(n Money) Money { return Money{m.d.Add(n.d)} }

// Sub returns m − n.
func (m Money) Sub(n Money) Money { return Money{m.d.Sub(n.d)} }

// Neg returns −m.
func (m Money) Neg() Money { return Money{m.d.Neg()} }

// Abs returns m without its sign.
func (m Money) Abs() Money { return Money{m.d.Abs()} }

// Cmp is −1, 0 or 1 as m is less than, equal to or more than n.
func (m Money) Cmp(n Money) int { return m.d.Cmp(n.d) }

// Sign is −1, 0 or 1.
func (m Money) Sign() int { return m.d.Sign() }

// IsZero says whether m is 0.00.
func (m Money) IsZero() bool { return m.d.IsZero() }

// MinMoney returns the smaller of two amounts.
func MinMoney(a, b Money) Money {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

// String prints the amount with two decimals and no separators, as exports and slips carry it: "1234.50".
func (m Money) String() string { return m.d.StringFixed(2) }

// Split divides m in the ratio of the weights by largest remainder: each share is rounded down to the fen and the
// fen left over go to the largest remainders, earlier positions first where remainders are equal. The shares always
// sum to m. Weights must not be negative; if all are zero, the shares are equal. The caller orders the weights (by
// worker code), which settles ties.
func (m Money) Split(weights []int64) []Money {
	exact := make([]*big.Rat, len(weights))
	for i, w := range weights {
		exact[i] = new(big.Rat).SetInt64(w)
	}
	return m.SplitExact(exact)
}

// SplitExact is [Money.Split] for weights that are fractions, such as shares of several sessions with other hours in each.
func (m Money) SplitExact(weights []*big.Rat) []Money {
	total := new(big.Rat)
	for _, w := range weights {
		total.Add(total, w)
	}
	if total.Sign() == 0 {
		weights = slices.Repeat([]*big.Rat{big.NewRat(1, 1)}, len(weights))
		total.SetInt64(int64(len(weights)))
	}
	fen := new(big.Rat).SetInt(m.d.Shift(2).Abs().BigInt())
	type share struct {
		at        int
		fen       *big.Int
		remainder *big.Rat
	}
	shares, left := make([]share, len(weights)), new(big.Int).Set(fen.Num())
	for i, w := range weights {
		exact := new(big.Rat).Quo(new(big.Rat).Mul(fen, w), total)
		whole := new(big.Int).Quo(exact.Num(), exact.Denom())
		shares[i] = share{i, whole, exact.Sub(exact, new(big.Rat).SetInt(whole))}
		left.Sub(left, whole)
	}
	slices.SortStableFunc(shares, func(a, b share) int { return b.remainder.Cmp(a.remainder) })
	parts := make([]Money, len(weights))
	for i, s := range shares {
		if int64(i) < left.Int64() {
			s.fen.Add(s.fen, big.NewInt(1))
		}
		parts[s.at] = Money{decimal.NewFromBigInt(s.fen, -2)}
		if m.Sign() < 0 {
			parts[s.at] = parts[s.at].Neg()
		}
	}
	return parts
}

// Value stores minor units. An amount that BIGINT cannot hold is an error, never another amount.
func (m Money) Value() (driver.Value, error) {
	if exact := m.d.Shift(2).BigInt(); !exact.IsInt64() {
		return nil, fmt.Errorf("the amount %s is out of range", m)
	}
	return m.Fen(), nil
}

// Scan reads minor units.
func (m *Money) Scan(src any) error {
	n, err := scanInt(src)
	*m = Fen(n)
	return err
}

// MarshalJSON writes the amount as a string, so that no reader makes a float of it.
func (m Money) MarshalJSON() ([]byte, error) { return json.Marshal(m.String()) }

// RatePlaces is how many decimals a rate may carry.
const RatePlaces = 6

// Rate is money per piece with up to six decimals (0.0035 is common). It is kept as it was agreed and rounded only
// after it was multiplied. The zero value is 0.
type Rate struct{ d decimal.Decimal }

// Millionths returns the rate of n millionths of the currency unit: Millionths(3500) is 0.0035.
func Millionths(n int64) Rate { return Rate{decimal.New(n, -RatePlaces)} }

// ParseRate reads a plain decimal with at most six places, not negative. The message says what is wrong, or is nil.
func ParseRate(s string) (Rate, *Message) {
	d, msg := parseDecimal(s, RatePlaces)
	if msg == nil && d.IsNegative() {
		return Rate{}, Msg("%q must not be negative", s)
	}
	return Rate{d}, msg
}

// Millionths is the rate in millionths of the currency unit.
func (r Rate) Millionths() int64 { return r.d.Shift(RatePlaces).IntPart() }

// Decimal is the rate as a decimal.
func (r Rate) Decimal() decimal.Decimal { return r.d }

// Times is the one rounding point of the product: pieces × rate, exact, then rounded half away from zero to the fen.
func (r Rate) Times(pieces int64) Money { return RoundMoney(r.d.Mul(decimal.NewFromInt(pieces))) }

// Sub is r − s.
func (r Rate) Sub(s Rate) Rate { return Rate{r.d.Sub(s.d)} }

// IsZero says whether the rate is 0.
func (r Rate) IsZero() bool { return r.d.IsZero() }

// Cmp is −1, 0 or 1 as r is less than, equal to or more than s.
func (r Rate) Cmp(s Rate) int { return r.d.Cmp(s.d) }

// String prints the rate with the decimals it needs and at least two: "0.50", "0.0035".
func (r Rate) String() string {
	return r.d.StringFixed(int32(max(2, len(fraction(r.d)))))
}

func fraction(d decimal.Decimal) string {
	_, f, _ := strings.Cut(d.String(), ".")
	return f
}

// Value stores millionths.
func (r Rate) Value() (driver.Value, error) { return r.Millionths(), nil }

// Scan reads millionths.
func (r *Rate) Scan(src any) error {
	n, err := scanInt(src)
	*r = Millionths(n)
	return err
}

// MarshalJSON writes the rate as a string.
func (r Rate) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

func scanInt(src any) (int64, error) {
	switch v := src.(type) {
	case nil:
		return 0, nil
	case int64:
		return v, nil
	}
	return 0, fmt.Errorf("want an integer column, got %T", src)
}
