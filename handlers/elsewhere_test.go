package handlers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"github.com/pquerna/otp/totp"

	"jijian/handlers"
	"jijian/piecework/account"
)

// issuer is a small provider of OpenID Connect. It says the subject "sub-1" of whoever comes, signed, unless a test makes it say otherwise.
type issuer struct {
	*httptest.Server
	key     *ecdsa.PrivateKey
	asked   url.Values          // of the authorization request
	changed map[string]any      // claims instead of the right ones
	sign    func(string) string // instead of the right signature
	tokens  int                 // given out
}

func newIssuer(t *testing.T) *issuer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	is := &issuer{key: key}
	about := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k1", Algorithm: "ES256"}}, Algorithms: []string{"ES256", "HS256", "none"}}
	mux := http.NewServeMux()
	mux.Handle("/", about)
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		id, secret, _ := r.BasicAuth()
		if base64.RawURLEncoding.EncodeToString(sum[:]) != is.asked.Get("code_challenge") || r.FormValue("code") != "code-1" || r.FormValue("redirect_uri") != is.asked.Get("redirect_uri") || id != "jijian" || secret != "hush" {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		is.tokens++
		claims := map[string]any{"iss": is.URL, "aud": "jijian", "sub": "sub-1", "nonce": is.asked.Get("nonce"), "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "email": "admin@jijian.example", "email_verified": true}
		maps.Copy(claims, is.changed)
		text, _ := json.Marshal(claims)
		sign := is.sign
		if sign == nil {
			sign = func(claims string) string { return oidctest.SignIDToken(key, "k1", "ES256", claims) }
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": sign(string(text))})
	})
	is.Server = httptest.NewServer(mux)
	t.Cleanup(is.Close)
	about.SetIssuer(is.URL)
	return is
}

// goes sends a browser to the provider and remembers what it was asked; the state to come back with is the answer.
func (is *issuer) goes(b *browser, path string) (state string) {
	b.Helper()
	a := b.get(path)
	to, err := url.Parse(a.location)
	if a.status != 303 || err != nil || !strings.HasPrefix(a.location, is.URL+"/auth?") {
		b.Fatalf("%s leads to %d %s", path, a.status, a.location)
	}
	is.asked = to.Query()
	return is.asked.Get("state")
}

func TestOpenIDConnect(t *testing.T) {
	is := newIssuer(t)
	s := newSite(t, func(c *handlers.Config) {
		c.Elsewhere = []handlers.Elsewhere{&handlers.OIDC{Issuer: is.URL, ClientID: "jijian", ClientSecret: "hush", Name: "市民账号"}}
	})
	const there, back = "/signin/with/oidc?next=/orders", "/signin/with/oidc/back?code=code-1&state="
	b := s.visitor()
	b.get("/signin").wants(t, 200, "用市民账号登录")
	state := is.goes(b, there)
	for name, want := range map[string]string{"response_type": "code", "scope": "openid", "client_id": "jijian", "code_challenge_method": "S256"} {
		if is.asked.Get(name) != want {
			t.Errorf("%s is %q", name, is.asked.Get(name))
		}
	}
	if len(state) < 26 || len(is.asked.Get("nonce")) < 26 || len(is.asked.Get("code_challenge")) != 43 || strings.Contains(is.asked.Encode(), "hush") {
		t.Errorf("asked with %v", is.asked)
	}
	// Nobody is found by her e-mail address.
	b.get(back+state).wants(t, 403, "没有关联任何人")

	// The lead links her account, after giving her password again; only then does it let her in.
	lead := s.as("lead")
	lead.get("/account").wants(t, 200, "市民账号", "关联")
	lead.post("/account/link/oidc", "old_password", "wrong").wants(t, 422)
	a := lead.post("/account/link/oidc", "old_password", password)
	a.wants(t, 200, "前往市民账号")
	m := regexp.MustCompile(`href="(` + regexp.QuoteMeta(is.URL) + `/auth[^"]+)"`).FindStringSubmatch(a.body)
	to, err := url.Parse(strings.ReplaceAll(m[1], "&amp;", "&"))
	s.Must(err)
	is.asked = to.Query()
	if a := s.as("bookkeeper").get(back + is.asked.Get("state")); a.status != 403 {
		t.Errorf("somebody else came back: %d", a.status)
	}
	if a := lead.get(back + is.asked.Get("state")); a.location != "/account" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	state = is.goes(b, there)
	if a := b.get(back + state); a.status != 303 || a.location != "/orders" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	b.get("/account").wants(t, 200, "王组长")
	b.post("/signout")

	hmac := func(claims string) string {
		return oidctest.SignIDToken([]byte("hush-hush-hush-hush-hush-hush-hush"), "k1", "HS256", claims)
	}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	s.Must(err)
	none := func(claims string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "."
	}
	for _, c := range []struct {
		name    string
		changed map[string]any
		sign    func(string) string
		back    func(state string) string
	}{
		{"another nonce", map[string]any{"nonce": "other"}, nil, nil},
		{"no nonce", map[string]any{"nonce": ""}, nil, nil},
		{"expired", map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, nil, nil},
		{"for somebody else", map[string]any{"aud": "other"}, nil, nil},
		{"by another issuer", map[string]any{"iss": "https://evil.example"}, nil, nil},
		{"signed with a shared secret", nil, hmac, nil},
		{"not signed", nil, none, nil},
		{"signed by a stranger", nil, func(claims string) string { return oidctest.SignIDToken(stranger, "k1", "ES256", claims) }, nil},
		{"another state", nil, nil, func(string) string { return back + "other" }},
		{"no state", nil, nil, func(string) string { return "/signin/with/oidc/back?code=code-1" }},
		{"another code", nil, nil, func(state string) string { return "/signin/with/oidc/back?code=code-2&state=" + state }},
		{"refused there", nil, nil, func(state string) string { return "/signin/with/oidc/back?error=access_denied&state=" + state }},
	} {
		b := s.visitor()
		state := is.goes(b, there)
		is.changed, is.sign = c.changed, c.sign
		path := back + state
		if c.back != nil {
			path = c.back(state)
		}
		if a := b.get(path); a.status != 403 {
			t.Errorf("%s: %d %s", c.name, a.status, a.location)
		}
		if a := b.get("/account"); a.status != 303 {
			t.Errorf("%s: is in", c.name)
		}
	}
	is.changed, is.sign = nil, nil
	// A state is good once, and only in the browser that set out.
	one, other := s.visitor(), s.visitor()
	state = is.goes(one, there)
	if a := other.get(back + state); a.status != 403 {
		t.Errorf("in another browser: %d", a.status)
	}
	one.get(back+state).wants(t, 303)
	one.post("/signout")
	if a := one.get(back + state); a.status != 403 {
		t.Errorf("the same state again: %d", a.status)
	}

	// An account elsewhere belongs to one person; an invitation links it, too.
	code, err := account.Invite(s.Ctx, s.DB, userID(s, "bookkeeper"), "test")
	s.Must(err)
	c := s.visitor()
	c.get("/invite/"+code).wants(t, 200, "用市民账号登录")
	state = is.goes(c, "/signin/with/oidc?invite="+code)
	c.get(back+state).wants(t, 409, "另一个用户")
	is.changed = map[string]any{"sub": "sub-2"}
	state = is.goes(c, "/signin/with/oidc?invite="+code)
	c.get(back+state).wants(t, 303)
	c.get("/account").wants(t, 200, "孙会计", "已关联")
	c.post("/account/unlink/oidc").wants(t, 303)
	c.post("/signout")
	state = is.goes(c, there)
	c.get(back+state).wants(t, 403)
	if a := s.visitor().get("/signin/with/nobody"); a.status != 404 {
		t.Errorf("an unknown provider: %d", a.status)
	}
}

