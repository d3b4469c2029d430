package handlers_test

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"jijian/handlers"
)

// inline is what the policy forbids a page: scripts and styles in it, and addresses that are scripts.
var inline = regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\sstyle=|\son[a-z]+="|javascript:`)

// TestEveryAnswerIsGuarded asks for every page there is as an administrator and a worker: each answer carries the headers, only the
// scan page may make WebAssembly, none holds what its policy forbids, and none is kept where others could read it.
func TestEveryAnswerIsGuarded(t *testing.T) {
	s := newSite(t)
	ids := things(s)
	pages := 0
	for _, user := range []string{"admin", "worker"} {
		b := s.as(user)
		for _, line := range s.server.Table() {
			if line.Method != http.MethodGet || strings.Contains(line.Path, "*") || strings.HasSuffix(line.Path, "/events") {
				continue
			}
			path := line.Path
			for kind, id := range ids {
				path = regexp.MustCompile(":"+kind+`(/|$|\.)`).ReplaceAllString(path, fmt.Sprint(id[0])+"$1")
			}
			a := b.get(strings.ReplaceAll(path, ":code", "0000000000000000"))
			if a.status >= 500 {
				t.Errorf("%s: %d", path, a.status)
			}
			policy := a.header.Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"} {
				if !strings.Contains(policy, want) {
					t.Errorf("%s: the policy %q lacks %s", path, policy, want)
				}
			}
			if strings.Contains(policy, "unsafe-inline") || strings.Contains(policy, "unsafe") != (line.Path == "/scan" && a.status == 200) {
				t.Errorf("%s: the policy is %q", path, policy)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
				if got := a.header.Get(name); got != want {
					t.Errorf("%s: %s is %q", path, name, got)
				}
			}
			if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
				continue
			}
			pages++
			if found := inline.FindString(strings.ReplaceAll(a.body, `<script type="application/json"`, "<data")); found != "" { // data runs nowhere
				t.Errorf("%s holds %q", path, found)
			}
			if a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s may be kept: %q", path, a.header.Get("Cache-Control"))
			}
		}
	}
	if pages < 80 {
		t.Errorf("only %d pages were looked at", pages)
	}
}

// TestPlainHTTPStaysInTheHouse asks from addresses near and far, with a certificate, without, and through a proxy.
func TestPlainHTTPStaysInTheHouse(t *testing.T) {
	s := newSite(t)
	proxied, err := handlers.New(handlers.Config{DB: s.DB, BehindProxy: true, Logger: slog.New(slog.DiscardHandler)})
	s.Must(err)
	t.Cleanup(proxied.Close)
	for _, tt := range []struct {
		from      string
		encrypted bool
		server    *handlers.Server
		want      int
	}{
		{"127.0.0.1", false, s.server, 200}, {"192.168.1.7", false, s.server, 200}, {"10.0.0.9", false, s.server, 200}, {"100.101.1.1", false, s.server, 200},
		{"::1", false, s.server, 200}, {"fe80::1%eth0", false, s.server, 200}, {"fd00::7", false, s.server, 200}, {"::ffff:192.168.1.7", false, s.server, 200},
		{"8.8.8.8", false, s.server, 403}, {"2400:3200::1", false, s.server, 403}, {"::ffff:8.8.8.8", false, s.server, 403}, {"nobody", false, s.server, 403},
		{"8.8.8.8", true, s.server, 200}, {"8.8.8.8", false, proxied, 200},
	} {
		r := httptest.NewRequest(http.MethodGet, "/signin", nil)
		r.RemoteAddr = net.JoinHostPort(tt.from, "40000")
		if tt.encrypted {
			r.TLS = &tls.ConnectionState{}
		}
		w := httptest.NewRecorder()
		tt.server.ServeHTTP(w, r)
		if w.Code != tt.want || w.Code == 403 && (!strings.Contains(w.Body.String(), "--behind-proxy") || w.Header().Get("Set-Cookie") != "") {
			t.Errorf("from %s, encrypted %v: %d, want %d: %.200s", tt.from, tt.encrypted, w.Code, tt.want, w.Body)
		}
	}
}

// TestNothingMayTakeForEver: each part of a request and its answer has a time limit, and so has a connection that waits.
func TestNothingMayTakeForEver(t *testing.T) {
	h := newSite(t).server.HTTP()
	for name, limit := range map[string]time.Duration{"header": h.ReadHeaderTimeout, "request": h.ReadTimeout, "answer": h.WriteTimeout, "idle": h.IdleTimeout} {
		if limit <= 0 || limit > 5*time.Minute {
			t.Errorf("%s may take %s", name, limit)
		}
	}
	if h.MaxHeaderBytes <= 0 || h.MaxHeaderBytes > 1<<20 {
		t.Errorf("headers may have %d bytes", h.MaxHeaderBytes)
	}
}
