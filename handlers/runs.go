package handlers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/payroll/exchange"
	"jijian/piecework"
	"jijian/templates"
)

type runList struct {
	Query  string
	All    bool // the person sees several workshops
	List   piecework.Page[payroll.PayRun]
	Totals map[int64]payroll.Totals
}

// runs lists pay runs, the latest period first.
func (s *Server) runs(c echo.Context) error {
	ctx, f := c.Request().Context(), s.filter(c)
	p := runList{Query: f.Query, All: visitOf(c).who.WorkshopID == 0}
	var err error
	if p.List, err = payroll.Runs(ctx, s.DB, f); err != nil {
		return err
	}
	if p.Totals, err = payroll.TotalsOfRuns(ctx, s.DB, p.List.Items); err != nil {
		return err
	}
	return s.page(c, "runs/list", p)
}

func runPath(id int64) string { return fmt.Sprintf("/runs/%d", id) }

type runPage struct {
	Run      *payroll.PayRun
	Zone     *time.Location
	Totals   payroll.Totals
	Review   payroll.Review
	Missing  []missingRate
	Changes  []payroll.Change
	Query    string
	Slips    piecework.Page[payroll.Slip]
	Books    bool               // the person may approve and pay
	Refused  string             // why the person may not approve the draft; "" when she may
	Alone    bool               // she made it or entered part of it, and may approve because nobody else can
	Methods  []templates.Option // how money may change hands
	Paid     piecework.Money    // what workers have received
	Under    []underRow
	Status   string // the state of slips that the list is narrowed to
	Says     map[int64]payroll.SayState
	Said     payroll.SayCounts
	Disputes piecework.Page[payroll.Dispute] // about slips of this run, that wait for an answer
	Form     values                          // of how everybody was paid, as typed
}

// underRow is a slip under the minimum wage, with the time in words.
type underRow struct {
	payroll.Under
	Time string
}

// shownUnder is how many slips of one exception the page of a run names; it says how many there are.
const shownUnder = 50

// ShownSlips is how many slips an exception names.
func (p runPage) ShownSlips() int { return shownUnder }

// Exceptions says whether anything asks for a look before approval.
func (p runPage) Exceptions() bool { return !p.Review.Nothing() || len(p.Changes) > 0 }

// runShow shows a run: first what a person should look at, then the totals, then the slips.
func (s *Server) runShow(c echo.Context) error { return s.showRun(c, nil, nil) }

// showRun shows a run, with what is wrong about its payment if wrong is not nil.
func (s *Server) showRun(c echo.Context, wrong error, typed values) error {
	ctx, f, who := c.Request().Context(), s.filter(c), visitOf(c).who
	run, err := payroll.RunByID(ctx, s.DB, paramID(c, "run"))
	if err != nil {
		return err
	}
	p := runPage{Run: run, Zone: run.Workshop.Location(), Query: f.Query, Status: f.Status, Books: mayOf[who.Role]&books != 0, Form: typed}
	if p.Totals, err = payroll.TotalsOf(ctx, s.DB, run.ID); err != nil {
		return err
	}
	if p.Slips, err = payroll.Slips(ctx, s.DB, run.ID, piecework.Filter{Query: f.Query, Page: f.Page, Status: f.Status}); err != nil {
		return err
	}
	if run.Locked() {
		if err = p.hear(ctx, s); err != nil {
			return err
		}
		sums, err := payroll.PaidOf(ctx, s.DB, run.ID)
		if err != nil {
			return err
		}
		for _, m := range sums {
			p.Paid = p.Paid.Add(m)
		}
		p.Methods = methods(visitOf(c))
	}
	if run.Status == payroll.Draft {
		if p.Review, err = payroll.ReviewOf(ctx, s.DB, run); err != nil {
			return err
		}
		p.Missing = missingRates(p.Review.WithoutRate)
		for _, u := range p.Review.UnderMinimum[:min(shownUnder, len(p.Review.UnderMinimum))] {
			p.Under = append(p.Under, underRow{u, timeSpent(c, u.Minutes)})
		}
		if p.Books {
			var refusal *piecework.Problem
			if p.Alone, err = payroll.MayApprove(ctx, s.DB, run, who.Name); errors.As(err, &refusal) {
				p.Refused = inWords(visitOf(c).lang, &refusal.Message)
			} else if err != nil {
				return err
			}
		}
		if p.Changes, err = payroll.Changes(ctx, s.DB, run, p.Review.Previous); err != nil {
			return err
		}
	}
	if wrong != nil {
		return s.again(c, wrong, "runs/show", p)
	}
	return s.page(c, "runs/show", p)
}

