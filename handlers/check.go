package handlers

import (
	"errors"
	"net/http"
	"regexp"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/payroll/slipdoc"
	"jijian/piecework"
)

type checkPage struct {
	Code   string
	Asked  bool          // a code was entered
	Slip   *payroll.Slip // nil when there is none with the code
	Hash   string        // of what is printed, the first 16 digits
	Newest *payroll.Slip
	Issued time.Time
}

var checkCode = regexp.MustCompile(`^[0-9]{16}$`)

// check says whether the slip with a check code is genuine, and whether a newer version replaced it. Anybody who holds the paper
// may ask; the answer holds nothing the paper does not.
func (s *Server) check(c echo.Context) error {
	ctx, p := c.Request().Context(), checkPage{Code: c.Param("code"), Asked: true}
	address := "check " + network(c.RealIP())
	if wait := s.lookups.try(address); wait > 0 {
		return s.tooMany(c, wait, "check/show", p)
	}
	if !checkCode.MatchString(p.Code) {
		return s.render(c, http.StatusNotFound, "check/show", nil, p)
	}
	slip, err := payroll.SlipByCheckCode(ctx, s.DB, p.Code)
	if errors.Is(err, piecework.ErrNotFound) {
		return s.render(c, http.StatusNotFound, "check/show", nil, p)
	}
	if err != nil {
		return err
	}
	s.lookups.pardon(address)
	versions, err := payroll.Versions(ctx, s.DB, slip.RunID, slip.WorkerID)
	if err != nil {
		return err
	}
	p.Slip, p.Newest = slip, &versions[len(versions)-1]
	p.Hash, p.Issued = slipdoc.ShortHash(slip), slip.IssuedAt.In(slip.Run.Workshop.Location())
	return s.page(c, "check/show", p)
}

// checkAsk leads from the code as it was typed, with or without blanks, to its answer.
func (s *Server) checkAsk(c echo.Context) error {
	code := notDigit.ReplaceAllString(c.QueryParam("code"), "")
	if code == "" {
		return s.page(c, "check/show", checkPage{})
	}
	return c.Redirect(http.StatusSeeOther, "/c/"+code)
}

var notDigit = regexp.MustCompile(`[^0-9]+`)
