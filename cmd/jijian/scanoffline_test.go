package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/uptrace/bun"

	"jijian/payroll/demo"
	"jijian/piecework"
	"jijian/templates/browsertest"
)

// program is the built program, serving as a process of its own.
type program struct {
	*exec.Cmd
	address string       // host:port
	log     bytes.Buffer // what it said; to be read when it has ended
}

// serveProgram starts it. It is killed at the latest when the test ends.
func (c cli) serveProgram(path string) *program {
	c.Helper()
	p := &program{Cmd: exec.Command(path, "serve", "--addr", "127.0.0.1:0", "--db", c.dsn)}
	p.Env = append(os.Environ(), "GOGC=100") // as it runs elsewhere, whatever the tests have
	p.Stderr = &p.log
	out, err := p.StdoutPipe()
	if err != nil {
		c.Fatal(err)
	}
	if err := p.Start(); err != nil {
		c.Fatal(err)
	}
	c.Cleanup(p.kill)
	greeting := make([]byte, 1<<12)
	n, _ := out.Read(greeting)
	m := addressLine.FindSubmatch(greeting[:n])
	if m == nil {
		c.Fatalf("it did not start: %s", greeting[:n])
	}
	p.address = strings.TrimPrefix(string(m[1]), "http://")
	return p
}

// kill ends the process as a power cut would.
func (p *program) kill() {
	if p.ProcessState == nil {
		_ = p.Process.Kill()
		_ = p.Wait() // it was killed, and says so
	}
}

// bench is a phone at the scan page of the demo.
type bench struct {
	cli
	db     *bun.DB
	phone  *browsertest.Phone
	tab    context.Context
	line   *browsertest.Line
	crew   []piecework.Worker
	badges []piecework.Code // of the crew
	next   int              // how many were scanned
	before int64            // the last tally of the demo
}

