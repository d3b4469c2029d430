package slippdf

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"jijian/piecework"
	"jijian/piecework/press"
)

// sheetsOf is a slip of n lines with everything that takes room, set in a format and a language.
func sheetsOf(t *testing.T, p *Printer, format Format, lang string, n int) []*press.Sheet {
	t.Helper()
	s := Slip{Number: "3-A08", Version: 1, Workshop: "桃花社区第一微工厂", WorkerCode: "A08", WorkerName: "孙秀芝", From: "2026-10-16", To: "2026-10-31",
		Approved: "2026-11-02", Net: piecework.Fen(48513), Carried: piecework.Fen(63331), CheckURL: "https://jijian.example/c/5712516066594393", CheckCode: "5712516066594393",
		Carries:   []Carry{{"借支", "2026-10-13", "家中急用", piecework.Fen(63331)}},
		Footnotes: []string{strings.Repeat("计件数 = 良品 + 料废。", 2), strings.Repeat("每行金额四舍五入到分。", 4), strings.Repeat("工时", 25), "实发不低于零；扣不完的结转下期。"}}
	for i := range n {
		s.Lines = append(s.Lines, Line{Kind: "计件", Operation: "烫瓣", Order: fmt.Sprintf("ROSE-%06d", i), Product: "绢布玫瑰", HasQuantity: true, Quantity: 4520,
			Rate: piecework.Millionths(12000), Amount: piecework.Fen(5424), Rework: 22, ScrapMaterial: 4})
	}
	words := labelsFor(lang)
	warn := func(format string, args ...any) { t.Errorf(format, args...) }
	return setSlip(papers[format], words, p.fonts, prepare(p.fonts, &s, words, warn), warn)
}

// box is where the ink of a text is at most.
func (p *Printer) box(t press.Text) (left, top, right, bottom float64) {
	f := p.fonts.Regular
	if t.Bold {
		f = p.fonts.Bold
	}
	em := t.Size * press.Millimetres
	return t.X, t.Y - 0.72*em, t.X + f.Width(t.Text, t.Size), t.Y + 0.05*em
}

// TestNothingTouches: no two texts lie over each other, and the quiet zone of a code is empty.
func TestNothingTouches(t *testing.T) {
	p := testPrinter(t)
	for format := range papers {
		for _, lang := range []string{"zh", "en"} {
			for n := range 16 {
				for _, sh := range sheetsOf(t, p, format, lang, n) {
					for i, a := range sh.Texts {
						left, top, right, bottom := p.box(a)
						for _, q := range sh.Symbols {
							if left < q.X+q.Width && q.X < right && top < q.Y+q.Height && q.Y < bottom {
								t.Errorf("%s %s, %d lines: %q stands in the quiet zone", format, lang, n, a.Text)
							}
						}
						for _, b := range sh.Texts[:i] {
							if l, u, r, d := p.box(b); left < r && l < right && top < d && u < bottom {
								t.Errorf("%s %s, %d lines: %q lies over %q", format, lang, n, a.Text, b.Text)
							}
						}
					}
					for _, r := range sh.Rules {
						for _, q := range sh.Symbols {
							if r.X < q.X+q.Width && q.X < r.ToX && r.Y < q.Y+q.Height && q.Y < r.ToY {
								t.Errorf("%s %s, %d lines: a rule crosses the quiet zone", format, lang, n)
							}
						}
					}
				}
			}
		}
	}
}

// TestFewSheets: an ordinary slip takes one sheet, and of a longer one no signature stands alone.
func TestFewSheets(t *testing.T) {
	p := testPrinter(t)
	for _, lang := range []string{"zh", "en"} {
		for format, lines := range map[Format]int{A5: 9, ThreeUp: 5, Thermal: 30} {
			for n := range lines + 1 {
				if sheets := sheetsOf(t, p, format, lang, n); len(sheets) != 1 {
					t.Errorf("%s %s: %d lines on %d sheets", format, lang, n, len(sheets))
				}
			}
		}
		for n := range 60 {
			sheets := sheetsOf(t, p, A5, lang, n)
			last := sheets[len(sheets)-1]
			if !slices.ContainsFunc(last.Texts, func(t press.Text) bool { return strings.HasPrefix(t.Text, "4. 实发") }) {
				t.Errorf("%s: of %d lines the signature stands without the last footnote", lang, n)
			}
		}
		for n := range 20 {
			net := func(t press.Text) bool { return t.Text == "¥485.13" }
			sheets := sheetsOf(t, p, ThreeUp, lang, n)
			for _, sh := range []*press.Sheet{sheets[0], sheets[len(sheets)-1]} {
				if !slices.ContainsFunc(sh.Texts, net) {
					t.Errorf("%s: %d lines on thirds, the first or the last without the net pay", lang, n)
				}
			}
		}
	}
}
