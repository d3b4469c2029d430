package handlers_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"jijian/handlers"
	"jijian/piecework/account"
	"jijian/piecework/pieceworktest"
)

func TestSignIn(t *testing.T) {
	s := newSite(t)
	b := s.visitor()
	if a := b.get("/contractors?q=a"); a.status != 303 || a.location != "/signin?next=%2Fcontractors%3Fq%3Da" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	b.get("/signin?next=%2Fcontractors%3Fq%3Da").wants(t, 200, `value="/contractors?q=a"`)
	b.post("/signin", "name", "lead", "password", "wrong one").wants(t, 422, "用户名或密码不对", `value="lead"`)
	b.post("/signin", "name", "nobody", "password", password).wants(t, 422, "用户名或密码不对")
	b.post("/signin", "name", "le\x00ad", "password", password).wants(t, 422)
	door := b.cookie("jijian_session")
	a := b.post("/signin", "name", " Lead ", "password", password, "next", "/contractors?q=a")
	if a.status != 303 || a.location != "/contractors?q=a" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	session := b.cookie("jijian_session")
	if session == "" || session == door {
		t.Errorf("session %q before, %q after", door, session)
	}
	cookie := a.header.Get("Set-Cookie")
	for _, attribute := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, attribute) {
			t.Errorf("%s lacks %s", cookie, attribute)
		}
	}
	var stored int
	s.Must(s.DB.NewRaw("SELECT COUNT(*) FROM web_sessions WHERE token = ?", session).Scan(s.Ctx, &stored))
	if stored != 0 {
		t.Error("the session's token is stored as it is")
	}
	b.get("/contractors").wants(t, 200, "王组长")
	if a := b.get("/signin"); a.status != 303 {
		t.Errorf("signed in, asked to sign in: %d", a.status)
	}
	b.get("/contractors")
	b.post("/signout").wants(t, 303)
	if a := b.get("/contractors"); a.status != 303 {
		t.Errorf("signed out, yet %d", a.status)
	}
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:1", "/a\r\nb"} {
		b := s.visitor()
		b.get("/signin")
		if a := b.post("/signin", "name", "lead", "password", password, "next", next); a.location != "/" {
			t.Errorf("next %q leads to %q", next, a.location)
		}
	}
}

