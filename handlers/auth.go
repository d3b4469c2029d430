package handlers

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"

	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/templates"
)

// Cookies. The door cookie carries the secret of forms for those who have not signed in; by the device cookie a browser is known on which
// somebody has signed in before.
const (
	sessionCookie = "jijian_session"
	doorCookie    = "jijian_door"
	langCookie    = "jijian_lang"
	deviceCookie  = "jijian_device"
)

// admit lets a request through to its handler if the table allows it: it finds out who asks, whether the request was made on
// our own pages, whether the role may, and whether what the path names exists for this person.
func (s *Server) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r, ok := s.table[c.Request().Method+" "+c.Path()]
		if ok && r.may == plain {
			return next(c)
		}
		limitBody(c)
		v := &visit{lang: langOf(c)}
		c.SetRequest(c.Request().WithContext(context.WithValue(c.Request().Context(), visitKey{}, v)))
		if err := s.identify(c, v); err != nil {
			return err
		}
		if err := s.pace(c, v); err != nil {
			return err
		}
		if !ok {
			return next(c) // nothing is registered there: the router's own answer, on a page with the menu
		}
		if !safe(c.Request().Method) {
			if err := s.checkOrigin(c, v); err != nil {
				v.refused = true
				return err
			}
		}
		if r.may&open == 0 {
			if err := s.permit(c, v, r); err != nil {
				v.refused = v.signedIn() && !errors.Is(err, errToSignIn)
				return err
			}
		}
		if r.api != nil && r.api.quick != nil {
			if done, err := r.api.quick(c); done || err != nil {
				return err
			}
		}
		err := next(c)
		if err == nil {
			s.trail(c, r)
		}
		return err
	}
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// identify finds out who asks: a program by its token, or a person by her session.
func (s *Server) identify(c echo.Context, v *visit) error {
	ctx := c.Request().Context()
	if header := c.Request().Header.Get(echo.HeaderAuthorization); header != "" && isAPI(c) {
		token, ok := strings.CutPrefix(header, "Bearer ")
		if !ok {
			return errNoSignIn
		}
		who, err := s.tokens.Identity(ctx, token)
		if errors.Is(err, piecework.ErrForbidden) {
			return errors.Join(errNoSignIn, err)
		}
		v.who = who
		return err
	}
	token := ""
	if cookie, err := s.cookie(c, sessionCookie); err == nil {
		token = cookie.Value
	}
	ctx, err := s.sessions.Load(ctx, token)
	if err != nil {
		return err
	}
	c.SetRequest(c.Request().WithContext(ctx))
	c.Response().Before(func() { s.saveSession(c) })
	if v.csrf, err = s.formSecret(c); err != nil {
		return err
	}
	id := s.sessions.GetInt64(ctx, "user")
	if id == 0 {
		return nil
	}
	u, err := account.UserByID(ctx, s.DB, id)
	if err != nil && !errors.Is(err, piecework.ErrNotFound) {
		return err
	}
	if err != nil || u.Disabled || u.Stamp() != s.sessions.GetString(ctx, "stamp") {
		return s.sessions.Destroy(ctx)
	}
	return s.recognise(c, v, u)
}

// recognise makes the visit that of a user whose session is right, unless it has lasted long enough.
func (s *Server) recognise(c echo.Context, v *visit, u *account.User) error {
	ctx := c.Request().Context()
	life := lives[u.Role]
	if began := s.sessions.GetInt64(ctx, "began"); began != 0 {
		now, end := time.Now(), time.UnixMilli(began).Add(life.longest)
		if now.After(end) {
			return s.sessions.Destroy(ctx)
		}
		until := now.Add(life.idle)
		if until.After(end) {
			until = end
		}
		if until.Sub(s.sessions.Deadline(ctx)) > life.idle/12 { // not on every page, since each time is a write
			s.sessions.SetDeadline(ctx, until)
		}
	}
	v.who, v.newPIN = u.Identity(), u.PINFirst
	v.who.SessionID = account.SessionID(s.sessions.Token(ctx))
	if mayOf[u.Role]&office == 0 || u.WorkshopID == 0 {
		return nil
	}
	list, err := account.WorkshopsOf(ctx, s.DB, u)
	if err != nil || len(list) < 2 {
		return err
	}
	v.workshops = list
	chosen := s.sessions.GetInt64(ctx, "workshop")
	for _, w := range list {
		if code := c.QueryParam("workshop"); w.ID == chosen && !fromBench(c) || fromBench(c) && w.Code == code {
			v.who.WorkshopID = w.ID
		}
	}
	return nil
}

