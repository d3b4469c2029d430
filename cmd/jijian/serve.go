package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"jijian/handlers"
	"jijian/payroll/demo"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/templates"
)

// site is how the server is reached.
type site struct {
	addr, base          string
	certFile, keyFile   string
	acmeHost, acmeCache string
	acmeDirectory       string // address of the authority's directory; "" is the usual public one
	caFile, logTo       string // authorities trusted beside the system's; the log's collector
	behindProxy         bool
	allow               string // hosts that messages may be sent to though private
	elsewhere           elsewhere
	wrong               error // what the environment says and nobody can understand
}

// flags defines the flags that serve and demo share.
func (s *site) flags(a *app, cmd *cobra.Command) {
	f := cmd.Flags()
	a.setting(f, &s.addr, "addr", "JIJIAN_ADDR", ":8080", "address to listen on")
	a.setting(f, &s.base, "base-url", "JIJIAN_BASE_URL", "", "address people use, such as https://jijian.example; it is in the QR code of each slip")
}

// tlsFlags defines the flags that only a real server needs.
func (s *site) tlsFlags(a *app, cmd *cobra.Command) {
	f := cmd.Flags()
	a.setting(f, &s.certFile, "tls-cert", "JIJIAN_TLS_CERT", "", "certificate file, for https with a certificate of your own")
	a.setting(f, &s.keyFile, "tls-key", "JIJIAN_TLS_KEY", "", "key file of that certificate")
	a.setting(f, &s.acmeHost, "acme-host", "JIJIAN_ACME_HOST", "", "public host name, for https with a free certificate; listen on :443")
	a.setting(f, &s.acmeCache, "acme-cache", "JIJIAN_ACME_CACHE", "data/acme", "folder that keeps such certificates")
	a.setting(f, &s.acmeDirectory, "acme-directory", "JIJIAN_ACME_DIRECTORY", "", "address of the ACME directory of another authority, such as one of your own")
	a.setting(f, &s.caFile, "ca-file", "JIJIAN_CA_FILE", "", "PEM file of authorities that --acme-directory and --log-to may be certified by, beside the system's")
	a.setting(f, &s.logTo, "log-to", "JIJIAN_LOG_TO", "", "address such as tls://logs.example:6514 of a syslog collector that gets every line of the log, too")
	a.setting(f, &s.allow, "notify-allow", "JIJIAN_NOTIFY_ALLOW", "", "hosts, apart by commas, that messages may be sent to although they are private or without https")
	behindProxy := false
	if v := a.getenv("JIJIAN_BEHIND_PROXY"); v != "" {
		var err error
		if behindProxy, err = strconv.ParseBool(v); err != nil {
			s.wrong = &usageError{fmt.Errorf("JIJIAN_BEHIND_PROXY is %q; it must be true or false", v)}
		}
	}
	f.BoolVar(&s.behindProxy, "behind-proxy", behindProxy,
		"a proxy of the private network passes requests on: trust its X-Forwarded-For [JIJIAN_BEHIND_PROXY=true]")
	f.Lookup("behind-proxy").DefValue = "false"
	s.elsewhere.flags(a, cmd)
}

func (a *app) serve() *cobra.Command {
	var s site
	cmd := command("serve [--addr ADDRESS]", "Serve a workshop",
		`Serves pages and the JSON interface until it is interrupted; what is under way is finished first. A SQLite database is made
and brought up to date by itself; on PostgreSQL run jijian migrate when asked to. While nobody can sign in yet, it prints a
link that makes the first administrator.`,
		`  jijian serve
  jijian serve --addr :443 --acme-host jijian.example --base-url https://jijian.example
  JIJIAN_DB=postgres://jijian@db.example/jijian jijian serve --addr :8080 --behind-proxy`,
		cobra.NoArgs, func(ctx context.Context, _ []string) error {
			if s.wrong != nil {
				return s.wrong
			}
			keys, err := a.keys()
			if err != nil {
				return err
			}
			return a.withDB(ctx, func(ctx context.Context, db *bun.DB) error {
				return a.serveSite(ctx, db, &s, keys)
			})
		})
	s.flags(a, cmd)
	s.tlsFlags(a, cmd)
	cmd.MarkFlagsRequiredTogether("tls-cert", "tls-key")
	cmd.MarkFlagsMutuallyExclusive("tls-cert", "acme-host")
	return cmd
}

