package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
)

// scanPolicy lets the scan page run WebAssembly, which reads the camera's pictures.
var scanPolicy = strings.Replace(policy, "default-src 'self';", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; media-src 'self' blob:;", 1)

// scan shows the page at the bench. It is the same for all sessions and people, so that a device can keep it: what it shows comes
// from /scan/data, and the script reads the address. The code of a session leads on to that session.
func (s *Server) scan(c echo.Context) error {
	if code, msg := piecework.ParseCode(c.QueryParam("code")); msg == nil && code.Kind == piecework.SessionCode {
		session, err := s.sessionOf(c, code)
		if err == nil {
			return c.Redirect(http.StatusSeeOther, "/scan?session="+url.QueryEscape(session.Code))
		}
		if !errors.Is(err, piecework.ErrNotFound) {
			return err
		}
	}
	c.Response().Header().Set("Content-Security-Policy", scanPolicy)
	return s.page(c, "scan/show", nil)
}

// sessionOf is the session with a printed code, if the visitor may see it.
func (s *Server) sessionOf(c echo.Context, code piecework.Code) (*piecework.WorkSession, error) {
	ctx := c.Request().Context()
	issued, err := piecework.IssuedCodeOf(ctx, s.DB, code)
	if err != nil {
		return nil, err
	}
	if err := visitOf(c).who.May(ctx, s.DB, "session", issued.TargetID); err != nil {
		return nil, err
	}
	return piecework.SessionByID(ctx, s.DB, issued.TargetID)
}
