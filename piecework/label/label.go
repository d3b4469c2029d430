// Package label prints what is scanned at the bench: badges, bundle tickets and commands, on sheets of labels and on label printers,
// black on white, in Chinese or English. Each label carries its code three times: as a QR code that opens a page, as a bar code of the
// short form for scanners that type, and in digits for people. The same labels always give the same bytes.
package label

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"jijian/piecework"
	"jijian/piecework/press"
)

// Badge is the badge of a worker or a team.
type Badge struct {
	Name       string
	WorkerCode string
	Workshop   string
	Code       piecework.Code
}

// Ticket is the ticket of a bundle.
type Ticket struct {
	Order      string
	Product    string
	Number     int64    // in the order
	Quantity   int64    // pieces in the bundle
	Operations []string // their names in sequence; none: all of the product
	All        bool     // Operations are all of the product: where the names do not fit, that is said instead
	Code       piecework.Code
}

// Job is how something is printed.
type Job struct {
	Stock Stock
	Lang  string // zh or en; any other is taken as zh
	Base  string // the address of the server, such as https://jijian.example, for the QR codes
	Skip  int    // labels of the first sheet that are used already
}

// Warning says what could not be printed as it was given. Its message is English and the key of a translation.
type Warning struct {
	Label int // index
	piecework.Message
}

// Printer prints labels in one pair of fonts. It is safe for concurrent use.
type Printer struct{ fonts *press.Fonts }

// NewPrinter is a printer that sets labels in the given fonts.
func NewPrinter(fonts *press.Fonts) *Printer { return &Printer{fonts} }

// Badges prints badges. An unknown stock, no badge at all and a Skip beyond the sheet are [piecework.ErrInvalid].
func (p *Printer) Badges(w io.Writer, job Job, badges []Badge) ([]Warning, error) {
	labels := make([]content, len(badges))
	for i, b := range badges {
		labels[i] = content{code: b.Code, lines: []line{{field: "worker", text: b.Name, bold: true, head: true}, {field: "worker number", text: b.WorkerCode}, {field: "workshop", text: b.Workshop, lines: 2}}}
	}
	return p.print(w, job, wordsOf(job.Lang).badges, labels)
}

// Tickets prints bundle tickets; see [Printer.Badges] for the errors.
func (p *Printer) Tickets(w io.Writer, job Job, tickets []Ticket) ([]Warning, error) {
	words := wordsOf(job.Lang)
	labels := make([]content, len(tickets))
	for i, t := range tickets {
		instead := ""
		if t.All {
			instead = words.all
		}
		labels[i] = content{code: t.Code, lines: []line{
			{field: "quantity", text: fmt.Sprintf(words.pieces, t.Quantity), bold: true, head: true, beside: fmt.Sprintf("#%d", t.Number)},
			{field: "order", text: t.Order, bold: true},
			{field: "product", text: t.Product, lines: 2},
			{field: "operations", text: words.list(t.Operations), lines: 4, instead: instead},
		}}
	}
	return p.print(w, job, words.tickets, labels)
}

// Commands prints the commands of the bench in both languages, so that everybody at it can read them, and the code of a session first
// unless session is the zero value; see [Printer.Badges] for the errors.
func (p *Printer) Commands(w io.Writer, job Job, name string, session piecework.Code) ([]Warning, error) {
	var labels []content
	if session.Serial != 0 {
		labels = append(labels, content{code: session, lines: []line{{field: "session", text: name, bold: true, head: true}, {text: chinese.session, lines: 2}, {text: english.session, lines: 2}}})
	}
	for _, c := range inOrder {
		zh, en := chinese.commands[c], english.commands[c]
		labels = append(labels, content{code: c.Code(), lines: []line{{text: zh.name, bold: true, head: true}, {text: zh.means}, {text: en.name, bold: true}, {text: en.means, lines: 2}}})
	}
	return p.print(w, job, wordsOf(job.Lang).sheet, labels)
}

// content is one label as it is given: its lines from the most important on, and its code.
type content struct {
	lines []line
	code  piecework.Code
}

