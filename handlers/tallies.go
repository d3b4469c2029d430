package handlers

import (
	"context"
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/templates"
)

type tallyList struct {
	Query    string
	From, To string
	Status   string
	States   []templates.Option
	Keep     map[string]string // what else narrows the list, by its name in the address
	List     piecework.Page[piecework.Tally]
	Members  map[int64][]piecework.TeamMember // of the teams in the list
}

// Narrowed says whether the list leaves something out.
func (p tallyList) Narrowed() bool {
	return p.Query != "" || p.From != "" || p.To != "" || p.Status != "" || len(p.Keep) > 0
}

// Good is what a tally adds to the good pieces; a reversal takes off.
func (tallyList) Good(t piecework.Tally) int64 { return netOf(&t).Good }

// Scrapped is what a tally adds to the pieces that are not good.
func (tallyList) Scrapped(t piecework.Tally) int64 { return netOf(&t).Total() - netOf(&t).Good }

// netOf is what a tally adds to sums.
func netOf(t *piecework.Tally) piecework.Counts {
	if t.ReversesID != 0 {
		return t.Counts.Negated()
	}
	return t.Counts
}

// tallies lists tallies, the latest first.
func (s *Server) tallies(c echo.Context) error {
	f, v := s.filter(c), visitOf(c)
	p := tallyList{Query: f.Query, From: c.QueryParam("from"), To: c.QueryParam("to"), Status: f.Status, Keep: map[string]string{}, States: []templates.Option{
		{Value: "open", Text: v.says("Not settled yet")}, {Value: "struck", Text: v.says("Struck")}, {Value: "reversal", Text: v.says("Reversals")}}}
	for _, name := range []string{"session", "worker", "order"} {
		if value := c.QueryParam(name); value != "" {
			p.Keep[name] = value
		}
	}
	var err error
	if p.List, err = piecework.Tallies(c.Request().Context(), s.DB, f); err != nil {
		return err
	}
	if p.Members, err = piecework.MembersOfTallies(c.Request().Context(), s.DB, p.List.Items); err != nil {
		return err
	}
	return s.pageOfDays(c, "tallies/list", p)
}

type tallyPage struct {
	Tally    *piecework.Tally
	Members  []piecework.TeamMember
	Original *piecework.Tally // that it strikes, or nil
	Run      *payroll.PayRun  // that has claimed it, or nil
	Zone     *time.Location
	Noticed  []noticed
	Undo     bool               // the person may take it back without more ado
	Sessions []templates.Option // open ones, into which a reversal can go
	Form     values             // of the reversal: session, reason, key
}

// noticed is what a guard noticed about a tally, in words.
type noticed struct {
	piecework.Flag
	Words string
}

// tallyShow shows one tally with all that is known about it.
func (s *Server) tallyShow(c echo.Context) error {
	p, err := s.tallyPage(c)
	if err != nil {
		return err
	}
	return s.page(c, "tallies/show", p)
}

func (s *Server) tallyPage(c echo.Context) (*tallyPage, error) {
	ctx := c.Request().Context()
	t, err := piecework.TallyByID(ctx, s.DB, paramID(c, "tally"))
	if err != nil {
		return nil, err
	}
	p := &tallyPage{Tally: t, Zone: s.zone(c), Form: values{"key": newKey()}}
	for _, flag := range t.Flags {
		p.Noticed = append(p.Noticed, noticed{flag, inWords(visitOf(c).lang, flag.Message())})
	}
	members, err := piecework.TeamMembers(ctx, s.DB, t.WorkerID)
	if err != nil {
		return nil, err
	}
	p.Members = members[t.WorkerID]
	if t.ReversesID != 0 {
		if p.Original, err = piecework.TallyByID(ctx, s.DB, t.ReversesID); err != nil {
			return nil, err
		}
	}
	if p.Run, err = payroll.RunOfTally(ctx, s.DB, t.ID); err != nil || t.ReversesID != 0 || t.Struck() {
		return p, err
	}
	p.Undo = p.Run == nil && piecework.MayUndo(visitOf(c).who.Actor(), t, piecework.Now())
	return p, s.reversalSessions(ctx, p)
}

// tallyUndo takes back what the person has just recorded herself, or, as an administrator, what somebody has.
func (s *Server) tallyUndo(c echo.Context) error {
	p, err := s.tallyPage(c)
	if err != nil {
		return err
	}
	if err := piecework.UndoTally(c.Request().Context(), s.DB, visitOf(c).who.Actor(), p.Tally.UID, readForm(c).text("reason")); err != nil {
		return s.again(c, err, "tallies/show", p)
	}
	return s.done(c, fmt.Sprintf("/tallies/%d", p.Tally.ID), "It is undone. The tally stays visible and counts no more.")
}

// reversalSessions offers the open sessions of the workshop for a reversal: the tally's own if it is open, else the latest.
func (s *Server) reversalSessions(ctx context.Context, p *tallyPage) error {
	open, err := piecework.Sessions(ctx, s.DB, piecework.Filter{WorkshopID: p.Tally.WorkshopID, Status: "open"})
	if err != nil {
		return err
	}
	for _, ws := range open.Items {
		p.Sessions = append(p.Sessions, option(ws.ID, fmt.Sprintf("%s · %s", ws.Code, ws.WorkDate)))
		if ws.ID == p.Tally.SessionID {
			p.Form["session"] = option(ws.ID, "").Value
		}
	}
	if p.Form["session"] == "" && len(open.Items) > 0 {
		p.Form["session"] = p.Sessions[0].Value
	}
	return nil
}

// tallyStrike strikes a tally by a reversal in an open session.
func (s *Server) tallyStrike(c echo.Context) error {
	f := readForm(c)
	p, err := s.tallyPage(c)
	if err != nil {
		return err
	}
	id, reason := f.id(s, "session", "session"), f.text("reason")
	if id == 0 && len(f.invalid.Fields) == 0 {
		f.invalid.Add("session", "choose one")
	}
	if reason == "" {
		f.invalid.Add("reason", "is required")
	}
	f.invalid.AddMsg("reason", piecework.CheckText(reason, piecework.MaxNote))
	if err := f.and(nil); err != nil {
		p.Form = f.values()
		return s.again(c, err, "tallies/show", p)
	}
	ws, err := piecework.SessionByID(c.Request().Context(), s.DB, id)
	if err != nil {
		return err
	}
	t := p.Tally
	if _, err := s.recordOne(c, piecework.NewTally{UID: f.text("key"), Session: ws.Code, Worker: t.Worker.Code, Order: t.Order.Code, Operation: t.Operation.Code,
		Counts: t.Counts, Ticket: t.Ticket, Reverses: t.UID, Reason: reason}); err != nil {
		p.Form = f.values()
		return s.again(c, err, "tallies/show", p)
	}
	return s.done(c, fmt.Sprintf("/tallies/%d", t.ID), "The tally is struck. It stays visible and counts no more; record the right one if there is one.")
}
