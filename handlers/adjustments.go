package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/templates"
)

// kindNames are the kinds of adjustment in words.
var kindNames = map[payroll.Kind]*piecework.Message{
	payroll.Bonus: piecework.Msg("Bonus"), payroll.Allowance: piecework.Msg("Allowance"), payroll.Deduction: piecework.Msg("Deduction"),
	payroll.Damage: piecework.Msg("Damage"), payroll.Advance: piecework.Msg("Advance"),
}

type adjustmentList struct {
	Query    string
	From, To string
	Status   string
	States   []templates.Option
	List     piecework.Page[payroll.Adjustment]
	Kinds    map[payroll.Kind]string
	Me       string // the visitor, as she stands in the books
}

// Narrowed says whether the list leaves something out.
func (p adjustmentList) Narrowed() bool {
	return p.Query != "" || p.From != "" || p.To != "" || p.Status != ""
}

// Signed is an amount as it changes the pay.
func (adjustmentList) Signed(a payroll.Adjustment) piecework.Money { return signed(a) }

func signed(a payroll.Adjustment) piecework.Money {
	if a.Kind == payroll.Bonus || a.Kind == payroll.Allowance {
		return a.Amount
	}
	return a.Amount.Neg()
}

// adjustments lists what changes pay besides pieces, the latest first.
func (s *Server) adjustments(c echo.Context) error {
	f, v := s.filter(c), visitOf(c)
	p := adjustmentList{Query: f.Query, From: c.QueryParam("from"), To: c.QueryParam("to"), Status: f.Status, Kinds: kindWords(c), Me: v.who.Name,
		States: []templates.Option{{Value: "open", Text: v.says("Not settled yet")}, {Value: "approval", Text: v.says("Waits for a second person")}}}
	var err error
	if p.List, err = payroll.Adjustments(c.Request().Context(), s.DB, f); err != nil {
		return err
	}
	return s.pageOfDays(c, "adjustments/list", p)
}

func kindWords(c echo.Context) map[payroll.Kind]string {
	words := map[payroll.Kind]string{}
	for kind, name := range kindNames {
		words[kind] = inWords(visitOf(c).lang, name)
	}
	return words
}

type adjustmentForm struct {
	Form    values
	Workers []templates.Option
	Kinds   []templates.Option
}

// adjustmentNew asks for an adjustment, of the worker in the address if there is one.
func (s *Server) adjustmentNew(c echo.Context) error {
	return s.adjustmentForm(c, nil, values{"date": string(s.today(c)), "worker": c.QueryParam("worker"), "kind": c.QueryParam("kind")})
}

func (s *Server) adjustmentForm(c echo.Context, wrong error, typed values) error {
	p := adjustmentForm{Form: typed}
	var err error
	if p.Workers, err = s.crewOptions(c.Request().Context(), visitOf(c).who.WorkshopID); err != nil {
		return err
	}
	for _, kind := range payroll.AdjustmentKinds {
		p.Kinds = append(p.Kinds, templates.Option{Value: string(kind), Text: inWords(visitOf(c).lang, kindNames[kind])})
	}
	if wrong != nil {
		return s.again(c, wrong, "adjustments/new", p)
	}
	return s.page(c, "adjustments/new", p)
}

// crewOptions are the active workers of a workshop, or (0) of all, as choices.
func (s *Server) crewOptions(ctx context.Context, workshopID int64) ([]templates.Option, error) {
	workshops, err := piecework.Workshops(ctx, s.DB, workshopID)
	if err != nil {
		return nil, err
	}
	var options []templates.Option
	for _, w := range workshops {
		crew, err := piecework.Crew(ctx, s.DB, w.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range crew {
			text := m.Code + " " + m.Name
			if len(workshops) > 1 {
				text += " · " + w.Name
			}
			options = append(options, option(m.ID, text))
		}
	}
	return options, nil
}

// adjustmentCreate records an adjustment.
func (s *Server) adjustmentCreate(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	a := &payroll.Adjustment{WorkerID: f.id(s, "worker", "worker"), WorkDate: f.date("date"), Kind: payroll.Kind(f.text("kind")),
		Amount: f.money("amount"), Instalment: f.moneyOrZero("instalment"), NotBefore: f.date("not_before"), Note: f.text("note"), RecordedBy: visitOf(c).who.Name}
	err := f.and(a.Validate())
	if err == nil {
		err = payroll.Adjust(ctx, s.DB, a)
	}
	if err != nil {
		return s.adjustmentForm(c, err, f.values())
	}
	w, err := piecework.WorkerByID(ctx, s.DB, a.WorkerID)
	if err != nil {
		return err
	}
	if a.NeedsApproval {
		return s.done(c, "/adjustments", "%s of ¥%s for %s is recorded and waits for a second person.", inWords(visitOf(c).lang, kindNames[a.Kind]), a.Amount, w.Name)
	}
	return s.done(c, "/adjustments", "%s of ¥%s for %s is recorded.", inWords(visitOf(c).lang, kindNames[a.Kind]), a.Amount, w.Name)
}

// adjustmentWithdraw takes back an adjustment that no run has taken in.
func (s *Server) adjustmentWithdraw(c echo.Context) error {
	if err := payroll.WithdrawAdjustment(c.Request().Context(), s.DB, paramID(c, "adjustment"), visitOf(c).who.Name); err != nil {
		return err
	}
	return s.done(c, "/adjustments", "It is withdrawn. It stays in the list, struck.")
}

// adjustmentApprove lets runs take in an adjustment that waits for a second person.
func (s *Server) adjustmentApprove(c echo.Context) error {
	if err := payroll.ApproveAdjustment(c.Request().Context(), s.DB, paramID(c, "adjustment"), visitOf(c).who.Name); err != nil {
		return err
	}
	return s.done(c, "/adjustments", "It is approved. The next computation takes it in.")
}

// adjustmentPostpone puts off what is still to be taken back of an advance.
func (s *Server) adjustmentPostpone(c echo.Context) error {
	f := readForm(c)
	day := f.date("not_before")
	if err := f.and(nil); err != nil {
		return err
	}
	if err := payroll.Postpone(c.Request().Context(), s.DB, paramID(c, "adjustment"), day); err != nil {
		return err
	}
	return s.done(c, "/adjustments", "Noted. Draft pay runs take it up when they are computed again.")
}
