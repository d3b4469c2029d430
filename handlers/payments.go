package handlers

import (
	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/templates"
)

// methodNames are the ways money changes hands, in words.
var methodNames = map[payroll.Method]*piecework.Message{
	payroll.Cash: piecework.Msg("Cash"), payroll.Bank: piecework.Msg("Bank transfer"), payroll.WeChat: piecework.Msg("WeChat"), payroll.Alipay: piecework.Msg("Alipay"),
}

// methods are the ways money changes hands, as choices.
func methods(v *visit) []templates.Option {
	options := make([]templates.Option, len(payroll.Methods))
	for i, m := range payroll.Methods {
		options[i] = templates.Option{Value: string(m), Text: inWords(v.lang, methodNames[m])}
	}
	return options
}

// readPayment reads what forms about payments ask for.
func readPayment(c echo.Context, f *form) payroll.Payment {
	return payroll.Payment{Method: payroll.Method(f.text("method")), PaidOn: f.date("paid_on"), Note: f.text("note"), RecordedBy: visitOf(c).who.Name}
}

// runPaid notes that everybody of a run received what she was still owed.
func (s *Server) runPaid(c echo.Context) error {
	f, id := readForm(c), paramID(c, "run")
	p := readPayment(c, f)
	err := f.and(p.Validate())
	if err == nil {
		err = payroll.PayRest(c.Request().Context(), s.DB, id, p)
	}
	if err != nil {
		return s.showRun(c, err, f.values())
	}
	return s.done(c, runPath(id), "The run is marked as paid.")
}

// slipPaid notes that a worker received money for a slip, whole or in part, or takes back what did not arrive.
func (s *Server) slipPaid(c echo.Context) error {
	page, err := s.slipPage(c)
	if err != nil {
		return err
	}
	f := readForm(c)
	p := readPayment(c, f)
	p.RunID, p.WorkerID, p.Amount = page.Slip.RunID, page.Slip.WorkerID, f.moneyOrZero("amount")
	if err = f.and(p.Validate()); err == nil {
		err = payroll.Pay(c.Request().Context(), s.DB, p)
	}
	if err != nil {
		page.Form = f.values()
		return s.again(c, err, "slips/show", page)
	}
	return s.done(c, slipPath(page.Slip.ID)+"#paid", "The payment is written down.")
}

// payments is what a slip's page tells of the money.
type payments struct {
	List      []received
	Paid      piecework.Money
	Left      piecework.Money
	Methods   []templates.Option
	MayRecord bool // the person may write a payment down
}

// received is a payment with its method in words.
type received struct {
	payroll.Payment
	How string
}

// paymentsOf is what a worker received for a slip.
func (s *Server) paymentsOf(c echo.Context, slip *payroll.Slip) (p payments, err error) {
	v := visitOf(c)
	list, err := payroll.PaymentsOf(c.Request().Context(), s.DB, slip.RunID, slip.WorkerID)
	if err != nil {
		return p, err
	}
	for _, one := range list {
		p.List = append(p.List, received{one, inWords(v.lang, methodNames[one.Method])})
		p.Paid = p.Paid.Add(one.Amount)
	}
	p.Left, p.Methods = slip.Net.Sub(p.Paid), methods(v)
	p.MayRecord = mayOf[v.who.Role]&books != 0 && slip.Run.Locked() && !slip.Superseded && slip.Net.Sign() > 0
	return p, nil
}
