package handlers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/uptrace/bun"

	"jijian/piecework"
	"jijian/piecework/label"
	"jijian/templates"
)

type sessionList struct {
	Query    string
	From, To string
	All      bool // the person sees several workshops
	Open     []piecework.WorkSession
	Past     int // sessions of earlier days that are still open
	Closed   piecework.Page[piecework.WorkSession]
}

// Narrowed says whether the list leaves something out.
func (p sessionList) Narrowed() bool { return p.Query != "" || p.From != "" || p.To != "" }

// sessionsList lists sessions: those open now, then the closed ones, the latest first.
func (s *Server) sessionsList(c echo.Context) error {
	ctx, f := c.Request().Context(), s.filter(c)
	p := sessionList{Query: f.Query, From: c.QueryParam("from"), To: c.QueryParam("to"), All: visitOf(c).who.WorkshopID == 0}
	if f.Page <= 1 {
		open := f
		open.Status = "open"
		list, err := piecework.Sessions(ctx, s.DB, open)
		if err != nil {
			return err
		}
		p.Open = list.Items
		past, err := piecework.Sessions(ctx, s.DB, visitOf(c).who.Scope(piecework.Filter{To: s.today(c).AddDays(-1), Status: "open"}))
		if err != nil {
			return err
		}
		p.Past = past.Total
	}
	f.Status = "closed"
	var err error
	if p.Closed, err = piecework.Sessions(ctx, s.DB, f); err != nil {
		return err
	}
	return s.pageOfDays(c, "sessions/list", p)
}

type sessionForm struct {
	Form values
	workshopChoice
}

// sessionNew asks for a new session and suggests a code for it.
func (s *Server) sessionNew(c echo.Context) error {
	ctx, today := c.Request().Context(), s.today(c)
	list, err := piecework.Workshops(ctx, s.DB, visitOf(c).who.WorkshopID)
	if err != nil {
		return err
	}
	typed := values{"date": string(today), "starts_at": "08:00"}
	if len(list) == 1 {
		typed["workshop"] = option(list[0].ID, "").Value
		if typed["code"], err = piecework.NextSessionCode(ctx, s.DB, &list[0], today); err != nil {
			return err
		}
	}
	return s.sessionForm(c, nil, typed)
}

func (s *Server) sessionForm(c echo.Context, wrong error, typed values) error {
	p := sessionForm{Form: typed}
	var err error
	if p.workshopChoice, err = s.chooseWorkshop(c, typed); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "sessions/new", p)
	}
	return s.page(c, "sessions/new", p)
}

// sessionCreate opens a session. Without a code it gets the next free one of its day.
func (s *Server) sessionCreate(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	ws := &piecework.WorkSession{Code: f.text("code"), WorkshopID: f.workshop(s), WorkDate: f.date("date"), StartsAt: f.text("starts_at"), EndsAt: f.text("ends_at")}
	err := f.and(ws.Validate())
	if err == nil {
		err = piecework.OpenSession(ctx, s.DB, ws)
	}
	if err != nil {
		return s.sessionForm(c, err, f.values())
	}
	return s.done(c, sessionPath(ws.ID), "Session %s is open.", ws.Code)
}

func sessionPath(id int64) string { return fmt.Sprintf("/sessions/%d", id) }

// board is everything about one session: who is here, the grid to enter a crew in, and what has been counted.
type board struct {
	Session  *piecework.WorkSession
	Crew     []member
	Teams    []member // that have counted here
	In       int64    // how many are here
	Came     int64    // how many have been here
	Counted  int64    // how many have handed in
	Sum      piecework.Counts
	Totals   []operationTotal
	Grid     grid
	DayKinds []templates.Option // what its time may be
	Form     values             // of what its time is, as typed
	Stocks   []templates.Option // to print commands on
}

// member is a worker of the crew, or one who has counted in the session though she has left the workshop.
type member struct {
	piecework.Worker
	InTeam  bool      // a team of hers has counted here
	In, Out time.Time // zero when she did not come, or is still here
	Counts  piecework.Counts
}

// Here says whether she is checked in.
func (m *member) Here() bool { return !m.In.IsZero() && m.Out.IsZero() }

type operationTotal struct {
	Order     *piecework.ProcessingOrder
	Operation *piecework.Operation
	Workers   int64
	Teams     int64
	piecework.Counts
}

