package handlers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"jijian/templates/browsertest"
)

// scanner is a phone with the scan page, and the network it hangs on.
type scanner struct {
	*walker
	phone *browsertest.Phone
	line  *browsertest.Line
}

// newScanner signs a lead in on a new phone and opens the scan page, until it is ready to be cut off.
func (s *site) newScanner(user string) *scanner {
	s.Helper()
	phone := browsertest.NewPhone(s)
	line := browsertest.NewLine(s, strings.TrimPrefix(s.URL, "http://"))
	at := *s
	at.URL = line.URL
	sc := &scanner{&walker{&at, phone}, phone, line}
	browserAs(s, phone, line.URL, user, password)
	sc.opens(phone)
	return sc
}

// opens shows the scan page in a tab and waits until its copy and the service worker are there.
func (sc *scanner) opens(tab context.Context) {
	sc.Helper()
	sc.ctx = tab
	sc.goes("/scan")
	sc.runs(`navigator.serviceWorker.ready.then(() => true)`)
	sc.waits(`store.snapshot() !== null && navigator.serviceWorker.controller !== null`)
}

// inStore runs an expression that may use store, the queue and the copy of the page.
func inStore(expression string) string {
	return `import(document.querySelector('script[type=module]').src).then(async ({store}) => (` + expression + `))`
}

// asks is the value of an expression.
func asks[T any](sc *scanner, expression string) T {
	sc.Helper()
	v, err := chromedp.Run(sc.ctx, chromedp.Evaluate[T](inStore(expression), chromedp.EvalAwaitPromise))
	if err != nil {
		sc.Fatalf("%s: %v", expression, err)
	}
	return v
}

func (sc *scanner) runs(expression string) {
	sc.Helper()
	asks[any](sc, expression)
}

// waits until a condition holds.
func (sc *scanner) waits(condition string) {
	sc.Helper()
	if !sc.until(func() bool {
		v, err := chromedp.Run(sc.ctx, chromedp.Evaluate[bool](inStore(condition), chromedp.EvalAwaitPromise))
		return err == nil && v
	}) {
		sc.Fatalf("not before long: %s\nstatus %s\ncounts %s", condition, asks[string](sc, `JSON.stringify(store.status())`), asks[string](sc, `JSON.stringify(store.counts())`))
	}
}

// counts counts pieces of O1 in S1 on the device.
func (sc *scanner) counts(worker string, good int) {
	sc.Helper()
	sc.runs(fmt.Sprintf(`store.enqueue({session: 'S1', worker: %q, order: 'O1', operation: 'cut', good: %d}).then(e => e.uid)`, worker, good))
}

// today is what the page says one worker has counted.
func (sc *scanner) today(worker string) int {
	sc.Helper()
	return asks[int](sc, fmt.Sprintf(`store.snapshot().workers.find(w => w.code === %q).today.pieces`, worker))
}

// stored is the good pieces of every tally in the order of the chain.
func (s *site) stored() (list []int64) {
	s.Helper()
	s.Must(s.DB.NewRaw("SELECT good FROM tallies ORDER BY id").Scan(s.Ctx, &list))
	return list
}

func (s *site) wantsStored(want ...int64) {
	s.Helper()
	if got := s.stored(); fmt.Sprint(got) != fmt.Sprint(want) {
		s.Errorf("stored are %v, want %v", got, want)
	}
}

// TestScanOfflineOpensAndCounts: without a network the page opens, by a service worker that keeps nothing but it, knows names and
// totals, and goes on counting; later all is sent in the order counted.
func TestScanOfflineOpensAndCounts(t *testing.T) {
	s := newSite(t)
	s.Count("S1", "A1", "cut", 100)
	sc := s.newScanner("lead")
	sc.goes("/workers")
	sc.opens(sc.phone)
	sc.line.Cut()
	sc.goes("/scan")
	sc.waits(`store.snapshot()?.workers[0].name === '王秀英'`)
	sc.counts("A1", 7)
	sc.counts("A2", 8)
	if got := sc.today("A1"); got != 107 {
		t.Errorf("with the queue she has %d today, want 107", got)
	}
	sc.goes("/scan")
	sc.waits(`store.counts().queued === 2`)
	if got := sc.today("A1"); got != 107 {
		t.Errorf("after opening again she has %d today, want 107", got)
	}
	for _, link := range []string{"#grid-link", "a[href='/sessions']"} { // in a box, and beside the title
		said := asks[string](sc, fmt.Sprintf(`(async () => {
			const card = document.querySelector('#card');
			card.dataset.kind = 'ready';
			document.querySelector('button[data-dialog="more-box"]').click();
			document.querySelector(%q).click();
			while (card.dataset.kind === 'ready') await new Promise(wake => setTimeout(wake, 20));
			return location.pathname + ' ' + card.innerText;
		})()`, link))
		if !strings.HasPrefix(said, "/scan ") || !strings.Contains(said, "要联网才能打开") {
			t.Errorf("%s without a network: %q", link, said)
		}
	}
	kept := asks[string](sc, `(async () => (await Promise.all((await caches.keys()).map(async n => (await (await caches.open(n)).keys()).map(r => new URL(r.url).pathname)))).flat().join(' '))()`)
	for _, path := range strings.Fields(kept) {
		if path != "/scan" && !strings.HasPrefix(path, "/static/") {
			t.Errorf("%s is kept on the device", path)
		}
	}
	browsertest.Crash(sc.ctx)
	s.wantsStored(100)
	sc.ctx = sc.phone.Tab()
	sc.goes("/scan")
	sc.waits(`store.counts().queued === 2`)
	sc.counts("A1", 9)
	sc.line.Lead(strings.TrimPrefix(s.URL, "http://"))
	sc.runs(`dispatchEvent(new Event('online'))`)
	sc.waits(`store.counts().sent === 3`)
	s.wantsStored(100, 7, 8, 9)
	sc.runs(`store.refresh()`)
	if a1, a2 := sc.today("A1"), sc.today("A2"); a1 != 116 || a2 != 8 {
		t.Errorf("after sending they have %d and %d today, want 116 and 8", a1, a2)
	}
}

