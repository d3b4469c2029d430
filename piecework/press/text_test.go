package press

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"rsc.io/qr"

	"jijian/piecework/press/presstest"
)

func testFonts(t testing.TB) *Fonts {
	t.Helper()
	p, err := NewFonts(presstest.Weights(t))
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
	fonts := testFonts(t)
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Draw(t, "text")
		c := fonts.clean(s)
		for _, code := range c.text {
			if !fonts.has(code) || fonts.Bold.glyph[code] == 0 {
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
	fonts := testFonts(t)
	rapid.Check(t, func(t *rapid.T) {
		text := fonts.clean(anyText().Draw(t, "text")).text
		width := rapid.Float64Range(10, 120).Draw(t, "width")
		steps := []Step{{12, 1}, {9, 2}, {7, rapid.IntRange(1, 5).Draw(t, "lines")}}
		lines, size, cut := fonts.Regular.Fit(text, width, steps...)
		i := slices.IndexFunc(steps, func(s Step) bool { return s.Size == size })
		if len(lines) > steps[i].Lines {
			t.Fatalf("%d lines of %g pt", len(lines), size)
		}
		for _, line := range lines {
			if w := fonts.Regular.Width(line, size); w > width {
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
	regular := testFonts(t).Regular
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
		lines, _, _ := regular.Fit(c.text, c.width*10*Millimetres+0.01, Step{10, 9})
		if !slices.Equal(lines, c.want) {
			t.Errorf("%s in %g: %q, want %q", c.text, c.width, lines, c.want)
		}
	}
}

// TestCheckCodePath draws the path into modules again and compares them with the code.
func TestCheckCodePath(t *testing.T) {
	const url = "https://jijian.example.org/c/4821073956"
	symbol, err := QR(url)
	if err != nil {
		t.Fatal(err)
	}
	want, err := qr.Encode(url, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	dark := map[[2]int]bool{}
	numbers := strings.Fields(strings.TrimSuffix(symbol.Path, "f"))
	for i := 0; i < len(numbers); i += 5 {
		x, y, w := atoi(t, numbers[i]), atoi(t, numbers[i+1]), atoi(t, numbers[i+2])
		if numbers[i+3] != "1" || numbers[i+4] != "re" {
			t.Fatalf("%q is not a row of modules", numbers[i:i+5])
		}
		for n := range w {
			dark[[2]int{x + n - QuietZone, symbol.Down - 1 - y - QuietZone}] = true
		}
	}
	for y := -QuietZone; y < want.Size+QuietZone; y++ {
		for x := -QuietZone; x < want.Size+QuietZone; x++ {
			if dark[[2]int{x, y}] != want.Black(x, y) {
				t.Fatalf("module %d, %d is wrong", x, y)
			}
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
	fonts := testFonts(t)
	codes := []rune{' ', '0', 'A', 'é', 'ü', '〓', '计', '，', firstSlot}
	for _, f := range []*Face{fonts.Regular, fonts.Bold} {
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

// TestBrokenFonts: what is no TrueType font is refused, never a panic.
func TestBrokenFonts(t *testing.T) {
	good, _ := presstest.Weights(t)
	for what, font := range map[string][]byte{"empty": nil, "text": []byte("this is not a font at all"),
		"cut short": good[:len(good)/2], "collection": append([]byte("ttcf"), good...)} {
		if _, err := NewFonts(font, good); err == nil {
			t.Errorf("a font that is %s is taken", what)
		}
	}
}