func (b *browser) cookie(name string) string {
	req, err := http.NewRequest("GET", b.URL, nil)
	b.Must(err)
	for _, c := range b.client.Jar.Cookies(req.URL) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func TestCookiesAreSecureBehindHTTPS(t *testing.T) {
	s := newSite(t, func(c *handlers.Config) { c.BaseURL = "https://jijian.example" })
	b := s.visitor()
	a := b.get("/signin")
	if cookie := a.header.Get("Set-Cookie"); !strings.Contains(cookie, "; Secure") || !strings.HasPrefix(cookie, "__Host-jijian_door=") || strings.Contains(cookie, "Domain") || !strings.Contains(cookie, "Path=/;") {
		t.Errorf("cookie %s", cookie)
	}
	if a.header.Get("Strict-Transport-Security") != "max-age=31536000" || newSite(t).visitor().get("/signin").header.Get("Strict-Transport-Security") != "" {
		t.Error("https is not asked for where, and only where, people come by it")
	}
	for _, bad := range []string{"jijian.example", "ftp://x", "https://", "https://x/\x00"} {
		if server, err := handlers.New(handlers.Config{DB: s.DB, BaseURL: bad}); err == nil {
			server.Close()
			t.Errorf("base URL %q was taken", bad)
		}
	}
}

// TestGuessingIsSlowed guesses at a person's password from a strange network until it must wait, and shows that neither a device she has used
// before, nor another network, nor another person of the same network has to.
func TestGuessingIsSlowed(t *testing.T) {
	s := newSite(t, func(c *handlers.Config) { c.BehindProxy = true })
	stranger, own := s.visitor(), s.as("lead")
	guess := func(b *browser, from, name, secret string) int {
		b.header.Set("X-Forwarded-For", from)
		b.get("/signin")
		return b.post("/signin", "name", name, "password", secret).status
	}
	var last answer
	for i := range 7 {
		stranger.header.Set("X-Forwarded-For", "203.0.113.7")
		stranger.get("/signin")
		if last = stranger.post("/signin", "name", "lead", "password", "wrong one"); last.status != 422 && i < 6 {
			t.Fatalf("guess %d: %d", i+1, last.status)
		}
	}
	if last.status != 429 || last.header.Get("Retry-After") == "" {
		t.Errorf("one network may guess on: %d", last.status)
	}
	if status := guess(stranger, "203.0.113.7", "bookkeeper", password); status != 303 {
		t.Errorf("another person of that network: %d", status)
	}
	if status := guess(s.visitor(), "203.0.113.8", "lead", password); status != 303 {
		t.Errorf("herself, from another network: %d", status)
	}
	own.post("/signout")
	if status := guess(own, "203.0.113.7", "lead", password); status != 303 {
		t.Errorf("herself, on her own device in the same network: %d", status)
	}
	// A crowd of networks slows strangers, and still not her own device.
	waits := 0
	for i := range 60 {
		if guess(s.visitor(), fmt.Sprintf("198.51.100.%d", i), "contractor", "wrong") == 429 {
			waits++
		}
	}
	if waits == 0 {
		t.Error("many networks together may guess on")
	}
	own.post("/signout")
	if status := guess(own, "203.0.113.7", "lead", password); status != 303 {
		t.Errorf("her own device in the middle of it: %d", status)
	}
}

// TestPace asks faster than anybody reads: first as a stranger, then signed in.
func TestPace(t *testing.T) {
	s := newSite(t, func(c *handlers.Config) { c.BehindProxy = true })
	status := func(cookie, from string) (status int, after string) {
		r := httptest.NewRequest("GET", "/c", nil)
		r.RemoteAddr = "10.0.0.1:1"
		r.Header.Set("X-Forwarded-For", from)
		r.Header.Set("Cookie", "jijian_session="+cookie)
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, r)
		return w.Code, w.Header().Get("Retry-After")
	}
	ask := func(cookie, from string) (refused int) {
		for range 60 {
			got, after := status(cookie, from)
			if got == 429 && after == "" {
				t.Fatal("no Retry-After")
			}
			if got == 429 {
				if refused++; refused == 3 {
					break
				}
			} else if got != 200 {
				t.Fatalf("status %d", got)
			}
		}
		return refused
	}
	cookie := s.as("lead").cookie("jijian_session")
	s.server.SetPace(40, 20)
	if ask("", "203.0.113.7") == 0 {
		t.Error("a stranger may ask as often as he likes")
	}
	if got, _ := status(cookie, "203.0.113.7"); got != 200 {
		t.Errorf("somebody signed in of the same network: %d", got)
	}
	if got, _ := status("", "203.0.113.8"); got != 200 {
		t.Errorf("another network: %d", got)
	}
	if ask(cookie, "203.0.113.9") == 0 {
		t.Error("an account may ask as often as it likes")
	}
}

func TestCSRF(t *testing.T) {
	s := newSite(t)
	b := s.as("lead")
	stranger := s.as("bookkeeper").csrf
	good := b.csrf
	for _, c := range []struct {
		name   string
		csrf   string
		header http.Header
		status int
	}{
		{"the page's own", good, nil, 303},
		{"same origin", good, http.Header{"Sec-Fetch-Site": {"same-origin"}}, 303},
		{"none", "", nil, 403},
		{"damaged", good[:len(good)-2] + "AA", nil, 403},
		{"not base64", "!!", nil, 403},
		{"another session's", stranger, nil, 403},
		{"from another site", good, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"from a sister site", good, http.Header{"Sec-Fetch-Site": {"same-site"}}, 403},
		{"from another origin", good, http.Header{"Origin": {"https://evil.example"}}, 403},
	} {
		b.header = c.header
		if b.header == nil {
			b.header = http.Header{}
		}
		if a := b.post("/lang", "csrf", c.csrf, "lang", "en", "back", "/contractors?lang=zh&q=1"); a.status != c.status {
			t.Errorf("%s: %d %.200s", c.name, a.status, a.body)
		} else if a.status == 303 && a.location != "/contractors?q=1" {
			t.Errorf("back to %s", a.location)
		}
	}
	b.header = http.Header{}
	b.get("/contractors").wants(t, 200, "Contractors")
	// Before sign-in the door cookie takes the session's place.
	v := s.visitor()
	v.get("/signin")
	v.post("/signin", "csrf", stranger, "name", "lead", "password", password).wants(t, 403, "页面已过期", "刷新页面")
	first := b.csrf
	if b.get("/contractors"); first == b.csrf {
		t.Error("the hidden field is the same on two pages")
	}
}

