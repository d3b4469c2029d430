// Package ledgerpdf sets wage payment ledgers (工资支付台账) as PDF documents: A4 across, a row a worker, with her signature or a place to
// sign, the totals, and how long the paper must be kept. It takes plain values and knows neither a database nor a clock, so the same ledger
// always gives the same bytes.
package ledgerpdf

import (
	"fmt"
	"io"
	"strings"
	"time"

	"jijian/payroll"
	"jijian/payroll/slipdoc"
	"jijian/payroll/slippdf"
	"jijian/piecework"
	"jijian/piecework/press"
)

// The sheet in millimetres, and the sizes of type in points.
const (
	width, height            = 297.0, 210.0
	left, right, top, bottom = 10.0, 287.0, 10.0, 192.0
	body, small              = 8.0, 7.0
	least                    = 12.5 // of a row: a signature needs as much
	between                  = 1.2  // the text of a cell and its rules
)

// columns is how many columns a ledger has.
const columns = 11

// The columns by what they hold.
const (
	number = iota
	name
	identity
	worked
	payable
	gross
	taken
	withheld
	net
	paid
	signature
)

// widths of the columns; together they fill the sheet.
var widths = [columns]float64{8, 23, 35, 18, 50, 20, 36, 17, 20, 24, 26}

// Write prints a ledger. lang is "zh" or "en"; any other is taken as "zh". What could not be printed as it stands in the books is reported
// as a warning, never an error.
func Write(w io.Writer, fonts *press.Fonts, lang string, l *payroll.Ledger) ([]piecework.Message, error) {
	s := &setter{fonts: fonts, words: &chinese, ledger: l, said: map[string]bool{}}
	if lang == "en" {
		s.words = &english
	}
	if len(l.Rows) == 0 {
		return nil, piecework.Conflict("Run %v has no slips.", l.Run.ID)
	}
	s.newSheet()
	for i := range l.Rows {
		s.row(i)
	}
	s.closing()
	for i, sh := range s.sheets {
		s.footer(sh, i+1)
	}
	layout := press.Layout{Width: width, Height: height, Columns: 1, Rows: 1, Title: s.words.title, Dated: dated(l.Run)}
	document, err := fonts.Write(layout, s.sheets)
	if err != nil {
		return s.warnings, fmt.Errorf("print ledger: %w", err)
	}
	_, err = w.Write(document)
	return s.warnings, err
}

// dated is the moment the document is dated with: it depends on the run alone.
func dated(r *payroll.PayRun) time.Time {
	if r.ApprovedAt != 0 {
		return r.ApprovedAt.In(time.UTC)
	}
	return r.PeriodTo.Time()
}

// setter fills sheets from top to bottom.
type setter struct {
	fonts    *press.Fonts
	words    *words
	ledger   *payroll.Ledger
	sheets   []*press.Sheet
	y        float64 // the first free millimetre
	warnings []piecework.Message
	said     map[string]bool
}

func (s *setter) warn(text string, args ...any) {
	m := piecework.Message{Format: text, Args: args}
	if !s.said[m.String()] {
		s.said[m.String()] = true
		s.warnings = append(s.warnings, m)
	}
}

func (s *setter) clean(field, text string) string { return s.fonts.Printable(field, text, s.warn) }

func (s *setter) sheet() *press.Sheet { return s.sheets[len(s.sheets)-1] }

func leading(size float64) float64 { return size * press.Millimetres * 1.32 }

func (s *setter) face(bold bool) *press.Face {
	if bold {
		return s.fonts.Bold
	}
	return s.fonts.Regular
}

// text sets one line; y is the top of the line.
func (s *setter) text(x, y, size float64, bold bool, text string) {
	s.sheet().Texts = append(s.sheet().Texts, press.Text{X: x, Y: y + 0.98*size*press.Millimetres, Size: size, Bold: bold, Text: text})
}

// textTo sets one line that ends at x, smaller where it is wider than room.
func (s *setter) textTo(x, y, size, room float64, bold bool, text string) {
	size = s.face(bold).FitFigure(text, room, size)
	s.text(x-s.face(bold).Width(text, size), y, size, bold, text)
}

func (s *setter) rule(x, y, toX, toY float64) {
	s.sheet().Rules = append(s.sheet().Rules, press.Rule{X: x, Y: y, ToX: toX, ToY: toY, Thick: press.Hairline})
}

