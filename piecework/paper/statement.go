package paper

import (
	"encoding/hex"
	"fmt"
	"io"

	"jijian/piecework"
	"jijian/piecework/press"
)

// A4 in millimetres, and how high a row of a statement is.
const (
	a4Width, a4Height = 210, 297
	rowHeight         = 6.2
)

// Statement prints a version of a contractor's statement on A4, as many pages as it takes; aged says how old what is owed was on the
// last day.
func (p *Printer) Statement(w io.Writer, lang string, st *piecework.ContractorStatement, aged piecework.Aged) ([]Warning, error) {
	words := wordsOf(lang)
	var warnings []Warning
	var pages []*sheet
	next := func() (*sheet, float64) {
		s := p.sheet(a4Width, a4Height, 16, &warnings)
		pages = append(pages, s)
		return s, s.heading(st, &words)
	}
	s, y := next()
	if len(st.Lines) == 0 {
		y = s.put(s.margin, y+rowHeight, 150, 9, false, 1, "lines", words.nothing)
	}
	for _, l := range st.Lines {
		if y > a4Height-24 {
			s, y = next()
		}
		y += rowHeight
		s.line(&l, y, &words)
	}
	if y > a4Height-92 {
		s, y = next()
	}
	s.sums(st, aged, y, &words)
	sheets := make([]*press.Sheet, len(pages))
	for i, s := range pages {
		s.put(s.margin, a4Height-9, 120, 7, false, 1, "hash", words.hash+" SHA-256 "+hex.EncodeToString(st.Hash))
		s.end(s.right(), a4Height-9, 7, false, fmt.Sprintf(words.page, i+1, len(pages)))
		sheets[i] = s.Sheet
	}
	return warnings, p.write(w, words.statement, a4Width, a4Height, sheets)
}

// heading sets the head of a page and of its columns.
func (s *sheet) heading(st *piecework.ContractorStatement, words *words) float64 {
	y := s.put(s.margin, s.margin+6, 120, 17, true, 1, "title", words.statement)
	s.end(s.right(), y, 10, true, fmt.Sprintf(words.version, st.Version))
	y = s.put(s.margin, y+8, 110, 10, false, 1, "workshop", words.workshop+"  "+st.Workshop.Name)
	s.end(s.right(), y, 10, false, fmt.Sprintf(words.period, st.PeriodFrom, st.PeriodTo))
	y = s.put(s.margin, y+6, 150, 10, false, 1, "contractor", words.contractor+"  "+st.Contractor.Name+"  "+st.Contractor.Code) + 8
	s.put(s.margin, y, 22, 8, false, 1, "head", words.day)
	s.put(s.margin+24, y, 60, 8, false, 1, "head", words.what)
	s.end(128, y, 8, false, words.quantity)
	s.end(156, y, 8, false, words.rate)
	s.end(s.right(), y, 8, false, fmt.Sprintf(words.amount, st.Workshop.Currency))
	s.rule(s.margin, y+2, s.right())
	return y + 1
}

// line sets one fact.
func (s *sheet) line(l *piecework.StatementLine, y float64, words *words) {
	what, amount := l.DeliveryCode+"  "+l.Product, l.Amount.String()
	if l.Repriced() {
		what += "  " + words.repriced
	}
	switch l.Kind {
	case piecework.LineChargeback:
		what, amount = words.chargeback+"  "+l.OrderCode+"  "+l.Note, l.Amount.Neg().String()
	case piecework.LinePayment:
		what, amount = words.payment+"  "+l.Note, l.Amount.Neg().String()
	}
	s.put(s.margin, y, 22, 9, false, 1, "date", string(l.Day))
	s.put(s.margin+24, y, 74, 9, false, 1, "line", what)
	if l.Quantity != 0 {
		s.end(128, y, 9, false, grouped(l.Quantity))
	}
	if l.Kind == piecework.LineFee {
		s.end(156, y, 9, false, l.Rate.String())
	}
	s.end(s.right(), y, 9, false, amount)
}

// sums sets the balance, how old it is, and who confirmed it.
func (s *sheet) sums(st *piecework.ContractorStatement, aged piecework.Aged, y float64, words *words) {
	y += 4
	s.rule(s.margin, y, s.right())
	for _, sum := range []struct {
		label  string
		amount piecework.Money
	}{{words.opening, st.Opening}, {words.fees, st.Fees}, {words.charged, st.Charged.Neg()}, {words.received, st.Received.Neg()}} {
		y += 6.5
		s.put(110, y, 45, 9.5, false, 1, "sum", sum.label)
		s.end(s.right(), y, 9.5, false, sum.amount.String())
	}
	s.rule(110, y+2.5, s.right())
	y += 10
	s.put(110, y, 45, 11, true, 1, "sum", words.closing)
	s.end(s.right(), y, 14, true, st.Closing.String())

	y += 10
	part := (s.right() - s.margin) / 5
	for i, m := range []piecework.Money{aged.Days30, aged.Days60, aged.Days90, aged.Older, aged.Ahead} {
		x := s.margin + float64(i)*part
		s.put(x, y, part-2, 8, false, 1, "age", words.aged[i])
		s.put(x, y+5.5, part-2, 10, false, 1, "age", m.String())
	}
	y += 19
	for _, side := range []struct {
		name, by string
		at       piecework.Instant
	}{{words.workshop, st.WorkshopBy, st.WorkshopAt}, {words.contractor, st.ContractorBy, st.ContractorAt}} {
		said := words.unconfirmed
		if side.at != 0 {
			said = fmt.Sprintf(words.confirmedBy, side.by, side.at.In(st.Workshop.Location()).Format("2006-01-02 15:04"))
		}
		s.put(s.margin, y, 150, 9, false, 1, "side", side.name+"  "+said)
		s.rule(125, y+0.8, s.right())
		y += 11
	}
}
