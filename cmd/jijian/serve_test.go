package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"jijian/migrations"
	"jijian/payroll/demo"
	"jijian/piecework"
)

// server is a running `jijian serve` or `jijian demo`.
type server struct {
	base     string // its address
	greeting string
	stop     func() int // ends it and returns its exit status
}

var addressLine = regexp.MustCompile(`(?m)is at (https?://\S+)$`)

// start runs a command that serves until the test ends or stop is called.
func (c cli) start(args ...string) *server {
	c.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	read, write := io.Pipe()
	var problems bytes.Buffer
	exit := make(chan int, 1)
	env := func(name string) string { return map[string]string{"JIJIAN_DB": c.dsn}[name] }
	go func() {
		exit <- run(ctx, args, env, strings.NewReader(""), write, &problems)
		write.Close()
	}()
	s := &server{stop: sync.OnceValue(func() int {
		cancel()
		return <-exit
	})}
	c.Cleanup(func() { s.stop() })
	greeting := make([]byte, 1<<16)
	n, _ := read.Read(greeting) // the greeting is one write; nothing is read when the command failed
	s.greeting = string(greeting[:n])
	m := addressLine.FindStringSubmatch(s.greeting)
	if m == nil {
		c.Fatalf("jijian %s: exit %d\n%s%s", strings.Join(args, " "), s.stop(), s.greeting, problems.String())
	}
	s.base = m[1]
	return s
}

// get asks for a path and returns status and body.
func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	res, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestServeAnswersUntilItIsStopped(t *testing.T) {
	c := emptyCLI(t)
	if os.Getenv("TEST_DATABASE_URL") != "" {
		c.ok("migrate")
	}
	s := c.start("serve", "--addr", "127.0.0.1:0")
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body := get(t, http.DefaultClient, s.base+path); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	link := regexp.MustCompile(`http://\S+/setup/\S+`).FindString(s.greeting)
	if status, _ := get(t, http.DefaultClient, link); status != http.StatusOK {
		t.Errorf("the link for the first administrator answers %d; printed was:\n%s", status, s.greeting)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("stopped with exit status %d", code)
	}
	c.ok("user", "add", "root", "--role", "admin", "--name", "管理员")
	if s := c.start("serve", "--addr", "127.0.0.1:0"); strings.Contains(s.greeting, "/setup/") || s.greeting != "Jijian is at "+s.base+"\n" {
		t.Errorf("with an administrator it prints:\n%s", s.greeting)
	}
}

func TestServeOnPostgreSQLWaitsForMigrate(t *testing.T) {
	c := emptyCLI(t)
	db := c.open()
	if piecework.IsSQLite(db) {
		c.start("serve", "--addr", "127.0.0.1:0")
		if behind, err := migrations.Pending(t.Context(), db); err != nil || len(behind) > 0 {
			t.Errorf("on SQLite serve left %v to do, %v", behind, err)
		}
		return
	}
	c.fails(failed, "run jijian migrate first", "serve", "--addr", "127.0.0.1:0")
	c.ok("migrate")
	c.start("serve", "--addr", "127.0.0.1:0")
}

func TestDemoIsServedAgainAsItWas(t *testing.T) {
	c := emptyCLI(t)
	if os.Getenv("TEST_DATABASE_URL") != "" {
		c.ok("migrate")
	}
	first := c.start("demo", "--addr", "127.0.0.1:0")
	for _, in := range demo.SignIns {
		if !regexp.MustCompile(`(?mi)^  ` + in.Username + ` +` + string(in.Role) + `( +\(PIN ` + demo.PIN + `\))?$`).MatchString(first.greeting) {
			t.Errorf("no sign-in for %s in:\n%s", in.Role, first.greeting)
		}
	}
	if code := first.stop(); code != 0 {
		t.Errorf("exit status %d", code)
	}
	want := dump(t, c.open())
	c.start("demo", "--addr", "127.0.0.1:0").stop()
	if dump(t, c.open()) != want {
		t.Error("the second start changed the demo")
	}
	if s := c.start("serve", "--addr", "127.0.0.1:0"); !strings.Contains(s.greeting, demo.Password) {
		t.Errorf("serve does not say that this is the demo:\n%s", s.greeting)
	}
}

