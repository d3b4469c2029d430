package handlers

import (
	"github.com/labstack/echo/v4"

	"jijian/piecework"
)

// contractorHome is what a contractor sees first: what waits for him, how far his orders are, what he owes, statements and questions.
type contractorHome struct {
	Day        piecework.Date
	Contractor int64
	Lines      int // how many entries a card shows before it says how many more
	Waiting    piecework.Page[piecework.Delivery]
	Orders     []orderRow // open ones, the earliest due on top; then those ended early for which he still owes something
	Ask        *orderRow  // to put a question about: the first that is not all delivered; nil: there is none
	Shops      []accountShop
	Statements piecework.Page[piecework.ContractorStatement]
	Questions  piecework.Page[piecework.Question]
}

func (s *Server) showContractorHome(c echo.Context) error {
	ctx, who := c.Request().Context(), visitOf(c).who
	p := contractorHome{Day: s.today(c), Contractor: who.ContractorID, Lines: 4}
	mine := who.Scope(piecework.Filter{})
	waits, open := mine, mine
	waits.Status, open.Status = "waiting", "unsettled"
	var err error
	if p.Waiting, err = piecework.Deliveries(ctx, s.DB, waits); err != nil {
		return err
	}
	orders, err := piecework.Orders(ctx, s.DB, open)
	if err != nil {
		return err
	}
	if p.Orders, err = s.orderRows(c, orders.Items); err != nil {
		return err
	}
	for i := len(p.Orders) - 1; i >= 0; i-- {
		if state := p.Orders[i].State; p.Ask == nil || state != piecework.OrderDelivered && state != piecework.OrderEnded {
			p.Ask = &p.Orders[i]
		}
	}
	if p.Shops, err = s.accountShops(c, who.ContractorID); err != nil {
		return err
	}
	if p.Statements, err = piecework.Statements(ctx, s.DB, mine); err != nil {
		return err
	}
	if p.Questions, err = piecework.Questions(ctx, s.DB, mine); err != nil {
		return err
	}
	return s.page(c, "contractors/home", p)
}

// accountShops is what stands today between a contractor and each workshop of which the visitor may know.
func (s *Server) accountShops(c echo.Context, contractorID int64) ([]accountShop, error) {
	ctx := c.Request().Context()
	shops, err := piecework.WorkshopsOf(ctx, s.DB, contractorID, visitOf(c).who.WorkshopID)
	if err != nil {
		return nil, err
	}
	list := make([]accountShop, len(shops))
	for i := range shops {
		list[i].Workshop = &shops[i]
		if list[i].Now, err = piecework.StatementOf(ctx, s.DB, shops[i].ID, contractorID, "2000-01-01", s.today(c)); err != nil {
			return nil, err
		}
		if list[i].Aged, err = piecework.Age(ctx, s.DB, shops[i].ID, contractorID, s.today(c)); err != nil {
			return nil, err
		}
		owed := make([]*piecework.ProcessingOrder, len(list[i].Aged.Debts))
		for j, d := range list[i].Aged.Debts {
			owed[j] = d.Order
		}
		facts, err := piecework.FactsOf(ctx, s.DB, owed...)
		if err != nil {
			return nil, err
		}
		for _, d := range list[i].Aged.Debts {
			list[i].Debts = append(list[i].Debts, orderDebt{d, d.Order.State(facts[d.Order.ID])})
		}
	}
	return list, nil
}
