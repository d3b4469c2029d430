package handlers

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/templates"
)

// mayChangeFigures is nil unless the person sees only one workshop: schedules and minimum wages hold for every one.
func mayChangeFigures(c echo.Context) error {
	if visitOf(c).who.WorkshopID != 0 {
		return piecework.Forbidden("These figures hold for every workshop, and you see one only.")
	}
	return nil
}

// kindOfTable is the schedules of one type, the latest first.
type kindOfTable struct {
	incomeType
	Tables []datedTable
}

// datedTable is a schedule and how it stands today: applies, later or replaced.
type datedTable struct {
	payroll.TaxTable
	State string
}

// Rows are the steps of a schedule with the limit each begins at.
func (t datedTable) Rows() []bracketRow {
	rows := make([]bracketRow, len(t.Brackets))
	for i, b := range t.Brackets {
		rows[i] = bracketRow{Bracket: b, First: i == 0, Last: i == len(t.Brackets)-1}
		if i > 0 {
			rows[i].Above = t.Brackets[i-1].UpTo
		}
	}
	return rows
}

type bracketRow struct {
	payroll.Bracket
	Above       piecework.Money
	First, Last bool
}

// taxTables lists every schedule with its steps.
func (s *Server) taxTables(c echo.Context) error {
	list, err := payroll.TaxTables(c.Request().Context(), s.DB)
	if err != nil {
		return err
	}
	today := s.today(c)
	kinds := []kindOfTable{{incomeType: incomeTypeOf(c, payroll.Labour)}, {incomeType: incomeTypeOf(c, payroll.Salary)}, {incomeType: incomeTypeOf(c, payroll.Platform)}}
	for i := range kinds {
		stands := standing{}
		for _, t := range list {
			if t.Type == kinds[i].Value {
				kinds[i].Tables = append(kinds[i].Tables, datedTable{t, stands.on(today, t.EffectiveFrom)})
			}
		}
	}
	return s.page(c, "taxtables/list", kinds)
}

type taxTableForm struct {
	Kind  incomeType
	Form  values
	Rows  []typedRow
	Kinds []templates.Option
}

// typedRow is one row of brackets as it was typed; the number is part of the names of its fields.
type typedRow struct {
	N                    int
	UpTo, Percent, Quick string
}

// taxTableNew asks for a schedule of ?type, beginning with the one that holds now.
func (s *Server) taxTableNew(c echo.Context) error {
	if err := mayChangeFigures(c); err != nil {
		return err
	}
	list, err := payroll.TaxTables(c.Request().Context(), s.DB)
	if err != nil {
		return err
	}
	typed := values{"type": c.QueryParam("type")}
	for _, t := range list {
		if string(t.Type) != typed["type"] {
			continue
		}
		typed["monthly_allowance"] = t.Allowance.String()
		for i, b := range t.Brackets {
			n := strconv.Itoa(i + 1)
			typed["percent_"+n] = strconv.FormatInt(b.Percent, 10)
			if !b.UpTo.IsZero() {
				typed["up_to_"+n] = strings.TrimSuffix(b.UpTo.String(), ".00")
			}
		}
		break
	}
	return s.taxTableForm(c, nil, typed)
}

func (s *Server) taxTableForm(c echo.Context, wrong error, typed values) error {
	p := taxTableForm{Form: typed}
	for _, t := range payroll.IncomeTypes {
		if t == payroll.Untaxed {
			continue
		}
		kind := incomeTypeOf(c, t)
		p.Kinds = append(p.Kinds, templates.Option{Value: string(t), Text: kind.Name})
		if string(t) == typed["type"] {
			p.Kind = kind
		}
	}
	last := 2
	for n := 1; n <= payroll.MaxBrackets; n++ {
		at := strconv.Itoa(n)
		row := typedRow{n, typed["up_to_"+at], typed["percent_"+at], typed["quick_"+at]}
		p.Rows = append(p.Rows, row)
		if row.UpTo+row.Percent+row.Quick != "" {
			last = n
		}
	}
	p.Rows = p.Rows[:min(last+2, len(p.Rows))]
	if wrong != nil {
		return s.again(c, wrong, "taxtables/form", p)
	}
	return s.page(c, "taxtables/form", p)
}

// brackets reads the rows of a schedule that have anything in them. A quick deduction that is left empty is worked out.
func (f *form) brackets() []payroll.Bracket {
	var list []payroll.Bracket
	var given []bool
	for n := 1; n <= payroll.MaxBrackets; n++ {
		upTo, percent, quick := f.text(fmt.Sprintf("up_to_%d", n)), f.text(fmt.Sprintf("percent_%d", n)), f.text(fmt.Sprintf("quick_%d", n))
		if upTo+percent+quick == "" {
			continue
		}
		var b payroll.Bracket
		b.UpTo = f.inRow(n, upTo)
		b.Quick = f.inRow(n, quick)
		var err error
		if b.Percent, err = strconv.ParseInt(percent, 10, 64); err != nil {
			f.invalid.Add("brackets", "row %d: %q is not a whole number such as 10", n, percent)
		}
		list, given = append(list, b), append(given, quick != "")
	}
	for i, quick := range payroll.QuickDeductions(list) {
		if !given[i] {
			list[i].Quick = quick
		}
	}
	return list
}

// inRow is an amount of a row of brackets; an empty one is 0.00.
func (f *form) inRow(n int, text string) piecework.Money {
	if text == "" {
		return piecework.Money{}
	}
	m, msg := piecework.ParseMoney(text)
	if msg != nil {
		f.invalid.Add("brackets", "row %d: %s", n, msg)
	}
	return m
}

// taxTableCreate adds a schedule.
func (s *Server) taxTableCreate(c echo.Context) error {
	if err := mayChangeFigures(c); err != nil {
		return err
	}
	f := readForm(c)
	t := &payroll.TaxTable{Type: payroll.IncomeType(f.text("type")), EffectiveFrom: f.date("effective_from"), Source: f.text("source"),
		Brackets: f.brackets(), RecordedBy: visitOf(c).who.Name}
	if t.Type.Cumulative() {
		t.Allowance = f.money("monthly_allowance")
	}
	err := f.and(t.Validate())
	if err == nil {
		err = payroll.AddTaxTable(c.Request().Context(), s.DB, t)
	}
	if err != nil {
		return s.taxTableForm(c, err, f.values())
	}
	return s.done(c, "/tax-tables", "The schedule for %s from %s is recorded. Drafts take it up when they are computed again.",
		incomeTypeOf(c, t.Type).Name, string(t.EffectiveFrom))
}

// taxTableRemove takes a schedule back that no approved run has used.
func (s *Server) taxTableRemove(c echo.Context) error {
	if err := mayChangeFigures(c); err != nil {
		return err
	}
	if err := payroll.RemoveTaxTable(c.Request().Context(), s.DB, paramID(c, "taxtable")); err != nil {
		return err
	}
	return s.done(c, "/tax-tables", "The schedule is removed.")
}
