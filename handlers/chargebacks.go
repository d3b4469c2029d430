package handlers

import (
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/templates"
)

// faultNames and bearerNames are faults and bearers in words.
var (
	faultNames = map[piecework.Fault]*piecework.Message{piecework.FaultWorkmanship: piecework.Msg("Faulty work"),
		piecework.FaultMaterial: piecework.Msg("Faulty material"), piecework.FaultOther: piecework.Msg("Something else")}
	bearerNames = map[piecework.Bearer]*piecework.Message{piecework.BearsWorkshop: piecework.Msg("The workshop"),
		piecework.BearsContractor: piecework.Msg("The contractor himself"), piecework.BearsWorker: piecework.Msg("Whoever made the pieces")}
)

type chargebackList struct {
	Query, From, To string
	Own             bool
	Order           *piecework.ProcessingOrder // only its chargebacks; nil: all
	List            piecework.Page[piecework.Chargeback]
}

// chargebacks lists what contractors charged back.
func (s *Server) chargebacks(c echo.Context) error {
	ctx, f := c.Request().Context(), s.filter(c)
	p := chargebackList{Query: f.Query, From: c.QueryParam("from"), To: c.QueryParam("to"), Own: visitOf(c).who.Role == account.Contractor}
	var err error
	if p.Order, err = s.onlyOrder(c, f); err != nil {
		return err
	}
	if p.List, err = piecework.Chargebacks(ctx, s.DB, f); err != nil {
		return err
	}
	return s.pageOfDays(c, "chargebacks/list", p)
}

type chargebackForm struct {
	Order                       *piecework.ProcessingOrder
	Form                        values
	Faults, Bearers, Operations []templates.Option
	Deliveries                  []templates.Option
	Policy                      []string // who bears what, in words
}

// chargebackNew asks what a contractor charges back.
func (s *Server) chargebackNew(c echo.Context) error {
	return s.chargebackForm(c, nil, values{"date": string(s.today(c)), "fault": string(piecework.FaultWorkmanship), "delivery": c.QueryParam("delivery")})
}

func (s *Server) chargebackForm(c echo.Context, wrong error, typed values) error {
	o, err := piecework.OrderByID(c.Request().Context(), s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	p, lang := chargebackForm{Order: o, Form: typed}, visitOf(c).lang
	for _, f := range piecework.Faults {
		p.Faults = append(p.Faults, templates.Option{Value: string(f), Text: inWords(lang, faultNames[f])})
		p.Policy = append(p.Policy, visitOf(c).says("%s: %s", inWords(lang, faultNames[f]), inWords(lang, bearerNames[o.Workshop.Bears(f)])))
	}
	for _, b := range piecework.Bearers {
		p.Bearers = append(p.Bearers, templates.Option{Value: string(b), Text: inWords(lang, bearerNames[b])})
	}
	deliveries, err := piecework.Deliveries(c.Request().Context(), s.DB, piecework.Filter{OrderID: o.ID})
	if err != nil {
		return err
	}
	for _, d := range deliveries.Items {
		p.Deliveries = append(p.Deliveries, option(d.ID, d.Code+" · "+string(d.DeliveredOn)))
	}
	for _, op := range o.Product.Operations {
		p.Operations = append(p.Operations, option(op.ID, op.Name))
	}
	if wrong != nil {
		return s.again(c, wrong, "chargebacks/form", p)
	}
	return s.page(c, "chargebacks/form", p)
}

// chargebackCreate records a chargeback; without a bearer the workshop's policy says who bears it.
func (s *Server) chargebackCreate(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	cb := &piecework.Chargeback{OrderID: o.ID, ChargedOn: f.date("date"), Pieces: f.number("pieces"), Amount: f.money("amount"),
		Fault: piecework.Fault(f.text("fault")), Bearer: piecework.Bearer(f.text("bearer")), OperationID: f.id(s, "operation", "operation"), DeliveryID: f.id(s, "delivery", "delivery"),
		Ticket: f.text("ticket"), Reason: f.text("reason"), RecordedBy: visitOf(c).who.Name}
	if cb.Bearer == "" {
		cb.Bearer = o.Workshop.Bears(cb.Fault)
	}
	if code, msg := piecework.ParseCode(cb.Ticket); cb.Ticket != "" && msg == nil {
		cb.Ticket = code.String()
	}
	if err = f.and(cb.Validate()); err == nil {
		_, err = payroll.ChargeBack(ctx, s.DB, cb)
	}
	if err != nil {
		return s.chargebackForm(c, err, f.values())
	}
	return s.done(c, fmt.Sprintf("/chargebacks/%d", cb.ID), "The chargeback of %s is recorded.", cb.Amount)
}

type chargebackShow struct {
	*piecework.Chargeback
	FaultName, BearerName string
	Trace                 *piecework.Trace
	Without               string // why nobody can be named
	Office                bool
	Zone                  *time.Location
}

// chargebackShow shows a chargeback and, to the office, how far the tickets lead back.
func (s *Server) chargebackShow(c echo.Context) error { return s.showChargeback(c, nil) }

func (s *Server) showChargeback(c echo.Context, wrong error) error {
	ctx, lang := c.Request().Context(), visitOf(c).lang
	cb, err := piecework.ChargebackByID(ctx, s.DB, paramID(c, "chargeback"))
	if err != nil {
		return err
	}
	p := chargebackShow{Chargeback: cb, FaultName: inWords(lang, faultNames[cb.Fault]), BearerName: inWords(lang, bearerNames[cb.Bearer]),
		Office: visitOf(c).who.Role != account.Contractor, Zone: cb.Order.Workshop.Location()}
	if p.Office {
		if p.Trace, err = piecework.TraceBack(ctx, s.DB, cb); err != nil {
			return err
		}
		if p.Trace.Without != nil {
			p.Without = inWords(lang, p.Trace.Without)
		}
	}
	if wrong != nil {
		return s.again(c, wrong, "chargebacks/show", p)
	}
	return s.page(c, "chargebacks/show", p)
}

// chargebackWithdraw takes a chargeback back.
func (s *Server) chargebackWithdraw(c echo.Context) error {
	id := paramID(c, "chargeback")
	if err := payroll.WithdrawChargeback(c.Request().Context(), s.DB, id, visitOf(c).who.Name); err != nil {
		return s.showChargeback(c, err)
	}
	return s.done(c, fmt.Sprintf("/chargebacks/%d", id), "The chargeback is withdrawn. It stays in the books and counts no more.")
}
