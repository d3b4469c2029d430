package piecework

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a calendar day of the workshop, written 2026-10-31. Dates compare with < and == as they read. The zero value ""
// is no date and is stored as NULL.
type Date string

const dateLayout = "2006-01-02"

// ParseDate reads 2026-10-31; years 2000 to 2199. The message says what is wrong, or is nil.
func ParseDate(s string) (Date, *Message) {
	t, err := time.Parse(dateLayout, s)
	if err != nil {
		return "", Msg("%q is not a date such as 2026-10-31", s)
	}
	if t.Year() < 2000 || t.Year() > 2199 {
		return "", Msg("%q: the year must be between 2000 and 2199", s)
	}
	return Date(s), nil
}

// DateOf is the calendar day of t in its own location.
func DateOf(t time.Time) Date { return Date(t.Format(dateLayout)) }

// Time is midnight UTC of the day, for arithmetic with days.
func (d Date) Time() time.Time {
	t, _ := time.Parse(dateLayout, string(d))
	return t
}

// AddDays returns the day n days later.
func (d Date) AddDays(n int) Date { return DateOf(d.Time().AddDate(0, 0, n)) }

// Month is the first and the last day of the month of d.
func (d Date) Month() (first, last Date) {
	t := d.Time()
	first = DateOf(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
	return first, DateOf(first.Time().AddDate(0, 1, -1))
}

// Year is the first of January of the year of d.
func (d Date) Year() Date { return d[:5] + "01-01" }

// MonthNumber is the month of d, 1 to 12.
func (d Date) MonthNumber() int { return int(d.Time().Month()) }

// Value stores the day as text, or NULL.
func (d Date) Value() (driver.Value, error) {
	if d == "" {
		return nil, nil
	}
	return string(d), nil
}

// Scan reads a DATE (PostgreSQL) or a TEXT (SQLite) column.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = ""
	case string:
		*d = Date(v)
	case []byte:
		*d = Date(v)
	case time.Time:
		*d = DateOf(v)
	default:
		return fmt.Errorf("want a date column, got %T", src)
	}
	return nil
}

// Instant is a moment as milliseconds since 1970 UTC, which both engines store, compare and hash alike. Zero is no moment.
type Instant int64

// Now is the present moment.
func Now() Instant { return Instant(time.Now().UnixMilli()) }

// At converts a time.
func At(t time.Time) Instant { return Instant(t.UnixMilli()) }

// ParseInstant reads RFC 3339, such as 2026-10-31T09:30:00+08:00. The message says what is wrong, or is nil.
func ParseInstant(s string) (Instant, *Message) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return 0, Msg("%q is not a moment such as 2026-10-31T09:30:00+08:00", s)
	}
	return At(t), nil
}

// In is the moment as a time in the given location.
func (i Instant) In(loc *time.Location) time.Time { return time.UnixMilli(int64(i)).In(loc) }

// String is the moment in RFC 3339, UTC; "" for no moment.
func (i Instant) String() string {
	if i == 0 {
		return ""
	}
	return i.In(time.UTC).Format("2006-01-02T15:04:05.000Z07:00")
}
