package slippdf

import "jijian/piecework/press"

// sum is one line of the totals.
type sum struct{ label, value string }

func (s *setter) sums() []sum {
	return []sum{{s.words.gross, s.c.gross}, {s.words.deductions, s.c.deductions}, {s.words.tax, s.c.tax}}
}

// signatureHeight is what [setter.signHere] takes.
const signatureHeight = 13

// closing is the end of an A5: the signature stands on one sheet with what goes before it, never alone.
func (s *setter) closing() {
	s.totals(s.left+62, s.right)
	s.carries(s.left+62, s.right)
	s.netInWords()
	s.footnotes(s.c.footnotes, signatureHeight)
	s.signHere()
}

// totals follow the table between x and toX; where they leave room at the left, the QR code stands there.
func (s *setter) totals(x, toX float64) {
	line, net := s.line, s.body+5
	height, beside := 4*line+leading(net)+5.4, x > s.left && s.c.qr.Path != ""
	if beside {
		height = max(height, s.code+digitsHeight+2)
	}
	s.place(height, func() {
		y := s.y + 1
		s.rule(s.left, s.right, y)
		y += 1.8
		if beside {
			s.checkCode(s.left-quietMargin(s.c, s.code), s.y+1.4)
		}
		for _, t := range s.sums() {
			s.sum(x, toX, y, s.body, false, t)
			y += line
		}
		s.rule(x, toX, y)
		y += 1.4
		s.sum(x, toX, y, net, true, sum{s.words.net, s.c.net})
		y += leading(net) + 0.6
		s.sum(x, toX, y, s.body, false, sum{s.words.carried, s.c.carried})
	})
}

// carries are what is carried forward, one under the other between x and toX.
func (s *setter) carries(x, toX float64) {
	for i := range s.c.carries {
		owed := s.setCarry(i, toX-x)
		s.place(owed.height, func() { s.carry(x, toX, s.y, owed) })
	}
	if len(s.c.carries) > 0 {
		s.y += 1
	}
}

// carried is one thing carried forward, broken into lines.
type carried struct {
	lines  []string
	amount string
	height float64
}

func (s *setter) setCarry(i int, width float64) carried {
	owed := s.c.carries[i]
	lines, _ := s.broken(false, "carried", owed.label, width-carryIndent-s.fonts.Regular.Width(owed.value, 7)-3, press.At(7, 6))
	return carried{lines, owed.value, float64(max(len(lines), 1)) * leading(7)}
}

const carryIndent = 2

func (s *setter) carry(x, toX, y float64, owed carried) {
	s.textTo(toX, y, 7, false, owed.amount)
	s.footnote(x+carryIndent, y, owed.lines)
}

// netInWords is the net pay in words, on a line of its own.
func (s *setter) netInWords() {
	if s.c.netWords == "" {
		return
	}
	label := s.words.capitals
	indent := s.fonts.Regular.Width(label, 7.5) + 3
	lines, size, _ := s.fonts.Bold.Fit(s.c.netWords, s.right-s.left-indent, press.At(10, 1), press.At(8.5, 1), press.At(7.5, 2), press.At(7, 4))
	s.place(float64(len(lines))*leading(size)+3.2, func() {
		s.rule(s.left, s.right, s.y)
		y := s.y + 1.6
		s.text(s.left, y+0.98*(size-7.5)*press.Millimetres, 7.5, false, label)
		for i, text := range lines {
			s.text(s.left+indent, y+float64(i)*leading(size), size, true, text)
		}
	})
	s.rule(s.left, s.right, s.y)
}

func (s *setter) sum(x, toX, y, size float64, bold bool, t sum) {
	label := min(size, s.body+1)
	s.text(x, y+0.98*(size-label)*press.Millimetres, label, bold, t.label)
	s.figureTo(toX, y, toX-x-s.face(bold).Width(t.label, label)-3, size, bold, t.value)
}

// footnotes are the rules that were applied, below what stands in the main column; the last leaves room for what must stand
// with it.
func (s *setter) footnotes(notes []string, next float64) {
	if len(notes) > 0 {
		s.y += 2
	}
	for i, lines := range s.setFootnotes(notes, s.right-s.left) {
		after := 0.0
		if i == len(notes)-1 {
			after = next
		}
		s.placeBefore(noteHeight(lines), after, func() { s.footnote(s.left, s.y, lines) })
	}
}

