package slippdf

import "jijian/piecework/press"

// opening is the head of the first sheet: whose work, in which period, and what she gets.
func (s *setter) opening() {
	s.masthead()
	width := s.right - s.left
	if s.panel == 0 { // the net pay stands beside the name
		netWidth := min(s.fonts.Bold.Width(s.c.net, s.hero), 0.5*width)
		s.textTo(s.right, s.y, s.small, false, s.words.net)
		s.figureTo(s.right, s.y+3, netWidth, s.hero, true, s.c.net)
		width -= netWidth + 6
	}
	height := s.lines(s.left, s.y, width, true, "worker", s.c.name, s.names...)
	if s.panel > 0 {
		s.panelNet()
	} else {
		height = max(height, leading(s.hero)+3)
	}
	s.y += max(height, leading(s.names[0].Size)) + 1.5
	s.facts()
}

// masthead is the workshop, the name of the document and, if it is one, that it is a draft.
func (s *setter) masthead() {
	title := s.words.title
	edge := s.right - s.fonts.Bold.Width(title, s.body)
	s.text(edge, s.y, s.body, true, title)
	if s.c.draft {
		edge = s.draftBar(edge-3, s.y)
	}
	height := s.lines(s.left, s.y, edge-s.left-4, false, "workshop", s.c.workshop, press.At(s.body, 1), press.At(7.5, 2), press.At(7, 3))
	s.y += max(height, leading(s.body)) + 1
	s.rule(s.left, s.right, s.y)
	s.y += 3
}

// draftBar is white on black, so that no copy can lose it; it ends at x and returns where it begins.
func (s *setter) draftBar(x, y float64) float64 {
	width := s.fonts.Bold.Width(s.words.draft, s.body) + 4
	middle := y + leading(s.body)/2 - 0.1
	s.sheet().Rules = append(s.sheet().Rules, press.Rule{X: x - width, Y: middle, ToX: x, ToY: middle, Thick: leading(s.body) + 0.4})
	s.text(x-width+2, y, s.body, true, s.words.draft)
	s.sheet().Texts[len(s.sheet().Texts)-1].White = true
	return x - width
}

// facts are the small print of the head: a label over each value.
func (s *setter) facts() {
	facts := []struct {
		label, value, what string
		share              float64
	}{
		{s.words.code, s.c.code, "worker number", 0.18},
		{s.words.period, s.c.period, "period", 0.37},
		{s.words.number, s.c.number, "slip number", 0.28},
		{s.words.approved, s.c.approved, "approved", 0.17},
	}
	x, tallest := s.left, 0.0
	for _, f := range facts {
		width := f.share * (s.right - s.left)
		s.text(x, s.y, 7, false, f.label)
		height := s.lines(x, s.y+3.2, width-2, false, f.what, f.value, press.At(s.body, 1), press.At(8, 1), press.At(7, 2))
		x, tallest = x+width, max(tallest, height)
	}
	s.y += 3.2 + tallest + 2.5
}

// following is the head of the sheets after the first.
func (s *setter) following() {
	s.masthead()
	width := s.right - s.left
	if s.roll {
		s.y += s.lines(s.left, s.y, width, true, "worker", s.c.name, press.At(s.body, 1), press.At(7, 3)) + 2
		return
	}
	s.textTo(s.right, s.y, s.small, false, s.c.period)
	width -= s.fonts.Regular.Width(s.c.period, s.small) + 4
	s.y += s.lines(s.left, s.y-0.5, width, true, "worker", s.c.name, press.At(s.body+1.5, 1), press.At(8, 2), press.At(7, 3)) + 2
}

// rollOpening is the head of a roll: everything under each other.
func (s *setter) rollOpening() {
	middle, width := (s.left+s.right)/2, s.right-s.left
	lines, size := s.broken(false, "workshop", s.c.workshop, width, press.At(s.body, 1), press.At(8, 2), press.At(7, 3))
	for _, line := range lines {
		s.textAbout(middle, s.y, size, false, line)
		s.y += leading(size)
	}
	s.textAbout(middle, s.y+0.5, 13, true, s.words.title)
	s.y += leading(13) + 2
	if s.c.draft {
		s.draftBar(middle+s.fonts.Bold.Width(s.words.draft, s.body)/2+2, s.y)
		s.y += leading(s.body) + 2
	}
	s.rule(s.left, s.right, s.y)
	s.y += 2.5
	s.y += max(s.lines(s.left, s.y, width, true, "worker", s.c.name, s.names...), leading(s.names[0].Size)) + 1
	for _, f := range [][3]string{
		{s.words.code, s.c.code, "worker number"}, {s.words.period, s.c.period, "period"},
		{s.words.number, s.c.number, "slip number"}, {s.words.approved, s.c.approved, "approved"},
	} {
		s.text(s.left, s.y, 8, false, f[0])
		s.y += max(s.lines(s.left+20, s.y, width-20, false, f[2], f[1], press.At(8, 1), press.At(7, 2)), leading(8)) + 0.3
	}
	s.y += 1
	s.rule(s.left, s.right, s.y)
	s.text(s.left, s.y+4.2, 10, true, s.words.net)
	s.figureTo(s.right, s.y+0.8, width-20, s.hero, true, s.c.net)
	s.y += leading(s.hero) + 2
	s.rule(s.left, s.right, s.y)
	s.y += 2
}
