package handlers

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/templates"
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
	p.List = piecework.Page[orderRow]{Total: list.Total, Number: list.Number, Items: make([]orderRow, len(list.Items))}
	ids := make([]int64, len(list.Items))
	for i := range list.Items {
		ids[i] = list.Items[i].ID
	}
	handed, err := piecework.HandedOver(ctx, s.DB, ids...)
	if err != nil {
		return err
	}
	today := s.today(c)
	for i, o := range list.Items {
		p.List.Items[i] = orderRow{o, handed[o.ID], o.State(handed[o.ID], today), handedBar(&o, handed[o.ID])}
	}
	return s.page(c, "orders/list", p)
}

type orderShow struct {
	Order     *piecework.ProcessingOrder
	State     piecework.OrderState
	DaysLeft  int  // to the due date; negative when it has passed
	Office    bool // sees rates and may change things; a contractor may not
	Others    []piecework.ProcessingOrder
	Steps     []orderStep
	Unpriced  int // steps without a rate today
	Handed    piecework.Handed
	Delivered bar
	Decided   bar
	Fee       piecework.Money // for what is accepted so far
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
func (s *Server) orderShow(c echo.Context) error {
	ctx, today := c.Request().Context(), s.today(c)
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	p := orderShow{Order: o, Office: visitOf(c).who.Role != account.Contractor}
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
	handed, err := piecework.HandedOver(ctx, s.DB, o.ID)
	if err != nil {
		return err
	}
	p.Handed = handed[o.ID]
	p.State = o.State(p.Handed, today)
	p.Fee = o.UnitFee.Times(p.Handed.Accepted)
	p.Delivered = newBar(o.Quantity, part{"good", p.Handed.Delivered})
	p.Decided = handedBar(o, p.Handed)
	if p.List, err = piecework.Deliveries(ctx, s.DB, piecework.Filter{OrderID: o.ID}); err != nil {
		return err
	}
	return s.page(c, "orders/show", p)
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

type orderForm struct {
	Order *piecework.ProcessingOrder // nil: a new one
	Form  values
	workshopChoice
	Contractors []templates.Option
	Products    []templates.Option
}

// orderNew asks for a new order and suggests the next code.
func (s *Server) orderNew(c echo.Context) error {
	code, err := piecework.NextCode(c.Request().Context(), s.DB, (*piecework.ProcessingOrder)(nil), visitOf(c).who.WorkshopID, "O-001")
	if err != nil {
		return err
	}
	return s.orderForm(c, nil, nil, values{"code": code, "ordered_on": string(s.today(c)),
		"product": c.QueryParam("product"), "contractor": c.QueryParam("contractor")})
}

// orderForm shows the form of an order, with what is wrong in it if wrong is not nil.
func (s *Server) orderForm(c echo.Context, wrong error, o *piecework.ProcessingOrder, typed values) error {
	ctx, p := c.Request().Context(), orderForm{Order: o, Form: typed}
	if o == nil {
		var err error
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
		ProductID: f.id(s, "product", "product"), Quantity: f.number("quantity"), UnitFee: f.rate("unit_fee"),
		OrderedOn: f.date("ordered_on"), DueOn: f.date("due_on")}
	err := f.and(o.Validate())
	if err == nil {
		err = piecework.SaveOrder(c.Request().Context(), s.DB, o)
	}
	if err != nil {
		return s.orderForm(c, err, nil, f.values())
	}
	return s.done(c, orderPath(o.ID), "Order %s was entered.", o.Code)
}

func orderPath(id int64) string { return fmt.Sprintf("/orders/%d", id) }

// orderEdit shows what may change of an order: quantity, fee and due date.
func (s *Server) orderEdit(c echo.Context) error {
	o, err := piecework.OrderByID(c.Request().Context(), s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	return s.orderForm(c, nil, o, values{"quantity": fmt.Sprint(o.Quantity), "unit_fee": o.UnitFee.String(), "due_on": string(o.DueOn)})
}

// orderSave changes quantity, fee and due date of an open order.
func (s *Server) orderSave(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	f := readForm(c)
	o.Quantity, o.UnitFee, o.DueOn = f.number("quantity"), f.rate("unit_fee"), f.date("due_on")
	if err = f.and(o.Validate()); err == nil {
		err = piecework.SaveOrder(ctx, s.DB, o)
	}
	if err != nil {
		return s.orderForm(c, err, o, f.values())
	}
	return s.done(c, orderPath(o.ID), "What you changed about %s is saved.", o.Code)
}

// orderClose ends an order; it takes no more tallies.
func (s *Server) orderClose(c echo.Context) error { return s.setOrderOpen(c, false) }

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
		return s.doneUndo(c, path, path+"/close", "Order %s is open again.", o.Code)
	}
	return s.doneUndo(c, path, path+"/reopen", "Order %s is closed.", o.Code)
}

// finished is how many good pieces an order has at the end of its routing. Operations done side by side there each need the
// piece, so the one that is behind counts.
func finished(o *piecework.ProcessingOrder, progress []piecework.Progress) int64 {
	operations := o.Product.Operations
	if len(operations) == 0 {
		return 0
	}
	last := slices.MaxFunc(operations, func(a, b piecework.Operation) int { return cmp.Compare(a.Seq, b.Seq) }).Seq
	good := map[int64]int64{}
	for _, at := range progress {
		good[at.OperationID] = at.Good
	}
	n := int64(piecework.MaxPieces)
	for _, op := range operations {
		if op.Seq == last {
			n = min(n, good[op.ID])
		}
	}
	return n
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
