package handlers

import (
	"cmp"
	"context"
	"slices"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
)

type marginList struct {
	Query, Status string
	Contractor    *piecework.Contractor // nil: of all
	Groups        []marginGroup
	Pages         piecework.Page[piecework.ProcessingOrder]
}

// marginGroup is what the orders of one contractor on the page earn, in one currency.
type marginGroup struct {
	Contractor                            *piecework.Contractor
	Currency                              string
	List                                  []payroll.Margin
	Fee, Wages, Material, Charged, Margin piecework.Money
}

// margins lists what orders earn, by contractor.
func (s *Server) margins(c echo.Context) error {
	ctx, f := c.Request().Context(), s.filter(c)
	p := marginList{Query: f.Query, Status: f.Status}
	if f.ContractorID != 0 {
		var err error
		if p.Contractor, err = piecework.ContractorByID(ctx, s.DB, f.ContractorID); err != nil {
			return err
		}
	}
	var err error
	if p.Pages, err = piecework.Orders(ctx, s.DB, f); err != nil {
		return err
	}
	list, err := s.marginsOf(ctx, s.today(c), p.Pages.Items)
	if err != nil {
		return err
	}
	for _, m := range list {
		p.add(m)
	}
	slices.SortStableFunc(p.Groups, func(a, b marginGroup) int { return cmp.Compare(a.Contractor.Code, b.Contractor.Code) })
	return s.page(c, "orders/margins", p)
}

func (p *marginList) add(m payroll.Margin) {
	o := m.Order
	i := slices.IndexFunc(p.Groups, func(g marginGroup) bool {
		return g.Contractor.ID == o.ContractorID && g.Currency == o.Workshop.Currency
	})
	if i < 0 {
		i = len(p.Groups)
		p.Groups = append(p.Groups, marginGroup{Contractor: o.Contractor, Currency: o.Workshop.Currency})
	}
	g := &p.Groups[i]
	g.List = append(g.List, m)
	g.Fee, g.Wages, g.Material = g.Fee.Add(m.Earned()), g.Wages.Add(m.Wages), g.Material.Add(m.MaterialCost())
	g.Charged, g.Margin = g.Charged.Add(m.Charged), g.Margin.Add(m.Result)
}

// marginsOf works out the margins of orders of any workshops, in their order.
func (s *Server) marginsOf(ctx context.Context, today piecework.Date, list []piecework.ProcessingOrder) ([]payroll.Margin, error) {
	byShop, place := map[int64][]*piecework.ProcessingOrder{}, map[int64]int{}
	for i := range list {
		place[list[i].ID] = i
		byShop[list[i].WorkshopID] = append(byShop[list[i].WorkshopID], &list[i])
	}
	margins := make([]payroll.Margin, len(list))
	for _, orders := range byShop {
		some, err := payroll.Margins(ctx, s.DB, today, orders...)
		if err != nil {
			return nil, err
		}
		for _, m := range some {
			margins[place[m.Order.ID]] = m
		}
	}
	return margins, nil
}
