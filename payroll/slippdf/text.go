package slippdf

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

// clean makes any bytes printable: see [Printer.Write] for the rules.
func (p *fontPair) clean(s string) cleaned {
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

// code is how a rune is written for the PDF library, 0 if it cannot be printed.
func (p *fontPair) code(r rune) rune {
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

// step is one way to set a text: at this size, in at most so many lines.
type step struct {
	size  float64
	lines int
}

// fit breaks a text into lines no wider than width, in the first of the steps that holds all of it. If none does, the last
// step is used and its last line ends in an ellipsis; cut then is true.
func (f *face) fit(s string, width float64, steps ...step) (lines []string, size float64, cut bool) {
	var last step
	for _, last = range steps {
		lines, cut = f.wrap(s, width, last)
		if !cut {
			break
		}
	}
	return lines, last.size, cut
}

// fitFigure is the largest size, not above size, at which a figure is no wider than width.
func (f *face) fitFigure(s string, width, size float64) float64 {
	if w := f.width(s, size); w > width {
		return size * width / w
	}
	return size
}

// wrap fills at most st.lines lines; cut says that the text did not fit and was shortened.
func (f *face) wrap(s string, width float64, st step) (lines []string, cut bool) {
	room := int(width / (st.size * millimetres) * float64(f.perEm))
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
		if len(lines) == st.lines-1 {
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
