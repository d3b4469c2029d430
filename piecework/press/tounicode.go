package press

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

var (
	fontObject = regexp.MustCompile(`/BaseFont /utf8\S+\n/Encoding /Identity-H\n/DescendantFonts \[\d+ 0 R\]\n/ToUnicode (\d+) 0 R`)
	trailer    = regexp.MustCompile(`trailer\n<<\n(/Size \d+\n/Root \d+ 0 R\n/Info \d+ 0 R)\n>>\nstartxref\n(\d+)\n%%EOF\n$`)
)

// withUnicode makes the text of a finished document searchable. The PDF library says of every font that a code is the
// character it shows, which is wrong for the private slots. Its statement is replaced in the way the PDF format has
// for changes: a further version of the object, and a further cross-reference table that knows it, after the end.
func (p *Fonts) withUnicode(document []byte, codes []rune) ([]byte, error) {
	fonts := fontObject.FindAllSubmatch(document, -1)
	end := trailer.FindSubmatch(document)
	if len(fonts) != 2 || end == nil {
		return nil, errors.New("the document is not built as expected")
	}
	var stream bytes.Buffer
	deflate := zlib.NewWriter(&stream)
	if _, err := deflate.Write(p.unicodeMap(codes)); err != nil {
		return nil, err
	}
	if err := deflate.Close(); err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(document)
	var table strings.Builder
	for _, font := range fonts {
		number, err := strconv.Atoi(string(font[1]))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&table, "%d 1\n%010d 00000 n \n", number, out.Len())
		fmt.Fprintf(out, "%d 0 obj\n<</Length %d/Filter /FlateDecode>>\nstream\n%s\nendstream\nendobj\n", number, stream.Len(), stream.Bytes())
	}
	start := out.Len()
	fmt.Fprintf(out, "xref\n%strailer\n<<\n%s\n/Prev %s\n>>\nstartxref\n%d\n%%%%EOF\n", table.String(), end[1], end[2], start)
	return out.Bytes(), nil
}

// unicodeMap is the CMap that gives each code its characters in UTF-16.
func (p *Fonts) unicodeMap(codes []rune) []byte {
	var s bytes.Buffer
	s.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for len(codes) > 0 {
		block := codes[:min(100, len(codes))] // the format allows a hundred at a time
		codes = codes[len(block):]
		fmt.Fprintf(&s, "%d beginbfchar\n", len(block))
		for _, code := range block {
			r := code
			if above, ok := p.runes[code]; ok {
				r = above
			}
			fmt.Fprintf(&s, "<%04X> <", code)
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&s, "%04X", unit)
			}
			s.WriteString(">\n")
		}
		s.WriteString("endbfchar\n")
	}
	s.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend")
	return s.Bytes()
}
