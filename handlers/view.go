package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/templates"
)

// What a handler uses:
//
//	s.page(c, "orders/list", orderList{…})         shows a page; the struct is what the template calls .Page
//	s.again(c, err, "orders/form", orderForm{…})   shows a form again, with what is wrong or why it cannot be done now; returns other errors
//	s.done(c, "/orders", "%s is closed.", code)    goes on to a page (303), which says once what was done
//	s.doneUndo(c, to, undo, "…", args…)            the same, with a button that posts to undo
//	s.filter(c)                                    q, page, from, to, status and ids of the address, narrowed to the person
//	visitOf(c).who                                 who acts: .Name for the books, .WorkshopID, .Role
//	visitOf(c).says("…", args…)                    a sentence in the visitor's language
//	paramID(c, "order")                            the id in the path, already known to exist and to be visible
//	s.zone(c)                                      the time zone to show moments in

// menu is the navigation. A person sees the entries whose path she may ask for. An entry is marked on its own pages and on
// those below the paths that lead on from it.
var menu = []struct {
	label *piecework.Message
	href  string
	on    []string
}{
	{piecework.Msg("Today"), "/", nil},
	{piecework.Msg("My work"), "/me", []string{"/slips", "/notices"}},
	{piecework.Msg("Scan"), "/scan", nil},
	{piecework.Msg("Sessions"), "/sessions", nil},
	{piecework.Msg("Tallies"), "/tallies", nil},
	{piecework.Msg("Review"), reviewPath, nil},
	{piecework.Msg("Take-home"), "/takehomes", nil},
	{piecework.Msg("Adjustments"), "/adjustments", nil},
	{piecework.Msg("Pay runs"), "/runs", []string{"/slips", "/disputes"}},
	{piecework.Msg("Orders"), "/orders", []string{"/margins", "/tickets"}},
	{piecework.Msg("Deliveries"), "/deliveries", nil},
	{piecework.Msg("Statements"), "/statements", []string{"/chargebacks"}},
	{piecework.Msg("Questions"), "/questions", nil},
	{piecework.Msg("Workers"), "/workers", nil},
	{piecework.Msg("Rates"), "/rates", nil},
	{piecework.Msg("Products"), "/products", []string{"/operations"}},
	{piecework.Msg("Contractors"), "/contractors", nil},
	{piecework.Msg("Workshops"), "/workshops", []string{"/tax-tables", "/minimum-wages", "/bank-layouts"}},
	{piecework.Msg("Users"), "/users", []string{"/audit", "/robots"}},
	{piecework.Msg("Programme"), "/programme", nil},
}

// visit is what is known about a request before its handler runs.
type visit struct {
	who       account.Identity     // the zero value when nobody is signed in
	workshops []piecework.Workshop // of a person with several, to choose from; nil otherwise
	newPIN    bool                 // she has to choose a PIN before anything else
	lang      string
	csrf      []byte             // what the hidden field of forms must carry; nil for tokens
	begun     int64              // the user who has just signed in, 0 for nobody
	detail    string             // what the audit trail says beside the action
	action    *piecework.Message // what it says instead of the table's words; nil: those
	refused   bool               // she asked for what she may not have
}

type visitKey struct{}

// visitOf is the visit of a request.
func visitOf(c echo.Context) *visit {
	if v := visitIn(c.Request().Context()); v != nil {
		return v
	}
	return &visit{lang: langOf(c)}
}

