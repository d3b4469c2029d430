package handlers

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

// grid enters a whole crew at once: one operation of one order, and a row of counts for each worker.
type grid struct {
	Work   string // "order-operation" as chosen
	Key    string // sent once with the form: the same key again counts nothing twice
	Orders []piecework.ProcessingOrder
	Rows   []gridRow
}

// gridRow is the counts of one worker as typed, and what became of them when they were sent.
type gridRow struct {
	Worker                                        *member
	Good, Rework, ScrapWorkmanship, ScrapMaterial string
	Status                                        piecework.TallyStatus
	Reason                                        string
}

// Fields are the inputs of a row, in the order of the columns.
func (r gridRow) Fields() []gridField {
	return []gridField{{"good", r.Good}, {"rework", r.Rework}, {"scrap_workmanship", r.ScrapWorkmanship}, {"scrap_material", r.ScrapMaterial}}
}

type gridField struct{ Name, Value string }

// WorkOf is the value of one choice of the grid.
func (grid) WorkOf(order, operation int64) string { return fmt.Sprintf("%d-%d", order, operation) }

// newKey is a key for one sending of a grid. The uid of each tally is made of it.
func newKey() string { return uuid.Must(uuid.NewV7()).String() }

// sessionRecord records what was entered for a crew. Rows without any number are passed over. What is refused stays in the
// form; nothing is recorded while a number cannot be read.
func (s *Server) sessionRecord(c echo.Context) error {
	f := readForm(c)
	p, err := s.board(c, paramID(c, "session"))
	if err != nil {
		return err
	}
	items, rows := readGrid(f, p)
	if errs := f.gridErrors(p); errs != nil {
		return s.render(c, http.StatusUnprocessableEntity, "sessions/show", errs, p)
	}
	results, err := s.recorder.Record(c.Request().Context(), visitOf(c).who.Actor(), items)
	if err != nil {
		return err
	}
	return s.gridAnswer(c, p, rows, results)
}

// readGrid reads the form into the rows of the board and into tallies. rows tells which row each tally came from.
func readGrid(f *form, p *board) (items []piecework.NewTally, rows []*gridRow) {
	g := &p.Grid
	g.Work, g.Key = f.text("work"), f.text("key")
	if uuid.Validate(g.Key) != nil {
		g.Key = newKey()
	}
	order, operation := g.chosen()
	if operation == nil {
		f.invalid.Add("work", "choose one")
		order, operation = &piecework.ProcessingOrder{}, &piecework.Operation{}
	}
	for i := range g.Rows {
		row := &g.Rows[i]
		t := piecework.NewTally{UID: fmt.Sprintf("%s-%d", g.Key, row.Worker.ID), Session: p.Session.Code, Worker: row.Worker.Code,
			Order: order.Code, Operation: operation.Code}
		if row.read(f, &t.Counts) {
			items, rows = append(items, t), append(rows, row)
		}
	}
	f.checkStrangers(g)
	if len(items) == 0 && len(f.invalid.Fields) == 0 {
		f.invalid.Add("work", "nothing was counted: at least one number must be more than 0")
	}
	return items, rows
}

// checkStrangers finds counts for workers who are in the form and no longer in the crew, so that nothing is lost unsaid.
func (f *form) checkStrangers(g *grid) {
	crew := map[string]bool{}
	for _, r := range g.Rows {
		crew[strconv.FormatInt(r.Worker.ID, 10)] = true
	}
	for name, list := range f.c.Request().PostForm {
		if _, id, ok := strings.Cut(name, "-"); ok && list[0] != "" && !crew[id] {
			f.invalid.Add("work", "somebody has left the crew since this page was loaded; load it again")
			return
		}
	}
}

// chosen is the order and the operation that Work names, nil when there are no such.
func (g *grid) chosen() (*piecework.ProcessingOrder, *piecework.Operation) {
	for i := range g.Orders {
		for k := range g.Orders[i].Product.Operations {
			if g.WorkOf(g.Orders[i].ID, g.Orders[i].Product.Operations[k].ID) == g.Work {
				return &g.Orders[i], &g.Orders[i].Product.Operations[k]
			}
		}
	}
	return nil, nil
}

