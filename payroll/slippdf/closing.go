package slippdf

// sum is one line of the totals.
type sum struct{ label, value string }

func (s *setter) sums() []sum {
	return []sum{{s.words.gross, s.c.gross}, {s.words.deductions, s.c.deductions}, {s.words.tax, s.c.tax}}
}

// totals follow the table between x and toX; where they leave room at the left, the QR code stands there.
func (s *setter) totals(x, toX float64) {
	const line = 4.9
	net := s.body + 5
	s.place(4*line+leading(net)+6, func() {
		y := s.y + 1
		s.rule(s.left, s.right, y)
		y += 1.8
		if x > s.left {
			s.checkCode(s.left, y)
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

// netInWords is the net pay in words, on a line of its own.
func (s *setter) netInWords() {
	if s.c.netWords == "" {
		return
	}
	label := s.words.net + s.words.capitals
	indent := s.fonts.regular.width(label, 7.5) + 3
	lines, size, _ := s.fonts.bold.fit(s.c.netWords, s.right-s.left-indent, step{10, 1}, step{8.5, 1}, step{7.5, 2}, step{7, 4})
	s.place(float64(len(lines))*leading(size)+3.2, func() {
		s.rule(s.left, s.right, s.y)
		y := s.y + 1.6
		s.text(s.left, y+0.98*(size-7.5)*millimetres, 7.5, false, label)
		for i, text := range lines {
			s.text(s.left+indent, y+float64(i)*leading(size), size, true, text)
		}
	})
	s.rule(s.left, s.right, s.y)
}

func (s *setter) sum(x, toX, y, size float64, bold bool, t sum) {
	label := min(size, s.body+1)
	s.text(x, y+0.98*(size-label)*millimetres, label, bold, t.label)
	s.figureTo(toX, y, toX-x-s.face(bold).width(t.label, label)-3, size, bold, t.value)
}

// footnotes are the rules that were applied, below what stands in the main column.
func (s *setter) footnotes() {
	if len(s.c.footnotes) > 0 {
		s.y += 2
	}
	for _, n := range s.setFootnotes(s.right - s.left) {
		s.place(float64(len(n))*leading(7)+0.4, func() { s.footnote(s.left, s.y, n) })
	}
}

// setFootnotes breaks the footnotes into lines of 7 pt.
func (s *setter) setFootnotes(width float64) (notes [][]string) {
	for _, note := range s.c.footnotes {
		lines, _ := s.broken(false, "footnote", note, width, step{7, 12})
		notes = append(notes, lines)
	}
	return notes
}

func (s *setter) footnote(x, y float64, lines []string) {
	for i, line := range lines {
		s.text(x, y+float64(i)*leading(7), 7, false, line)
	}
}

// signHere is the foot of the last page.
func (s *setter) signHere() {
	const height = 13
	s.place(height, func() {
		y := s.bottom - 3
		s.blank(s.left, s.left+0.6*(s.right-s.left), y, s.words.signature)
		s.blank(s.left+0.64*(s.right-s.left), s.right, y, s.words.date)
	})
}

// quietMargin is the width of the quiet zone: the dark modules line up with the text when a code is moved out by it.
func quietMargin(c *content, width float64) float64 {
	if c.qrModules == 0 {
		return 0
	}
	return width * quietZone / float64(c.qrModules)
}

// checkCode draws the QR code with its digits under it. Its dark modules begin at x, except on a roll, where its quiet zone
// does.
func (s *setter) checkCode(x, y float64) {
	if s.c.qr == "" {
		return
	}
	margin := quietMargin(s.c, s.code)
	if !s.roll {
		x, y = x-margin, y-margin+1
	}
	s.sheet().qr = code{s.c.qr, s.c.qrModules, x, y, s.code}
	size := s.fonts.regular.fitFigure(s.c.checkCode, s.code+16, 8)
	if s.roll {
		s.textAbout(x+s.code/2, y+s.code-margin+1, size, false, s.c.checkCode)
		return
	}
	s.text(x+margin, y+s.code-margin+0.6, size, false, s.c.checkCode)
	s.text(x+s.code+margin+1, y+margin-0.4, 7, false, s.words.check)
}

// blank is a line to write on, with what is to be written before it; y is the line.
func (s *setter) blank(x, toX, y float64, label string) {
	s.text(x, y-leading(7.5), 7.5, false, label)
	s.rule(x+s.fonts.regular.width(label, 7.5)+2, toX, y)
}

// rollStub is the end of a roll.
func (s *setter) rollStub() {
	middle := (s.left + s.right) / 2
	s.place(20, func() {
		s.blank(s.left, s.right, s.y+10, s.words.signature)
		s.blank(s.left, s.right, s.y+19, s.words.date)
	})
	if s.c.qr != "" {
		s.place(s.code+5, func() {
			s.checkCode(middle-s.code/2, s.y+1)
			s.textAbout(middle, s.y+s.code+1.8, 7, false, s.words.check)
		})
	}
	s.sheet().height = s.y + 12
}

// sidePanel stands to the right of the table of a third, on the last third of a slip; those before it say that more
// follows. The footnotes stand in it where there is room, else they have followed the table already.
func (s *setter) sidePanel(notes [][]string) {
	x, toX := s.panel, s.width-s.left
	for _, sh := range s.sheets {
		sh.rules = append(sh.rules, rule{x - 5, s.top, x - 5, s.bottom, hairline})
	}
	for _, sh := range s.sheets[:len(s.sheets)-1] {
		width := s.fonts.regular.width(s.words.continued, s.body)
		sh.texts = append(sh.texts, placed{x: toX - width, y: s.bottom, size: s.body, text: s.words.continued})
	}
	y := s.top
	s.text(x, y, s.small, false, s.words.net)
	s.figureTo(toX, y+2.2, toX-x, s.hero, true, s.c.net)
	y += 2.6 + leading(s.hero)
	if s.c.netWords != "" {
		y += s.lines(x, y, toX-x, false, "capitals", s.c.netWords, panelWords...)
	}
	y += 1.2
	s.rule(x, toX, y)
	y += 1.2
	for _, t := range append(s.sums(), sum{s.words.carried, s.c.carried}) {
		s.sum(x, toX, y, s.body, false, t)
		y += panelLine
	}
	y += 0.4
	s.rule(x, toX, y)
	y += 1.4
	for _, lines := range notes {
		s.footnote(x, y, lines)
		y += float64(len(lines))*leading(7) + 0.4
	}
	s.checkCode(x, s.bottom-s.code+1)
	s.blank(x+s.code+1, toX, s.bottom-11, s.words.signature)
	s.blank(x+s.code+1, toX, s.bottom-1, s.words.date)
}

const panelLine = 4.3 // height of one of the totals in the panel

var panelWords = []step{{8, 1}, {7.5, 2}, {7, 4}}

// panelNotes are the footnotes set for the panel, and whether they fit in.
func (s *setter) panelNotes() (notes [][]string, fit bool) {
	width := s.width - s.left - s.panel
	room := s.bottom - s.code - s.top - leading(s.hero) - 4*panelLine - 7.2
	words, size, _ := s.fonts.regular.fit(s.c.netWords, width, panelWords...)
	room -= float64(len(words)) * leading(size)
	notes = s.setFootnotes(width)
	for _, lines := range notes {
		room -= float64(len(lines))*leading(7) + 0.4
	}
	return notes, room >= 0
}
