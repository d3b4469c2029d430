package press

import (
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"
)

// cut makes a TrueType font of the given codes alone: what a batch uses is a few hundred of many thousand glyphs, and the
// PDF library reads every font it is given from end to end for each document. codes are sorted, unique, without 0 and
// 0xFFFF. The result is fresh memory, which the library may write to.
func (f *Face) cut(codes []rune) []byte {
	glyphs := make([]uint16, 1, len(codes)+1) // new glyph → old glyph; 0 stays the missing glyph
	for _, code := range codes {
		glyphs = append(glyphs, f.glyph[code])
	}
	var glyf, loca, hmtx []byte
	for g := 0; g < len(glyphs); g++ { // grows while it runs, by the parts of composed glyphs
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		hmtx = binary.BigEndian.AppendUint16(hmtx, f.advance[glyphs[g]])
		hmtx = binary.BigEndian.AppendUint16(hmtx, f.bearing[glyphs[g]])
		glyf = append(glyf, renumbered(f.outline[glyphs[g]], func(old uint16) uint16 {
			glyphs = append(glyphs, old)
			return uint16(len(glyphs) - 1)
		})...)
		glyf = append(glyf, make([]byte, -len(glyf)&3)...)
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))

	tables := map[string][]byte{
		"cmap": cmapOf(codes), "glyf": glyf, "loca": loca, "hmtx": hmtx,
		"head": patched(f.tables["head"], 50, 1), // long loca
		"hhea": patched(f.tables["hhea"], 34, uint16(len(glyphs))),
		"maxp": patched(f.tables["maxp"], 4, uint16(len(glyphs))),
		"name": {0, 0, 0, 0, 0, 6},
		"OS/2": f.tables["OS/2"],
		"post": f.tables["post"],
	}
	for _, name := range []string{"cvt ", "fpgm", "prep"} {
		if t := f.tables[name]; t != nil {
			tables[name] = t
		}
	}
	return assemble(tables)
}

// renumbered is a glyph with the parts of a composed one under the numbers that renumber gives them.
func renumbered(outline []byte, renumber func(uint16) uint16) []byte {
	if len(outline) < 10 || int16(u16(outline, 0)) >= 0 {
		return outline
	}
	outline = slices.Clone(outline)
	for at, more := 10, true; more; {
		flags := u16(outline, at)
		binary.BigEndian.PutUint16(outline[at+2:], renumber(u16(outline, at+2)))
		at += 6
		if flags&0x01 != 0 { // arguments are words
			at += 2
		}
		switch {
		case flags&0x08 != 0: // one scale
			at += 2
		case flags&0x40 != 0: // two scales
			at += 4
		case flags&0x80 != 0: // a matrix
			at += 8
		}
		more = flags&0x20 != 0
	}
	return outline
}

// cmapOf maps the codes to the glyphs 1, 2, 3 …: a format 4 table with one segment for each unbroken run of codes.
func cmapOf(codes []rune) []byte {
	type segment struct{ first, last, delta uint16 }
	var segments []segment
	for i, code := range codes {
		c := uint16(code)
		if n := len(segments); n > 0 && segments[n-1].last+1 == c {
			segments[n-1].last = c
			continue
		}
		segments = append(segments, segment{c, c, uint16(i+1) - c})
	}
	segments = append(segments, segment{0xFFFF, 0xFFFF, 1})
	n := uint16(len(segments))
	reach := uint16(1) << (bits.Len16(n) - 1)
	table := []uint16{
		0, 1, 3, 1, 0, 12, // one table, Windows Unicode, twelve bytes from the start
		4, 16 + 8*n, 0, 2 * n, 2 * reach, uint16(bits.Len16(n) - 1), 2 * (n - reach),
	}
	for _, s := range segments {
		table = append(table, s.last)
	}
	table = append(table, 0)
	for _, s := range segments {
		table = append(table, s.first)
	}
	for _, s := range segments {
		table = append(table, s.delta)
	}
	table = append(table, make([]uint16, n)...)
	out := make([]byte, 0, 2*len(table))
	for _, v := range table {
		out = binary.BigEndian.AppendUint16(out, v)
	}
	return out
}

// patched is a copy of a table with one 16-bit value changed.
func patched(table []byte, at int, value uint16) []byte {
	table = slices.Clone(table)
	binary.BigEndian.PutUint16(table[at:], value)
	return table
}

// assemble writes the tables as a font file. The checksums stay zero: the library computes its own.
func assemble(tables map[string][]byte) []byte {
	names := slices.Sorted(maps.Keys(tables))
	n := uint16(len(names))
	reach := uint16(1) << (bits.Len16(n) - 1)
	head := []byte{0, 1, 0, 0}
	for _, v := range []uint16{n, 16 * reach, uint16(bits.Len16(n) - 1), 16 * (n - reach)} {
		head = binary.BigEndian.AppendUint16(head, v)
	}
	at := len(head) + 16*len(names)
	var body []byte
	for _, name := range names {
		head = append(head, name...)
		head = binary.BigEndian.AppendUint32(head, 0)
		head = binary.BigEndian.AppendUint32(head, uint32(at+len(body)))
		head = binary.BigEndian.AppendUint32(head, uint32(len(tables[name])))
		body = append(body, tables[name]...)
		body = append(body, make([]byte, -len(body)&3)...)
	}
	return append(head, body...)
}