// TestScanOfflineFullDisk: what the device cannot keep is not counted, and it says so.
func TestScanOfflineFullDisk(t *testing.T) {
	s := newSite(t)
	sc := s.newScanner("lead")
	sc.line.Cut()
	sc.counts("A1", 1)
	sc.phone.Restart() // the browser remembers for a while that there was room
	sc.ctx = sc.phone
	quota := func(bytes *float64) {
		_, err := chromedp.Call(sc.ctx, storage.OverrideQuotaForOrigin, storage.OverrideQuotaForOriginParams{Origin: sc.URL, QuotaSize: bytes})
		s.Must(err)
	}
	none := 1.0
	quota(&none)
	sc.goes("/scan")
	sc.waits(`store.counts().queued === 1`)
	why := asks[string](sc, `store.enqueue({session: 'S1', worker: 'A1', order: 'O1', operation: 'cut', good: 5, reason: ''}).then(() => 'taken', e => e.code)`)
	if fault := asks[string](sc, `store.status().fault?.code ?? ''`); why != "full" || fault != "full" {
		t.Errorf("a full disk: %q, fault %q", why, fault)
	}
	if got := sc.today("A1"); got != 1 {
		t.Errorf("it counts %d, want 1", got)
	}
	quota(nil)
	sc.counts("A1", 2)
	sc.waits(`store.status().fault === null && store.counts().queued === 2`)
	s.wantsStored()
}

// TestScanOfflineSignInExpired: when the sign-in has ended the queue stays, and goes on once somebody of the workshop has signed in;
// nobody of another workshop sends it.
func TestScanOfflineSignInExpired(t *testing.T) {
	s := newSite(t)
	sc := s.newScanner("lead")
	_, err := s.DB.NewRaw("DELETE FROM web_sessions").Exec(s.Ctx)
	s.Must(err)
	sc.counts("A1", 3)
	sc.waits(`store.status().signin && store.counts().queued === 1`)
	sc.counts("A1", 4)
	s.wantsStored()
	browserAs(t, sc.ctx, sc.URL, "lead2", password)
	sc.opens(sc.ctx)
	sc.waits(`store.snapshot().workshop.code === 'W2' && store.counts().elsewhere === 2 && store.counts().queued === 0`)
	s.wantsStored()
	sc.goes("/workers")
	sc.does(chromedp.Submit(`form[action="/signout"] button`), chromedp.WaitVisible("#f-name"))
	browserAs(t, sc.ctx, sc.URL, "lead", password)
	sc.opens(sc.ctx)
	sc.waits(`store.snapshot().workshop.code === 'W1' && store.counts().sent === 2`)
	s.wantsStored(3, 4)
}

// TestScanOfflineSignOut: signing out anywhere takes the names off the device, unless tallies wait to be sent.
func TestScanOfflineSignOut(t *testing.T) {
	s := newSite(t)
	sc := s.newScanner("lead")
	signOut := func(want string) {
		t.Helper()
		sc.goes("/workers")
		sc.does(chromedp.Submit(`form[action="/signout"] button`), chromedp.WaitVisible("#f-name"))
		left, err := chromedp.Run(sc.ctx, chromedp.Evaluate[string](`(async () => {
			const db = await new Promise(resolve => { indexedDB.open('jijian-scan').onsuccess = e => resolve(e.target.result); });
			const count = name => new Promise(resolve => { db.transaction(name).objectStore(name).count().onsuccess = e => resolve(e.target.result); });
			const left = [await count('queue'), await count('copies'), !!await caches.match('/scan')].join(' ');
			db.close();
			return left;
		})()`, chromedp.EvalAwaitPromise))
		s.Must(err)
		if left != want {
			t.Errorf("left on the device are %s, want %s", left, want)
		}
	}
	sc.line.Cut()
	sc.counts("A1", 5)
	sc.does(chromedp.Navigate("about:blank")) // the page is not there to send it
	sc.line.Lead(strings.TrimPrefix(s.URL, "http://"))
	signOut("1 1 true")
	browserAs(t, sc.ctx, sc.URL, "lead", password)
	sc.opens(sc.ctx)
	sc.waits(`store.counts().sent + store.counts().duplicate === 1`) // an answer may have been lost when the page went away
	signOut("0 0 false")
	s.wantsStored(5)
}

