package handlers

import (
	"context"
	"fmt"
	"maps"
	"strconv"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

type orderForm struct {
	Order *piecework.ProcessingOrder // nil: a new one
	Form  values
	workshopChoice
	Contractors []templates.Option
	Products    []templates.Option
	Again       *piecework.ProcessingOrder // the order that a new one repeats
	Lines       []int                      // numbers of the lines for sizes and colours
}

// orderNew asks for a new order and suggests the next code.
func (s *Server) orderNew(c echo.Context) error {
	code, err := piecework.NextCode(c.Request().Context(), s.DB, (*piecework.ProcessingOrder)(nil), visitOf(c).who.WorkshopID, "O-001")
	if err != nil {
		return err
	}
	typed := values{"code": code, "ordered_on": string(s.today(c)), "product": c.QueryParam("product"), "contractor": c.QueryParam("contractor"), "again": c.QueryParam("again")}
	again, err := s.repeated(c, typed["again"])
	if err != nil {
		return err
	}
	if again != nil {
		typed["workshop"], typed["contractor"], typed["product"] = fmt.Sprint(again.WorkshopID), fmt.Sprint(again.ContractorID), fmt.Sprint(again.ProductID)
		maps.Copy(typed, orderValues(again))
		typed["due_on"] = ""
		if fees, err := piecework.FeesOf(c.Request().Context(), s.DB, again); err != nil {
			return err
		} else if now := fees.Price(s.today(c), piecework.FeeCount{}, 1); len(now) > 0 {
			typed["unit_fee"] = now[0].Fee.String()
		}
	}
	return s.orderForm(c, nil, nil, typed)
}

// repeated is the order with an id from a form or address, nil for "". The person must see it.
func (s *Server) repeated(c echo.Context, id string) (*piecework.ProcessingOrder, error) {
	if id == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil, echo.ErrNotFound
	}
	if err := visitOf(c).who.May(c.Request().Context(), s.DB, "order", n); err != nil {
		return nil, err
	}
	return piecework.OrderByID(c.Request().Context(), s.DB, n)
}

// variantLines is how many lines for sizes and colours a form offers.
const variantLines = 8

// orderValues is what may change of an order, as a form shows it.
func orderValues(o *piecework.ProcessingOrder) values {
	typed := values{"quantity": fmt.Sprint(o.Quantity), "unit_fee": o.UnitFee.String(), "due_on": string(o.DueOn), "note": o.Note,
		"loss_allowed": piecework.Percent(o.LossAllowed), "loss_borne_by": string(o.LossBorneBy)}
	for i, v := range o.Variants {
		typed[fmt.Sprintf("size_%d", i+1)], typed[fmt.Sprintf("colour_%d", i+1)] = v.Size, v.Colour
		typed[fmt.Sprintf("pieces_%d", i+1)] = fmt.Sprint(v.Quantity)
	}
	return typed
}

// readOrder reads what may change of an order.
func (f *form) readOrder(o *piecework.ProcessingOrder) {
	o.Quantity, o.UnitFee, o.DueOn, o.Note = f.number("quantity"), f.rate("unit_fee"), f.date("due_on"), f.text("note")
	o.LossAllowed, o.LossBorneBy, o.Variants = f.percent("loss_allowed"), piecework.LossBearer(f.text("loss_borne_by")), nil
	for i := 1; f.c.Request().PostForm.Has(fmt.Sprintf("pieces_%d", i)); i++ {
		size, colour, pieces := f.text(fmt.Sprintf("size_%d", i)), f.text(fmt.Sprintf("colour_%d", i)), f.text(fmt.Sprintf("pieces_%d", i))
		if size+colour+pieces == "" {
			continue
		}
		n, err := strconv.ParseInt(pieces, 10, 64)
		if err != nil {
			f.invalid.Add("variants", "%q is not a whole number such as 120", pieces)
		}
		o.Variants = append(o.Variants, piecework.Variant{Size: size, Colour: colour, Quantity: n})
	}
}

