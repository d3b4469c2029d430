package handlers

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

// statuses is what each kind of failure is in HTTP. Whatever is none of them is ours: 500.
var statuses = []struct {
	kind   error
	status int
}{
	{errNoSignIn, http.StatusUnauthorized}, // first: it is joined with the reason
	{piecework.ErrNotFound, http.StatusNotFound},
	{piecework.ErrInvalid, http.StatusUnprocessableEntity},
	{piecework.ErrConflict, http.StatusConflict},
	{piecework.ErrForbidden, http.StatusForbidden},
	{context.Canceled, http.StatusServiceUnavailable}, // the program is stopping
	{context.DeadlineExceeded, http.StatusServiceUnavailable},
}

var (
	errNoSignIn = errors.New("not signed in")
	errOldPage  = errors.New("form of an earlier sign-in") // joined with a reason of kind forbidden
	errDeadLink = errors.New("link that does not work")    // joined with a reason of kind not found
)

// faultWords is what a page says about a failure: what it is, and what to do.
type faultWords struct{ title, what, next *piecework.Message }

// wordsFor is what a page says about a status.
var wordsFor = map[int]faultWords{
	http.StatusBadRequest:   {piecework.Msg("This request cannot be read"), piecework.Msg("What arrived is damaged or incomplete."), piecework.Msg("Go back and try again.")},
	http.StatusUnauthorized: {piecework.Msg("Please sign in"), piecework.Msg("This needs a sign-in."), piecework.Msg("Sign in and try again.")},
	http.StatusForbidden:    {piecework.Msg("This is not open to you"), piecework.Msg("Your role may not do this."), piecework.Msg("Ask the lead of your workshop or an administrator.")},
	http.StatusNotFound:     {piecework.Msg("There is nothing here"), piecework.Msg("The address leads nowhere, or to something you may not see."), piecework.Msg("Check the address, or begin at the start page.")},
	http.StatusMethodNotAllowed: {piecework.Msg("This address cannot do that"), piecework.Msg("The address exists and takes another kind of request."),
		piecework.Msg("Begin at the start page.")},
	http.StatusConflict:              {piecework.Msg("This cannot be done now"), piecework.Msg("Things have changed meanwhile."), piecework.Msg("Go back, load the page again and look at how things stand.")},
	http.StatusRequestEntityTooLarge: {piecework.Msg("This is too large"), piecework.Msg("More was sent than one request may carry."), piecework.Msg("Send less at once.")},
	http.StatusUnsupportedMediaType:  {piecework.Msg("This kind of content is not read here"), piecework.Msg("The request must carry application/json."), nil},
	http.StatusUnprocessableEntity:   {piecework.Msg("Something needs to be put right"), piecework.Msg("What was entered is wrong."), piecework.Msg("Go back and put it right.")},
	http.StatusTooManyRequests:       {piecework.Msg("Too many tries"), piecework.Msg("There were too many tries from here."), piecework.Msg("Wait a little and try again.")},
	http.StatusServiceUnavailable:    {piecework.Msg("Not ready"), piecework.Msg("The program cannot answer at the moment."), piecework.Msg("Wait a little and try again.")},
	http.StatusInternalServerError:   {piecework.Msg("Something went wrong on our side"), piecework.Msg("It was written down with the number below."), piecework.Msg("Try again. If it happens again, tell the operator the number.")},
}

// wordsForOldPage stand in for those of a refusal: nothing is forbidden, the page is only out of date.
var wordsForOldPage = faultWords{piecework.Msg("This page is out of date"),
	piecework.Msg("It was open for too long, or you have signed in or out since. Nothing was changed."), piecework.Msg("Load the page again and repeat the last step.")}

// wordsForDeadLink are for a contractor, who has no account here: nothing but another link helps. What happened, the reason says.
var wordsForDeadLink = faultWords{title: piecework.Msg("Ask for a new link"),
	next: piecework.Msg("Scan the code on the newest delivery note, or ask the workshop that gave you the link.")}

// statusOf is the HTTP status of an error.
func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	var ours *echo.HTTPError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	for _, s := range statuses {
		if errors.Is(err, s.kind) {
			return s.status
		}
	}
	if errors.As(err, &ours) {
		return ours.Code
	}
	return http.StatusInternalServerError
}

// fault is an error in the words of the visitor. What is ours is never told. Href and Link are the way out and its words, "" where none helps.
type fault struct {
	Status                               int
	Title, What, Where, Next, Href, Link string
}

