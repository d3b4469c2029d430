package handlers

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/payroll/slipdoc"
	"jijian/payroll/slippdf"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/press"
	"jijian/templates"
)

type slipPage struct {
	Slip     *payroll.Slip
	Doc      slippdf.Slip // as it is printed
	Lines    []slipLine
	Versions []payroll.Slip
	Others   []payroll.Slip // of the run, beside this one; none for a worker
	Zone     *time.Location
	Own      bool // the person looks at her own slip
	Reissue  bool // a new version may be made now, by this person
	Form     values
	Time     string // how long she was there, in words; "" when nobody wrote it down
	Say      *payroll.Say
	Money    payments
	TaxRule  string // by which tax was withheld; "" for none
}

// slipLine is a line of a slip with, for the one that was asked about, the tallies behind it.
type slipLine struct {
	payroll.Line
	Doc     slippdf.Line
	Tallies []piecework.Tally
	Paid    []int64                // pieces of each tally that count for the line
	Clocks  []string               // at what time of its work date each tally was counted; "" when it was on another day
	Members []piecework.TeamMember // of the team that handed them in
	Rates   []piecework.PieceRate  // by which the pieces were priced
	Entry   *payroll.Adjustment    // what somebody has entered; nil for others
	Rule    string                 // by which it came about, in words
	Asked   bool                   // whether she asked about this line
}

// Takes says whether the line stands among what is taken from the pay.
func (l slipLine) Takes() bool {
	return l.Amount.Sign() < 0 || l.Amount.IsZero() && (l.Kind == payroll.Correction || l.Quantity < 0 || l.Repricing)
}

// Explained says whether the page can say more about the line.
func (l slipLine) Explained() bool {
	return l.Counted() || l.AdjustmentID != 0 || l.Kind == payroll.Tax || l.Kind == payroll.MakeUp
}

// explain finds what the line came from: tallies, rates, an entry or a rule.
func (s *Server) explain(ctx context.Context, l *slipLine, slip *payroll.Slip, lang string) (err error) {
	l.Asked, l.Rule = true, slipdoc.Why(slip, l.Kind, lang)
	if l.Tallies, err = payroll.TalliesBehind(ctx, s.DB, slip, &l.Line); err != nil {
		return err
	}
	members, err := piecework.TeamMembers(ctx, s.DB, l.TeamID)
	if err != nil {
		return err
	}
	l.Members = members[l.TeamID]
	for i := range l.Tallies {
		t, clock := &l.Tallies[i], ""
		if at := t.RecordedAt.In(slip.Run.Workshop.Location()); piecework.DateOf(at) == t.WorkDate {
			clock = at.Format("15:04")
		}
		l.Paid, l.Clocks = append(l.Paid, slip.Run.Policy.Paid(netOf(t))), append(l.Clocks, clock)
	}
	if l.Rates, err = payroll.RatesBehind(ctx, s.DB, slip, &l.Line); err != nil {
		return err
	}
	if l.AdjustmentID != 0 {
		l.Entry, err = payroll.AdjustmentByID(ctx, s.DB, l.AdjustmentID)
	}
	return err
}

// Counted says whether tallies stand behind the line, also where what was taken is not pieces × rate.
func (l slipLine) Counted() bool { return l.IsWork() || l.Kind == payroll.BackPay }

// slipShow shows a slip; ?line=2 opens the tallies behind that line.
func (s *Server) slipShow(c echo.Context) error {
	p, err := s.slipPage(c)
	if err != nil {
		return err
	}
	return s.page(c, "slips/show", p)
}

// slip is the slip of the path. A worker sees hers once it is issued.
func (s *Server) slip(c echo.Context) (*payroll.Slip, error) {
	slip, err := payroll.SlipByID(c.Request().Context(), s.DB, paramID(c, "slip"))
	if err == nil && slip.IssuedAt == 0 && visitOf(c).who.Role == account.Worker {
		return nil, piecework.NotFound("There is no such slip.")
	}
	return slip, err
}

func (s *Server) slipPage(c echo.Context) (*slipPage, error) {
	slip, err := s.slip(c)
	if err != nil {
		return nil, err
	}
	return s.slipPageOf(c, slip)
}

