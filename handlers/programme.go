package handlers

import (
	"github.com/labstack/echo/v4"

	"jijian/payroll"
)

type programmePage struct {
	Months []payroll.ProgrammeMonth
	Fewest int
}

// programme shows what the workshops have done, month by month, and nothing about anybody in them.
func (s *Server) programme(c echo.Context) error {
	months, err := payroll.Programme(c.Request().Context(), s.DB, visitOf(c).who.WorkshopID, s.today(c))
	if err != nil {
		return err
	}
	return s.page(c, "programme/show", programmePage{months, payroll.FewestShown})
}
