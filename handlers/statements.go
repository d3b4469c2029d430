package handlers

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/payroll/exchange"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/paper"
	"jijian/templates"
)

type statementList struct {
	Query, Status string
	Own           bool
	List          piecework.Page[piecework.ContractorStatement]
}

// statements lists the latest version of each statement.
func (s *Server) statements(c echo.Context) error {
	f := s.filter(c)
	p := statementList{Query: f.Query, Status: f.Status, Own: visitOf(c).who.Role == account.Contractor}
	var err error
	if p.List, err = piecework.Statements(c.Request().Context(), s.DB, f); err != nil {
		return err
	}
	return s.page(c, "statements/list", p)
}

type statementForm struct {
	Form values
	workshopChoice
	Contractors []templates.Option
}

// statementNew asks for contractor and period, and proposes the last month.
func (s *Server) statementNew(c echo.Context) error {
	first, _ := s.today(c).Month()
	from, to := first.AddDays(-1).Month()
	return s.statementForm(c, nil, values{"from": string(from), "to": string(to), "contractor": c.QueryParam("contractor")})
}

func (s *Server) statementForm(c echo.Context, wrong error, typed values) error {
	p := statementForm{Form: typed}
	var err error
	if p.workshopChoice, err = s.chooseWorkshop(c, typed); err != nil {
		return err
	}
	if p.Contractors, err = s.choices(c.Request().Context(), (*piecework.Contractor)(nil)); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "statements/new", p)
	}
	return s.page(c, "statements/new", p)
}

// statementMake makes the next version of a statement.
func (s *Server) statementMake(c echo.Context) error {
	f := readForm(c)
	workshop, contractor, from, to := f.workshop(s), f.id(s, "contractor", "contractor"), f.date("from"), f.date("to")
	for field, id := range map[string]int64{"workshop": workshop, "contractor": contractor} {
		if id == 0 {
			f.invalid.Add(field, "choose one")
		}
	}
	var st *piecework.ContractorStatement
	err := f.invalid.Err()
	if err == nil {
		st, err = piecework.MakeStatement(c.Request().Context(), s.DB, workshop, contractor, from, to, visitOf(c).who.Name)
	}
	if err != nil {
		return s.statementForm(c, err, f.values())
	}
	return s.done(c, statementPath(st.ID), "Version %d of the statement is made. Now both sides confirm it.", st.Version)
}

func statementPath(id int64) string { return fmt.Sprintf("/statements/%d", id) }

type statementShow struct {
	*piecework.ContractorStatement
	Aged     piecework.Aged
	Versions []piecework.ContractorStatement
	Newest   bool
	Own      bool // the person is the contractor
	May      bool // her side has not confirmed yet
	Code     string
	Zone     *time.Location
}

// statementShow shows a version of a statement.
func (s *Server) statementShow(c echo.Context) error { return s.showStatement(c, nil) }

func (s *Server) showStatement(c echo.Context, wrong error) error {
	ctx := c.Request().Context()
	st, err := piecework.StatementByID(ctx, s.DB, paramID(c, "statement"))
	if err != nil {
		return err
	}
	p := statementShow{ContractorStatement: st, Own: visitOf(c).who.Role == account.Contractor, Zone: st.Workshop.Location(), Code: hex.EncodeToString(st.Hash)}
	if p.Aged, err = piecework.Age(ctx, s.DB, st.WorkshopID, st.ContractorID, st.PeriodTo); err != nil {
		return err
	}
	if p.Versions, err = piecework.StatementVersions(ctx, s.DB, st); err != nil {
		return err
	}
	p.Newest = p.Versions[len(p.Versions)-1].ID == st.ID
	p.May = p.Newest && (p.Own && st.ContractorAt == 0 || !p.Own && st.WorkshopAt == 0)
	if wrong != nil {
		return s.again(c, wrong, "statements/show", p)
	}
	return s.page(c, "statements/show", p)
}

// statementConfirm confirms a version for the side of whoever is signed in.
func (s *Server) statementConfirm(c echo.Context) error {
	ctx, who := c.Request().Context(), visitOf(c).who
	st, err := piecework.StatementByID(ctx, s.DB, paramID(c, "statement"))
	if err != nil {
		return err
	}
	if err := st.Confirm(ctx, s.DB, who.Role == account.Contractor, who.Name); err != nil {
		return s.showStatement(c, err)
	}
	return s.done(c, statementPath(st.ID), "Version %d is confirmed for your side.", st.Version)
}

