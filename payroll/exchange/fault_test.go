package exchange

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

const tallyHeader = "uid,session,worker,order,operation,good,rework,scrap_workmanship,scrap_material,recorded_at,reverses"

// badFile is month with one thing wrong in one file.
type badFile struct {
	name     string
	table    string
	old, new string // what is replaced, once; old "" replaces the whole file
	stored   bool   // month itself was imported before

	file   string // where the fault is; "" is table.csv
	row    int
	column string
	value  string
	says   string
	more   int // faults that follow from it, in other rows
}

var badFiles = []badFile{
	// The file as such.
	{name: "empty file", table: "workers", new: "", row: 1, says: "is empty"},
	{name: "only a byte order mark", table: "workers", new: "\xEF\xBB\xBF", row: 1, says: "is empty"},
	{name: "UTF-16", table: "workers", new: "\xFF\xFEc\x00o\x00d\x00e\x00", row: 1, says: "UTF-16"},
	{name: "unknown file", table: "tally", new: "uid\n", file: "tally.csv", says: "is not one of the tables"},
	{name: "unknown column", table: "workers", old: "share_weight", new: "weight", row: 1, column: "weight", value: "weight", says: "there is no such column"},
	{name: "column twice", table: "workers", old: "share_weight", new: "phone", row: 1, column: "phone", value: "phone", says: "twice"},
	{name: "required column missing", table: "sessions", old: "code,workshop,date", new: "code,workshop", row: 1, column: "date", says: "required and missing"},
	{name: "column in capitals", table: "contractors", old: "phone", new: "Phone", row: 1, column: "Phone", value: "Phone", says: "no such column"},
	{name: "header with a blank", table: "contractors", old: "phone", new: "phone ", row: 1, column: "phone ", value: "phone ", says: "no such column"},
	{name: "semicolons", table: "products", old: "code,name,craft", new: "code;name;craft", row: 1, column: "code;name;craft", value: "code;name;craft", says: "no such column"},
	{name: "bare quote in the header", table: "products", old: "name", new: `na"me`, row: 1, says: "double quote"},

	// The row as such.
	{name: "too few values", table: "workers", old: "V1,张三,B,,1", new: "V1,张三,B", row: 4, says: "has 3 values, the header has 5"},
	{name: "too many values", table: "workers", old: "V1,张三,B,,1", new: "V1,张三,B,,1,2", row: 4, says: "has 6 values"},
	{name: "bare quote", table: "products", old: "Earring", new: `Ear"ring`, row: 3, says: "double quote"},
	{name: "text after a quote", table: "products", old: "Earring", new: `"Ear"ring`, row: 3, says: "double quote"},
	{name: "quote never closed", table: "products", old: "Earring", new: `"Earring`, row: 3, says: "double quote"},

	// Encoding and characters.
	{name: "GBK", table: "products", old: "绢花", new: "\xBE\xEE\xBB\xA8", row: 2, column: "name", value: "�\ueee8", says: "is not UTF-8"},
	{name: "cut off character", table: "products", old: "绢花", new: "绢\xE8\x8A", row: 2, column: "name", value: "绢�", says: "is not UTF-8"},
	{name: "NUL", table: "products", old: "Earring", new: "Ear\x00ring", row: 3, column: "name", value: "Ear\x00ring", says: "cannot be printed"},
	{name: "line break in a name", table: "products", old: "Earring", new: "\"Ear\nring\"", row: 3, column: "name", value: "Ear\nring", says: "cannot be printed"},
	{name: "text direction override", table: "products", old: "Earring", new: "Ear\u202Ering", row: 3, column: "name", value: "Ear\u202Ering", says: "cannot be printed"},
	{name: "name too long", table: "products", old: "Earring", new: strings.Repeat("花", 201), row: 3, column: "name", value: strings.Repeat("花", 201), says: "longer than 200"},
	{name: "blank inside a code", table: "products", old: "P2,Earring", new: "P 2,Earring", row: 3, column: "code", value: "P 2", says: "only letters, digits", more: 3},
	{name: "code too long", table: "contractors", old: "C1", new: strings.Repeat("C", 41), row: 2, column: "code", value: strings.Repeat("C", 41), says: "longer than 40", more: 3},
	{name: "blank before a code", table: "sessions", old: "\nS2", new: "\n S2", row: 3, column: "code", value: " S2", says: "begin or end with a blank", more: 2},
	{name: "blank after a number", table: "rates", old: "0.12", new: "0.12 ", row: 3, column: "rate", value: "0.12 ", says: "begin or end with a blank"},
	{name: "full-width blank after a code", table: "sessions", old: "S2,A", new: "S2,A　", row: 3, column: "workshop", value: "A　", says: "begin or end with a blank"},
	{name: "name of blanks", table: "contractors", old: "泰山饰品", new: "  ", row: 2, column: "name", value: "  ", says: "is required"},
	{name: "required value missing", table: "orders", old: ",500,1.5,", new: ",,1.5,", row: 3, column: "quantity", says: "is required"},

	// Numbers.
	{name: "exponent in a rate", table: "rates", old: "0.0035", new: "3.5E-3", row: 2, column: "rate", value: "3.5E-3", says: "exponent"},
	{name: "thousands comma", table: "orders", old: "10000", new: `"10,000"`, row: 2, column: "quantity", value: "10,000", says: "comma"},
	{name: "Chinese comma", table: "orders", old: "10000", new: "10，000", row: 2, column: "quantity", value: "10，000", says: "comma"},
	{name: "negative count", table: "tallies", old: "O1,glue,50", new: "O1,glue,-3", row: 3, column: "good", value: "-3", says: "must not be negative"},
	{name: "negative nought", table: "tallies", old: "O1,glue,50", new: "O1,glue,-0", row: 3, column: "good", value: "-0", says: "must not be negative"},
	{name: "negative rate", table: "rates", old: "0.12", new: "-0.12", row: 3, column: "rate", value: "-0.12", says: "must not be negative"},
	{name: "negative amount", table: "adjustments", old: "200.5", new: "-200.5", row: 4, column: "amount", value: "-200.5", says: "must not be negative"},
	{name: "amount of nothing", table: "adjustments", old: "200.5", new: "0.00", row: 4, column: "amount", value: "0.00", says: "more than 0"},
	{name: "seven decimals in a rate", table: "rates", old: "0.0035", new: "0.0035001", row: 2, column: "rate", value: "0.0035001", says: "more than 6 decimals"},
	{name: "seven decimals in a fee", table: "orders", old: "0.35", new: "0.3500001", row: 2, column: "unit_fee", value: "0.3500001", says: "more than 6 decimals"},
	{name: "three decimals in an amount", table: "adjustments", old: "10.00", new: "10.005", row: 2, column: "amount", value: "10.005", says: "more than 2 decimals"},
	{name: "full-width digits", table: "tallies", old: "O1,glue,50", new: "O1,glue,５０", row: 3, column: "good", value: "５０", says: "plain digits"},
	{name: "leading plus", table: "tallies", old: "O1,glue,50", new: "O1,glue,+50", row: 3, column: "good", value: "+50", says: "must not begin with +"},
	{name: "fraction of a piece", table: "tallies", old: "O1,glue,50", new: "O1,glue,50.5", row: 3, column: "good", value: "50.5", says: "whole number"},
	{name: "words for a number", table: "tallies", old: "O1,glue,50", new: "O1,glue,fifty", row: 3, column: "good", value: "fifty", says: "whole number"},
	{name: "infinity", table: "rates", old: "0.12", new: "Inf", row: 3, column: "rate", value: "Inf", says: "plain number"},
	{name: "hexadecimal", table: "tallies", old: "O1,glue,50", new: "O1,glue,0x32", row: 3, column: "good", value: "0x32", says: "whole number"},
	{name: "rate without a leading nought", table: "rates", old: "0.12", new: ".12", row: 3, column: "rate", value: ".12", says: "plain number"},
	{name: "currency sign", table: "adjustments", old: "200.5", new: "¥200.5", row: 4, column: "amount", value: "¥200.5", says: "plain number"},
	{name: "count too big", table: "tallies", old: "O1,glue,50", new: "O1,glue,10000001", row: 3, column: "good", value: "10000001", says: "between 0 and 10000000"},
	{name: "count beyond 64 bits", table: "tallies", old: "O1,glue,50", new: "O1,glue,99999999999999999999", row: 3, column: "good", value: "99999999999999999999", says: "out of range"},
	{name: "rate too big", table: "rates", old: "0.12", new: "999999999999999", row: 3, column: "rate", value: "999999999999999", says: "out of range"},
	{name: "order of nothing", table: "orders", old: ",500,1.5,", new: ",0,1.5,", row: 3, column: "quantity", value: "0", says: "between 1 and"},
	{name: "sequence too big", table: "operations", old: "Cut,1", new: "Cut,10000", row: 4, column: "seq", value: "10000", says: "between 0 and 9999"},
	{name: "share of nothing", table: "workers", old: "1.2", new: "0", row: 2, column: "share_weight", value: "0", says: "more than 0"},

	// Dates, times, choices.
	{name: "day that never was", table: "sessions", old: "2026-10-09", new: "2026-02-30", row: 3, column: "date", value: "2026-02-30", says: "is not a date"},
	{name: "date the other way round", table: "sessions", old: "2026-10-09", new: "09/10/2026", row: 3, column: "date", value: "09/10/2026", says: "is not a date"},
	{name: "date in a far century", table: "sessions", old: "2026-10-09", new: "0226-10-09", row: 3, column: "date", value: "0226-10-09", says: "the year must be"},
	{name: "hour 25", table: "sessions", old: "08:00", new: "25:00", row: 2, column: "starts_at", value: "25:00", says: "is not a time"},
	{name: "time with seconds", table: "sessions", old: "08:00", new: "08:00:00", row: 2, column: "starts_at", value: "08:00:00", says: "is not a time"},
	{name: "end before start", table: "sessions", old: "17:30", new: "07:30", row: 2, column: "ends_at", value: "07:30", says: "later than the start"},
	{name: "due before ordered", table: "orders", old: "2026-10-31", new: "2026-09-27", row: 2, column: "due_on", value: "2026-09-27", says: "before the order date"},
	{name: "moment without a zone", table: "tallies", old: "T09:30:00+08:00", new: "T09:30:00", row: 2, column: "recorded_at", value: "2026-10-08T09:30:00", says: "is not a moment"},
	{name: "moment in a far year", table: "tallies", old: "2026-10-08T09:30", new: "1970-01-01T09:30", row: 2, column: "recorded_at", value: "1970-01-01T09:30:00+08:00", says: "the year must be"},
	{name: "unknown craft", table: "products", old: ",earring", new: ",Earring", row: 3, column: "craft", value: "Earring", says: "is not one of artificial_flower"},
	{name: "unknown kind", table: "adjustments", old: "advance", new: "loan", row: 4, column: "kind", value: "loan", says: "is not one of bonus"},
	{name: "unknown time zone", table: "workshops", old: "Asia/Shanghai", new: "Asia/Taian", row: 2, column: "timezone", value: "Asia/Taian", says: "is not a time zone"},
	{name: "currency as a sign", table: "workshops", old: "CNY", new: "元", row: 2, column: "currency", value: "元", says: "not a currency code"},
	{name: "currency in words", table: "workshops", old: "CNY", new: "yuan", row: 2, column: "currency", value: "yuan", says: "longer than 3"},

	// Codes of what there is not, and what does not belong together.
	{name: "unknown workshop", table: "workers", old: "V1,张三,B", new: "V1,张三,X", row: 4, column: "workshop", value: "X", says: "no workshop"},
	{name: "unknown contractor", table: "orders", old: "O2,A,C1", new: "O2,A,C9", row: 3, column: "contractor", value: "C9", says: "no contractor"},
	{name: "unknown product", table: "operations", old: "P2,cut", new: "P9,cut", row: 4, column: "product", value: "P9", says: "no product", more: 2},
	{name: "unknown session", table: "tallies", old: "u2,S1", new: "u2,S9", row: 3, column: "session", value: "S9", says: "no session"},
	{name: "unknown worker", table: "tallies", old: "u2,S1,W2", new: "u2,S1,W9", row: 3, column: "worker", value: "W9", says: "no worker"},
	{name: "code in another case", table: "tallies", old: "u2,S1,W2", new: "u2,S1,w2", row: 3, column: "worker", value: "w2", says: "no worker"},
	{name: "unknown order", table: "deliveries", old: "D2,O1", new: "D2,O9", row: 3, column: "order", value: "O9", says: "no order"},
	{name: "operation of another product", table: "tallies", old: "O2,cut", new: "O2,glue", row: 5, column: "operation", value: "glue", says: "no operation of this product"},
	{name: "rate for an operation of another product", table: "rates", old: "P2,cut", new: "P2,glue", row: 5, column: "operation", value: "glue", says: "no operation of this product"},
	{name: "rate for an order of another product", table: "rates", old: "P1,cut,O1", new: "P1,cut,O2", row: 4, column: "order", value: "O2", says: "another product"},
	{name: "worker of another workshop", table: "tallies", old: "u2,S1,W2", new: "u2,S1,V1", row: 3, column: "worker", value: "V1", says: "another workshop"},
	{name: "order of another workshop", table: "tallies", old: "u2,S1,W2,O1", new: "u2,S1,W2,O3", row: 3, column: "order", value: "O3", says: "another workshop"},

	// Keys.
	{name: "worker twice", table: "workers", old: "V1,张三,B,,1", new: "W1,李华,A,13800138000,1.2", row: 4, column: "code", value: "W1", says: "in row 2 already", more: 1},
	{name: "operation twice", table: "operations", old: "P1,glue", new: "P1,cut", row: 3, column: "code", value: "cut", says: "in row 2 already", more: 2},
	{name: "rate twice", table: "rates", old: "P1,cut,O1,2026-10-15", new: "P1,cut,,2026-10-01", row: 4, column: "effective_from", value: "2026-10-01", says: "in row 2 already"},
	{name: "uid twice", table: "tallies", old: "u2", new: "u1", row: 3, column: "uid", value: "u1", says: "in row 2 already"},
	{name: "uid missing", table: "tallies", old: "u2", new: "", row: 3, column: "uid", says: "is required"},
	{name: "uid too long", table: "tallies", old: "u2", new: strings.Repeat("u", 65), row: 3, column: "uid", value: strings.Repeat("u", 65), says: "longer than 64"},
	{name: "uid not ASCII", table: "tallies", old: "u2", new: "计2", row: 3, column: "uid", value: "计2", says: "ASCII"},

	// Tallies and deliveries.
	{name: "nothing counted", table: "tallies", old: "O1,glue,50", new: "O1,glue,0", row: 3, column: "good", value: "0", says: "nothing was counted"},
	{name: "reversal of an unknown uid", table: "tallies", old: ",u1\n", new: ",u0\n", row: 4, column: "reverses", value: "u0", says: "no tally with this uid"},
	{name: "reversal of itself", table: "tallies", old: ",u1\n", new: ",u3\n", row: 4, column: "reverses", value: "u3", says: "cannot strike itself"},
	{name: "reversal of another worker", table: "tallies", old: "u3,S2,W1", new: "u3,S2,W2", row: 4, column: "worker", value: "W2", says: "differs from tally u1"},
	{name: "reversal at another operation", table: "tallies", old: "u3,S2,W1,O1,cut", new: "u3,S2,W1,O1,glue", row: 4, column: "operation", value: "glue", says: "differs from tally u1"},
	{name: "reversal for another order", table: "tallies", old: "u3,S2,W1,O1", new: "u3,S2,W1,O2", row: 4, column: "order", value: "O2", says: "differs from tally u1"},
	{name: "reversal of a part", table: "tallies", old: "120,1,2,3,,u1", new: "120,1,2,2,,u1", row: 4, column: "scrap_material", value: "2", says: "differs from tally u1"},
	{name: "reversal of a reversal", table: "tallies", old: "u4,S2,W1,O2,cut,7,,,,,", new: "u4,S2,W1,O1,cut,120,1,2,3,,u3", row: 5, column: "reverses", value: "u3", says: "itself a reversal"},
	{name: "reversal twice", table: "tallies", old: "u4,S2,W1,O2,cut,7,,,,,", new: "u4,S2,W1,O1,cut,120,1,2,3,,u1", row: 5, column: "reverses", value: "u1", says: "struck already"},
	{name: "reversal in another workshop", table: "tallies", old: "v1,T1,V1,O3,cut,9,,,,,", new: "v1,T1,V1,O3,cut,7,,,,,u4", row: 6, column: "reverses", value: "u4", says: "another workshop"},
	{name: "more decided than delivered", table: "deliveries", old: "50,,,", new: "50,40,8,3", row: 3, column: "quantity", value: "50", says: "51 pieces accepted"},
	{name: "more accepted than delivered", table: "deliveries", old: "50,,,", new: "50,51,,", row: 3, column: "accepted", value: "51", says: "more than the 50 pieces"},
	{name: "note too long", table: "deliveries", old: "first", new: strings.Repeat("n", 501), row: 2, column: "note", value: strings.Repeat("n", 501), says: "longer than 500"},

	// What is stored already with another content.
	{name: "worker renamed", table: "workers", old: "李华", new: "李花", stored: true, row: 2, column: "name", value: "李花", says: `stored already with "李华"`},
	{name: "worker moved", table: "workers", old: "W1,李华,A", new: "W1,李华,B", stored: true, row: 2, column: "workshop", value: "B", says: "another workshop"},
	{name: "time zone changed", table: "workshops", old: "Asia/Shanghai", new: "Asia/Tokyo", stored: true, row: 2, column: "timezone", value: "Asia/Tokyo", says: "stored already"},
	{name: "craft changed", table: "products", old: ",earring", new: ",", stored: true, row: 3, column: "craft", value: "", says: `stored already with "earring"`},
	{name: "rate changed", table: "rates", old: "0.0035", new: "0.0036", stored: true, row: 2, column: "rate", value: "0.0036", says: `stored already with "0.0035"`},
	{name: "fee changed", table: "orders", old: "0.35", new: "0.36", stored: true, row: 2, column: "unit_fee", value: "0.36", says: `stored already with "0.35"`},
	{name: "session on another day", table: "sessions", old: "2026-10-08", new: "2026-10-07", stored: true, row: 2, column: "date", value: "2026-10-07", says: "stored already"},
	{name: "tally with another count", table: "tallies", old: "O1,glue,50", new: "O1,glue,51", stored: true, row: 3, column: "good", value: "51", says: "tally u2 is stored already with 50"},
	{name: "tally of another worker", table: "tallies", old: "u2,S1,W2", new: "u2,S1,W1", stored: true, row: 3, column: "worker", value: "W1", says: "another worker"},
	{name: "tally that now strikes", table: "tallies", old: "u4,S2,W1,O2,cut,7,,,,,", new: "u4,S2,W1,O2,cut,7,,,,,u2", stored: true, row: 5, column: "reverses", value: "u2", says: "another reverses"},
	{name: "tally at another moment", table: "tallies", old: "T09:30:00", new: "T09:31:00", stored: true, row: 2, column: "recorded_at", value: "2026-10-08T01:31:00.000Z", says: "stored already"},
	{name: "reversal of what is struck", table: "tallies", new: tallyHeader + "\nx1,S2,W1,O1,cut,120,1,2,3,,u1\n", stored: true, row: 2, column: "reverses", value: "u1", says: "struck already"},
	{name: "delivery decided otherwise", table: "deliveries", old: "100,90,4,6", new: "100,89,5,6", stored: true, row: 2, column: "accepted", value: "89", says: `stored already with "90"`},
}

