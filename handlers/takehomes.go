package handlers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"jijian/payroll/exchange"
	"jijian/piecework"
	"jijian/piecework/label"
	"jijian/templates"
)

type takeHomeList struct {
	Query, Status, From, To string
	Keep                    map[string]string // what else narrows the list, by its name in the address
	Export                  string            // the query of the export that holds what the list holds
	All                     bool              // the person sees several workshops
	Day                     piecework.Date
	By                      []piecework.TakenHome
	Sum                     piecework.TakenHome
	List                    piecework.Page[piecework.TakeHome]
}

// Narrowed says whether the list leaves something out that is not told by the tab.
func (p takeHomeList) Narrowed() bool {
	return p.Query != "" || p.From != "" || p.To != "" || len(p.Keep) > 0
}

// takeHomes lists take-home work: what is out, the overdue first, and who has it.
func (s *Server) takeHomes(c echo.Context) error {
	ctx, f := c.Request().Context(), s.filter(c)
	p := takeHomeList{Query: f.Query, Status: f.Status, From: c.QueryParam("from"), To: c.QueryParam("to"), Keep: map[string]string{},
		Export: c.QueryString(), All: visitOf(c).who.WorkshopID == 0, Day: s.today(c)}
	for _, name := range []string{"worker", "order"} {
		if value := c.QueryParam(name); value != "" {
			p.Keep[name] = value
		}
	}
	var err error
	if p.List, err = piecework.TakeHomes(ctx, s.DB, f, p.Day); err != nil {
		return err
	}
	if p.By, err = piecework.TakenHomeBy(ctx, s.DB, f.WorkshopID, p.Day); err != nil {
		return err
	}
	for _, t := range p.By {
		p.Sum.Lots, p.Sum.Overdue, p.Sum.Pieces = p.Sum.Lots+t.Lots, p.Sum.Overdue+t.Overdue, p.Sum.Pieces+t.Pieces
	}
	return s.pageOfDays(c, "takehomes/list", p)
}

// takeHomesExport hands out the homework record of what the list holds.
func (s *Server) takeHomesExport(c echo.Context) error {
	format, err := exchange.ParseFormat(c.QueryParam("format"))
	if err != nil {
		return err
	}
	var whole bytes.Buffer
	if err := exchange.Homework(c.Request().Context(), s.DB, &whole, format, s.filter(c), s.today(c)); err != nil {
		return err
	}
	return download(c, fmt.Sprintf("homework-%s.%s", s.today(c), format), mediaType(format), whole.Bytes())
}

type takeHomeForm struct {
	Form    values
	Workers []templates.Option
	Grid    grid // its orders and the one chosen
}

// takeHomeNew asks what goes out with whom.
func (s *Server) takeHomeNew(c echo.Context) error {
	return s.takeHomeForm(c, nil, values{"worker": c.QueryParam("worker"), "out_on": string(s.today(c))})
}

func (s *Server) takeHomeForm(c echo.Context, wrong error, typed values) error {
	ctx, workshop := c.Request().Context(), visitOf(c).who.WorkshopID
	p := takeHomeForm{Form: typed, Grid: grid{Work: typed["work"]}}
	var err error
	if p.Workers, err = s.crewOptions(ctx, workshop); err != nil {
		return err
	}
	if p.Grid.Orders, err = piecework.OpenOrders(ctx, s.DB, workshop); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "takehomes/form", p)
	}
	return s.page(c, "takehomes/form", p)
}

// takeHomeCreate records that a lot goes out.
func (s *Server) takeHomeCreate(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	orders, err := piecework.OpenOrders(ctx, s.DB, visitOf(c).who.WorkshopID)
	if err != nil {
		return err
	}
	th := &piecework.TakeHome{WorkerID: f.id(s, "worker", "worker"), Quantity: f.number("quantity"), OutOn: f.date("out_on"), DueOn: f.date("due_on"),
		Note: f.text("note"), GivenBy: visitOf(c).who.Name}
	if order, operation := (&grid{Work: f.text("work"), Orders: orders}).chosen(); operation != nil {
		th.OrderID, th.OperationID = order.ID, operation.ID
	}
	err = f.and(th.Validate())
	if err == nil {
		err = piecework.GiveOut(ctx, s.DB, th)
	}
	if err != nil {
		return s.takeHomeForm(c, err, f.values())
	}
	return s.done(c, takeHomePath(th.ID), "%d pieces are out.", th.Quantity)
}

