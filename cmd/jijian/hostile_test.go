package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"jijian/handlers"
	"jijian/payroll/demo"
)

// enemies make hostile requests out of the paths there are. The same seed makes the same requests.
type enemies struct {
	rng     *rand.Rand
	routes  []string // method and path
	cookies []string // of people who are signed in
	token   string   // of a lead
}

// one is one of a list.
func one[T any](e *enemies, list ...T) T { return list[e.rng.IntN(len(list))] }

// odds is true once in so many times.
func (e *enemies) odds(of int) bool { return e.rng.IntN(of) == 0 }

// junk is bytes of any kind, half of the time printable.
func (e *enemies) junk(longest int) string {
	b := make([]byte, e.rng.IntN(longest)+1)
	printable := e.odds(2)
	for i := range b {
		if b[i] = byte(e.rng.Uint32()); printable {
			b[i] = b[i]%94 + 33
		}
	}
	return string(b)
}

// evil are texts that have hurt programs before.
var evil = []string{"0", "-1", "1", "2", "9223372036854775807", "9223372036854775808", "1e3", "0x1", "01", "1.0", "+1", "%31", "%00", "%0d%0aX-A:%20b", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/",
	"'--", "1%20OR%201=1", "%3Cscript%3E", "%EF%BC%91", "%F0%9F%92%A5", "%ff%fe", "%ED%A0%80", "%zz", "%", "a%5Cb", "...", ".", "~", "*", "%E2%80%AE", "\x00", "\x7f", "ü", "NaN", "null", "true", "[]", "{{.}}", "$%7Bx%7D", "%25s%25n%25d"}

// path is a path of the program with something wrong in it, most of the time.
func (e *enemies) path(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") || part == "*" {
			parts[i] = one(e, evil...)
		} else if e.odds(25) {
			parts[i] = one(e, strings.ToUpper(part), part+".", part+";x=y", part+"%20", part+"%2f", one(e, evil...), "")
		}
	}
	p := strings.Join(parts, "/")
	switch e.rng.IntN(40) {
	case 0:
		p += "/"
	case 1:
		p = "/" + p
	case 2:
		p = strings.Repeat("/a", e.rng.IntN(4000)) + p
	case 3:
		p = one(e, "http://evil.example"+p, "//evil.example"+p, "*", "\\"+p, "", p+"#x", p+" x")
	case 4:
		p += "%" + strings.Repeat("41", e.rng.IntN(3000))
	}
	if e.odds(2) {
		p += "?" + e.query()
	}
	return p
}

// names of parameters and fields that handlers read.
var fields = []string{"q", "page", "from", "to", "status", "lang", "line", "stock", "skip", "format", "table", "week", "code", "next", "back", "session", "worker", "order", "operation", "workshop", "type", "kind", "role",
	"tare", "unit", "by", "state", "csrf", "name", "password", "amount", "quantity", "rate", "date", "period", "undo", "up_to", "endpoint", "url", "pin", "phone", "contractor", "product", "run", "month", "region", "id"}

func (e *enemies) query() string {
	n := e.rng.IntN(4) + 1
	if e.odds(60) {
		n = 1500
	}
	pairs := make([]string, n)
	for i := range pairs {
		pairs[i] = one(e, fields...) + one(e, "=", "=", "=", "", "[]=", "%00=") + one(e, one(e, evil...), "2026-13-45", "2026-10-01", "0000-00-00", "99999-01-01", "999999999999", strings.Repeat("x", 900), url.QueryEscape(e.junk(40)))
	}
	return strings.Join(pairs, one(e, "&", "&", "&", ";", "&&"))
}

