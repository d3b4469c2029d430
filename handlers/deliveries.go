package handlers

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/paper"
	"jijian/templates"
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
	var err error
	if p.Order, err = s.onlyOrder(c, f); err != nil {
		return err
	}
	if p.List, err = piecework.Deliveries(ctx, s.DB, f); err != nil {
		return err
	}
	return s.pageOfDays(c, "deliveries/list", p)
}

// onlyOrder is the order to which a list is narrowed, if she may see it; nil when it is not narrowed.
func (s *Server) onlyOrder(c echo.Context, f piecework.Filter) (*piecework.ProcessingOrder, error) {
	if f.OrderID == 0 {
		return nil, nil
	}
	ctx := c.Request().Context()
	if err := visitOf(c).who.May(ctx, s.DB, "order", f.OrderID); err != nil {
		return nil, err
	}
	return piecework.OrderByID(ctx, s.DB, f.OrderID)
}

type deliveryForm struct {
	Order     *piecework.ProcessingOrder
	Form      values
	Finished  int64 // good pieces at the end of the routing
	Handed    piecework.Handed
	Remaining int64 // finished and not with the contractor
	Bundles   []piecework.ReadyBundle
	Chosen    map[string]bool // codes of bundles
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
	f, err := piecework.FinishedPieces(ctx, s.DB, o)
	if err != nil {
		return err
	}
	p := deliveryForm{Order: o, Form: typed, Finished: f.Made + f.PutRight, Handed: f.Handed, Remaining: f.Ready()}
	if p.Bundles, err = piecework.ReadyBundles(ctx, s.DB, o); err != nil {
		return err
	}
	p.Chosen = map[string]bool{}
	for _, code := range c.Request().PostForm["bundle"] {
		p.Chosen[code] = true
	}
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
	d.Bundles = piecework.BundlesNamed(f.text("bundles"))
	for _, code := range c.Request().PostForm["bundle"] {
		b := piecework.DeliveryBundle{Code: code}
		if f.has(bundlePart(code)) {
			b.Quantity = f.number(bundlePart(code))
		}
		d.Bundles = append(d.Bundles, b)
	}
	err := f.and(d.Validate())
	if err == nil {
		if len(d.Bundles) > 0 {
			d.Quantity = 0 // what is in the bundles
		}
		err = piecework.Deliver(c.Request().Context(), s.DB, d)
	}
	if err != nil {
		return s.deliveryForm(c, err, f.values())
	}
	return s.done(c, deliveryPath(d.ID), "Delivery %s was recorded: %d pieces wait for the contractor.", d.Code, d.Quantity)
}

// bundlePart is the name of the field that says how many pieces of a ticked bundle are in a delivery.
func bundlePart(code string) string { return "pieces-" + code }

// Part is what stands in that field: what was typed, or all that can go.
func (p deliveryForm) Part(b piecework.ReadyBundle) string {
	return cmp.Or(p.Form[bundlePart(b.Code().String())], fmt.Sprint(b.Ready))
}

func deliveryPath(id int64) string { return fmt.Sprintf("/deliveries/%d", id) }

type deliveryShow struct {
	Delivery *piecework.Delivery
	Sum      piecework.Acceptance
	Bar      bar
	Office   bool
	Link     string // the address of the link that shows it; "" for those who signed in
	Zone     *time.Location
	Form     values // of the decision
	Lots     []returnLot
	// Operations are those of the product, to begin rework at.
	Operations []templates.Option
}

// Typed is what stands in the field of a bundle.
func (p deliveryShow) Typed(field string, ticket int64) string {
	return p.Form[bundleField(field, ticket)]
}

// Returned is the bundles of which a decision sent pieces back, to choose from.
func (p deliveryShow) Returned(acceptance int64) []templates.Option {
	var list []templates.Option
	for _, a := range p.Delivery.Acceptances {
		for _, b := range a.Bundles {
			i := slices.IndexFunc(p.Delivery.Bundles, func(d piecework.DeliveryBundle) bool { return d.TicketID == b.TicketID })
			if a.ID == acceptance && b.Returned > 0 && i >= 0 {
				list = append(list, option(b.TicketID, fmt.Sprintf("#%d · %d", p.Delivery.Bundles[i].Ticket.Number, b.Returned)))
			}
		}
	}
	return list
}