// visitIn is the visit of an admitted request with that context, or nil.
func visitIn(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// belongs says whether a workshop is one of several that the person has.
func (v *visit) belongs(workshopID int64) bool {
	return slices.ContainsFunc(v.workshops, func(w piecework.Workshop) bool { return w.ID == workshopID })
}

func (v *visit) signedIn() bool { return v.who.Role != "" }

// says translates a sentence for the visitor.
func (v *visit) says(format string, args ...any) string {
	return inWords(v.lang, &piecework.Message{Format: format, Args: args})
}

// inWords translates a message and the messages among its arguments.
func inWords(lang string, m *piecework.Message) string {
	args := make([]any, len(m.Args))
	for i, arg := range m.Args {
		switch arg := arg.(type) {
		case *piecework.Message:
			args[i] = inWords(lang, arg)
		case piecework.Message:
			args[i] = inWords(lang, &arg)
		case payroll.RunStatus:
			args[i] = strings.ToLower(templates.Label(lang, string(arg)))
		default:
			args[i] = arg
		}
	}
	return templates.Translate(lang, m.Format, args...)
}

// roleNames are the roles in words.
var roleNames = map[account.Role]*piecework.Message{
	account.Admin: piecework.Msg("Administrator"), account.Bookkeeper: piecework.Msg("Bookkeeper"), account.Lead: piecework.Msg("Lead"),
	account.Counter: piecework.Msg("Counter"), account.Worker: piecework.Msg("Worker"), account.Contractor: piecework.Msg("Contractor"),
	account.Officer: piecework.Msg("Programme officer"),
}

// page shows a page.
func (s *Server) page(c echo.Context, name string, page any) error {
	return s.render(c, http.StatusOK, name, nil, page)
}

// again shows a form again with what is wrong in it (422), or why it cannot be done as things stand (409). Any other error is
// returned.
func (s *Server) again(c echo.Context, err error, name string, page any) error {
	v := visitOf(c)
	var problem *piecework.Problem
	if errors.As(err, &problem) && problem.Kind == piecework.ErrConflict {
		return s.render(c, http.StatusConflict, name, templates.Errors{{Text: inWords(v.lang, &problem.Message)}}, page)
	}
	var invalid *piecework.Invalid
	if !errors.As(err, &invalid) {
		return err
	}
	return s.render(c, http.StatusUnprocessableEntity, name, fieldErrors(v.lang, invalid), page)
}

func fieldErrors(lang string, invalid *piecework.Invalid) templates.Errors {
	var list templates.Errors
	for _, f := range invalid.Fields {
		list = append(list, templates.FieldError{Field: f.Field, Text: inWords(lang, &f.Message)})
	}
	return list
}

func (s *Server) render(c echo.Context, status int, name string, errs templates.Errors, page any) error {
	v := visitOf(c)
	view := templates.View{Path: c.Request().URL.RequestURI(), CSRF: s.csrfField(c), Errors: errs, Page: page, Flash: s.popFlash(c), Demo: s.Demo != nil}
	if v.signedIn() {
		view.User = &templates.User{Name: v.who.Name, Role: inWords(v.lang, roleNames[v.who.Role]), Bench: v.who.Role == account.Counter}
		for _, w := range v.workshops {
			view.User.Workshops = append(view.User.Workshops, option(w.ID, w.Name))
		}
		view.User.Workshop = strconv.FormatInt(v.who.WorkshopID, 10)
		if !v.newPIN {
			view.Nav = s.nav(c, v)
		}
	}
	// Buffered, so that a page that fails in the middle becomes an error page.
	var whole strings.Builder
	if err := s.pages.Render(&whole, name, v.lang, view); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.HTML(status, whole.String())
}

func (s *Server) nav(c echo.Context, v *visit) []templates.Link {
	var links []templates.Link
	path, role := c.Request().URL.Path, mayOf[v.who.Role]
	for _, m := range menu {
		if s.table[get+" "+m.href].may&role == 0 || m.href == "/" && role&(office|contractor) == 0 {
			continue // the start page only sends the others to their own, which has an entry
		}
		current := path == m.href || slices.ContainsFunc(append(m.on, m.href), func(on string) bool { return on != "/" && strings.HasPrefix(path+"/", on+"/") })
		links = append(links, templates.Link{Label: inWords(v.lang, m.label), Href: m.href, Current: current})
		if m.href == reviewPath {
			links[len(links)-1].Count = s.waiting(c)
		}
	}
	return links
}

// waiting is how many tallies wait for the person in the review queue. A page is shown even when they cannot be counted.
func (s *Server) waiting(c echo.Context) int {
	n, err := piecework.CountReview(c.Request().Context(), s.DB, visitOf(c).who.WorkshopID)
	if err != nil && c.Request().Context().Err() == nil {
		s.Logger.Error("count what waits for review", "err", err)
	}
	return n
}

// done goes on to a page that says once what was done.
func (s *Server) done(c echo.Context, to, format string, args ...any) error {
	return s.doneUndo(c, to, "", format, args...)
}

// doneUndo is done with a button that posts to the path undo.
func (s *Server) doneUndo(c echo.Context, to, undo, format string, args ...any) error {
	ctx := c.Request().Context()
	s.sessions.Put(ctx, "flash", visitOf(c).says(format, args...))
	s.sessions.Put(ctx, "undo", undo)
	return c.Redirect(http.StatusSeeOther, to)
}

func (s *Server) popFlash(c echo.Context) *templates.Flash {
	if v := visitOf(c); !v.signedIn() || v.csrf == nil { // a program with a token has no session
		return nil
	}
	ctx := c.Request().Context()
	text := s.sessions.PopString(ctx, "flash")
	if text == "" {
		return nil
	}
	return &templates.Flash{Kind: templates.Done, Text: text, Undo: s.sessions.PopString(ctx, "undo")}
}

// zone is the time zone of the visitor's workshop, or the usual one.
func (s *Server) zone(c echo.Context) *time.Location {
	if id := visitOf(c).who.WorkshopID; id != 0 {
		if w, err := piecework.WorkshopByID(c.Request().Context(), s.DB, id); err == nil {
			return w.Location()
		}
	}
	return piecework.NewWorkshop("", "").Location()
}

// today is the present day in the visitor's time zone.
func (s *Server) today(c echo.Context) piecework.Date {
	return piecework.DateOf(time.Now().In(s.zone(c)))
}
