// Package press prints: it sets texts, rules and codes on sheets and writes them as PDF documents, black on white. Slips, badges and
// tickets are set with it. It takes plain values, so the same sheets always give the same bytes.
//
// No text can break a print: what cannot be printed is replaced or left out before it is measured, see [Fonts.Printable], and what is
// too long is broken into lines, set smaller or shortened, see [Face.Fit].
package press

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode"
)

// The PDF library knows 16-bit characters only. Runes above U+FFFF are therefore given a slot in the private use area when
// the fonts are read, and every text is translated into such codes before it is measured or set. The document maps the
// slots back to the runes they stand for, see tounicode.go.
const (
	firstSlot = 0xE000
	lastSlot  = 0xF8FF
	missing   = '〓' // geta, the mark Chinese and Japanese printers leave where they have no type
)

// Fonts are the two weights that everything is set in. They are only read, so many may print at once.
type Fonts struct {
	Regular, Bold *Face
	slots         map[rune]rune // rune above U+FFFF → its code
	runes         map[rune]rune // its code → the rune
}

// Face is one weight, parsed once and only read afterwards.
type Face struct {
	tables  map[string][]byte
	glyph   [0x10000]uint16 // code → glyph, 0 where the font has none
	advance []uint16        // of each glyph, in font units
	bearing []uint16        // left side bearings, as they are stored
	outline [][]byte        // glyf entry of each glyph
	perEm   int
}

// NewFonts reads two weights of a font: TrueType outlines, as .ttf. They must cover the characters to be printed; a character that
// one of them lacks counts as missing.
func NewFonts(regular, bold []byte) (*Fonts, error) {
	pair := &Fonts{slots: map[rune]rune{}, runes: map[rune]rune{}}
	r, runesR, err := parseFace(regular)
	if err != nil {
		return pair, fmt.Errorf("regular: %w", err)
	}
	b, runesB, err := parseFace(bold)
	if err != nil {
		return pair, fmt.Errorf("bold: %w", err)
	}
	pair.Regular, pair.Bold = r, b
	slot := rune(firstSlot)
	for _, rune := range slices.Sorted(maps.Keys(runesR)) {
		if runesB[rune] == 0 || rune >= firstSlot && rune <= lastSlot {
			continue
		}
		code := rune
		if rune > 0xFFFF {
			if slot > lastSlot {
				break
			}
			code, slot = slot, slot+1
			pair.slots[rune], pair.runes[code] = code, rune
		}
		r.glyph[code], b.glyph[code] = runesR[rune], runesB[rune]
	}
	if !pair.has(missing) || !pair.has('…') {
		return pair, errors.New("they lack 〓 or …")
	}
	return pair, nil
}

// has says whether a code, not a rune above U+FFFF, can be printed.
func (p *Fonts) has(code rune) bool { return code <= 0xFFFF && p.Regular.glyph[code] != 0 }

