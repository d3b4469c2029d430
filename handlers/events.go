package handlers

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
)

// eventsPath is where a board listens.
const eventsPath = "/sessions/:session/events"

// How often a session is looked at, how often a listener hears that the line still stands, how long one answer may last before the
// listener has to ask again, and by then still may, and how long a listener may take to accept an event.
const (
	watchEvery    = time.Second
	beatEvery     = 15 * time.Second
	streamLife    = 30 * time.Minute
	listenPatient = 20 * time.Second
)

// maxListeners bounds how many listen at once.
const maxListeners = 500

// watches tell listeners that something about their session has changed. Each session that is listened to is looked at by one goroutine,
// whoever records; it sees what other processes record, since it asks the database.
type watches struct {
	marker func(ctx context.Context, sessionID int64) (string, error)
	mu     sync.Mutex
	by     map[int64]*watch
	count  int
	closed bool
	done   chan struct{} // closed when no listener may stay
	beside sync.WaitGroup
}

// watch is one session and those who listen to it.
type watch struct {
	marker    string
	listeners map[chan string]bool
	stop      context.CancelFunc
}

func newWatches(marker func(context.Context, int64) (string, error)) *watches {
	return &watches{marker: marker, by: map[int64]*watch{}, done: make(chan struct{})}
}

// listen begins to hear of a session. The channel holds the latest marker that has not been taken yet, from the start the present one.
// leave must be called once. It is false when there are too many listeners, or the server stops.
func (w *watches) listen(sessionID int64, present string) (news chan string, leave func(), ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.count >= maxListeners {
		return nil, nil, false
	}
	one := w.by[sessionID]
	if one == nil {
		ctx, stop := context.WithCancel(context.Background())
		one = &watch{marker: present, listeners: map[chan string]bool{}, stop: stop}
		w.by[sessionID] = one
		w.beside.Go(func() { w.look(ctx, sessionID, one) })
	}
	news = make(chan string, 1)
	news <- present
	one.listeners[news] = true
	w.count++
	return news, func() { w.leave(sessionID, one, news) }, true
}

func (w *watches) leave(sessionID int64, one *watch, news chan string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(one.listeners, news)
	w.count--
	if len(one.listeners) == 0 {
		one.stop()
		delete(w.by, sessionID)
	}
}

// look asks for the marker of a session again and again until nobody listens.
func (w *watches) look(ctx context.Context, sessionID int64, one *watch) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		marker, err := w.marker(ctx, sessionID)
		if err != nil {
			continue // the next look may find the database again; listeners stay
		}
		w.tell(one, marker)
	}
}

// tell hands a new marker to every listener, in place of one she has not taken yet.
func (w *watches) tell(one *watch, marker string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if marker == one.marker {
		return
	}
	one.marker = marker
	for news := range one.listeners {
		select {
		case <-news:
		default:
		}
		news <- marker // there is room: only this goroutine puts in
	}
}

// end sends every listener away; nobody can listen afterwards.
func (w *watches) end() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.done)
	}
	w.mu.Unlock()
}

// wallEvents tells a board, as server-sent events, whenever something about the session has changed. An event carries the marker of
// [piecework.SessionMarker]; the first comes at once. What has changed, the board asks for itself.
func (s *Server) wallEvents(c echo.Context) error {
	ctx, id := c.Request().Context(), paramID(c, "session")
	present, err := piecework.SessionMarker(ctx, s.DB, id)
	if err != nil {
		return err
	}
	news, leave, ok := s.watches.listen(id, present)
	if !ok {
		c.Response().Header().Set("Retry-After", "60")
		return echo.NewHTTPError(http.StatusServiceUnavailable)
	}
	defer leave()
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // of proxies that would wait for more
	line := newEventLine(c)
	if line.send("retry: 3000\n\n") != nil {
		return nil
	}
	return line.hear(ctx, news, s.watches.done)
}

// eventLine is an answer that stays open.
type eventLine struct {
	to      io.Writer
	control *http.ResponseController
}

// newEventLine lifts the time limits that end usual requests and begins the answer.
func newEventLine(c echo.Context) *eventLine {
	l := &eventLine{c.Response(), http.NewResponseController(c.Response())}
	_ = l.control.SetReadDeadline(time.Time{}) // unsupported only where there are no limits
	c.Response().WriteHeader(http.StatusOK)
	return l
}

// send writes and waits until it has left, or the listener takes too long.
func (l *eventLine) send(text string) error {
	_ = l.control.SetWriteDeadline(time.Now().Add(listenPatient))
	if _, err := io.WriteString(l.to, text); err != nil {
		return err
	}
	return l.control.Flush()
}

// hear passes news on until the listener goes, has been there for long enough, or must go. None of these is an error.
func (l *eventLine) hear(ctx context.Context, news <-chan string, done <-chan struct{}) error {
	beat, enough := time.NewTicker(beatEvery), time.NewTimer(streamLife)
	defer beat.Stop()
	defer enough.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-done:
			return nil
		case <-enough.C:
			return nil
		case <-beat.C:
			err = l.send(": still here\n\n")
		case marker := <-news:
			err = l.send(fmt.Sprintf("event: changed\nid: %s\ndata: %s\n\n", marker, marker))
		}
		if err != nil {
			return nil
		}
	}
}