func TestADemoOfAnEarlierDay(t *testing.T) {
	c := liteCLI(t)
	c.ok("migrate")
	db, err := piecework.Open(c.dsn)
	if err != nil {
		t.Fatal(err)
	}
	then := time.Now().AddDate(0, 0, -3)
	if err := errors.Join(demo.Fill(t.Context(), db, demo.Seed, then), db.Close()); err != nil {
		t.Fatal(err)
	}
	newest := func() piecework.Date {
		day, err := demo.Newest(t.Context(), c.open())
		if err != nil {
			t.Fatal(err)
		}
		return day
	}
	for _, tt := range []struct {
		flag, says string
		ends       piecework.Date
	}{
		{"--renew=false", "the demo ends on " + string(demo.Today(then)), demo.Today(then)},
		{"--renew", "is made anew", demo.Today(then).AddDays(3)},
		{"--renew", "", demo.Today(then).AddDays(3)}, // nothing to do
	} {
		// An address that nobody can listen on ends the command when all else is done.
		_, stderr, _ := c.run("", "demo", tt.flag, "--addr", "nowhere:99999999")
		said, _, _ := strings.Cut(stderr, "jijian demo: cannot listen")
		if !strings.Contains(said, tt.says) || tt.says == "" && said != "" {
			t.Errorf("%s: want %q, got %q", tt.flag, tt.says, stderr)
		}
		if day := newest(); day < tt.ends || tt.ends == demo.Today(then) && day != tt.ends {
			t.Errorf("%s: the demo ends on %s, want %s", tt.flag, day, tt.ends)
		}
	}
}

func TestDemoLeavesRealDataAlone(t *testing.T) {
	c := newCLI(t)
	c.ok("import", folder(t, october))
	before := dump(t, c.open())
	c.fails(failed, "goes only into an empty one", "demo", "--addr", "127.0.0.1:0")
	if strings.HasPrefix(c.dsn, "postgres:") {
		c.fails(misused, "SQLite", "demo", "--renew")
	} else {
		c.fails(failed, "goes only into an empty one", "demo", "--renew", "--addr", "127.0.0.1:0")
	}
	if dump(t, c.open()) != before {
		t.Error("the data was changed")
	}
}

func TestServeWithACertificate(t *testing.T) {
	c := newCLI(t)
	cert, key, roots := certificate(t)
	s := c.start("serve", "--addr", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	if !strings.HasPrefix(s.base, "https://127.0.0.1:") {
		t.Errorf("the address is %s", s.base)
	}
	if status, body := get(t, client, s.base+"/healthz"); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
}

// TestServeWithAnAuthorityOfOnesOwn asks another ACME directory than the usual one for a certificate, and trusts it by --ca-file alone.
func TestServeWithAnAuthorityOfOnesOwn(t *testing.T) {
	c := newCLI(t)
	asked := make(chan string, 9)
	authority := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		http.Error(w, "closed for good", http.StatusGone) // nobody asks again
	}))
	t.Cleanup(authority.Close)
	authority.Config.ErrorLog = log.New(io.Discard, "", 0)
	trusted := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, trust := range []bool{true, false} {
		args := []string{"serve", "--addr", "127.0.0.1:0", "--acme-host", "jijian.example", "--acme-cache", t.TempDir(), "--acme-directory", authority.URL + "/dir"}
		if trust {
			args = append(args, "--ca-file", trusted)
		}
		s := c.start(args...)
		_, port, _ := strings.Cut(strings.TrimPrefix(s.base, "https://"), ":")
		// What asks names a host as people would; the certificate never comes, and so the handshake fails.
		conn, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{ServerName: "jijian.example", RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12})
		if err == nil {
			t.Error("a certificate came out of nowhere")
			_ = conn.Close()
		}
		s.stop()
		select {
		case path := <-asked:
			if !trust || path != "/dir" {
				t.Errorf("trusted %v, and %s was asked for", trust, path)
			}
		default:
			if trust {
				t.Errorf("the directory was not asked: %v", err)
			}
		}
	}
}

// certificate makes a certificate for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, data []byte) (string, []byte) {
		path, text := filepath.Join(t.TempDir(), name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data})
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path, text
	}
	certFile, text := write("cert.pem", "CERTIFICATE", der)
	keyFile, _ = write("key.pem", "EC PRIVATE KEY", keyDER)
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return certFile, keyFile, roots
}

func TestAddress(t *testing.T) {
	for _, tt := range []struct {
		site      site
		listening string
		secure    bool
		want      string
	}{
		{site{}, "[::]:8080", false, "http://localhost:8080"},
		{site{}, "0.0.0.0:80", false, "http://localhost"},
		{site{}, "192.168.1.5:8080", false, "http://192.168.1.5:8080"},
		{site{}, "[::]:8443", true, "https://localhost:8443"},
		{site{acmeHost: "jijian.example,www.jijian.example"}, "[::]:443", true, "https://jijian.example"},
		{site{base: "https://jijian.example/"}, "[::]:8080", false, "https://jijian.example"},
	} {
		addr, err := net.ResolveTCPAddr("tcp", tt.listening)
		if err != nil {
			t.Fatal(err)
		}
		if got := tt.site.address(addr, tt.secure); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.listening, got, tt.want)
		}
	}
}