func (a *app) demo() *cobra.Command {
	var s site
	var renew bool
	cmd := command("demo [--addr ADDRESS]", "Serve a made-up month to try things with",
		`Fills an empty database with a made-up month of two workshops with four product lines and serves it. It prints the address
and a sign-in for each role. A database that holds the demo already is served as it is; one that holds anything else is refused.
--renew makes a demo that ends before today anew, up to today; what was tried in it is gone then.`,
		`  jijian demo
  jijian demo --renew
  jijian demo --db data/demo.db --addr :9000`,
		cobra.NoArgs, func(ctx context.Context, _ []string) error {
			if renew {
				if err := a.dropOldDemo(ctx); err != nil {
					return err
				}
			}
			keys, err := a.demoKeys()
			if err != nil {
				return err
			}
			return a.withDB(ctx, func(ctx context.Context, db *bun.DB) error {
				there, err := demo.Ready(ctx, db)
				if err == nil && !there {
					if err = demo.Fill(ctx, db, demo.Seed, time.Now()); err == nil {
						err = demo.Entrust(ctx, db, keys)
					}
					debug.FreeOSMemory() // serving needs a fraction of what filling took
				} else if err == nil {
					err = a.tellDemoAge(ctx, db)
				}
				if err != nil {
					return err
				}
				return a.serveSite(ctx, db, &s, keys)
			})
		})
	cmd.Flags().BoolVar(&renew, "renew", false, "make the demo in a SQLite file anew if it ends before today")
	s.flags(a, cmd)
	return cmd
}

// tellDemoAge says so when the demo has nothing of today, and what to do about it.
func (a *app) tellDemoAge(ctx context.Context, db *bun.DB) error {
	newest, err := demo.Newest(ctx, db)
	if err == nil && newest < demo.Today(time.Now()) {
		fmt.Fprintf(a.stderr, "the demo ends on %s and has nothing of today; to make it anew, stop it and start it with --renew\n", newest)
	}
	return err
}

// dropOldDemo removes a SQLite file that holds the demo and nothing of today. Any other database stays as it is.
func (a *app) dropOldDemo(ctx context.Context) error {
	path := strings.TrimPrefix(a.dsn, "sqlite:")
	if strings.Contains(path, "://") {
		return &usageError{errors.New("--renew works with a SQLite file only; give the demo an empty database instead")}
	}
	if a.newFile() != "" {
		return nil
	}
	old := false
	var newest piecework.Date
	err := a.withDB(ctx, func(ctx context.Context, db *bun.DB) error {
		there, err := demo.Ready(ctx, db)
		if err != nil || !there {
			return err
		}
		newest, err = demo.Newest(ctx, db)
		old = newest < demo.Today(time.Now())
		return err
	})
	if err != nil || !old {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the old demo: %w", err)
		}
	}
	fmt.Fprintf(a.stderr, "the demo ended on %s and is made anew\n", newest)
	return nil
}

// heapLimit is how much memory the Go part aims to stay within, so that a village PC keeps room for its other programs. It bends
// where more is really in use.
const heapLimit = 48 << 20

// serveSite serves until the context ends.
func (a *app) serveSite(ctx context.Context, db *bun.DB, s *site, keys *piecework.Keys) error {
	if a.getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapLimit)
	}
	logger, closeLog, err := s.log(a.stderr)
	if err != nil {
		return err
	}
	defer closeLog()
	if err := templates.Check(); err != nil {
		logger.Warn(err.Error())
	}
	if keys != nil {
		keys.Follow(a.keys)
	}
	if _, err := piecework.SealRobots(ctx, db, keys); err != nil {
		return err
	}
	signIns, err := demoSignIns(ctx, db)
	if err != nil {
		return err
	}
	providers, err := s.elsewhere.providers(a, s.base)
	if err != nil {
		return err
	}
	server, err := handlers.New(handlers.Config{DB: db, Elsewhere: providers, BaseURL: s.base, BehindProxy: s.behindProxy, Demo: signIns, Keys: keys, NotifyAllow: strings.FieldsFunc(s.allow, func(r rune) bool { return r == ',' || r == ' ' }), Logger: logger, Version: version})
	if err != nil {
		return err
	}
	defer server.Close()
	listener, secure, err := s.listen(ctx)
	if err != nil {
		return err
	}
	address := s.address(listener.Addr(), secure)
	if err := errors.Join(s.remember(ctx, db, address), a.greet(ctx, db, address, signIns)); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serveUntil(ctx, server.HTTP(), listener)
}

// log writes to w, and to the collector if one is named, until done is called.
func (s *site) log(w io.Writer) (logger *slog.Logger, done func(), err error) {
	if s.logTo == "" {
		late := newLateLog(w)
		return slog.New(late), func() { _ = late.Close() }, nil
	}
	roots, err := s.roots()
	if err != nil {
		return nil, nil, err
	}
	ship, err := newShipper(s.logTo, roots, w)
	if err != nil {
		return nil, nil, err
	}
	late := newLateLog(w, ship)
	return slog.New(late), func() { _ = late.Close(); ship.Close() }, nil
}