// body is a body and the type it claims to be.
func (e *enemies) body() (kind, body string) {
	form := strings.Repeat(e.query()+"&", e.rng.IntN(3)+1)
	switch e.rng.IntN(12) {
	case 0:
		return "application/x-www-form-urlencoded", form
	case 1:
		return "application/x-www-form-urlencoded; charset=" + one(e, "utf-16", "\xff", `"`), e.junk(2000)
	case 2:
		return "multipart/form-data", form
	case 3:
		return "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"" + one(e, fields...) + "\"; filename=\"../../x\"\r\n\r\n" + e.junk(500) + one(e, "\r\n--b--", "\r\n--b", "")
	case 4:
		return "multipart/form-data; boundary=" + strings.Repeat("b", e.rng.IntN(200)), strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\r\n", e.rng.IntN(1500))
	case 5:
		return "application/json", strings.Repeat(one(e, "[", `{"tallies":[`, `{"a":`), e.rng.IntN(20000))
	case 6:
		return "application/json", `{"tallies":[{"uid":` + one(e, `"`+url.QueryEscape(e.junk(60))+`"`, "1", "null", `"\ud800"`) + `,"session":"` + one(e, evil...) + `","worker":"A01","order":"x","operation":"y","good":` + one(e, "1", "-1", "1e999", "99999999999999999999", "1.5", `"1"`) + `}]}`
	case 7:
		return "application/json", e.junk(3000)
	case 8:
		return one(e, "image/png", "image/jpeg", "image/gif", "image/svg+xml"), one(e, "\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0", "GIF89a\xff\xff\xff\xff", "<svg/>", "") + e.junk(3000)
	case 9:
		return one(e, "text/plain", "application/xml", "", "a/b/c", "\"", strings.Repeat("x", 3000)), form
	case 10:
		if e.odds(6) {
			return one(e, "application/x-www-form-urlencoded", "application/json", "image/png", "multipart/form-data; boundary=b"), strings.Repeat(one(e, "a=b&", "[", "\x00"), 3<<20/4) // too large
		}
		return "application/json", "{}"
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(bytes.Repeat([]byte{'['}, 1<<16)) // into memory
	_ = w.Close()
	return "application/json\r\nContent-Encoding: gzip", packed.String()
}

// signedIn is the headers of somebody who is let in, or of nobody. Who prints labels gets nothing wrong done: that gives out codes.
func (e *enemies) signedIn(method, path string) string {
	switch {
	case strings.Contains(path, ".pdf"):
	case e.odds(3) && (method == "GET" || method == "HEAD"):
		return "Cookie: " + one(e, e.cookies...) + "\r\n"
	case e.odds(3):
		return "Cookie: " + one(e, e.cookies...) + "\r\n" + one(e, "Sec-Fetch-Site: cross-site\r\n", "Origin: https://evil.example\r\n", "Origin: null\r\n", "X-CSRF-Token: "+strings.Repeat("A", 86)+"\r\n", "")
	case e.odds(3) && strings.HasPrefix(path, "/api/"):
		return "Authorization: Bearer " + e.token + "\r\n"
	case e.odds(5):
		return "Authorization: " + one(e, "Bearer ", "bearer x", "Basic YTpi", "Bearer "+e.token+"x", "Bearer \xff", strings.Repeat("x", 5000)) + "\r\n"
	case e.odds(5):
		return "Cookie: jijian_session=" + one(e, strings.Repeat("A", 43), "", `"`, "%00", strings.Repeat("x", 4000), "\xff") + "; jijian_door=" + one(e, "x", strings.Repeat("B", 43)) + "; jijian_lang=" + one(e, evil...) + "\r\n"
	}
	return ""
}

// attack is a whole request as bytes.
type attack struct {
	text   []byte
	hangUp bool // nothing more will come, although more was promised, or the sender no longer listens for what comes of it
}

// request makes a request.
func (e *enemies) request() attack {
	method, path, _ := strings.Cut(one(e, e.routes...), " ")
	if e.odds(6) {
		method = one(e, "GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", "get", strings.Repeat("G", 300), "G\tT")
	}
	path = e.path(path)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.%s\r\n", method, path, one(e, "1", "1", "1", "1", "0"))
	host := "Host: localhost\r\n"
	if e.odds(15) {
		host = one(e, "Host: evil.example\r\n", "", "Host: \r\n", "Host: a b\r\n", "Host: localhost\r\nHost: b\r\n", "Host: [::1\r\n")
	}
	b.WriteString(host)
	b.WriteString(e.signedIn(method, path))
	for range e.rng.IntN(3) {
		b.WriteString(one(e, "Accept: application/json\r\n", "Accept-Encoding: gzip, br, "+url.QueryEscape(e.junk(30))+"\r\n", "Accept-Language: "+strings.Repeat("zh;q=0.1,", 200)+"\r\n", "X-Forwarded-For: "+one(e, "1.2.3.4", "::1, x", strings.Repeat("9", 2000))+"\r\n",
			"Range: bytes="+one(e, "0-", "-1", "5-1", strings.Repeat("0-1,", 500), "x")+"\r\n", "If-None-Match: "+one(e, "*", `W/"x"`, `"`)+"\r\n", "If-Modified-Since: never\r\n", "Last-Event-ID: "+one(e, evil...)+"\r\n",
			"Referer: "+one(e, "http://localhost/%zz", "//", "javascript:1")+"\r\n", "X-Junk: "+url.QueryEscape(e.junk(100))+"\r\n", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "Expect: 100-continue\r\n", "Forwarded: for=\"_x\"\r\n", "X-HTTP-Method-Override: DELETE\r\n"))
	}
	if e.odds(150) {
		b.WriteString(strings.Repeat("X-A: "+strings.Repeat("a", 900)+"\r\n", 90))
	}
	b.WriteString("Connection: close\r\n")
	if method == "GET" && !e.odds(10) {
		b.WriteString("\r\n")
		return attack{[]byte(b.String()), e.odds(20)}
	}
	kind, body := e.body()
	fmt.Fprintf(&b, "Content-Type: %s\r\n", kind)
	form := e.rng.IntN(12)
	switch form {
	case 0:
		fmt.Fprintf(&b, "Content-Length: %s\r\n\r\n%s", one(e, "-1", "x", "99999999999999999999", "1, 2", strconv.Itoa(len(body)/2)), body)
	case 1:
		fmt.Fprintf(&b, "Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), len(body), body)
	case 2:
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%s\r\n%s", one(e, "zz", "ffffffffffffffff", "-5", "5"), body)
	case 3:
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body)+1, body) // the rest never comes
	default:
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	}
	return attack{[]byte(b.String()), form < 4 || e.odds(20)}
}

