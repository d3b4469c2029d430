package handlers

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/label"
	"jijian/templates"
)

type workerList struct {
	Query, Status string
	All           bool // the person sees several workshops
	Stocks        []templates.Option
	List          piecework.Page[piecework.Worker]
	Teams         piecework.Page[piecework.Team] // instead, where Status is "team"
}

// workers lists workers by code, or the teams they make.
func (s *Server) workers(c echo.Context) error {
	f, ctx := s.filter(c), c.Request().Context()
	p := workerList{Query: f.Query, Status: f.Status, All: visitOf(c).who.WorkshopID == 0, Stocks: stockChoice(c, label.Stocks)}
	var err error
	if f.Status == "team" {
		p.Teams, err = piecework.Teams(ctx, s.DB, f)
	} else {
		p.List, err = piecework.Workers(ctx, s.DB, f)
	}
	if err != nil {
		return err
	}
	return s.page(c, "workers/list", p)
}

type workerShow struct {
	Worker      *piecework.Worker
	ShareWeight piecework.Rate
	Crew        []piecework.Worker
	Open        payroll.Slip // what her pieces come to that no approved run has
	Waiting     piecework.Counts
	Tallies     []piecework.Tally
	Members     map[int64][]piecework.TeamMember // of the teams among the tallies
	Teams       []piecework.Team                 // she belongs to
	Slips       []payroll.Slip
	Adjustments []payroll.Adjustment // no run has taken them in
	Kinds       map[payroll.Kind]string
	Badges      []piecework.IssuedCode // the newest first; none was printed yet
	Stocks      []templates.Option
	Tax         incomeType // by which tax is withheld today
	TaxRules    []taxRule
	Grades      []grade
	Books       bool // the person may see personal data
}

// recent is how many of a worker's tallies and slips her page shows.
const recent = 8

// workerShow shows a worker: what she has earned since she was last paid, what she handed in, her slips.
func (s *Server) workerShow(c echo.Context) error {
	ctx := c.Request().Context()
	w, err := piecework.WorkerByID(ctx, s.DB, paramID(c, "worker"))
	if err != nil {
		return err
	}
	if w.Team {
		return s.teamShow(c, w)
	}
	p, err := s.workerPage(c, w)
	if err != nil {
		return err
	}
	return s.page(c, "workers/show", p)
}

func (s *Server) workerPage(c echo.Context, w *piecework.Worker) (*workerShow, error) {
	ctx := c.Request().Context()
	var err error
	p := &workerShow{Worker: w, Stocks: stockChoice(c, label.Stocks), Kinds: kindWords(c), ShareWeight: piecework.Millionths(w.ShareWeight),
		Books: mayOf[visitOf(c).who.Role]&books != 0}
	if p.Crew, err = piecework.Crew(ctx, s.DB, w.WorkshopID); err != nil {
		return nil, err
	}
	if p.Open, p.Waiting, err = payroll.OpenPay(ctx, s.DB, w, "", ""); err != nil {
		return nil, err
	}
	if p.TaxRules, p.Tax, err = s.taxRules(c, w); err != nil {
		return nil, err
	}
	if p.Grades, err = s.gradesOf(c, w); err != nil {
		return nil, err
	}
	f := piecework.Filter{WorkerID: w.ID}
	tallies, err := piecework.Tallies(ctx, s.DB, f)
	if err != nil {
		return nil, err
	}
	if p.Members, err = piecework.MembersOfTallies(ctx, s.DB, tallies.Items); err != nil {
		return nil, err
	}
	teams, err := piecework.Teams(ctx, s.DB, f)
	if err != nil {
		return nil, err
	}
	p.Teams = teams.Items[:min(recent, len(teams.Items))]
	slips, err := payroll.Slips(ctx, s.DB, 0, f)
	if err != nil {
		return nil, err
	}
	f.Status = "open"
	adjustments, err := payroll.Adjustments(ctx, s.DB, f)
	if err != nil {
		return nil, err
	}
	p.Tallies, p.Slips, p.Adjustments = tallies.Items[:min(recent, len(tallies.Items))], slips.Items[:min(recent, len(slips.Items))], adjustments.Items
	p.Badges, err = piecework.CodeHistory(ctx, s.DB, w.BadgeKind(), w.ID)
	return p, err
}

type workerForm struct {
	Worker *piecework.Worker // nil: a new one
	Form   values
	workshopChoice
}