// read takes the counts of a row from the form; false when there are none.
func (r *gridRow) read(f *form, counts *piecework.Counts) bool {
	name := func(column string) string { return fmt.Sprintf("%s-%d", column, r.Worker.ID) }
	r.Good, r.Rework = f.text(name("good")), f.text(name("rework"))
	r.ScrapWorkmanship, r.ScrapMaterial = f.text(name("scrap_workmanship")), f.text(name("scrap_material"))
	before := len(f.invalid.Fields)
	*counts = piecework.Counts{Good: f.number(name("good")), Rework: f.number(name("rework")),
		ScrapWorkmanship: f.number(name("scrap_workmanship")), ScrapMaterial: f.number(name("scrap_material"))}
	if counts.IsZero() && len(f.invalid.Fields) == before {
		return false
	}
	if len(f.invalid.Fields) == before {
		v := &piecework.Invalid{}
		piecework.CheckCounts(v, *counts)
		for _, e := range v.Fields {
			f.invalid.AddMsg(name(e.Field), &e.Message)
		}
	}
	return true
}

// gridErrors names the worker and the column of each number that cannot be read.
func (f *form) gridErrors(p *board) templates.Errors {
	lang, names := visitOf(f.c).lang, map[string]string{}
	for _, m := range p.Crew {
		names[strconv.FormatInt(m.ID, 10)] = m.Name
	}
	errs := fieldErrors(lang, &f.invalid)
	for i := range errs {
		if column, id, ok := strings.Cut(errs[i].Field, "-"); ok {
			errs[i].Label = names[id] + " " + templates.Label(lang, column)
		}
	}
	return errs
}

// gridAnswer tells what became of each row. When nothing was refused the board begins anew, so that loading it again sends
// nothing; otherwise what was refused stays in the form, under a new key, because what was accepted has used the old one.
func (s *Server) gridAnswer(c echo.Context, p *board, rows []*gridRow, results []piecework.TallyResult) error {
	accepted, duplicate, refused, odd, pieces := 0, 0, 0, 0, int64(0)
	for i, r := range results {
		rows[i].Status = r.Status
		switch r.Status {
		case piecework.Accepted:
			accepted++
			if len(r.Warnings) > 0 {
				odd++
			}
		case piecework.Duplicate:
			duplicate++
		case piecework.Rejected:
			refused++
			rows[i].Reason = inWords(visitOf(c).lang, r.Reason)
			continue
		}
		n, _ := strconv.ParseInt(rows[i].Good, 10, 64)
		pieces += n
		rows[i].Good, rows[i].Rework, rows[i].ScrapWorkmanship, rows[i].ScrapMaterial = "", "", "", ""
	}
	_, operation := p.Grid.chosen()
	to := sessionPath(p.Session.ID) + "?work=" + p.Grid.Work
	switch {
	case refused > 0:
		fresh, err := s.board(c, p.Session.ID)
		if err != nil {
			return err
		}
		fresh.Grid.Work, fresh.Grid.Key = p.Grid.Work, newKey()
		sent := map[int64]gridRow{}
		for _, r := range p.Grid.Rows {
			sent[r.Worker.ID] = r
		}
		for i := range fresh.Grid.Rows {
			worker := fresh.Grid.Rows[i].Worker
			fresh.Grid.Rows[i] = sent[worker.ID]
			fresh.Grid.Rows[i].Worker = worker
		}
		text := visitOf(c).says("%d recorded, %d refused. What was refused is still in the form, with the reason beside it.", accepted+duplicate, refused)
		return s.render(c, http.StatusUnprocessableEntity, "sessions/show", templates.Errors{{Text: text}}, fresh)
	case odd > 0 && duplicate == 0:
		return s.done(c, to, "%d workers recorded at %s: %d good pieces. %d of these tallies are odd and go to review.", accepted, operation.Name, pieces, odd)
	case duplicate == 0:
		return s.done(c, to, "%d workers recorded at %s: %d good pieces.", accepted, operation.Name, pieces)
	case accepted == 0:
		return s.done(c, to, "This was recorded before. Nothing was counted twice.")
	default:
		return s.done(c, to, "%d workers recorded at %s. %d were recorded before and not counted again.", accepted, operation.Name, duplicate)
	}
}
