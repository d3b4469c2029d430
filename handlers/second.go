package handlers

import (
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"rsc.io/qr"

	"jijian/piecework"
	"jijian/piecework/account"
)

// pendingLife is how long after the password the second step may take.
const pendingLife = 10 * time.Minute

// askSecond remembers who gave the right password and asks for the code of her app.
func (s *Server) askSecond(c echo.Context, u *account.User, next string) error {
	ctx := c.Request().Context()
	if err := errors.Join(s.sessions.Clear(ctx), s.sessions.RenewToken(ctx)); err != nil {
		return err
	}
	s.sessions.SetDeadline(ctx, time.Now().Add(pendingLife))
	s.sessions.Put(ctx, "pending", u.ID)
	s.sessions.Put(ctx, "stamp", u.Stamp())
	s.sessions.Put(ctx, "next", next)
	return c.Redirect(http.StatusSeeOther, "/signin/code")
}

// pending is who has given the right password and not yet the code, or nil.
func (s *Server) pending(c echo.Context) (*account.User, error) {
	ctx := c.Request().Context()
	id := s.sessions.GetInt64(ctx, "pending")
	if id == 0 {
		return nil, nil
	}
	u, err := account.UserByID(ctx, s.DB, id)
	if errors.Is(err, piecework.ErrNotFound) {
		return nil, nil
	}
	if err != nil || u.Disabled || !u.SecondFactor() || u.Stamp() != s.sessions.GetString(ctx, "stamp") {
		return nil, err
	}
	return u, nil
}

// secondShow asks for the code of the second step.
func (s *Server) secondShow(c echo.Context) error {
	u, err := s.pending(c)
	if err != nil {
		return err
	}
	if u == nil {
		return c.Redirect(http.StatusSeeOther, "/signin")
	}
	return s.page(c, "signin/code", nil)
}

// second lets a person in whose code is right.
func (s *Server) second(c echo.Context) error {
	u, err := s.pending(c)
	if err != nil {
		return err
	}
	if u == nil {
		return c.Redirect(http.StatusSeeOther, "/signin")
	}
	g, err := s.guessing(c, []account.User{*u}, "")
	if err != nil {
		return err
	}
	g.about("code")
	if wait := g.try(); wait > 0 {
		return s.tooMany(c, wait, "signin/code", nil)
	}
	ctx := c.Request().Context()
	if err := account.CheckSecond(ctx, s.DB, s.Keys, u, readForm(c).text("code"), time.Now()); err != nil {
		s.note(c, wrongCode, "user", u.ID, u.Username)
		return s.again(c, err, "signin/code", nil)
	}
	g.right()
	return s.entered(c, u, localPath(s.sessions.GetString(ctx, "next")))
}

// about counts tries of another secret by themselves.
func (g *guesses) about(what string) {
	for _, keys := range [][]string{g.narrow, g.broad} {
		for i := range keys {
			keys[i] += " " + what
		}
	}
}

type secondPage struct {
	Key      *account.TOTPKey
	QR       template.URL
	Recovery []string // shown once, when the step is on
}

// accountSecond shows what an authenticator app must know.
func (s *Server) accountSecond(c echo.Context) error {
	p, err := s.accountPage(c)
	if err != nil {
		return err
	}
	if err := s.sure(c, p.User); err != nil {
		return s.again(c, err, "account/show", p)
	}
	key, err := account.BeginTOTP(c.Request().Context(), s.DB, s.Keys, p.User.ID)
	if err != nil {
		return s.again(c, err, "account/show", p)
	}
	return s.secondSetUp(c, key, nil)
}

func (s *Server) secondSetUp(c echo.Context, key *account.TOTPKey, wrong error) error {
	code, err := qr.Encode(key.Address, qr.M)
	if err != nil {
		return fmt.Errorf("draw QR code: %w", err)
	}
	p := secondPage{Key: key, QR: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG()))} //nolint:gosec // of our own making
	if wrong != nil {
		return s.again(c, wrong, "account/second", p)
	}
	return s.page(c, "account/second", p)
}

// accountSecondConfirm turns the second step on and shows the recovery codes once.
func (s *Server) accountSecondConfirm(c echo.Context) error {
	ctx, who := c.Request().Context(), visitOf(c).who
	g, err := s.guessing(c, []account.User{{ID: who.UserID}}, "")
	if err != nil {
		return err
	}
	g.about("code")
	if wait := g.try(); wait > 0 {
		return piecework.Conflict("Too many tries. Wait %d seconds.", int(wait.Seconds())+1)
	}
	codes, err := account.ConfirmTOTP(ctx, s.DB, s.Keys, who.UserID, readForm(c).text("code"), time.Now())
	if errors.Is(err, piecework.ErrInvalid) {
		key, found := account.TOTPBegun(ctx, s.DB, s.Keys, who.UserID)
		if found != nil {
			return found
		}
		return s.secondSetUp(c, key, err)
	}
	if err != nil {
		return err
	}
	g.right()
	return s.page(c, "account/second", secondPage{Recovery: codes})
}

// accountSecondOff turns the second step off.
func (s *Server) accountSecondOff(c echo.Context) error {
	p, err := s.accountPage(c)
	if err != nil {
		return err
	}
	if err := s.sure(c, p.User); err != nil {
		return s.again(c, err, "account/show", p)
	}
	if err := account.EndTOTP(c.Request().Context(), s.DB, p.User.ID); err != nil {
		return err
	}
	return s.done(c, "/account", "The second step is off.")
}

// userSecondOff turns the second step of a user off who has lost her app and her codes. The administrator, who vouched for her when she was
// added, vouches again: how she knows who asks is kept in the audit trail.
func (s *Server) userSecondOff(c echo.Context) error {
	p, err := s.userPage(c)
	if err != nil {
		return err
	}
	how := strings.Join(strings.Fields(c.FormValue("reason")), " ")
	wrong := &piecework.Invalid{}
	if how == "" {
		wrong.Add("reason", "say how you know who is asking; it is kept")
	}
	wrong.AddMsg("reason", piecework.CheckText(how, piecework.MaxNote))
	if err := wrong.Err(); err != nil {
		return s.again(c, err, "users/show", p)
	}
	if err := account.EndTOTP(c.Request().Context(), s.DB, p.User.ID); err != nil {
		return err
	}
	visitOf(c).detail = p.User.Username + ": " + how
	return s.done(c, "/users/"+strconv.FormatInt(p.User.ID, 10), "%s signs in without a second step.", p.User.Name)
}
