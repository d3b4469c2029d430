package handlers

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/templates"
)

type rateList struct {
	Query string
	Order *piecework.ProcessingOrder // only what may apply to it; nil: all
	List  piecework.Page[rateRow]
}

// Keep are the parameters a search keeps.
func (p rateList) Keep() map[string]int64 {
	if p.Order == nil {
		return nil
	}
	return map[string]int64{"order": p.Order.ID}
}

// rateRow is a rate and how it stands today: applies, later or replaced.
type rateRow struct {
	piecework.PieceRate
	State string
}

// rates lists rates by product, operation and order, the newest first.
func (s *Server) rates(c echo.Context) error {
	ctx, f := c.Request().Context(), s.filter(c)
	p := rateList{Query: f.Query}
	var err error
	if p.Order, err = s.onlyOrder(c, f); err != nil {
		return err
	}
	list, err := piecework.Rates(ctx, s.DB, f)
	if err != nil {
		return err
	}
	p.List = piecework.Page[rateRow]{Total: list.Total, Number: list.Number}
	p.List.Items, err = s.rateRows(ctx, list.Items, s.today(c))
	if err != nil {
		return err
	}
	return s.page(c, "rates/list", p)
}

func (s *Server) rateRows(ctx context.Context, rates []piecework.PieceRate, today piecework.Date) ([]rateRow, error) {
	inForce, err := piecework.RatesInForce(ctx, s.DB, rates, today)
	if err != nil {
		return nil, err
	}
	rows := make([]rateRow, len(rates))
	for i, r := range rates {
		state := "replaced"
		if inForce[r.ID] {
			state = "applies"
		} else if r.EffectiveFrom > today {
			state = "later"
		}
		rows[i] = rateRow{r, state}
	}
	return rows, nil
}

type rateShow struct {
	Rate     rateRow
	Steps    []string // of its tiers
	Span     string   // over what their pieces are counted
	Plan     *planShown
	AgreedAt time.Time
	Settled  bool // it covers work that is settled, so that there may be arrears
}

// rateShow shows a rate, which may be withdrawn as long as no approved run has used it.
func (s *Server) rateShow(c echo.Context) error {
	ctx := c.Request().Context()
	r, err := piecework.RateByID(ctx, s.DB, paramID(c, "rate"))
	if err != nil {
		return err
	}
	rows, err := s.rateRows(ctx, []piecework.PieceRate{*r}, s.today(c))
	if err != nil {
		return err
	}
	settled, err := payroll.HasSettled(ctx, s.DB, r)
	if err != nil {
		return err
	}
	v := visitOf(c)
	return s.page(c, "rates/show", rateShow{rows[0], steps(v, r), tierForm{v}.span(r.TierSpan), planOf(v, r), r.CreatedAt.In(s.zone(c)), settled})
}

// rateWithdraw takes a rate back.
func (s *Server) rateWithdraw(c echo.Context) error {
	ctx := c.Request().Context()
	r, err := piecework.RateByID(ctx, s.DB, paramID(c, "rate"))
	if err != nil {
		return err
	}
	shared, err := s.sharedRate(c, r)
	if err != nil {
		return err
	}
	if shared {
		return piecework.Forbidden("Other workshops make this product too. Ask the bookkeeper.")
	}
	if err := payroll.WithdrawRate(ctx, s.DB, r.ID); err != nil {
		return err
	}
	return s.done(c, ratesPath(r), "The rate of %s (%s) was withdrawn.", r.Operation.Name, "¥"+r.Rate.String())
}

// ratesPath is the list of the rates of a rate's product.
func ratesPath(r *piecework.PieceRate) string { return "/rates?q=" + url.QueryEscape(r.Product.Code) }

// sharedRate says whether a rate is for every order of a product that workshops besides the person's own make: then it is not
// hers to set.
func (s *Server) sharedRate(c echo.Context, r *piecework.PieceRate) (bool, error) {
	own := visitOf(c).who.WorkshopID
	if r.OrderID != 0 || r.ProductID == 0 || own == 0 {
		return false, nil
	}
	return piecework.OrderedElsewhere(c.Request().Context(), s.DB, r.ProductID, own)
}

type rateForm struct {
	Form       values
	Operations []templates.Option
	Orders     []templates.Option
	Tiers      tierForm
	Schemes    []templates.Option // plans by time
}

// rateNew asks for a rate; the address may name the operation, the order and the day it is for, and suggest the rate.
func (s *Server) rateNew(c echo.Context) error {
	return s.rateForm(c, nil, values{"operation": c.QueryParam("operation"), "order": c.QueryParam("order"), "rate": c.QueryParam("rate"),
		"effective_from": cmp.Or(c.QueryParam("effective_from"), string(s.today(c)))})
}

