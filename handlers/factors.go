package handlers

import (
	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

// dayKinds are what a session's time may be, in the words of the visitor.
func dayKinds(v *visit) []templates.Option {
	return []templates.Option{
		{Value: string(piecework.OrdinaryDay), Text: v.says("Ordinary time")},
		{Value: string(piecework.Overtime), Text: v.says("Overtime (%d%%)", piecework.Overtime.LeastPercent())},
		{Value: string(piecework.RestDay), Text: v.says("Rest day (%d%%)", piecework.RestDay.LeastPercent())},
		{Value: string(piecework.Holiday), Text: v.says("Public holiday (%d%%)", piecework.Holiday.LeastPercent())},
	}
}

// sessionMark says what a session's time is, and so at which percentage of the rates it is paid.
func (s *Server) sessionMark(c echo.Context) error {
	f, id := readForm(c), paramID(c, "session")
	percent := f.number("rate_percent")
	err := f.and(nil)
	if err == nil {
		err = piecework.MarkSession(c.Request().Context(), s.DB, id, piecework.DayKind(f.text("day_kind")), percent)
	}
	if err != nil {
		p, shown := s.board(c, id)
		if shown != nil {
			return shown
		}
		p.Grid.Key, p.Form = newKey(), f.values()
		return s.again(c, err, "sessions/show", p)
	}
	return s.done(c, sessionPath(id), "Noted. Draft pay runs take it up when they are computed again.")
}

type workerGradesPage struct {
	Worker *piecework.Worker
	Grades []grade
	Form   values
	Books  bool // the person may record one
}

// grade is a grade of a worker and how it stands today: applies, later or replaced.
type grade struct {
	piecework.WorkerGrade
	State string
}

// workerGrades shows at which percentage of the rates a worker is paid, and since when.
func (s *Server) workerGrades(c echo.Context) error {
	return s.showWorkerGrades(c, nil, values{"effective_from": string(s.today(c)), "percent": "80"})
}

func (s *Server) showWorkerGrades(c echo.Context, wrong error, typed values) error {
	ctx := c.Request().Context()
	w, err := piecework.WorkerByID(ctx, s.DB, paramID(c, "worker"))
	if err != nil {
		return err
	}
	p := workerGradesPage{Worker: w, Form: typed, Books: mayOf[visitOf(c).who.Role]&books != 0}
	if p.Grades, err = s.gradesOf(c, w); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "workers/grades", p)
	}
	return s.page(c, "workers/grades", p)
}

// gradesOf are the grades of a worker, the latest first.
func (s *Server) gradesOf(c echo.Context, w *piecework.Worker) ([]grade, error) {
	all, err := piecework.Grades(c.Request().Context(), s.DB, w.WorkshopID, w.ID)
	if err != nil {
		return nil, err
	}
	var list []grade
	today, stands := w.Workshop.Today(), standing{}
	for _, g := range all[w.ID] {
		list = append(list, grade{g, stands.on(today, g.EffectiveFrom)})
	}
	return list, nil
}

// workerGradeSet records a worker's grade from a day on.
func (s *Server) workerGradeSet(c echo.Context) error {
	f := readForm(c)
	g := &piecework.WorkerGrade{WorkerID: paramID(c, "worker"), EffectiveFrom: f.date("effective_from"), Name: f.text("grade"), Percent: f.number("percent"),
		RecordedBy: visitOf(c).who.Name}
	err := f.and(g.Validate())
	if err == nil {
		err = piecework.SetGrade(c.Request().Context(), s.DB, g)
	}
	if err != nil {
		return s.showWorkerGrades(c, err, f.values())
	}
	return s.done(c, workerPath(g.WorkerID)+"/grades", "%s (%d%%) holds from %s. Drafts take it up when they are computed again.", g.Name, g.Percent, g.EffectiveFrom)
}
