package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/piecework/account"
)

// pinPath is where a person chooses her own PIN; who still has the first one sees no other page.
const pinPath = "/account/pin"

type accountPage struct {
	User     *account.User
	Sessions []account.Session
	This     string // the session that looks
	Zone     *time.Location
	CanStep  bool  // the program has the key that a second step needs
	Recovery int64 // codes left
	Doors    []door
}

// account shows a person how she signs in, and where she is signed in.
func (s *Server) account(c echo.Context) error {
	p, err := s.accountPage(c)
	if err != nil {
		return err
	}
	return s.page(c, "account/show", p)
}

func (s *Server) accountPage(c echo.Context) (p *accountPage, err error) {
	ctx, who := c.Request().Context(), visitOf(c).who
	p = &accountPage{This: who.SessionID, Zone: s.zone(c), CanStep: s.Keys.Usable(), Doors: s.doorsElsewhere(c)}
	if p.User, err = account.UserByID(ctx, s.DB, who.UserID); err != nil {
		return nil, err
	}
	links, err := account.LinksOf(ctx, s.DB, who.UserID)
	if err != nil {
		return nil, err
	}
	for i := range p.Doors {
		p.Doors[i].Since = links[s.elsewhere[p.Doors[i].Key].vouches()]
	}
	if p.Recovery, err = account.RecoveryLeft(ctx, s.DB, who.UserID); err != nil {
		return nil, err
	}
	p.Sessions, err = account.SessionsOf(ctx, s.DB, who.UserID)
	return p, err
}

// accountPassword changes a person's own password. She stays in where she is, and is out everywhere else.
func (s *Server) accountPassword(c echo.Context) error {
	p, err := s.accountPage(c)
	if err != nil {
		return err
	}
	if err := s.sure(c, p.User); err != nil {
		return s.again(c, err, "account/show", p)
	}
	if err := account.SetPassword(c.Request().Context(), s.DB, p.User.ID, c.FormValue("password")); err != nil {
		return s.again(c, err, "account/show", p)
	}
	if err := s.restart(c, p.User.ID); err != nil {
		return err
	}
	return s.done(c, "/account", "Your password is changed. Everywhere else you are signed out.")
}

// sure asks for the password again before something that would let a stranger at her desk stay in.
func (s *Server) sure(c echo.Context, u *account.User) error {
	g, err := s.guessing(c, []account.User{*u}, "")
	if err != nil {
		return err
	}
	if wait := g.try(); wait > 0 {
		return piecework.InvalidField("old_password", "Too many tries. Wait %d seconds.", int(wait.Seconds())+1)
	}
	if account.Verify([]account.User{*u}, c.FormValue("old_password")) == nil {
		return piecework.InvalidField("old_password", "is wrong")
	}
	g.right()
	return nil
}

// restart begins a person's own session anew after her password or PIN changed.
func (s *Server) restart(c echo.Context, userID int64) error {
	u, err := account.UserByID(c.Request().Context(), s.DB, userID)
	if err != nil {
		return err
	}
	return s.start(c, u)
}

type pinPage struct {
	First bool // somebody else set the one she has
}

// accountPINShow asks for a new PIN.
func (s *Server) accountPINShow(c echo.Context) error {
	return s.page(c, "account/pin", pinPage{visitOf(c).newPIN})
}

// accountPIN gives a person the PIN she chose.
func (s *Server) accountPIN(c echo.Context) error {
	v := visitOf(c)
	g, err := s.guessing(c, []account.User{{ID: v.who.UserID}}, "")
	if err != nil {
		return err
	}
	p := pinPage{v.newPIN}
	if wait := g.try(); wait > 0 {
		return s.tooMany(c, wait, "account/pin", p)
	}
	f := readForm(c)
	if f.text("pin") != f.text("pin_again") {
		f.invalid.Add("pin_again", "is not the same")
		return s.again(c, f.invalid.Err(), "account/pin", p)
	}
	if err := account.ChoosePIN(c.Request().Context(), s.DB, v.who.UserID, f.text("old_pin"), f.text("pin")); err != nil {
		return s.again(c, err, "account/pin", p)
	}
	g.right()
	if err := s.restart(c, v.who.UserID); err != nil {
		return err
	}
	return s.done(c, "/", "Your PIN is changed. Only you know it now.")
}

// accountSessionEnd ends one of a person's sign-ins, or all but this one. For others than this one it asks for her password or PIN again,
// so that who finds her device cannot shut her out everywhere else.
func (s *Server) accountSessionEnd(c echo.Context) error {
	ctx, who, f := c.Request().Context(), visitOf(c).who, readForm(c)
	if f.text("session") != who.SessionID {
		p, err := s.accountPage(c)
		if err != nil {
			return err
		}
		if p.User.PasswordHash+p.User.PINHash != "" { // else she comes in by an account elsewhere, and has neither
			if err := s.sure(c, p.User); err != nil {
				return s.again(c, err, "account/show", p)
			}
		}
	}
	if f.has("others") {
		if err := account.EndSessions(ctx, s.DB, who.UserID, who.SessionID); err != nil {
			return err
		}
		return s.done(c, "/account", "Everywhere else you are signed out.")
	}
	if err := account.EndSession(ctx, s.DB, who.UserID, f.text("session")); err != nil {
		return err
	}
	if f.text("session") == who.SessionID {
		if err := s.sessions.Destroy(ctx); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, "/signin")
	}
	return s.done(c, "/account", "That sign-in has ended.")
}

type workerSignIn struct {
	Worker     *piecework.Worker
	Own, Bench *account.User // nil: she cannot come in as that yet
	Zone       *time.Location
	PIN        string // that was just drawn; "" otherwise
	For        account.Role
	Code       string // of her badge, "" for none
}

// workerSignIn shows how a worker comes in: to her own page, and to count at the bench.
func (s *Server) workerSignIn(c echo.Context) error {
	p, err := s.workerSignInPage(c)
	if err != nil {
		return err
	}
	return s.page(c, "workers/signin", p)
}

func (s *Server) workerSignInPage(c echo.Context) (p *workerSignIn, err error) {
	ctx := c.Request().Context()
	p = &workerSignIn{}
	if p.Worker, err = piecework.WorkerByID(ctx, s.DB, paramID(c, "worker")); err != nil {
		return nil, err
	}
	if err := p.Worker.Person(); err != nil {
		return nil, err
	}
	p.Zone = p.Worker.Workshop.Location()
	if p.Own, err = account.PINUser(ctx, s.DB, p.Worker.ID, account.Worker); err != nil {
		return nil, err
	}
	if p.Bench, err = account.PINUser(ctx, s.DB, p.Worker.ID, account.Counter); err != nil {
		return nil, err
	}
	badges, err := piecework.CodeHistory(ctx, s.DB, piecework.WorkerBadge, p.Worker.ID)
	for _, b := range badges {
		if !b.Replaced() {
			p.Code = b.Code().Short()
		}
	}
	return p, err
}

// workerPIN gives a worker a PIN and shows it this once.
func (s *Server) workerPIN(c echo.Context) error {
	role := account.Role(c.FormValue("role"))
	pin, u, err := account.GivePIN(c.Request().Context(), s.DB, paramID(c, "worker"), role)
	if err != nil {
		return err
	}
	visitOf(c).detail = u.Username
	p, err := s.workerSignInPage(c)
	if err != nil {
		return err
	}
	p.PIN, p.For = pin, role
	return s.page(c, "workers/signin", p)
}
