package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
)

// mePage is what a worker wants to know: what she has earned today and since the last settlement, and what she was paid.
type mePage struct {
	Worker   *piecework.Worker
	Day      piecework.Date
	From     piecework.Date // the day after the last settlement
	Today    payroll.Slip
	Period   payroll.Slip
	Waiting  piecework.Counts // of the period: pieces that have no rate yet
	Extras   []payroll.Adjustment
	Kinds    map[payroll.Kind]string
	Carried  piecework.Money // what the last settlement left to be taken
	Expected piecework.Money // the period with what is added and taken, not below zero
	Slips    []payroll.Slip
	Says     map[int64]payroll.SayState // by slip
	Tax      incomeType                 // by which tax is withheld
	Taxed    bool                       // some is
}

// shownSlips is how many slips the page of a worker lists.
const shownSlips = 6

// me shows a worker her own work and pay.
func (s *Server) me(c echo.Context) error {
	ctx := c.Request().Context()
	w, err := piecework.WorkerByID(ctx, s.DB, visitOf(c).who.WorkerID)
	if err != nil {
		return err
	}
	p := &mePage{Worker: w, Day: s.today(c), Kinds: kindWords(c)}
	if p.From, err = s.openSince(ctx, w.WorkshopID, p.Day); err != nil {
		return err
	}
	if p.Today, _, err = payroll.OpenPay(ctx, s.DB, w, p.Day, p.Day); err != nil {
		return err
	}
	if p.Period, p.Waiting, err = payroll.OpenPay(ctx, s.DB, w, p.From, p.Day); err != nil {
		return err
	}
	if _, p.Tax, err = s.taxRules(c, w); err != nil {
		return err
	}
	p.Taxed = p.Tax.Value != payroll.Untaxed
	extras, err := payroll.Adjustments(ctx, s.DB, piecework.Filter{WorkerID: w.ID, From: p.From, To: p.Day})
	if err != nil {
		return err
	}
	if err := p.lastSlips(ctx, s); err != nil {
		return err
	}
	p.expect(extras.Items)
	return s.page(c, "me/show", p)
}

// openSince is the first day that no approved run of the workshop reaches: the day after the latest, but not before the first
// of the month before.
func (s *Server) openSince(ctx context.Context, workshopID int64, today piecework.Date) (piecework.Date, error) {
	first, _ := today.Month()
	earliest, _ := first.AddDays(-1).Month()
	runs, err := payroll.Runs(ctx, s.DB, piecework.Filter{WorkshopID: workshopID, From: earliest})
	if err != nil {
		return "", err
	}
	for _, r := range runs.Items {
		if r.Locked() && r.PeriodTo < today {
			return r.PeriodTo.AddDays(1), nil
		}
	}
	return earliest, nil
}

// lastSlips reads the worker's latest slips and what the last one carried forward.
func (p *mePage) lastSlips(ctx context.Context, s *Server) error {
	slips, err := payroll.Slips(ctx, s.DB, 0, piecework.Filter{WorkerID: p.Worker.ID, Status: "issued"})
	if err != nil {
		return err
	}
	p.Slips = slips.Items[:min(shownSlips, len(slips.Items))]
	if len(p.Slips) == 0 {
		return nil
	}
	if p.Says, err = payroll.SayStates(ctx, s.DB, p.Slips); err != nil {
		return err
	}
	last, err := payroll.SlipByID(ctx, s.DB, p.Slips[0].ID)
	if err != nil {
		return err
	}
	for _, owed := range last.Carries {
		p.Carried = p.Carried.Add(owed.Amount)
	}
	return nil
}

// expect adds what was recorded besides pieces and no locked run has taken in.
func (p *mePage) expect(extras []payroll.Adjustment) {
	p.Expected = p.Period.Net.Sub(p.Carried)
	for _, a := range extras {
		if a.WithdrawnAt != 0 || a.Run != nil && a.Run.Locked() {
			continue
		}
		p.Extras = append(p.Extras, a)
		p.Expected = p.Expected.Add(signed(a))
	}
	if p.Expected.Sign() < 0 {
		p.Expected = piecework.Money{}
	}
}

// Signed is an amount as it changes the pay.
func (*mePage) Signed(a payroll.Adjustment) piecework.Money { return signed(a) }
