package press

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// longest is how many characters of one text are looked at; nothing printed has room for more.
const longest = 2000

// cleaned is a text that can be printed, as codes of the font pair, and what was lost on the way.
type cleaned struct {
	text    string
	lacking []rune // printed as 〓, in the order they came; utf8.RuneError stands for broken bytes
	dropped bool   // control, direction or other unprintable characters were left out
	cut     bool   // longer than any text that is printed
}

// clean makes any bytes printable: see [Fonts.Printable] for the rules.
func (p *Fonts) clean(s string) cleaned {
	var c cleaned
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Mn, r) }) {
		s = norm.NFC.String(s) // a letter with its accent apart has no glyph, both together mostly do
	}
	var out strings.Builder
	blank, n := true, 0 // blank: nothing or a blank was written last
	for i := 0; i < len(s); n++ {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if n == longest {
			c.cut = true
			break
		}
		switch code := p.code(r); {
		case r == utf8.RuneError && size == 1:
			c.lacking = append(c.lacking, utf8.RuneError)
			out.WriteRune(missing)
			blank = false
		case unicode.IsSpace(r):
			if !blank {
				out.WriteByte(' ')
			}
			blank = true
		case invisible(r):
			c.dropped = true
		case code == 0:
			c.lacking = append(c.lacking, r)
			out.WriteRune(missing)
			blank = false
		default:
			out.WriteRune(code)
			blank = false
		}
	}
	c.text = strings.TrimSuffix(out.String(), " ")
	return c
}

// Printable is a text as the fonts can print it, to be measured and set. Broken UTF-8 and characters the fonts lack become 〓, control
// and direction marks are left out, blanks are folded. Each such loss is reported with the field's name, never an error.
func (p *Fonts) Printable(field, s string, warn func(string, ...any)) string {
	c := p.clean(s)
	if len(c.lacking) > 0 {
		warn("%s: printed as 〓: %s", field, describe(c.lacking))
	}
	if c.dropped {
		warn("%s: unprintable characters were left out", field)
	}
	if c.cut {
		warn("%s: too long, shortened", field)
	}
	return c.text
}

// code is how a rune is written for the PDF library, 0 if it cannot be printed.
func (p *Fonts) code(r rune) rune {
	switch {
	case r > 0xFFFF:
		return p.slots[r]
	case r >= firstSlot && r <= lastSlot || !p.has(r):
		return 0
	}
	return r
}

// invisible are characters that have no shape of their own: controls, direction and joining marks, variation selectors.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}

// describe names what was lost, for a warning.
func describe(lacking []rune) string {
	unique := slices.Clone(lacking)
	slices.Sort(unique)
	unique = slices.Compact(unique)
	var s []string
	for i, r := range unique {
		if i == 8 {
			s = append(s, "…")
			break
		}
		if r == utf8.RuneError {
			s = append(s, "broken UTF-8")
		} else {
			s = append(s, fmt.Sprintf("%U", r))
		}
	}
	return strings.Join(s, ", ")
}

// Step is one way to set a text: at this size, in at most so many lines.
type Step struct {
	Size  float64 // points
	Lines int
}

// At sets a text at a size in points, in at most so many lines.
func At(size float64, lines int) Step { return Step{size, lines} }

// Fit breaks a text into lines no wider than width, in the first of the steps that holds all of it. If none does, the last
// step is used and its last line ends in an ellipsis; cut then is true.
func (f *Face) Fit(s string, width float64, steps ...Step) (lines []string, size float64, cut bool) {
	var last Step
	for _, last = range steps {
		lines, cut = f.wrap(s, width, last)
		if !cut {
			break
		}
	}
	return lines, last.Size, cut
}

// FitFigure is the largest size, not above size, at which a figure is no wider than width.
func (f *Face) FitFigure(s string, width, size float64) float64 {
	if w := f.Width(s, size); w > width {
		return size * width / w
	}
	return size
}

// wrap fills at most st.Lines lines; cut says that the text did not fit and was shortened.
func (f *Face) wrap(s string, width float64, st Step) (lines []string, cut bool) {
	room := int(width / (st.Size * Millimetres) * float64(f.perEm))
	rest := []rune(s)
	for len(rest) > 0 {
		end, used := 0, 0
		for end < len(rest) && used+f.units(rest[end]) <= room {
			used += f.units(rest[end])
			end++
		}
		if end == len(rest) {
			return append(lines, string(rest)), false
		}
		if len(lines) == st.Lines-1 {
			for end > 0 && used+f.units('…') > room {
				end--
				used -= f.units(rest[end])
			}
			return append(lines, strings.TrimSuffix(string(rest[:end]), " ")+"…"), true
		}
		end = lineEnd(rest, max(end, 1))
		lines = append(lines, strings.TrimSuffix(string(rest[:end]), " "))
		for end < len(rest) && rest[end] == ' ' {
			end++
		}
		rest = rest[end:]
	}
	return lines, false
}

// lineEnd is the last place at or before end where a line may end: not inside a word, not before a closing mark and not
// after an opening one. A word longer than the line is broken anywhere.
func lineEnd(s []rune, end int) int {
	for at := end; at > 0 && at < len(s); at-- {
		before, after := s[at-1], s[at]
		switch {
		case strings.ContainsRune("，。、；：！？）》」』】〉”’…,.;:!?)]}%·", after), strings.ContainsRune("（《「『【〈“‘([{", before):
		case after == ' ' || before == '·' || before == ' ' || wide(before) || wide(after):
			return at
		}
	}
	return end
}

// wide says whether a code is a Chinese character, which may stand at either end of a line. The private slots hold nothing else.
func wide(code rune) bool { return code >= 0x2E80 }