type line struct {
	field string // for warnings
	text  string
	bold  bool
	head  bool // set as large as there is room
	lines int  // at most; 0 is one
	// beside stands at the other end of the line, whole whatever becomes of the text.
	beside string
	// instead is said where the text does not fit, if it is not "".
	instead string
}

func (p *Printer) print(w io.Writer, job Job, title string, labels []content) ([]Warning, error) {
	stock, ok := stocks[job.Stock]
	if !ok {
		return nil, piecework.InvalidField("stock", "%q is no label stock", string(job.Stock))
	}
	if len(labels) == 0 {
		return nil, piecework.InvalidField("labels", "there is nothing to print")
	}
	if job.Skip < 0 || job.Skip >= job.Stock.PerPage() {
		return nil, piecework.InvalidField("skip", "must be between %d and %d", 0, job.Stock.PerPage()-1)
	}
	sheets := make([]*press.Sheet, 0, job.Skip+len(labels))
	for range job.Skip {
		sheets = append(sheets, &press.Sheet{})
	}
	var warnings []Warning
	for i := range labels {
		s := setter{stock: stock, fonts: p.fonts, sheet: &press.Sheet{}, warn: func(format string, args ...any) {
			warnings = append(warnings, Warning{i, piecework.Message{Format: format, Args: args}})
		}}
		if err := s.set(&labels[i], job.Base); err != nil {
			return warnings, fmt.Errorf("print label %d: %w", i, err)
		}
		sheets = append(sheets, s.sheet)
	}
	layout := stock.layout
	layout.Title, layout.Dated = title, dated
	document, err := p.fonts.Write(layout, sheets)
	if err != nil {
		return warnings, fmt.Errorf("print labels: %w", err)
	}
	_, err = w.Write(document)
	return warnings, err
}

// dated is the moment every document is dated with: a second print is the same.
var dated = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// setter sets one label.
type setter struct {
	stock
	fonts *press.Fonts
	sheet *press.Sheet
	warn  func(string, ...any)
}

func (s *setter) set(c *content, base string) error {
	qr, err := press.QR(c.code.Address(base))
	if err != nil {
		return err
	}
	bars, err := press.Bars(c.code.Short())
	if err != nil {
		return err
	}
	// The dark squares begin at the margin; the quiet zone lies around them.
	square := s.qr / float64(qr.Across-2*press.QuietZone)
	quiet := square * press.QuietZone
	left := s.width - s.margin - s.qr // of the dark squares
	qr.X, qr.Y = left-quiet, s.margin-quiet
	qr.Width, qr.Height = s.qr+2*quiet, s.qr+2*quiet

	textTo := left - max(quiet, 2)
	digitsLeft := s.digitsOf(c.code, left, quiet)
	barsTo, bottom := min(textTo, digitsLeft-1.5), s.height-s.margin
	if s.below {
		barsTo, bottom = s.width-s.margin, bottom-s.digits*press.Millimetres-1
	}
	module := min(s.module, (barsTo-s.margin)/float64(bars.Across-2*press.BarQuietZone))
	bars.X, bars.Width = s.margin-module*press.BarQuietZone, module*float64(bars.Across)
	bars.Y, bars.Height = bottom-s.bars, s.bars
	s.sheet.Symbols = append(s.sheet.Symbols, qr, bars)

	s.text(c.lines, textTo-s.margin, bars.Y-0.6)
	return nil
}

// digitsOf sets the short form: under the QR code, or, where the bars stand below everything, under the bars with the long form at the
// other end of the line. It returns where they begin.
func (s *setter) digitsOf(c piecework.Code, left, quiet float64) float64 {
	digits := spaced(c.Short())
	if s.below {
		y := s.height - s.margin
		s.put(s.margin, y, s.digits, true, digits)
		long := c.String()
		s.put(s.width-s.margin-s.fonts.Regular.Width(long, 7), y, 7, false, long)
		return s.margin
	}
	size := max(7, s.fonts.Bold.FitFigure(digits, s.qr, s.digits))
	width := s.fonts.Bold.Width(digits, size)
	x := min(left+(s.qr-width)/2, left+s.qr-width) // those of a large serial are wider than the QR code
	s.put(x, s.margin+s.qr+quiet+0.74*size*press.Millimetres, size, true, digits)
	return x
}

