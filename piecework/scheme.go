package piecework

import (
	"cmp"
	"database/sql/driver"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Scheme is a plan that pays for a piece by the time it should take and the time it took.
type Scheme string

// The plans. T is the time taken, S the time the pieces should take (standard time), R the wage for an hour.
const (
	ByPiece Scheme = ""        // pieces × rate, in tiers or not
	Halsey  Scheme = "halsey"  // T·R + premium × (S−T)·R for the time saved (F. A. Halsey, 1891)
	Rowan   Scheme = "rowan"   // T·R + (S−T)/S × T·R for the time saved (J. Rowan, 1898): never twice T·R
	Gantt   Scheme = "gantt"   // T·R until the task is done in time, then S·R × (1 + premium) (H. L. Gantt, 1901)
	Emerson Scheme = "emerson" // T·R × (1 + the bonus that a table has for the efficiency S/T) (H. Emerson, 1908)
)

// Schemes are the plans by time.
var Schemes = []Scheme{Halsey, Rowan, Gantt, Emerson}

// Terms are what a plan by time goes by. Without a scheme they are zero.
type Terms struct {
	Scheme          Scheme
	Hourly          Rate  // the wage for an hour, more than 0
	StandardPieces  int64 // so many pieces should take
	StandardMinutes int64 // so long
	Premium         Fraction
	Bonuses         BonusTable // of Emerson's plan
}

// MaxStandardMinutes is the longest time that may be set for a task, about two months.
const MaxStandardMinutes = 100_000

// ByTime says whether the rate pays by a plan with standard times.
func (t *Terms) ByTime() bool { return t.Scheme != ByPiece }

// Standard is how many minutes some pieces should take.
func (t *Terms) Standard(pieces int64) *big.Rat {
	s := new(big.Rat).SetFrac64(t.StandardMinutes, t.StandardPieces)
	return s.Mul(s, new(big.Rat).SetInt64(pieces))
}

// Pay is what work comes to in yuan, exactly, that should take standard minutes and took some, at a wage for an hour. Where nobody
// knows how long it took (nil), the standard time is paid without a premium.
func (t *Terms) Pay(hourly Rate, standard, taken *big.Rat) *big.Rat {
	minute := hourly.Decimal().Rat()
	minute.Quo(minute, big.NewRat(60, 1))
	if taken == nil {
		return minute.Mul(minute, standard)
	}
	paid := new(big.Rat).Set(taken) // minutes
	saved := new(big.Rat).Sub(standard, taken)
	switch {
	case t.Scheme == Emerson:
		if taken.Sign() > 0 {
			bonus := t.Bonuses.At(new(big.Rat).Quo(standard, taken))
			paid.Add(paid, bonus.Mul(bonus, taken))
		}
	case saved.Sign() < 0:
	case t.Scheme == Halsey:
		paid.Add(paid, saved.Mul(saved, t.Premium.Rat()))
	case t.Scheme == Rowan && standard.Sign() > 0:
		paid.Add(paid, saved.Mul(saved, new(big.Rat).Quo(taken, standard)))
	case t.Scheme == Gantt:
		paid.Mul(standard, new(big.Rat).Add(big.NewRat(1, 1), t.Premium.Rat()))
	}
	return paid.Mul(paid, minute)
}

// PieceWage is what a piece comes to that takes its standard time, without a premium: hourly × minutes ÷ pieces, half-up at the sixth decimal.
func (t *Terms) PieceWage() Rate {
	whole := t.Hourly.d.Mul(decimal.NewFromInt(t.StandardMinutes))
	return Rate{whole.DivRound(decimal.NewFromInt(60*t.StandardPieces), RatePlaces)}
}

// checkTerms reports what is wrong with a plan by time, and sets the rate to what a piece comes to in its standard time.
func (r *PieceRate) checkTerms(v *Invalid) {
	t := &r.Terms
	if !t.ByTime() {
		*t = Terms{}
		return
	}
	if !slices.Contains(Schemes, t.Scheme) {
		v.Add("scheme", "choose one")
	}
	if r.TierMode != "" || r.Tiered() {
		v.Add("scheme", "a rate has tiers or pays by time, not both")
	}
	if t.Hourly.d.Sign() <= 0 || t.Hourly.d.GreaterThan(decimal.NewFromInt(10_000)) {
		v.Add("hour_wage", "must be more than 0 and at most %d", 10_000)
	}
	if t.StandardPieces < 1 || t.StandardPieces > MaxPieces {
		v.Add("standard_pieces", "must be between %d and %d", 1, MaxPieces)
	}
	if t.StandardMinutes < 1 || t.StandardMinutes > MaxStandardMinutes {
		v.Add("standard_minutes", "must be between %d and %d", 1, MaxStandardMinutes)
	}
	if t.Scheme == Halsey || t.Scheme == Gantt {
		if n := t.Premium; n.Num <= 0 || n.Num > n.Den {
			v.Add("premium", "must be more than 0 and at most 100 %%")
		}
	} else {
		t.Premium = Fraction{}
	}
	if t.Scheme == Emerson {
		t.Bonuses.check(v)
	} else {
		t.Bonuses = nil
	}
	if v.Err() == nil {
		if r.Rate = t.PieceWage(); r.Rate.IsZero() {
			v.Add("hour_wage", "a piece would come to nothing")
		}
	}
}

// Fraction is a share such as 1/2 or 1/3, kept as it was written so that a third stays a third. The zero value is 0.
type Fraction struct{ Num, Den int64 }

// Rat is the fraction as a number.
func (f Fraction) Rat() *big.Rat {
	if f.Den == 0 {
		return new(big.Rat)
	}
	return big.NewRat(f.Num, f.Den)
}

// ParseFraction reads a percentage with up to two decimals, such as 50 or 33.3%, or a fraction such as 1/3.
func ParseFraction(s string) (Fraction, *Message) {
	num, den, ok := strings.Cut(s, "/")
	if !ok {
		percent, wrong := ParseMoney(strings.TrimSuffix(s, "%")) // a plain number with two decimals, like an amount
		return Fraction{percent.Fen(), 10_000}.lowest(), wrong
	}
	n, err := strconv.ParseInt(num, 10, 32)
	d, err2 := strconv.ParseInt(den, 10, 32)
	if cmp.Or(err, err2) != nil || n < 0 || d <= 0 {
		return Fraction{}, Msg("%q is not a share such as 50 or 1/3", s)
	}
	return Fraction{n, d}.lowest(), nil
}

func (f Fraction) lowest() Fraction {
	r := f.Rat()
	return Fraction{r.Num().Int64(), r.Denom().Int64()}
}

// String is a percentage where it has at most two decimals, such as 50%, else the fraction.
func (f Fraction) String() string {
	percent := new(big.Rat).Mul(f.Rat(), big.NewRat(10_000, 1))
	if !percent.IsInt() {
		return fmt.Sprintf("%d/%d", f.Num, f.Den)
	}
	return Percent(percent.Num().Int64()) + "%"
}

// Value implements driver.Valuer.
func (f Fraction) Value() (driver.Value, error) {
	if f.Den == 0 {
		return "", nil
	}
	return fmt.Sprintf("%d/%d", f.Num, f.Den), nil
}

// Scan implements sql.Scanner.
func (f *Fraction) Scan(src any) error {
	*f = Fraction{}
	s, err := scanText(src)
	if err != nil || s == "" {
		return err
	}
	_, err = fmt.Sscanf(s, "%d/%d", &f.Num, &f.Den)
	return err
}

func scanText(src any) (string, error) {
	switch s := src.(type) {
	case string:
		return s, nil
	case []byte:
		return string(s), nil
	case nil:
		return "", nil
	}
	return "", fmt.Errorf("%T is not text", src)
}

// BonusTable says which bonus on the time wage belongs to which efficiency, rising; between two rows the bonus grows evenly, before
// the first there is none, and after the last it stays.
type BonusTable []BonusRow

// BonusRow is an efficiency (standard time by time taken) and its bonus, in hundredths of a percent: 6667 is 66.67 %.
type BonusRow struct{ Efficiency, Bonus int64 }

// MaxBonusRows is how many rows a table may have.
const MaxBonusRows = 40

// At is the bonus for an efficiency, as a part of the time wage.
func (b BonusTable) At(efficiency *big.Rat) *big.Rat {
	hundredths := new(big.Rat).Mul(efficiency, big.NewRat(10_000, 1))
	bonus := new(big.Rat)
	for i, row := range b {
		from := new(big.Rat).SetInt64(row.Efficiency)
		if hundredths.Cmp(from) < 0 {
			break
		}
		bonus.SetInt64(row.Bonus)
		if i+1 < len(b) && hundredths.Cmp(new(big.Rat).SetInt64(b[i+1].Efficiency)) < 0 {
			slope := big.NewRat(b[i+1].Bonus-row.Bonus, b[i+1].Efficiency-row.Efficiency)
			bonus.Add(bonus, slope.Mul(slope, hundredths.Sub(hundredths, from)))
			break
		}
	}
	return bonus.Mul(bonus, big.NewRat(1, 10_000))
}

// ParseBonusTable reads a table of two percentages a line, such as "66.67% 0%".
func ParseBonusTable(s string) (BonusTable, *Message) {
	var b BonusTable
	for line := range strings.Lines(s) {
		cells := strings.Fields(strings.ReplaceAll(line, "%", " "))
		if len(cells) == 0 {
			continue
		}
		if len(cells) != 2 {
			return nil, Msg("%q is not an efficiency and a bonus such as 80 4", strings.TrimSpace(line))
		}
		efficiency, wrong := ParseMoney(cells[0])
		if wrong != nil {
			return nil, wrong
		}
		bonus, wrong := ParseMoney(cells[1])
		if wrong != nil {
			return nil, wrong
		}
		b = append(b, BonusRow{efficiency.Fen(), bonus.Fen()})
	}
	return b, nil
}

func (b BonusTable) check(v *Invalid) {
	if len(b) == 0 || len(b) > MaxBonusRows {
		v.Add("bonuses", "must have between %d and %d rows", 1, MaxBonusRows)
	}
	for i, row := range b {
		switch {
		case row.Efficiency <= 0 || row.Efficiency > 100_000 || row.Bonus < 0 || row.Bonus > 100_000:
			v.Add("bonuses", "row %d: percentages lie between 0 and 1000", i+1)
		case i > 0 && row.Efficiency <= b[i-1].Efficiency:
			v.Add("bonuses", "row %d: the efficiency must be higher than in the row before it", i+1)
		case i > 0 && row.Bonus < b[i-1].Bonus:
			v.Add("bonuses", "row %d: the bonus must not be lower than in the row before it", i+1)
		}
	}
}

// String is the table as people write it, a row a line.
func (b BonusTable) String() string {
	lines := make([]string, len(b))
	for i, row := range b {
		lines[i] = row.String()
	}
	return strings.Join(lines, "\n")
}

// String is a row as people write it, such as "66.67% 0%".
func (r BonusRow) String() string { return r.At() + "% " + r.Pays() + "%" }

// At is the efficiency in percent, such as 66.67.
func (r BonusRow) At() string { return Percent(r.Efficiency) }

// Pays is the bonus in percent.
func (r BonusRow) Pays() string { return Percent(r.Bonus) }

// Value implements driver.Valuer.
func (b BonusTable) Value() (driver.Value, error) { return b.String(), nil }

// Scan implements sql.Scanner.
func (b *BonusTable) Scan(src any) error {
	s, err := scanText(src)
	if err != nil {
		return err
	}
	table, wrong := ParseBonusTable(s)
	if wrong != nil {
		return fmt.Errorf("bonus table: %s", wrong)
	}
	*b = table
	return nil
}