// workerNew asks for a new worker and suggests the next code.
func (s *Server) workerNew(c echo.Context) error {
	code, err := piecework.NextCode(c.Request().Context(), s.DB, (*piecework.Worker)(nil), visitOf(c).who.WorkshopID, "A01")
	if err != nil {
		return err
	}
	return s.workerForm(c, nil, nil, values{"code": code, "share_weight": "1", "active": "on"})
}

// workerForm shows the form of a worker, with what is wrong in it if wrong is not nil.
func (s *Server) workerForm(c echo.Context, wrong error, w *piecework.Worker, typed values) error {
	p := workerForm{Worker: w, Form: typed}
	if w == nil {
		var err error
		if p.workshopChoice, err = s.chooseWorkshop(c, typed); err != nil {
			return err
		}
	}
	if wrong != nil {
		return s.again(c, wrong, "workers/form", p)
	}
	return s.page(c, "workers/form", p)
}

// workerCreate adds a worker.
func (s *Server) workerCreate(c echo.Context) error {
	f := readForm(c)
	w := &piecework.Worker{Code: f.text("code"), WorkshopID: f.workshop(s), Active: true}
	if err := s.saveWorker(c, f, w); err != nil {
		return s.workerForm(c, err, nil, f.values())
	}
	return s.done(c, workerPath(w.ID), "%s was added with code %s.", w.Name, w.Code)
}

// person is the worker in the path, where the page is about one person and not about a team.
func (s *Server) person(c echo.Context) (*piecework.Worker, error) {
	w, err := piecework.WorkerByID(c.Request().Context(), s.DB, paramID(c, "worker"))
	if err == nil && w.Team {
		return nil, piecework.Conflict("%s is a team. It has no file of its own; look at its members.", w.Code)
	}
	return w, err
}

type teamShow struct {
	Team    piecework.Team
	Tallies []piecework.Tally
	Badges  []piecework.IssuedCode // the newest first; none was printed yet
	Stocks  []templates.Option
}

// teamShow shows a team: who is in it, and what it handed in.
func (s *Server) teamShow(c echo.Context, w *piecework.Worker) error {
	p, err := s.teamOf(c, w)
	if err != nil {
		return err
	}
	return s.page(c, "workers/team", p)
}

func (s *Server) teamOf(c echo.Context, w *piecework.Worker) (*teamShow, error) {
	ctx := c.Request().Context()
	members, err := piecework.TeamMembers(ctx, s.DB, w.ID)
	if err != nil {
		return nil, err
	}
	tallies, err := piecework.Tallies(ctx, s.DB, piecework.Filter{WorkerID: w.ID})
	if err != nil {
		return nil, err
	}
	badges, err := piecework.CodeHistory(ctx, s.DB, w.BadgeKind(), w.ID)
	if err != nil {
		return nil, err
	}
	return &teamShow{piecework.Team{Worker: *w, Members: members[w.ID]}, tallies.Items[:min(recent, len(tallies.Items))], badges, stockChoice(c, label.Stocks)}, nil
}

func workerPath(id int64) string { return fmt.Sprintf("/workers/%d", id) }

// workerEdit shows what may change of a worker.
func (s *Server) workerEdit(c echo.Context) error {
	w, err := s.person(c)
	if err != nil {
		return err
	}
	typed := values{"name": w.Name, "phone": w.Phone, "share_weight": piecework.Millionths(w.ShareWeight).String()}
	if w.Active {
		typed["active"] = "on"
	}
	return s.workerForm(c, nil, w, typed)
}

// workerSave changes a worker; code and workshop stay.
func (s *Server) workerSave(c echo.Context) error {
	w, err := s.person(c)
	if err != nil {
		return err
	}
	f, was := readForm(c), *w
	w.Active = f.has("active")
	if err := s.saveWorker(c, f, w); err != nil {
		return s.workerForm(c, err, &was, f.values())
	}
	switch path := workerPath(w.ID); {
	case was.Active && !w.Active:
		return s.done(c, path, "%s has left and is in no crew any more. What she is owed stays.", w.Name)
	case !was.Active && w.Active:
		return s.done(c, path, "%s is in the crew again.", w.Name)
	default:
		return s.done(c, path, "What you changed about %s is saved.", w.Name)
	}
}

func (s *Server) saveWorker(c echo.Context, f *form, w *piecework.Worker) error {
	w.Name, w.Phone, w.ShareWeight = f.text("name"), f.text("phone"), f.rate("share_weight").Millionths()
	if err := f.and(w.Validate()); err != nil {
		return err
	}
	return piecework.SaveWorker(c.Request().Context(), s.DB, w)
}

// Signed is an amount as it changes the pay.
func (workerShow) Signed(a payroll.Adjustment) piecework.Money { return signed(a) }