func (b *bench) does(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, stop := context.WithTimeout(b.tab, time.Minute)
	defer stop()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// try evaluates an expression that may use the store of the page.
func try[T any](b *bench, expression string) (T, error) {
	script := `import(document.querySelector('script[type=module]').src).then(async ({store}) => (` + expression + `))`
	return chromedp.Run(b.tab, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

func (b *bench) waits(what string, holds func() bool) {
	b.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			status, _ := try[string](b, `JSON.stringify([store.status(), store.counts()])`)
			b.Fatalf("%s: not before long; the page says %s", what, status)
		}
	}
}

// waitsFor waits until an expression is true on the page.
func (b *bench) waitsFor(expression string) {
	b.Helper()
	b.waits(expression, func() bool {
		yes, err := try[bool](b, expression)
		return err == nil && yes
	})
}

// scans lets a scanner type n badges, each after the one before has been taken.
func (b *bench) scans(n int) {
	b.Helper()
	for range n {
		b.does(chromedp.KeyEvent(b.badges[b.next%len(b.badges)].Short() + "\r"))
		b.next++
	}
	b.waitsFor(fmt.Sprintf(`Object.values(store.counts()).reduce((a, n) => a + n) === %d`, b.next))
}

// opens the scan page, from the device if need be, with so many scans waiting on it. Each badge counts three cut pieces.
func (b *bench) opens(waiting int) {
	b.Helper()
	const work = `{"order":"ROSE-261106","operation":"cut","fixed":3}`
	for range 2 { // what the page remembers of its way of counting may be lost with the power
		b.does(chromedp.Navigate(b.line.URL + "/scan"))
		b.waitsFor(fmt.Sprintf(`store.snapshot() !== null && store.counts().queued === %d && document.documentElement.dataset.scan === 'ready'`, waiting))
		set, err := try[bool](b, fmt.Sprintf(`localStorage.getItem('scan-work-MF01') !== null || (localStorage.setItem('scan-work-MF01', %q), false)`, work))
		if err != nil {
			b.Fatal(err)
		}
		if set {
			return
		}
	}
}

// signsIn signs the lead in, unless the phone still knows her.
func (b *bench) signsIn() {
	b.Helper()
	b.does(chromedp.Navigate(b.line.URL+"/signin"), chromedp.WaitReady("#main"))
	asked, err := chromedp.Run(b.tab, chromedp.Evaluate[bool](`document.querySelector('#f-name') !== null`))
	if err != nil {
		b.Fatal(err)
	}
	if asked {
		b.does(chromedp.SetValue("#f-name", "lead"), chromedp.SetValue("#f-password", demo.Password), chromedp.Submit("#f-password"), chromedp.WaitVisible(".menu"))
	}
}

// hasBadges gives everybody of the lead's workshop a badge.
func (b *bench) hasBadges() {
	b.Helper()
	w, err := piecework.WorkshopByCode(b.Context(), b.db, "MF01")
	if err == nil {
		b.crew, err = piecework.Crew(b.Context(), b.db, w.ID)
	}
	if err != nil {
		b.Fatal(err)
	}
	var ids []int64
	for _, worker := range b.crew {
		ids = append(ids, worker.ID)
	}
	codes, err := piecework.CodesOf(b.Context(), b.db, piecework.WorkerBadge, w.ID, "test", ids...)
	if err != nil {
		b.Fatal(err)
	}
	for _, id := range ids {
		b.badges = append(b.badges, codes[id])
	}
}

// scan is a tally that came from the phone.
type scan struct {
	UID    string `bun:"uid"`
	Worker string
	Good   int
}

// arrived is every scan that the database holds, in the order of the chain.
func (b *bench) arrived() (scans []scan) {
	b.Helper()
	err := b.db.NewRaw("SELECT t.uid, w.code AS worker, t.good FROM tallies AS t JOIN workers AS w ON w.id = t.worker_id WHERE t.id > ? ORDER BY t.id", b.before).
		Scan(b.Context(), &scans)
	if err != nil {
		b.Fatal(err)
	}
	return scans
}

// TestScanOfflineSurvivesEverything counts 500 times. In the middle the network is cut, the tab is killed and the phone loses its
// power; while it sends what it kept, the server is killed twice. In the end each of the 500 is in the database, once, in order.
func TestScanOfflineSurvivesEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jijian")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b := &bench{cli: demoCLI(t), phone: browsertest.NewPhone(t)}
	b.db = b.open()
	if err := b.db.NewRaw("SELECT MAX(id) FROM tallies").Scan(t.Context(), &b.before); err != nil {
		t.Fatal(err)
	}
	b.hasBadges()
	server := b.serveProgram(path)
	b.tab, b.line = b.phone, browsertest.NewLine(t, server.address)
	b.signsIn()
	b.opens(0)
	b.waitsFor(`navigator.serviceWorker.ready.then(() => caches.match('/scan')).then(page => !!page)`)

	b.scans(140)
	b.waits("the first arrive", func() bool { return len(b.arrived()) > 0 })
	b.line.Cut()
	b.scans(160)
	waiting, err := try[int](b, `store.counts().queued`)
	if err != nil || waiting < 160 || waiting == b.next {
		t.Fatalf("%d wait after the cut, %v", waiting, err)
	}
	browsertest.Crash(b.tab)
	b.tab = b.phone.Tab()
	b.opens(waiting)
	b.scans(100)
	b.phone.Restart()
	b.tab = b.phone
	b.opens(waiting + 100)
	b.scans(100)
	b.does(chromedp.Navigate("about:blank"))

	// The sign-in may be lost with the power. The phone speaks and hears nothing: the first batch is stored, and nobody knows.
	b.line.Lead(server.address)
	b.signsIn()
	sent := len(b.arrived())
	b.line.Deafen(true)
	b.opens(waiting + 200)
	// Some of what it sends may be there already: the answer to them was lost when the line was cut.
	b.waits("a batch arrives unheard", func() bool { return len(b.arrived()) > sent })
	server.kill()
	// The second server is killed as soon as it is asked.
	server = b.serveProgram(path)
	b.line.Deafen(true)
	b.line.Lead(server.address)
	b.waits("it is asked again", func() bool { return b.line.Asked() > 10_000 })
	server.kill()
	server = b.serveProgram(path)
	b.line.Deafen(false)
	b.line.Lead(server.address)
	b.waitsFor(`(dispatchEvent(new Event('online')), store.counts().queued === 0)`)
	if person, err := try[int](b, `store.counts().person`); err != nil || person != 0 {
		t.Errorf("%d need a person, %v", person, err)
	}

	got := b.arrived()
	if len(got) != 500 {
		t.Errorf("%d tallies arrived, want 500", len(got))
	}
	for i, n := range got {
		if n.Worker != b.crew[i%len(b.crew)].Code || n.Good != 3 || i > 0 && n.UID <= got[i-1].UID {
			t.Fatalf("in place %d arrived %+v after %+v, want one of %s", i+1, n, got[max(0, i-1)], b.crew[i%len(b.crew)].Code)
		}
	}
	b.ok("verify")
}
