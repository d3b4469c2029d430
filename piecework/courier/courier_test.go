package courier_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/courier"
	"jijian/piecework/pieceworktest"
)

// outside is a push service and a chat group, as far as a courier sees them.
type outside struct {
	*httptest.Server
	mu     sync.Mutex
	status int // of answers to pushes
	code   int // of the group
	got    []taken
}

type taken struct {
	header http.Header
	query  url.Values
	body   []byte
}

func newOutside(t testing.TB) *outside {
	o := &outside{status: http.StatusCreated}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		o.mu.Lock()
		defer o.mu.Unlock()
		o.got = append(o.got, taken{r.Header, r.URL.Query(), body})
		switch {
		case strings.HasPrefix(r.URL.Path, "/push/"):
			w.WriteHeader(o.status)
		case strings.HasPrefix(r.URL.Path, "/away"):
			http.Redirect(w, r, "/feishu", http.StatusTemporaryRedirect)
		case strings.HasPrefix(r.URL.Path, "/feishu"):
			fmt.Fprintf(w, `{"code":%d,"msg":"m"}`, o.code)
		default:
			fmt.Fprintf(w, `{"errcode":%d,"errmsg":"m"}`, o.code)
		}
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *outside) host() string { return strings.TrimPrefix(o.URL, "http://") }

// take is what came since it was asked last.
func (o *outside) take() []taken {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := o.got
	o.got = nil
	return list
}

// answer changes what is answered from now on.
func (o *outside) answer(status, code int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.status, o.code = status, code
}

// keys seal the robots' addresses.
var keys = func() *piecework.Keys {
	k, err := piecework.ParseKeys(piecework.NewKey())
	if err != nil {
		panic(err)
	}
	return k
}()

func say(lang string, n *piecework.Notice, group bool) courier.Message {
	return courier.Message{Title: n.Workshop.Name, Body: fmt.Sprintf("%s %s %s group:%t", lang, n.Kind, n.FirstDay, group), Path: "/notices"}
}

// newCourier is a courier that may send to the outside and to nowhere else that is private, at a moment that the test moves.
func newCourier(w *pieceworktest.World, o *outside, now *time.Time) *courier.Courier {
	return courier.New(courier.Config{DB: w.DB, Say: say, Base: func() string { return "https://jijian.example" }, Keys: keys, Allow: courier.Allow{o.host()},
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return *now }})
}

// phone is the browser of a worker.
type phone struct {
	key  *ecdh.PrivateKey
	auth []byte
	piecework.PushDevice
}

func newPhone(w *pieceworktest.World, endpoint string, userID int64) *phone {
	w.Helper()
	p := &phone{auth: make([]byte, 16)}
	rand.Read(p.auth)
	var err error
	p.key, err = ecdh.P256().GenerateKey(rand.Reader)
	w.Must(err)
	p.PushDevice = piecework.PushDevice{UserID: userID, Endpoint: endpoint, Lang: "zh", P256dh: base64.RawURLEncoding.EncodeToString(p.key.PublicKey().Bytes()), Auth: base64.RawURLEncoding.EncodeToString(p.auth)}
	w.Must(piecework.AddDevice(w.Ctx, w.DB, &p.PushDevice))
	return p
}

// open reads a sealed message as RFC 8291 says.
func (p *phone) open(t testing.TB, sealed []byte) (m courier.Message) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	salt, size, keyLen := sealed[:16], binary.BigEndian.Uint32(sealed[16:20]), int(sealed[20])
	theirs, text := sealed[21:21+keyLen], sealed[21+keyLen:]
	public, err := ecdh.P256().NewPublicKey(theirs)
	must(err)
	shared, err := p.key.ECDH(public)
	must(err)
	ikm, err := hkdf.Key(sha256.New, shared, p.auth, "WebPush: info\x00"+string(p.key.PublicKey().Bytes())+string(theirs), 32)
	must(err)
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	must(err)
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	must(err)
	block, err := aes.NewCipher(key)
	must(err)
	gcm, err := cipher.NewGCM(block)
	must(err)
	plain, err := gcm.Open(nil, nonce, text, nil)
	must(err)
	if len(text) > int(size) {
		t.Errorf("a record of %d bytes, longer than %d", len(text), size)
	}
	plain = []byte(strings.TrimRight(string(plain), "\x00"))
	if plain[len(plain)-1] != 2 {
		t.Error("the record is not the last")
	}
	must(json.Unmarshal(plain[:len(plain)-1], &m))
	return m
}

