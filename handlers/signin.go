package handlers

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/templates"
)

type signinPage struct {
	Name, Next string
	PIN        bool // asks for a number and a PIN, not for user name and password
	Badge      bool // Name is the code of a badge that was scanned, and is not asked for
	Demo       []demoDoor
	Doors      []door // accounts elsewhere with which to sign in
	Nobody     bool   // there is no user yet: the first comes in by the link that the program printed
}

// demoDoor is a sign-in of the demo, its role in words.
type demoDoor struct{ Role, Name, Password string }

func (s *Server) signinPage(c echo.Context, name, next string) signinPage {
	p := signinPage{Name: name, Next: next, PIN: c.QueryParam("by") == "pin" || next == "/me" || strings.HasPrefix(next, "/slips/")}
	if c.Request().Method == http.MethodPost {
		p.PIN = c.FormValue("by") == "pin"
	}
	if code, msg := piecework.ParseCode(strings.TrimPrefix(next, "/q/")); msg == nil && code.Kind == piecework.WorkerBadge && strings.HasPrefix(next, "/q/") {
		p.Name, p.PIN, p.Badge = code.String(), true, true
	}
	p.Doors = s.doorsElsewhere(c)
	for _, d := range s.Demo {
		p.Demo = append(p.Demo, demoDoor{inWords(visitOf(c).lang, roleNames[d.Role]), d.Name, d.Password})
	}
	return p
}

// signinShow asks for name and password, or for a number and a PIN.
func (s *Server) signinShow(c echo.Context) error {
	next := localPath(c.QueryParam("next"))
	if visitOf(c).signedIn() {
		return c.Redirect(http.StatusSeeOther, next)
	}
	p := s.signinPage(c, "", next)
	has, err := account.HasUsers(c.Request().Context(), s.DB)
	if err != nil {
		return err
	}
	p.Nobody = !has
	return s.page(c, "signin/show", p)
}

// signin lets a person in.
func (s *Server) signin(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	name, next := f.text("name"), localPath(f.text("next"))
	first := account.Worker
	if strings.HasPrefix(next, "/scan") {
		first = account.Counter
	}
	list, err := account.Named(ctx, s.DB, name, first)
	if err != nil {
		return err
	}
	g, err := s.guessing(c, list, name)
	if err != nil {
		return err
	}
	if wait := g.try(); wait > 0 {
		return s.tooMany(c, wait, "signin/show", s.signinPage(c, name, next))
	}
	u := account.Verify(list, c.FormValue("password"))
	if u == nil {
		p := s.signinPage(c, name, next)
		wrong := piecework.InvalidField("password", "User name or password is wrong.")
		if p.PIN {
			wrong = piecework.InvalidField("password", "Number or PIN is wrong.")
		}
		who := "" // what was typed where nobody has that name may be a password
		if len(list) > 0 {
			who = list[0].Username
		}
		s.note(c, wrongName, "", 0, who)
		return s.again(c, wrong, "signin/show", p)
	}
	g.right()
	return s.enter(c, u, next)
}

// guesses counts the tries to come in as somebody. What a stranger tries slows down that stranger's network, and all unknown devices a little; a
// device on which the person has signed in before is counted by itself, so that nobody can lock her out.
type guesses struct {
	s             *Server
	narrow, broad []string // keys of the strict and of the gentle throttle
}

func (s *Server) guessing(c echo.Context, list []account.User, name string) (*guesses, error) {
	who := "name " + strings.ToLower(fmt.Sprintf("%.80s", name))
	if len(list) > 0 {
		who = "user " + strconv.FormatInt(list[0].ID, 10) // whichever of her names was typed
	}
	if cookie, err := s.cookie(c, deviceCookie); err == nil {
		for _, u := range list {
			known, err := account.KnowsDevice(c.Request().Context(), s.DB, cookie.Value, u.ID)
			if err != nil {
				return nil, err
			}
			if known {
				return &guesses{s, []string{who + " on " + cookie.Value}, nil}, nil
			}
		}
	}
	from := network(c.RealIP())
	return &guesses{s, []string{who + " from " + from}, []string{who, "address " + from}}, nil
}

// try counts a try, or says how long to wait before the next.
func (g *guesses) try() time.Duration {
	if wait := g.s.crowds.try(g.broad...); wait > 0 {
		return wait
	}
	wait := g.s.signins.try(g.narrow...)
	if wait > 0 {
		g.s.crowds.pardon(g.broad...)
	}
	return wait
}

// right takes the try back that turned out right.
func (g *guesses) right() {
	for _, key := range g.narrow {
		g.s.signins.forget(key)
	}
	g.s.crowds.pardon(g.broad...)
}

// tooMany shows a form again and says how long to wait before the next try.
func (s *Server) tooMany(c echo.Context, wait time.Duration, name string, page any) error {
	seconds := int(wait.Seconds()) + 1
	c.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
	text := visitOf(c).says("Too many tries. Wait %d seconds.", seconds)
	return s.render(c, http.StatusTooManyRequests, name, templates.Errors{{Text: text}}, page)
}

// enter begins the session of a user who has shown who she is, and leads on: first to her second step, if she has one.
func (s *Server) enter(c echo.Context, u *account.User, next string) error {
	if u.SecondFactor() {
		return s.askSecond(c, u, next)
	}
	return s.entered(c, u, next)
}

