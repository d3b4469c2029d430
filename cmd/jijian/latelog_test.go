package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// TestLateLog has many say something at once: a warning brings all of it with it, everybody's lines in their order, to whoever wants them
// line by line, too; and the last line is written at the end.
func TestLateLog(t *testing.T) {
	var out bytes.Buffer
	var single writes
	late := newLateLog(&out, &single)
	log := slog.New(late)
	const people, each = 7, 3*mostLate/7 + 1
	var all sync.WaitGroup
	for who := range people {
		all.Go(func() {
			mine := log.With("who", who).WithGroup("said")
			for i := range each {
				mine.Info("line", "n", i)
			}
		})
	}
	all.Wait()
	log.Warn("beware")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != people*each+1 || !strings.Contains(lines[people*each], "level=WARN msg=beware") {
		t.Fatalf("%d lines after the warning, want %d; the last is %q", len(lines), people*each+1, lines[len(lines)-1])
	}
	next := make([]int, people)
	for _, line := range lines[:people*each] {
		var who, n int
		if _, err := fmt.Sscanf(line[strings.Index(line, "level="):], "level=INFO msg=line who=%d said.n=%d", &who, &n); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if n != next[who] {
			t.Fatalf("%q comes after %d lines of the same person", line, next[who])
		}
		next[who]++
	}
	log.Info("the end")
	if err := late.Close(); err != nil || !strings.HasSuffix(out.String(), `msg="the end"`+"\n") {
		t.Errorf("the last line is %q, %v", out.String()[strings.LastIndex(strings.TrimSpace(out.String()), "\n")+1:], err)
	}
	if got := strings.Join(single, ""); got != out.String() || len(single) != people*each+2 {
		t.Errorf("%d lines one by one, want %d; the same as together: %v", len(single), people*each+2, got == out.String())
	}
}

// writes keeps what each call of Write was given.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}
