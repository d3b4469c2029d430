package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/account"
)

type homePage struct {
	*payroll.Today
	Day   piecework.Date
	Zone  *time.Location
	Lines int  // how many entries a card shows before it says how many more
	Many  bool // more than one workshop can be meant, so each entry names its own
	First bool // there is no workshop yet
	// Approves: may approve pay runs.
	Approves bool
	Fresh    int // notices that the visitor has not seen
	Failing  int // robots of chat groups of whose messages one never arrived
}

// home tells the office what needs doing today, a worker what she earns, a contractor where his orders stand.
func (s *Server) home(c echo.Context) error {
	ctx, who, day := c.Request().Context(), visitOf(c).who, s.today(c)
	switch who.Role {
	case account.Worker:
		return c.Redirect(http.StatusSeeOther, "/me")
	case account.Contractor:
		return s.showContractorHome(c)
	case account.Counter:
		return c.Redirect(http.StatusSeeOther, "/scan")
	case account.Officer:
		return c.Redirect(http.StatusSeeOther, "/programme")
	}
	workshops, err := piecework.Workshops(ctx, s.DB, who.WorkshopID)
	if err != nil {
		return err
	}
	today, err := payroll.TodayOf(ctx, s.DB, who.WorkshopID, day)
	if err != nil {
		return err
	}
	p := homePage{Today: today, Day: day, Zone: s.zone(c), Lines: 4, Many: len(workshops) > 1, First: len(workshops) == 0, Approves: mayOf[who.Role]&books != 0}
	if _, p.Fresh, err = piecework.Notices(ctx, s.DB, reader(who)); err != nil {
		return err
	}
	if who.Role == account.Admin {
		if p.Failing, err = piecework.RobotsThatFail(ctx, s.DB, who.WorkshopID); err != nil {
			return err
		}
	}
	return s.page(c, "home/show", p)
}