// roots are the authorities of the system and those of --ca-file; nil is the system's alone.
func (s *site) roots() (*x509.CertPool, error) {
	if s.caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(s.caFile)
	if err != nil {
		return nil, fmt.Errorf("read the authorities: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a system without any
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, &usageError{fmt.Errorf("%s holds no certificate in PEM", s.caFile)}
	}
	return roots, nil
}

// acme is what fetches certificates and renews them.
func (s *site) acme() (*autocert.Manager, error) {
	roots, err := s.roots()
	if err != nil {
		return nil, err
	}
	m := &autocert.Manager{Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(s.acmeCache), HostPolicy: autocert.HostWhitelist(strings.Split(s.acmeHost, ",")...)}
	if s.acmeDirectory != "" {
		through := http.DefaultTransport.(*http.Transport).Clone()
		through.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		m.Client = &acme.Client{DirectoryURL: s.acmeDirectory, HTTPClient: &http.Client{Transport: through}}
	}
	return m, nil
}

// serveUntil answers requests until the context ends, and then those it has begun with.
func serveUntil(ctx context.Context, h *http.Server, listener net.Listener) error {
	const patience = 20 * time.Second
	done := make(chan error, 1)
	go func() { done <- h.Serve(listener) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err := h.Shutdown(stopping)
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// listen opens the address, with TLS if there is a certificate.
func (s *site) listen(ctx context.Context) (l net.Listener, secure bool, err error) {
	var config *tls.Config
	switch {
	case s.acmeHost != "":
		m, err := s.acme()
		if err != nil {
			return nil, false, err
		}
		config = m.TLSConfig()
	case s.certFile != "":
		pair, err := tls.LoadX509KeyPair(s.certFile, s.keyFile)
		if err != nil {
			return nil, false, fmt.Errorf("read the certificate: %w", err)
		}
		config = &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
	}
	var lc net.ListenConfig
	if l, err = lc.Listen(ctx, "tcp", s.addr); err != nil {
		return nil, false, fmt.Errorf("cannot listen on %s: %w", s.addr, err)
	}
	if config == nil {
		return l, false, nil
	}
	return tls.NewListener(l, config), true, nil
}

// address is where people find the server: what they were told, or this machine.
func (s *site) address(listening net.Addr, secure bool) string {
	if s.base != "" {
		return strings.TrimSuffix(s.base, "/")
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(listening.String())
	if err != nil {
		return scheme + "://" + listening.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	if s.acmeHost != "" {
		host, _, _ = strings.Cut(s.acmeHost, ",")
	}
	if secure && port == "443" || !secure && port == "80" {
		return scheme + "://" + host
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// remember keeps the address for slips that are printed by the command line. One that was given stays until another is given.
func (s *site) remember(ctx context.Context, db *bun.DB, address string) error {
	known, err := piecework.Setting(ctx, db, piecework.AddressSetting)
	if err != nil || known == address || known != "" && s.base == "" {
		return err
	}
	return piecework.Remember(ctx, db, piecework.AddressSetting, address)
}

// greet prints the address and how to get in.
func (a *app) greet(ctx context.Context, db *bun.DB, address string, signIns []handlers.DemoAccount) error {
	setup, err := account.NewSetup(ctx, db)
	if err != nil {
		return err
	}
	var b strings.Builder
	if len(signIns) == 0 {
		fmt.Fprintf(&b, "Jijian is at %s\n", address)
	} else {
		fmt.Fprintf(&b, "The demo is at %s\nSign in as one of these, each with the password %s\n", address, demo.Password)
		for _, s := range signIns {
			how := ""
			if s.Password != demo.Password {
				how = "  (PIN " + s.Password + ")"
			}
			fmt.Fprintf(&b, "  %-12s %s%s\n", s.Name, s.Role, how)
		}
	}
	if setup != "" {
		fmt.Fprintf(&b, "Nobody can sign in yet. This link, which works once, makes the first administrator:\n  %s/setup/%s\n", address, setup)
	}
	return a.printf("%s", b.String())
}

// demoSignIns is how to get into the demo; nil when the database does not hold it.
func demoSignIns(ctx context.Context, db *bun.DB) ([]handlers.DemoAccount, error) {
	if there, err := demo.Ready(ctx, db); err != nil || !there {
		if errors.Is(err, piecework.ErrConflict) { // real data
			err = nil
		}
		return nil, err
	}
	var list []handlers.DemoAccount
	for _, s := range demo.SignIns {
		list = append(list, handlers.DemoAccount{Role: s.Role, Name: s.Username, Password: s.Secret()})
	}
	return list, nil
}

func (a *app) versionCommand() *cobra.Command {
	return command("version", "Print the version", "Prints the version.", "  jijian version", cobra.NoArgs,
		func(context.Context, []string) error { return a.printf("jijian %s\n", version) })
}
