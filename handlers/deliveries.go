package handlers

import (
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/piecework/account"
)

type deliveryList struct {
	Query, Status, From, To string
	Order                   *piecework.ProcessingOrder // only its deliveries; nil: all
	Own                     bool                       // the person is the contractor
	List                    piecework.Page[piecework.Delivery]
}

// Narrowed says whether the list leaves something out.
func (p deliveryList) Narrowed() bool {
	return p.Query != "" || p.Status != "" || p.From != "" || p.To != "" || p.Order != nil
}

// deliveries lists deliveries, the latest first, or only those that wait for a decision.
func (s *Server) deliveries(c echo.Context) error {
	ctx, f := c.Request().Context(), s.filter(c)
	p := deliveryList{Query: f.Query, Status: f.Status, From: c.QueryParam("from"), To: c.QueryParam("to"), Own: visitOf(c).who.Role == account.Contractor}
	if f.OrderID != 0 {
		if err := visitOf(c).who.May(ctx, s.DB, "order", f.OrderID); err != nil {
			return err
		}
		var err error
		if p.Order, err = piecework.OrderByID(ctx, s.DB, f.OrderID); err != nil {
			return err
		}
	}
	var err error
	if p.List, err = piecework.Deliveries(ctx, s.DB, f); err != nil {
		return err
	}
	return s.pageOfDays(c, "deliveries/list", p)
}

type deliveryForm struct {
	Order     *piecework.ProcessingOrder
	Form      values
	Finished  int64 // good pieces at the end of the routing
	Handed    piecework.Handed
	Remaining int64 // finished and not with the contractor
}

// deliveryNew asks for a delivery of an order and suggests everything that is finished.
func (s *Server) deliveryNew(c echo.Context) error { return s.deliveryForm(c, nil, nil) }

// deliveryForm shows the form of a delivery; without typed values it suggests them.
func (s *Server) deliveryForm(c echo.Context, wrong error, typed values) error {
	ctx := c.Request().Context()
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	progress, err := piecework.OrderProgress(ctx, s.DB, o.ID)
	if err != nil {
		return err
	}
	handed, err := piecework.HandedOver(ctx, s.DB, o.ID)
	if err != nil {
		return err
	}
	p := deliveryForm{Order: o, Form: typed, Finished: finished(o, progress), Handed: handed[o.ID]}
	// Returned pieces come again once they are put right.
	p.Remaining = max(0, p.Finished-p.Handed.Delivered+p.Handed.Returned)
	if typed == nil {
		earlier, err := piecework.Deliveries(ctx, s.DB, piecework.Filter{OrderID: o.ID})
		if err != nil {
			return err
		}
		code, err := piecework.FreeCode(ctx, s.DB, (*piecework.Delivery)(nil), fmt.Sprintf("%s-D%d", o.Code, earlier.Total+1))
		if err != nil {
			return err
		}
		p.Form = values{"code": code, "date": string(s.today(c))}
		if p.Remaining > 0 {
			p.Form["quantity"] = fmt.Sprint(p.Remaining)
		}
	}
	if wrong != nil {
		return s.again(c, wrong, "deliveries/form", p)
	}
	return s.page(c, "deliveries/form", p)
}

// deliveryCreate records that pieces of an order left for the contractor.
func (s *Server) deliveryCreate(c echo.Context) error {
	f := readForm(c)
	d := &piecework.Delivery{OrderID: paramID(c, "order"), Code: f.text("code"), DeliveredOn: f.date("date"), Quantity: f.number("quantity"),
		Note: f.text("note"), RecordedBy: visitOf(c).who.Name}
	err := f.and(d.Validate())
	if err == nil {
		err = piecework.Deliver(c.Request().Context(), s.DB, d)
	}
	if err != nil {
		return s.deliveryForm(c, err, f.values())
	}
	return s.done(c, deliveryPath(d.ID), "Delivery %s was recorded: %d pieces wait for the contractor.", d.Code, d.Quantity)
}

func deliveryPath(id int64) string { return fmt.Sprintf("/deliveries/%d", id) }

type deliveryShow struct {
	Delivery *piecework.Delivery
	Sum      piecework.Acceptance
	Bar      bar
	Office   bool
	Zone     *time.Location
	Form     values // of the decision
}

// deliveryShow shows a delivery, what was decided about it, and asks for a decision about the rest.
func (s *Server) deliveryShow(c echo.Context) error { return s.showDelivery(c, nil, nil) }

func (s *Server) showDelivery(c echo.Context, wrong error, typed values) error {
	d, err := piecework.DeliveryByID(c.Request().Context(), s.DB, paramID(c, "delivery"))
	if err != nil {
		return err
	}
	p := deliveryShow{Delivery: d, Sum: d.Decided(), Office: visitOf(c).who.Role != account.Contractor, Zone: s.zone(c), Form: typed}
	p.Bar = newBar(d.Quantity, part{"good", p.Sum.Accepted}, part{"rework", p.Sum.Returned}, part{"scrap", p.Sum.Rejected})
	if typed == nil {
		p.Form = values{"accepted": fmt.Sprint(d.Waiting()), "rejected": "0", "returned": "0"}
	}
	if wrong != nil {
		return s.again(c, wrong, "deliveries/show", p)
	}
	return s.page(c, "deliveries/show", p)
}

// deliveryDecide records how many pieces are accepted, rejected and returned.
func (s *Server) deliveryDecide(c echo.Context) error {
	f := readForm(c)
	a := &piecework.Acceptance{DeliveryID: paramID(c, "delivery"), Accepted: f.number("accepted"), Rejected: f.number("rejected"),
		Returned: f.number("returned"), Note: f.text("note"), RecordedBy: visitOf(c).who.Name}
	err := f.and(a.Validate())
	if err == nil {
		err = piecework.Accept(c.Request().Context(), s.DB, a)
	}
	if err != nil {
		return s.showDelivery(c, err, f.values())
	}
	return s.done(c, deliveryPath(a.DeliveryID), "%d accepted, %d rejected, %d returned.", a.Accepted, a.Rejected, a.Returned)
}
