// Package handlers answers HTTP: pages for people, a JSON interface for programs. A request makes two hops: the route's
// handler parses, makes one domain call and renders; the domain function holds its SQL and its transaction. No handler
// holds a query. routes.go lists every path with who may ask for it, and says how a page is added.
package handlers

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/uptrace/bun"

	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/courier"
	"jijian/templates"
)

// Config is what a server needs to know. DB is required, everything else may stay zero.
type Config struct {
	DB *bun.DB
	// BaseURL is the address people use, such as https://jijian.example; "" takes the host of each request. With https, cookies
	// are sent only over https, even if a proxy in front ends it.
	BaseURL string
	// BehindProxy trusts X-Forwarded-For from machines of the private network; without it the peer is the visitor.
	BehindProxy bool
	// Demo lists the sign-ins that the sign-in page offers; nil unless this is a demo.
	Demo []DemoAccount
	// Elsewhere are the accounts with which people may sign in here; see [OIDC] and [WeChat].
	Elsewhere []Elsewhere
	Keys      *piecework.Keys // seal personal data; nil: none is kept
	// NotifyAllow are hosts that messages may be sent to although they are private or without https.
	NotifyAllow courier.Allow
	Logger      *slog.Logger // nil: slog.Default()
	Version     string       // of the program, for the description of the interface
}

// DemoAccount is a sign-in that anybody may use.
type DemoAccount struct {
	Role           account.Role
	Name, Password string
}

// Server answers every request. It is an http.Handler.
type Server struct {
	Config
	paces
	echo      *echo.Echo
	pages     *templates.Pages
	recorder  *piecework.Recorder
	courier   *courier.Courier
	sessions  *scs.SessionManager
	tokens    *account.TokenCache
	origins   *http.CrossOriginProtection
	table     map[string]route     // by method and path
	elsewhere map[string]Elsewhere // by the word in its address
	openAPI   []byte               // the description of the interface
	docs      docsPage             // the same for people
	signins   *throttle            // by account and network, or by known device
	crowds    *throttle            // by account, and by network: gentle, since others are behind it, too
	lookups   *throttle            // of check codes and setup links, by address
	watches   *watches             // of sessions that boards show
	life      context.Context      // ends with the server
	stop      context.CancelFunc
	// Runs that are being computed, by a code that only whoever began it knows.
	computings sync.Map
	patience   time.Duration
	begin      func(func())   // runs something beside the requests
	beside     sync.WaitGroup // what runs beside the requests
}

// sessionLife is how long a sign-in lasts before [lives] has its say.
const sessionLife = 7 * day

func init() { account.Leaked = templates.Leaked }

// pages are read once however many servers there are.
var pages = sync.OnceValues(templates.New)

// New makes a server. Close ends what it has running.
func New(cfg Config) (*Server, error) {
	pages, err := pages()
	if err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	s := &Server{Config: cfg, echo: echo.New(), pages: pages, origins: http.NewCrossOriginProtection(), tokens: account.NewTokenCache(cfg.DB),
		signins: newThrottle(5, 15*time.Minute), crowds: newThrottle(50, time.Minute), lookups: newThrottle(20, 15*time.Minute)}
	if cfg.BaseURL != "" {
		u, err := url.Parse(cfg.BaseURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, piecework.InvalidField("base_url", "%q is not an address such as https://jijian.example", cfg.BaseURL)
		}
		if err := s.origins.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return nil, err
		}
	}
	s.people, s.strangers = newPace(50, 600), newPace(20, 300)
	s.elsewhere = map[string]Elsewhere{}
	for _, e := range cfg.Elsewhere {
		s.elsewhere[e.word()] = e
	}
	// Not scs.New, which starts a store in memory that nothing would stop.
	s.sessions = &scs.SessionManager{Store: account.WebSessions{DB: cfg.DB}, Lifetime: sessionLife, Codec: scs.GobCodec{}}
	s.echo.HTTPErrorHandler = s.fail
	s.echo.IPExtractor = echo.ExtractIPDirect()
	if cfg.BehindProxy {
		s.echo.IPExtractor = echo.ExtractIPFromXFFHeader()
	}
	s.echo.Use(s.logged, middleware.RecoverWithConfig(middleware.RecoverConfig{LogErrorFunc: keepPanic}), s.headers, s.inHouse,
		middleware.GzipWithConfig(middleware.GzipConfig{MinLength: 1024, Skipper: unzippable}), s.admit)
	if err := s.register(); err != nil {
		return nil, err
	}
	s.recorder = piecework.NewRecorder(cfg.DB)
	s.watches = newWatches(func(ctx context.Context, id int64) (string, error) { return piecework.SessionMarker(ctx, s.DB, id) })
	s.courier = courier.New(courier.Config{DB: cfg.DB, Say: say, Base: s.known, Keys: cfg.Keys, Allow: cfg.NotifyAllow, Logger: cfg.Logger})
	s.courier.Start()
	ctx, stop := context.WithCancel(context.Background())
	s.life, s.stop, s.patience, s.begin = ctx, stop, Patience, s.beside.Go
	s.beside.Go(func() { s.sweep(ctx) })
	return s, nil
}

