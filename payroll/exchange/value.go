package exchange

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"jijian/piecework"
)

// Row is one row of an import table, checked column by column.
type Row struct {
	Num int // as an editor or a spreadsheet counts; the header is 1
	// OK is false when a column was wrong: of such a row only the codes in its other columns are looked up, and its key is
	// noted, so that rows that refer to it are not blamed too.
	OK bool

	table  *Table
	values []value // by place in Table.Columns
}

// value is one checked cell: n is the count, or a rate, weight or amount in its stored unit, or a moment.
type value struct {
	raw   string // what stands in the file
	text  string // what it means: the default for a blank cell
	n     int64
	given bool
	wrong bool // blamed already
}

func (r *Row) at(column string) *value {
	i := r.table.index(column)
	if i < 0 {
		panic("exchange: table " + r.table.Name + " has no column " + column)
	}
	return &r.values[i]
}

// Text is the cell of a text, code, date, clock, enum or uid column; the default when it is blank.
func (r *Row) Text(column string) string { return r.at(column).text }

// Date is the cell of a date column; "" when it is blank.
func (r *Row) Date(column string) piecework.Date { return piecework.Date(r.at(column).text) }

// Int is the cell of a count, or of a rate, weight or amount in its stored unit; the default when it is blank.
func (r *Row) Int(column string) int64 { return r.at(column).n }

// Given says whether the cell holds something.
func (r *Row) Given(column string) bool { return r.at(column).given }

// set checks one cell and keeps what it means.
func (v *value) set(c *Column, raw string) *piecework.Message {
	*v = value{raw: raw, text: raw}
	if !utf8.ValidString(raw) {
		v.raw = strings.ToValidUTF8(raw, "�")
		return piecework.Msg("is not UTF-8 text; save the file as CSV UTF-8")
	}
	if c.Kind == Text {
		v.text = strings.TrimSpace(raw)
	}
	if v.text == "" {
		if c.Required && c.Or == "" {
			return piecework.Msg("is required")
		}
		if v.text = c.Default; v.text == "" {
			return nil
		}
		return v.parse(c)
	}
	v.given = true
	if strings.TrimSpace(v.text) != v.text {
		return piecework.Msg("must not begin or end with a blank")
	}
	return v.parse(c)
}

// parse checks text against the column and fills n.
func (v *value) parse(c *Column) *piecework.Message {
	switch c.Kind {
	case Code:
		return piecework.CheckCode(v.text)
	case UID:
		return piecework.CheckUID(v.text)
	case Text:
		return piecework.CheckText(v.text, c.Limit)
	case Date:
		_, msg := piecework.ParseDate(v.text)
		return msg
	case Clock:
		return piecework.CheckTime(v.text)
	case Enum:
		if !slices.Contains(c.Values, v.text) {
			return piecework.Msg("is not one of %s", strings.Join(c.Values, ", "))
		}
	case Instant:
		return v.parseInstant()
	default:
		return v.parseNumber(c.Kind)
	}
	return nil
}

func (v *value) parseInstant() *piecework.Message {
	at, msg := piecework.ParseInstant(v.text)
	if msg != nil {
		return msg
	}
	if year := v.text[:4]; year < "2000" || year > "2199" {
		return piecework.Msg("the year must be between 2000 and 2199")
	}
	v.n = int64(at)
	return nil
}

func (v *value) parseNumber(kind Kind) *piecework.Message {
	if !plain.MatchString(v.text) {
		return notPlain(v.text, kind)
	}
	if v.text[0] == '-' {
		return piecework.Msg("must not be negative")
	}
	switch kind {
	case Count:
		n, err := strconv.ParseInt(v.text, 10, 64)
		if err != nil {
			if strings.Contains(v.text, ".") {
				return piecework.Msg("must be a whole number")
			}
			return piecework.Msg("is out of range")
		}
		v.n = n
	case Money:
		m, msg := piecework.ParseMoney(v.text)
		v.n = m.Fen()
		return msg
	default:
		r, msg := piecework.ParseRate(v.text)
		v.n = r.Millionths()
		return msg
	}
	return nil
}