func TestLanguage(t *testing.T) {
	s := newSite(t)
	b := s.visitor()
	b.header.Set("Accept-Language", "en")
	b.get("/signin").wants(t, 200, `lang="zh-CN"`, "用户名")
	b.get("/signin?lang=en").wants(t, 200, `<html lang="en"`)
	b.get("/signin?lang=xx").wants(t, 200, `<html lang="zh-CN"`)
	b.post("/lang", "lang", "en", "back", "//evil.example")
	b.get("/signin").wants(t, 200, `<html lang="en"`)
}

func TestSetup(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	server, err := handlers.New(handlers.Config{DB: w.DB, Logger: slog.New(slog.DiscardHandler)})
	w.Must(err)
	t.Cleanup(server.Close)
	s := serve(w, server)
	old, err := account.NewSetup(w.Ctx, w.DB)
	w.Must(err)
	code, err := account.NewSetup(w.Ctx, w.DB)
	w.Must(err)
	b := s.visitor()
	b.get("/signin").wants(t, 200, "还没有人能登录", "终端")
	b.get("/setup/"+old).wants(t, 404)
	b.get("/setup/wrong").wants(t, 404)
	b.get("/setup/"+code).wants(t, 200, `name="username"`)
	b.post("/setup/"+code, "username", "me", "name", "", "password", "x").wants(t, 422, "必须填写", "至少要 8 个字符")
	if a := b.post("/setup/"+code, "username", "me", "name", "刘主任", "password", password); a.location != "/" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	b.get("/users").wants(t, 200, "刘主任", "欢迎")
	b.get("/setup/"+code).wants(t, 404)
	if code, err := account.NewSetup(w.Ctx, w.DB); code != "" || err != nil {
		t.Errorf("another setup code %q, %v", code, err)
	}
}

func TestDemoOffersItsSignIns(t *testing.T) {
	s := newSite(t, func(c *handlers.Config) {
		c.Demo = []handlers.DemoAccount{{Role: account.Admin, Name: "admin", Password: password}, {Role: account.Lead, Name: "lead", Password: password}}
	})
	s.visitor().get("/signin").wants(t, 200, "管理员", "组长", "lead / "+password)
}

func TestExpiredSessionsAreSwept(t *testing.T) {
	s := newSite(t)
	store := account.WebSessions{DB: s.DB}
	s.Must(store.Commit("over", []byte("x"), time.Now().Add(-time.Second)))
	s.Must(store.Commit("on", []byte("y"), time.Now().Add(time.Hour)))
	if _, found, err := store.Find("over"); found || err != nil {
		t.Errorf("an expired session was found, %v", err)
	}
	s.Must(store.Sweep(s.Ctx))
	var n int
	s.Must(s.DB.NewRaw("SELECT COUNT(*) FROM web_sessions").Scan(s.Ctx, &n))
	if data, found, err := store.Find("on"); n != 1 || !found || string(data) != "y" || err != nil {
		t.Errorf("%d sessions; found %q %v %v", n, data, found, err)
	}
	s.Must(store.Delete("on"))
	if _, found, _ := store.Find("on"); found {
		t.Error("a deleted session was found")
	}
}
