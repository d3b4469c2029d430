package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/piecework/account"
)

// codePage says what a code is to somebody who may not know more.
type codePage struct {
	Text    string // as it was scanned
	Wrong   string // why it is no code; "" when it is one
	Kind    string // what it stands for
	Next    string // where to go after signing in
	Visitor bool   // nobody is signed in
}

// codeKindNames are the kinds of codes in words.
var codeKindNames = map[piecework.CodeKind]*piecework.Message{
	piecework.WorkerBadge:  piecework.Msg("A worker's badge"),
	piecework.TeamBadge:    piecework.Msg("A team's badge"),
	piecework.TicketCode:   piecework.Msg("A bundle ticket"),
	piecework.SessionCode:  piecework.Msg("The code of a work session"),
	piecework.CommandCode:  piecework.Msg("A command for the bench"),
	piecework.TakeHomeCode: piecework.Msg("Work taken home"),
}

// codeShow is where the QR code of a badge, a ticket or a command leads. The office goes on to count with it, a worker with her own
// badge to her own page; everybody else only hears what kind of code it is, for which nothing needs to be looked up.
func (s *Server) codeShow(c echo.Context) error {
	v := visitOf(c)
	p := codePage{Text: c.Param("code"), Visitor: !v.signedIn()}
	code, msg := piecework.ParseCode(p.Text)
	if msg != nil {
		p.Wrong = inWords(v.lang, msg)
		return s.render(c, http.StatusNotFound, "codes/show", nil, p)
	}
	if mayOf[v.who.Role]&bench != 0 {
		if code.Kind == piecework.TakeHomeCode && mayOf[v.who.Role]&office != 0 {
			return s.takeHomeOf(c, code)
		}
		return c.Redirect(http.StatusSeeOther, "/scan?code="+code.String())
	}
	if v.who.Role == account.Worker && code.Kind == piecework.WorkerBadge {
		issued, err := piecework.IssuedCodeOf(c.Request().Context(), s.DB, code)
		if err == nil && issued.TargetID == v.who.WorkerID {
			return c.Redirect(http.StatusSeeOther, "/me")
		}
		if err != nil && !errors.Is(err, piecework.ErrNotFound) {
			return err
		}
	}
	p.Kind, p.Next = inWords(v.lang, codeKindNames[code.Kind]), "/q/"+code.String()
	return s.page(c, "codes/show", p)
}

// badgeReplace gives a worker a new badge; the old one is refused from now on.
func (s *Server) badgeReplace(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	w, err := piecework.WorkerByID(ctx, s.DB, paramID(c, "worker"))
	if err != nil {
		return err
	}
	code, err := piecework.ReplaceCode(ctx, s.DB, w.BadgeKind(), w.ID, visitOf(c).who.Name, f.text("reason"))
	if err != nil {
		return s.badgeAgain(c, err, w)
	}
	return s.done(c, workerPath(w.ID)+"#badge", "%s has a new badge, %s. Print it; the old one is refused from now on.", w.Name, code)
}

// badgeAgain shows the page of a worker or a team again, with why she got no new badge.
func (s *Server) badgeAgain(c echo.Context, wrong error, w *piecework.Worker) error {
	if w.Team {
		p, err := s.teamOf(c, w)
		if err != nil {
			return err
		}
		return s.again(c, wrong, "workers/team", p)
	}
	p, err := s.workerPage(c, w)
	if err != nil {
		return err
	}
	return s.again(c, wrong, "workers/show", p)
}
