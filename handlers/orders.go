package handlers

import (
	"context"
	"slices"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/account"
)

type orderList struct {
	Query, Status string
	All           bool // the person sees several workshops
	Enters        bool // she may enter orders
	List          piecework.Page[orderRow]
}

// orderRow is an order with what has become of it.
type orderRow struct {
	piecework.ProcessingOrder
	Handed piecework.Handed
	State  piecework.OrderState
	Late   bool
	Finish piecework.Date // expected, as the last sessions went; "" when nothing tells
	Bar    bar
}

// orders lists orders: open ones first, the earliest due on top.
func (s *Server) orders(c echo.Context) error {
	ctx, f, who := c.Request().Context(), s.filter(c), visitOf(c).who
	list, err := piecework.Orders(ctx, s.DB, f)
	if err != nil {
		return err
	}
	p := orderList{Query: f.Query, Status: f.Status, All: who.WorkshopID == 0 && who.Role != account.Contractor, Enters: who.Role != account.Contractor}
	p.List = piecework.Page[orderRow]{Total: list.Total, Number: list.Number}
	if p.List.Items, err = s.orderRows(c, list.Items); err != nil {
		return err
	}
	return s.page(c, "orders/list", p)
}

// orderRows are orders with what has become of each.
func (s *Server) orderRows(c echo.Context, list []piecework.ProcessingOrder) ([]orderRow, error) {
	at := make([]*piecework.ProcessingOrder, len(list))
	for i := range list {
		at[i] = &list[i]
	}
	facts, err := piecework.FactsOf(c.Request().Context(), s.DB, at...)
	if err != nil {
		return nil, err
	}
	rows, today := make([]orderRow, len(list)), s.today(c)
	paces, err := piecework.Paces(c.Request().Context(), s.DB, today, at...)
	if err != nil {
		return nil, err
	}
	for i, o := range list {
		f := facts[o.ID]
		rows[i] = orderRow{o, f.Handed, o.State(f), o.Late(f, today), "", handedBar(&o, f.Handed)}
		if rows[i].State == piecework.OrderInWork {
			rows[i].Finish, _ = paces[o.ID].Finish(today)
		}
	}
	return rows, nil
}

type orderShow struct {
	Order     *piecework.ProcessingOrder
	State     piecework.OrderState
	Why       string   // the state follows from these facts
	Owed      []string // for an order that was ended early
	Late      bool
	Closable  bool // by the facts
	DaysLeft  int  // to the due date; negative when it has passed
	Office    bool // sees rates and may change things; a contractor may not
	Others    []piecework.ProcessingOrder
	Steps     []orderStep
	Unpriced  int // steps without a rate today
	Handed    piecework.Handed
	Delivered bar
	Decided   bar
	Fee       piecework.Money // for what is accepted so far
	Fees      piecework.FeeBook
	Photos    []piecework.OrderPhoto
	Uses      []piecework.Use // a contractor sees those he brings
	Finish    piecework.Date  // expected
	Margin    *payroll.Margin // nil: a contractor, who may not see it
	Reason    string          // to end it early, as typed
	List      piecework.Page[piecework.Delivery]
}

// orderStep is one operation of an order: what was counted, and what a piece of it pays today.
type orderStep struct {
	piecework.Operation
	piecework.Counts
	Bar     bar
	Rate    piecework.Rate
	HasRate bool
}

// orderShow shows an order: its flow from operation to operation to the contractor, and its deliveries.
func (s *Server) orderShow(c echo.Context) error { return s.showOrder(c, nil, "") }

// showOrder shows an order, with why it could not be ended if wrong is not nil.
func (s *Server) showOrder(c echo.Context, wrong error, reason string) error {
	ctx, today := c.Request().Context(), s.today(c)
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	p := orderShow{Order: o, Office: visitOf(c).who.Role != account.Contractor, Reason: reason}
	if o.DueOn != "" {
		p.DaysLeft = int(o.DueOn.Time().Sub(today.Time()).Hours() / 24)
	}
	others, err := piecework.Orders(ctx, s.DB, visitOf(c).who.Scope(piecework.Filter{Status: "open"}))
	if err != nil {
		return err
	}
	p.Others = others.Items
	if err := s.orderSteps(ctx, &p, today); err != nil {
		return err
	}
	if err := s.orderFacts(c, &p, today); err != nil {
		return err
	}
	p.Delivered = newBar(o.Quantity, part{"good", p.Handed.Delivered})
	p.Decided = handedBar(o, p.Handed)
	if p.List, err = piecework.Deliveries(ctx, s.DB, piecework.Filter{OrderID: o.ID}); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "orders/show", p)
	}
	return s.page(c, "orders/show", p)
}

