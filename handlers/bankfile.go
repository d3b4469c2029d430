package handlers

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/payroll/exchange"
	"jijian/piecework"
	"jijian/templates"
)

// bankPage is who of a run is paid by bank and how much.
type bankPage struct {
	Run     *payroll.PayRun
	List    *payroll.BankList
	Locked  string // why it cannot be made now
	Layouts []templates.Option
	Form    values
}

// Shown are the first payments, with masked accounts.
func (p *bankPage) Shown() []payroll.BankPayment {
	list := p.List.Pay[:min(recent, len(p.List.Pay))]
	for i := range list {
		list[i].Personal = list[i].Personal.Masked()
	}
	return list
}

// More is how many payments are not shown.
func (p *bankPage) More() int { return len(p.List.Pay) - min(recent, len(p.List.Pay)) }

func (s *Server) bankPage(c echo.Context, typed values) (*bankPage, error) {
	ctx := c.Request().Context()
	run, err := payroll.RunByID(ctx, s.DB, paramID(c, "run"))
	if err != nil {
		return nil, err
	}
	p := &bankPage{Run: run, Form: typed, List: &payroll.BankList{Run: run}}
	list, err := payroll.BankListOf(ctx, s.DB, s.Keys, run.ID)
	var problem *piecework.Problem
	switch {
	case errors.As(err, &problem):
		p.Locked = inWords(visitOf(c).lang, &problem.Message)
		return p, nil
	case err != nil:
		return nil, err
	}
	p.List = list
	layouts, err := payroll.BankLayouts(ctx, s.DB)
	for _, l := range layouts {
		p.Layouts = append(p.Layouts, option(l.ID, l.Name))
	}
	return p, err
}

// bankShow shows who would be in the payment file of a run.
func (s *Server) bankShow(c echo.Context) error {
	p, err := s.bankPage(c, values{})
	if err != nil {
		return err
	}
	p.Form["purpose"] = visitOf(c).says("Wages %s to %s", string(p.Run.PeriodFrom), string(p.Run.PeriodTo))
	return s.page(c, "runs/bank", p)
}

// bankDownload hands out the payment file of a run. It holds account numbers, so that every worker in it can read that it was made.
func (s *Server) bankDownload(c echo.Context) error {
	f, ctx := readForm(c), c.Request().Context()
	layout, list, data, err := s.bankFile(c, f)
	if err != nil {
		p, shown := s.bankPage(c, f.values())
		if shown != nil {
			return shown
		}
		return s.again(c, err, "runs/bank", p)
	}
	if err := list.Note(ctx, s.DB, layout, visitOf(c).who.Name); err != nil {
		return err
	}
	format := exchange.CSV
	if f.text("format") == string(exchange.XLSX) {
		format = exchange.XLSX
	}
	kind := mediaType(format)
	if format == exchange.CSV && layout.Encoding == "gb18030" {
		kind = "text/csv; charset=gb18030"
	}
	return download(c, fmt.Sprintf("run-%d-bank.%s", list.Run.ID, format), kind, data)
}

// bankFile makes the file that a form asks for.
func (s *Server) bankFile(c echo.Context, f *form) (*payroll.BankLayout, *payroll.BankList, []byte, error) {
	ctx := c.Request().Context()
	layoutID := f.id(s, "layout", "banklayout")
	if layoutID == 0 && len(f.invalid.Fields) == 0 {
		f.invalid.Add("layout", "choose one")
	}
	format, err := exchange.ParseFormat(f.text("format"))
	if err := f.and(err); err != nil {
		return nil, nil, nil, err
	}
	f.invalid.AddMsg("purpose", piecework.CheckText(f.text("purpose"), 60))
	if err := f.and(nil); err != nil {
		return nil, nil, nil, err
	}
	layout, err := payroll.BankLayoutByID(ctx, s.DB, layoutID)
	if err != nil {
		return nil, nil, nil, err
	}
	list, err := payroll.BankListOf(ctx, s.DB, s.Keys, paramID(c, "run"))
	if err != nil {
		return nil, nil, nil, err
	}
	if len(list.Pay) == 0 {
		return nil, nil, nil, piecework.Conflict("Nobody of this run is still owed anything by bank.")
	}
	var whole bytes.Buffer
	err = exchange.BankFile(&whole, format, layout, list, f.text("purpose"), list.Run.Workshop.Today())
	return layout, list, whole.Bytes(), err
}

// bankPaid notes that those in the payment file have received their money.
func (s *Server) bankPaid(c echo.Context) error {
	f, id := readForm(c), paramID(c, "run")
	p := payroll.Payment{Method: payroll.Bank, PaidOn: f.date("paid_on"), Note: f.text("note"), RecordedBy: visitOf(c).who.Name}
	err := f.and(p.Validate())
	if err == nil {
		err = payroll.PayByBank(c.Request().Context(), s.DB, s.Keys, id, p)
	}
	if err != nil {
		page, shown := s.bankPage(c, f.values())
		if shown != nil {
			return shown
		}
		return s.again(c, err, "runs/bank", page)
	}
	return s.done(c, runPath(id), "The payments by bank are written down.")
}