// TestAcknowledgedTalliesSurviveAKill kills the real program in the middle of its work, several times, and looks for every
// tally that it had acknowledged.
func TestAcknowledgedTalliesSurviveAKill(t *testing.T) {
	program := filepath.Join(t.TempDir(), "jijian")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := demoCLI(t)
	token := lastWord(c.ok("token", "--role", "lead", "--workshop", "MF01"))
	acknowledged := map[string]bool{}
	for round := range 3 {
		killAtWork(c, program, token, round, acknowledged)
	}
	var stored []string
	if err := c.open().NewRaw("SELECT uid FROM tallies WHERE uid LIKE 'kill-%'").Scan(t.Context(), &stored); err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, uid := range stored {
		there[uid] = true
	}
	for uid := range acknowledged {
		if !there[uid] {
			t.Errorf("tally %s was acknowledged and is gone", uid)
		}
	}
	if len(acknowledged) < 3*100 {
		t.Errorf("only %d tallies were acknowledged", len(acknowledged))
	}
	c.ok("verify")
}

// killAtWork starts the program, lets several senders post tallies, and kills it once a hundred have been acknowledged.
func killAtWork(c cli, program, token string, round int, acknowledged map[string]bool) {
	c.Helper()
	cmd := exec.Command(program, "serve", "--addr", "127.0.0.1:0", "--db", c.dsn)
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	greeting := make([]byte, 1<<12)
	n, _ := out.Read(greeting)
	m := addressLine.FindSubmatch(greeting[:n])
	if m == nil {
		c.Fatalf("it did not start: %s, %v", greeting[:n], cmd.Wait())
	}
	var mu sync.Mutex
	var senders sync.WaitGroup
	enough := make(chan struct{})
	count := 0
	for sender := range 4 {
		senders.Go(func() {
			for i := 0; ; i++ {
				uids, err := post(string(m[1]), token, fmt.Sprintf("kill-%d-%d-%d", round, sender, i))
				if err != nil {
					return // killed
				}
				mu.Lock()
				for _, uid := range uids {
					acknowledged[uid] = true
					if count++; count == 100 {
						close(enough)
					}
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	if err := cmd.Process.Kill(); err != nil {
		c.Error(err)
	}
	senders.Wait()
	_ = cmd.Wait() // it was killed, and says so
}

// post sends three tallies and returns the uids that were acknowledged.
func post(base, token, name string) ([]string, error) {
	type item struct {
		UID       string `json:"uid"`
		Session   string `json:"session"`
		Worker    string `json:"worker"`
		Order     string `json:"order"`
		Operation string `json:"operation"`
		Good      int    `json:"good"`
	}
	var items []item
	for k := range 3 {
		items = append(items, item{fmt.Sprintf("%s-%d", name, k), "MF01-261123", "A01", "ROSE-261106", "cut", 1})
	}
	body, err := json.Marshal(map[string]any{"tallies": items})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, base+"/api/v1/tallies", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var answer struct {
		Results []struct{ UID, Status, Reason string }
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return nil, err
	}
	var uids []string
	for _, r := range answer.Results {
		if r.Status == string(piecework.Accepted) {
			uids = append(uids, r.UID)
		}
	}
	if len(uids) == 0 {
		return nil, fmt.Errorf("nothing was accepted: %d %+v", res.StatusCode, answer)
	}
	return uids, nil
}

// TestAccountsElsewhere starts with providers that are half set up, and with whole ones.
func TestAccountsElsewhere(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]string
		want     string
	}{
		"no client":        {map[string]string{"JIJIAN_OIDC_ISSUER": "https://id.example", "JIJIAN_BASE_URL": "https://jijian.example"}, "--oidc-client-id"},
		"no secret":        {map[string]string{"JIJIAN_OIDC_ISSUER": "https://id.example", "JIJIAN_OIDC_CLIENT_ID": "jijian"}, "JIJIAN_OIDC_CLIENT_SECRET"},
		"no WeChat secret": {map[string]string{"JIJIAN_WECHAT_APP_ID": "wx1"}, "JIJIAN_WECHAT_SECRET"},
		"no address":       {map[string]string{"JIJIAN_WECHAT_APP_ID": "wx1", "JIJIAN_WECHAT_SECRET": "hush"}, "base_url"},
		"neither":          {map[string]string{"JIJIAN_WECHAT_APP_ID": "wx1", "JIJIAN_WECHAT_SECRET": "hush", "JIJIAN_WECHAT_OFFICIAL": "maybe"}, "JIJIAN_WECHAT_OFFICIAL"},
	} {
		a := &app{getenv: func(name string) string { return c.settings[name] }}
		s := site{base: c.settings["JIJIAN_BASE_URL"], elsewhere: elsewhere{c.settings["JIJIAN_OIDC_ISSUER"], c.settings["JIJIAN_OIDC_CLIENT_ID"], "", c.settings["JIJIAN_WECHAT_APP_ID"]}}
		if _, err := s.elsewhere.providers(a, s.base); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := &app{getenv: func(string) string { return "true" }}
	e := elsewhere{"https://id.example", "jijian", "", "wx1"}
	if list, err := e.providers(a, "https://jijian.example"); err != nil || len(list) != 2 {
		t.Errorf("%v %v", list, err)
	}
}
