package templates

import (
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// absent stands where there is no value; zero is shown as 0.
const absent = "–"

// funcs are what templates can call beyond the built-in functions, for one language.
func funcs(lang string) template.FuncMap {
	return template.FuncMap{
		"lang":     func() string { return lang },
		"t":        func(format string, args ...any) string { return Translate(lang, format, args...) },
		"tn":       func(n any, one, many string, args ...any) (string, error) { return plural(lang, n, one, many, args...) },
		"label":    func(field string) string { return Label(lang, field) },
		"status":   func(s any) Status { return statusOf(lang, s) },
		"asset":    Asset,
		"date":     func(v any) (string, error) { return date(v, layouts[lang].day) },
		"dateby":   func(v, by any) (string, error) { return dateBy(lang, v, by) },
		"fulldate": func(v any) (string, error) { return date(v, layouts[lang].full) },
		"moment":   func(v any) (string, error) { return date(v, layouts[lang].moment) },
		"period":   func(from, to any) (string, error) { return period(lang, from, to) },
		"count":    group,
		"money":    money,
		"dash":     dash,
		"paged":    paged,
		"browser":  browserName,
		"minus":    func(a, b int) int { return a - b },
		"dict":     dict,
		"list":     func(items ...any) []any { return items },
		"opt":      func(value any, text string) Option { return Option{fmt.Sprint(value), text} },
	}
}

// layouts are Go time layouts; 周六 is put in by [date], since the standard library names weekdays in English only.
var layouts = map[string]struct{ day, full, moment, short string }{
	"zh": {"1月2日 周Mon", "2006年1月2日 周Mon", "1月2日 15:04", "1月2日"},
	"en": {"Mon 2 Jan", "Mon 2 Jan 2006", "2 Jan 15:04", "2 Jan"},
}

var weekdays = strings.NewReplacer("周Sun", "周日", "周Mon", "周一", "周Tue", "周二", "周Wed", "周三", "周Thu", "周四", "周Fri", "周五", "周Sat", "周六")

// date formats a time.Time in its own zone, or a text such as 2026-10-31; the empty text and the zero time are absent.
func date(v any, layout string) (string, error) {
	at, ok := v.(time.Time)
	if !ok {
		text := fmt.Sprint(v)
		if text == "" {
			return absent, nil
		}
		var err error
		if at, err = time.Parse(time.DateOnly, text); err != nil {
			return "", err
		}
	}
	if at.IsZero() {
		return absent, nil
	}
	return weekdays.Replace(at.Format(layout)), nil
}

// dateBy is a day that is read beside another one: with its year, unless both are in the same.
func dateBy(lang string, v, by any) (string, error) {
	if sameYear(v, by) {
		return date(v, layouts[lang].day)
	}
	return date(v, layouts[lang].full)
}

// sameYear says whether two texts such as 2026-10-31 begin with the same year.
func sameYear(a, b any) bool {
	first, last := fmt.Sprint(a), fmt.Sprint(b)
	return len(first) >= 4 && len(last) >= 4 && first[:4] == last[:4]
}

// period is an inclusive range of days, with the year once: 2026年10月1日 – 10月31日, or 1 Oct – 31 Oct 2026.
func period(lang string, from, to any) (string, error) {
	long := map[string]string{"zh": "2006年1月2日", "en": "2 Jan 2006"}[lang]
	first, last := long, long
	if sameYear(from, to) {
		if lang == "zh" {
			last = layouts[lang].short
		} else {
			first = layouts[lang].short
		}
	}
	a, errA := date(from, first)
	b, errB := date(to, last)
	return a + " – " + b, errors.Join(errA, errB)
}

// group writes a whole number with its thousands apart: 3,120.
func group(n any) (string, error) {
	v := reflect.ValueOf(n)
	if !v.CanInt() {
		return "", fmt.Errorf("want a whole number, got %T", n)
	}
	return grouped(v.Int()), nil
}

func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "−", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// money puts the sign of the currency (CNY when none is given) before an amount or a rate, which print their own digits:
// ¥42.00, −¥3.50, ¥0.0035. It refuses bare numbers, because money is never a float.
func money(amount fmt.Stringer, currency ...string) string {
	sign := "¥"
	if len(currency) > 0 && currency[0] != "" && currency[0] != "CNY" {
		sign = currency[0] + "\u00a0"
	}
	if v := reflect.ValueOf(amount); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return absent
	}
	if digits, negative := strings.CutPrefix(amount.String(), "-"); negative {
		return "−" + sign + digits
	}
	return sign + amount.String()
}

// dash shows what there is, or that there is nothing: "", nil and nil pointers. Zero is something.
func dash(v any) any {
	r := reflect.ValueOf(v)
	if !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil() || r.Kind() == reflect.String && r.Len() == 0 {
		return absent
	}
	return v
}

// paged is the path with its query, asking for page n of a list.
func paged(path string, n int) (string, error) {
	u, err := url.Parse(path)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("page", strconv.Itoa(n))
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// dict makes a map of names and values, the way partials take their arguments.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict wants names and values in pairs")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict wants a name, got %v", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}
