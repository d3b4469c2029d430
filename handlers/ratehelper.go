package handlers

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/templates"
)

// goalFields are what the rate helper is asked. They stand in its address, and forms on its page carry them on.
var goalFields = []string{"product", "order", "fee", "wage", "margin", "factor", "decimals"}

type rateHelper struct {
	Form     values
	Products []templates.Option
	Orders   []templates.Option
	Workers  []templates.Option
	Decimals []templates.Option

	Product  *piecework.Product         // nil: none is chosen yet
	Order    *piecework.ProcessingOrder // nil: for every order
	Workshop *piecework.Workshop        // nil: all
	Minimum  piecework.Money            // the minimum wage for an hour there; 0 when it is not known
	Proposal *payroll.Proposal          // nil while the fee or the wage is not known
	Timed    []payroll.Timed
	Samples  piecework.Page[payroll.RateSample]
	Books    []payroll.RateSample // found in sessions, when they were asked for
	Looked   bool                 // they were
}

// Keep are the fields of the goal as typed, for forms to carry on.
func (p rateHelper) Keep() map[string]string {
	keep := map[string]string{}
	for _, name := range goalFields {
		if p.Form[name] != "" {
			keep[name] = p.Form[name]
		}
	}
	return keep
}

// With is the address of the page with one field of the goal changed.
func (p rateHelper) With(field string, value fmt.Stringer) string {
	keep := p.Keep()
	keep[field] = value.String()
	return helperPath(keep)
}

// Currency is what amounts are in; "" is the usual one.
func (p rateHelper) Currency() string {
	if p.Workshop == nil {
		return ""
	}
	return p.Workshop.Currency
}

// Operations are the operations of the product, to choose from.
func (p rateHelper) Operations() []templates.Option {
	options := make([]templates.Option, len(p.Product.Operations))
	for i, op := range p.Product.Operations {
		options[i] = option(op.ID, op.Name)
	}
	return options
}

// paid is a worker at an operation, and what she would earn.
type paid struct {
	payroll.WorkerPay
	Operation piecework.Operation
}

// Below are those who fall below the wage, and Others all others, by operation, the slowest first.
func (p rateHelper) Below() []paid { return p.workers(true) }

// Others: see Below.
func (p rateHelper) Others() []paid { return p.workers(false) }

func (p rateHelper) workers(below bool) []paid {
	var list []paid
	for _, step := range p.Proposal.Steps {
		for _, w := range step.Workers {
			if (w.BelowWage || w.BelowMinimum) == below {
				list = append(list, paid{w, step.Operation})
			}
		}
	}
	return list
}

// Slow is how many workers fall below at one operation or more.
func (p rateHelper) Slow() int {
	slow := map[int64]bool{}
	for _, w := range p.Below() {
		slow[w.WorkerID] = true
	}
	return len(slow)
}

// Floor is what nobody should fall below: the wage asked for or the minimum wage, whichever is more.
func (p rateHelper) Floor() piecework.Money {
	if p.Minimum.Cmp(p.Proposal.Goal.Wage) > 0 {
		return p.Minimum
	}
	return p.Proposal.Goal.Wage
}

// Percent is the margin in percent of the fee, with a minus sign that is as wide as a digit.
func (p rateHelper) Percent() string {
	return strings.Replace(p.Proposal.MarginPercent().String()+"%", "-", "−", 1)
}

// Remains is what the margin comes to over the whole order.
func (p rateHelper) Remains() piecework.Money { return p.Proposal.Margin.Times(p.Order.Quantity) }

func helperPath(goal map[string]string) string {
	q := url.Values{}
	for name, value := range goal {
		q.Set(name, value)
	}
	return strings.TrimSuffix("/rates/helper?"+q.Encode(), "?")
}

// goalPath is the page with the goal that a form on it carried on.
func goalPath(f *form) string { return helperPath(rateHelper{Form: f.values()}.Keep()) }

