// Package paper prints what goes between a workshop and a contractor: delivery notes and statements, black on white, in Chinese or
// English. The same content always gives the same bytes.
package paper

import (
	"io"
	"time"

	"jijian/piecework"
	"jijian/piecework/press"
)

// Printer prints papers in one pair of fonts. It is safe for concurrent use.
type Printer struct{ fonts *press.Fonts }

// NewPrinter is a printer that sets papers in the given fonts.
func NewPrinter(fonts *press.Fonts) *Printer { return &Printer{fonts} }

// Warning says what could not be printed as it was given. Its message is English and the key of a translation.
type Warning struct{ piecework.Message }

// dated is the moment every document is dated with: a second print is the same.
var dated = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// sheet is a page that is being set.
type sheet struct {
	*press.Sheet
	p             *Printer
	width, height float64
	margin        float64
	warnings      *[]Warning
}

func (p *Printer) sheet(width, height, margin float64, warnings *[]Warning) *sheet {
	return &sheet{&press.Sheet{}, p, width, height, margin, warnings}
}

// right is where the margin at the right begins.
func (s *sheet) right() float64 { return s.width - s.margin }

func (s *sheet) face(bold bool) *press.Face {
	if bold {
		return s.p.fonts.Bold
	}
	return s.p.fonts.Regular
}

// put sets a text at x, its base line at y, in at most so many lines of a width, smaller where it does not fit. It answers the base line
// of its last line.
func (s *sheet) put(x, y, width, size float64, bold bool, lines int, field, text string) float64 {
	warn := func(format string, args ...any) {
		*s.warnings = append(*s.warnings, Warning{piecework.Message{Format: format, Args: args}})
	}
	set, size, cut := s.face(bold).Fit(s.p.fonts.Printable(field, text, warn), width, press.At(size, lines), press.At(max(7, size*0.8), lines), press.At(7, lines))
	if cut {
		warn("%s: too long, shortened", field)
	}
	for i, line := range set {
		if i > 0 {
			y += size * press.Millimetres * 1.3
		}
		s.Texts = append(s.Texts, press.Text{X: x, Y: y, Size: size, Bold: bold, Text: line})
	}
	return y
}

// end sets a short text that ends at x.
func (s *sheet) end(x, y, size float64, bold bool, text string) {
	text = s.p.fonts.Printable("figure", text, func(string, ...any) {})
	s.Texts = append(s.Texts, press.Text{X: x - s.face(bold).Width(text, size), Y: y, Size: size, Bold: bold, Text: text})
}

// rule draws a hairline across.
func (s *sheet) rule(x, y, toX float64) {
	s.Rules = append(s.Rules, press.Rule{X: x, Y: y, ToX: toX, ToY: y, Thick: press.Hairline})
}

// write makes the document.
func (p *Printer) write(w io.Writer, title string, width, height float64, sheets []*press.Sheet) error {
	document, err := p.fonts.Write(press.Layout{Width: width, Height: height, Columns: 1, Rows: 1, Title: title, Dated: dated}, sheets)
	if err != nil {
		return err
	}
	_, err = w.Write(document)
	return err
}
