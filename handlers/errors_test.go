package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestErrors(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	b.get("/nothing").wants(t, 404, "这里什么也没有", "GET /nothing", "王组长")
	b.get("/contractors/999").wants(t, 404, "它不存在")
	b.get("/contractors/x").wants(t, 404)
	b.get("/users").wants(t, 403, "您的身份不能这样做")
	b.do("PUT", "/contractors", "", "").wants(t, 405, "这个网址不能这样用")
	b.post("/contractors", "name", strings.Repeat("x", 2<<20)).wants(t, 413, "内容太大")
	b.do("POST", "/contractors", "application/x-www-form-urlencoded", "a=%zz").wants(t, 400)
	b.do("POST", "/contractors", "multipart/form-data", "nonsense").wants(t, 403)
	b.get("/contractors?q=%00&page=99999999999999999999&from=x&status=%ff&workshop=x").wants(t, 200)
	for path, status := range map[string]int{"/api/v1/nothing": 404, "/contractors/999": 404, "/users": 403} {
		b.header = http.Header{"Accept": {"application/json"}}
		a := b.get(path)
		a.wants(t, status, fmt.Sprintf(`"status":%d`, status), `"title"`)
		if a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s", path, a.header.Get("Content-Type"))
		}
	}
	s.visitor().get("/api/v1/sessions").wants(t, 401, `"status":401`)
}

// TestOurOwnFaultsAreNotTold takes a table away and looks at what the visitor is told.
func TestOurOwnFaultsAreNotTold(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	b.header.Set("X-Request-Id", "forged")
	_, err := s.DB.ExecContext(s.Ctx, "ALTER TABLE contractors RENAME TO gone")
	s.Must(err)
	for accept, kind := range map[string]string{"text/html": "text/html; charset=UTF-8", "application/json": "application/problem+json"} {
		b.header.Set("Accept", accept)
		a := b.get("/contractors")
		if a.status != 500 || a.header.Get("Content-Type") != kind {
			t.Errorf("%d %s", a.status, a.header.Get("Content-Type"))
		}
		id := a.header.Get("X-Request-Id")
		if !strings.Contains(a.body, id) || id == "" || id == "forged" || strings.Contains(strings.ToLower(a.body), "table") || strings.Contains(a.body, "SQL ") {
			t.Errorf("%s (id %s)", a.body, id)
		}
	}
}

func TestHeaders(t *testing.T) {
	s := newSite(t)
	b := s.visitor()
	for path, want := range map[string]map[string]string{
		"/signin": {"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cache-Control": "no-store"},
		"/nope":   {"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff"},
	} {
		for name, text := range want {
			if got := b.get(path).header.Get(name); !strings.Contains(got, text) || strings.Contains(got, "unsafe") {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
	page := b.get("/signin").body
	at := strings.Index(page, "/static/")
	css := page[at : at+strings.IndexByte(page[at:], '"')]
	if a := b.get(css); a.status != 200 || !strings.Contains(a.header.Get("Cache-Control"), "immutable") || a.header.Get("Set-Cookie") != "" {
		t.Errorf("%s: %d %v", css, a.status, a.header)
	}
	if strings.Contains(page, "<script>") || strings.Contains(page, "style=") {
		t.Error("the page breaks its own policy")
	}
	b.get("/healthz").wants(t, 200, "ok")
	b.get("/readyz").wants(t, 200, "ok")
	s.Must(s.DB.Close())
	b.get("/healthz").wants(t, 200, "ok")
	b.get("/readyz").wants(t, 503)
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	b := newSite(t).visitor()
	if a := b.do("HEAD", "/signin", "", ""); a.status != 200 || a.body != "" || a.header.Get("Content-Type") != b.get("/signin").header.Get("Content-Type") {
		t.Errorf("HEAD /signin: %d with %d bytes and %v", a.status, len(a.body), a.header)
	}
}
