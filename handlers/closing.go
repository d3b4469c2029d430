package handlers

import (
	"fmt"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

type closingPage struct {
	*piecework.Closing
	Zone     *time.Location
	Sum      piecework.Counts
	In       []string // names of those still checked in, while the session is open
	Silent   []string // names of those who have counted and not agreed with what stands now
	Disputed []string // names of those who say that their counts are wrong
	Counted  int
	Agreed   int // of Counted
}

// closingShow shows a session that is about to be closed: who is in, who is out, what each counted, and who has agreed.
func (s *Server) closingShow(c echo.Context) error {
	closing, err := piecework.ClosingOf(c.Request().Context(), s.DB, paramID(c, "session"))
	if err != nil {
		return err
	}
	p := closingPage{Closing: closing, Zone: closing.Session.Workshop.Location()}
	for i := range closing.Rows {
		r := &closing.Rows[i]
		p.Sum = p.Sum.Plus(r.Sum)
		if r.Here() && closing.Session.Open() {
			p.In = append(p.In, r.Worker.Name)
		}
		if !r.Sum.IsZero() {
			p.Counted++
		}
		switch state := r.State(); {
		case state == piecework.SayDisputed:
			p.Disputed = append(p.Disputed, r.Worker.Name)
		case r.Sum.IsZero():
		case state == piecework.SayAgreed:
			p.Agreed++
		default:
			p.Silent = append(p.Silent, r.Worker.Name)
		}
	}
	return s.page(c, "closing/show", p)
}

type sayPage struct {
	Session *piecework.WorkSession
	Zone    *time.Location
	Row     *piecework.ClosingRow
	Tallies []templates.Option  // hers, of this session, that she can mean
	Next    *piecework.SheetRow // who has not said anything yet, or nil
	Form    values              // of what is wrong: words, tally
	State   piecework.SayState
}

// closingWorker shows a worker her own counts on the device and asks whether they are right.
func (s *Server) closingWorker(c echo.Context) error { return s.askWorker(c, nil, values{}) }

func (s *Server) askWorker(c echo.Context, wrong error, typed values) error {
	ctx, worker := c.Request().Context(), paramID(c, "worker")
	closing, err := piecework.ClosingOf(ctx, s.DB, paramID(c, "session"))
	if err != nil {
		return err
	}
	p := sayPage{Session: closing.Session, Zone: closing.Session.Workshop.Location(), Form: typed}
	if p.Row, err = closing.Row(worker); err != nil {
		return err
	}
	p.State = p.Row.State()
	for i := range closing.Rows {
		if r := &closing.Rows[i]; p.Next == nil && r.Worker.ID != worker && r.State() == piecework.SaySilent && !r.Sum.IsZero() {
			p.Next = &r.SheetRow
		}
	}
	tallies, err := piecework.Tallies(ctx, s.DB, piecework.Filter{SessionID: closing.Session.ID, WorkerID: worker})
	if err != nil {
		return err
	}
	for _, t := range tallies.Items {
		if t.ReversesID == 0 && !t.Struck() {
			p.Tallies = append(p.Tallies, option(t.ID, fmt.Sprintf("%s · %s · %d", t.RecordedAt.In(p.Zone).Format("15:04"), t.Operation.Name, t.Total())))
		}
	}
	if wrong != nil {
		return s.again(c, wrong, "closing/worker", p)
	}
	return s.page(c, "closing/worker", p)
}

// closingSay stores what a worker says on the device: that her counts are right, or what is wrong.
func (s *Server) closingSay(c echo.Context) error {
	f := readForm(c)
	say := &piecework.CountSay{SessionID: paramID(c, "session"), WorkerID: paramID(c, "worker"), Agrees: f.has("right"), SaidBy: visitOf(c).who.Name}
	if !say.Agrees {
		say.Words = f.text("words")
		say.TallyID, _ = strconv.ParseInt(f.text("tally"), 10, 64)
	}
	if err := piecework.SayCounts(c.Request().Context(), s.DB, say, f.text("shown")); err != nil {
		return s.askWorker(c, err, f.values())
	}
	to := fmt.Sprintf("%s/closing/%d", sessionPath(say.SessionID), say.WorkerID)
	if say.Agrees {
		return s.done(c, to, "Thank you. It is noted that the counts are right.")
	}
	return s.done(c, to, "Thank you. What you said is noted, and somebody will look at it.")
}