// bundleField is the name of a field of the decision about one bundle.
func bundleField(field string, ticket int64) string { return fmt.Sprintf("%s_%d", field, ticket) }

// Path is where the page is.
func (p deliveryShow) Path() string { return p.Link + deliveryPath(p.Delivery.ID) }

// Photos is the path of photos, without their ids.
func (p deliveryShow) Photos() string { return p.Link + "/photos/" }

// returnLot is what one decision sent back.
type returnLot struct {
	piecework.ReturnLot
	Bar bar
}

// deliveryShow shows a delivery, what was decided about it, and asks for a decision about the rest.
func (s *Server) deliveryShow(c echo.Context) error {
	return s.showDelivery(c, paramID(c, "delivery"), "", nil, nil)
}

// showDelivery shows a delivery, by way of a link unless link is "".
func (s *Server) showDelivery(c echo.Context, id int64, link string, wrong error, typed values) error {
	ctx := c.Request().Context()
	d, err := piecework.DeliveryByID(ctx, s.DB, id)
	if err != nil {
		return err
	}
	p := deliveryShow{Delivery: d, Sum: d.Decided(), Office: mayOf[visitOf(c).who.Role]&office != 0, Link: link, Zone: d.Order.Workshop.Location(), Form: typed}
	p.Bar = newBar(d.Quantity, part{"good", p.Sum.Accepted}, part{"rework", p.Sum.Returned}, part{"scrap", p.Sum.Rejected})
	if typed == nil && len(d.Bundles) > 0 {
		p.Form = values{}
		for _, b := range d.Bundles {
			p.Form[bundleField("accepted", b.TicketID)] = fmt.Sprint(b.Waiting())
			p.Form[bundleField("rejected", b.TicketID)], p.Form[bundleField("returned", b.TicketID)] = "0", "0"
		}
	} else if typed == nil {
		p.Form = values{"accepted": fmt.Sprint(d.Waiting()), "rejected": "0", "returned": "0"}
	}
	p.Form["seen"] = fmt.Sprint(len(d.Acceptances))
	if p.Office && p.Sum.Returned > 0 {
		if err := s.returnsOf(ctx, &p); err != nil {
			return err
		}
	}
	if wrong != nil {
		return s.again(c, wrong, "deliveries/show", p)
	}
	return s.page(c, "deliveries/show", p)
}

// returnsOf fills in what of the delivery came back, and how far it is.
func (s *Server) returnsOf(ctx context.Context, p *deliveryShow) error {
	o, err := piecework.OrderByID(ctx, s.DB, p.Delivery.OrderID)
	if err != nil {
		return err
	}
	lots, _, err := piecework.Returns(ctx, s.DB, o)
	if err != nil {
		return err
	}
	for _, l := range lots {
		if l.DeliveryID == p.Delivery.ID {
			p.Lots = append(p.Lots, returnLot{l, newBar(l.Returned, part{"good", l.PutRight}, part{"rework", l.Open()}, part{"scrap", l.Scrapped})})
		}
	}
	for _, op := range o.Product.Operations {
		p.Operations = append(p.Operations, templates.Option{Value: op.Code, Text: op.Name})
	}
	return nil
}

// deliveryDecide records how many pieces are accepted, rejected and returned.
func (s *Server) deliveryDecide(c echo.Context) error {
	return s.decide(c, paramID(c, "delivery"), "", visitOf(c).who.Name)
}

// decide records a decision of somebody, who came by a link unless link is "".
func (s *Server) decide(c echo.Context, id int64, link, by string) error {
	ctx, f := c.Request().Context(), readForm(c)
	a := &piecework.Acceptance{DeliveryID: id, Accepted: f.number("accepted"), Rejected: f.number("rejected"),
		Returned: f.number("returned"), Note: f.text("note"), RecordedBy: by}
	if err := s.bundlesDecided(c, f, a); err != nil {
		return err
	}
	seen := piecework.Unseen
	if f.has("seen") {
		seen = int(f.number("seen"))
	}
	if link != "" && by == "" {
		f.invalid.Add("name", "is required")
	}
	if link != "" && a.Rejected+a.Returned > 0 && a.Note == "" {
		f.invalid.Add("note", "say what is wrong with what you reject or return")
	}
	photos := f.photos("photo")
	err := f.and(a.Validate())
	if err == nil {
		err = piecework.AcceptSeen(ctx, s.DB, a, seen, photos...)
	}
	if err != nil {
		return s.showDelivery(c, id, link, err, f.values())
	}
	if link != "" {
		return c.Redirect(http.StatusSeeOther, link+deliveryPath(id))
	}
	return s.done(c, deliveryPath(id), "%d accepted, %d rejected, %d returned.", a.Accepted, a.Rejected, a.Returned)
}

