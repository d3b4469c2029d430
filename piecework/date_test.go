package piecework_test

import (
	"strings"
	"testing"
	"time"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestParseDate(t *testing.T) {
	for in, good := range map[string]bool{
		"2026-10-31": true, "2000-01-01": true, "2199-12-31": true, "2028-02-29": true,
		"2026-02-29": false, "2026-02-30": false, "2026-13-01": false, "2026-00-10": false, "2026-10-00": false, "1999-12-31": false, "2200-01-01": false,
		"2026-1-2": false, "26-10-31": false, "2026/10/31": false, "31.10.2026": false, "20261031": false, "2026-10-31T00:00:00Z": false, "2026-10-31 ": false,
		"": false, "２０２６-10-31": false, "2026年10月31日": false, "46326": false,
	} {
		d, msg := piecework.ParseDate(in)
		if good != (msg == nil) || good && string(d) != in {
			t.Errorf("ParseDate(%q) = %q, %v", in, d, msg)
		}
	}
}

func TestDatesCount(t *testing.T) {
	for _, c := range []struct {
		day         piecework.Date
		add         int
		want        piecework.Date
		first, last piecework.Date
	}{
		{"2026-10-31", 1, "2026-11-01", "2026-10-01", "2026-10-31"},
		{"2026-12-31", 1, "2027-01-01", "2026-12-01", "2026-12-31"},
		{"2028-02-28", 1, "2028-02-29", "2028-02-01", "2028-02-29"},
		{"2027-03-01", -1, "2027-02-28", "2027-03-01", "2027-03-31"},
		{"2026-01-01", 365, "2027-01-01", "2026-01-01", "2026-01-31"},
	} {
		first, last := c.day.Month()
		if got := c.day.AddDays(c.add); got != c.want || first != c.first || last != c.last {
			t.Errorf("%s %+d days is %s in %s to %s", c.day, c.add, got, first, last)
		}
	}
	shanghai := time.FixedZone("Shanghai", 8*3600)
	if d := piecework.DateOf(time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC).In(shanghai)); d != "2026-11-01" {
		t.Errorf("four in the morning in Shanghai is still %s", d)
	}
}

func TestDatesInAndOut(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for _, due := range []piecework.Date{"", "2026-10-31", "2028-02-29"} {
		w.Order.DueOn = due
		w.Must(piecework.SaveOrder(w.Ctx, w.DB, w.Order))
		back, err := piecework.OrderByID(w.Ctx, w.DB, w.Order.ID)
		if err != nil || back.DueOn != due || back.OrderedOn != "2026-10-01" {
			t.Errorf("due %q comes back as %q, ordered %q, %v", due, back.DueOn, back.OrderedOn, err)
		}
		n, err := w.DB.NewSelect().Model((*piecework.ProcessingOrder)(nil)).Where("due_on IS NULL").Count(w.Ctx)
		if err != nil || (n == 1) != (due == "") {
			t.Errorf("%d orders without a due date, %v", n, err)
		}
	}
	var d piecework.Date
	if d.Scan(20261031) == nil {
		t.Error("a number was read as a date")
	}
}

func TestInstants(t *testing.T) {
	for in, want := range map[string]string{
		"2026-10-31T09:30:00+08:00": "2026-10-31T01:30:00.000Z", "2026-10-31T01:30:00.1239Z": "2026-10-31T01:30:00.123Z",
		"2026-10-31T09:30:00": "", "2026-10-31 09:30:00+08:00": "", "2026-10-31": "", "": "", "1793410200": "", "2026-02-30T00:00:00Z": "",
	} {
		i, msg := piecework.ParseInstant(in)
		if (msg == nil) != (want != "") || i.String() != want {
			t.Errorf("ParseInstant(%q) = %s, %v, want %q", in, i, msg, want)
		}
	}
	now := time.Now()
	if at := piecework.At(now); at.In(now.Location()).UnixMilli() != now.UnixMilli() || piecework.Now() < at {
		t.Error("moments do not come back")
	}
}

func TestCheckCode(t *testing.T) {
	for in, good := range map[string]bool{
		"A1": true, "王秀英-01": true, "a_b.c/d": true, strings.Repeat("工", 40): true, "é": true, "e\u0301": true, "𠮷": true,
		"": false, "A 1": false, " A1": false, "A1\n": false, "A,1": false, "A;1": false, "A'1": false, `A"1`: false, "A\x00": false, "\xff": false, "A\xc3": false,
		strings.Repeat("工", 41): false, "A\u200b1": false, "A\u202e1": false, "😀": false, "A%": false, "A\\": false, "<b>": false, "A\u00a0": false, "\ufffd": false,
	} {
		if msg := piecework.CheckCode(in); good != (msg == nil) {
			t.Errorf("CheckCode(%q): %v", in, msg)
		}
	}
}

func TestCheckText(t *testing.T) {
	for in, good := range map[string]bool{
		"": true, "王秀英": true, "O’Neill & Sons, “gold” 50%": true, "𠮷野": true, "😀": true, "\ufffd": true, strings.Repeat("工", 50): true,
		strings.Repeat("工", 51): false, "a\x00b": false, "a\nb": false, "a\tb": false, "a\u007fb": false, "a\u0085b": false, "a\u202eb": false, "a\u2066b": false, "\xff\xfe": false, "王\xe7": false,
	} {
		if msg := piecework.CheckText(in, 50); good != (msg == nil) {
			t.Errorf("CheckText(%q): %v", in, msg)
		}
	}
}

func TestCheckUID(t *testing.T) {
	for in, good := range map[string]bool{
		"0193a2b4-7c1d-7e55-9b7a-3f2f5b1c0d9e": true, "1": true, strings.Repeat("x", 64): true, "a,b'c": true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "a\n": false, "工": false, "\x7f": false,
	} {
		if msg := piecework.CheckUID(in); good != (msg == nil) {
			t.Errorf("CheckUID(%q): %v", in, msg)
		}
	}
}
