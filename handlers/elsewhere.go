package handlers

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/labstack/echo/v4"
	"golang.org/x/oauth2"

	"jijian/piecework"
	"jijian/piecework/account"
)

// Elsewhere is an account elsewhere with which people may sign in here, once they have linked it. [OIDC] and [WeChat] are such.
type Elsewhere interface {
	word() string    // in our addresses
	title() string   // for people
	vouches() string // names the provider in what is linked, for ever
	// leave is where to send a person, and come finds out who has come back.
	leave(ctx context.Context, t trip) (address string, err error)
	come(ctx context.Context, t trip, code string) (subject string, err error)
}

// trip is what one way there and back carries.
type trip struct {
	State, Nonce, Verifier string
	Back                   string // our own address to come back to
	Agent                  string
}

// patience is how long another server may take.
const patience = 10 * time.Second

// outside asks other servers; none of them may keep us waiting, or send us on.
var outside = &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// OIDC is a provider of OpenID Connect (Core 1.0), asked with the authorization code flow, PKCE (RFC 7636, S256), state and nonce.
type OIDC struct {
	Issuer, ClientID, ClientSecret string
	Name                           string // for people; "" takes the issuer's host

	mu       sync.Mutex
	provider *oidc.Provider // found at the first use
}

func (o *OIDC) word() string    { return "oidc" }
func (o *OIDC) vouches() string { return "oidc:" + o.Issuer }
func (o *OIDC) title() string {
	if u, err := url.Parse(o.Issuer); o.Name == "" && err == nil {
		return u.Host
	}
	return o.Name
}

// discover reads what the issuer says about itself, once it can be reached. Its keys are fetched, and fetched again, by the library.
func (o *OIDC) discover() (*oidc.Provider, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.provider == nil {
		p, err := oidc.NewProvider(oidc.ClientContext(context.Background(), outside), o.Issuer)
		if err != nil {
			return nil, fmt.Errorf("ask %s about itself: %w", o.Issuer, err)
		}
		o.provider = p
	}
	return o.provider, nil
}

func (o *OIDC) config(p *oidc.Provider, back string) *oauth2.Config {
	return &oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, Endpoint: p.Endpoint(), RedirectURL: back, Scopes: []string{oidc.ScopeOpenID}}
}

func (o *OIDC) leave(_ context.Context, t trip) (string, error) {
	p, err := o.discover()
	if err != nil {
		return "", err
	}
	return o.config(p, t.Back).AuthCodeURL(t.State, oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)), nil
}

// signatures are the algorithms an identity token may be signed with: only those where the key that checks cannot sign.
var signatures = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

