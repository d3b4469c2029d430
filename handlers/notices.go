package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/courier"
	"jijian/templates"
)

// say puts a notice into words, for whom it is for or for a chat group. It names no worker and no amount: groups read it, and screens
// that lie on tables.
func say(lang string, n *piecework.Notice, group bool) courier.Message {
	days := templates.Period(lang, n.FirstDay, n.LastDay)
	m := courier.Message{Title: n.Workshop.Name, Path: "/notices"}
	var body *piecework.Message
	switch {
	case n.Kind == piecework.SessionOpens && n.Clock == "":
		body = piecework.Msg("Work opens on %s.", templates.Day(lang, n.FirstDay))
	case n.Kind == piecework.SessionOpens:
		body = piecework.Msg("Work opens on %s at %s.", templates.Day(lang, n.FirstDay), n.Clock)
	case n.Kind == piecework.SlipsReady:
		body = piecework.Msg("The slips of %s are ready. Please check yours on your own page.", days)
	case n.Kind == piecework.SlipReady:
		body = piecework.Msg("Your slip of %s is ready. Please check it.", days)
	case group:
		body = piecework.Msg("Something raised about the slips of %s is answered. Whoever raised it finds the answer on her page.", days)
	default:
		body = piecework.Msg("What you raised about your slip of %s is answered.", days)
	}
	m.Body = inWords(lang, body)
	if n.SlipID != 0 {
		m.Path = slipPath(n.SlipID)
	}
	return m
}

// news is what a person has been told, as lists and cards show it.
type news struct {
	List  []newsItem // the newest first
	Fresh int        // how many she has not seen
	UpTo  int64      // the newest: seeing the list sees everything up to it
}

type newsItem struct {
	courier.Message
	At  time.Time
	New bool
}

// newsFor reads what the visitor has been told; at most n of it, if n is not 0, and then only what is new.
func (s *Server) newsFor(c echo.Context, n int) (news, error) {
	v, zone := visitOf(c), s.zone(c)
	list, fresh, err := piecework.Notices(c.Request().Context(), s.DB, reader(v.who))
	out := news{Fresh: fresh}
	for i, notice := range list {
		if i == 0 {
			out.UpTo = notice.ID
		}
		if n > 0 && (!notice.New || len(out.List) == n) {
			break
		}
		item := newsItem{say(v.lang, &notice, false), notice.MadeAt.In(zone), notice.New}
		switch office := v.who.Role != account.Worker; {
		case office && notice.Kind == piecework.SlipsReady:
			item.Path = runPath(notice.RunID)
		case office && notice.Kind == piecework.SessionOpens:
			item.Path = "/sessions/" + strconv.FormatInt(notice.SessionID, 10)
		case notice.Kind == piecework.SessionOpens:
			item.Path = ""
		}
		out.List = append(out.List, item)
	}
	return out, err
}

func reader(who account.Identity) piecework.Reader {
	return piecework.Reader{UserID: who.UserID, WorkerID: who.WorkerID, WorkshopID: who.WorkshopID}
}

// newsPage lists what a person has been told and lets her have it on her device.
type newsPage struct {
	news
	Key     string // which the browser wants before it takes messages
	Devices int64  // how many of hers do
}

// notices lists what the visitor has been told.
func (s *Server) notices(c echo.Context) error {
	ctx := c.Request().Context()
	var p newsPage
	var err error
	if p.news, err = s.newsFor(c, 0); err != nil {
		return err
	}
	if p.Key, err = s.courier.PublicKey(ctx); err != nil {
		return err
	}
	if p.Devices, err = piecework.CountDevices(ctx, s.DB, visitOf(c).who.UserID); err != nil {
		return err
	}
	return s.page(c, "notices/list", p)
}

// noticesSeen notes that the visitor has seen what she was shown.
func (s *Server) noticesSeen(c echo.Context) error {
	f := readForm(c)
	if err := piecework.SeeNotices(c.Request().Context(), s.DB, visitOf(c).who.UserID, f.number("up_to")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, localPath(f.text("back")))
}

// deviceAdd lets a browser have messages; a script asks, because only it can.
func (s *Server) deviceAdd(c echo.Context) error {
	f, v := readForm(c), visitOf(c)
	d := &piecework.PushDevice{UserID: v.who.UserID, Endpoint: f.text("endpoint"), P256dh: f.text("p256dh"), Auth: f.text("auth"), Lang: v.lang}
	f.invalid.AddMsg("endpoint", s.courier.Allow.Check(d.Endpoint))
	err := f.and(nil)
	if err == nil {
		err = piecework.AddDevice(c.Request().Context(), s.DB, d)
	}
	var invalid *piecework.Invalid
	if errors.As(err, &invalid) {
		return c.String(http.StatusUnprocessableEntity, invalid.Error()+"\n")
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// deviceRemove ends messages to a browser.
func (s *Server) deviceRemove(c echo.Context) error {
	if err := piecework.RemoveDevice(c.Request().Context(), s.DB, visitOf(c).who.UserID, readForm(c).text("endpoint")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// pushWorker serves the script that shows messages while no page is open.
func (s *Server) pushWorker(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-cache")
	return c.Blob(http.StatusOK, "text/javascript; charset=utf-8", templates.PushWorker())
}