// newSheet begins a page with the employer, the cycle and the heads of the columns.
func (s *setter) newSheet() {
	s.sheets = append(s.sheets, &press.Sheet{Height: height})
	run, w := s.ledger.Run, s.words
	title := w.title
	if run.Status == payroll.Draft {
		title += "（" + w.draft + "）"
	}
	s.text(left, top, 14, true, title)
	about := strings.Join([]string{fmt.Sprintf(w.period, run.PeriodFrom, run.PeriodTo), fmt.Sprintf(w.run, run.ID)}, " · ")
	s.textTo(right, top+1.4, 9, 130, false, about)
	employer, size, _ := s.fonts.Regular.Fit(s.clean("workshop", run.Workshop.Name), right-left-20, press.At(10, 1), press.At(8, 1), press.At(7, 1))
	s.text(left, top+7.6, size, false, employer[0])
	s.y = top + 13.5
	s.rule(left, s.y, right, s.y)
	x := left
	for i, head := range w.heads {
		lines, size, _ := s.fonts.Regular.Fit(head, widths[i]-2, press.At(small, 1), press.At(small, 2))
		for j, line := range lines {
			at := x + 1
			if i == gross || i == withheld || i == net {
				at = x + widths[i] - 1 - s.fonts.Regular.Width(line, size)
			}
			s.text(at, s.y+between+float64(j)*leading(size), size, false, line)
		}
		x += widths[i]
	}
	s.y += 2*between + 2*leading(small)
	s.rule(left, s.y, right, s.y)
}

// cell is the text of one cell, broken into lines.
type cell struct {
	lines []string
	size  float64
	right bool
	bold  bool
}

// broken makes cells of texts: each text begins a line.
func (s *setter) broken(column int, bold bool, field string, texts ...string) cell {
	c := cell{size: body, bold: bold}
	for _, size := range []float64{body, small} {
		c.lines, c.size = nil, size
		fits := true
		for _, text := range texts {
			if text == "" {
				continue
			}
			lines, _, cut := s.face(bold).Fit(text, widths[column]-2, press.At(size, 8))
			c.lines = append(c.lines, lines...)
			fits = fits && !cut
			if cut && size == small {
				s.warn("%s: shortened to fit", field)
			}
		}
		if fits && len(c.lines) <= 3 {
			break
		}
	}
	return c
}

// figure is an amount in a cell, at the right.
func figure(m piecework.Money, bold bool) cell {
	return cell{lines: []string{m.String()}, size: body, right: true, bold: bold}
}

// row sets one worker.
func (s *setter) row(i int) {
	r := &s.ledger.Rows[i]
	slip := &r.Slip
	var cells [columns]cell
	cells[number] = cell{lines: []string{fmt.Sprint(i + 1)}, size: body}
	cells[name] = s.broken(name, false, "worker", s.clean("worker", slip.Worker.Name), s.clean("worker number", slip.Worker.Code))
	cells[identity] = s.broken(identity, false, "contact", r.IDNumber, s.clean("phone", slip.Worker.Phone))
	hours := ""
	if r.Hours != "" {
		hours = fmt.Sprintf(s.words.hours, r.Hours)
	}
	cells[worked] = s.broken(worked, false, "time", hours, fmt.Sprintf(s.words.pieces, r.Pieces))
	cells[payable] = s.broken(payable, false, "payable", s.items(r, payroll.LedgerPayable))
	cells[gross] = figure(slip.Gross, false)
	cells[taken] = s.broken(taken, false, "withheld", s.items(r, payroll.LedgerWithheld))
	cells[withheld] = figure(r.Withheld(), false)
	cells[net] = figure(slip.Net, true)
	cells[paid] = s.broken(paid, false, "paid", s.payments(r)...)
	s.place(cells, func(x, y, tall float64) { s.sign(slip, x, y, tall) })
}

// items are the items that are not zero, in words.
func (s *setter) items(r *payroll.LedgerRow, names []string) string {
	var parts []string
	for _, item := range names {
		if m := r.Items[item]; !m.IsZero() {
			parts = append(parts, s.words.items[item]+s.words.colon+m.String())
		}
	}
	return strings.Join(parts, "；")
}

