package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/uptrace/bun"

	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/templates"
)

type userList struct {
	Query, Status string
	Me            int64
	List          piecework.Page[account.User]
}

// users lists who can sign in.
func (s *Server) users(c echo.Context) error {
	f := s.filter(c)
	list, err := account.Users(c.Request().Context(), s.DB, f)
	if err != nil {
		return err
	}
	return s.page(c, "users/list", userList{f.Query, f.Status, visitOf(c).who.UserID, list})
}

// userForm first asks for the role, since what else is asked follows from it.
type userForm struct {
	Role      string // in words; "" while it is not chosen
	Form      values
	Roles     []templates.Option
	Workshops []templates.Option
}

// userNew asks for a new user.
func (s *Server) userNew(c echo.Context) error {
	return s.userForm(c, nil, values{"role": c.QueryParam("role")})
}

func (s *Server) userForm(c echo.Context, wrong error, typed values) error {
	p := userForm{Form: typed}
	for _, role := range account.Roles {
		if role == account.Counter {
			continue // comes in with badge and PIN, which the worker's page gives
		}
		o := templates.Option{Value: string(role), Text: inWords(visitOf(c).lang, roleNames[role])}
		if p.Roles = append(p.Roles, o); o.Value == typed["role"] {
			p.Role = o.Text
		}
	}
	var err error
	if p.Workshops, err = s.workshops(c); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "users/new", p)
	}
	return s.page(c, "users/new", p)
}

// userCreate adds a user. Worker and contractor are named by their codes, since there may be hundreds.
func (s *Server) userCreate(c echo.Context) error {
	ctx, f := c.Request().Context(), readForm(c)
	u := &account.User{Username: f.text("username"), Name: f.text("name"), Role: account.Role(f.text("role"))}
	switch own := visitOf(c).who.WorkshopID; u.Role {
	case account.Worker:
		w, err := piecework.WorkerByCode(ctx, s.DB, printable(f.text("worker")))
		if err != nil || own != 0 && w.WorkshopID != own {
			f.invalid.Add("worker", "there is no worker with the code %q", f.text("worker"))
		} else if u.WorkerID = w.ID; u.Name == "" {
			u.Name = w.Name
		}
	case account.Contractor:
		k, err := piecework.ContractorByCode(ctx, s.DB, printable(f.text("contractor")))
		if err != nil || own != 0 { // contractors bring work to every workshop
			f.invalid.Add("contractor", "there is no contractor with the code %q", f.text("contractor"))
		} else if u.ContractorID = k.ID; u.Name == "" {
			u.Name = k.Name
		}
	default:
		u.WorkshopID = f.workshop(s)
	}
	visitOf(c).detail = fmt.Sprintf("%s (%s)", printable(u.Username), printable(string(u.Role)))
	err := f.and(u.ValidateNew(c.FormValue("password")))
	if err == nil {
		err = account.CreateUser(ctx, s.DB, u, c.FormValue("password"))
	}
	if err != nil {
		return s.userForm(c, err, f.values())
	}
	return s.done(c, "/users", "%s can sign in as %s.", u.Name, u.Username)
}

type userPage struct {
	User      *account.User
	Self      bool
	Workshops []piecework.Workshop // she belongs to; none is every one
	Others    []templates.Option   // workshops that can be given
	Roles     []templates.Option   // that she can change to; none when hers belongs to what she is
	Sessions  []account.Session
	Zone      *time.Location
	Link      string // that was just made for her; "" otherwise
	Days      int    // for which it can be used
}

func (s *Server) userPage(c echo.Context) (*userPage, error) {
	ctx, v := c.Request().Context(), visitOf(c)
	u, err := account.UserByID(ctx, s.DB, paramID(c, "user"))
	if err != nil {
		return nil, err
	}
	p := &userPage{User: u, Self: u.ID == v.who.UserID, Zone: s.zone(c), Days: int(account.InvitationLife / day)}
	if p.Sessions, err = account.SessionsOf(ctx, s.DB, u.ID); err != nil || u.Role.OfPerson() || u.Role == account.Contractor {
		return p, err
	}
	if p.Workshops, err = account.WorkshopsOf(ctx, s.DB, u); err != nil {
		return nil, err
	}
	if p.Others, err = s.workshops(c); err != nil {
		return nil, err
	}
	p.Others = slices.DeleteFunc(p.Others, func(o templates.Option) bool {
		return slices.ContainsFunc(p.Workshops, func(w piecework.Workshop) bool { return strconv.FormatInt(w.ID, 10) == o.Value })
	})
	for _, role := range account.OfficeRoles {
		p.Roles = append(p.Roles, templates.Option{Value: string(role), Text: inWords(v.lang, roleNames[role])})
	}
	return p, nil
}