func takeHomePath(id int64) string { return fmt.Sprintf("/takehomes/%d", id) }

// takeHomeOf leads from the code on a slip to its lot.
func (s *Server) takeHomeOf(c echo.Context, code piecework.Code) error {
	ctx := c.Request().Context()
	issued, err := piecework.IssuedCodeOf(ctx, s.DB, code)
	if err != nil {
		return err
	}
	if err := visitOf(c).who.May(ctx, s.DB, "takehome", issued.TargetID); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, takeHomePath(issued.TargetID))
}

// takeHomePrint prints the slip that goes with a lot.
func (s *Server) takeHomePrint(c echo.Context) error {
	ctx := c.Request().Context()
	th, err := piecework.TakeHomeByID(ctx, s.DB, paramID(c, "takehome"))
	if err != nil {
		return err
	}
	codes, err := piecework.CodesOf(ctx, s.DB, piecework.TakeHomeCode, th.WorkshopID, visitOf(c).who.Name, th.ID)
	if err != nil {
		return err
	}
	slip := label.TakeHome{Name: th.Worker.Name, WorkerCode: th.Worker.Code, Order: th.Order.Code, Product: th.Order.Product.Name,
		Operation: th.Operation.Name, Quantity: th.Quantity, OutOn: th.OutOn, DueOn: th.DueOn, Code: codes[th.ID]}
	return s.printLabels(c, "takehome-"+slip.Code.String(), label.Roll58, func(p *label.Printer, w io.Writer, job label.Job) ([]label.Warning, error) {
		return p.TakeHomes(w, job, []label.TakeHome{slip})
	})
}

type takeHomePage struct {
	TakeHome *piecework.TakeHome
	Code     piecework.Code
	Day      piecework.Date
	Zone     *time.Location
	Returns  []piecework.TakeHomeReturn
	Bar      bar
	Sessions []templates.Option // open ones, into which a hand-in can go
	Stocks   []templates.Option // to print the slip on
	Form     values
	Closing  bool // the form that was refused is that of closing
	rates    *piecework.RateBook
}

// RateOn is what a piece of the lot pays on a day, nil while none is agreed.
func (p *takeHomePage) RateOn(day piecework.Date) *piecework.Rate {
	if rate, ok := p.rates.On(p.TakeHome.OrderID, p.TakeHome.OperationID, day); ok {
		return &rate
	}
	return nil
}

// takeHomeShow shows a lot, what came in of it, and asks for more of it.
func (s *Server) takeHomeShow(c echo.Context) error { return s.showTakeHome(c, nil, nil) }

// showTakeHome shows a lot; typed is what a form of the page held that was refused.
func (s *Server) showTakeHome(c echo.Context, wrong error, typed values) error {
	ctx := c.Request().Context()
	th, err := piecework.TakeHomeByID(ctx, s.DB, paramID(c, "takehome"))
	if err != nil {
		return err
	}
	p := &takeHomePage{TakeHome: th, Zone: th.Workshop.Location(), Day: th.Workshop.Today(), Form: typed, Stocks: stockChoice(c, label.Stocks)}
	p.Closing = typed["unworked"] != ""
	if typed == nil {
		p.Form = values{}
	}
	if !p.Closing {
		p.Form["lost"], p.Form["unworked"] = fmt.Sprint(th.Out()), "0"
	}
	if uuid.Validate(p.Form["key"]) != nil {
		p.Form["key"] = newKey()
	}
	returns, err := piecework.TakeHomeReturns(ctx, s.DB, []piecework.TakeHome{*th})
	if err != nil {
		return err
	}
	p.Returns = returns[th.ID]
	codes, err := piecework.CodesOf(ctx, s.DB, piecework.TakeHomeCode, th.WorkshopID, visitOf(c).who.Name, th.ID)
	if err != nil {
		return err
	}
	p.Code = codes[th.ID]
	if p.rates, err = piecework.LoadRates(ctx, s.DB, th.WorkshopID); err != nil {
		return err
	}
	closing := piecework.TakeHomeClosing{}
	if now := th.Closing(); now != nil {
		closing = *now
	}
	p.Bar = newBar(max(th.Quantity, th.CameIn), part{"good", th.CameIn}, part{"rework", closing.Unworked}, part{"scrap", closing.Lost})
	if err := p.openSessions(ctx, s); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "takehomes/show", p)
	}
	return s.page(c, "takehomes/show", p)
}

