package label

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/press"
	"jijian/piecework/press/presstest"
)

func testFonts(t *testing.T) *press.Fonts {
	t.Helper()
	fonts, err := press.NewFonts(presstest.Weights(t))
	if err != nil {
		t.Fatal(err)
	}
	return fonts
}

// box is where something is on a label.
type box struct {
	what                     string
	left, top, right, bottom float64
}

func (a box) touches(b box) bool {
	const hair = 0.05
	return a.left+hair < b.right && b.left+hair < a.right && a.top+hair < b.bottom && b.top+hair < a.bottom
}

// TestNothingTouches: whatever the names and however long code and address, no text lies over another or in the quiet zone of a code, the
// two codes keep off each other, and nothing dark leaves the margin.
func TestNothingTouches(t *testing.T) {
	fonts := testFonts(t)
	name := rapid.OneOf(rapid.StringMatching(`[一-龥]{0,40}`), rapid.StringMatching(`[A-Za-z .,()-]{0,80}`), rapid.StringMatching(`[A-Z0-9-]{1,40}`))
	rapid.Check(t, func(t *rapid.T) {
		c := content{code: piecework.Code{Kind: piecework.TicketCode, Serial: rapid.OneOf(rapid.Int64Range(1, 99_999), rapid.Int64Range(1, piecework.MaxSerial)).Draw(t, "serial")}}
		for i := range rapid.IntRange(1, 4).Draw(t, "lines") {
			l := line{field: "line", text: name.Draw(t, "text"), bold: rapid.Bool().Draw(t, "bold"), head: i == 0, lines: rapid.IntRange(0, 4).Draw(t, "at most")}
			if i == 0 && rapid.Bool().Draw(t, "with a number") {
				l.beside = "#2000"
			}
			c.lines = append(c.lines, l)
		}
		base := "https://" + rapid.StringMatching(`[a-z]{1,40}\.example(:8080)?`).Draw(t, "host")
		for stock, measures := range stocks {
			s := setter{stock: measures, fonts: fonts, sheet: &press.Sheet{}, warn: func(string, ...any) {}}
			if err := s.set(&c, base); err != nil {
				t.Fatal(err)
			}
			for _, fault := range faults(&s) {
				t.Fatalf("%s, %+v: %s", stock, c, fault)
			}
		}
	})
}

// faults are the things on a label that are where they must not be.
func faults(s *setter) (found []string) {
	var texts []box
	for _, text := range s.sheet.Texts {
		face := s.fonts.Regular
		if text.Bold {
			face = s.fonts.Bold
		}
		em := text.Size * press.Millimetres
		b := box{text.Text, text.X, text.Y - 0.74*em, text.X + face.Width(text.Text, text.Size), text.Y + 0.06*em}
		if text.Size < 6.99 {
			found = append(found, b.what+" is smaller than 7 pt")
		}
		if b.left < s.margin-0.1 || b.right > s.width-s.margin+0.6 || b.top < s.margin-0.6 || b.bottom > s.height-s.margin+0.6 {
			found = append(found, b.what+" leaves the margin")
		}
		texts = append(texts, b)
	}
	qr, bars := s.sheet.Symbols[0], s.sheet.Symbols[1]
	square, module := qr.Width/float64(qr.Across), bars.Width/float64(bars.Across)
	zone := box{"the QR code", qr.X, qr.Y, qr.X + qr.Width, qr.Y + qr.Height}
	dark := box{"the bars", bars.X + press.BarQuietZone*module, bars.Y, bars.X + bars.Width - press.BarQuietZone*module, bars.Y + bars.Height}
	if dark.touches(zone) || square*float64(qr.Across-2*press.QuietZone) < 14.99 || module < 0.18 {
		found = append(found, "the codes are too near or too small")
	}
	if dark.left < s.margin-0.01 || dark.right > s.width-s.margin+0.01 || dark.bottom > s.height-s.margin+0.01 {
		found = append(found, "the bars leave the margin")
	}
	for i, a := range texts {
		if a.touches(zone) || a.touches(dark) {
			found = append(found, a.what+" lies in a code")
		}
		for _, b := range texts[:i] {
			if a.touches(b) {
				found = append(found, strings.Join([]string{a.what, "lies over", b.what}, " "))
			}
		}
	}
	return found
}