// Ideographs are all Chinese characters that both weights have, in the order of their numbers.
func (p *Fonts) Ideographs() []rune {
	var all []rune
	for code := range rune(0x10000) {
		r, above := p.runes[code]
		if !above {
			r = code
		}
		if p.has(code) && unicode.Is(unicode.Unified_Ideograph, r) {
			all = append(all, r)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Width is the advance of a text of codes at one point size, in Millimetres.
func (f *Face) Width(s string, size float64) float64 {
	units := 0
	for _, code := range s {
		units += f.units(code)
	}
	return float64(units) / float64(f.perEm) * size * Millimetres
}

// Millimetres in one point.
const Millimetres = 25.4 / 72

func (f *Face) units(code rune) int { return int(f.advance[f.glyph[code&0xFFFF]]) }

// parseFace reads what setting and cutting need. A font that lies about its own lengths makes a slice expression panic,
// which is turned into the error here.
func parseFace(ttf []byte) (f *Face, runes map[rune]uint16, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("broken font file: %v", r)
		}
	}()
	if len(ttf) < 12 || u32(ttf, 0) != 0x00010000 {
		return nil, nil, errors.New("not a TrueType font with glyf outlines")
	}
	ttf = slices.Clip(ttf) // a length past the end must not reach what lies behind
	f = &Face{tables: map[string][]byte{}}
	for i := range int(u16(ttf, 4)) {
		record := ttf[12+16*i:]
		from, size := int(u32(record, 8)), int(u32(record, 12))
		f.tables[string(record[:4])] = ttf[from : from+size]
	}
	for _, name := range []string{"cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "OS/2", "post"} {
		if f.tables[name] == nil {
			return nil, nil, fmt.Errorf("the font has no table %q", name)
		}
	}
	f.perEm = int(u16(f.tables["head"], 18))
	count := int(u16(f.tables["maxp"], 4))
	f.parseMetrics(count)
	f.parseOutlines(count)
	runes, err = parseCmap(f.tables["cmap"])
	return f, runes, err
}

func (f *Face) parseMetrics(count int) {
	hmtx, full := f.tables["hmtx"], int(u16(f.tables["hhea"], 34))
	f.advance, f.bearing = make([]uint16, count), make([]uint16, count)
	for g := range count {
		if g < full {
			f.advance[g], f.bearing[g] = u16(hmtx, 4*g), u16(hmtx, 4*g+2)
		} else {
			f.advance[g], f.bearing[g] = f.advance[full-1], u16(hmtx, 4*full+2*(g-full))
		}
	}
}

func (f *Face) parseOutlines(count int) {
	loca, glyf, long := f.tables["loca"], f.tables["glyf"], u16(f.tables["head"], 50) != 0
	at := func(g int) int {
		if long {
			return int(u32(loca, 4*g))
		}
		return 2 * int(u16(loca, 2*g))
	}
	f.outline = make([][]byte, count)
	for g := range count {
		f.outline[g] = glyf[at(g):at(g+1)]
	}
}

// parseCmap reads the Unicode mappings of format 4 and format 12.
func parseCmap(cmap []byte) (map[rune]uint16, error) {
	runes := map[rune]uint16{}
	for i := range int(u16(cmap, 2)) {
		record := cmap[4+8*i:]
		platform, encoding := u16(record, 0), u16(record, 2)
		if platform != 0 && (platform != 3 || encoding != 1 && encoding != 10) {
			continue
		}
		switch table := cmap[u32(record, 4):]; u16(table, 0) {
		case 4:
			readFormat4(table, runes)
		case 12:
			readFormat12(table, runes)
		}
	}
	delete(runes, 0)
	if len(runes) == 0 {
		return nil, errors.New("the font maps no Unicode characters")
	}
	return runes, nil
}

func readFormat4(table []byte, runes map[rune]uint16) {
	n := int(u16(table, 6)) // twice the segments
	for s := 0; s < n; s += 2 {
		last, first := int(u16(table, 14+s)), int(u16(table, 16+n+s))
		delta, offset := u16(table, 16+2*n+s), int(u16(table, 16+3*n+s))
		for c := first; c <= last && c < 0xFFFF; c++ {
			g := uint16(c)
			if offset != 0 {
				g = u16(table, 16+3*n+s+offset+2*(c-first))
				if g == 0 {
					continue
				}
			}
			if g += delta; g != 0 {
				runes[rune(c)] = g
			}
		}
	}
}

func readFormat12(table []byte, runes map[rune]uint16) {
	for i := range int(u32(table, 12)) {
		group := table[16+12*i:]
		first, last, g := u32(group, 0), u32(group, 4), u32(group, 8)
		for c := first; c <= last; c++ {
			if g+c-first != 0 {
				runes[rune(c)] = uint16(g + c - first)
			}
		}
	}
}

func u16(b []byte, at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
func u32(b []byte, at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