// send sends a request and returns the status, 0 when there was no answer to read.
func send(address string, m attack) (int, error) {
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	go func() {
		if _, err := conn.Write(m.text); err == nil && m.hangUp { // the program may hang up before it has all
			_ = conn.(*net.TCPConn).CloseWrite()
		}
	}()
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return 0, err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		return 0, fmt.Errorf("no answer in time: %w", err)
	}
	if err != nil {
		return 0, nil
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return res.StatusCode, nil // closing its body would read on to an end that does not come
	}
	return res.StatusCode, res.Body.Close()
}

// used is the resident memory of the program in KB, and how many files it has open.
func (p *program) used(t *testing.T) (memory, files int) {
	t.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(p.Process.Pid))
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		t.Fatalf("no VmRSS in %s", status)
	}
	memory, _ = strconv.Atoi(string(m[1]))
	list, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	return memory, len(list)
}

// signIn is the cookies of somebody of the demo.
func signIn(t *testing.T, base, name string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	_, page := get(t, client, base+"/signin")
	csrf := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(page)[1]
	res, err := client.PostForm(base+"/signin", url.Values{"csrf": {csrf}, "name": {name}, "password": {demo.Password}})
	if err != nil {
		t.Fatal(err)
	}
	if res.Body.Close(); res.Request.URL.Path == "/signin" {
		t.Fatalf("%s was not let in", name)
	}
	get(t, client, base+"/notices") // makes the keys of messages, once
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	for _, c := range jar.Cookies(u) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	return strings.Join(cookies, "; ")
}

// Ten thousand requests, of which the first thousand warm the program up. What it may have more of afterwards, in KB: caches fill and the
// collector is not in a hurry; a leak of 8 KB a request would be over it.
const (
	hostile = 10_000
	warm    = 1_000
	growth  = 64 << 10
)