// setFootnotes breaks the footnotes into lines of 7 pt.
func (s *setter) setFootnotes(notes []string, width float64) (set [][]string) {
	for _, note := range notes {
		lines, _ := s.broken(false, "footnote", note, width, press.At(7, 12))
		set = append(set, lines)
	}
	return set
}

func noteHeight(lines []string) float64 { return float64(len(lines))*leading(7) + 0.4 }

func notesHeight(notes [][]string) (height float64) {
	for _, lines := range notes {
		height += noteHeight(lines)
	}
	return height
}

func (s *setter) footnote(x, y float64, lines []string) {
	for i, line := range lines {
		s.text(x, y+float64(i)*leading(7), 7, false, line)
	}
}

// signHere is the foot of the last page.
func (s *setter) signHere() {
	s.place(signatureHeight, func() {
		y := s.bottom - 3
		s.signed(s.left, s.left+0.6*(s.right-s.left), y)
		s.dated(s.left+0.64*(s.right-s.left), s.right, y)
	})
}

// quietMargin is the width of the quiet zone: the dark modules line up with the text when a code is moved out by it.
func quietMargin(c *content, width float64) float64 {
	if c.qr.Across == 0 {
		return 0
	}
	return width * press.QuietZone / float64(c.qr.Across)
}

// digitsHeight is the line of digits under a QR code.
const digitsHeight = 3.8

// checkCode draws the QR code, its quiet zone beginning at x and y, and its digits under the quiet zone. The digits begin
// where the dark modules do; on a roll they stand in the middle.
func (s *setter) checkCode(x, y float64) {
	if s.c.qr.Path == "" {
		return
	}
	margin := quietMargin(s.c, s.code)
	qr := s.c.qr
	qr.X, qr.Y, qr.Width, qr.Height = x, y, s.code, s.code
	s.sheet().Symbols = append(s.sheet().Symbols, qr)
	size := s.fonts.Regular.FitFigure(s.c.checkCode, s.code+16, 8)
	if s.roll {
		s.textAbout(x+s.code/2, y+s.code, size, false, s.c.checkCode)
		s.textAbout(x+s.code/2, y+s.code+digitsHeight, 7, false, s.words.check)
		return
	}
	s.text(x+margin, y+s.code, size, false, s.c.checkCode)
	s.text(x+s.code+0.6, y+margin-0.4, 7, false, s.words.check)
}

// blank is a line to write on, with what is to be written before it; y is the line.
func (s *setter) blank(x, toX, y float64, label string) {
	s.text(x, y-leading(7.5), 7.5, false, label)
	s.rule(x+s.fonts.Regular.Width(label, 7.5)+2, toX, y)
}

// signed is the line for her signature: with what she drew, else, where she has confirmed the slip, with words that say so.
func (s *setter) signed(x, toX, y float64) {
	s.blank(x, toX, y, s.words.signature)
	x += s.fonts.Regular.Width(s.words.signature, 7.5) + 3
	switch drawn := s.c.signature; {
	case s.c.confirmed == "":
	case drawn.Path == "":
		s.text(x, y-leading(7.5), s.fonts.Regular.FitFigure(s.words.confirmed, toX-x, 7.5), false, s.words.confirmed)
	default:
		drawn.Width = min(toX-x, 9*SignatureWidth/SignatureHeight)
		drawn.Height = drawn.Width * SignatureHeight / SignatureWidth
		drawn.X, drawn.Y = x, y+1-drawn.Height
		s.sheet().Symbols = append(s.sheet().Symbols, drawn)
	}
}

// dated is the line for the day: filled in where she has confirmed the slip.
func (s *setter) dated(x, toX, y float64) {
	s.blank(x, toX, y, s.words.date)
	if s.c.confirmed == "" {
		return
	}
	x += s.fonts.Regular.Width(s.words.date, 7.5) + 3
	s.text(x, y-leading(7.5), s.fonts.Regular.FitFigure(s.c.confirmed, toX-x, 7.5), false, s.c.confirmed)
}