func (s *setter) payments(r *payroll.LedgerRow) []string {
	if len(r.Payments) == 0 && r.Slip.Net.Sign() > 0 {
		return []string{s.words.unpaid}
	}
	var lines []string
	for _, p := range r.Payments {
		line := string(p.PaidOn) + " " + s.words.methods[p.Method]
		if p.Amount.Cmp(r.Slip.Net) != 0 {
			line += " " + p.Amount.String()
		}
		lines = append(lines, line)
	}
	return lines
}

// place sets cells in one row, with what stands in the last column, on this sheet or on a new one.
func (s *setter) place(cells [columns]cell, last func(x, y, tall float64)) {
	tall := least
	for _, c := range cells {
		tall = max(tall, 2*between+float64(len(c.lines))*leading(c.size))
	}
	if s.y+tall > bottom {
		s.newSheet()
	}
	x := left
	for i, c := range cells {
		for j, line := range c.lines {
			y := s.y + between + float64(j)*leading(c.size)
			if c.right {
				s.textTo(x+widths[i]-1, y, c.size, widths[i]-2, c.bold, line)
			} else {
				s.text(x+1, y, s.face(c.bold).FitFigure(line, widths[i]-1.5, c.size), c.bold, line)
			}
		}
		if i < columns-1 {
			x += widths[i]
		}
	}
	if last != nil {
		last(x, s.y, tall)
	}
	s.y += tall
	s.rule(left, s.y, right, s.y)
}

// sign fills the last cell: what she drew, or that she has confirmed it, and when; else a line to sign on.
func (s *setter) sign(slip *payroll.Slip, x, y, tall float64) {
	at, lines := slipdoc.Confirmed(slip)
	if at == "" {
		s.rule(x+1, y+tall-2.5, x+widths[signature]-1, y+tall-2.5)
		return
	}
	room := widths[signature] - 2
	if drawn := press.Strokes(lines, slippdf.SignatureWidth, slippdf.SignatureHeight); drawn.Path != "" {
		drawn.Height = min(tall-leading(small)-1, room*slippdf.SignatureHeight/slippdf.SignatureWidth)
		drawn.Width = drawn.Height * slippdf.SignatureWidth / slippdf.SignatureHeight
		drawn.X, drawn.Y = x+1, y+0.5
		s.sheet().Symbols = append(s.sheet().Symbols, drawn)
	} else {
		s.text(x+1, y+between, s.fonts.Regular.FitFigure(s.words.confirmed, room, small), false, s.words.confirmed)
	}
	s.text(x+1, y+tall-leading(small)-0.4, small, false, at)
}

// closing is the row of totals and what must stand under a ledger.
func (s *setter) closing() {
	var sums [3]piecework.Money
	for i := range s.ledger.Rows {
		r := &s.ledger.Rows[i]
		sums[0], sums[1], sums[2] = sums[0].Add(r.Slip.Gross), sums[1].Add(r.Withheld()), sums[2].Add(r.Slip.Net)
	}
	var cells [columns]cell
	cells[name] = cell{lines: []string{s.words.total, fmt.Sprintf(s.words.workers, len(s.ledger.Rows))}, size: body, bold: true}
	cells[gross], cells[withheld], cells[net] = figure(sums[0], true), figure(sums[1], true), figure(sums[2], true)
	s.place(cells, nil)
	if s.y+12 > bottom {
		s.newSheet()
	}
	run := s.ledger.Run
	s.text(left, s.y+2, small, false, fmt.Sprintf(s.words.keep, payroll.LedgerYears, s.ledger.KeepUntil))
	by := []string{fmt.Sprintf(s.words.made, s.clean("made by", run.CreatedBy))}
	if run.ApprovedBy != "" {
		by = append(by, fmt.Sprintf(s.words.approved, s.clean("approved by", run.ApprovedBy)))
	}
	s.text(left, s.y+2+leading(small)+0.6, small, false, strings.Join(by, " · "))
}

// footer is the number of the page.
func (s *setter) footer(sh *press.Sheet, n int) {
	page := fmt.Sprintf(s.words.page, n, len(s.sheets))
	w := s.fonts.Regular.Width(page, small)
	sh.Texts = append(sh.Texts, press.Text{X: right - w, Y: height - 9, Size: small, Text: page})
}