// rateHelper proposes rates from samples, for what is asked in the address.
func (s *Server) rateHelper(c echo.Context) error {
	c.Request().PostForm = c.QueryParams() // a goal is read like a form, wherever it stands
	return s.rateHelperPage(c, readForm(c), nil)
}

// rateHelperPage shows the page for the goal in a form, with what is wrong in the form if wrong is not nil.
func (s *Server) rateHelperPage(c echo.Context, f *form, wrong error) error {
	ctx := c.Request().Context()
	p, err := s.rateHelperFor(c, f)
	if err != nil {
		return err
	}
	p.Form = f.values()
	for name, usual := range map[string]string{"margin": "20", "factor": "1", "decimals": "4", "date": string(s.today(c)),
		"from": string(s.today(c).AddDays(-30)), "to": string(s.today(c))} {
		p.Form[name] = cmp.Or(p.Form[name], usual)
	}
	if p.Form["wage"] == "" && p.Minimum.Sign() > 0 {
		p.Form["wage"] = p.Minimum.String()
	}
	for name, text := range p.Form {
		f.c.Request().PostForm.Set(name, text)
	}
	for n := 2; n <= piecework.RatePlaces; n++ {
		p.Decimals = append(p.Decimals, option(int64(n), fmt.Sprint(n)))
	}
	if p.Product != nil {
		if err := s.fillRateHelper(ctx, &p, f, s.today(c)); err != nil {
			return err
		}
	}
	if err := f.and(wrong); err != nil {
		return s.again(c, err, "rates/helper", p)
	}
	return s.page(c, "rates/helper", p)
}

// rateHelperFor finds out what the page is about: product, order and workshop, and what else there is to choose.
func (s *Server) rateHelperFor(c echo.Context, f *form) (rateHelper, error) {
	ctx, p := c.Request().Context(), rateHelper{}
	productID, workshopID := f.visible(s, "product", "product"), visitOf(c).who.WorkshopID
	var err error
	if id := f.visible(s, "order", "order"); id != 0 {
		if p.Order, err = piecework.OrderByID(ctx, s.DB, id); err != nil {
			return p, err
		}
		productID, workshopID = p.Order.ProductID, p.Order.WorkshopID
		f.c.Request().PostForm.Set("product", fmt.Sprint(productID))
	}
	if workshopID != 0 {
		if p.Workshop, err = piecework.WorkshopByID(ctx, s.DB, workshopID); err != nil {
			return p, err
		}
		if p.Minimum, err = payroll.MinimumHourly(ctx, s.DB, p.Workshop.WageRegion, p.Workshop.Today()); err != nil {
			return p, err
		}
	}
	if productID != 0 {
		if p.Product, err = piecework.ProductByID(ctx, s.DB, productID); err != nil {
			return p, err
		}
	}
	if p.Products, err = s.choices(ctx, (*piecework.Product)(nil)); err != nil {
		return p, err
	}
	orders, err := piecework.OpenOrders(ctx, s.DB, visitOf(c).who.WorkshopID)
	if err != nil {
		return p, err
	}
	for _, o := range orders {
		if productID == 0 || o.ProductID == productID {
			p.Orders = append(p.Orders, option(o.ID, o.Product.Name+" · "+o.Code))
		}
	}
	p.Workers, err = s.crewOptions(ctx, workshopID)
	return p, err
}

// visible is the id chosen in a field, 0 if there is none or it is not hers to see, which is noted.
func (f *form) visible(s *Server, field, kind string) int64 {
	before := len(f.invalid.Fields)
	if id := f.id(s, field, kind); len(f.invalid.Fields) == before {
		return id
	}
	return 0
}