// orderFacts fills in the state of the order with what it follows from, its fees and its pictures.
func (s *Server) orderFacts(c echo.Context, p *orderShow, today piecework.Date) error {
	ctx, o := c.Request().Context(), p.Order
	facts, err := piecework.FactsOf(ctx, s.DB, o)
	if err != nil {
		return err
	}
	f := facts[o.ID]
	p.Handed, p.State, p.Late, p.Closable = f.Handed, o.State(f), o.Late(f, today), o.Closable(f) == nil
	p.Why = inWords(visitOf(c).lang, o.Why(f))
	for _, m := range o.Owed(f) {
		p.Owed = append(p.Owed, inWords(visitOf(c).lang, m))
	}
	earned, err := piecework.FeesEarned(ctx, s.DB, o)
	if err != nil {
		return err
	}
	for _, line := range earned {
		p.Fee = p.Fee.Add(line.Amount())
	}
	if p.Fees, err = piecework.FeesOf(ctx, s.DB, o); err != nil {
		return err
	}
	if p.Photos, err = piecework.OrderPhotos(ctx, s.DB, o.ID); err != nil {
		return err
	}
	paces, err := piecework.Paces(ctx, s.DB, today, o)
	if err != nil {
		return err
	}
	p.Finish, _ = paces[o.ID].Finish(today)
	if p.Office {
		margins, err := payroll.Margins(ctx, s.DB, today, o)
		if err != nil {
			return err
		}
		p.Margin = &margins[0]
	}
	p.Uses, err = piecework.MaterialUse(ctx, s.DB, o)
	if !p.Office {
		p.Uses = slices.DeleteFunc(p.Uses, func(u piecework.Use) bool { return u.Own })
	}
	return err
}

// orderSteps fills in the operations of the order with their counts and, for the office, their rates.
func (s *Server) orderSteps(ctx context.Context, p *orderShow, today piecework.Date) error {
	progress, err := piecework.OrderProgress(ctx, s.DB, p.Order.ID)
	if err != nil {
		return err
	}
	counted := map[int64]piecework.Counts{}
	for _, at := range progress {
		counted[at.OperationID] = at.Counts
	}
	var rates *piecework.RateBook
	if p.Office {
		if rates, err = piecework.LoadRates(ctx, s.DB, p.Order.WorkshopID); err != nil {
			return err
		}
	}
	for _, op := range p.Order.Product.Operations {
		n := counted[op.ID]
		step := orderStep{Operation: op, Counts: n, Bar: newBar(p.Order.Quantity, part{"good", n.Good}, part{"rework", n.Rework}, part{"scrap", n.ScrapWorkmanship + n.ScrapMaterial})}
		if p.Office {
			if step.Rate, step.HasRate = rates.On(p.Order.ID, op.ID, today); !step.HasRate {
				p.Unpriced++
			}
		}
		p.Steps = append(p.Steps, step)
	}
	return nil
}

// orderClose closes a settled order; it takes no more tallies.
func (s *Server) orderClose(c echo.Context) error { return s.setOrderOpen(c, false) }

// orderEnd gives an order up before it is settled.
func (s *Server) orderEnd(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	reason := readForm(c).text("reason")
	if err := piecework.EndOrder(ctx, s.DB, o.ID, reason, visitOf(c).who.Name); err != nil {
		return s.showOrder(c, err, reason)
	}
	return s.doneUndo(c, orderPath(o.ID), orderPath(o.ID)+"/reopen", "Order %s is ended early. What is owed for it stays owed.", o.Code)
}

// orderReopen lets a closed order take tallies again.
func (s *Server) orderReopen(c echo.Context) error { return s.setOrderOpen(c, true) }

func (s *Server) setOrderOpen(c echo.Context, open bool) error {
	ctx := c.Request().Context()
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	if err := piecework.CloseOrder(ctx, s.DB, o.ID, open); err != nil {
		return err
	}
	path := orderPath(o.ID)
	if open {
		return s.done(c, path, "Order %s is open again.", o.Code)
	}
	return s.doneUndo(c, path, path+"/reopen", "Order %s is closed.", o.Code)
}

// bar is a picture of the parts of a whole, in thousandths of its width.
type bar []barPart

type barPart struct {
	Kind     string // good, rework, scrap or wait: its colour
	X, Width int64
}

// part is so many pieces of a kind.
type part struct {
	kind string
	n    int64
}

// newBar arranges parts side by side. When they are more than the whole they fill it.
func newBar(whole int64, parts ...part) bar {
	sum := int64(0)
	for _, p := range parts {
		sum += max(0, p.n)
	}
	whole = max(whole, sum, 1)
	var b bar
	before := int64(0)
	for _, p := range parts {
		n := max(0, p.n)
		x := before * 1000 / whole
		before += n
		if width := before*1000/whole - x; n > 0 {
			b = append(b, barPart{p.kind, x, max(1, width)})
		}
	}
	return b
}

func handedBar(o *piecework.ProcessingOrder, h piecework.Handed) bar {
	return newBar(o.Quantity, part{"good", h.Accepted}, part{"wait", h.Waiting()}, part{"rework", h.Returned}, part{"scrap", h.Rejected})
}
