package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

// heldPage is one refused tally, to be put right or dismissed.
type heldPage struct {
	Held     refused
	Sheet    string // what was sent, on several lines
	Zone     *time.Location
	Sessions []templates.Option
	Workers  []templates.Option
	Grid     grid // its orders and the operation chosen
	Form     values
}

// heldShow shows a refused tally as it was sent, with a form to put it right.
func (s *Server) heldShow(c echo.Context) error {
	p, err := s.heldPage(c)
	if err != nil {
		return err
	}
	return s.page(c, "review/held", p)
}

func (s *Server) heldPage(c echo.Context) (*heldPage, error) {
	ctx := c.Request().Context()
	h, err := piecework.HeldByID(ctx, s.DB, paramID(c, "held"))
	if err != nil {
		return nil, err
	}
	p := &heldPage{Held: refusedOf(visitOf(c), h), Zone: s.zone(c)}
	var sheet bytes.Buffer
	if json.Indent(&sheet, []byte(h.Content), "", "  ") == nil {
		p.Sheet = sheet.String()
	}
	sent := &p.Held.Sent
	p.Form = values{"session": sent.Session, "worker": sent.Worker, "ticket": sent.Ticket, "reverses": sent.Reverses, "reason": sent.Reason,
		"good": number(sent.Good), "rework": number(sent.Rework), "scrap_workmanship": number(sent.ScrapWorkmanship), "scrap_material": number(sent.ScrapMaterial)}
	if p.Grid.Orders, err = piecework.OpenOrders(ctx, s.DB, h.WorkshopID); err != nil {
		return nil, err
	}
	for _, o := range p.Grid.Orders {
		for _, op := range o.Product.Operations {
			if o.Code == sent.Order && op.Code == sent.Operation {
				p.Grid.Work = p.Grid.WorkOf(o.ID, op.ID)
			}
		}
	}
	return p, s.heldOptions(ctx, p)
}

// number is a count in a form; nothing for 0.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// heldOptions offers the open sessions and the crew, and what was sent where that exists though it is neither open nor at work.
func (s *Server) heldOptions(ctx context.Context, p *heldPage) error {
	open, err := piecework.Sessions(ctx, s.DB, piecework.Filter{WorkshopID: p.Held.WorkshopID, Status: "open"})
	if err != nil {
		return err
	}
	for _, ws := range open.Items {
		p.Sessions = append(p.Sessions, templates.Option{Value: ws.Code, Text: ws.Code + " · " + string(ws.WorkDate)})
	}
	found, err := piecework.Sessions(ctx, s.DB, piecework.Filter{WorkshopID: p.Held.WorkshopID, Status: "closed", Query: p.Held.Sent.Session})
	if err != nil {
		return err
	}
	for _, ws := range found.Items {
		if ws.Code == p.Held.Sent.Session {
			p.Sessions = append(p.Sessions, templates.Option{Value: ws.Code, Text: ws.Code + " · " + string(ws.WorkDate)})
		}
	}
	workshops, err := piecework.Workshops(ctx, s.DB, p.Held.WorkshopID)
	if err != nil {
		return err
	}
	known := false
	for _, w := range workshops {
		crew, err := piecework.Crew(ctx, s.DB, w.ID)
		if err != nil {
			return err
		}
		for _, m := range crew {
			known = known || m.Code == p.Held.Sent.Worker
			p.Workers = append(p.Workers, templates.Option{Value: m.Code, Text: m.Name + " · " + m.Code})
		}
	}
	if known || p.Held.Sent.Worker == "" {
		return nil
	}
	// A team, or somebody who has left, is not in the crew; and a badge that was replaced still says whose it was.
	w, err := s.heldWorker(ctx, p.Held.Sent.Worker)
	if errors.Is(err, piecework.ErrNotFound) || err == nil && p.Held.WorkshopID != 0 && w.WorkshopID != p.Held.WorkshopID {
		return nil
	}
	if err != nil {
		return err
	}
	p.Form["worker"] = w.Code
	option := templates.Option{Value: w.Code, Text: w.Name + " · " + w.Code}
	if !slices.Contains(p.Workers, option) {
		p.Workers = append(p.Workers, option)
	}
	return nil
}

// heldWorker is the worker or the team whose code, or the code of whose badge, was sent.
func (s *Server) heldWorker(ctx context.Context, sent string) (*piecework.Worker, error) {
	w, err := piecework.WorkerByCode(ctx, s.DB, sent)
	code, wrong := piecework.ParseCode(sent)
	if !errors.Is(err, piecework.ErrNotFound) || wrong != nil || code.Kind != piecework.WorkerBadge && code.Kind != piecework.TeamBadge {
		return w, err
	}
	issued, err := piecework.IssuedCodeOf(ctx, s.DB, code)
	if err != nil {
		return nil, err
	}
	return piecework.WorkerByID(ctx, s.DB, issued.TargetID)
}

// heldAccept counts a refused tally as it was put right.
func (s *Server) heldAccept(c echo.Context) error {
	p, err := s.heldPage(c)
	if err != nil {
		return err
	}
	f := readForm(c)
	t := p.Held.Sent
	t.Session, t.Worker, t.Ticket, t.Wrong = f.text("session"), f.text("worker"), f.text("ticket"), nil
	t.Reverses, t.Reason = f.text("reverses"), f.text("reason")
	counts := piecework.Counts{Good: f.number("good"), Rework: f.number("rework"), ScrapWorkmanship: f.number("scrap_workmanship"), ScrapMaterial: f.number("scrap_material")}
	t.Counts = counts
	v := &piecework.Invalid{}
	if t.Weight.Check(v, counts.Good); len(v.Fields) > 0 {
		t.Weight, v.Fields = piecework.Weighing{}, nil // it is not what the scales said
	}
	p.Grid.Work = f.text("work")
	order, operation := p.Grid.chosen()
	if operation == nil {
		f.invalid.Add("work", "choose one")
	} else {
		t.Order, t.Operation = order.Code, operation.Code
	}
	for _, name := range []string{"session", "worker"} {
		if f.text(name) == "" {
			f.invalid.Add(name, "choose one")
		}
	}
	piecework.CheckCounts(v, counts)
	if err = f.and(v.Err()); err == nil {
		_, err = piecework.AcceptHeld(c.Request().Context(), s.DB, visitOf(c).who.Actor(), p.Held.ID, t, f.text("note"))
	}
	if err != nil {
		p.Form = f.values()
		return s.again(c, err, "review/held", p)
	}
	return s.done(c, reviewPath, "It is counted now, under your name.")
}

// heldDismiss decides that a refused tally is not to be counted.
func (s *Server) heldDismiss(c echo.Context) error {
	f := readForm(c)
	if err := piecework.DismissHeld(c.Request().Context(), s.DB, visitOf(c).who.Actor(), paramID(c, "held"), f.text("reason")); err != nil {
		p, again := s.heldPage(c)
		if again != nil {
			return again
		}
		p.Form["dismissal"] = f.text("reason")
		return s.again(c, err, "review/held", p)
	}
	return s.done(c, reviewPath, "It is dismissed. It stays in the books with your reason.")
}
