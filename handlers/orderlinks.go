package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/piecework/account"
)

type linkList struct {
	Order *piecework.ProcessingOrder
	Zone  *time.Location
	Form  values
	Links []linkRow
}

type linkRow struct {
	piecework.OrderLink
	State   string
	Address string // "" when it no longer works
	Note    bool   // it is printed on delivery notes
}

// linkPath is the path of a link.
func linkPath(token string) string { return "/d/" + token }

// links lists the links to an order and asks for another.
func (s *Server) links(c echo.Context) error {
	return s.showLinks(c, nil, values{"days": fmt.Sprint(piecework.LinkDays)})
}

func (s *Server) showLinks(c echo.Context, wrong error, typed values) error {
	ctx := c.Request().Context()
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	list, err := piecework.LinksOf(ctx, s.DB, o.ID)
	if err != nil {
		return err
	}
	p := linkList{Order: o, Zone: o.Workshop.Location(), Form: typed}
	for _, l := range list {
		row := linkRow{OrderLink: l, State: l.State(piecework.Now()), Note: l.Name == piecework.NoteLinkName}
		if row.State == "works" {
			token, err := piecework.LinkToken(ctx, s.DB, &l)
			if err != nil {
				return err
			}
			row.Address = s.base(c) + linkPath(token)
		}
		p.Links = append(p.Links, row)
	}
	if wrong != nil {
		return s.again(c, wrong, "orders/links", p)
	}
	return s.page(c, "orders/links", p)
}

// linkMake makes a link to an order.
func (s *Server) linkMake(c echo.Context) error {
	f, id := readForm(c), paramID(c, "order")
	name, days := f.text("name"), f.number("days")
	err := f.invalid.Err()
	if err == nil {
		_, err = piecework.MakeLink(c.Request().Context(), s.DB, id, name, days, visitOf(c).who.Name)
	}
	if err != nil {
		return s.showLinks(c, err, f.values())
	}
	return s.done(c, orderPath(id)+"/links", "The link for %s works for %d days. Copy it below and send it.", name, days)
}

// linkRevoke ends a link.
func (s *Server) linkRevoke(c echo.Context) error {
	ctx, id := c.Request().Context(), paramID(c, "link")
	order, err := piecework.OrderOfLink(ctx, s.DB, id)
	if err != nil {
		return err
	}
	if err := piecework.RevokeLink(ctx, s.DB, id, visitOf(c).who.Name); err != nil {
		return err
	}
	return s.done(c, orderPath(order)+"/links", "The link is revoked. Whoever opens it is told to ask for another.")
}

// link is the link that brought the visitor, and where it is. One that does not work is not found.
func (s *Server) link(c echo.Context) (*piecework.OrderLink, string, error) {
	address := "link " + network(c.RealIP())
	if s.lookups.try(address) > 0 {
		return nil, "", echo.NewHTTPError(http.StatusTooManyRequests)
	}
	l, err := piecework.LinkByToken(c.Request().Context(), s.DB, c.Param("code"))
	if err != nil {
		return nil, "", errors.Join(errDeadLink, err)
	}
	s.lookups.pardon(address)
	return l, linkPath(c.Param("code")), nil
}

// linkDelivery is the link and the delivery that the path names, which must be of the link's order.
func (s *Server) linkDelivery(c echo.Context) (link string, id int64, err error) {
	l, link, err := s.link(c)
	if err != nil {
		return "", 0, err
	}
	d, err := piecework.DeliveryByID(c.Request().Context(), s.DB, paramID(c, "delivery"))
	if err != nil {
		return "", 0, err
	}
	if d.OrderID != l.OrderID {
		return "", 0, account.ErrNotThere
	}
	return link, d.ID, nil
}

type linkPage struct {
	Link       string
	Order      *piecework.ProcessingOrder
	Handed     piecework.Handed
	Bar        bar
	Until      time.Time
	Zone       *time.Location
	Deliveries []piecework.Delivery
	Questions  []piecework.Question
	Form       values
}

// linkShow shows the order of a link to whoever has it: what was delivered, what waits, and what was asked.
func (s *Server) linkShow(c echo.Context) error { return s.showLink(c, nil, values{}) }

func (s *Server) showLink(c echo.Context, wrong error, typed values) error {
	ctx := c.Request().Context()
	l, link, err := s.link(c)
	if err != nil {
		return err
	}
	o, err := piecework.OrderByID(ctx, s.DB, l.OrderID)
	if err != nil {
		return err
	}
	handed, err := piecework.HandedOver(ctx, s.DB, o.ID)
	if err != nil {
		return err
	}
	p := linkPage{Link: link, Order: o, Handed: handed[o.ID], Zone: o.Workshop.Location(), Form: typed}
	p.Bar, p.Until = handedBar(o, p.Handed), l.ExpiresAt.In(p.Zone)
	deliveries, err := piecework.Deliveries(ctx, s.DB, piecework.Filter{OrderID: o.ID})
	if err != nil {
		return err
	}
	p.Deliveries = deliveries.Items
	questions, err := piecework.Questions(ctx, s.DB, piecework.Filter{OrderID: o.ID})
	if err != nil {
		return err
	}
	p.Questions = questions.Items
	if wrong != nil {
		return s.again(c, wrong, "deliveries/link", p)
	}
	return s.page(c, "deliveries/link", p)
}

// linkDeliveryShow shows a delivery by way of a link.
func (s *Server) linkDeliveryShow(c echo.Context) error {
	link, id, err := s.linkDelivery(c)
	if err != nil {
		return err
	}
	return s.showDelivery(c, id, link, nil, nil)
}

// linkDecide records a decision by way of a link; whoever decides says who she is.
func (s *Server) linkDecide(c echo.Context) error {
	link, id, err := s.linkDelivery(c)
	if err != nil {
		return err
	}
	name := readForm(c).text("name")
	if msg := piecework.CheckText(name, piecework.MaxName); msg != nil {
		name = ""
	}
	return s.decide(c, id, link, name)
}

// linkNote prints the delivery note by way of a link. It leads nowhere else than the link itself.
func (s *Server) linkNote(c echo.Context) error {
	_, id, err := s.linkDelivery(c)
	if err != nil {
		return err
	}
	l, link, err := s.link(c)
	if err != nil {
		return err
	}
	return s.printNote(c, id, l, link)
}

// linkPhoto shows a photo of a decision about the link's order.
func (s *Server) linkPhoto(c echo.Context) error {
	ctx := c.Request().Context()
	l, _, err := s.link(c)
	if err != nil {
		return err
	}
	p, err := piecework.PhotoByID(ctx, s.DB, paramID(c, "photo"))
	if err != nil {
		return err
	}
	if p.Kind != piecework.AcceptancePhoto {
		return account.ErrNotThere
	}
	if d, err := piecework.DeliveryOfAcceptance(ctx, s.DB, p.ThingID); err != nil || d.OrderID != l.OrderID {
		return account.ErrNotThere
	}
	return servePhoto(c, p)
}

// linkAsk puts a question about the link's order.
func (s *Server) linkAsk(c echo.Context) error {
	ctx := c.Request().Context()
	l, link, err := s.link(c)
	if err != nil {
		return err
	}
	f := readForm(c)
	q := &piecework.Question{OrderID: l.OrderID, Question: f.text("question"), AskedBy: f.text("name")}
	if err := piecework.Ask(ctx, s.DB, q); err != nil {
		return s.showLink(c, err, f.values())
	}
	return c.Redirect(http.StatusSeeOther, link+"#questions")
}
