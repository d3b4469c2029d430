package exchange

import (
	"archive/zip"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// workbookOf writes tables as sheets with excelize, every cell through set.
func workbookOf(t testing.TB, files map[string]string, set func(f *excelize.File, sheet, at string, c *Column, value string) error) string {
	t.Helper()
	f := excelize.NewFile() // its empty Sheet1 stays and is passed over
	defer f.Close()
	for name, content := range files {
		records, err := csv.NewReader(strings.NewReader(content)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		table := tableNamed(name)
		for y, record := range records {
			for x, value := range record {
				at, _ := excelize.CoordinatesToCellName(x+1, y+1)
				var err error
				if y == 0 || table == nil {
					err = f.SetCellStr(name, at, value)
				} else if value != "" {
					err = set(f, name, at, &table.Columns[table.index(records[0][x])], value)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	path := filepath.Join(t.TempDir(), "month.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func asString(f *excelize.File, sheet, at string, _ *Column, value string) error {
	return f.SetCellStr(sheet, at, value)
}

// asTyped enters what a person who types into a fresh spreadsheet gets: numbers, dates and times as numbers with a style.
func asTyped(f *excelize.File, sheet, at string, c *Column, value string) error {
	style := func(format string) error {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			return err
		}
		return f.SetCellStyle(sheet, at, at, id)
	}
	switch c.Kind {
	case Date:
		day, err := time.Parse("2006-01-02", value)
		if err != nil {
			return err
		}
		if err := f.SetCellValue(sheet, at, day); err != nil {
			return err
		}
		return style(`yyyy"年"m"月"d"日";@`)
	case Clock:
		clock, err := time.Parse("15:04", value)
		if err != nil {
			return err
		}
		if err := f.SetCellFloat(sheet, at, float64(clock.Hour()*60+clock.Minute())/(24*60), -1, 64); err != nil {
			return err
		}
		return style("[$-F400]h:mm:ss AM/PM")
	case Count, Rate, Money, Weight:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return err
		}
		return f.SetCellFloat(sheet, at, n, -1, 64)
	case Text:
		if n, err := strconv.ParseInt(value, 10, 64); err == nil { // a telephone number
			return f.SetCellInt(sheet, at, n)
		}
	}
	return f.SetCellStr(sheet, at, value)
}

// The same month is stored from CSV, from a workbook of texts and from a workbook of numbers and dates, and each counts as
// the same file when the others follow.
func TestWorkbookMeansTheSame(t *testing.T) {
	texts, typed := workbookOf(t, month(), asString), workbookOf(t, month(), asTyped)
	for name, path := range map[string]string{"texts": texts, "typed": typed} {
		db := pieceworktest.DB(t)
		mustImport(t, db, path)
		if got := dump(t, db); got != wantDump {
			t.Errorf("%s: stored\n%s\nwant\n%s", name, got, wantDump)
		}
		for _, again := range []string{writeFolder(t, month()), texts, typed} {
			if res := mustImport(t, db, again); res.New() != 0 {
				t.Errorf("%s, then %s: %s", name, filepath.Base(again), res)
			}
		}
	}
}

// The template, filled in, is imported; its explanation is passed over.
func TestFilledTemplate(t *testing.T) {
	path := templateFile(t)
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at, value := range map[string]string{"A2": "007", "B2": "一号", "C2": "", "A3": "2026-10-31", "B3": "二号"} {
		if err := f.SetCellStr("workshops", at, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	db := pieceworktest.DB(t)
	if res := mustImport(t, db, path); res.New() != 2 || len(res.Tables) != len(Tables) {
		t.Errorf("got %s", res)
	}
	if _, err := piecework.WorkshopByCode(t.Context(), db, "007"); err != nil {
		t.Error(err)
	}
}

func TestCellText(t *testing.T) {
	for _, c := range []struct {
		text string
		form form
		kind Kind
		want string
		says string
	}{
		{"3.5000000000000001E-3", asNumber, Rate, "0.0035", ""},
		{"0.29999999999999999", asNumber, Rate, "0.3", ""},
		{"0.30000000000000004", asNumber, Rate, "0.3", ""},
		{"1.0000000000000001E-5", asNumber, Rate, "0.00001", ""},
		{"1E-6", asNumber, Rate, "0.000001", ""},
		{"9.9999999999999995E-7", asNumber, Rate, "0.000001", ""},
		{"1234567890.12", asNumber, Money, "1234567890.12", ""},
		{"200.5", asNumber, Money, "200.5", ""},
		{"0.1", asNumber, Count, "0.1", ""},
		{"12", asNumber, Count, "12", ""},
		{"-3", asNumber, Count, "-3", ""},
		{"1000000", asNumber, Count, "1000000", ""},
		{"1E+6", asNumber, Count, "1000000", ""},
		{"13800138000", asNumber, Text, "13800138000", ""},
		{"1.3800138E10", asNumber, Text, "13800138000", ""},
		{"1001", asNumber, Code, "1001", ""},
		{"1.2345678901234501E+17", asNumber, UID, "123456789012345000", "lost its last digits"},
		{"3.5E-3", asText, Rate, "3.5E-3", ""},
		{"46326", asDate, Date, "2026-10-31", ""},
		{"46326.0", asDate, Date, "2026-10-31", ""},
		{"46326", asMoment, Date, "2026-10-31", ""},
		{"46326.5", asMoment, Date, "2026-10-31 12:00", ""},
		{"46326.395833333336", asMoment, Instant, "2026-10-31 09:30", "no time zone"},
		{"46326", asNumber, Date, "46326", ""},
		{"0.35416666666666669", asTime, Clock, "08:30", ""},
		{"0.99930555555555556", asTime, Clock, "23:59", ""},
		{"0", asTime, Clock, "00:00", ""},
		{"0.35434027777777777", asTime, Clock, "08:30:15", ""},
		{"1.25", asTime, Clock, "1899-12-31 06:00", ""},
		{"5", asDate, Count, "1900-01-04", ""},
		{"1e300", asDate, Date, "1" + strings.Repeat("0", 300), "is not a date"},
		{"NaN", asNumber, Count, "NaN", "is not a number"},
		{"junk", asNumber, Count, "junk", "is not a number"},
		{"#N/A", asError, Text, "#N/A", "error of a formula"},
		{"", asNumber, Count, "", ""},
	} {
		got, msg := cell{c.text, c.form}.textFor(c.kind, false)
		switch {
		case got != c.want:
			t.Errorf("%q as %d for %d: got %q, want %q", c.text, c.form, c.kind, got, c.want)
		case (msg == nil) != (c.says == "") || msg != nil && !strings.Contains(msg.String(), c.says):
			t.Errorf("%q as %d for %d: got message %v, want %q", c.text, c.form, c.kind, msg, c.says)
		}
	}
	if got, _ := (cell{"44864", asDate}).textFor(Date, true); got != "2026-10-31" {
		t.Errorf("counted from 1904, day 44864 is %q", got)
	}
}

func TestNumberFormats(t *testing.T) {
	for format, want := range map[string]form{
		"General": asNumber, "0.00": asNumber, "#,##0.00": asNumber, "0.00E+00": asNumber, "@": asNumber, `0.00"元"`: asNumber,
		"[Red]-0.00": asNumber, `[$¥-804]#,##0.00`: asNumber, `0"days"`: asNumber, `0\d`: asNumber, "": asNumber, `"`: asNumber, "[": asNumber,
		"yyyy-mm-dd": asDate, `yyyy"年"m"月"d"日";@`: asDate, "[$-804]d/m/yyyy": asDate, "YYYY/MM/DD": asDate,
		"h:mm": asTime, "[h]:mm:ss": asTime, "HH:MM AM/PM": asTime, "mm:ss.0": asTime, "[mm]": asTime,
		"yyyy-mm-dd hh:mm": asMoment, `d"日"h"时"`: asMoment,
	} {
		if got := formOf(format); got != want {
			t.Errorf("%q: got %d, want %d", format, got, want)
		}
	}
}

// rawWorkbook writes a workbook by hand, so that cells can be stored the way Excel itself stores them.
func rawWorkbook(t testing.TB, parts map[string]string) string {
	t.Helper()
	all := map[string]string{
		"_rels/.rels": `<Relationships xmlns="x"><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook xmlns:r="y"><workbookPr/><sheets><sheet name="contractors" sheetId="1" r:id="r1"/>` +
			`<sheet name="rates" sheetId="2" state="hidden" r:id="r2"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="r2" Type="http://x/worksheet" Target="/xl/worksheets/sheet2.xml"/>` +
			`<Relationship Id="r3" Type="http://x/styles" Target="styles.xml"/><Relationship Id="r4" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy/m/d"/></numFmts>` +
			`<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>`,
		"xl/sharedStrings.xml": `<sst><si><t>code</t></si><si><t>name</t></si><si><r><t>泰</t></r><r><rPr/><t xml:space="preserve">山</t></r><rPh><t>tai</t></rPh></si>` +
			`<si><t>a_x000D_b</t></si><si><t/></si></sst>`,
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>` +
			`<row r="3"><c r="A3"><v>1001</v></c><c r="B3" t="s"><v>2</v></c><c r="D3" t="s"><v>4</v></c></row><row r="9"><c r="B9" t="s"><v>4</v></c></row></sheetData></worksheet>`,
		"xl/worksheets/sheet2.xml": `<worksheet><sheetData><row r="1">` + inline("product", "operation", "effective_from", "rate") + `</row></sheetData></worksheet>`,
	}
	for name, content := range parts {
		all[name] = content
	}
	path := filepath.Join(t.TempDir(), "raw.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for name, content := range all {
		if content == "" {
			continue
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func inline(values ...string) string {
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, `<c t="inlineStr"><is><t>%s</t></is></c>`, v)
	}
	return b.String()
}

func sheetXML(header string, row string) string {
	return `<worksheet><sheetData><row>` + inline(strings.Split(header, ",")...) + `</row><row>` + row + `</row></sheetData></worksheet>`
}

// What Excel writes itself: shared and rich text, rows left out, numbers with 17 digits, dates in two styles.
func TestWorkbookAsExcelWritesIt(t *testing.T) {
	db := pieceworktest.DB(t)
	files := month()
	delete(files, "rates")
	mustImport(t, db, writeFolder(t, files))
	rates := sheetXML("product,operation,effective_from,rate", inline("P1", "cut")+`<c s="1"><v>46296</v></c><c><v>3.5000000000000001E-3</v></c></row>`+
		`<row>`+inline("P1", "glue")+`<c s="2"><v>46296</v></c><c><f>1/3</f><v>0.33333299999999999</v></c>`)
	res := mustImport(t, db, rawWorkbook(t, map[string]string{"xl/worksheets/sheet2.xml": rates}))
	if res.Tables[0].New != 1 || res.Tables[1].New != 2 {
		t.Errorf("got %s", res)
	}
	c, err := piecework.ContractorByCode(t.Context(), db, "1001")
	if err != nil || c.Name != "泰山" {
		t.Errorf("contractor 1001 is %+v, %v", c, err)
	}
	book, err := piecework.LoadRates(t.Context(), db, 0)
	if err != nil {
		t.Fatal(err)
	}
	for operation, want := range map[int64]string{1: "0.0035", 2: "0.333333"} {
		if rate, ok := book.On(0, operation, "2026-10-01"); !ok || rate.String() != want {
			t.Errorf("operation %d: rate %s, %v, want %s", operation, rate, ok, want)
		}
	}
}

// A small archive that would unpack to more than any workbook holds is not unpacked at all.
func TestTooLargeWorkbooks(t *testing.T) {
	of := func(sizes ...uint64) *zip.Reader {
		r := &zip.Reader{}
		for _, size := range sizes {
			r.File = append(r.File, &zip.File{FileHeader: zip.FileHeader{UncompressedSize64: size}})
		}
		return r
	}
	for _, tt := range []struct {
		archive *zip.Reader
		want    bool
	}{{of(), false}, {of(maxBook), false}, {of(maxBook, 1), true}, {of(maxBook + 1), true}, {of(1<<63, 1<<63), true}, {of(make([]uint64, maxParts)...), false}, {of(make([]uint64, maxParts+1)...), true}} {
		if tooLarge(tt.archive) != tt.want {
			t.Errorf("%d files: %v", len(tt.archive.File), !tt.want)
		}
	}
	parts := map[string]string{}
	for i := range maxParts {
		parts[fmt.Sprintf("xl/media/%d", i)] = "x"
	}
	if _, err := Import(t.Context(), openDB(t, pieceworktest.DSN(t)), rawWorkbook(t, parts), nil); err == nil || !strings.Contains(err.Error(), "unpacks to more") {
		t.Errorf("a workbook of very many parts: %v", err)
	}
}

// Bad workbooks are refused like bad files; sheet, row, column and value are named.
func TestBadWorkbooks(t *testing.T) {
	const contractors = "xl/worksheets/sheet1.xml"
	const rates = "xl/worksheets/sheet2.xml"
	header := "product,operation,effective_from,rate"
	good := inline("P1", "cut") + `<c s="1"><v>46326</v></c>`
	for _, bad := range []struct {
		name, part, content string
		want                string
	}{
		{"exponent as text", rates, sheetXML(header, good+inline("3.5E-3")), `raw.xlsx sheet rates row 2 column rate value "3.5E-3": is written with an exponent`},
		{"seven decimals", rates, sheetXML(header, good+`<c><v>1.2345678E-1</v></c>`), `raw.xlsx sheet rates row 2 column rate value "0.12345678": has more than 6 decimals`},
		{"a third", rates, sheetXML(header, good+`<c><v>0.33333333333333331</v></c>`), `row 2 column rate value "0.333333333333333": has more than 6 decimals`},
		{"number for a date", rates, sheetXML(header, inline("P1", "cut")+`<c><v>46326</v></c><c><v>1</v></c>`), `row 2 column effective_from value "46326": is not a date`},
		{"moment for a date", rates, sheetXML(header, inline("P1", "cut")+`<c s="3"><v>46326.5</v></c><c><v>1</v></c>`), `row 2 column effective_from value "2026-10-31 12:00": is not a date`},
		{"date for a rate", rates, sheetXML(header, good+`<c s="1"><v>5</v></c>`), `row 2 column rate value "1900-01-04": is not a plain number`},
		{"formula error", rates, sheetXML(header, good+`<c t="e"><f>A1</f><v>#REF!</v></c>`), `row 2 column rate value "#REF!": is the error of a formula`},
		{"true for a rate", rates, sheetXML(header, good+`<c t="b"><v>1</v></c>`), `row 2 column rate value "TRUE": is not a plain number`},
		{"value beyond the columns", rates, sheetXML(header, good+inline("1", "note")), `raw.xlsx sheet rates row 2: "note" stands outside the columns`},
		{"required cell blank", rates, sheetXML(header, good), `row 2 column rate value "": is required`},
		{"code that lost digits", contractors, sheetXML("code,name", `<c><v>1.2345678901234499E+17</v></c>`+inline("x")), `row 2 column code value "123456789012345000": was kept as a number`},
		{"carriage return in a name", contractors, sheetXML("code,name", inline("C7")+`<c t="s"><v>3</v></c>`), `row 2 column name value "a\rb": holds characters that cannot be printed`},
		{"unknown column", contractors, sheetXML("code,nome", inline("C7", "x")), `raw.xlsx sheet contractors row 1 column nome value "nome": there is no such column`},
		{"empty sheet", contractors, `<worksheet><sheetData/></worksheet>`, `raw.xlsx sheet contractors row 1: is empty`},
		{"missing shared text", contractors, sheetXML("code,name", `<c t="s"><v>99</v></c>`), `row 2 names the missing text "99"`},
		{"broken XML", contractors, `<worksheet><sheetData><row><c t="s"><v>0</v>`, "is damaged"},
		{"missing sheet", contractors, "", "is missing"},
		{"missing workbook", "xl/workbook.xml", "", "raw.xlsx: is damaged"},
		{"broken styles", "xl/styles.xml", "<styleSheet><numFmts>", "raw.xlsx: is damaged"},
		{"broken strings", "xl/sharedStrings.xml", "<sst><si><t>x", "raw.xlsx: is damaged"},
		{"mistyped sheet", "xl/workbook.xml", `<workbook xmlns:r="y"><sheets><sheet name="contractor" r:id="r1"/></sheets></workbook>`, "raw.xlsx sheet contractor: is not one of the tables"},
		{"no table at all", "xl/workbook.xml", `<workbook><sheets/></workbook>`, "holds none of the tables"},
	} {
		t.Run(bad.name, func(t *testing.T) {
			dsn := pieceworktest.DSN(t)
			db := openDB(t, dsn)
			files := month()
			delete(files, "rates")
			mustImport(t, db, writeFolder(t, files))
			before := snapshot(t, db, dsn)
			db = openDB(t, dsn)
			_, err := Import(t.Context(), db, rawWorkbook(t, map[string]string{bad.part: bad.content}), nil)
			if err == nil || !strings.Contains(err.Error(), bad.want) {
				t.Errorf("got  %v\nwant %s", err, bad.want)
			}
			if snapshot(t, db, dsn) != before {
				t.Error("the database has changed")
			}
		})
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "a", "_x000D_": "\r", "a_x005F_x0041_": "a_x0041_", "_x00": "_x00", "_xZZZZ_": "_xZZZZ_", "_x4E2D__x6587_": "中文"} {
		if got := unescape(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
