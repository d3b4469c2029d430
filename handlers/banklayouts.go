package handlers

import (
	"fmt"
	"strconv"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/templates"
)

// bankFieldNames are what a column of a payment file may hold, in words.
var bankFieldNames = map[payroll.BankField]*piecework.Message{
	payroll.BankNumber: piecework.Msg("Running number"), payroll.BankAccount: piecework.Msg("Account number"), payroll.BankHolder: piecework.Msg("Name of the worker"),
	payroll.BankAmount: piecework.Msg("Amount to pay"), payroll.BankBranch: piecework.Msg("Bank with branch"), payroll.BankIDNumber: piecework.Msg("Identity number"),
	payroll.BankWorker: piecework.Msg("Code of the worker"), payroll.BankCurrency: piecework.Msg("Currency"), payroll.BankPurpose: piecework.Msg("Purpose, typed each time"),
	payroll.BankReference: piecework.Msg("Reference, one for each payment"), payroll.BankDate: piecework.Msg("Day, as 20261031"), payroll.BankBlank: piecework.Msg("Empty column"),
}

// bankWords are the other choices of a layout, in words.
var bankWords = map[string]*piecework.Message{
	"gb18030": piecework.Msg("GB18030, as most banks read Chinese"), "utf-8": piecework.Msg("UTF-8"), "utf-8-bom": piecework.Msg("UTF-8 with a mark, for Excel"),
	"comma": piecework.Msg("Comma ,"), "semicolon": piecework.Msg("Semicolon ;"), "tab": piecework.Msg("Tab"), "bar": piecework.Msg("Bar |"),
	"yuan": piecework.Msg("1234.50"), "grouped": piecework.Msg("1,234.50"), "fen": piecework.Msg("123450, in fen"),
}

func bankOptions(v *visit, values []string) []templates.Option {
	options := make([]templates.Option, len(values))
	for i, value := range values {
		options[i] = templates.Option{Value: value, Text: inWords(v.lang, bankWords[value])}
	}
	return options
}

// bankLayouts lists how banks want their files.
func (s *Server) bankLayouts(c echo.Context) error {
	list, err := payroll.BankLayouts(c.Request().Context(), s.DB)
	if err != nil {
		return err
	}
	v, rows := visitOf(c), make([]bankLayoutRow, len(list))
	for i, l := range list {
		rows[i] = bankLayoutRow{l, inWords(v.lang, bankWords[l.Encoding]), inWords(v.lang, bankWords[l.Delimiter]), inWords(v.lang, bankWords[l.Amounts])}
	}
	return s.page(c, "banklayouts/list", rows)
}

// bankLayoutRow is a layout in words.
type bankLayoutRow struct {
	payroll.BankLayout
	InEncoding, Apart, Figures string
}

type bankLayoutForm struct {
	ID                                     int64 // 0: a new one
	Form                                   values
	Encodings, Delimiters, Amounts, Fields []templates.Option
	Rows                                   []bankLayoutColumn
}

// bankLayoutColumn is one column as it was typed; the number is part of the names of its fields.
type bankLayoutColumn struct {
	N            int
	Field, Title string
}

func (s *Server) bankLayoutForm(c echo.Context, wrong error, id int64, typed values) error {
	v := visitOf(c)
	p := bankLayoutForm{ID: id, Form: typed, Encodings: bankOptions(v, payroll.BankEncodings), Delimiters: bankOptions(v, payroll.BankDelimiters),
		Amounts: bankOptions(v, payroll.BankAmounts)}
	for _, f := range payroll.BankFields {
		p.Fields = append(p.Fields, templates.Option{Value: string(f), Text: inWords(v.lang, bankFieldNames[f])})
	}
	for n := 1; n <= payroll.MaxBankColumns; n++ {
		at := strconv.Itoa(n)
		p.Rows = append(p.Rows, bankLayoutColumn{n, typed["field_"+at], typed["title_"+at]})
	}
	if wrong != nil {
		return s.again(c, wrong, "banklayouts/form", p)
	}
	return s.page(c, "banklayouts/form", p)
}

// bankLayoutNew asks for a layout, beginning with the three columns that every one has.
func (s *Server) bankLayoutNew(c echo.Context) error {
	return s.bankLayoutForm(c, nil, 0, typedLayout(&payroll.BankLayout{Encoding: "gb18030", Delimiter: "comma", Header: true, Amounts: "yuan",
		Columns: []payroll.BankColumn{{Field: payroll.BankAccount, Title: "账号"}, {Field: payroll.BankHolder, Title: "户名"}, {Field: payroll.BankAmount, Title: "金额"}}}))
}

// typedLayout is a layout as its form shows it.
func typedLayout(l *payroll.BankLayout) values {
	typed := values{"name": l.Name, "encoding": l.Encoding, "delimiter": l.Delimiter, "amounts": l.Amounts}
	if l.Header {
		typed["header"] = "on"
	}
	for i, column := range l.Columns {
		at := strconv.Itoa(i + 1)
		typed["field_"+at], typed["title_"+at] = string(column.Field), column.Title
	}
	return typed
}

// bankLayoutEdit shows a layout.
func (s *Server) bankLayoutEdit(c echo.Context) error {
	l, err := payroll.BankLayoutByID(c.Request().Context(), s.DB, paramID(c, "banklayout"))
	if err != nil {
		return err
	}
	return s.bankLayoutForm(c, nil, l.ID, typedLayout(l))
}

// bankLayoutCreate adds a layout.
func (s *Server) bankLayoutCreate(c echo.Context) error { return s.bankLayoutWrite(c, 0) }

// bankLayoutSave changes a layout.
func (s *Server) bankLayoutSave(c echo.Context) error {
	return s.bankLayoutWrite(c, paramID(c, "banklayout"))
}

func (s *Server) bankLayoutWrite(c echo.Context, id int64) error {
	if err := mayChangeFigures(c); err != nil {
		return err
	}
	f := readForm(c)
	l := &payroll.BankLayout{ID: id, Name: f.text("name"), Encoding: f.text("encoding"), Delimiter: f.text("delimiter"), Header: f.has("header"),
		Amounts: f.text("amounts"), SavedBy: visitOf(c).who.Name}
	for n := 1; n <= payroll.MaxBankColumns; n++ {
		field, title := f.text(fmt.Sprintf("field_%d", n)), f.text(fmt.Sprintf("title_%d", n))
		if field+title != "" {
			l.Columns = append(l.Columns, payroll.BankColumn{Field: payroll.BankField(field), Title: title})
		}
	}
	if err := payroll.SaveBankLayout(c.Request().Context(), s.DB, l); err != nil {
		return s.bankLayoutForm(c, err, id, f.values())
	}
	return s.done(c, "/bank-layouts", "The layout %s is saved.", l.Name)
}

// bankLayoutRemove takes a layout away.
func (s *Server) bankLayoutRemove(c echo.Context) error {
	if err := mayChangeFigures(c); err != nil {
		return err
	}
	if err := payroll.RemoveBankLayout(c.Request().Context(), s.DB, paramID(c, "banklayout")); err != nil {
		return err
	}
	return s.done(c, "/bank-layouts", "The layout is removed.")
}
