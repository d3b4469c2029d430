package slippdf

import "jijian/piecework/press"

// gap is the distance from a figure to the middle of the sign beside it.
const gap = 2.7

// measure finds the columns: each as wide as its widest figure, the names get the rest. Figures of an absurd length shrink
// until the names keep a third of the width; on a roll, where the figures have a line of their own, until they fit on it.
func (s *setter) measure() {
	least := (s.right - s.left) / 3
	if s.roll {
		least = 0
	}
	for size := s.body; ; size -= 0.5 {
		s.cols = s.columnsAt(size)
		if s.cols.names >= least || size <= 3 {
			return
		}
	}
}

func (s *setter) columnsAt(size float64) columns {
	f := s.fonts.Regular
	var pieces, whole, fraction, amount float64
	for i := range s.c.rows {
		r := &s.c.rows[i]
		pieces, amount = max(pieces, f.Width(r.pieces, size)), max(amount, f.Width(r.amount, size))
		if r.piecework() {
			whole, fraction = max(whole, f.Width(r.whole, size)), max(fraction, f.Width("."+r.fraction, size))
		}
	}
	c := columns{size: size, amount: s.right}
	c.equals = c.amount - max(amount, f.Width(s.words.amount, 7)) - gap
	c.rate = c.equals - gap
	c.point = c.rate - fraction
	c.times = c.rate - max(whole+fraction, f.Width(s.words.rate, 7)) - gap
	c.pieces = c.times - gap
	c.names = c.pieces - max(pieces, f.Width(s.words.pieces, 7)) - 3 - s.left
	return c
}

// tableHead is repeated on every sheet that has rows.
func (s *setter) tableHead() {
	s.text(s.left, s.y, 7, false, s.words.operation)
	s.textTo(s.cols.pieces, s.y, 7, false, s.words.pieces)
	s.textTo(s.cols.rate, s.y, 7, false, s.words.rate)
	s.textTo(s.cols.amount, s.y, 7, false, s.words.amount)
	s.y += leading(7) + 0.8
	s.rule(s.left, s.right, s.y)
	s.y += 1.6
}

// row sets one line of the table, its heading with it, so that no heading stays behind at the foot of a sheet.
func (s *setter) row(r *row) {
	width := s.cols.names
	switch {
	case !r.piecework():
		width = s.cols.equals - s.left
	case s.roll: // the figures stand on a line of their own
		width = s.right - s.left
	}
	lines, size := s.broken(false, "operation", r.title, width, press.At(s.body, 1), press.At(7.5, 2), press.At(7, 4))
	detail := joined(r.detail, r.counts)
	aside := s.fonts.Regular.Width(r.title, size) + 3
	beside := (s.inline || !r.piecework()) && len(lines) <= 1 && aside+s.fonts.Regular.Width(detail, s.small) <= width
	var details []string
	detailSize := s.small
	switch {
	case beside:
	case s.fonts.Regular.Width(detail, s.small) <= width && detail != "":
		details = []string{detail}
	default: // what was spoilt is not broken in the middle
		details, detailSize = s.broken(false, "detail", r.detail, width, press.At(s.small, 3), press.At(7, 8))
		counts, _ := s.broken(false, "detail", r.counts, width, press.At(detailSize, 3))
		details = append(details, counts...)
	}

	titleHeight := max(float64(len(lines))*leading(size), leading(s.body))
	height := titleHeight + float64(len(details))*leading(detailSize) + s.between
	heading, figures := 0.0, 0.0
	if r.heading != "" {
		heading = leading(8) + 0.8
	}
	if s.roll && r.piecework() {
		figures = leading(s.cols.size) + 0.2
	}
	s.place(height+heading+figures, func() {
		if heading > 0 {
			s.lines(s.left, s.y, s.right-s.left, true, "kind", r.heading, press.At(8, 1), press.At(7, 1))
		}
		top := s.y + heading
		for i, line := range lines {
			s.text(s.left, top+float64(i)*leading(size), size, false, line)
		}
		if beside {
			s.text(s.left+aside, top+0.98*(size-s.small)*press.Millimetres, s.small, false, detail)
		}
		for i, line := range details {
			s.text(s.left, top+titleHeight+float64(i)*leading(detailSize), detailSize, false, line)
		}
		if figures > 0 {
			top += height - s.between
		}
		s.figures(r, top)
	})
}

// figures sets pieces × rate = amount.
func (s *setter) figures(r *row, y float64) {
	c := s.cols
	y += 0.98 * (s.body - c.size) * press.Millimetres
	if r.piecework() {
		s.textTo(c.pieces, y, c.size, false, r.pieces)
		s.textAbout(c.times, y, c.size, false, "×")
		s.textTo(c.point, y, c.size, false, r.whole)
		s.text(c.point, y, c.size, false, "."+r.fraction)
		s.textAbout(c.equals, y, c.size, false, "=")
	}
	s.textTo(c.amount, y, c.size, false, r.amount)
}
