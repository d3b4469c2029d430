package handlers

import (
	"bytes"
	"io"
	"strconv"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/piecework/label"
	"jijian/templates"
)

// stockNames are the label stocks in words.
var stockNames = map[label.Stock]*piecework.Message{
	label.Sheet24: piecework.Msg("A4, 24 labels of 70 × 37 mm"),
	label.Sheet40: piecework.Msg("A4, 40 labels of 52.5 × 29.7 mm"),
	label.Roll40:  piecework.Msg("Label printer, 40 × 30 mm"),
	label.Roll58:  piecework.Msg("Label printer, 58 × 40 mm"),
	label.Cards:   piecework.Msg("A4, ten cards to hang up"),
}

// stockChoice offers label stocks in a form.
func stockChoice(c echo.Context, stocks []label.Stock) []templates.Option {
	options := make([]templates.Option, len(stocks))
	for i, s := range stocks {
		options[i] = templates.Option{Value: string(s), Text: inWords(visitOf(c).lang, stockNames[s])}
	}
	return options
}

// printLabels hands out a document of labels on the stock that the form names, where the first "skip" labels of a sheet are used already. usual is
// the stock when none is named.
func (s *Server) printLabels(c echo.Context, name string, usual label.Stock, print func(*label.Printer, io.Writer, label.Job) ([]label.Warning, error)) error {
	fonts, err := Fonts()
	if err != nil {
		return err
	}
	job := label.Job{Stock: label.Stock(c.FormValue("stock")), Lang: visitOf(c).lang, Base: s.base(c)}
	if job.Stock == "" {
		job.Stock = usual
	}
	if skip := c.FormValue("skip"); skip != "" && job.Stock.PerPage() > 1 {
		if job.Skip, err = strconv.Atoi(skip); err != nil {
			return piecework.InvalidField("skip", "%q is not a whole number such as 120", skip)
		}
	}
	var whole bytes.Buffer
	warnings, err := print(label.NewPrinter(fonts), &whole, job)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		s.Logger.Warn("label printed with a loss", "document", name, "label", w.Label, "what", w.Message.String())
	}
	return download(c, name+".pdf", "application/pdf", whole.Bytes())
}

// badgesPrint prints the badges of the workers that the form names, or of all active ones its words find. Who has none yet gets one, so this
// is no GET.
func (s *Server) badgesPrint(c echo.Context) error {
	f := s.filter(c)
	f.Query = c.FormValue("q")
	var ids []int64
	for _, text := range c.Request().Form["worker"] {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	workers, codes, err := piecework.WorkersWithBadges(c.Request().Context(), s.DB, f, visitOf(c).who.Name, ids...)
	if err != nil {
		return err
	}
	if len(workers) == 0 {
		return piecework.NotFound("There is no worker to print a badge for.")
	}
	badges := make([]label.Badge, len(workers))
	for i, w := range workers {
		badges[i] = label.Badge{Name: w.Name, WorkerCode: w.Code, Workshop: w.Workshop.Name, Code: codes[w.ID]}
	}
	return s.printLabels(c, "badges", label.Sheet24, func(p *label.Printer, w io.Writer, job label.Job) ([]label.Warning, error) {
		return p.Badges(w, job, badges)
	})
}

// ticketsPrint prints the tickets of an order that are in use, from number ?from to ?to.
func (s *Server) ticketsPrint(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	list, err := piecework.TicketsToPrint(ctx, s.DB, o.ID, queryID(c, "from"), queryID(c, "to"))
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return piecework.NotFound("There is no ticket with these numbers to print.")
	}
	labels := make([]label.Ticket, len(list))
	for i, t := range list {
		labels[i] = label.Ticket{Order: o.Code, Product: o.Product.Name, Number: t.Number, Quantity: t.Quantity, All: t.Operations == "", Code: t.Code()}
		for _, op := range t.CoveredOf(o.Product.Operations) {
			labels[i].Operations = append(labels[i].Operations, op.Name)
		}
	}
	return s.printLabels(c, "tickets-"+o.Code, label.Sheet24, func(p *label.Printer, w io.Writer, job label.Job) ([]label.Warning, error) {
		return p.Tickets(w, job, labels)
	})
}

// commandsPrint prints the commands of the bench and the code of a session.
func (s *Server) commandsPrint(c echo.Context) error {
	ctx := c.Request().Context()
	ws, err := piecework.SessionByID(ctx, s.DB, paramID(c, "session"))
	if err != nil {
		return err
	}
	codes, err := piecework.CodesOf(ctx, s.DB, piecework.SessionCode, ws.WorkshopID, visitOf(c).who.Name, ws.ID)
	if err != nil {
		return err
	}
	return s.printLabels(c, "commands-"+ws.Code, label.Cards, func(p *label.Printer, w io.Writer, job label.Job) ([]label.Warning, error) {
		return p.Commands(w, job, ws.Code, codes[ws.ID])
	})
}