// bundlesDecided reads what is decided about each bundle of a delivery, and sums it.
func (s *Server) bundlesDecided(c echo.Context, f *form, a *piecework.Acceptance) error {
	d, err := piecework.DeliveryByID(c.Request().Context(), s.DB, a.DeliveryID)
	if err != nil {
		return err
	}
	for _, b := range d.Bundles {
		one := piecework.AcceptanceBundle{TicketID: b.TicketID}
		for field, n := range map[string][2]*int64{"accepted": {&one.Accepted, &a.Accepted}, "rejected": {&one.Rejected, &a.Rejected}, "returned": {&one.Returned, &a.Returned}} {
			if name := bundleField(field, b.TicketID); f.text(name) != "" {
				*n[0] = f.number(name)
				*n[1] += *n[0]
			}
		}
		if one != (piecework.AcceptanceBundle{TicketID: b.TicketID}) {
			a.Bundles = append(a.Bundles, one)
		}
	}
	return nil
}

// reworkCut makes the ticket that goes along with returned pieces.
func (s *Server) reworkCut(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	id := paramID(c, "acceptance")
	d, err := piecework.DeliveryOfAcceptance(ctx, s.DB, id)
	if err != nil {
		return err
	}
	r := piecework.Rework{AcceptanceID: id, TicketID: f.id(s, "ticket", "ticket"), Quantity: f.number("quantity"), From: f.text("operation"), By: visitOf(c).who.Name}
	var ticket *piecework.BundleTicket
	if err = f.invalid.Err(); err == nil {
		ticket, err = piecework.CutRework(ctx, s.DB, r)
	}
	if err != nil {
		return s.showDelivery(c, d.ID, "", err, f.values())
	}
	return s.done(c, fmt.Sprintf("/tickets/%d", ticket.ID), "Ticket %s goes along with %d returned pieces. What is counted on it is rework.", ticket.Code(), ticket.Quantity)
}

// deliveryNote prints the delivery note, whose QR code leads to the order without signing in.
func (s *Server) deliveryNote(c echo.Context) error {
	ctx := c.Request().Context()
	d, err := piecework.DeliveryByID(ctx, s.DB, paramID(c, "delivery"))
	if err != nil {
		return err
	}
	link, err := piecework.NoteLink(ctx, s.DB, d.OrderID, d.RecordedBy)
	if err != nil {
		return err
	}
	token, err := piecework.LinkToken(ctx, s.DB, link)
	if err != nil {
		return err
	}
	return s.printNote(c, d.ID, link, linkPath(token))
}

// printNote prints the note of a delivery with a link to it.
func (s *Server) printNote(c echo.Context, id int64, link *piecework.OrderLink, path string) error {
	ctx := c.Request().Context()
	d, err := piecework.DeliveryByID(ctx, s.DB, id)
	if err != nil {
		return err
	}
	before, err := piecework.DeliveredBefore(ctx, s.DB, d)
	if err != nil {
		return err
	}
	fonts, err := Fonts()
	if err != nil {
		return err
	}
	note := paper.Note{Delivery: d, Before: before, Address: s.base(c) + path + deliveryPath(d.ID),
		Until: piecework.DateOf(link.ExpiresAt.In(d.Order.Workshop.Location()))}
	var whole bytes.Buffer
	warnings, err := paper.NewPrinter(fonts).Note(&whole, visitOf(c).lang, note)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		s.Logger.Warn("delivery note printed with a loss", "delivery", d.Code, "what", w.Message.String())
	}
	return download(c, "delivery-"+d.Code+".pdf", "application/pdf", whole.Bytes())
}