// hear reads what workers say about the slips of a locked run.
func (p *runPage) hear(ctx context.Context, s *Server) (err error) {
	if p.Says, err = payroll.SayStates(ctx, s.DB, p.Slips.Items); err != nil {
		return err
	}
	if p.Said, err = payroll.CountSays(ctx, s.DB, p.Run.ID); err != nil {
		return err
	}
	p.Disputes, err = payroll.OpenDisputes(ctx, s.DB, p.Run.ID, piecework.Filter{})
	return err
}

// missingRate is one operation of one order whose work waits for a rate.
type missingRate struct {
	payroll.Missing // of the first day
	Last            piecework.Date
}

// missingRates puts the days of an operation together.
func missingRates(days []payroll.Missing) []missingRate {
	type at struct{ order, operation int64 }
	found, list := map[at]int{}, []missingRate(nil)
	for _, m := range days {
		k := at{m.OrderID, m.OperationID}
		i, ok := found[k]
		if !ok {
			found[k] = len(list)
			list = append(list, missingRate{m, m.Day})
			continue
		}
		list[i].Tallies += m.Tallies
		list[i].Workers = max(list[i].Workers, m.Workers)
		list[i].Last = m.Day
	}
	return list
}

// runRecompute computes a draft again.
func (s *Server) runRecompute(c echo.Context) error {
	id := paramID(c, "run")
	return s.compute(c, func(ctx context.Context) (int64, error) { return id, payroll.Recompute(ctx, s.DB, id) }, func(err error) error { return err },
		"The draft is computed again with everything that has come since.")
}

// runApprove locks a draft.
func (s *Server) runApprove(c echo.Context) error {
	ctx, id := c.Request().Context(), paramID(c, "run")
	if err := payroll.Approve(ctx, s.DB, id, visitOf(c).who.Name); err != nil {
		return err
	}
	run, err := payroll.RunByID(ctx, s.DB, id)
	if err != nil {
		return err
	}
	if run.ApprovedAlone {
		visitOf(c).action = payroll.SeenByNobody
	}
	return s.done(c, runPath(id), "The run is approved. Its slips can be printed and paid.")
}

// runDiscard gives a draft up.
func (s *Server) runDiscard(c echo.Context) error {
	if err := payroll.Discard(c.Request().Context(), s.DB, paramID(c, "run")); err != nil {
		return err
	}
	return s.done(c, "/runs", "The draft is discarded. Its tallies wait for the next run.")
}

// runExport hands out a table of a run: ?table=lines|slips|payments|ledger and ?format=csv|xlsx.
func (s *Server) runExport(c echo.Context) error {
	table, id := c.QueryParam("table"), paramID(c, "run")
	write, ok := exchange.RunExports[table]
	if !ok {
		return echo.ErrNotFound
	}
	format, err := exchange.ParseFormat(c.QueryParam("format"))
	if err != nil {
		return err
	}
	var whole bytes.Buffer // so that a failure in the middle is an error, not half a file
	if err := write(c.Request().Context(), s.DB, &whole, format, id); err != nil {
		return err
	}
	return download(c, fmt.Sprintf("run-%d-%s.%s", id, table, format), mediaType(format), whole.Bytes())
}

// runSlips hands out the slips of a run as one PDF.
func (s *Server) runSlips(c echo.Context) error {
	id := paramID(c, "run")
	slips, err := payroll.SlipsOf(c.Request().Context(), s.DB, id, 0)
	if err != nil {
		return err
	}
	return s.slipsPDF(c, fmt.Sprintf("run-%d-slips", id), slips)
}

// mediaType is what browsers call a table of that format.
func mediaType(format exchange.Format) string {
	if format == exchange.XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// download answers with a file.
func download(c echo.Context, name, kind string, data []byte) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentDisposition, fmt.Sprintf("attachment; filename=%q", name))
	h.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, kind, data)
}
