package slippdf

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"rsc.io/qr"

	"jijian/piecework"
)

func testPrinter(t testing.TB) *Printer {
	t.Helper()
	var weights [2][]byte
	for i, name := range []string{"NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"} {
		var err error
		if weights[i], err = os.ReadFile(filepath.Join("..", "..", "templates", "dist", "fonts", name)); err != nil {
			t.Fatalf("%v: run make assets", err)
		}
	}
	p, err := NewPrinter(weights[0], weights[1])
	if err != nil {
		t.Fatal(err)
	}
	return p
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

// TestCleanTextIsPrintable: whatever goes in, only codes that both weights can print come out, and nothing good is lost.
func TestCleanTextIsPrintable(t *testing.T) {
	fonts := &testPrinter(t).fonts
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Draw(t, "text")
		c := fonts.clean(s)
		for _, code := range c.text {
			if !fonts.has(code) || fonts.bold.glyph[code] == 0 {
				t.Fatalf("%q is cleaned to %q with %U, which cannot be printed", s, c.text, code)
			}
		}
		if strings.Contains(c.text, "  ") || c.text != strings.TrimSpace(c.text) {
			t.Fatalf("%q is cleaned to %q: blanks are left", s, c.text)
		}
		good := strings.Join(strings.Fields(s), " ")
		if !c.dropped && !c.cut && len(c.lacking) == 0 && !strings.ContainsFunc(s, func(r rune) bool { return r > 0xFFFF || r == 0x0301 }) &&
			len([]rune(good)) != len([]rune(c.text)) && !strings.ContainsFunc(s, isMark) {
			t.Fatalf("%q is cleaned to %q without a word", s, c.text)
		}
	})
}

func isMark(r rune) bool { return r >= 0x0300 && r <= 0x036F }

// TestFittedLines: lines are no wider than the column, no more than allowed, and hold all of the text unless it is cut.
func TestFittedLines(t *testing.T) {
	fonts := &testPrinter(t).fonts
	rapid.Check(t, func(t *rapid.T) {
		text := fonts.clean(anyText().Draw(t, "text")).text
		width := rapid.Float64Range(10, 120).Draw(t, "width")
		steps := []step{{12, 1}, {9, 2}, {7, rapid.IntRange(1, 5).Draw(t, "lines")}}
		lines, size, cut := fonts.regular.fit(text, width, steps...)
		i := slices.IndexFunc(steps, func(s step) bool { return s.size == size })
		if len(lines) > steps[i].lines {
			t.Fatalf("%d lines of %g pt", len(lines), size)
		}
		for _, line := range lines {
			if w := fonts.regular.width(line, size); w > width {
				t.Fatalf("%q is %g mm wide, more than %g", line, w, width)
			}
		}
		whole, got := strings.ReplaceAll(text, " ", ""), strings.ReplaceAll(strings.Join(lines, ""), " ", "")
		if cut {
			got = strings.TrimSuffix(got, "…")
		}
		if !cut && got != whole || !strings.HasPrefix(whole, got) {
			t.Fatalf("%q is set as %q", text, lines)
		}
	})
}

func TestLineEnds(t *testing.T) {
	regular := testPrinter(t).fonts.regular
	for _, c := range []struct {
		text  string
		width float64 // in ems of a 10 pt text
		want  []string
	}{
		{"花瓣定型粘花成束", 4, []string{"花瓣定型", "粘花成束"}},
		{"花瓣定型，粘花", 4, []string{"花瓣定", "型，粘花"}},
		{"花瓣（七头）成束", 3, []string{"花瓣", "（七", "头）成", "束"}},
		{"Shaping petals", 5, []string{"Shaping", "petals"}},
		{"磁吸 Magnetic 睫毛", 6, []string{"磁吸", "Magnetic 睫", "毛"}},
		{"花瓣", 0.5, []string{"花", "瓣"}}, // narrower than a character: better over the edge than lost
		{"WWWWWWWW", 3, []string{"WWW", "WWW", "WW"}},
	} {
		lines, _, _ := regular.fit(c.text, c.width*10*millimetres+0.01, step{10, 9})
		if !slices.Equal(lines, c.want) {
			t.Errorf("%s in %g: %q, want %q", c.text, c.width, lines, c.want)
		}
	}
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
	sheets := rescued(&slip, warn, func(s *Slip) []*sheet {
		if len(s.Lines) > 0 {
			panic("no such line")
		}
		if s.Number != "7" || s.Net.Cmp(slip.Net) != 0 {
			t.Errorf("the short form is %+v", s)
		}
		return []*sheet{{}}
	})
	if len(sheets) != 1 || len(said) != 1 || !strings.Contains(said[0], "no such line") {
		t.Errorf("%d sheets, warnings %q", len(sheets), said)
	}
	said = nil
	if sheets = rescued(&slip, warn, func(*Slip) []*sheet { panic("never") }); len(sheets) != 0 || len(said) != 2 {
		t.Errorf("%d sheets, warnings %q", len(sheets), said)
	}
	if slip.WorkerName != "bad" || len(slip.Lines) != 1 {
		t.Error("the caller's slip was changed")
	}
}

