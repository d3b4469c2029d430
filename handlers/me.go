package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
)

// mePage is what a worker wants to know: what she has earned today and what is not settled yet, and what she was paid.
type mePage struct {
	Worker   *piecework.Worker
	Day      piecework.Date
	Today    payroll.Slip
	Open     payroll.Slip     // her pieces that no approved run has, whatever their day
	Waiting  piecework.Counts // pieces that have no rate yet
	Extras   []payroll.Adjustment
	Kinds    map[payroll.Kind]string
	Carried  piecework.Money // what earlier settlements left to be taken
	Expected piecework.Money // Open with what is added and taken, not below zero
	AtHome   []piecework.TakeHome
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
	if p.Today, _, err = payroll.OpenPay(ctx, s.DB, w, p.Day, p.Day); err != nil {
		return err
	}
	if p.Open, p.Waiting, err = payroll.OpenPay(ctx, s.DB, w, "", ""); err != nil {
		return err
	}
	if p.Extras, p.Carried, err = payroll.OpenExtras(ctx, s.DB, w.ID); err != nil {
		return err
	}
	p.expect()
	if _, p.Tax, err = s.taxRules(c, w); err != nil {
		return err
	}
	home, err := piecework.TakeHomes(ctx, s.DB, piecework.Filter{WorkerID: w.ID, Status: "out"}, p.Day)
	if err != nil {
		return err
	}
	p.AtHome = home.Items
	p.Taxed = p.Tax.Value != payroll.Untaxed
	if err := p.lastSlips(ctx, s); err != nil {
		return err
	}
	return s.page(c, "me/show", p)
}

// lastSlips reads the worker's latest slips and what she said about them.
func (p *mePage) lastSlips(ctx context.Context, s *Server) error {
	slips, err := payroll.Slips(ctx, s.DB, 0, piecework.Filter{WorkerID: p.Worker.ID, Status: "issued"})
	if err != nil {
		return err
	}
	p.Slips = slips.Items[:min(shownSlips, len(slips.Items))]
	if len(p.Slips) == 0 {
		return nil
	}
	p.Says, err = payroll.SayStates(ctx, s.DB, p.Slips)
	return err
}

// expect works out what would be left if everything that is open were settled now.
func (p *mePage) expect() {
	p.Expected = p.Open.Gross.Sub(p.Carried)
	for _, a := range p.Extras {
		p.Expected = p.Expected.Add(signed(a))
	}
	if p.Expected.Sign() < 0 {
		p.Expected = piecework.Money{}
	}
}

// Signed is an amount as it changes the pay.
func (*mePage) Signed(a payroll.Adjustment) piecework.Money { return signed(a) }