// percent is a percentage with at most two decimals, in hundredths of a percent; an empty field is 0.
func (f *form) percent(field string) int64 {
	s := f.text(field)
	if s == "" {
		return 0
	}
	n, msg := piecework.ParsePercent(s)
	f.invalid.AddMsg(field, msg)
	return n
}

// orderForm shows the form of an order, with what is wrong in it if wrong is not nil.
func (s *Server) orderForm(c echo.Context, wrong error, o *piecework.ProcessingOrder, typed values) error {
	ctx, p := c.Request().Context(), orderForm{Order: o, Form: typed}
	for i := 1; i <= variantLines || typed[fmt.Sprintf("pieces_%d", i-2)] != ""; i++ {
		p.Lines = append(p.Lines, i)
	}
	if o == nil {
		var err error
		if p.Again, err = s.repeated(c, typed["again"]); err != nil {
			return err
		}
		if p.workshopChoice, err = s.chooseWorkshop(c, typed); err != nil {
			return err
		}
		if p.Contractors, err = s.choices(ctx, (*piecework.Contractor)(nil)); err != nil {
			return err
		}
		if p.Products, err = s.choices(ctx, (*piecework.Product)(nil)); err != nil {
			return err
		}
	}
	if wrong != nil {
		return s.again(c, wrong, "orders/form", p)
	}
	return s.page(c, "orders/form", p)
}

// choices are all things of a model by name, to choose from.
func (s *Server) choices(ctx context.Context, model any) ([]templates.Option, error) {
	list, err := piecework.AllNamed(ctx, s.DB, model)
	if err != nil {
		return nil, err
	}
	options := make([]templates.Option, len(list))
	for i, n := range list {
		options[i] = option(n.ID, n.Name+" · "+n.Code)
	}
	return options, nil
}

// orderCreate enters an order.
func (s *Server) orderCreate(c echo.Context) error {
	f := readForm(c)
	o := &piecework.ProcessingOrder{Code: f.text("code"), WorkshopID: f.workshop(s), ContractorID: f.id(s, "contractor", "contractor"),
		ProductID: f.id(s, "product", "product"), OrderedOn: f.date("ordered_on"), Quote: f.has("quote"), AgainID: f.id(s, "again", "order")}
	f.readOrder(o)
	err := f.and(o.Validate())
	if err == nil {
		err = piecework.SaveOrder(c.Request().Context(), s.DB, o)
	}
	if err != nil {
		return s.orderForm(c, err, nil, f.values())
	}
	if o.Quote {
		return s.done(c, orderPath(o.ID), "Quote %s was entered.", o.Code)
	}
	return s.done(c, orderPath(o.ID), "Order %s was entered.", o.Code)
}

func orderPath(id int64) string { return fmt.Sprintf("/orders/%d", id) }

// orderEdit shows what may change of an order.
func (s *Server) orderEdit(c echo.Context) error {
	o, err := piecework.OrderByID(c.Request().Context(), s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	return s.orderForm(c, nil, o, orderValues(o))
}

// orderSave changes an order that is not closed.
func (s *Server) orderSave(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	f := readForm(c)
	f.readOrder(o)
	if err = f.and(o.Validate()); err == nil {
		err = piecework.SaveOrder(ctx, s.DB, o)
	}
	if err != nil {
		return s.orderForm(c, err, o, f.values())
	}
	return s.done(c, orderPath(o.ID), "What you changed about %s is saved.", o.Code)
}

// orderAccept makes an order of a quote.
func (s *Server) orderAccept(c echo.Context) error {
	id := paramID(c, "order")
	if err := piecework.AcceptQuote(c.Request().Context(), s.DB, id, visitOf(c).who.Name); err != nil {
		return err
	}
	return s.done(c, orderPath(id), "It is an order now: pieces can be counted for it.")
}