func describe(c echo.Context, err error) fault {
	v, status := visitOf(c), statusOf(err)
	words, ok := wordsFor[status]
	if !ok {
		words = wordsFor[http.StatusInternalServerError]
		if status < 500 {
			words = wordsFor[http.StatusBadRequest]
		}
	}
	dead := errors.Is(err, errDeadLink) && status == http.StatusNotFound
	switch {
	case errors.Is(err, errOldPage):
		words = wordsForOldPage
	case dead:
		words.title, words.next = wordsForDeadLink.title, wordsForDeadLink.next
	}
	f := fault{Status: status, Title: inWords(v.lang, words.title), What: inWords(v.lang, words.what)}
	if words.next != nil {
		f.Next = inWords(v.lang, words.next)
	}
	var problem *piecework.Problem
	var invalid *piecework.Invalid
	switch {
	case status >= 500:
		f.Where = requestID(c)
	case errors.As(err, &problem):
		f.What = inWords(v.lang, &problem.Message)
	case errors.As(err, &invalid):
		var parts []string
		for _, e := range fieldErrors(v.lang, invalid) {
			parts = append(parts, templates.Label(v.lang, e.Field)+v.says(": ")+e.Text)
		}
		f.What = strings.Join(parts, "; ")
	default:
		f.Where = c.Request().Method + " " + c.Request().URL.Path
	}
	switch {
	case dead:
	case status == http.StatusConflict || status == http.StatusUnprocessableEntity || errors.Is(err, errOldPage):
		f.Href, f.Link = back(c), v.says("Go back")
	default:
		f.Href, f.Link = "/", v.says("To the start page")
	}
	return f
}

// fail is the last word on a request that returned an error: a page, or a problem document (RFC 9457) for programs.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	if gone := c.Request().Context().Err(); gone != nil && errors.Is(err, context.Canceled) {
		// Nobody waits for the answer any more, and what was under way was called off. That is no fault of ours.
		_ = c.NoContent(http.StatusRequestTimeout)
		return
	}
	f := describe(c, err)
	if f.Status >= 500 {
		s.Logger.Error("request failed", "id", requestID(c), "err", err)
	}
	h := c.Response().Header()
	h.Del("Content-Disposition")
	h.Set("Cache-Control", "no-store")
	if f.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if wantsProblem(c) {
		h.Set(echo.HeaderContentType, "application/problem+json")
		c.Response().WriteHeader(f.Status)
		_ = json.NewEncoder(c.Response()).Encode(problemOf(c, f, err))
		return
	}
	if failed := s.render(c, f.Status, "error/show", nil, f); failed != nil {
		s.Logger.Error("error page failed", "id", requestID(c), "err", failed)
		_ = c.String(f.Status, f.Title+"\n")
	}
}

func wantsProblem(c echo.Context) bool {
	accept := c.Request().Header.Get("Accept")
	return isAPI(c) || strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

// problemDocument is RFC 9457, with the wrong places.
type problemDocument struct {
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail,omitempty"`
	Instance string         `json:"instance,omitempty" doc:"number of the request, to quote to the operator"`
	Errors   []problemPlace `json:"errors,omitempty"`
}

type problemPlace struct {
	Location string `json:"location" doc:"what is wrong, such as tallies[0].good"`
	Message  string `json:"message"`
}

func problemOf(c echo.Context, f fault, err error) problemDocument {
	doc := problemDocument{Title: f.Title, Status: f.Status, Detail: f.What, Instance: "urn:request:" + requestID(c)}
	var invalid *piecework.Invalid
	if errors.As(err, &invalid) && f.Status < 500 {
		doc.Detail = ""
		for _, e := range fieldErrors(visitOf(c).lang, invalid) {
			doc.Errors = append(doc.Errors, problemPlace{e.Field, e.Text})
		}
	}
	return doc
}

// back is the page of ours that the request came from, or the start page.
func back(c echo.Context) string {
	from, err := url.Parse(c.Request().Referer())
	if err != nil || from.Host != c.Request().Host {
		return "/"
	}
	return localPath(from.RequestURI())
}

// localPath is path if it leads to this server, else the start page.
func localPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}

// keepPanic hands a panic on as an error with its stack, for the log.
func keepPanic(_ echo.Context, err error, stack []byte) error {
	return fmt.Errorf("panic: %w\n%s", err, stack)
}

// xRequestID is written as net/http keeps it, which Echo's constant is not: that would be rewritten for every request.
const xRequestID = "X-Request-Id"

func requestID(c echo.Context) string { return c.Response().Header().Get(xRequestID) }

// logged numbers each request and writes one line about it.
func (s *Server) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		c.Response().Header().Set(xRequestID, rand.Text()) // a visitor's own number could not be told from ours
		if err := next(c); err != nil {
			c.Error(err)
		}
		r, path := c.Request(), c.Request().URL.Path
		if strings.Contains(c.Path(), ":code") {
			path = c.Path() // a code opens what it names
		}
		v, end := visitOf(c), time.Now()
		line := []slog.Attr{slog.String("id", requestID(c)), slog.String("method", r.Method), slog.String("path", path), slog.Int("status", c.Response().Status),
			slog.Int64("bytes", c.Response().Size), slog.Int64("ms", end.Sub(start).Milliseconds()), slog.String("from", c.RealIP()), slog.Int64("user", v.who.UserID)}
		if v.refused {
			line = append(line, slog.Bool("refused", true))
		}
		// Not by the logger itself, which would look up for each line where in the program it is written.
		if log := s.Logger.Handler(); log.Enabled(r.Context(), slog.LevelInfo) {
			said := slog.NewRecord(end, slog.LevelInfo, "request", 0)
			said.AddAttrs(line...)
			_ = log.Handle(r.Context(), said)
		}
		return nil
	}
}
