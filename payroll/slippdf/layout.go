package slippdf

import (
	"fmt"

	"jijian/piecework/press"
)

// setter sets one slip: it fills sheets from top to bottom.
type setter struct {
	paper
	words  *labels
	fonts  *press.Fonts
	c      *content
	warn   func(string, ...any)
	sheets []*press.Sheet
	cols   columns
	y      float64 // the first free millimetre
	rowsOn bool    // a new sheet repeats the head of the table
}

// setSlip lays a slip out on as few sheets as it can, with as much air as these leave.
func setSlip(paper paper, words *labels, fonts *press.Fonts, c *content, warn func(string, ...any)) (fewest []*press.Sheet) {
	for step := range 3 {
		s := &setter{paper: paper.tightened(step), words: words, fonts: fonts, c: c, warn: warn}
		if sheets := s.set(); step == 0 || len(sheets) < len(fewest) {
			fewest = sheets
		}
		if len(fewest) == 1 {
			break
		}
	}
	return fewest
}

// set fills the sheets.
func (s *setter) set() []*press.Sheet {
	s.measure()
	s.rowsOn = true
	s.newSheet()
	for i := range s.c.rows {
		s.row(&s.c.rows[i])
	}
	if len(s.c.rows) == 0 {
		s.place(6, func() { s.text(s.left, s.y+1, s.body, false, s.words.empty) })
	}
	s.rowsOn = false
	switch {
	case s.panel > 0:
		s.sidePanel()
	case s.roll:
		s.totals(s.left, s.right)
		s.carries(s.left, s.right)
		s.netInWords()
		s.footnotes(s.c.footnotes, 0)
		s.rollStub()
	default:
		s.closing()
	}
	for i, sh := range s.sheets {
		s.footer(sh, i+1)
	}
	return s.sheets
}

// sheet is the one being filled.
func (s *setter) sheet() *press.Sheet { return s.sheets[len(s.sheets)-1] }

func (s *setter) newSheet() {
	first := len(s.sheets) == 0
	s.sheets = append(s.sheets, &press.Sheet{Height: s.height})
	s.y = s.top
	switch {
	case !first:
		s.following()
	case s.roll:
		s.rollOpening()
	default:
		s.opening()
	}
	if s.rowsOn {
		s.tableHead()
	}
}

// place draws something of a known height where there is room for all of it, here or on a new sheet.
func (s *setter) place(height float64, draw func()) { s.placeBefore(height, 0, draw) }

// placeBefore is place for what must stand on the same sheet as something that follows it.
func (s *setter) placeBefore(height, next float64, draw func()) {
	if s.y+height+next > s.bottom {
		s.newSheet()
	}
	draw()
	s.y += height
}

// leading is the height of a line of this size.
func leading(size float64) float64 { return size * press.Millimetres * 1.32 }

// text sets one line; y is the top of the line, not its base.
func (s *setter) text(x, y, size float64, bold bool, text string) {
	s.sheet().Texts = append(s.sheet().Texts, press.Text{X: x, Y: y + 0.98*size*press.Millimetres, Size: size, Bold: bold, Text: text})
}

// textTo sets one line that ends at x.
func (s *setter) textTo(x, y, size float64, bold bool, text string) {
	s.text(x-s.face(bold).Width(text, size), y, size, bold, text)
}

// textAbout sets one line with its middle at x.
func (s *setter) textAbout(x, y, size float64, bold bool, text string) {
	s.text(x-s.face(bold).Width(text, size)/2, y, size, bold, text)
}

// figureTo sets a figure that ends at x, smaller if it is wider than width.
func (s *setter) figureTo(x, y, width, size float64, bold bool, text string) {
	fitted := s.face(bold).FitFigure(text, width, size)
	s.textTo(x, y+(size-fitted)*press.Millimetres, fitted, bold, text)
}

// lines sets a text in the first step that holds it, and returns its height. What did not fit is reported by its name.
func (s *setter) lines(x, y, width float64, bold bool, what, text string, steps ...press.Step) (height float64) {
	lines, size := s.broken(bold, what, text, width, steps...)
	for i, line := range lines {
		s.text(x, y+float64(i)*leading(size), size, bold, line)
	}
	return float64(len(lines)) * leading(size)
}

// broken is a text in lines, in the first step that holds it. What does not fit is reported by its name.
func (s *setter) broken(bold bool, what, text string, width float64, steps ...press.Step) ([]string, float64) {
	lines, size, cut := s.face(bold).Fit(text, width, steps...)
	if cut {
		s.warn("%s: too long, shortened", what)
	}
	return lines, size
}

func (s *setter) face(bold bool) *press.Face {
	if bold {
		return s.fonts.Bold
	}
	return s.fonts.Regular
}

func (s *setter) rule(x, toX, y float64) {
	s.sheet().Rules = append(s.sheet().Rules, press.Rule{X: x, Y: y, ToX: toX, ToY: y, Thick: press.Hairline})
}

// footer says on every sheet whose it is and how many there are.
func (s *setter) footer(sh *press.Sheet, n int) {
	page := fmt.Sprintf(s.words.page, n, len(s.sheets))
	baseline := s.bottom + 5
	if s.roll {
		baseline = sh.Height - 4
	}
	edge := s.right
	if s.panel > 0 {
		edge = s.width - s.left
	}
	x := edge - s.fonts.Regular.Width(page, 7)
	sh.Texts = append(sh.Texts, press.Text{X: x, Y: baseline, Size: 7, Text: page})
	lines, size, _ := s.fonts.Regular.Fit(s.c.numbered, x-s.left-4, press.At(7, 1))
	if len(lines) > 0 {
		sh.Texts = append(sh.Texts, press.Text{X: s.left, Y: baseline, Size: size, Text: lines[0]})
	}
}
