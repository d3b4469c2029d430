package handlers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

// Ways to count in a session besides the crew grid: what a team did together, and what the scales say. Each is a form of its own.

// way is what the forms share.
type way struct {
	Session *piecework.WorkSession
	Grid    grid // the choice of order and operation, and the key
	Form    values
	Teams   []piecework.Team // that counted last at this workshop
	crew    []piecework.Worker
	here    map[int64]bool
}

// recentTeams is how many teams a form offers.
const recentTeams = 6

// wayTo reads what the forms share. A closed session offers no orders.
func (s *Server) wayTo(c echo.Context) (way, error) {
	ctx := c.Request().Context()
	w := way{Form: values{}, here: map[int64]bool{}}
	var err error
	if w.Session, err = piecework.SessionByID(ctx, s.DB, paramID(c, "session")); err != nil || !w.Session.Open() {
		return w, err
	}
	w.Grid.Key = newKey()
	if w.Grid.Orders, err = piecework.OpenOrders(ctx, s.DB, w.Session.WorkshopID); err != nil {
		return w, err
	}
	if w.crew, err = piecework.Crew(ctx, s.DB, w.Session.WorkshopID); err != nil {
		return w, err
	}
	present, err := piecework.Attendances(ctx, s.DB, w.Session.ID)
	if err != nil {
		return w, err
	}
	for _, a := range present {
		w.here[a.WorkerID] = a.CheckOut == 0
	}
	slices.SortStableFunc(w.crew, func(a, b piecework.Worker) int { // who is here comes first
		switch {
		case w.here[a.ID] == w.here[b.ID]:
			return 0
		case w.here[a.ID]:
			return -1
		}
		return 1
	})
	teams, err := piecework.Teams(ctx, s.DB, piecework.Filter{WorkshopID: w.Session.WorkshopID})
	w.Teams = teams.Items[:min(recentTeams, len(teams.Items))]
	return w, err
}

// read takes what the forms share from one that was sent.
func (w *way) read(f *form) (*piecework.ProcessingOrder, *piecework.Operation) {
	w.Form, w.Grid.Work = f.values(), f.text("work")
	if key := f.text("key"); uuid.Validate(key) == nil {
		w.Grid.Key = key
	}
	order, operation := w.Grid.chosen()
	if operation == nil {
		f.invalid.Add("work", "choose one")
		return &piecework.ProcessingOrder{}, &piecework.Operation{}
	}
	return order, operation
}

// counts reads the counts of a form.
func (f *form) counts() piecework.Counts {
	return piecework.Counts{Good: f.number("good"), Rework: f.number("rework"),
		ScrapWorkmanship: f.number("scrap_workmanship"), ScrapMaterial: f.number("scrap_material")}
}

// recordOne records one tally for a person. A refusal is an error of the kind conflict.
func (s *Server) recordOne(c echo.Context, t piecework.NewTally) (r piecework.TallyResult, err error) {
	results, err := s.recorder.Record(c.Request().Context(), visitOf(c).who.Actor(), []piecework.NewTally{t})
	if err != nil {
		return r, err
	}
	if results[0].Status == piecework.Rejected {
		return r, &piecework.Problem{Kind: piecework.ErrConflict, Message: *results[0].Reason}
	}
	return results[0], nil
}

// recorded goes on to a page that says what was recorded, and what is odd about it.
func (s *Server) recorded(c echo.Context, to string, r piecework.TallyResult, format string, args ...any) error {
	if r.Status == piecework.Duplicate {
		return s.done(c, to, "This was recorded before. Nothing was counted twice.")
	}
	if len(r.Warnings) == 0 {
		return s.done(c, to, format, args...)
	}
	v := visitOf(c)
	odd := make([]string, len(r.Warnings))
	for i, w := range r.Warnings {
		odd[i] = inWords(v.lang, w)
	}
	return s.done(c, to, "%s It counts, and goes to review: %s", v.says(format, args...), strings.Join(odd, " "))
}