// rollStub is the end of a roll.
func (s *setter) rollStub() {
	middle := (s.left + s.right) / 2
	s.place(20, func() {
		s.signed(s.left, s.right, s.y+10)
		s.dated(s.left, s.right, s.y+19)
	})
	if s.c.qr.Path != "" {
		s.place(s.code+digitsHeight+5, func() { s.checkCode(middle-s.code/2, s.y+1) })
	}
	s.sheet().Height = s.y + 12
}

// panelNet is the net pay at the head of the panel, on the first third of a slip and on the last.
func (s *setter) panelNet() {
	toX := s.width - s.left
	s.text(s.panel, s.top, s.small, false, s.words.net)
	s.figureTo(toX, s.top+2.2, toX-s.panel, s.hero, true, s.c.net)
}

// sidePanel stands to the right of the table of a third, on the last third of a slip; those before it say that more
// follows. What does not fit into it follows the table.
func (s *setter) sidePanel() {
	toX := s.width - s.left
	owed, notes := s.besides()
	for _, sh := range s.sheets {
		sh.Rules = append(sh.Rules, press.Rule{X: s.panel - 5, Y: s.top, ToX: s.panel - 5, ToY: s.bottom, Thick: press.Hairline})
	}
	for _, sh := range s.sheets[:len(s.sheets)-1] {
		width := s.fonts.Regular.Width(s.words.continued, s.body)
		sh.Texts = append(sh.Texts, press.Text{X: toX - width, Y: s.bottom, Size: s.body, Text: s.words.continued})
	}
	if len(s.sheets) > 1 {
		s.panelNet()
	}
	x, y := s.panel, s.top+2.6+leading(s.hero)
	if s.c.netWords != "" {
		y += s.lines(x, y, toX-x, false, "capitals", s.c.netWords, panelWords...)
	}
	y += 1.2
	s.rule(x, toX, y)
	y += 1.2
	for _, t := range append(s.sums(), sum{s.words.carried, s.c.carried}) {
		s.sum(x, toX, y, s.body, false, t)
		y += s.line
	}
	for _, o := range owed {
		s.carry(x, toX, y, o)
		y += o.height
	}
	y += 0.4
	s.rule(x, toX, y)
	y += 1.4
	for _, lines := range notes {
		s.footnote(x, y, lines)
		y += noteHeight(lines)
	}
	margin := quietMargin(s.c, s.code)
	s.checkCode(x-margin, s.bottom-s.code-digitsHeight)
	s.signed(x+s.code-margin+2, toX, s.bottom-14)
	s.dated(x+s.code-margin+2, toX, s.bottom-digitsHeight-0.6)
}

var panelWords = []press.Step{press.At(8, 1), press.At(7.5, 2), press.At(7, 4)}

// besides shares what explains the figures between the panel and the room under the table. The footnotes stand in the
// panel if it holds all of them; else under the table, as many as there is room for, and the rest in the panel. What is
// carried stands in the panel unless it is too much.
func (s *setter) besides() (owed []carried, notes [][]string) {
	width := s.width - s.left - s.panel
	words, size, _ := s.fonts.Regular.Fit(s.c.netWords, width, panelWords...)
	foot := 18.0 // what the signature needs
	if s.c.qr.Path != "" {
		foot = s.code + digitsHeight
	}
	room := s.bottom - foot - s.top - leading(s.hero) - 4*s.line - 7.2 - float64(len(words))*leading(size)
	var height float64
	for i := range s.c.carries {
		owed = append(owed, s.setCarry(i, width))
		height += owed[i].height
	}
	if height > room {
		s.place(leading(8)+1, func() { s.text(s.left, s.y, 8, true, s.words.carried) })
		s.carries(s.left, s.right)
		owed, height = nil, 0
	}
	notes = s.setFootnotes(s.c.footnotes, width)
	if height+notesHeight(notes) <= room {
		return owed, notes
	}
	first, below := 0, s.y+2
	for _, lines := range s.setFootnotes(s.c.footnotes, s.right-s.left) {
		if below += noteHeight(lines); below > s.bottom {
			break
		}
		first++
	}
	for first < len(notes) && height+notesHeight(notes[first:]) > room {
		first++
	}
	s.footnotes(s.c.footnotes[:first], 0)
	return owed, notes[first:]
}