func userID(s *site, name string) (id int64) {
	s.Helper()
	s.Must(s.DB.NewRaw("SELECT id FROM users WHERE username = ?", name).Scan(s.Ctx, &id))
	return id
}

// TestWeChat signs in with WeChat's way of OAuth 2.0, against a small server that answers as WeChat does.
func TestWeChat(t *testing.T) {
	answer := ""
	wechat := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("appid") != "wx1" || r.FormValue("secret") != "hush" || r.FormValue("grant_type") != "authorization_code" || r.FormValue("code") != "code-1" {
			fmt.Fprint(w, `{"errcode":40029,"errmsg":"invalid code"}`)
			return
		}
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(wechat.Close)
	s := newSite(t, func(c *handlers.Config) {
		c.Elsewhere = []handlers.Elsewhere{&handlers.WeChat{AppID: "wx1", Secret: "hush", Token: wechat.URL}}
	})
	s.Must(account.Link(s.Ctx, s.DB, userID(s, "worker"), "wechat:wx1", "openid-1"))
	for _, c := range []struct {
		name, answer, code string
		state              func(string) string
		status             int
	}{
		{"linked", `{"access_token":"a","openid":"openid-1"}`, "code-1", nil, 303},
		{"linked to nobody", `{"openid":"openid-2"}`, "code-1", nil, 403},
		{"another code", `{"openid":"openid-1"}`, "code-2", nil, 403},
		{"an error", `{"errcode":40163,"errmsg":"code been used","openid":"openid-1"}`, "code-1", nil, 403},
		{"no openid", `{"access_token":"a"}`, "code-1", nil, 403},
		{"no JSON", `<html>`, "code-1", nil, 403},
		{"no code", ``, "", nil, 403},
		{"another state", `{"openid":"openid-1"}`, "code-1", func(string) string { return "other" }, 403},
		{"no state", `{"openid":"openid-1"}`, "code-1", func(string) string { return "" }, 403},
	} {
		b := s.visitor()
		to, err := url.Parse(b.get("/signin/with/wechat?next=/me").location)
		s.Must(err)
		q := to.Query()
		if to.Host != "open.weixin.qq.com" || q.Get("appid") != "wx1" || q.Get("scope") != "snsapi_login" || to.Fragment != "wechat_redirect" || !strings.HasSuffix(q.Get("redirect_uri"), "/signin/with/wechat/back") {
			t.Fatalf("sent to %s", to)
		}
		state := q.Get("state")
		if c.state != nil {
			state = c.state(state)
		}
		answer = c.answer
		a := b.get("/signin/with/wechat/back?" + url.Values{"code": {c.code}, "state": {state}}.Encode())
		if a.status != c.status || strings.Contains(a.body, "hush") {
			t.Errorf("%s: %d %.200s", c.name, a.status, a.body)
		}
	}
}