// ServeHTTP answers a request. HEAD is GET of which net/http leaves out the body.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		get := *r
		get.Method = http.MethodGet
		r = &get
	}
	s.echo.ServeHTTP(w, r)
}

// HTTP is a server for this handler with the time limits that keep slow clients from holding it.
func (s *Server) HTTP() *http.Server {
	h := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(s.Logger.Handler(), slog.LevelWarn)}
	h.RegisterOnShutdown(s.watches.end) // boards listen for ever; the others are waited for
	return h
}

// unzippable holds for what is compressed already, and for events, which would wait for more to compress.
func unzippable(c echo.Context) bool { return zipped(c) || c.Path() == eventsPath }

// Close stops what runs beside the requests. Tallies still waiting are told to be sent again.
func (s *Server) Close() {
	s.stop()
	s.watches.end()
	s.recorder.Close()
	s.courier.Close()
	s.beside.Wait()
	s.watches.beside.Wait()
}

// sweep deletes expired web sessions and what was sent long ago now and every hour.
func (s *Server) sweep(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := errors.Join((account.WebSessions{DB: s.DB}).Sweep(ctx), piecework.SweepOutbox(ctx, s.DB, time.Now())); err != nil && ctx.Err() == nil {
			s.Logger.Error("sweep", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// known is the address people use, as far as the configuration says it.
func (s *Server) known() string { return s.BaseURL }

// secure says whether cookies may travel only over https.
func (s *Server) secure(c echo.Context) bool {
	return c.IsTLS() || strings.HasPrefix(s.BaseURL, "https://")
}

// policy lets a page load only what this server sends. The select arrows of the style sheet are data: images.
const policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// protections are headers of every answer.
var protections = http.Header{
	"Content-Security-Policy":    {policy},
	"X-Content-Type-Options":     {"nosniff"},
	"X-Frame-Options":            {"DENY"},
	"Referrer-Policy":            {"same-origin"},
	"Cross-Origin-Opener-Policy": {"same-origin"},
	"Permissions-Policy":         {"camera=(self), microphone=(), geolocation=()"},
}

// errInTheOpen is what somebody is told who comes over the open internet to a server without a certificate.
var errInTheOpen = piecework.Forbidden("This server has no certificate, so it answers its own network only: on the way here everybody could read along. Whoever runs it can give it a certificate, or put a proxy in front and say so with --behind-proxy.")

// inHouse keeps plain http within the house: what comes from a public address must come encrypted, or through a proxy that says for whom.
func (s *Server) inHouse(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !c.IsTLS() && !s.BehindProxy && !near(c.RealIP()) {
			return errInTheOpen
		}
		return next(c)
	}
}

// carrierNetwork is what providers and virtual private networks number their insides with (RFC 6598).
var carrierNetwork = netip.MustParsePrefix("100.64.0.0/10")

// near says whether an address is of this machine, of a private network, or of a network that this machine is in.
func near(ip string) bool {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	if a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || carrierNetwork.Contains(a) {
		return true
	}
	own, _ := net.InterfaceAddrs() // what cannot be listed is not near
	return slices.ContainsFunc(own, func(n net.Addr) bool {
		p, err := netip.ParsePrefix(n.String())
		return err == nil && p.Masked().Contains(a)
	})
}

func (s *Server) headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		maps.Copy(c.Response().Header(), protections)
		if s.secure(c) {
			c.Response().Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

// limits on request bodies in bytes.
const (
	pageLimit = 1 << 20
	apiLimit  = 8 << 20
)

// zipped says whether what is asked for is embedded compressed.
func zipped(c echo.Context) bool { return strings.HasSuffix(c.Request().URL.Path, ".wasm") }

func isAPI(c echo.Context) bool { return strings.HasPrefix(c.Request().URL.Path, "/api/") }

func limitBody(c echo.Context) {
	limit := int64(pageLimit)
	switch {
	case isAPI(c):
		limit = apiLimit + 1 // the interface itself refuses what is over, with a problem document
	case c.Path() == scanImportPath:
		limit = apiLimit
	case photoPaths[c.Path()]:
		limit = photoLimit
	}
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
}

// health says that the process runs.
func (s *Server) health(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// ready says whether the database answers.
func (s *Server) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	if err := s.DB.PingContext(ctx); err != nil {
		return errors.Join(echo.NewHTTPError(http.StatusServiceUnavailable), err)
	}
	return c.String(http.StatusOK, "ok\n")
}
