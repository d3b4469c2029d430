package slippdf

import (
	"maps"
	"slices"
	"unicode"
)

// Ideographs are all Chinese characters that the printer's fonts cover.
func (p *Printer) Ideographs() []rune {
	var all []rune
	for code := range rune(0x10000) {
		if !p.fonts.has(code) {
			continue
		}
		r, above := p.fonts.runes[code]
		if !above {
			r = code
		}
		if unicode.Is(unicode.Unified_Ideograph, r) {
			all = append(all, r)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// AboveBMP are those of them above U+FFFF.
func (p *Printer) AboveBMP() []rune { return slices.Sorted(maps.Keys(p.fonts.slots)) }