type teamPage struct {
	way
	Rows []teamRow
}

// teamRow is a worker who can be in the team.
type teamRow struct {
	Worker *piecework.Worker
	Here   bool
	In     bool   // is in the team
	Share  string // share weight as typed; "" is the one in her file
}

// Own is the share weight in her file.
func (r teamRow) Own() string { return piecework.Millionths(r.Worker.ShareWeight).Decimal().String() }

func (s *Server) teamPage(c echo.Context) (*teamPage, error) {
	w, err := s.wayTo(c)
	p := &teamPage{way: w}
	for i := range p.crew {
		p.Rows = append(p.Rows, teamRow{Worker: &p.crew[i], Here: p.here[p.crew[i].ID]})
	}
	return p, err
}

// sessionTeam asks what a team did together. A team in the address is filled in.
func (s *Server) sessionTeam(c echo.Context) error {
	p, err := s.teamPage(c)
	if err != nil {
		return err
	}
	p.Grid.Work = c.QueryParam("work")
	members, err := piecework.TeamMembers(c.Request().Context(), s.DB, queryID(c, "team"))
	if err != nil {
		return err
	}
	for _, m := range members[queryID(c, "team")] {
		for i := range p.Rows {
			if r := &p.Rows[i]; r.Worker.ID == m.WorkerID {
				r.In, r.Share = true, m.Share()
			}
		}
	}
	return s.page(c, "sessions/team", p)
}

// sessionTeamRecord records what a team did together: one tally, which the pay run divides among the members.
func (s *Server) sessionTeamRecord(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	p, err := s.teamPage(c)
	if err != nil {
		return err
	}
	order, operation := p.read(f)
	members, counts := p.members(f), f.counts()
	v := &piecework.Invalid{}
	piecework.CheckCounts(v, counts)
	if err := f.and(v.Err()); err != nil {
		return s.render(c, statusOf(err), "sessions/team", p.errors(f), p)
	}
	team, err := piecework.TeamOf(ctx, s.DB, p.Session.WorkshopID, members)
	if err != nil {
		return s.again(c, err, "sessions/team", p)
	}
	result, err := s.recordOne(c, piecework.NewTally{UID: p.Grid.Key, Session: p.Session.Code, Worker: team.Code, Order: order.Code, Operation: operation.Code, Counts: counts})
	if err != nil {
		return s.again(c, err, "sessions/team", p)
	}
	to := fmt.Sprintf("%s/team?team=%d&work=%s", sessionPath(p.Session.ID), team.ID, p.Grid.Work)
	return s.recorded(c, to, result, "%d good pieces recorded at %s for the %d of %s.", counts.Good, operation.Name, len(members), team.Name)
}

// members reads who is in the team, with which share weights.
func (p *teamPage) members(f *form) (members []piecework.TeamMember) {
	crew := map[string]bool{}
	for i := range p.Rows {
		r := &p.Rows[i]
		id := option(r.Worker.ID, "").Value
		crew[id] = true
		r.In, r.Share = f.has("in-"+id), f.text("share-"+id)
		if !r.In {
			continue
		}
		m := piecework.TeamMember{WorkerID: r.Worker.ID}
		if r.Share != "" {
			weight, msg := piecework.ParseShare(r.Share)
			f.invalid.AddMsg("share-"+id, msg)
			m.ShareWeight = weight
		}
		members = append(members, m)
	}
	for name := range f.c.Request().PostForm {
		if id, ok := strings.CutPrefix(name, "in-"); ok && !crew[id] {
			f.invalid.Add("members", "somebody has left the crew since this page was loaded; load it again")
		}
	}
	return members
}

// errors names the worker of each share weight that cannot be read.
func (p *teamPage) errors(f *form) templates.Errors {
	lang := visitOf(f.c).lang
	errs := fieldErrors(lang, &f.invalid)
	for i := range errs {
		for _, r := range p.Rows {
			if errs[i].Field == "share-"+option(r.Worker.ID, "").Value {
				errs[i].Label = r.Worker.Name + " " + templates.Label(lang, "share_weight")
			}
		}
	}
	return errs
}

