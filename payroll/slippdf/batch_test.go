package slippdf

import (
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/press"
	"jijian/piecework/press/presstest"
)

func testPrinter(t testing.TB) *Printer {
	t.Helper()
	fonts, err := press.NewFonts(presstest.Weights(t))
	if err != nil {
		t.Fatal(err)
	}
	return NewPrinter(fonts)
}

// anyText draws what people and machines put into a name field.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[一-龥]{0,80}`),
		rapid.StringMatching(`[A-Za-z .,()-]{0,200}`),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) }),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOf(rapid.Rune()).Draw(t, "runes")) }),
	)
}

// TestAnyBatchPrints: no text at all makes a print fail.
func TestAnyBatchPrints(t *testing.T) {
	p := testPrinter(t)
	rapid.Check(t, func(t *rapid.T) {
		text := func(what string) string { return anyText().Draw(t, what) }
		slip := Slip{
			Number: text("number"), Workshop: text("workshop"), WorkerName: text("worker"), WorkerCode: text("code"),
			Currency: text("currency"), CheckURL: text("url"), CheckCode: text("check"), Footnotes: []string{text("note")},
			Draft: rapid.Bool().Draw(t, "draft"), Version: rapid.Int().Draw(t, "version"),
			Net: piecework.Fen(rapid.Int64Range(0, 1e17).Draw(t, "net")),
		}
		for range rapid.IntRange(0, 30).Draw(t, "lines") {
			slip.Lines = append(slip.Lines, Line{
				Kind: text("kind"), Order: text("order"), Operation: text("operation"), HasQuantity: rapid.Bool().Draw(t, "counted"),
				Quantity: rapid.Int64().Draw(t, "quantity"), Rate: piecework.Millionths(rapid.Int64().Draw(t, "rate")),
				Amount: piecework.Fen(rapid.Int64().Draw(t, "amount")), ScrapMaterial: rapid.Int64().Draw(t, "scrap"),
			})
		}
		format := rapid.SampledFrom([]Format{A5, ThreeUp, Thermal}).Draw(t, "format")
		warnings, err := p.Write(io.Discard, format, rapid.SampledFrom([]string{"zh", "en", ""}).Draw(t, "lang"), []Slip{slip, slip})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range warnings {
			if strings.HasPrefix(w.String(), "this slip") {
				t.Fatalf("the slip was not set as it is: %s", w.String())
			}
		}
	})
}

// TestRescue: a slip whose setting panics is set again without what may be the cause, and is reported.
func TestRescue(t *testing.T) {
	slip := Slip{Number: "7", WorkerName: "bad", Lines: make([]Line, 1), Net: piecework.Fen(100)}
	var said []string
	warn := func(format string, args ...any) { said = append(said, piecework.Msg(format, args...).String()) }
	sheets := rescued(&slip, warn, func(s *Slip) []*press.Sheet {
		if len(s.Lines) > 0 {
			panic("no such line")
		}
		if s.Number != "7" || s.Net.Cmp(slip.Net) != 0 {
			t.Errorf("the short form is %+v", s)
		}
		return []*press.Sheet{{}}
	})
	if len(sheets) != 1 || len(said) != 1 || !strings.Contains(said[0], "no such line") {
		t.Errorf("%d sheets, warnings %q", len(sheets), said)
	}
	said = nil
	if sheets = rescued(&slip, warn, func(*Slip) []*press.Sheet { panic("never") }); len(sheets) != 0 || len(said) != 2 {
		t.Errorf("%d sheets, warnings %q", len(sheets), said)
	}
	if slip.WorkerName != "bad" || len(slip.Lines) != 1 {
		t.Error("the caller's slip was changed")
	}
}

// TestCheckCodeIsLargeEnough: every paper gives the QR code at least 15 mm within its quiet zone.
func TestCheckCodeIsLargeEnough(t *testing.T) {
	qr, err := press.QR("https://jijian.example.org/c/4821073956")
	if err != nil {
		t.Fatal(err)
	}
	for format, paper := range papers {
		if width := paper.code * (1 - 2*press.QuietZone/float64(qr.Across)); width < 15 {
			t.Errorf("%s: the code is %.1f mm wide without its quiet zone, less than 15", format, width)
		}
	}
}