// fromBench says whether the scan page asks, which names by its code the workshop that a device counts for, whatever is looked at meanwhile.
func fromBench(c echo.Context) bool { return c.Path() == tallyPath || c.Path() == "/scan/data" }

// lives are how long a sign-in lasts: without use, and at the longest. A worker's phone stays hers; a desk or a bench is left alone, or shared.
var lives = map[account.Role]struct{ idle, longest time.Duration }{
	account.Admin: {12 * time.Hour, 7 * day}, account.Bookkeeper: {12 * time.Hour, 7 * day}, account.Lead: {7 * day, 30 * day}, account.Counter: {16 * time.Hour, 7 * day},
	account.Worker: {90 * day, 365 * day}, account.Contractor: {7 * day, 30 * day}, account.Officer: {12 * time.Hour, 7 * day},
}

const day = 24 * time.Hour

// saveSession stores what changed in the session just before the answer goes out.
func (s *Server) saveSession(c echo.Context) {
	ctx := c.Request().Context()
	switch s.sessions.Status(ctx) {
	case scs.Modified:
		token, until, err := s.sessions.Commit(ctx)
		if err != nil {
			s.Logger.Error("store session", "id", requestID(c), "err", err)
			return
		}
		if v := visitOf(c); v.begun != 0 {
			if err := (account.WebSessions{DB: s.DB}).Own(ctx, token, v.begun, c.Request().UserAgent()); err != nil {
				s.Logger.Error("store session", "id", requestID(c), "err", err)
			}
		}
		s.setCookie(c, sessionCookie, token, time.Until(until))
	case scs.Destroyed:
		s.setCookie(c, sessionCookie, "", -1)
	}
}

// setCookie sets a cookie no script can read; a negative life removes it.
func (s *Server) setCookie(c echo.Context, name, value string, life time.Duration) {
	age := int(life.Seconds())
	if life < 0 {
		age = -1
	}
	c.SetCookie(&http.Cookie{Name: s.cookieName(c, name), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.secure(c), SameSite: http.SameSiteLaxMode})
}

// cookie is a cookie that setCookie set.
func (s *Server) cookie(c echo.Context, name string) (*http.Cookie, error) {
	return c.Cookie(s.cookieName(c, name))
}

// cookieName is the name of a cookie in the browser: over https one that only this very host can set. The language is nobody's secret, and read
// where it is not known how people come.
func (s *Server) cookieName(c echo.Context, name string) string {
	if s.secure(c) && name != langCookie {
		return "__Host-" + name
	}
	return name
}

const secretBytes = 32

// formSecret is what forms of this visitor must carry: of the session, or before sign-in of the door cookie.
func (s *Server) formSecret(c echo.Context) ([]byte, error) {
	if stored := s.sessions.GetBytes(c.Request().Context(), "csrf"); len(stored) == secretBytes {
		return stored, nil
	}
	if cookie, err := s.cookie(c, doorCookie); err == nil {
		if stored, err := base64.RawURLEncoding.DecodeString(cookie.Value); err == nil && len(stored) == secretBytes {
			return stored, nil
		}
	}
	fresh := make([]byte, secretBytes)
	rand.Read(fresh) // never fails
	if !isAPI(c) {
		s.setCookie(c, doorCookie, base64.RawURLEncoding.EncodeToString(fresh), sessionLife)
	}
	return fresh, nil
}

// csrfField hides the secret of forms under a new pad on every page, so that compression of the answer betrays nothing of it.
func (s *Server) csrfField(c echo.Context) string {
	secret := visitOf(c).csrf
	if secret == nil {
		return ""
	}
	field := make([]byte, 2*secretBytes)
	rand.Read(field[:secretBytes])
	subtle.XORBytes(field[secretBytes:], field[:secretBytes], secret)
	return base64.RawURLEncoding.EncodeToString(field)
}

// carries says whether field was made by csrfField for this visitor.
func (v *visit) carries(field string) bool {
	data, err := base64.RawURLEncoding.DecodeString(field)
	if err != nil || len(data) != 2*secretBytes || len(v.csrf) != secretBytes {
		return false
	}
	secret := make([]byte, secretBytes)
	subtle.XORBytes(secret, data[:secretBytes], data[secretBytes:])
	return subtle.ConstantTimeCompare(secret, v.csrf) == 1
}