// Every bad file is refused with file, row, column and value of what is wrong, and leaves the database as it was.
func TestBadFiles(t *testing.T) {
	for _, bad := range badFiles {
		t.Run(bad.name, func(t *testing.T) {
			files := month()
			if bad.old == "" {
				files[bad.table] = bad.new
			} else {
				changed := strings.Replace(files[bad.table], bad.old, bad.new, 1)
				if changed == files[bad.table] {
					t.Fatalf("%q does not stand in %s", bad.old, bad.table)
				}
				files[bad.table] = changed
			}
			dsn := pieceworktest.DSN(t)
			db := openDB(t, dsn)
			if bad.stored {
				mustImport(t, db, writeFolder(t, month()))
			}
			before := snapshot(t, db, dsn)
			db = openDB(t, dsn)
			_, err := Import(t.Context(), db, writeFolder(t, files), nil)
			bad.check(t, err)
			if snapshot(t, db, dsn) != before {
				t.Error("the database has changed")
			}
		})
	}
}

func (bad *badFile) check(t *testing.T, err error) {
	t.Helper()
	var faults *Faults
	if !errors.As(err, &faults) || !errors.Is(err, piecework.ErrInvalid) {
		t.Fatalf("got error %v, want faults", err)
	}
	want := bad.file
	if want == "" {
		want = bad.table + ".csv"
	}
	f := faults.List[0]
	// A header with a wrong name is wrong twice when the right name is required.
	if len(faults.List) != 1+bad.more && f.Row != 1 {
		t.Errorf("got %d faults, want %d:\n%v", len(faults.List), 1+bad.more, err)
	}
	if f.File != want || f.Row != bad.row || f.Column != bad.column || f.Value != bad.value || !strings.Contains(f.String(), bad.says) {
		t.Errorf("got  %s\nwant %s row %d column %s value %q: … %s", f, want, bad.row, bad.column, bad.value, bad.says)
	}
}

