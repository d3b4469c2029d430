package handlers

import (
	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
)

// materialCharge is what a worker bears of lost material: charged already, or due.
type materialCharge struct {
	payroll.MaterialCharge
	Due bool
}

// materialCharges are those of an order that are due, and then those that were made.
func (s *Server) materialCharges(c echo.Context, o *piecework.ProcessingOrder) ([]materialCharge, error) {
	ctx := c.Request().Context()
	made, err := payroll.MaterialCharges(ctx, s.DB, o.ID)
	if err != nil {
		return nil, err
	}
	uses, err := piecework.MaterialUse(ctx, s.DB, o)
	if err != nil {
		return nil, err
	}
	var list []materialCharge
	for i := range uses {
		for _, due := range payroll.DueCharges(o, &uses[i], made) {
			if due.Worker, err = piecework.WorkerByID(ctx, s.DB, due.WorkerID); err != nil {
				return nil, err
			}
			list = append(list, materialCharge{due, true})
		}
	}
	for _, m := range made {
		list = append(list, materialCharge{m, false})
	}
	return list, nil
}

// Due says whether any charge of the page is due.
func (p orderMaterials) Due() bool { return len(p.Charges) > 0 && p.Charges[0].Due }

// lossCharge charges workers what they are due for lost material.
func (s *Server) lossCharge(c echo.Context) error {
	id := paramID(c, "order")
	n, err := payroll.ChargeLoss(c.Request().Context(), s.DB, id, s.today(c), visitOf(c).who.Name)
	if err != nil {
		return err
	}
	return s.done(c, materialsPath(id), "Charged to %d workers. Their next pay run takes it, within the cap.", n)
}