// checkOrigin refuses a change that another site made this browser ask for. Programs with a token have no browser.
func (s *Server) checkOrigin(c echo.Context, v *visit) error {
	if v.csrf == nil {
		return nil
	}
	r := c.Request()
	if err := s.origins.Check(r); err != nil {
		return piecework.Forbidden("This came from another site and was refused.")
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if picture := strings.HasPrefix(kind, "image/"); isAPI(c) || picture {
		sameSite := r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != ""
		if v.signedIn() && !sameSite && !v.carries(r.Header.Get(echo.HeaderXCSRFToken)) {
			return piecework.Forbidden("This came from another site and was refused.")
		}
		if !picture && kind != echo.MIMEApplicationJSON {
			return echo.ErrUnsupportedMediaType // no form of another site can send either kind
		}
		return nil
	}
	parse := r.ParseForm
	if kind == echo.MIMEMultipartForm {
		parse = func() error { return r.ParseMultipartForm(pageLimit) }
	}
	if err := parse(); err != nil && !errors.Is(err, http.ErrMissingBoundary) {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return err
		}
		return echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	if !v.carries(r.PostForm.Get("csrf")) {
		return errors.Join(errOldPage, piecework.ErrForbidden)
	}
	return nil
}

// errToSignIn ends a request that was answered with the way to the sign-in page.
var errToSignIn = errors.New("sent to sign in")

// permit checks role and things against the line of the table.
func (s *Server) permit(c echo.Context, v *visit, r route) error {
	if !v.signedIn() {
		if wantsProblem(c) {
			return errNoSignIn
		}
		to := "/signin"
		if c.Request().Method == http.MethodGet && c.Request().URL.Path != "/" {
			to += "?next=" + url.QueryEscape(c.Request().URL.RequestURI())
		}
		if err := c.Redirect(http.StatusSeeOther, to); err != nil {
			return err
		}
		return errToSignIn
	}
	if r.may&mayOf[v.who.Role] == 0 {
		return piecework.Forbidden("Your role may not do this.")
	}
	if v.newPIN && r.path != pinPath {
		if wantsProblem(c) {
			return piecework.Forbidden("Choose a PIN of your own first.")
		}
		if err := c.Redirect(http.StatusSeeOther, pinPath); err != nil {
			return err
		}
		return errToSignIn
	}
	return s.permitThings(c, v)
}

// permitThings lets a person at what the path names if all of it is hers. Who has several workshops changes to the one where it is.
func (s *Server) permitThings(c echo.Context, v *visit) error {
	err := s.seesThings(c, v.who)
	if err == nil || !errors.Is(err, piecework.ErrNotFound) {
		return err
	}
	for _, w := range v.workshops {
		who := v.who
		if who.WorkshopID = w.ID; s.seesThings(c, who) == nil {
			v.who = who
			s.sessions.Put(c.Request().Context(), "workshop", w.ID)
			return nil
		}
	}
	return err
}

// seesThings is nil when everything the path names exists for somebody.
func (s *Server) seesThings(c echo.Context, who account.Identity) error {
	for _, name := range c.ParamNames() {
		if freeParams[name] {
			continue
		}
		id, err := strconv.ParseInt(c.Param(name), 10, 64)
		if err != nil {
			return echo.ErrNotFound
		}
		if err := who.May(c.Request().Context(), s.DB, name, id); err != nil {
			return err
		}
	}
	return nil
}

var spoken = language.NewMatcher([]language.Tag{language.English, language.Chinese})

// langOf is the language to answer in: what the address or the cookie says, else Chinese. Programs say it in Accept-Language
// and are answered in English otherwise.
func langOf(c echo.Context) string {
	cookie, err := c.Cookie(langCookie)
	asked := []string{c.QueryParam("lang")}
	if err == nil {
		asked = append(asked, cookie.Value)
	}
	for _, lang := range asked {
		if lang != "" && templates.Known(lang) == lang {
			return lang
		}
	}
	if !isAPI(c) {
		return templates.Languages[0]
	}
	if accepted := c.Request().Header.Get("Accept-Language"); accepted != "" {
		if _, i := language.MatchStrings(spoken, accepted); i == 1 {
			return "zh"
		}
	}
	return "en"
}

const langLife = 365 * 24 * time.Hour

// language keeps the language a person chose and goes back to where she was.
func (s *Server) language(c echo.Context) error {
	s.setCookie(c, langCookie, templates.Known(c.FormValue("lang")), langLife)
	to, err := url.Parse(localPath(c.FormValue("back")))
	if err != nil {
		return c.Redirect(http.StatusSeeOther, "/")
	}
	q := to.Query()
	q.Del("lang")
	to.RawQuery = q.Encode()
	return c.Redirect(http.StatusSeeOther, to.String())
}
