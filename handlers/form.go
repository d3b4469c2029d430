package handlers

import (
	"errors"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

// form reads the fields of a form that was sent and collects what is wrong with them.
//
//	f := readForm(c)
//	o := &piecework.ProcessingOrder{Code: f.text("code"), Quantity: f.count("quantity"), DueOn: f.date("due_on"), …}
//	err := f.and(o.Validate())
//	if err == nil {
//		err = piecework.SaveOrder(ctx, s.DB, o)
//	}
//	if err != nil {
//		return s.again(c, err, "orders/form", orderForm{Form: f.values(), …})
//	}
type form struct {
	c       echo.Context
	invalid piecework.Invalid
}

func readForm(c echo.Context) *form { return &form{c: c} }

// values are the texts of a form by field name, as typed.
type values map[string]string

// values is what was typed, to show it again.
func (f *form) values() values {
	typed := values{}
	for name, list := range f.c.Request().PostForm {
		if name != "csrf" && name != "password" {
			typed[name] = list[0]
		}
	}
	return typed
}

// text is a field without the blanks around it.
func (f *form) text(field string) string {
	return strings.TrimSpace(f.c.Request().PostForm.Get(field))
}

// has says whether a box is ticked or a button was pressed.
func (f *form) has(field string) bool { return f.c.Request().PostForm.Get(field) != "" }

// number is a whole number; an empty field is 0.
func (f *form) number(field string) int64 {
	s := f.text(field)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strings.HasPrefix(s, "+") {
		f.invalid.Add(field, "%q is not a whole number such as 120", s)
	}
	return n
}

// date is a day; an empty field is "".
func (f *form) date(field string) piecework.Date {
	s := f.text(field)
	if s == "" {
		return ""
	}
	day, msg := piecework.ParseDate(s)
	f.invalid.AddMsg(field, msg)
	return day
}

// money is an amount; an empty field is wrong.
func (f *form) money(field string) piecework.Money {
	m, msg := piecework.ParseMoney(f.text(field))
	f.need(field, msg)
	return m
}

// moneyOrZero is an amount; an empty field is 0.00.
func (f *form) moneyOrZero(field string) piecework.Money {
	if f.text(field) == "" {
		return piecework.Money{}
	}
	return f.money(field)
}

// rate is a rate; an empty field is wrong.
func (f *form) rate(field string) piecework.Rate {
	r, msg := piecework.ParseRate(f.text(field))
	f.need(field, msg)
	return r
}

func (f *form) need(field string, msg *piecework.Message) {
	if f.text(field) == "" {
		msg = piecework.Msg("is required")
	}
	f.invalid.AddMsg(field, msg)
}

// id is the thing of that kind which was chosen in a field, 0 for none. What the person may not see she cannot choose.
func (f *form) id(s *Server, field, kind string) int64 {
	text := f.text(field)
	if text == "" {
		return 0
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || visitOf(f.c).who.May(f.c.Request().Context(), s.DB, kind, id) != nil {
		f.invalid.Add(field, "choose one")
	}
	return id
}

// workshop is the workshop chosen in the field "workshop"; a person who has one need not choose.
func (f *form) workshop(s *Server) int64 {
	if id := visitOf(f.c).who.WorkshopID; id != 0 {
		return id
	}
	return f.id(s, "workshop", "workshop")
}

// and adds what validation found about the fields that could be read; nil when nothing is wrong with any.
func (f *form) and(err error) error {
	var found *piecework.Invalid
	if err != nil && !errors.As(err, &found) {
		return err
	}
	if found != nil {
		seen := map[string]bool{}
		for _, e := range f.invalid.Fields {
			seen[e.Field] = true
		}
		for _, e := range found.Fields {
			if !seen[e.Field] {
				f.invalid.Fields = append(f.invalid.Fields, e)
			}
		}
	}
	return f.invalid.Err()
}

// paramID is the id in the path under that name. It exists and the person may see it, or the handler would not run.
func paramID(c echo.Context, name string) int64 {
	id, _ := strconv.ParseInt(c.Param(name), 10, 64)
	return id
}

// queryID is an id in the address, 0 when there is none.
func queryID(c echo.Context, name string) int64 {
	id, _ := strconv.ParseInt(c.QueryParam(name), 10, 64)
	return max(0, id)
}

// filter reads what a list is narrowed to (q, page, from, to, status, workshop, worker, contractor, order, session) and
// narrows it further to what the person may see. What cannot be read narrows nothing.
func (s *Server) filter(c echo.Context) piecework.Filter {
	f := piecework.Filter{Query: printable(c.QueryParam("q")), Status: printable(c.QueryParam("status")), WorkshopID: queryID(c, "workshop"),
		WorkerID: queryID(c, "worker"), ContractorID: queryID(c, "contractor"), OrderID: queryID(c, "order"), SessionID: queryID(c, "session")}
	page, _ := strconv.Atoi(c.QueryParam("page"))
	f.Page = min(max(0, page), 1_000_000)
	f.From, _ = piecework.ParseDate(c.QueryParam("from"))
	f.To, _ = piecework.ParseDate(c.QueryParam("to"))
	return visitOf(c).who.Scope(f)
}

// pageOfDays shows a list that the address narrows to the days ?from through ?to. A day that cannot be read narrows nothing, and the
// page, status 422, says what is wrong with it.
func (s *Server) pageOfDays(c echo.Context, name string, page any) error {
	wrong := &piecework.Invalid{}
	for _, field := range []string{"from", "to"} {
		if day := c.QueryParam(field); day != "" {
			_, msg := piecework.ParseDate(day)
			wrong.AddMsg(field, msg)
		}
	}
	if err := wrong.Err(); err != nil {
		return s.again(c, err, name, page)
	}
	return s.page(c, name, page)
}

// printable is s, or nothing if it holds what no text has, such as a NUL, which databases refuse.
func printable(s string) string {
	if piecework.CheckText(s, piecework.MaxNote) != nil {
		return ""
	}
	return s
}

// workshopChoice is the part of a form that asks for a workshop.
type workshopChoice struct {
	Workshops []templates.Option // nil: the person has one of her own
}

// NoWorkshop says whether the form cannot be filled in, because there is no workshop yet.
func (w workshopChoice) NoWorkshop() bool { return w.Workshops != nil && len(w.Workshops) == 0 }

// chooseWorkshop is the choice for a form; the only one there is counts as chosen.
func (s *Server) chooseWorkshop(c echo.Context, typed values) (workshopChoice, error) {
	if visitOf(c).who.WorkshopID != 0 {
		return workshopChoice{}, nil
	}
	options, err := s.workshops(c)
	if len(options) == 1 && typed["workshop"] == "" {
		typed["workshop"] = options[0].Value
	}
	return workshopChoice{options}, err
}

// workshops are the workshops the person sees, as choices.
func (s *Server) workshops(c echo.Context) ([]templates.Option, error) {
	list, err := piecework.Workshops(c.Request().Context(), s.DB, visitOf(c).who.WorkshopID)
	if err != nil {
		return nil, err
	}
	options := make([]templates.Option, len(list))
	for i, w := range list {
		options[i] = option(w.ID, w.Name)
	}
	return options, nil
}

func option(id int64, text string) templates.Option {
	return templates.Option{Value: strconv.FormatInt(id, 10), Text: text}
}