// fillRateHelper reads the samples of the product and, when the goal is known, proposes rates.
func (s *Server) fillRateHelper(ctx context.Context, p *rateHelper, f *form, today piecework.Date) error {
	var workshopID, orderID int64
	if p.Workshop != nil {
		workshopID = p.Workshop.ID
	}
	if p.Order != nil {
		orderID = p.Order.ID
	}
	var err error
	if p.Timed, err = payroll.TimedRouting(ctx, s.DB, p.Product, workshopID, orderID, today); err != nil {
		return err
	}
	list := s.filter(f.c)
	list.WorkshopID = workshopID
	if p.Samples, err = payroll.RateSamples(ctx, s.DB, p.Product.ID, list); err != nil {
		return err
	}
	if f.c.Request().Method == get && f.has("books") && p.Workshop != nil {
		operation, from, to := f.visible(s, "books", "operation"), f.date("from"), f.date("to")
		if p.Looked = operation != 0; p.Looked {
			if p.Books, err = payroll.BookSamples(ctx, s.DB, p.Workshop, operation, from, to); err != nil {
				return err
			}
		}
	}
	if f.text("fee") == "" && p.Order == nil || f.text("wage") == "" {
		return nil
	}
	goal, wrong := readGoal(f, p)
	if wrong == nil {
		proposal := payroll.ProposeRates(goal, p.Timed)
		p.Proposal = &proposal
	}
	return nil
}

// readGoal reads the goal; an empty fee is the order's. What is wrong is noted in the form too.
func readGoal(f *form, p *rateHelper) (payroll.RateGoal, error) {
	before := len(f.invalid.Fields)
	g := payroll.RateGoal{Wage: f.money("wage"), Margin: f.money("margin").Decimal(), Factor: f.money("factor").Decimal(),
		Places: int(f.number("decimals")), Minimum: p.Minimum}
	if p.Order != nil {
		g.Fee = p.Order.UnitFee
	}
	if f.text("fee") != "" {
		g.Fee = f.rate("fee")
	}
	err := f.and(g.Validate())
	if len(f.invalid.Fields) == before {
		err = nil // what is wrong is something else on the page
	}
	return g, err
}

// rateSampleCreate records a timed sample.
func (s *Server) rateSampleCreate(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	sample := &payroll.RateSample{OperationID: f.id(s, "operation", "operation"), WorkerID: f.id(s, "worker", "worker"), SampledOn: f.date("date"),
		Pieces: f.number("pieces"), Minutes: f.number("minutes"), RecordedBy: visitOf(c).who.Name}
	err := f.and(sample.Validate())
	if err == nil {
		err = payroll.AddRateSample(ctx, s.DB, sample)
	}
	if err != nil {
		return s.rateHelperPage(c, f, err)
	}
	if sample, err = payroll.RateSampleByID(ctx, s.DB, sample.ID); err != nil {
		return err
	}
	return s.done(c, goalPath(f), "%s at %s: %s pieces an hour.", sample.Worker.Name, sample.Operation.Name, sample.Speed())
}

// rateSampleWithdraw says that a sample is not typical.
func (s *Server) rateSampleWithdraw(c echo.Context) error {
	if err := payroll.WithdrawRateSample(c.Request().Context(), s.DB, paramID(c, "sample"), visitOf(c).who.Name); err != nil {
		return err
	}
	return s.done(c, goalPath(readForm(c)), "It is withdrawn. It stays in the list, struck.")
}

// rateSamplesTake records what the books hold of an operation in a period as samples.
func (s *Server) rateSamplesTake(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	operation, from, to := f.id(s, "books", "operation"), f.date("from"), f.date("to")
	p, err := s.rateHelperFor(c, f)
	if err != nil {
		return err
	}
	wrong := &piecework.Invalid{}
	if operation == 0 {
		wrong.Add("books", "choose an operation")
	}
	if p.Workshop == nil {
		wrong.Add("order", "choose an order: its workshop's books are looked at")
	}
	if err := f.and(wrong.Err()); err != nil {
		return s.rateHelperPage(c, f, err)
	}
	n, err := payroll.TakeBookSamples(ctx, s.DB, p.Workshop, operation, from, to, visitOf(c).who.Name)
	if err != nil {
		return err
	}
	return s.done(c, goalPath(f), "Taken from the books as samples: %d.", n)
}
