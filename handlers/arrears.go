package handlers

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
)

// arrearsTable is what a rate changes about settled pay, as a table shows it.
type arrearsTable struct {
	payroll.ArrearsPreview
	Sum, LeftSum piecework.Money
	Workers      int
	Agrees       bool // the person may agree to it
}

// shownArrears is how many lines of arrears a page names; it says how many there are.
const shownArrears = 100

// Shown is the lines the page names.
func (t arrearsTable) Shown() []payroll.Arrears { return t.List[:min(shownArrears, len(t.List))] }

// More is how many lines the page does not name.
func (t arrearsTable) More() int { return len(t.List) - len(t.Shown()) }

// arrearsOf is the arrears of a rate in the workshops the person sees.
func (s *Server) arrearsOf(c echo.Context, r *piecework.PieceRate) (arrearsTable, error) {
	who := visitOf(c).who
	p, err := payroll.PreviewArrears(c.Request().Context(), s.DB, r, who.WorkshopID)
	t := arrearsTable{ArrearsPreview: p, Sum: p.Total(), Agrees: mayOf[who.Role]&books != 0}
	workers := map[int64]bool{}
	for _, a := range p.List {
		workers[a.WorkerID] = true
	}
	for i := range p.Left {
		t.LeftSum = t.LeftSum.Add(p.Left[i].Amount())
	}
	t.Workers = len(workers)
	return t, err
}

type rateArrears struct {
	Rate   *piecework.PieceRate
	Open   arrearsTable
	Agreed []payroll.Arrears
	Sum    piecework.Money // of what is agreed
}

// arrearsShow shows what a rate changes about settled pay: what was agreed, and what can be.
func (s *Server) arrearsShow(c echo.Context) error {
	ctx := c.Request().Context()
	r, err := piecework.RateByID(ctx, s.DB, paramID(c, "rate"))
	if err != nil {
		return err
	}
	p := rateArrears{Rate: r}
	if p.Open, err = s.arrearsOf(c, r); err != nil {
		return err
	}
	if p.Agreed, err = payroll.ArrearsOfRate(ctx, s.DB, r.ID, visitOf(c).who.WorkshopID); err != nil {
		return err
	}
	for i := range p.Agreed {
		p.Sum = p.Sum.Add(p.Agreed[i].Amount())
	}
	return s.page(c, "rates/arrears", p)
}

// arrearsAgree agrees to the arrears that the person was shown.
func (s *Server) arrearsAgree(c echo.Context) error {
	f, who, id := readForm(c), visitOf(c).who, paramID(c, "rate")
	seen := f.money("seen")
	if err := f.and(nil); err != nil {
		return err
	}
	if err := payroll.AgreeArrears(c.Request().Context(), s.DB, id, who.WorkshopID, seen, who.Name); err != nil {
		return err
	}
	return s.done(c, fmt.Sprintf("/rates/%d/arrears", id), "The arrears are agreed. The next run takes them in.")
}