func TestFaultReadsAsOneLine(t *testing.T) {
	for _, c := range []struct {
		fault Fault
		want  string
	}{
		{Fault{"tallies.csv", 17, "good", "-3", *piecework.Msg("must not be negative")}, `tallies.csv row 17 column good value "-3": must not be negative`},
		{Fault{"m.xlsx sheet rates", 2, "rate", "1e3", *piecework.Msg("%q is not a plain number such as 12.50", "1e3")}, `m.xlsx sheet rates row 2 column rate value "1e3": is not a plain number such as 12.50`},
		{Fault{"a.csv", 3, "name", "x\ny", *piecework.Msg("is bad")}, `a.csv row 3 column name value "x\ny": is bad`},
		{Fault{"a.csv", 3, "", "", *piecework.Msg("has %d values", 2)}, `a.csv row 3: has 2 values`},
		{Fault{File: "a.csv", Message: *piecework.Msg("is empty")}, `a.csv: is empty`},
		{Fault{"a.csv", 9, "name", strings.Repeat("长", 70), *piecework.Msg("is long")}, `a.csv row 9 column name value "` + strings.Repeat("长", 60) + `…": is long`},
	} {
		if got := c.fault.String(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// All faults of a file are found at once; 100 are shown, the rest is counted, and a hopeless file is given up.
func TestManyFaults(t *testing.T) {
	db := pieceworktest.DB(t)
	bad := func(n int) *Faults {
		_, err := Import(t.Context(), db, writeFolder(t, map[string]string{"contractors": "code,name\n" + strings.Repeat("a b,\n", n)}), nil)
		var faults *Faults
		if !errors.As(err, &faults) {
			t.Fatalf("got %v", err)
		}
		return faults
	}
	if f := bad(100); len(f.List) != 100 || f.More != 100 || !strings.HasSuffix(f.Error(), "\nand 100 more") {
		t.Errorf("200 faults: %d shown, %d more", len(f.List), f.More)
	}
	if f := bad(50); len(f.List) != 100 || f.More != 0 || strings.Contains(f.Error(), " more") {
		t.Errorf("100 faults: %d shown, %d more", len(f.List), f.More)
	}
	if f := bad(20_000); f.More > maxCounted+10 || !strings.Contains(f.Error(), "and more than") {
		t.Errorf("40000 faults: %d counted", f.More)
	}
}

// A row that is wrong is blamed once: what refers to it is not.
func TestFaultsDoNotSpread(t *testing.T) {
	files := month()
	files["workshops"] = strings.Replace(files["workshops"], "CNY", "Y", 1)
	files["products"] = strings.Replace(files["products"], ",earring", ",ear", 1)
	files["tallies"] = strings.Replace(files["tallies"], ",120,", ",-1,", 1)
	_, err := Import(t.Context(), pieceworktest.DB(t), writeFolder(t, files), nil)
	var faults *Faults
	if !errors.As(err, &faults) || len(faults.List) != 3 {
		t.Errorf("got %v, want three faults", err)
	}
}

// Every fault of a row is told at once, and all of them in the order of the file, whenever they were found.
func TestFaultsAreWholeAndInOrder(t *testing.T) {
	files := month()
	files["rates"] = strings.Replace(files["rates"], "P1,cut,O1,2026-10-15,0.004", "P9,cut,O9,2026-10-15,1e3", 1)
	files["tallies"] = strings.NewReplacer("W2,O1,glue,50", "W9,O9,glue,-3", ",,u1\n", ",,u9\n", "O3,cut,9", "O3,cut,x").Replace(files["tallies"])
	_, err := Import(t.Context(), pieceworktest.DB(t), writeFolder(t, files), nil)
	var faults *Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, f := range faults.List {
		got = append(got, fmt.Sprint(f.File, " ", f.Row, " ", f.Column))
	}
	want := []string{"rates.csv 4 rate", "rates.csv 4 product", "rates.csv 4 order",
		"tallies.csv 3 good", "tallies.csv 3 worker", "tallies.csv 3 order", "tallies.csv 4 reverses", "tallies.csv 6 good"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestWhatIsNoImport(t *testing.T) {
	db := pieceworktest.DB(t)
	for name, path := range map[string]string{
		"missing path":  t.TempDir() + "/nothing",
		"empty folder":  t.TempDir(),
		"other file":    writeFolder(t, map[string]string{"notes.txt": "hello"}) + "/notes.txt",
		"no workbook":   writeFolder(t, map[string]string{"x.xlsx": "hello"}) + "/x.xlsx",
		"only a readme": writeFolder(t, map[string]string{"README.txt": "hello"}),
	} {
		if _, err := Import(t.Context(), db, path, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
