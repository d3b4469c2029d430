package browsertest

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Phone is a browser whose data outlives it, as on a phone that is switched off. Its context is for chromedp.Run and chromedp.Do.
type Phone struct {
	context.Context
	t    testing.TB
	data string
	stop []context.CancelFunc
}

// NewPhone starts a phone with nothing on it. It ends with the test.
func NewPhone(t testing.TB) *Phone {
	t.Helper()
	p := &Phone{t: t, data: t.TempDir()}
	t.Cleanup(p.end)
	p.start()
	return p
}

func (p *Phone) start() {
	p.t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(p.data))
	all, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, close := chromedp.NewContext(all)
	limited, cancel := context.WithTimeout(ctx, 5*time.Minute)
	p.Context, p.stop = limited, []context.CancelFunc{cancel, close, stop}
	do(p.t, chromedp.Do(p.Context))
}

func (p *Phone) end() {
	for _, stop := range p.stop {
		stop()
	}
	p.stop = nil
}

// Tab opens another page beside the first.
func (p *Phone) Tab() context.Context {
	p.t.Helper()
	ctx, stop := chromedp.NewContext(p.Context)
	p.t.Cleanup(stop)
	do(p.t, chromedp.Do(ctx))
	return ctx
}

// Crash kills the process of the page of a tab. The tab is of no use afterwards.
func Crash(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, 2*time.Second)
	defer stop()
	_, _ = chromedp.Call(ctx, page.Crash, cdp.Empty{}) // there is nobody left to answer
}

// Restart cuts the power: the browser is killed without a warning, and started again.
func (p *Phone) Restart() {
	p.t.Helper()
	browser := chromedp.FromContext(p.Context).Browser
	do(p.t, browser.Process().Kill())
	<-browser.LostConnection
	p.end()
	p.start()
}

// Line is the network between a phone and a server: it can be cut, and lead to another server under the same address.
type Line struct {
	URL    string
	listen net.Listener
	mu     sync.Mutex
	to     string // address of the server, "" while cut
	deaf   bool
	asked  int // bytes that went to the server
	open   map[net.Conn]bool
}

// NewLine lays a line to the server at the address host:port. It ends with the test.
func NewLine(t testing.TB, to string) *Line {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	do(t, err)
	l := &Line{URL: "http://" + listen.Addr().String(), listen: listen, to: to, open: map[net.Conn]bool{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.serve()
	}()
	t.Cleanup(func() {
		listen.Close()
		l.Cut()
		<-done
	})
	return l
}

// Cut ends every connection, whatever is under way, and lets none through.
func (l *Line) Cut() { l.Lead("") }

// Lead ends every connection and leads new ones to the server at the address host:port.
func (l *Line) Lead(to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
	for c := range l.open {
		c.Close()
	}
}

// Deafen lets the phone speak to the server and hear nothing back, or, with false, hear again what comes from then on.
func (l *Line) Deafen(deaf bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deaf, l.asked = deaf, 0
}

// Asked is how many bytes the phone has sent to the server since Deafen.
func (l *Line) Asked() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

func (l *Line) serve() {
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		c, err := l.listen.Accept()
		if err != nil {
			return
		}
		calls.Go(func() { l.connect(c) })
	}
}

// connect carries one connection.
func (l *Line) connect(phone net.Conn) {
	defer phone.Close()
	l.mu.Lock()
	to := l.to
	l.mu.Unlock()
	if to == "" {
		return
	}
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	if !l.keep(to, phone, server) {
		return
	}
	defer l.forget(phone, server)
	go func() {
		_, _ = io.Copy(server, io.TeeReader(phone, counter{l}))
		server.Close()
	}()
	_, _ = io.Copy(ear{phone, l}, server)
}

// counter counts what goes to the server.
type counter struct{ *Line }

func (c counter) Write(data []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked += len(data)
	return len(data), nil
}

// ear is what the phone hears.
type ear struct {
	io.Writer
	line *Line
}

func (e ear) Write(data []byte) (int, error) {
	e.line.mu.Lock()
	deaf := e.line.deaf
	e.line.mu.Unlock()
	if deaf {
		return len(data), nil
	}
	return e.Writer.Write(data)
}

// keep notes connections to be cut later; false when the line has changed meanwhile.
func (l *Line) keep(to string, list ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range list {
		l.open[c] = true
	}
	return l.to == to
}

func (l *Line) forget(list ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range list {
		delete(l.open, c)
	}
}
