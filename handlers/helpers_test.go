package handlers_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"jijian/handlers"
	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/pieceworktest"
)

const password = "correct horse"

// site is a server over a world of its own, with a user of every role.
type site struct {
	*pieceworktest.World
	URL    string
	server *handlers.Server
}

// passwordHash is the hash of password at the least cost: a stored hash carries its own, and the usual one is slow on purpose.
var passwordHash = func() string {
	salt, b64 := []byte("salt of the tests"), base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, b64(salt), b64(argon2.IDKey([]byte(password), salt, 1, 8, 1, 32)))
}()

// newSite serves a world: admin, bookkeeper, lead (of W1), worker (A1), contractor (C1), lead2 of another workshop W2, counter (A1) and officer.
func newSite(t testing.TB, change ...func(*handlers.Config)) *site {
	t.Helper()
	w := pieceworktest.NewWorld(t)
	cfg := handlers.Config{DB: w.DB, Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))}
	for _, f := range change {
		f(&cfg)
	}
	server, err := handlers.New(cfg)
	w.Must(err)
	remember(server)
	t.Cleanup(server.Close)
	other := piecework.NewWorkshop("W2", "绢花坊")
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, other))
	for _, u := range []account.User{
		{Username: "admin", Name: "管理员", Role: account.Admin},
		{Username: "bookkeeper", Name: "孙会计", Role: account.Bookkeeper},
		{Username: "lead", Name: "王组长", Role: account.Lead, WorkshopID: w.Workshop.ID},
		{Username: "lead2", Name: "李组长", Role: account.Lead, WorkshopID: other.ID},
		{Username: "worker", Name: "王秀英", Role: account.Worker, WorkerID: w.Workers[0].ID},
		{Username: "contractor", Name: "肥城工艺", Role: account.Contractor, ContractorID: w.Order.ContractorID},
		{Username: "counter", Name: "王秀英", Role: account.Counter, WorkerID: w.Workers[0].ID},
		{Username: "officer", Name: "马干事", Role: account.Officer},
	} {
		u.PasswordHash = passwordHash
		_, err := w.DB.NewInsert().Model(&u).Exec(w.Ctx)
		w.Must(err)
	}
	return serve(w, server)
}

// browser is one visitor with her cookies. It does not follow redirects.
type browser struct {
	*site
	client *http.Client
	csrf   string // of the page loaded last
	header http.Header
}

func (s *site) visitor() *browser {
	jar, err := cookiejar.New(nil)
	s.Must(err)
	return &browser{site: s, header: http.Header{}, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as signs a user in.
func (s *site) as(username string) *browser {
	s.Helper()
	b := s.visitor()
	b.get("/signin")
	if a := b.post("/signin", "name", username, "password", password); a.status != http.StatusSeeOther {
		s.Fatalf("sign in as %s: %d %s", username, a.status, a.body)
	}
	b.get("/contractors") // for the secret of the session's forms, whatever the answer
	return b
}

// answer is what came back.
type answer struct {
	status   int
	body     string
	location string
	header   http.Header
}

var hidden = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func (b *browser) do(method, path, contentType, body string) answer {
	b.Helper()
	req, err := http.NewRequest(method, b.URL+path, strings.NewReader(body))
	b.Must(err)
	for name, list := range b.header {
		req.Header[name] = list
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := b.client.Do(req)
	b.Must(err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	b.Must(err)
	if m := hidden.FindSubmatch(data); m != nil {
		b.csrf = string(m[1])
	}
	return answer{res.StatusCode, string(data), res.Header.Get("Location"), res.Header}
}

func (b *browser) get(path string) answer { b.Helper(); return b.do("GET", path, "", "") }

// post sends a form with the secret of the page loaded last, unless the pairs name another.
func (b *browser) post(path string, pairs ...string) answer {
	b.Helper()
	form := url.Values{"csrf": {b.csrf}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.do("POST", path, "application/x-www-form-urlencoded", form.Encode())
}

// wants fails unless the answer has the status and holds the texts.
func (a answer) wants(t testing.TB, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d: %.300s", a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("%q is not in: %.2000s", text, a.body)
		}
	}
}

// settle computes a draft run of the world's workshop.
func (s *site) settle(from, to piecework.Date) *payroll.PayRun {
	s.Helper()
	run, err := payroll.Settle(s.Ctx, s.DB, s.Workshop.ID, from, to, "test")
	s.Must(err)
	return run
}

// serve puts a server for a world on the web.
func serve(w *pieceworktest.World, server *handlers.Server) *site {
	web := httptest.NewServer(server)
	w.Cleanup(web.Close)
	return &site{w, web.URL, server}
}