// spaced is a row of digits in groups of three and four, which people read without losing their place.
func spaced(digits string) string {
	groups := (len(digits) + 3) / 4
	out := ""
	for left := groups; left > 0; left-- {
		n := len(digits) / left
		out, digits = out+digits[:n], digits[n:]
		if left > 1 {
			out += " "
		}
	}
	return out
}

// leading is the height of a line of this size.
func leading(size float64) float64 { return size * press.Millimetres * 1.22 }

// text sets the lines one below the other down to bottom, each as large as leaves room for all of those after it, or, where that is too
// little, for one line of each.
func (s *setter) text(lines []line, width, bottom float64) {
	y := s.margin
	for i, l := range lines {
		text := s.fonts.Printable(l.field, l.text, s.warn)
		if text == "" {
			continue
		}
		face := s.fonts.Regular
		if l.bold {
			face = s.fonts.Bold
		}
		own := width
		if l.beside != "" {
			end := s.fonts.Regular.Width(l.beside, s.body+2)
			s.put(s.margin+width-end, y+0.88*(s.body+2)*press.Millimetres, s.body+2, false, l.beside)
			own -= end + 1.5
		}
		set, size, cut := face.Fit(text, own, s.steps(l, bottom-y-s.needs(lines[i+1:], width, false))...)
		if cut || l.head && size < s.heads[len(s.heads)-1].Size {
			set, size, cut = face.Fit(text, own, s.steps(l, bottom-y-s.needs(lines[i+1:], width, true))...)
		}
		if cut && l.instead != "" {
			set, size, cut = face.Fit(l.instead, own, s.steps(l, bottom-y-s.needs(lines[i+1:], width, true))...)
		}
		if cut {
			s.warn("%s: too long, shortened", l.field)
		}
		for _, t := range set {
			s.put(s.margin, y+0.88*size*press.Millimetres, size, l.bold, t)
			y += leading(size)
		}
		if l.head {
			y += 0.06 * leading(size)
		}
	}
}

// needs is the height that lines take at 7 pt, each broken as it must be or, if tight, all on one line.
func (s *setter) needs(lines []line, width float64, tight bool) (height float64) {
	for _, l := range lines {
		text := s.fonts.Printable(l.field, l.text, func(string, ...any) {})
		broken, _, _ := s.fonts.Bold.Fit(text, width, press.At(7, max(1, l.lines)))
		n := len(broken)
		if tight {
			n = min(n, 1)
		}
		height += float64(n) * leading(7)
	}
	return height
}

// steps are the ways to set a line that there is room for, at least one line of 7 pt.
func (s *setter) steps(l line, room float64) []press.Step {
	ways := []press.Step{press.At(s.body, 1), press.At(max(7, s.body-1), max(1, l.lines)), press.At(max(7, s.body-2.5), max(1, l.lines)), press.At(7, max(1, l.lines))}
	if l.head {
		last := s.heads[len(s.heads)-1].Size
		ways = append(slices.Clip(s.heads), press.At(last, 2), press.At(8, 2), press.At(7, 3))
	}
	var steps []press.Step
	for _, w := range ways {
		if n := int(math.Floor(room/leading(w.Size) + 0.01)); n > 0 {
			steps = append(steps, press.At(w.Size, min(w.Lines, n)))
		}
	}
	if len(steps) == 0 {
		steps = append(steps, press.At(7, 1))
	}
	return steps
}

// put sets one line on its base line.
func (s *setter) put(x, y, size float64, bold bool, text string) {
	s.sheet.Texts = append(s.sheet.Texts, press.Text{X: x, Y: y, Size: size, Bold: bold, Text: text})
}