// statementPDF prints a version.
func (s *Server) statementPDF(c echo.Context) error {
	ctx := c.Request().Context()
	st, err := piecework.StatementByID(ctx, s.DB, paramID(c, "statement"))
	if err != nil {
		return err
	}
	aged, err := piecework.Age(ctx, s.DB, st.WorkshopID, st.ContractorID, st.PeriodTo)
	if err != nil {
		return err
	}
	fonts, err := Fonts()
	if err != nil {
		return err
	}
	var whole bytes.Buffer
	warnings, err := paper.NewPrinter(fonts).Statement(&whole, visitOf(c).lang, st, aged)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		s.Logger.Warn("statement printed with a loss", "statement", st.ID, "what", w.Message.String())
	}
	return download(c, statementName(st)+".pdf", "application/pdf", whole.Bytes())
}

func statementName(st *piecework.ContractorStatement) string {
	return fmt.Sprintf("statement-%s-%s-v%d", st.Contractor.Code, st.PeriodTo, st.Version)
}

// statementExport hands out a version as CSV or workbook.
func (s *Server) statementExport(c echo.Context) error {
	format, err := exchange.ParseFormat(c.QueryParam("format"))
	if err != nil {
		return err
	}
	st, err := piecework.StatementByID(c.Request().Context(), s.DB, paramID(c, "statement"))
	if err != nil {
		return err
	}
	var whole bytes.Buffer
	if err := exchange.StatementVersion(&whole, format, st); err != nil {
		return err
	}
	return download(c, statementName(st)+"."+string(format), mediaType(format), whole.Bytes())
}

type contractorAccount struct {
	Contractor *piecework.Contractor
	Day        piecework.Date
	Shops      []accountShop
	Own        bool
	Form       values
	workshopChoice
	Methods []templates.Option
	Orders  []orderRow // open ones, the earliest due on top; then those ended early for which something is still owed
}

// accountShop is what stands between the contractor and one workshop.
type accountShop struct {
	Workshop *piecework.Workshop
	Now      *piecework.ContractorStatement // of all time up to today
	Aged     piecework.Aged
	Debts    []orderDebt
}

// orderDebt is what is owed for an order, with how far that has come.
type orderDebt struct {
	piecework.Debt
	State piecework.OrderState
}

// accountShow shows what a contractor owes, how old it is and what he paid.
func (s *Server) accountShow(c echo.Context) error {
	return s.showAccount(c, nil, values{"date": string(s.today(c)), "method": "bank"})
}

func (s *Server) showAccount(c echo.Context, wrong error, typed values) error {
	ctx, who := c.Request().Context(), visitOf(c).who
	k, err := piecework.ContractorByID(ctx, s.DB, paramID(c, "contractor"))
	if err != nil {
		return err
	}
	p := contractorAccount{Contractor: k, Day: s.today(c), Own: who.Role == account.Contractor, Form: typed}
	if !p.Own { // who need not know which workshops there are
		if p.workshopChoice, err = s.chooseWorkshop(c, typed); err != nil {
			return err
		}
	}
	p.Methods = methods(visitOf(c))
	if p.Shops, err = s.accountShops(c, k.ID); err != nil {
		return err
	}
	open, err := piecework.Orders(ctx, s.DB, who.Scope(piecework.Filter{ContractorID: k.ID, Status: "unsettled"}))
	if err != nil {
		return err
	}
	if p.Orders, err = s.orderRows(c, open.Items); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "contractors/account", p)
	}
	return s.page(c, "contractors/account", p)
}

// paymentReceive records that a contractor paid.
func (s *Server) paymentReceive(c echo.Context) error {
	f, id := readForm(c), paramID(c, "contractor")
	pay := &piecework.ContractorPayment{WorkshopID: f.workshop(s), ContractorID: id, ReceivedOn: f.date("date"), Amount: f.money("amount"),
		Method: f.text("method"), Note: f.text("note"), RecordedBy: visitOf(c).who.Name}
	err := f.and(pay.Validate())
	if err == nil {
		err = piecework.ReceivePayment(c.Request().Context(), s.DB, pay)
	}
	if err != nil {
		return s.showAccount(c, err, f.values())
	}
	return s.done(c, fmt.Sprintf("/contractors/%d/account", id), "The payment of %s is recorded.", pay.Amount)
}