// entered begins the session of a user who has shown all that is asked for.
func (s *Server) entered(c echo.Context, u *account.User, next string) error {
	if err := s.start(c, u); err != nil {
		return err
	}
	v := visitOf(c)
	v.who = u.Identity()
	s.note(c, signedInNow, "", 0, "")
	return c.Redirect(http.StatusSeeOther, next)
}

// start begins the session of a user under a new token, on a device that is known from now on.
func (s *Server) start(c echo.Context, u *account.User) error {
	ctx := c.Request().Context()
	if err := s.sessions.Clear(ctx); err != nil {
		return err
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	secret := make([]byte, secretBytes)
	rand.Read(secret)
	now := time.Now()
	s.sessions.SetDeadline(ctx, now.Add(lives[u.Role].idle))
	s.sessions.Put(ctx, "csrf", secret)
	s.sessions.Put(ctx, "user", u.ID)
	s.sessions.Put(ctx, "stamp", u.Stamp())
	s.sessions.Put(ctx, "began", now.UnixMilli())
	visitOf(c).begun = u.ID
	device := account.NewDevice()
	if cookie, err := s.cookie(c, deviceCookie); err == nil && len(cookie.Value) == len(device) {
		device = cookie.Value
	}
	s.setCookie(c, deviceCookie, device, deviceLife)
	return account.KnowDevice(ctx, s.DB, device, u.ID)
}

const deviceLife = 365 * day

// signout ends the session.
func (s *Server) signout(c echo.Context) error {
	if visitOf(c).signedIn() {
		s.note(c, signedOut, "", 0, "")
	}
	if err := s.sessions.Destroy(c.Request().Context()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/signin")
}

type setupPage struct {
	Form values
}

// setupShow asks who the first administrator is.
func (s *Server) setupShow(c echo.Context) error {
	if err := s.checkSetup(c); err != nil {
		return err
	}
	return s.page(c, "setup/show", setupPage{values{"username": "admin"}})
}

// checkSetup is nil while the link is valid.
func (s *Server) checkSetup(c echo.Context) error {
	return s.lookUp(c, "setup", func() error { return account.CheckSetup(c.Request().Context(), s.DB, c.Param("code")) })
}

// lookUp slows down who tries links that are not there.
func (s *Server) lookUp(c echo.Context, what string, find func() error) error {
	address := what + " " + network(c.RealIP())
	if s.lookups.try(address) > 0 {
		return echo.NewHTTPError(http.StatusTooManyRequests)
	}
	err := find()
	if err == nil {
		s.lookups.pardon(address)
	}
	return err
}

// setup makes the first administrator and signs her in.
func (s *Server) setup(c echo.Context) error {
	if err := s.checkSetup(c); err != nil {
		return err
	}
	f := readForm(c)
	u := &account.User{Username: f.text("username"), Name: f.text("name")}
	if err := account.Setup(c.Request().Context(), s.DB, c.Param("code"), u, c.FormValue("password")); err != nil {
		return s.again(c, err, "setup/show", setupPage{f.values()})
	}
	if err := s.start(c, u); err != nil {
		return err
	}
	return s.done(c, "/", "Welcome, %s. Everything else begins here.", u.Name)
}

type invitePage struct {
	Name, Username, Code string
	Doors                []door
}

// inviteShow lets an invited user choose how to come in.
func (s *Server) inviteShow(c echo.Context) error {
	u, err := s.invited(c)
	if err != nil {
		return err
	}
	return s.page(c, "invite/show", invitePage{u.Name, u.Username, c.Param("code"), s.doorsElsewhere(c)})
}

func (s *Server) invited(c echo.Context) (u *account.User, err error) {
	err = s.lookUp(c, "invite", func() error {
		u, err = account.Invited(c.Request().Context(), s.DB, c.Param("code"))
		return err
	})
	return u, err
}

// inviteAccept gives an invited user the password she chose and signs her in.
func (s *Server) inviteAccept(c echo.Context) error {
	u, err := s.invited(c)
	if err != nil {
		return err
	}
	fresh, err := account.AcceptInvitation(c.Request().Context(), s.DB, c.Param("code"), c.FormValue("password"))
	if err != nil {
		return s.again(c, err, "invite/show", invitePage{u.Name, u.Username, c.Param("code"), s.doorsElsewhere(c)})
	}
	return s.enter(c, fresh, "/")
}

// workshopChoose changes to another of a person's workshops and goes back to where she was.
func (s *Server) workshopChoose(c echo.Context) error {
	id, _ := strconv.ParseInt(c.FormValue("workshop"), 10, 64)
	for _, w := range visitOf(c).workshops {
		if w.ID == id {
			s.sessions.Put(c.Request().Context(), "workshop", id)
			to, err := url.Parse(localPath(c.FormValue("back")))
			if err != nil || strings.ContainsAny(to.Path, "0123456789") { // what has a number belongs to the workshop she leaves
				return c.Redirect(http.StatusSeeOther, "/")
			}
			return c.Redirect(http.StatusSeeOther, to.Path)
		}
	}
	return piecework.NotFound("There is no such workshop.")
}