// TestCheckCodePath draws the path into modules again and compares them with the code.
func TestCheckCodePath(t *testing.T) {
	const url = "https://jijian.example.org/c/4821073956"
	path, modules, err := qrPath(url)
	if err != nil {
		t.Fatal(err)
	}
	want, err := qr.Encode(url, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	dark := map[[2]int]bool{}
	numbers := strings.Fields(strings.TrimSuffix(path, "f"))
	for i := 0; i < len(numbers); i += 5 {
		x, y, w := atoi(t, numbers[i]), atoi(t, numbers[i+1]), atoi(t, numbers[i+2])
		if numbers[i+3] != "1" || numbers[i+4] != "re" {
			t.Fatalf("%q is not a row of modules", numbers[i:i+5])
		}
		for n := range w {
			dark[[2]int{x + n - quietZone, modules - 1 - y - quietZone}] = true
		}
	}
	for y := -quietZone; y < want.Size+quietZone; y++ {
		for x := -quietZone; x < want.Size+quietZone; x++ {
			if dark[[2]int{x, y}] != want.Black(x, y) {
				t.Fatalf("module %d, %d is wrong", x, y)
			}
		}
	}
	for format, paper := range papers {
		if width := paper.code * (1 - 2*quietZone/float64(modules)); width < 15 {
			t.Errorf("%s: the code is %.1f mm wide without its quiet zone, less than 15", format, width)
		}
	}
}

func atoi(t *testing.T, s string) (n int) {
	t.Helper()
	for _, r := range s {
		if r < '0' || r > '9' {
			t.Fatalf("%q is not a number", s)
		}
		n = 10*n + int(r-'0')
	}
	return n
}

// TestCutFontReadsBack cuts a few letters out and reads the font again.
func TestCutFontReadsBack(t *testing.T) {
	fonts := &testPrinter(t).fonts
	codes := []rune{' ', '0', 'A', 'é', 'ü', '〓', '计', '，', firstSlot}
	for _, f := range []*face{fonts.regular, fonts.bold} {
		again, runes, err := parseFace(f.cut(codes))
		if err != nil {
			t.Fatal(err)
		}
		if len(runes) != len(codes) {
			t.Errorf("%d characters in the cut font, want %d", len(runes), len(codes))
		}
		for _, code := range codes {
			old, new := f.glyph[code], runes[code]
			if again.advance[new] != f.advance[old] || again.bearing[new] != f.bearing[old] {
				t.Errorf("%U has other measures", code)
			}
			if parts := len(f.outline[old]); len(again.outline[new]) < parts {
				t.Errorf("%U has lost its outline", code)
			} else if simple := parts > 1 && int16(u16(f.outline[old], 0)) >= 0; simple && !bytes.HasPrefix(again.outline[new], f.outline[old]) {
				t.Errorf("%U has another outline", code)
			}
		}
	}
}

// TestComposedGlyphs renumbers the parts of a glyph made of others, in each of the shapes a part can have.
func TestComposedGlyphs(t *testing.T) {
	glyph := slices.Concat([]byte{0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0}, // −1 contours and a box
		[]byte{0, 0x21, 0, 5, 1, 1, 1, 1},                   // words
		[]byte{0, 0x28, 0, 6, 2, 2, 2, 2},                   // bytes, one scale
		[]byte{0, 0x60, 0, 7, 3, 3, 3, 3, 3, 3},             // two scales
		[]byte{0, 0xA0, 0, 8, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4}, // a matrix
		[]byte{0, 0x00, 0, 9, 5, 5},                         // the last
		[]byte{0, 0x20, 0, 1, 6, 6},                         // what follows is not a part
	)
	before := slices.Clone(glyph)
	var parts []uint16
	got := renumbered(glyph, func(old uint16) uint16 {
		parts = append(parts, old)
		return 0x100 + old
	})
	if !slices.Equal(parts, []uint16{5, 6, 7, 8, 9}) {
		t.Errorf("parts are %v", parts)
	}
	for i, at := range []int{12, 20, 28, 38, 52} {
		if u16(got, at) != 0x100+parts[i] {
			t.Errorf("part %d is %d", i, u16(got, at))
		}
		copy(got[at:], before[at:at+2])
	}
	if !bytes.Equal(got, before) || !bytes.Equal(glyph, before) {
		t.Error("something else was changed")
	}
}