// openSessions offers the open sessions of the workshop, and chooses the latest.
func (p *takeHomePage) openSessions(ctx context.Context, s *Server) error {
	open, err := piecework.Sessions(ctx, s.DB, piecework.Filter{WorkshopID: p.TakeHome.WorkshopID, Status: "open"})
	if err != nil {
		return err
	}
	for _, ws := range open.Items {
		p.Sessions = append(p.Sessions, option(ws.ID, fmt.Sprintf("%s · %s", ws.Code, ws.WorkDate)))
	}
	if p.Form["session"] == "" && len(p.Sessions) > 0 {
		p.Form["session"] = p.Sessions[0].Value
	}
	return nil
}

// takeHomeIn records what came back.
func (s *Server) takeHomeIn(c echo.Context) error {
	ctx, f, id := c.Request().Context(), readForm(c), paramID(c, "takehome")
	in := piecework.HandIn{TakeHomeID: id, UID: f.text("key"), Note: f.text("note"), Counts: piecework.Counts{Good: f.number("good"), Rework: f.number("rework"),
		ScrapWorkmanship: f.number("scrap_workmanship"), ScrapMaterial: f.number("scrap_material")}}
	session := f.id(s, "session", "session")
	if uuid.Validate(in.UID) != nil {
		in.UID = newKey()
	}
	err := f.and(nil)
	if err == nil && session != 0 {
		ws, err := piecework.SessionByID(ctx, s.DB, session)
		if err != nil {
			return err
		}
		in.Session = ws.Code
	}
	status := piecework.Rejected
	if err == nil {
		status, err = piecework.BringBack(ctx, s.DB, visitOf(c).who.Actor(), in)
	}
	if err != nil {
		return s.showTakeHome(c, err, f.values())
	}
	if status == piecework.Duplicate {
		return s.done(c, takeHomePath(id), "This was recorded before. Nothing was counted twice.")
	}
	return s.done(c, takeHomePath(id), "%d pieces came in.", in.Total())
}

// takeHomeClose says what became of the rest.
func (s *Server) takeHomeClose(c echo.Context) error {
	f, id := readForm(c), paramID(c, "takehome")
	unworked, lost := f.number("unworked"), f.number("lost")
	err := f.and(nil)
	if err == nil {
		err = piecework.CloseTakeHome(c.Request().Context(), s.DB, id, unworked, lost, f.text("reason"), visitOf(c).who.Name)
	}
	if err != nil {
		return s.showTakeHome(c, err, f.values())
	}
	return s.doneUndo(c, takeHomePath(id), takeHomePath(id)+"/reopen", "Closed: %d came back unworked, %d are lost.", unworked, lost)
}

// takeHomeCancel says that a lot never went out.
func (s *Server) takeHomeCancel(c echo.Context) error {
	f, id := readForm(c), paramID(c, "takehome")
	if err := piecework.CancelTakeHome(c.Request().Context(), s.DB, id, f.text("reason"), visitOf(c).who.Name); err != nil {
		return s.showTakeHome(c, err, f.values())
	}
	return s.doneUndo(c, takeHomePath(id), takeHomePath(id)+"/reopen", "Cancelled. It stays readable and counts as never given out.")
}

// takeHomeReopen lifts a closing.
func (s *Server) takeHomeReopen(c echo.Context) error {
	id := paramID(c, "takehome")
	if err := piecework.ReopenTakeHome(c.Request().Context(), s.DB, id, visitOf(c).who.Name); err != nil {
		return err
	}
	return s.done(c, takeHomePath(id), "It is open again.")
}