// TestScanOfflineWrongClock: with a clock that is off and jumps, the order counted is kept, the device's moment stands beside the server's,
// and the guard of clocks tells a person.
func TestScanOfflineWrongClock(t *testing.T) {
	s := newSite(t)
	sc := s.newScanner("lead")
	sc.line.Cut()
	for i, hours := range []int{-30, -40, 5} {
		sc.runs(fmt.Sprintf(`(globalThis.real ??= Date.now.bind(Date), Date.now = () => real() + %d * 3600_000, 0)`, hours))
		sc.counts("A1", i+1)
	}
	sc.line.Lead(strings.TrimPrefix(s.URL, "http://"))
	sc.runs(`void dispatchEvent(new Event('online'))`)
	sc.waits(`store.counts().sent === 3`)
	s.wantsStored(1, 2, 3)
	var apart []int64 // hours between the two clocks
	s.Must(s.DB.NewRaw("SELECT (recorded_at - received_at) / 3600000 FROM tallies ORDER BY id").Scan(s.Ctx, &apart))
	if fmt.Sprint(apart) != "[-30 -40 4]" {
		t.Errorf("the clocks are %v hours apart", apart)
	}
	var flags int
	s.Must(s.DB.NewRaw("SELECT COUNT(*) FROM tally_flags WHERE kind = 'clock'").Scan(s.Ctx, &flags))
	if flags != 1 { // one is enough for a device
		t.Errorf("the clock was noticed %d times", flags)
	}
	sc.runs(`store.refresh()`)
	if skew := asks[float64](sc, `store.status().skew`); skew > -4.9*3600_000 || skew < -5.1*3600_000 {
		t.Errorf("the page takes the clock to be off by %v ms", skew)
	}
}

// TestScanOfflineTwoTabs: two pages on one device send each tally once, in order.
func TestScanOfflineTwoTabs(t *testing.T) {
	s := newSite(t)
	sc := s.newScanner("lead")
	first, second := sc.ctx, sc.phone.Tab()
	sc.opens(second)
	sc.line.Cut()
	for i := range 20 {
		sc.ctx = []context.Context{first, second}[i%2]
		sc.counts("A1", i+1)
	}
	sc.line.Lead(strings.TrimPrefix(s.URL, "http://"))
	for _, sc.ctx = range []context.Context{first, second} {
		sc.runs(`void dispatchEvent(new Event('online'))`)
	}
	for _, sc.ctx = range []context.Context{first, second} {
		sc.waits(`store.counts().sent === 20`)
	}
	want := make([]int64, 20)
	for i := range want {
		want[i] = int64(i + 1)
	}
	s.wantsStored(want...)
	if a, b := sc.today("A1"), 210; a != b {
		t.Errorf("she has %d today, want %d", a, b)
	}
}

// TestScanOfflineRenewsItself: a new build takes the place of the old one, and nothing of the old one stays.
func TestScanOfflineRenewsItself(t *testing.T) {
	s := newSite(t)
	build := "one"
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/sw.js" {
			s.server.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		r.Header.Del("Accept-Encoding")
		s.server.ServeHTTP(answer, r)
		for name, list := range answer.Header() {
			w.Header()[name] = list
		}
		head, worker, _ := strings.Cut(answer.Body.String(), ";")
		var shell map[string]any
		s.Must(json.Unmarshal([]byte(strings.TrimPrefix(head, "self.shell=")), &shell))
		shell["build"] = build
		fresh, err := json.Marshal(shell)
		s.Must(err)
		fmt.Fprintf(w, "self.shell=%s;%s", fresh, worker)
	}))
	defer web.Close()
	at := *s
	at.URL = web.URL
	sc := at.newScanner("lead")
	keys := `caches.keys().then(all => all.join())`
	if got := asks[string](sc, keys); got != "scan-one" {
		t.Errorf("kept is %s", got)
	}
	build = "two"
	sc.goes("/scan")
	sc.waits(`await ` + keys + ` === 'scan-two'`)
	sc.line.Cut()
	sc.goes("/scan")
	sc.waits(`store.snapshot() !== null`)
}
