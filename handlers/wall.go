package handlers

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

// nameStyles are the ways a wall screen shows names, by their word in the address; the first is what it does unasked.
var nameStyles = []struct {
	value string
	text  *piecework.Message
}{
	{"full", piecework.Msg("Full names")}, {"title", piecework.Msg("Ms and surname")}, {"star", piecework.Msg("Surname and *")}, {"code", piecework.Msg("Codes only")},
}

type wallPage struct {
	*piecework.Board
	Names  string // one of nameStyles
	Styles []templates.Option
	Now    time.Time // in the workshop
	Day    piecework.Date
	style  func(*piecework.Worker) string
}

// wallShow shows the board of a session for a wall screen: counts and progress, no money. It changes by itself; see [Server.wallEvents].
func (s *Server) wallShow(c echo.Context) error {
	board, err := piecework.BoardOf(c.Request().Context(), s.DB, paramID(c, "session"))
	if err != nil {
		return err
	}
	v := visitOf(c)
	p := &wallPage{Board: board, Names: nameStyles[0].value, Now: time.Now().In(board.Session.Workshop.Location())}
	p.Day = piecework.DateOf(p.Now)
	for _, style := range nameStyles {
		p.Styles = append(p.Styles, templates.Option{Value: style.value, Text: inWords(v.lang, style.text)})
		if style.value == c.QueryParam("names") {
			p.Names = style.value
		}
	}
	p.style = func(w *piecework.Worker) string {
		switch p.Names {
		case "title":
			return v.says("Ms %s", piecework.Surname(w.Name))
		case "star":
			return piecework.Surname(w.Name) + "*"
		case "code":
			return w.Code
		}
		return w.Name
	}
	// Without menu and without the message about the last action, which belongs to the page the person works on.
	var whole strings.Builder
	if err := s.pages.Render(&whole, "wall/show", v.lang, templates.View{Path: c.Request().URL.RequestURI(), CSRF: s.csrfField(c), Page: p}); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.HTML(http.StatusOK, whole.String())
}

// Tiles are the workers of the board: those who counted most first, then those who are here and have not counted.
func (p *wallPage) Tiles() []*piecework.SheetRow {
	var rows []*piecework.SheetRow
	for i := range p.Rows {
		if r := &p.Rows[i]; !r.Sum.IsZero() || r.Here() {
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b *piecework.SheetRow) int { return int(min(1, b.Sum.Good)) - int(min(1, a.Sum.Good)) })
	return rows
}

// Crowd says, as classes, how small tiles and orders must be so that a screen holds all of them.
func (p *wallPage) Crowd() string {
	class, steps := "", 0
	switch n := len(p.Tiles()); {
	case n > 30:
		class = "crowd"
	case n > 16:
		class = "many"
	}
	for _, o := range p.Orders {
		steps += len(o.Steps)
	}
	if steps > 6 {
		class += " packed"
	}
	return class
}

// Name is a worker's name as it may be shown.
func (p *wallPage) Name(r *piecework.SheetRow) string { return p.style(&r.Worker) }

// Late says whether an order is past its due day.
func (p *wallPage) Late(o *piecework.ProcessingOrder) bool {
	return o.DueOn != "" && o.DueOn < p.Day && !o.Closed()
}
