package handlers

import (
	"context"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/payroll/slipdoc"
	"jijian/payroll/slippdf"
	"jijian/piecework"
)

// mePage is what a worker wants to know: what she has earned today and what is not settled yet, and what she was paid.
type mePage struct {
	Worker   *piecework.Worker
	Day      piecework.Date
	News     news
	Today    payroll.Slip
	Open     payroll.Slip     // her pieces that no approved run has, whatever their day
	Waiting  piecework.Counts // pieces that have no rate yet
	Time     string           // how long she was there since she was last settled; "" when nobody wrote it down
	Chart    dayChart
	Extras   []payroll.Adjustment
	Advances []payroll.AdvanceLeft
	Kinds    map[payroll.Kind]string
	Carried  piecework.Money // what earlier settlements left to be taken, besides advances
	Expected piecework.Money // Open with what is added and taken, not below zero
	AtHome   []piecework.TakeHome
	Slips    []payroll.Slip
	Latest   *payroll.Slip              // the first of Slips with its lines
	Doc      slippdf.Slip               // Latest as it is printed
	Says     map[int64]payroll.SayState // by slip
	Tax      incomeType                 // by which tax is withheld
	Taxed    bool                       // some is
	Asked    int                        // the line of Open whose tallies are shown; 0 is none
	Tallies  []piecework.Tally          // behind it
	Paid     []int64                    // pieces of each tally that count for it
}

const (
	shownSlips = 6  // how many slips the page of a worker lists
	shownDays  = 14 // how many days her chart shows
)

// me shows a worker her own work and pay; ?line=2 opens the tallies behind that line of what is not settled yet.
func (s *Server) me(c echo.Context) error {
	ctx := c.Request().Context()
	w, err := piecework.WorkerByID(ctx, s.DB, visitOf(c).who.WorkerID)
	if err != nil {
		return err
	}
	p := &mePage{Worker: w, Day: s.today(c), Kinds: kindWords(c)}
	if p.News, err = s.newsFor(c, 3); err != nil {
		return err
	}
	if _, p.Tax, err = s.taxRules(c, w); err != nil {
		return err
	}
	p.Taxed = p.Tax.Value != payroll.Untaxed
	home, err := piecework.TakeHomes(ctx, s.DB, piecework.Filter{WorkerID: w.ID, Status: "out"}, p.Day)
	if err != nil {
		return err
	}
	p.AtHome = home.Items
	if err := p.earned(c, s); err != nil {
		return err
	}
	if err := p.expect(ctx, s); err != nil {
		return err
	}
	if err := p.lastSlips(c, s); err != nil {
		return err
	}
	return s.page(c, "me/show", p)
}

// earned reads what she has earned and not been settled yet, and what each of the last days came to.
func (p *mePage) earned(c echo.Context, s *Server) error {
	ctx := c.Request().Context()
	var err error
	if p.Today, _, err = payroll.OpenPay(ctx, s.DB, p.Worker, p.Day, p.Day); err != nil {
		return err
	}
	if p.Open, p.Waiting, err = payroll.OpenPay(ctx, s.DB, p.Worker, "", ""); err != nil {
		return err
	}
	if p.Open.Minutes, err = payroll.OpenMinutes(ctx, s.DB, p.Worker.ID); err != nil {
		return err
	}
	if p.Open.Minutes > 0 {
		p.Time = timeSpent(c, p.Open.Minutes)
	}
	days, err := payroll.EarnedByDay(ctx, s.DB, p.Worker, p.Day.AddDays(1-shownDays), p.Day)
	if err != nil {
		return err
	}
	p.Chart = newDayChart(days)
	p.Asked, _ = strconv.Atoi(c.QueryParam("line"))
	line := slices.IndexFunc(p.Open.Lines, func(l payroll.Line) bool { return l.Pos == p.Asked })
	if line < 0 {
		return nil
	}
	workshop, err := piecework.WorkshopByID(ctx, s.DB, p.Worker.WorkshopID)
	if err != nil {
		return err
	}
	p.Tallies, err = payroll.TalliesOpen(ctx, s.DB, &p.Open, &p.Open.Lines[line])
	for _, t := range p.Tallies {
		p.Paid = append(p.Paid, payroll.PolicyOf(workshop).Paid(netOf(&t)))
	}
	return err
}

// lastSlips reads the worker's latest slips and what she said about them.
func (p *mePage) lastSlips(c echo.Context, s *Server) error {
	ctx := c.Request().Context()
	slips, err := payroll.Slips(ctx, s.DB, 0, piecework.Filter{WorkerID: p.Worker.ID, Status: "issued"})
	if err != nil {
		return err
	}
	p.Slips = slips.Items[:min(shownSlips, len(slips.Items))]
	if len(p.Slips) == 0 {
		return nil
	}
	if p.Latest, err = payroll.SlipByID(ctx, s.DB, p.Slips[0].ID); err != nil {
		return err
	}
	p.Doc = slipdoc.Of(p.Latest, visitOf(c).lang, s.base(c))
	p.Says, err = payroll.SayStates(ctx, s.DB, p.Slips)
	return err
}

// expect works out what would be left if everything that is open were settled now.
func (p *mePage) expect(ctx context.Context, s *Server) error {
	extras, carried, err := payroll.OpenExtras(ctx, s.DB, p.Worker.ID)
	if err != nil {
		return err
	}
	if p.Advances, err = payroll.AdvancesLeft(ctx, s.DB, p.Worker.ID); err != nil {
		return err
	}
	p.Expected = p.Open.Gross
	for _, a := range p.Advances {
		if !slices.ContainsFunc(extras, func(e payroll.Adjustment) bool { return e.ID == a.ID }) {
			carried = carried.Sub(a.Left) // an earlier run took it in and carried the rest
		}
		p.Expected = p.Expected.Sub(a.Next(p.Day))
	}
	p.Carried = carried
	p.Expected = p.Expected.Sub(carried)
	for _, e := range extras {
		if e.Kind != payroll.Advance {
			p.Extras = append(p.Extras, e)
			p.Expected = p.Expected.Add(signed(e))
		}
	}
	if p.Expected.Sign() < 0 {
		p.Expected = piecework.Money{}
	}
	return nil
}

// Signed is an amount as it changes the pay.
func (*mePage) Signed(a payroll.Adjustment) piecework.Money { return signed(a) }

// Why says whether the page can show the tallies behind a line, and does not already.
func (p *mePage) Why(l payroll.Line) bool { return l.IsWork() && l.Pos != p.Asked }

// Share is where in the page of an advance stands what of it is taken back: in thousandths.
func (*mePage) Share(a payroll.AdvanceLeft) bar {
	return newBar(a.Amount.Fen(), part{"good", a.Taken.Fen()})
}

// Silent is her latest slip that she has neither confirmed nor disputed, or nil.
func (p *mePage) Silent() *payroll.Slip {
	for i := range p.Slips {
		if p.Says[p.Slips[i].ID] == payroll.Silent {
			return &p.Slips[i]
		}
	}
	return nil
}
