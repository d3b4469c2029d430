package handlers

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

type orderFees struct {
	Order  *piecework.ProcessingOrder
	Book   piecework.FeeBook
	Earned []feeEarned
	Sum    piecework.Money
	Form   values
	Lines  []int
	Modes  []templates.Option
}

// feeEarned is what was earned at one fee.
type feeEarned struct {
	piecework.FeePart
	Amount piecework.Money // of its lines, each rounded
}

// orderFeesShow shows what the contractor pays for a piece, from when on and above how many, and what was earned at each fee.
func (s *Server) orderFeesShow(c echo.Context) error { return s.showOrderFees(c, nil, values{}) }

func (s *Server) showOrderFees(c echo.Context, wrong error, typed values) error {
	ctx := c.Request().Context()
	o, err := piecework.OrderByID(ctx, s.DB, paramID(c, "order"))
	if err != nil {
		return err
	}
	p := orderFees{Order: o, Form: typed}
	p.Modes = []templates.Option{{Value: string(piecework.Marginal), Text: visitOf(c).says("the pieces above the number")},
		{Value: string(piecework.Whole), Text: visitOf(c).says("all pieces, also those accepted before")}}
	for i := range piecework.MaxFees - 1 {
		p.Lines = append(p.Lines, i+1)
	}
	if p.Book, err = piecework.FeesOf(ctx, s.DB, o); err != nil {
		return err
	}
	lines, err := piecework.FeesEarned(ctx, s.DB, o)
	if err != nil {
		return err
	}
	type kind struct {
		fee       int64
		repricing bool
	}
	at := map[kind]int{}
	for _, l := range lines {
		i, ok := at[kind{l.Fee.Millionths(), l.Repricing}]
		if !ok {
			i = len(p.Earned)
			at[kind{l.Fee.Millionths(), l.Repricing}] = i
			p.Earned = append(p.Earned, feeEarned{FeePart: piecework.FeePart{Fee: l.Fee, Repricing: l.Repricing}})
		}
		p.Earned[i].Quantity += l.Quantity
		p.Earned[i].Amount, p.Sum = p.Earned[i].Amount.Add(l.Amount()), p.Sum.Add(l.Amount())
	}
	if wrong != nil {
		return s.again(c, wrong, "orders/fees", p)
	}
	return s.page(c, "orders/fees", p)
}

// orderFeesAgree agrees fees from a day on, or above a number of pieces from the start.
func (s *Server) orderFeesAgree(c echo.Context) error {
	f, id := readForm(c), paramID(c, "order")
	from := f.date("effective_from")
	var steps []piecework.OrderFee
	if from != "" {
		steps = append(steps, piecework.OrderFee{Fee: f.rate("unit_fee")})
	}
	for i := 1; i < piecework.MaxFees; i++ {
		above, fee := fmt.Sprintf("above_%d", i), fmt.Sprintf("fee_%d", i)
		if f.text(above)+f.text(fee) != "" {
			steps = append(steps, piecework.OrderFee{Above: f.number(above), Fee: f.rate(fee)})
		}
	}
	for i := range steps {
		steps[i].Mode = piecework.TierMode(f.text("tier_mode"))
	}
	err := f.and(nil)
	if err == nil {
		err = piecework.AgreeFees(c.Request().Context(), s.DB, id, from, steps, visitOf(c).who.Name)
	}
	if err != nil {
		return s.showOrderFees(c, err, f.values())
	}
	return s.done(c, orderPath(id)+"/fees", "The fees are agreed.")
}