// TestSecondStep turns the second step on, comes in with it and with a recovery code, and shows that no code is taken twice.
func TestSecondStep(t *testing.T) {
	s := newSite(t, withKeys(t))
	b := s.as("admin")
	b.get("/account").wants(t, 200, "两步验证")
	b.post("/account/second", "old_password", "wrong").wants(t, 422)
	a := b.post("/account/second", "old_password", password)
	a.wants(t, 200, "data:image/png;base64,")
	secret := regexp.MustCompile(`<p class="way-link code">([A-Z2-7]{32})<`).FindStringSubmatch(a.body)[1]
	code := func(shift time.Duration) string {
		now, err := totp.GenerateCode(secret, time.Now().Add(shift))
		s.Must(err)
		return now
	}
	var stored string
	s.Must(s.DB.NewRaw("SELECT totp_secret FROM users WHERE username = 'admin'").Scan(s.Ctx, &stored))
	if stored == "" || strings.Contains(stored, secret) {
		t.Errorf("the secret is stored as %q", stored)
	}
	s.as("admin").get("/users").wants(t, 200) // not asked for before it is confirmed
	b.post("/account/second/confirm", "code", "000000").wants(t, 422, "data:image/png;base64,", secret)
	before := code(-30 * time.Second)
	a = b.post("/account/second/confirm", "code", before)
	a.wants(t, 200, "恢复码")
	recovery := regexp.MustCompile(`<li class="code">([A-Z2-7-]{27})<`).FindAllStringSubmatch(a.body, -1)
	if len(recovery) != 8 {
		t.Fatalf("%d recovery codes", len(recovery))
	}
	b.get("/users").wants(t, 200) // stays in

	half := func() *browser {
		b := s.visitor()
		b.get("/signin")
		if a := b.post("/signin", "name", "admin", "password", password, "next", "/audit"); a.location != "/signin/code" {
			t.Fatalf("%d %s", a.status, a.location)
		}
		if a := b.get("/users"); a.status != 303 || !strings.HasPrefix(a.location, "/signin") {
			t.Errorf("with half of it: %d %s", a.status, a.location)
		}
		b.get("/signin/code").wants(t, 200, "one-time-code")
		return b
	}
	b = half()
	for _, wrong := range []string{before, "000000", "", "12345", recovery[0][1][:26]} {
		b.post("/signin/code", "code", wrong).wants(t, 422, "不对或已用过")
	}
	now := code(0)
	c := half()
	if a := c.post("/signin/code", "code", now); a.location != "/audit" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	c.get("/audit?lang=en").wants(t, 200, "was refused at the second step", "turned her second step on")
	c = half()
	c.post("/signin/code", "code", now).wants(t, 422)
	c.post("/signin/code", "code", strings.ToLower(recovery[0][1])).wants(t, 303)
	c.get("/account").wants(t, 200, "还有 7 个恢复码")
	c = half()
	c.post("/signin/code", "code", recovery[0][1]).wants(t, 422)
	c.post("/signin/code", "code", recovery[1][1]).wants(t, 303)
	c.get("/account")
	c.post("/account/second/off", "old_password", "wrong").wants(t, 422)
	c.post("/account/second/off", "old_password", password).wants(t, 303)
	// An administrator turns it off for whoever lost everything, and says how she knows her.
	admin := s.as("admin")
	admin.get("/users").wants(t, 200)
	if _, err := s.DB.NewRaw("UPDATE users SET totp_since = 1 WHERE username = 'bookkeeper'").Exec(s.Ctx); err != nil {
		t.Fatal(err)
	}
	var id int64
	s.Must(s.DB.NewRaw("SELECT id FROM users WHERE username = 'bookkeeper'").Scan(s.Ctx, &id))
	path := fmt.Sprintf("/users/%d", id)
	admin.get(path).wants(t, 200, "您怎么确认是本人？")
	admin.post(path+"/second/off", "reason", " ").wants(t, 422, "请写明您怎么确认是本人")
	admin.post(path+"/second/off", "reason", "当面核对了身份证").goes(t, path)
	admin.get("/audit").wants(t, 200, "bookkeeper: 当面核对了身份证")
	s.as("bookkeeper").get("/account").wants(t, 200)
	if a := s.visitor().get("/signin/code"); a.location != "/signin" {
		t.Errorf("without a password: %s", a.location)
	}
	if n, err := account.RotateKeys(s.Ctx, s.DB, nil); n != 0 || err != nil {
		t.Errorf("%d second steps, %v", n, err)
	}
}