// sessionShow shows the board of a session.
func (s *Server) sessionShow(c echo.Context) error {
	p, err := s.board(c, paramID(c, "session"))
	if err != nil {
		return err
	}
	p.Grid.Work, p.Grid.Key = c.QueryParam("work"), newKey()
	return s.page(c, "sessions/show", p)
}

// board reads a session with crew, presence and counts.
func (s *Server) board(c echo.Context, id int64) (*board, error) {
	ctx := c.Request().Context()
	ws, err := piecework.SessionByID(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	p := &board{Session: ws, DayKinds: dayKinds(visitOf(c)), Stocks: stockChoice(c, label.CommandStocks)}
	crew, err := piecework.Crew(ctx, s.DB, ws.WorkshopID)
	if err != nil {
		return nil, err
	}
	present, err := piecework.Attendances(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	counts, err := piecework.CountsOfSession(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	orders, err := piecework.OpenOrders(ctx, s.DB, ws.WorkshopID)
	if err != nil {
		return nil, err
	}
	if ws.Open() {
		p.Grid.Orders = orders
	}
	if err := s.gather(ctx, p, crew, present, counts); err != nil {
		return nil, err
	}
	p.Grid.Rows = make([]gridRow, len(p.Crew))
	for i := range p.Crew {
		p.Grid.Rows[i].Worker = &p.Crew[i]
	}
	return p, s.totals(ctx, p, orders, counts)
}

// gather puts crew, presence and counts together by worker.
func (s *Server) gather(ctx context.Context, p *board, crew []piecework.Worker, present []piecework.Attendance, counts []piecework.SessionCounts) error {
	at, teams := map[int64]int{}, map[int64]*member{}
	for _, w := range crew {
		at[w.ID] = len(p.Crew)
		p.Crew = append(p.Crew, member{Worker: w})
	}
	zone := p.Session.Workshop.Location()
	of := func(id int64) (*member, error) {
		if i, ok := at[id]; ok {
			return &p.Crew[i], nil
		}
		if teams[id] != nil {
			return teams[id], nil
		}
		w, err := piecework.WorkerByID(ctx, s.DB, id)
		if err != nil {
			return nil, err
		}
		if w.Team {
			teams[id] = &member{Worker: *w}
			return teams[id], nil
		}
		at[id] = len(p.Crew)
		p.Crew = append(p.Crew, member{Worker: *w})
		return &p.Crew[at[id]], nil
	}
	for _, a := range present {
		m, err := of(a.WorkerID)
		if err != nil {
			return err
		}
		m.In = a.CheckIn.In(zone)
		p.Came++
		if a.CheckOut != 0 {
			m.Out = a.CheckOut.In(zone)
		} else {
			p.In++
		}
	}
	for _, n := range counts {
		m, err := of(n.WorkerID)
		if err != nil {
			return err
		}
		m.Counts = m.Counts.Plus(n.Counts)
		p.Sum = p.Sum.Plus(n.Counts)
	}
	if err := s.gatherTeams(ctx, p, teams); err != nil {
		return err
	}
	for _, m := range p.Crew {
		if !m.Counts.IsZero() || m.InTeam {
			p.Counted++
		}
	}
	return nil
}

// gatherTeams lists the teams that have counted, by code, and tells their members in the crew.
func (s *Server) gatherTeams(ctx context.Context, p *board, teams map[int64]*member) error {
	members, err := piecework.TeamMembers(ctx, s.DB, slices.Sorted(maps.Keys(teams))...)
	if err != nil {
		return err
	}
	in := map[int64]bool{}
	for id, t := range teams {
		if t.Counts.IsZero() {
			continue
		}
		p.Teams = append(p.Teams, *t)
		for _, m := range members[id] {
			in[m.WorkerID] = true
		}
	}
	slices.SortFunc(p.Teams, func(a, b member) int { return strings.Compare(a.Code, b.Code) })
	for i := range p.Crew {
		p.Crew[i].InTeam = in[p.Crew[i].ID]
	}
	return nil
}

// totals sums the session by operation, in the order of the routing. Orders that were closed since count too.
func (s *Server) totals(ctx context.Context, p *board, open []piecework.ProcessingOrder, counts []piecework.SessionCounts) error {
	type at struct{ order, operation int64 }
	sums, orders := map[at]*operationTotal{}, slices.Clip(open)
	for _, n := range counts {
		if n.Counts.IsZero() {
			continue
		}
		if sums[at{n.OrderID, n.OperationID}] == nil {
			sums[at{n.OrderID, n.OperationID}] = &operationTotal{}
		}
		t := sums[at{n.OrderID, n.OperationID}]
		t.Counts = t.Counts.Plus(n.Counts)
		if slices.ContainsFunc(p.Teams, func(m member) bool { return m.ID == n.WorkerID }) {
			t.Teams++
		} else {
			t.Workers++
		}
		if !slices.ContainsFunc(orders, func(o piecework.ProcessingOrder) bool { return o.ID == n.OrderID }) {
			o, err := piecework.OrderByID(ctx, s.DB, n.OrderID)
			if err != nil {
				return err
			}
			orders = append(orders, *o)
		}
	}
	for i := range orders {
		for k := range orders[i].Product.Operations {
			operation := &orders[i].Product.Operations[k]
			if t := sums[at{orders[i].ID, operation.ID}]; t != nil {
				t.Order, t.Operation = &orders[i], operation
				p.Totals = append(p.Totals, *t)
			}
		}
	}
	return nil
}

// sessionIn checks a worker in, or everybody who has not come yet.
func (s *Server) sessionIn(c echo.Context) error {
	ctx, id, f := c.Request().Context(), paramID(c, "session"), readForm(c)
	if f.text("worker") != "" {
		return s.sessionMove(c, piecework.CheckIn, "%s is here.")
	}
	p, err := s.board(c, id)
	if err != nil {
		return err
	}
	n := 0
	for _, m := range p.Crew {
		if m.In.IsZero() && m.Active {
			if err := piecework.CheckIn(ctx, s.DB, id, m.ID); err != nil {
				return err
			}
			n++
		}
	}
	return s.done(c, sessionPath(id), "%d more are here.", n)
}

// sessionOut checks a worker out.
func (s *Server) sessionOut(c echo.Context) error {
	return s.sessionMove(c, piecework.CheckOut, "%s has left.")
}

func (s *Server) sessionMove(c echo.Context, move func(context.Context, bun.IDB, int64, int64) error, format string) error {
	ctx, id, f := c.Request().Context(), paramID(c, "session"), readForm(c)
	worker := f.id(s, "worker", "worker")
	if err := f.and(nil); err != nil {
		return err
	}
	w, err := piecework.WorkerByID(ctx, s.DB, worker)
	if err != nil {
		return err
	}
	if err := move(ctx, s.DB, id, worker); err != nil {
		return err
	}
	return s.done(c, sessionPath(id)+"#here", format, w.Name)
}

// sessionClose ends a session.
func (s *Server) sessionClose(c echo.Context) error {
	id := paramID(c, "session")
	if err := piecework.CloseSession(c.Request().Context(), s.DB, id, visitOf(c).who.Name); err != nil {
		return err
	}
	return s.doneUndo(c, sessionPath(id), sessionPath(id)+"/reopen", "The session is closed. Everyone is checked out.")
}

// sessionsClosePast ends every session of an earlier day that is still open.
func (s *Server) sessionsClosePast(c echo.Context) error {
	who := visitOf(c).who
	n, err := piecework.CloseSessionsBefore(c.Request().Context(), s.DB, who.WorkshopID, s.today(c), who.Name)
	if err != nil {
		return err
	}
	return s.done(c, "/sessions", "%d sessions of earlier days are closed.", n)
}

// sessionReopen lets a closed session take tallies again.
func (s *Server) sessionReopen(c echo.Context) error {
	id := paramID(c, "session")
	if err := piecework.ReopenSession(c.Request().Context(), s.DB, id); err != nil {
		return err
	}
	return s.done(c, sessionPath(id), "The session is open again.")
}

// Scrapped is every piece that was handed in and is not good.
func (p *board) Scrapped() int64 { return p.Sum.Total() - p.Sum.Good }

// Sign is the sign shown before her name.
func (m *member) Sign() string {
	switch {
	case m.Here():
		return templates.Done
	case m.In.IsZero():
		return ""
	}
	return templates.Live
}
