package exchange

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// xlsxRows reads the rows of one sheet as the XML comes by.
type xlsxRows struct {
	book  *workbook
	file  io.ReadCloser
	xml   *xml.Decoder
	num   int
	cells []cell
}

// maxColumns is how many columns of a sheet are looked at; Excel has 16,384, no table has a hundred.
const maxColumns = 100

func (w *workbook) rows(part string) (*xlsxRows, error) {
	f, err := w.zip.Open(part)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is missing", errDamaged, part)
	}
	return &xlsxRows{book: w, file: f, xml: xml.NewDecoder(f)}, nil
}

func (r *xlsxRows) fixedWidth() bool { return false }
func (r *xlsxRows) date1904() bool   { return r.book.is1904 }
func (r *xlsxRows) Close() error     { return r.file.Close() }

func (r *xlsxRows) next() (int, []cell, error) {
	for {
		t, err := r.xml.RawToken()
		if err == io.EOF {
			return 0, nil, io.EOF
		}
		if err != nil {
			return 0, nil, fmt.Errorf("%w: %v", errDamaged, err)
		}
		start, ok := t.(xml.StartElement)
		if !ok || start.Name.Local != "row" {
			continue
		}
		if r.num++; attr(start, "r") != "" {
			if r.num, err = strconv.Atoi(attr(start, "r")); err != nil {
				return 0, nil, fmt.Errorf("%w: row %q", errDamaged, attr(start, "r"))
			}
		}
		if err := r.readRow(); err != nil {
			return 0, nil, err
		}
		if !blank(r.cells) {
			return r.num, r.cells, nil
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (r *xlsxRows) readRow() error {
	r.cells = r.cells[:0]
	column := 0
	for {
		t, err := r.xml.RawToken()
		if err != nil {
			return fmt.Errorf("%w: %v", errDamaged, err)
		}
		switch t := t.(type) {
		case xml.EndElement:
			if t.Name.Local == "row" {
				return nil
			}
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			if at := attr(t, "r"); at != "" {
				column = columnOf(at)
			}
			c, err := r.readCell(t)
			if err != nil {
				return err
			}
			if c.text != "" && column >= 0 && column < maxColumns {
				for len(r.cells) <= column {
					r.cells = append(r.cells, cell{})
				}
				r.cells[column] = c
			}
			column++
		}
	}
}

// columnOf is the place of a cell such as C17, counted from 0.
func columnOf(ref string) int {
	n := 0
	for _, c := range []byte(ref) {
		if c < 'A' || c > 'Z' || n > maxColumns {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	return n - 1
}

// readCell reads up to the end of a <c> element.
func (r *xlsxRows) readCell(start xml.StartElement) (cell, error) {
	kind, style := attr(start, "t"), attr(start, "s")
	var text strings.Builder
	inValue, inline := false, ""
	for {
		t, err := r.xml.RawToken()
		if err != nil {
			return cell{}, fmt.Errorf("%w: %v", errDamaged, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			inValue = t.Name.Local == "v"
			if t.Name.Local == "is" {
				if inline, err = richText(r.xml, "is"); err != nil {
					return cell{}, err
				}
			}
		case xml.CharData:
			if inValue && text.Len() < maxCell {
				text.Write(t)
			}
		case xml.EndElement:
			inValue = false
			if t.Name.Local == "c" {
				return r.meaning(kind, style, text.String(), inline)
			}
		}
	}
}

// meaning puts together what a cell's type and style make of what it holds.
func (r *xlsxRows) meaning(kind, style, value, inline string) (cell, error) {
	switch kind {
	case "inlineStr":
		return cell{inline, asText}, nil
	case "s":
		if value == "" {
			return cell{}, nil
		}
		i, err := strconv.Atoi(value)
		s, ok := r.book.strings.at(i)
		if err != nil || !ok {
			return cell{}, fmt.Errorf("%w: row %d names the missing text %q", errDamaged, r.num, value)
		}
		return cell{s, asText}, nil
	case "str", "d":
		return cell{unescape(value), asText}, nil
	case "b":
		return cell{map[string]string{"1": "TRUE", "0": "FALSE"}[value], asText}, nil
	case "e":
		return cell{value, asError}, nil
	}
	how := asNumber
	if s, err := strconv.Atoi(style); err == nil && s >= 0 && s < len(r.book.styles) {
		how = r.book.styles[s]
	}
	return cell{value, how}, nil
}