func (s *Server) slipPageOf(c echo.Context, slip *payroll.Slip) (*slipPage, error) {
	ctx, who := c.Request().Context(), visitOf(c).who
	var err error
	p := &slipPage{Slip: slip, Doc: slipdoc.Of(slip, visitOf(c).lang, s.base(c)), Zone: slip.Run.Workshop.Location(), Own: who.Role == account.Worker, Form: values{}}
	p.Reissue = slip.Run.Status == payroll.Approved && !slip.Superseded && !p.Own
	if slip.Minutes != 0 {
		p.Time = timeSpent(c, slip.Minutes)
	}
	if slip.IncomeType != payroll.Untaxed && slip.IncomeType != "" {
		p.TaxRule = incomeTypeOf(c, slip.IncomeType).Name
	}
	if p.Versions, err = payroll.Versions(ctx, s.DB, slip.RunID, slip.WorkerID); err != nil {
		return nil, err
	}
	if p.Money, err = s.paymentsOf(c, slip); err != nil {
		return nil, err
	}
	if p.Say, err = payroll.SayOf(ctx, s.DB, slip); err != nil {
		return nil, err
	}
	if !p.Own {
		others, err := payroll.Slips(ctx, s.DB, slip.RunID, piecework.Filter{})
		if err != nil {
			return nil, err
		}
		p.Others = others.Items
	}
	open := c.QueryParam("line")
	for i, l := range slip.Lines {
		line := slipLine{Line: l, Doc: p.Doc.Lines[i]}
		if strconv.Itoa(l.Pos) == open {
			if err := s.explain(ctx, &line, slip, visitOf(c).lang); err != nil {
				return nil, err
			}
		}
		p.Lines = append(p.Lines, line)
	}
	return p, nil
}

// timeSpent is a number of minutes in words.
func timeSpent(c echo.Context, minutes int64) string {
	return visitOf(c).says("%d h %02d min", minutes/60, minutes%60)
}

// slipReissue makes a new version of a slip, with a reason.
func (s *Server) slipReissue(c echo.Context) error {
	f := readForm(c)
	p, err := s.slipPage(c)
	if err != nil {
		return err
	}
	next, err := payroll.Reissue(c.Request().Context(), s.DB, p.Slip.RunID, p.Slip.WorkerID, f.text("reason"), visitOf(c).who.Name)
	if err != nil {
		p.Form = f.values()
		return s.again(c, err, "slips/show", p)
	}
	return s.done(c, slipPath(next.ID), "Version %d is issued. It takes the place of version %d.", next.Version, next.Version-1)
}

// slipPDF hands out one slip as PDF.
func (s *Server) slipPDF(c echo.Context) error {
	slip, err := s.slip(c)
	if err != nil {
		return err
	}
	return s.slipsPDF(c, fmt.Sprintf("slip-%d-%s-v%d", slip.RunID, slip.Worker.Code, slip.Version), []payroll.Slip{*slip})
}

// Fonts are those of the program, read once.
var Fonts = sync.OnceValues(func() (*press.Fonts, error) {
	regular, err := templates.Font("NotoSansSC-Regular.ttf")
	if err != nil {
		return nil, err
	}
	bold, err := templates.Font("NotoSansSC-Bold.ttf")
	if err != nil {
		return nil, err
	}
	return press.NewFonts(regular, bold)
})

// slipsPDF prints slips on the paper of ?format (a5, a4 with three to a sheet, 80mm), in the visitor's language.
func (s *Server) slipsPDF(c echo.Context, name string, slips []payroll.Slip) error {
	format := slippdf.Format(c.QueryParam("format"))
	if format == "" {
		format = slippdf.A5
	}
	fonts, err := Fonts()
	if err != nil {
		return err
	}
	var whole bytes.Buffer
	warnings, err := slippdf.NewPrinter(fonts).Write(&whole, format, visitOf(c).lang, slipdoc.All(slips, visitOf(c).lang, s.base(c)))
	if err != nil {
		return err
	}
	for _, w := range warnings {
		s.Logger.Warn("slip printed with a loss", "slip", w.Number, "what", w.Message.String())
	}
	return download(c, name+".pdf", "application/pdf", whole.Bytes())
}

// base is the address people use: as configured, else that of the request.
func (s *Server) base(c echo.Context) string {
	if s.BaseURL != "" {
		return s.BaseURL
	}
	return c.Scheme() + "://" + c.Request().Host
}
