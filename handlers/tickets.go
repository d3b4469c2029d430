package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/piecework/label"
	"jijian/templates"
)

type ticketList struct {
	Order  *piecework.ProcessingOrder
	State  *piecework.TicketState
	Form   values
	Chosen map[string]bool // operations to cover
	Status string
	Stocks []templates.Option
	List   piecework.Page[ticketRow]
}

// ticketRow is a ticket with what is credited on it.
type ticketRow struct {
	piecework.BundleTicket
	Steps []ticketStep
	Done  int // of the steps
}

// ticketStep is one operation of a ticket; Credit is nil while nobody has it credited.
type ticketStep struct {
	Operation piecework.Operation
	Credit    *piecework.Credit
}

// usualBundle is the size of a bundle that the form suggests.
const usualBundle = "50"

// tickets lists the bundle tickets of an order with what is credited on each, and asks for more.
func (s *Server) tickets(c echo.Context) error {
	p, err := s.ticketList(c)
	if err != nil {
		return err
	}
	p.Form = values{"size": usualBundle}
	return s.page(c, "tickets/list", p)
}

func (s *Server) ticketList(c echo.Context) (*ticketList, error) {
	ctx, f := c.Request().Context(), s.filter(c)
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return nil, err
	}
	p := &ticketList{Order: o, Status: f.Status, Stocks: stockChoice(c, label.Stocks), Chosen: map[string]bool{}}
	if p.State, err = piecework.TicketStateOf(ctx, s.DB, o); err != nil {
		return nil, err
	}
	f.OrderID = o.ID
	list, err := piecework.Tickets(ctx, s.DB, f)
	if err != nil {
		return nil, err
	}
	p.List = piecework.Page[ticketRow]{Total: list.Total, Number: list.Number}
	p.List.Items, err = s.ticketRows(ctx, o, list.Items)
	return p, err
}

// ticketRows puts tickets and what is credited on them together.
func (s *Server) ticketRows(ctx context.Context, o *piecework.ProcessingOrder, tickets []piecework.BundleTicket) ([]ticketRow, error) {
	codes := make([]string, len(tickets))
	for i := range tickets {
		codes[i] = tickets[i].Code().String()
	}
	credits, err := piecework.Credits(ctx, s.DB, codes...)
	if err != nil {
		return nil, err
	}
	rows := make([]ticketRow, len(tickets))
	for i, t := range tickets {
		rows[i].BundleTicket = t
		for _, op := range t.CoveredOf(o.Product.Operations) {
			step := ticketStep{Operation: op}
			if k := slices.IndexFunc(credits, func(c piecework.Credit) bool { return c.Ticket == codes[i] && c.OperationID == op.ID }); k >= 0 {
				step.Credit = &credits[k]
				rows[i].Done++
			}
			rows[i].Steps = append(rows[i].Steps, step)
		}
	}
	return rows, nil
}

// Short is the short form of the ticket's code.
func (r *ticketRow) Short() string { return r.Code().Short() }

// ticketsCut makes tickets for an order.
func (s *Server) ticketsCut(c echo.Context) error {
	f, order := readForm(c), paramID(c, "order")
	cut := piecework.Cut{OrderID: order, Size: f.number("size"), Quantity: f.number("quantity"), Over: f.has("over"),
		Operations: c.Request().PostForm["operations"], By: visitOf(c).who.Name}
	err := f.and(nil)
	var made []piecework.BundleTicket
	if err == nil {
		made, err = piecework.CutTickets(c.Request().Context(), s.DB, cut)
	}
	if err != nil {
		p, failed := s.ticketList(c)
		if failed != nil {
			return failed
		}
		p.Form = f.values()
		for _, code := range cut.Operations {
			p.Chosen[code] = true
		}
		return s.again(c, err, "tickets/list", p)
	}
	first, last := made[0].Number, made[len(made)-1].Number
	return s.done(c, ticketsPath(order), "%d tickets were made, numbers %v to %v. Print them, and put one to each bundle.", len(made), first, last)
}

func ticketsPath(order int64) string { return orderPath(order) + "/tickets" }

func ticketPath(id int64) string { return fmt.Sprintf("/tickets/%d", id) }

type ticketPage struct {
	ticketRow
	Order  *piecework.ProcessingOrder
	Zone   *time.Location
	Parts  []piecework.BundleTicket // it was split into
	Form   values
	Stocks []templates.Option
}

// ticketShow shows a ticket: what is credited on it, and what became of it.
func (s *Server) ticketShow(c echo.Context) error {
	p, err := s.ticketPage(c)
	if err != nil {
		return err
	}
	return s.page(c, "tickets/show", p)
}

func (s *Server) ticketPage(c echo.Context) (*ticketPage, error) {
	ctx := c.Request().Context()
	t, err := piecework.TicketByID(ctx, s.DB, paramID(c, "ticket"))
	if err != nil {
		return nil, err
	}
	rows, err := s.ticketRows(ctx, t.Order, []piecework.BundleTicket{*t})
	if err != nil {
		return nil, err
	}
	p := &ticketPage{ticketRow: rows[0], Order: t.Order, Zone: t.Order.Workshop.Location(), Stocks: stockChoice(c, label.Stocks)}
	p.Parts, err = piecework.TicketParts(ctx, s.DB, t.ID)
	half := t.Quantity / 2
	p.Form = values{"parts": fmt.Sprintf("%d %d", t.Quantity-half, half)}
	return p, err
}

// ticketSplit makes new tickets for the parts of a bundle.
func (s *Server) ticketSplit(c echo.Context) error {
	f := readForm(c)
	split := piecework.Split{TicketID: paramID(c, "ticket"), Reason: f.text("reason"), By: visitOf(c).who.Name}
	for _, part := range strings.FieldsFunc(f.text("parts"), func(r rune) bool { return strings.ContainsRune(" +,，、＋\u3000", r) }) {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			f.invalid.Add("parts", "%q is not a whole number such as 120", part)
		}
		split.Parts = append(split.Parts, n)
	}
	err := f.and(nil)
	var parts []piecework.BundleTicket
	if err == nil {
		parts, err = piecework.SplitTicket(c.Request().Context(), s.DB, split)
	}
	if err != nil {
		p, failed := s.ticketPage(c)
		if failed != nil {
			return failed
		}
		p.Form = f.values()
		return s.again(c, err, "tickets/show", p)
	}
	if len(parts) == 1 {
		return s.done(c, ticketPath(parts[0].ID), "The bundle has a new ticket. The old one is refused from now on.")
	}
	return s.done(c, ticketPath(split.TicketID), "The bundle has %d new tickets. Print them; the old one is refused from now on.", len(parts))
}
