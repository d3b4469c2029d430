package paper

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"jijian/piecework"
	"jijian/piecework/press"
)

// Note is a delivery note (交货单), on A5.
type Note struct {
	Delivery *piecework.Delivery // with order, contractor, product and workshop
	Before   int64               // pieces of the order delivered before this delivery
	Address  string              // what the QR code leads to: the order's link of this contractor
	Until    piecework.Date      // the last day on which it does
}

// Note prints a delivery note.
func (p *Printer) Note(w io.Writer, lang string, n Note) ([]Warning, error) {
	const width, height, margin = 148, 210, 11
	words := wordsOf(lang)
	var warnings []Warning
	s := p.sheet(width, height, margin, &warnings)
	d, o := n.Delivery, n.Delivery.Order
	if err := s.qr(n.Address, s.right()-34, margin, 34); err != nil {
		return nil, err
	}
	y := s.put(s.right()-34, margin+38, 34, 8, true, 1, "QR", words.scan)
	s.put(s.right()-34, y+4, 34, 7, false, 1, "QR", fmt.Sprintf(words.until, n.Until))

	left := s.right() - 34 - 5 - margin
	y = s.put(margin, margin+7, left, 20, true, 1, "title", words.note)
	y = s.put(margin, y+7, left, 11, true, 1, "delivery", d.Code)
	y = s.put(margin, y+7, left, 9.5, false, 2, "workshop", words.from+"  "+o.Workshop.Name)
	y = s.put(margin, y+6, left, 9.5, false, 2, "contractor", words.to+"  "+o.Contractor.Name)
	s.put(margin, y+6, left, 9.5, false, 1, "date", words.date+"  "+string(d.DeliveredOn))

	y = s.rows(n, max(y+14, margin+52), &words)
	if len(d.Bundles) > 0 {
		list := make([]string, len(d.Bundles))
		for i, b := range d.Bundles {
			list[i] = fmt.Sprintf("#%d × %s", b.Ticket.Number, grouped(b.Quantity))
		}
		y = s.put(margin, y+8, s.right()-margin, 8.5, false, 4, "bundles", words.bundles+"  "+strings.Join(list, "   "))
	}
	if d.Note != "" {
		s.put(margin, y+8, s.right()-margin, 9, false, 4, "note", words.remark+"  "+d.Note)
	}
	s.signatures(height-30, words.signs)
	y = height - 14
	s.rule(margin, y, s.right())
	s.put(margin, y+4.5, s.right()-margin, 7, false, 2, "address", n.Address)
	return warnings, p.write(w, words.note+" "+d.Code, width, height, []*press.Sheet{s.Sheet})
}

// rows sets what is delivered, and room to write down what was counted.
func (s *sheet) rows(n Note, y float64, words *words) float64 {
	d, o := n.Delivery, n.Delivery.Order
	s.rule(s.margin, y, s.right())
	y = s.put(s.margin, y+6.5, s.right()-s.margin, 12, true, 2, "product", o.Product.Name)
	y = s.put(s.margin, y+5.5, s.right()-s.margin, 9, false, 1, "order", words.order+"  "+o.Code+"   "+o.Product.Code)
	y += 4
	s.rule(s.margin, y, s.right())
	half := (s.right() - s.margin) / 2
	s.put(s.margin, y+6, half, 9, false, 1, "ordered", words.ordered)
	s.end(s.margin+half-6, y+6, 11, false, grouped(o.Quantity))
	s.put(s.margin, y+13, half, 9, false, 1, "before", words.before)
	s.end(s.margin+half-6, y+13, 11, false, grouped(n.Before))
	s.put(s.margin+half, y+6, half, 9, true, 1, "this", words.this)
	s.end(s.right(), y+15, 26, true, grouped(d.Quantity))
	y += 19
	s.rule(s.margin, y, s.right())
	third := (s.right() - s.margin) / 3
	for i, label := range words.counted {
		x := s.margin + float64(i)*third
		s.put(x, y+6, third, 9, false, 1, "counted", label)
		s.rule(x, y+17, x+third-5)
	}
	return y + 19
}

// signatures sets lines to sign on.
func (s *sheet) signatures(y float64, signs []string) {
	part := (s.right() - s.margin) / float64(len(signs))
	for i, label := range signs {
		x := s.margin + float64(i)*part
		s.put(x, y, part, 8.5, false, 1, "sign", label)
		s.rule(x+s.face(false).Width(label, 8.5)+1.5, y+0.8, x+part-4)
	}
}

// qr sets a QR code so that its dark squares fill a square.
func (s *sheet) qr(content string, x, y, side float64) error {
	code, err := press.QR(content)
	if err != nil {
		return err
	}
	square := side / float64(code.Across-2*press.QuietZone)
	quiet := square * press.QuietZone
	code.X, code.Y, code.Width, code.Height = x-quiet, y-quiet, side+2*quiet, side+2*quiet
	s.Symbols = append(s.Symbols, code)
	return nil
}

// grouped is a whole number with a comma before every three digits.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