// vouched checks the signature of RFC 8292: the header names the key and holds a token for the push service.
func vouched(t testing.TB, header, public, origin string) {
	t.Helper()
	token, key, ok := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	if !ok || key != public || len(parts) != 3 {
		t.Fatalf("Authorization: %q", header)
	}
	decode := func(s string) []byte {
		data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(decode(parts[1]), &claims); err != nil || claims.Aud != origin || claims.Sub == "" || claims.Exp < time.Now().Unix() || claims.Exp > time.Now().Add(24*time.Hour).Unix() {
		t.Errorf("claims %+v, %v", claims, err)
	}
	raw, sig, sum := decode(key), decode(parts[2]), sha256.Sum256([]byte(parts[0]+"."+parts[1]))
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if !ecdsa.Verify(pub, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		t.Error("the signature is not the server's")
	}
}

// user adds a sign-in for a worker.
func user(w *pieceworktest.World, name string, u account.User) int64 {
	w.Helper()
	u.Username, u.Name, u.PasswordHash = name, name, "x"
	_, err := w.DB.NewInsert().Model(&u).Exec(w.Ctx)
	w.Must(err)
	return u.ID
}

func TestAPushReachesWhomItIsFor(t *testing.T) {
	w, o, now := pieceworktest.NewWorld(t), newOutside(t), time.Now().Add(time.Minute) // later than what is made meanwhile
	c := newCourier(w, o, &now)
	mine := newPhone(w, o.URL+"/push/1", user(w, "a1", account.User{Role: account.Worker, WorkerID: w.Workers[0].ID}))
	newPhone(w, o.URL+"/push/2", user(w, "a2", account.User{Role: account.Worker, WorkerID: w.Workers[1].ID}))
	newPhone(w, o.URL+"/push/3", user(w, "c1", account.User{Role: account.Contractor, ContractorID: w.Order.ContractorID}))
	notice := piecework.Notice{WorkshopID: w.Workshop.ID, WorkerID: w.Workers[0].ID, Kind: piecework.DisputeAnswered, FirstDay: "2026-10-01", LastDay: "2026-10-31"}
	w.Must(piecework.Notify(w.Ctx, w.DB, notice))
	deliver := func(want int) []taken {
		t.Helper()
		n, err := c.Deliver(w.Ctx)
		w.Must(err)
		if n != want {
			t.Errorf("%d arrived, want %d", n, want)
		}
		return o.take()
	}
	got := deliver(1)
	if m := mine.open(t, got[0].body); m.Body != "zh answer 2026-10-01 group:false" || m.Title != w.Workshop.Name || m.Path != "/notices" {
		t.Errorf("the phone reads %+v", m)
	}
	public, err := c.PublicKey(w.Ctx)
	w.Must(err)
	vouched(t, got[0].header.Get("Authorization"), public, o.URL)
	if again, err := newCourier(w, o, &now).PublicKey(w.Ctx); err != nil || again != public {
		t.Errorf("another process has the key %q, %v", again, err)
	}
	if got[0].header.Get("Ttl") == "" || got[0].header.Get("Content-Encoding") != "aes128gcm" {
		t.Errorf("headers %v", got[0].header)
	}
	deliver(0) // once is enough

	// Everybody of the workshop hears of a session, a contractor of none.
	w.Session("SN", w.Workshop.Today())
	if n := len(deliver(2)); n != 2 {
		t.Errorf("%d pushes", n)
	}
	w.Session("SO", w.Workshop.Today().AddDays(-1)) // is over
	deliver(0)

	// A push service that no longer knows a device is not asked again.
	o.answer(http.StatusGone, 0)
	w.Must(piecework.Notify(w.Ctx, w.DB, notice))
	if n := len(deliver(0)); n != 1 {
		t.Errorf("%d pushes to what is gone", n)
	}
	now = now.Add(2 * time.Hour)
	deliver(0)
	if n, err := piecework.CountDevices(w.Ctx, w.DB, mine.UserID); err != nil || n != 0 {
		t.Errorf("%d devices left, %v", n, err)
	}
}

func TestWhatFailsIsTriedForADayAlsoAfterARestart(t *testing.T) {
	w, o, now := pieceworktest.NewWorld(t), newOutside(t), time.Now().Add(time.Minute) // later than what is made meanwhile
	robot := &piecework.Robot{WorkshopID: w.Workshop.ID, Name: "群", Kind: piecework.WeCom, URL: o.URL + "/wecom?key=abcd", Lang: "zh", AddedBy: "test"}
	w.Must(piecework.AddRobot(w.Ctx, w.DB, keys, robot))
	o.answer(0, 45009)
	w.Session("SN", w.Workshop.Today())
	tries := 0
	for range 60 {
		c := newCourier(w, o, &now) // each time another process
		_, err := c.Deliver(w.Ctx)
		w.Must(err)
		c.Close()
		tries += len(o.take())
		now = now.Add(30 * time.Minute)
	}
	if tries < 20 || tries > 40 {
		t.Errorf("tried %d times within a day", tries)
	}
	list, err := piecework.Robots(w.Ctx, w.DB, 0)
	w.Must(err)
	if list[0].Lost != 1 || list[0].Last.GivenUpAt == 0 || list[0].Last.Problem().String() != "the group answers 45009: m" || strings.Contains(list[0].Last.Error+list[0].URL, "abcd") {
		t.Errorf("the robot says %d lost, %+v", list[0].Lost, list[0].Last)
	}
	o.answer(0, 0)
	w.Session("SM", w.Workshop.Today())
	if n, err := newCourier(w, o, &now).Deliver(w.Ctx); n != 1 || err != nil {
		t.Errorf("%d arrived afterwards, %v", n, err)
	}
	w.Must(piecework.SweepOutbox(w.Ctx, w.DB, now.AddDate(0, 2, 0)))
	if n, err := w.DB.NewSelect().Table("outbox").Count(w.Ctx); n != 0 || err != nil {
		t.Errorf("%d stay in the outbox for ever, %v", n, err)
	}
}

// TestTwoProcessesSendOnce: whoever takes a parcel has it alone.
func TestTwoProcessesSendOnce(t *testing.T) {
	w, o, now := pieceworktest.NewWorld(t), newOutside(t), time.Now().Add(time.Minute) // later than what is made meanwhile
	w.Must(piecework.AddRobot(w.Ctx, w.DB, keys, &piecework.Robot{Name: "群", Kind: piecework.Feishu, URL: o.URL + "/feishu", Lang: "en", AddedBy: "test"}))
	for i := range 40 {
		w.Session(fmt.Sprintf("SN%d", i), w.Workshop.Today())
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if _, err := newCourier(w, o, &now).Deliver(w.Ctx); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if n := len(o.take()); n != 40 {
		t.Errorf("40 messages arrived %d times", n)
	}
}

func TestEachRobotIsSpokenToInItsForm(t *testing.T) {
	w, o, now := pieceworktest.NewWorld(t), newOutside(t), time.UnixMilli(1_790_000_000_123)
	c := newCourier(w, o, &now)
	mac := func(key, text string) string {
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(text))
		return base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	for _, kind := range piecework.RobotKinds {
		for _, secret := range []string{"", "SECxyz"} {
			if kind == piecework.WeCom && secret != "" {
				continue
			}
			r := &piecework.Robot{Kind: kind, URL: o.URL + "/" + string(kind) + "?access_token=t", Secret: secret}
			if problem := c.Try(w.Ctx, r, `开工 "x"`); problem != nil {
				t.Fatal(problem)
			}
			got := o.take()[0]
			var m struct {
				MsgType   string `json:"msgtype"`
				MsgType2  string `json:"msg_type"`
				Text      struct{ Content string }
				Content   struct{ Text string }
				Timestamp string
				Sign      string
			}
			w.Must(json.Unmarshal(got.body, &m))
			if m.MsgType+m.MsgType2 != "text" || m.Text.Content+m.Content.Text != `开工 "x"` || (m.MsgType2 != "") != (kind == piecework.Feishu) || got.query.Get("access_token") != "t" {
				t.Errorf("%s is told %s", kind, got.body)
			}
			var want [2]string
			switch {
			case secret == "":
			case kind == piecework.DingTalk:
				want = [2]string{"1790000000123", mac(secret, "1790000000123\n"+secret)}
			default:
				want = [2]string{"1790000000", mac("1790000000\n"+secret, "")}
			}
			if at, sig := m.Timestamp+got.query.Get("timestamp"), m.Sign+got.query.Get("sign"); [2]string{at, sig} != want {
				t.Errorf("%s with secret %q is signed %q %q, want %q", kind, secret, at, sig, want)
			}
		}
	}
	o.answer(0, 19021)
	if problem := c.Try(w.Ctx, &piecework.Robot{Kind: piecework.Feishu, URL: o.URL + "/feishu"}, "x"); problem == nil || !strings.Contains(problem.String(), "19021") {
		t.Errorf("a refusal reads %q", problem)
	}
	if problem := c.Try(w.Ctx, &piecework.Robot{Kind: piecework.Feishu, URL: o.URL + "/away"}, "x"); problem == nil || !strings.Contains(problem.String(), "307") {
		t.Errorf("a redirect is followed: %q", problem)
	}
}

// TestNothingPrivateIsReached: whatever an address is made of, no request of ours goes into a private network.
func TestNothingPrivateIsReached(t *testing.T) {
	w, o, now := pieceworktest.NewWorld(t), newOutside(t), time.Now().Add(time.Minute) // later than what is made meanwhile
	open := newCourier(w, o, &now)
	closed := courier.New(courier.Config{DB: w.DB, Logger: slog.Default()})
	port := o.host()[strings.LastIndex(o.host(), ":"):]
	for _, address := range []string{"http://example.com/", "https://example.com:8443/", "https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/", "https://192.168.1.1/",
		"https://169.254.169.254/latest", "https://172.16.0.1", "https://100.64.0.1/", "https://0.0.0.0/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1]/", "https://[fd00::1]/",
		"https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://router/", "https://user:pw@example.com/", "ftp://example.com/", "//example.com/", "example.com", "", "https://", "https://%zz/",
		"https://printer.localhost/", o.URL, "https://" + o.host(), "http://localhost" + port} {
		if closed.Allow.Check(address) == nil {
			t.Errorf("%q may be kept", address)
		}
		if address == "" || strings.Contains(address, "example.com") {
			continue
		}
		if problem := closed.Try(w.Ctx, &piecework.Robot{Kind: piecework.WeCom, URL: address}, "x"); problem == nil || strings.Contains(problem.String(), "answers") {
			t.Errorf("%q was asked: %q", address, problem)
		}
	}
	if n := len(o.take()); n != 0 {
		t.Errorf("%d requests went out", n)
	}
	if msg := open.Allow.Check(o.URL + "/wecom"); msg != nil {
		t.Errorf("what is allowed is refused: %s", msg)
	}
	if msg := closed.Allow.Check("https://example.com/robot/send?key=x"); msg != nil {
		t.Errorf("a public address is refused: %s", msg)
	}
}