// rateForm shows the form of a rate, with what is wrong in it if wrong is not nil.
func (s *Server) rateForm(c echo.Context, wrong error, typed values) error {
	ctx, p := c.Request().Context(), rateForm{Form: typed, Tiers: tierForm{visitOf(c)}, Schemes: schemes(visitOf(c))}
	orders, err := piecework.OpenOrders(ctx, s.DB, visitOf(c).who.WorkshopID)
	if err != nil {
		return err
	}
	product := queryID(c, "product")
	for _, o := range orders {
		choice := option(o.ID, o.Product.Name+" · "+o.Code)
		if choice.Value == typed["order"] {
			product = o.ProductID
		}
		p.Orders = append(p.Orders, choice)
	}
	operations, err := piecework.Operations(ctx, s.DB)
	if err != nil {
		return err
	}
	for _, op := range operations {
		if choice := option(op.ID, op.Product.Name+" · "+op.Name); product == 0 || product == op.ProductID || choice.Value == typed["operation"] {
			p.Operations = append(p.Operations, choice)
		}
	}
	if wrong != nil {
		return s.again(c, wrong, "rates/form", p)
	}
	return s.page(c, "rates/form", p)
}

type ratePreview struct {
	Form          values
	Rate          *piecework.PieceRate
	Operation     *piecework.Operation
	Order         *piecework.ProcessingOrder // nil: every order
	Was           piecework.Rate             // what applies on the first day as things stand
	HasWas        bool
	Effects       []payroll.RateEffect
	Locked        int64
	Pieces        int64
	Before, After piecework.Money
	Steps         []string // of its tiers
	Span          string
	Arrears       arrearsTable
	Plan          *planShown
}

// rateCreate shows first whose open pay a rate would change; sent again with step "save" it agrees the rate, with step "change"
// it goes back to the form.
func (s *Server) rateCreate(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	r := &piecework.PieceRate{OperationID: f.id(s, "operation", "operation"), OrderID: f.id(s, "order", "order"),
		EffectiveFrom: f.date("effective_from"), CreatedBy: visitOf(c).who.Name}
	if f.tiers(r); !f.terms(r) {
		r.Rate = f.rate("rate")
	}
	if f.text("step") == "change" {
		return s.rateForm(c, nil, f.values())
	}
	err := f.and(piecework.CheckRate(ctx, s.DB, r))
	shared, failed := s.sharedRate(c, r)
	if failed != nil {
		return failed
	}
	if shared {
		err = f.and(piecework.InvalidField("order", "other workshops make this product too: choose one of your orders, or ask the bookkeeper"))
	}
	if err == nil && f.text("step") == "save" {
		if err = s.saveRate(c, f, r); err == nil {
			return s.rateAgreed(c, r)
		}
	}
	if err != nil {
		return s.rateForm(c, err, f.values())
	}
	return s.ratePreview(c, r, f.values())
}

// saveRate agrees a rate, and its arrears where the person chose so.
func (s *Server) saveRate(c echo.Context, f *form, r *piecework.PieceRate) error {
	ctx, who := c.Request().Context(), visitOf(c).who
	if f.text("arrears") != "pay" {
		return piecework.AddRate(ctx, s.DB, r)
	}
	if mayOf[who.Role]&books == 0 {
		return piecework.Forbidden("A bookkeeper or an administrator agrees to arrears, on the page of the rate.")
	}
	return payroll.AgreeRate(ctx, s.DB, r, who.WorkshopID, f.money("seen"), who.Name)
}

func (s *Server) rateAgreed(c echo.Context, r *piecework.PieceRate) error {
	r, err := piecework.RateByID(c.Request().Context(), s.DB, r.ID)
	if err != nil {
		return err
	}
	return s.done(c, ratesPath(r), "%s pays %s from %s on.", r.Operation.Name, "¥"+r.Rate.String(), r.EffectiveFrom)
}

func (s *Server) ratePreview(c echo.Context, r *piecework.PieceRate, typed values) error {
	ctx, p := c.Request().Context(), ratePreview{Form: typed, Rate: r, Steps: steps(visitOf(c), r), Span: tierForm{visitOf(c)}.span(r.TierSpan), Plan: planOf(visitOf(c), r)}
	var err error
	if p.Operation, err = piecework.OperationByID(ctx, s.DB, r.OperationID); err != nil {
		return err
	}
	workshop := int64(0)
	if r.OrderID != 0 {
		if p.Order, err = piecework.OrderByID(ctx, s.DB, r.OrderID); err != nil {
			return err
		}
		workshop = p.Order.WorkshopID
	}
	rates, err := piecework.LoadRates(ctx, s.DB, workshop)
	if err != nil {
		return err
	}
	p.Was, p.HasWas = rates.On(r.OrderID, r.OperationID, r.EffectiveFrom)
	preview, err := payroll.PreviewRate(ctx, s.DB, *r)
	if err != nil {
		return err
	}
	p.Effects, p.Locked = preview.Effects, preview.Locked
	if p.Arrears, err = s.arrearsOf(c, r); err != nil {
		return err
	}
	for _, e := range p.Effects {
		p.Pieces, p.Before, p.After = p.Pieces+e.Pieces, p.Before.Add(e.Before), p.After.Add(e.After)
	}
	return s.page(c, "rates/preview", p)
}

// Fields are the names of what was typed, to be sent again.
func (p ratePreview) Fields() []string {
	return slices.Concat([]string{"operation", "order", "effective_from", "rate"}, termFields, tierFields())
}

// Difference is how much the pay of everyone touched changes together.
func (p ratePreview) Difference() piecework.Money { return p.After.Sub(p.Before) }
