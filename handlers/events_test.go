package handlers_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"jijian/handlers"
	"jijian/piecework"
	"jijian/templates"
	"jijian/templates/browsertest"
)

// events is an open stream of events.
type events struct {
	testing.TB
	*http.Response
	lines *bufio.Scanner
	stop  context.CancelFunc
}

// stream asks for events, whatever the answer is.
func (b *browser) stream(path string) *events {
	b.Helper()
	ctx, stop := context.WithCancel(b.Ctx)
	req, err := http.NewRequestWithContext(ctx, "GET", b.URL+path, nil)
	b.Must(err)
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Accept-Encoding", "gzip") // as browsers do
	res, err := b.client.Do(req)
	b.Must(err)
	e := &events{b.TB, res, bufio.NewScanner(res.Body), stop}
	b.Cleanup(e.close)
	return e
}

func (e *events) close() {
	e.stop()
	e.Body.Close()
}

// next waits for the next event and is its data; "" when the stream has ended.
func (e *events) next() string {
	for e.lines.Scan() {
		if data, ok := strings.CutPrefix(e.lines.Text(), "data: "); ok {
			return data
		}
	}
	return ""
}

func TestEvents(t *testing.T) {
	s := newSite(t)
	e := s.as("lead").stream("/sessions/1/events")
	if kind := e.Header.Get("Content-Type"); e.StatusCode != 200 || !strings.HasPrefix(kind, "text/event-stream") || e.Header.Get("Content-Encoding") != "" {
		t.Fatalf("%d %s %s", e.StatusCode, kind, e.Header.Get("Content-Encoding"))
	}
	seen := map[string]bool{}
	expect := func(what string) {
		t.Helper()
		data := e.next()
		if data == "" || seen[data] {
			t.Fatalf("%s: the event says %q after %v", what, data, seen)
		}
		seen[data] = true
	}
	expect("at once")
	s.Count("S1", "A1", "cut", 120)
	expect("a tally")
	s.Must(piecework.CheckIn(s.Ctx, s.DB, 1, s.Workers[0].ID))
	expect("somebody came")
	s.Must(piecework.CloseSession(s.Ctx, s.DB, 1, "test"))
	expect("closed")
	for user, want := range map[string]int{"lead2": 404, "worker": 403, "contractor": 403} {
		if e := s.as(user).stream("/sessions/1/events"); e.StatusCode != want {
			t.Errorf("%s: %d, want %d", user, e.StatusCode, want)
		}
		s.as(user).get("/sessions/1/board").wants(t, want)
	}
}