type weighPage struct {
	way
	Workers []templates.Option
	Units   map[int64]string // what one piece weighs, by operation, where it is known
}

func (s *Server) weighPage(c echo.Context) (*weighPage, error) {
	w, err := s.wayTo(c)
	p := &weighPage{way: w, Units: map[int64]string{}}
	if err != nil {
		return p, err
	}
	for _, m := range p.crew {
		p.Workers = append(p.Workers, option(m.ID, m.Code+" "+m.Name))
	}
	for _, t := range p.Teams {
		p.Workers = append(p.Workers, option(t.ID, visitOf(c).says("Team: %s", t.Name)))
	}
	var operations []piecework.Operation
	for _, o := range p.Grid.Orders {
		operations = append(operations, o.Product.Operations...)
	}
	units, err := piecework.UnitWeights(c.Request().Context(), s.DB, operations)
	for id, unit := range units {
		p.Units[id] = piecework.Weighing{UnitUG: unit}.Unit()
	}
	return p, err
}

// sessionWeigh asks what the scales say.
func (s *Server) sessionWeigh(c echo.Context) error {
	p, err := s.weighPage(c)
	if err != nil {
		return err
	}
	p.Grid.Work = c.QueryParam("work")
	p.Form["tare"] = printable(c.QueryParam("tare"))
	return s.page(c, "sessions/weigh", p)
}

// sessionWeighRecord records a tally whose good pieces were weighed. Without a unit weight that of the operation holds.
func (s *Server) sessionWeighRecord(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	p, err := s.weighPage(c)
	if err != nil {
		return err
	}
	order, operation := p.read(f)
	worker := f.id(s, "worker", "worker")
	if worker == 0 && f.text("worker") == "" {
		f.invalid.Add("worker", "choose one")
	}
	unit := f.text("unit_weight")
	if unit == "" {
		unit = p.Units[operation.ID]
	}
	w := piecework.Weighing{GrossMG: f.grams("gross", f.text("gross"), 3), UnitUG: f.grams("unit_weight", unit, 6)}
	if f.text("tare") != "" {
		w.TareMG = f.grams("tare", f.text("tare"), 3)
	}
	counts := f.counts()
	if err := f.and(nil); err != nil {
		return s.again(c, err, "sessions/weigh", p)
	}
	counts.Good = w.Pieces()
	v := &piecework.Invalid{}
	if w.Check(v, counts.Good); v.Err() == nil {
		piecework.CheckCounts(v, counts)
	}
	for i := range v.Fields {
		if v.Fields[i].Field == "good" { // which is worked out and not in the form
			v.Fields[i].Field = "weight"
		}
	}
	if err := f.and(v.Err()); err != nil {
		return s.again(c, err, "sessions/weigh", p)
	}
	who, err := piecework.WorkerByID(ctx, s.DB, worker)
	if err != nil {
		return err
	}
	result, err := s.recordOne(c, piecework.NewTally{UID: p.Grid.Key, Session: p.Session.Code, Worker: who.Code, Order: order.Code, Operation: operation.Code, Counts: counts, Weight: w})
	if err != nil {
		return s.again(c, err, "sessions/weigh", p)
	}
	to := fmt.Sprintf("%s/weigh?work=%s&tare=%s", sessionPath(p.Session.ID), p.Grid.Work, w.Tare())
	return s.recorded(c, to, result, "%s: %d good pieces at %s, from (%s g − %s g) ÷ %s g.", who.Name, counts.Good, operation.Name, w.Gross(), w.Tare(), w.Unit())
}

// grams reads a weight; none is wrong.
func (f *form) grams(field, text string, places int) int64 {
	if text == "" {
		f.invalid.Add(field, "is required")
		return 0
	}
	n, msg := piecework.ParseGrams(text, places)
	f.invalid.AddMsg(field, msg)
	return n
}