// userRole makes a user something else. It is at once so wherever she is signed in.
func (s *Server) userRole(c echo.Context) error {
	p, err := s.userPage(c)
	if err != nil {
		return err
	}
	role := account.Role(c.FormValue("role"))
	visitOf(c).detail = fmt.Sprintf("%s: %s → %s", p.User.Username, p.User.Role, printable(string(role)))
	if err := account.ChangeRole(c.Request().Context(), s.DB, p.User.ID, role); err != nil {
		return s.again(c, err, "users/show", p)
	}
	return s.done(c, userPath(p.User.ID), "%s is %s now.", p.User.Name, roleNames[role])
}

// userWorkshopGive lets a user into a workshop.
func (s *Server) userWorkshopGive(c echo.Context) error {
	return s.userWorkshop(c, account.GiveWorkshop, "%s has one workshop more.")
}

// userWorkshopTake takes a workshop from a user.
func (s *Server) userWorkshopTake(c echo.Context) error {
	return s.userWorkshop(c, account.TakeWorkshop, "%s has one workshop less.")
}

func (s *Server) userWorkshop(c echo.Context, change func(context.Context, bun.IDB, int64, int64) error, format string) error {
	p, err := s.userPage(c)
	if err != nil {
		return err
	}
	f := readForm(c)
	id := f.id(s, "workshop", "workshop")
	err = f.invalid.Err()
	if err == nil {
		visitOf(c).detail = p.User.Username + ": " + f.text("workshop")
		err = change(c.Request().Context(), s.DB, p.User.ID, id)
	}
	if err != nil {
		return s.again(c, err, "users/show", p)
	}
	return s.done(c, userPath(p.User.ID), format, p.User.Name)
}

// userInvite makes a link with which a user chooses her password herself, and shows it this once.
func (s *Server) userInvite(c echo.Context) error {
	p, err := s.userPage(c)
	if err != nil {
		return err
	}
	code, err := account.Invite(c.Request().Context(), s.DB, p.User.ID, visitOf(c).who.Name)
	if err != nil {
		return s.again(c, err, "users/show", p)
	}
	p.Link = s.base(c) + "/invite/" + code
	visitOf(c).detail = p.User.Username
	return s.page(c, "users/show", p)
}

// userSignOut ends every session of a user.
func (s *Server) userSignOut(c echo.Context) error {
	p, err := s.userPage(c)
	if err != nil {
		return err
	}
	if err := account.EndSessions(c.Request().Context(), s.DB, p.User.ID, visitOf(c).who.SessionID); err != nil {
		return err
	}
	return s.done(c, userPath(p.User.ID), "%s is signed out everywhere.", p.User.Name)
}

// userShow shows a user with what can be done about her.
func (s *Server) userShow(c echo.Context) error {
	p, err := s.userPage(c)
	if err != nil {
		return err
	}
	return s.page(c, "users/show", p)
}

// userPassword gives a user a new password. Whoever is signed in with the old one is signed out.
func (s *Server) userPassword(c echo.Context) error {
	p, err := s.userPage(c)
	if err != nil {
		return err
	}
	if err := account.SetPassword(c.Request().Context(), s.DB, p.User.ID, c.FormValue("password")); err != nil {
		return s.again(c, err, "users/show", p)
	}
	if p.Self { // she stays in
		if p, err = s.userPage(c); err != nil {
			return err
		}
		if err := s.start(c, p.User); err != nil {
			return err
		}
	}
	return s.done(c, userPath(p.User.ID), "%s has a new password.", p.User.Name)
}

func userPath(id int64) string { return fmt.Sprintf("/users/%d", id) }

// userDisable shuts a user out.
func (s *Server) userDisable(c echo.Context) error { return s.userSetDisabled(c, true) }

// userEnable lets a user in again.
func (s *Server) userEnable(c echo.Context) error { return s.userSetDisabled(c, false) }

func (s *Server) userSetDisabled(c echo.Context, disabled bool) error {
	p, err := s.userPage(c)
	if err != nil {
		return err
	}
	if err := account.Disable(c.Request().Context(), s.DB, p.User.ID, disabled); err != nil {
		return err
	}
	path := userPath(p.User.ID)
	if disabled {
		return s.doneUndo(c, path, path+"/enable", "%s can no longer sign in.", p.User.Name)
	}
	return s.done(c, path, "%s can sign in again.", p.User.Name)
}