// TestHostileRequests sends ten thousand hostile requests to the built program, while some connections stay half open: nothing is answered
// with an error of the program's own, it neither panics nor logs an error, keeps its memory and its files, and the data are as before.
func TestHostileRequests(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jijian")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := demoCLI(t)
	token := lastWord(c.ok("token", "--role", "lead", "--workshop", "MF01"))
	p := c.serveProgram(path)
	base := "http://" + p.address
	e := &enemies{rng: rand.New(rand.NewPCG(20261123, 6)), token: token, routes: routesOf(c)}
	for _, name := range []string{"admin", "lead", "worker", "contractor"} {
		e.cookies = append(e.cookies, signIn(t, base, name))
	}
	before := withoutLog(dump(t, c.open()))
	release := holdOpen(t, p.address)

	requests := make(chan attack)
	var senders sync.WaitGroup
	var mu sync.Mutex
	answers := map[int]int{}
	for range 8 {
		senders.Go(func() {
			for r := range requests {
				status, err := send(p.address, r)
				mu.Lock()
				if answers[status]++; err != nil || status >= 500 && !spoken(status, r.text) {
					t.Errorf("%d %v: %.400q", status, err, r.text)
				}
				mu.Unlock()
			}
		})
	}
	var memory, files int
	for i := range hostile {
		if i == warm {
			memory, files = p.used(t)
		}
		requests <- e.request()
	}
	close(requests)
	senders.Wait()
	release()
	after, open := p.used(t)
	t.Logf("answers %v; memory %d → %d KB, files %d → %d", answers, memory, after, files, open)
	if after > memory+growth {
		t.Errorf("memory grew from %d to %d KB", memory, after)
	}
	if open > files+8 {
		t.Errorf("it has %d files open, and had %d", open, files)
	}
	// Nobody may ask too often, so a fast machine answers more of them with 429.
	for status, least := range map[int]int{200: 100, 303: 30, 400: 300, 403: 100, 404: 300, 405: 80, 429: 1, 431: 1} {
		if answers[status] < least {
			t.Errorf("only %d answers %d: the requests no longer reach what they should", answers[status], status)
		}
	}
	if status, body := get(t, http.DefaultClient, base+"/readyz"); status != http.StatusOK {
		t.Errorf("afterwards it is not ready: %d %s", status, body)
	}
	now := withoutLog(dump(t, c.open()))
	for i, was := range before {
		if i >= len(now) || now[i] != was {
			t.Errorf("the data have changed: %.300s is now %.300s", was, now[min(i, len(now)-1)])
			break
		}
	}
	p.kill()
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, "panic") || strings.Contains(line, "level=ERROR") {
			t.Errorf("it logged %.600s", line)
		}
	}
	c.ok("verify")
}

// withoutLog is the lines of a dump without the log of who did what, which tells of refused sign-ins, as it should.
func withoutLog(dump string) []string {
	var lines []string
	logged := false
	for line := range strings.Lines(dump) {
		if strings.HasPrefix(line, "# ") {
			logged = line == "# audit_entries\n"
		}
		if !logged {
			lines = append(lines, line)
		}
	}
	return lines
}

// spoken holds for what net/http itself answers to a transfer coding or version that nobody speaks (RFC 9112, sections 2.3 and 6.1).
func spoken(status int, request []byte) bool {
	return status == http.StatusNotImplemented && bytes.Contains(request, []byte("Transfer-Encoding")) || status == http.StatusHTTPVersionNotSupported
}

// routesOf is every line of the table.
func routesOf(c cli) []string {
	c.Helper()
	server, err := handlers.New(handlers.Config{DB: c.open(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		c.Fatal(err)
	}
	defer server.Close()
	return server.Routes()
}

// holdOpen opens connections that say something now and then and never finish, until it is released.
func holdOpen(t *testing.T, address string) (release func()) {
	t.Helper()
	var list []net.Conn
	for i := range 40 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, conn)
		if _, err := io.WriteString(conn, []string{"G", "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", "POST /signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\na=", ""}[i%4]); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		for _, conn := range list {
			conn.Close()
		}
	}
}