// TestEventsOutliveLimits: the limits that end slow requests do not end a stream, and stopping the server does.
func TestEventsOutliveLimits(t *testing.T) {
	s := newSite(t)
	h := s.server.HTTP()
	h.ReadTimeout, h.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	s.Must(err)
	served := make(chan error, 1)
	go func() { served <- h.Serve(listener) }()
	b := s.as("lead")
	other := *s
	other.URL = "http://" + listener.Addr().String()
	b.site = &other // cookies do not look at the port
	e := b.stream("/sessions/1/events")
	first := e.next()
	time.Sleep(time.Second)
	s.Count("S1", "A1", "cut", 120)
	if data := e.next(); data == "" || data == first {
		t.Errorf("after the time limit of usual requests: %q", data)
	}
	ctx, cancel := context.WithTimeout(s.Ctx, time.Minute)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		t.Errorf("the server waits for a board: %v", err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	if data := e.next(); data != "" || e.lines.Err() != nil {
		t.Errorf("after the end: %q, %v", data, e.lines.Err())
	}
}

// TestEventsLeaveNothing: two hundred boards come and go, and nothing of them stays behind.
func TestEventsLeaveNothing(t *testing.T) {
	s := newSite(t)
	s.Session("S2", "2026-10-06")
	b := s.as("lead")
	b.client.Transport = &http.Transport{DisableKeepAlives: true}
	b.get("/sessions")
	before := runtime.NumGoroutine()
	var all []*events
	for i := range 200 {
		e := b.stream([]string{"/sessions/1/events", "/sessions/2/events"}[i%2])
		if e.next() == "" {
			t.Fatalf("listener %d hears nothing", i)
		}
		all = append(all, e)
	}
	s.Count("S1", "A1", "cut", 120)
	for i, e := range all {
		if e.next() == "" {
			t.Fatalf("listener %d did not hear of the tally", i)
		}
		e.close()
	}
	for n := runtime.NumGoroutine(); n > before+5; n = runtime.NumGoroutine() {
		if t.Context().Err() != nil {
			t.Fatalf("%d goroutines, %d before", n, before)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestEventsAreBounded(t *testing.T) {
	s := newSite(t)
	var leaves []func()
	for range handlers.MaxListeners {
		leave, ok := s.server.Listen(1)
		if !ok {
			t.Fatalf("refused after %d", len(leaves))
		}
		leaves = append(leaves, leave)
	}
	b := s.as("lead")
	if e := b.stream("/sessions/1/events"); e.StatusCode != 503 || e.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %d", e.StatusCode)
	}
	leaves[0]()
	if e := b.stream("/sessions/1/events"); e.StatusCode != 200 {
		t.Errorf("after one has left: %d", e.StatusCode)
	}
	for _, leave := range leaves[1:] {
		leave()
	}
	s.server.Close()
	if e := b.stream("/sessions/1/events"); e.StatusCode != 503 {
		t.Errorf("on a server that stops: %d", e.StatusCode)
	}
}

func TestBoard(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Cut, nil, "2026-10-01", "0.35")
	lead := s.as("lead")
	lead.get("/sessions/1/board").wants(t, 200, "桃木坊", "还没有人到", "绢花", `http-equiv="refresh"`)
	s.Workers[1].Name = "欧阳素珍"
	s.Must(piecework.SaveWorker(s.Ctx, s.DB, &s.Workers[1]))
	s.Count("S1", "A1", "cut", 1250)
	glued := s.Count("S1", "A2", "glue", 80)
	s.Must(piecework.CheckIn(s.Ctx, s.DB, 1, s.Workers[2].ID))
	page := lead.get("/sessions/1/board")
	page.wants(t, 200, "王秀英", "欧阳素珍", ">1,330<", ">1,250<", "25<small>%", "1,250 / 5,000", "+80")
	page.lacks(t, "¥", "0.35", "￥", "退出")
	for style, want := range map[string][2]string{"title": {"王女士", "欧阳女士"}, "star": {"王*", "欧阳*"}, "code": {"A1", "A2"}} {
		masked := lead.get("/sessions/1/board?names=" + style)
		masked.wants(t, 200, want[0], want[1])
		masked.lacks(t, "王秀英", "欧阳素珍")
	}
	lead.get("/sessions/1/board?names=title&lang=en").wants(t, 200, "Ms 欧阳")
	s.Session("S2", "2026-10-06")
	s.Record(piecework.NewTally{Session: "S2", Worker: "A2", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 80}, Reverses: glued})
	lead.get("/sessions/2/board").wants(t, 200, `<span class="now num">−80</span>`) // struck in a later session
	lead.post("/sessions/1/close").wants(t, 303)
	lead.get("/sessions/1/board").wants(t, 200, "已关闭")
	lead.get("/sessions/1").wants(t, 200, "flash done") // the board has not taken the message
}

// TestLookBoard looks at the board on a phone, a desk and a wall, and sees it change by itself.
func TestLookBoard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	day := s.Workshop.Today()
	crowd := func(from, to int) {
		for i := from; i < to; i++ {
			worker := piecework.Worker{Code: fmt.Sprintf("C%02d", i), Name: "诸葛明月", WorkshopID: s.Workshop.ID, ShareWeight: piecework.ShareWeightOne, Active: true}
			s.Must(piecework.SaveWorker(s.Ctx, s.DB, &worker))
			s.Must(piecework.CheckIn(s.Ctx, s.DB, 1, worker.ID))
			s.Count("S1", worker.Code, "cut", int64(1000+i))
			s.Count("S1", worker.Code, "glue", int64(500+i))
		}
	}
	names := strings.Fields("王秀英 赵桂芳 欧阳素珍 李明霞 孙玉兰 周淑华 吴凤英 郑秀兰 冯桂香 陈玉梅 褚翠花 卫红 蒋丽萍 沈爱华")
	for i, name := range names {
		worker := piecework.Worker{Code: "B" + string(rune('A'+i)), Name: name, WorkshopID: s.Workshop.ID, ShareWeight: piecework.ShareWeightOne, Active: true}
		s.Must(piecework.SaveWorker(s.Ctx, s.DB, &worker))
		s.Must(piecework.CheckIn(s.Ctx, s.DB, 1, worker.ID))
		s.Count("S1", worker.Code, "cut", int64(180-7*i))
		if i%3 > 0 {
			s.Count("S1", worker.Code, "glue", int64(90-5*i))
		}
	}
	second := *s.Order
	second.ID, second.Code, second.DueOn, second.OrderedOn, second.Quantity = 0, "O2", day.AddDays(-1), "2026-10-01", 400
	s.Must(piecework.SaveOrder(s.Ctx, s.DB, &second))
	s.Record(piecework.NewTally{Session: "S1", Worker: "BA", Order: "O2", Operation: "glue", Counts: piecework.Counts{Good: 260}})
	ctx := browsertest.Open(t)
	browserAs(t, ctx, s.URL, "lead", password)
	for _, lang := range templates.Languages {
		browsertest.Look(t, ctx, "board-"+lang, s.URL+"/sessions/1/board?lang="+lang)
	}
	s.Session("S2", "2026-10-06")
	browsertest.Look(t, ctx, "board-empty-zh", s.URL+"/sessions/2/board?lang=zh")
	wall := browsertest.Size{Width: 1920, Height: 1080}
	browsertest.Fits(t, ctx, "board-wall-zh", s.URL+"/sessions/1/board?lang=zh", wall)
	browsertest.Fits(t, ctx, "board-wall-en", s.URL+"/sessions/1/board?lang=en&names=title", wall)
	browsertest.Fits(t, ctx, "board-wall-code-zh", s.URL+"/sessions/1/board?lang=zh&names=code", wall)
	crowd(0, 16)
	browsertest.Fits(t, ctx, "board-wall-30-zh", s.URL+"/sessions/1/board?lang=zh", wall)
	crowd(16, 36)
	browsertest.Fits(t, ctx, "board-wall-50-zh", s.URL+"/sessions/1/board?lang=zh&names=code", wall)

	// Nobody touches it from here on: another browser counts, and the screen shows it.
	sum, first := `document.querySelector('[data-figure="sum"]').textContent`, `document.querySelector('.wall-tiles').textContent`
	before, err := chromedp.Run(ctx, chromedp.Evaluate[string](sum))
	s.Must(err)
	s.Count("S1", "BA", "cut", 7000)
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](sum+` !== '`+before+`' && `+first+`.includes('7,440')`)); err != nil {
		t.Fatalf("the board still shows %s: %v", before, err)
	}
	if names, err := chromedp.Run(ctx, chromedp.Evaluate[bool](first+`.includes('王秀英') || document.querySelector('.wall-foot [aria-current]').search !== '?names=code'`)); err != nil || names {
		t.Errorf("after the change names are shown otherwise than before: %v", err)
	}
}
