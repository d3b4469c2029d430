package handlers

import (
	"cmp"
	"context"
	"strconv"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/templates"
)

type runForm struct {
	Form values
	workshopChoice
	Orders  []templates.Option
	Periods []period
}

// period is a choice of dates that are often settled.
type period struct {
	Value, Text string
	From, To    piecework.Date
}

// periods are the weeks, half-months and months around a day, those that are over before those that are not.
func periods(c echo.Context, today piecework.Date) []period {
	v := visitOf(c)
	monday := today.AddDays(-(int(today.Time().Weekday()) + 6) % 7)
	first, last := today.Month()
	before, end := first.AddDays(-1).Month()
	middle, middleBefore := first.AddDays(14), before.AddDays(14)
	lastHalf := period{"last-half", v.says("Last half-month"), middleBefore.AddDays(1), end}
	thisHalf := period{"this-half", v.says("This half-month"), first, middle}
	if today > middle {
		lastHalf.From, lastHalf.To = first, middle
		thisHalf.From, thisHalf.To = middle.AddDays(1), last
	}
	return []period{
		{"last-week", v.says("Last week"), monday.AddDays(-7), monday.AddDays(-1)}, lastHalf, {"last-month", v.says("Last month"), before, end},
		{"this-week", v.says("This week"), monday, monday.AddDays(6)}, thisHalf, {"this-month", v.says("This month"), first, last},
	}
}

// wholeOrder is the choice of all days of an order that no run has settled.
const wholeOrder = "order"

// runNew asks what is to be settled; the address may name the workshop, the order and the days. Otherwise it proposes a period as long
// as the run before was.
func (s *Server) runNew(c echo.Context) error {
	typed := values{"workshop": c.QueryParam("workshop"), "order": c.QueryParam("order"), "from": c.QueryParam("from"), "to": c.QueryParam("to")}
	switch {
	case typed["from"] != "":
		typed["period"] = "other"
	case typed["order"] != "":
		typed["period"] = wholeOrder
	default:
		usual, err := payroll.UsualDays(c.Request().Context(), s.DB, cmp.Or(visitOf(c).who.WorkshopID, queryID(c, "workshop")))
		if err != nil {
			return err
		}
		switch {
		case usual == 0 || usual > 7 && usual < 20:
			typed["period"] = "last-half"
		case usual <= 7:
			typed["period"] = "last-week"
		default:
			typed["period"] = "last-month"
		}
	}
	return s.runForm(c, nil, typed)
}

func (s *Server) runForm(c echo.Context, wrong error, typed values) error {
	p := runForm{Form: typed, Periods: periods(c, s.today(c))}
	var err error
	if p.workshopChoice, err = s.chooseWorkshop(c, typed); err != nil {
		return err
	}
	orders, err := piecework.OpenOrders(c.Request().Context(), s.DB, visitOf(c).who.WorkshopID)
	if err != nil {
		return err
	}
	if id, err := strconv.ParseInt(typed["order"], 10, 64); err == nil && visitOf(c).who.May(c.Request().Context(), s.DB, "order", id) == nil {
		if order, err := piecework.OrderByID(c.Request().Context(), s.DB, id); err == nil && order.Closed() {
			orders = append(orders, *order)
		}
	}
	for _, o := range orders {
		p.Orders = append(p.Orders, option(o.ID, o.Product.Name+" · "+o.Code))
	}
	if wrong != nil {
		return s.again(c, wrong, "runs/new", p)
	}
	return s.page(c, "runs/new", p)
}

// runCreate computes the draft of a period, or of an order.
func (s *Server) runCreate(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	order, workshop := f.id(s, "order", "order"), int64(0)
	if order == 0 {
		if workshop = f.workshop(s); workshop == 0 && len(f.invalid.Fields) == 0 {
			f.invalid.Add("workshop", "choose a workshop")
		}
	}
	from, to := f.date("from"), f.date("to")
	for _, p := range periods(c, s.today(c)) {
		if p.Value == f.text("period") {
			from, to = p.From, p.To
		}
	}
	if whole := f.text("period") == wholeOrder; whole && order == 0 {
		f.invalid.Add("order", "choose the order whose days are to be settled")
	} else if whole {
		var err error
		if from, to, err = payroll.OpenDays(ctx, s.DB, order); err != nil {
			return err
		}
		if from == "" {
			f.invalid.Add("order", "all that was counted for this order is in a run already")
		}
	}
	if err := f.and(nil); err != nil {
		return s.runForm(c, err, f.values())
	}
	by := visitOf(c).who.Name
	return s.compute(c, func(ctx context.Context) (int64, error) {
		settle, of := payroll.Settle, workshop
		if order != 0 {
			settle, of = payroll.SettleOrder, order
		}
		run, err := settle(ctx, s.DB, of, from, to, by)
		if err != nil {
			return 0, err
		}
		return run.ID, nil
	}, func(err error) error { return s.runForm(c, err, f.values()) },
		"The draft is computed. Look through it before it is approved.")
}
