package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"
)

// lateLog lets a request go before anything is written about it: what is only information waits a moment and is written together with
// what others have said meanwhile, when there is time. A warning is written at once, and before it all that was said earlier.
type lateLog struct {
	slog.Handler // writes one line
	*lines
}

// lines wait to be written, in the order in which they were said.
type lines struct {
	out     *bufio.Writer // where they end
	writing sync.Mutex    // whoever holds it writes
	mu      sync.Mutex    // guards what follows
	waiting []line
	due     *time.Timer
}

type line struct {
	record slog.Record
	by     slog.Handler
}

const (
	soon     = 20 * time.Millisecond
	mostLate = 1000 // lines that wait
)

// newLateLog writes lines to w, and each by itself to those who want them so. Close writes what waits.
func newLateLog(w io.Writer, others ...io.Writer) *lateLog {
	l := &lines{out: bufio.NewWriterSize(w, 64<<10)}
	l.due = time.AfterFunc(soon, func() { _ = l.flush() }) // there is nobody to tell when a log cannot be written
	return &lateLog{slog.NewTextHandler(io.MultiWriter(append([]io.Writer{l.out}, others...)...), nil), l}
}

// Handle takes a line.
func (l *lateLog) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	l.waiting = append(l.waiting, line{r, l.Handler})
	n := len(l.waiting)
	l.mu.Unlock()
	switch {
	case r.Level > slog.LevelInfo || n >= mostLate:
		return l.flush()
	case n == 1:
		l.due.Reset(soon)
	}
	return nil
}

// WithAttrs is a log that says more on each line.
func (l *lateLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lateLog{l.Handler.WithAttrs(attrs), l.lines}
}

// WithGroup is a log that calls what it is told by the name of a group.
func (l *lateLog) WithGroup(name string) slog.Handler {
	return &lateLog{l.Handler.WithGroup(name), l.lines}
}

// flush writes what waits.
func (l *lines) flush() error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	now := l.waiting
	l.waiting = nil
	l.mu.Unlock()
	var err error
	for _, line := range now {
		err = errors.Join(err, line.by.Handle(context.Background(), line.record))
	}
	return errors.Join(err, l.out.Flush())
}

// Close writes what waits. What is said later still is written, but only if there is time.
func (l *lines) Close() error {
	l.due.Stop()
	return l.flush()
}