func (o *OIDC) come(ctx context.Context, t trip, code string) (string, error) {
	p, err := o.discover()
	if err != nil {
		return "", err
	}
	ctx = oidc.ClientContext(ctx, outside)
	token, err := o.config(p, t.Back).Exchange(ctx, code, oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return "", fmt.Errorf("exchange the code: %w", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return "", errors.New("there is no identity token")
	}
	id, err := p.VerifierContext(ctx, &oidc.Config{ClientID: o.ClientID, SupportedSigningAlgs: signatures}).Verify(ctx, raw)
	if err != nil {
		return "", fmt.Errorf("identity token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(t.Nonce)) != 1 {
		return "", errors.New("identity token: another nonce")
	}
	return id.Subject, nil
}

// WeChat is an app of WeChat's open platform, asked by OAuth 2.0 as it has it: with a state, but without PKCE. People are known by their openid
// for the app.
type WeChat struct {
	AppID, Secret string
	// Official: the app is an official account's, for pages opened within WeChat; otherwise a website's, which shows a code to scan.
	Official bool
	// Authorize and Token are the addresses to ask; "" takes WeChat's own.
	Authorize, Token string
}

func (w *WeChat) word() string    { return "wechat" }
func (w *WeChat) vouches() string { return "wechat:" + w.AppID }
func (w *WeChat) title() string   { return "WeChat" }

func (w *WeChat) leave(_ context.Context, t trip) (string, error) {
	to, scope := "https://open.weixin.qq.com/connect/qrconnect", "snsapi_login"
	if w.Official {
		to, scope = "https://open.weixin.qq.com/connect/oauth2/authorize", "snsapi_base"
	}
	if w.Authorize != "" {
		to = w.Authorize
	}
	q := url.Values{"appid": {w.AppID}, "redirect_uri": {t.Back}, "response_type": {"code"}, "scope": {scope}, "state": {t.State}}
	return to + "?" + q.Encode() + "#wechat_redirect", nil
}

func (w *WeChat) come(ctx context.Context, _ trip, code string) (string, error) {
	to := w.Token
	if to == "" {
		to = "https://api.weixin.qq.com/sns/oauth2/access_token"
	}
	q := url.Values{"appid": {w.AppID}, "secret": {w.Secret}, "code": {code}, "grant_type": {"authorization_code"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to+"?"+q.Encode(), nil)
	if err != nil {
		return "", errors.New("the address for tokens is none")
	}
	res, err := outside.Do(req)
	if err != nil {
		var failed *url.Error // holds the address, and that the secret
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return "", fmt.Errorf("ask WeChat: %w", err)
	}
	defer res.Body.Close()
	var answer struct {
		OpenID  string `json:"openid"`
		ErrCode int    `json:"errcode"`
		ErrMsg  string `json:"errmsg"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&answer); err != nil {
		return "", fmt.Errorf("read WeChat's answer: %w", err)
	}
	if res.StatusCode != http.StatusOK || answer.ErrCode != 0 || answer.OpenID == "" {
		return "", fmt.Errorf("WeChat answers %d, error %d %q", res.StatusCode, answer.ErrCode, answer.ErrMsg)
	}
	return answer.OpenID, nil
}

// door is an account elsewhere as pages show it.
type door struct {
	Key, Title string
	Since      piecework.Instant // linked; 0 for not
}

func (s *Server) doorsElsewhere(c echo.Context) []door {
	var list []door
	for _, e := range s.Elsewhere {
		d := door{Key: e.word(), Title: e.title()}
		if d.Key == "wechat" {
			d.Title = visitOf(c).says("WeChat")
		}
		list = append(list, d)
	}
	return list
}

// tripLife is how long a person may stay elsewhere.
const tripLife = 10 * time.Minute

// setOut remembers a trip in the session and says where to go. Of the link of an invitation, or the user who links, it keeps which.
func (s *Server) setOut(c echo.Context, e Elsewhere, next, invite string, linkTo int64) (string, error) {
	ctx := c.Request().Context()
	t := trip{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Back: s.base(c) + "/signin/with/" + e.word() + "/back"}
	to, err := e.leave(ctx, t)
	if err != nil {
		return "", err
	}
	if !visitOf(c).signedIn() {
		s.sessions.SetDeadline(ctx, time.Now().Add(tripLife))
	}
	for key, value := range map[string]string{"trip": e.word(), "trip_state": t.State, "trip_nonce": t.Nonce, "trip_verifier": t.Verifier, "trip_next": next, "trip_invite": invite} {
		s.sessions.Put(ctx, key, value)
	}
	s.sessions.Put(ctx, "trip_user", linkTo)
	s.sessions.Put(ctx, "trip_until", time.Now().Add(tripLife).UnixMilli())
	return to, nil
}

// elsewhereGo sends a visitor to sign in elsewhere.
func (s *Server) elsewhereGo(c echo.Context) error {
	e, ok := s.elsewhere[c.Param("provider")]
	if !ok {
		return echo.ErrNotFound
	}
	next := localPath(c.QueryParam("next"))
	if visitOf(c).signedIn() {
		return c.Redirect(http.StatusSeeOther, next)
	}
	to, err := s.setOut(c, e, next, c.QueryParam("invite"), 0)
	if err != nil {
		return s.turnedAway(c, err)
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// turnedAway tells a visitor that signing in elsewhere failed; why is for the log.
func (s *Server) turnedAway(c echo.Context, err error) error {
	s.Logger.Warn("sign-in elsewhere", "id", requestID(c), "err", err)
	return piecework.Forbidden("Signing in there did not work. Try again, or sign in here as before.")
}

// elsewhereBack lets a visitor in who comes back from there, or links her account there to the one here.
func (s *Server) elsewhereBack(c echo.Context) error {
	ctx, v := c.Request().Context(), visitOf(c)
	e, ok := s.elsewhere[c.Param("provider")]
	if !ok {
		return echo.ErrNotFound
	}
	t := trip{State: s.sessions.PopString(ctx, "trip_state"), Nonce: s.sessions.PopString(ctx, "trip_nonce"), Verifier: s.sessions.PopString(ctx, "trip_verifier"),
		Back: s.base(c) + "/signin/with/" + e.word() + "/back"}
	word, next, invite := s.sessions.PopString(ctx, "trip"), s.sessions.PopString(ctx, "trip_next"), s.sessions.PopString(ctx, "trip_invite")
	linkTo, until := s.sessions.GetInt64(ctx, "trip_user"), s.sessions.GetInt64(ctx, "trip_until")
	if t.State == "" || word != e.word() || time.Now().UnixMilli() > until || subtle.ConstantTimeCompare([]byte(t.State), []byte(c.QueryParam("state"))) != 1 {
		return s.turnedAway(c, errors.New("another state, or too late"))
	}
	if c.QueryParam("code") == "" {
		return s.turnedAway(c, fmt.Errorf("no code: %.100q", strings.ToValidUTF8(c.QueryParam("error"), "?")))
	}
	subject, err := e.come(ctx, t, c.QueryParam("code"))
	if err != nil {
		return s.turnedAway(c, err)
	}
	switch {
	case linkTo != 0:
		if linkTo != v.who.UserID {
			return s.turnedAway(c, errors.New("somebody else is signed in by now"))
		}
		if err := account.Link(ctx, s.DB, linkTo, e.vouches(), subject); err != nil {
			return err
		}
		s.note(c, linkedNow, "user", linkTo, e.title())
		return s.done(c, "/account", "You can sign in with %s from now on.", e.title())
	case invite != "":
		u, err := account.AcceptByLink(ctx, s.DB, invite, e.vouches(), subject)
		if err != nil {
			return err
		}
		s.note(c, linkedNow, "user", u.ID, e.title())
		return s.enter(c, u, "/")
	}
	u, err := account.Linked(ctx, s.DB, e.vouches(), subject)
	if err != nil {
		return err
	}
	return s.enter(c, u, localPath(next))
}

type goPage struct{ Title, To string }

// accountLink begins to link an account elsewhere to a person's own, after asking for her password again.
func (s *Server) accountLink(c echo.Context) error {
	e, ok := s.elsewhere[c.Param("provider")]
	if !ok {
		return echo.ErrNotFound
	}
	p, err := s.accountPage(c)
	if err != nil {
		return err
	}
	if err := s.sure(c, p.User); err != nil {
		return s.again(c, err, "account/show", p)
	}
	to, err := s.setOut(c, e, "/account", "", p.User.ID)
	if err != nil {
		return s.turnedAway(c, err)
	}
	return s.page(c, "account/link", goPage{e.title(), to}) // a link, since a form may lead nowhere but here
}

// accountUnlink ends signing in with an account elsewhere.
func (s *Server) accountUnlink(c echo.Context) error {
	e, ok := s.elsewhere[c.Param("provider")]
	if !ok {
		return echo.ErrNotFound
	}
	if err := account.Unlink(c.Request().Context(), s.DB, visitOf(c).who.UserID, e.vouches()); err != nil {
		return err
	}
	return s.done(c, "/account", "You can no longer sign in with %s.", e.title())
}