var plain = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]+)?$`)

// notPlain says what keeps s from being a plain number, in the words of whoever typed it.
func notPlain(s string, kind Kind) *piecework.Message {
	switch {
	case strings.HasPrefix(s, "+"):
		return piecework.Msg("must not begin with +")
	case strings.ContainsAny(s, ",，"):
		return piecework.Msg("must not hold a comma; write 1234.50")
	case strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsDigit(r) || r == '．' || r == '－' }):
		return piecework.Msg("must be written with the plain digits 0 to 9")
	case exponent.MatchString(s):
		return piecework.Msg("is written with an exponent; write all digits, such as 0.0035")
	case digits.MatchString(s):
		return piecework.Msg("is out of range")
	case kind == Count:
		return piecework.Msg("is not a whole number such as 120")
	}
	return piecework.Msg("is not a plain number such as 12.50")
}

var (
	exponent = regexp.MustCompile(`^-?[0-9.]+[eE][+-]?[0-9]+$`)
	digits   = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
)

// form says how a cell came to us: as text, or as one of the things a spreadsheet makes of what was typed.
type form int

const (
	asText   form = iota
	asNumber      // a number in binary, as Excel stores it
	asDate        // a number that the cell's style shows as a day
	asTime        // a number that the cell's style shows as a time of day
	asMoment      // a number that shows day and time
	asError       // #N/A and its like
)

// cell is one cell as read.
type cell struct {
	text string
	form form
}

// textFor is what a person sees in the cell, written the way the column is written in a CSV file.
func (c cell) textFor(kind Kind, date1904 bool) (string, *piecework.Message) {
	switch {
	case c.form == asText, c.text == "":
		return c.text, nil
	case c.form == asError:
		return c.text, piecework.Msg("is the error of a formula")
	}
	f, err := strconv.ParseFloat(c.text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return c.text, piecework.Msg("is not a number")
	}
	switch {
	case c.form == asTime && f >= 0 && f < 1:
		return clockText(f)
	case c.form != asNumber:
		return dateText(f, c.form, kind, date1904)
	case !kind.numeric() && math.Abs(f) >= 1e15:
		return plainDecimal(f), piecework.Msg("was kept as a number and may have lost its last digits; format the column as text and enter it again")
	}
	return plainDecimal(f), nil
}

// plainDecimal writes a number with the 15 significant digits a spreadsheet shows and without exponent, so that
// 3.5000000000000001E-3 is 0.0035 again.
func plainDecimal(f float64) string {
	shown, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	return strconv.FormatFloat(shown, 'f', -1, 64)
}

const secondsPerDay = 24 * 60 * 60

func clockText(f float64) (string, *piecework.Message) {
	s := int(math.Round(f * secondsPerDay))
	text := fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
	return strings.TrimSuffix(text, ":00"), nil
}

// dateText writes a day counted by Excel as a date. Excel believes that 1900 was a leap year, so day 60 never was; the
// days before it are shifted by one, and no year this program takes is among them.
func dateText(f float64, how form, kind Kind, date1904 bool) (string, *piecework.Message) {
	origin := piecework.Date("1899-12-30")
	if date1904 {
		origin = "1904-01-01"
	}
	day, part := math.Floor(f), f-math.Floor(f)
	if math.Abs(day) > 200_000 {
		return plainDecimal(f), piecework.Msg("is not a date such as 2026-10-31")
	}
	text := string(origin.AddDays(int(day)))
	if part*secondsPerDay < 0.5 && (how == asDate || kind == Date) {
		return text, nil
	}
	clock, _ := clockText(part)
	text += " " + clock
	if kind == Instant {
		return text, piecework.Msg("has no time zone; enter it as text, such as 2026-10-31T09:30:00+08:00")
	}
	return text, nil
}
