package handlers

import (
	"fmt"

	"github.com/labstack/echo/v4"

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
	switch u.Role {
	case account.Worker:
		w, err := piecework.WorkerByCode(ctx, s.DB, printable(f.text("worker")))
		if err != nil {
			f.invalid.Add("worker", "there is no worker with the code %q", f.text("worker"))
		} else if u.WorkerID = w.ID; u.Name == "" {
			u.Name = w.Name
		}
	case account.Contractor:
		k, err := piecework.ContractorByCode(ctx, s.DB, printable(f.text("contractor")))
		if err != nil {
			f.invalid.Add("contractor", "there is no contractor with the code %q", f.text("contractor"))
		} else if u.ContractorID = k.ID; u.Name == "" {
			u.Name = k.Name
		}
	default:
		u.WorkshopID = f.id(s, "workshop", "workshop")
	}
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
	User *account.User
	Self bool
}

func (s *Server) userPage(c echo.Context) (userPage, error) {
	u, err := account.UserByID(c.Request().Context(), s.DB, paramID(c, "user"))
	return userPage{u, err == nil && u.ID == visitOf(c).who.UserID}, err
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
