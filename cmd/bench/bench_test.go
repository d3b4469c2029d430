package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"jijian/handlers"
	"jijian/payroll/exchange"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/pieceworktest"
)

// TestTheLoadIsStored presses a real server for a moment with single tallies and with batches, and then looks into the books: they hold
// what was acknowledged and nothing else, and the check notices when that is not so.
func TestTheLoadIsStored(t *testing.T) {
	ctx, dsn, data := t.Context(), pieceworktest.DSN(t), t.TempDir()
	db, err := piecework.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := writeTables(data); err != nil {
		t.Fatal(err)
	}
	if _, err := exchange.Import(ctx, db, data, func(string, int64) {}); err != nil {
		t.Fatal(err)
	}
	shop, err := piecework.WorkshopByCode(ctx, db, workshop)
	if err != nil {
		t.Fatal(err)
	}
	token, err := account.NewToken(ctx, db, account.Lead, shop.ID)
	if err != nil {
		t.Fatal(err)
	}
	server, err := handlers.New(handlers.Config{DB: db, Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	listening := httptest.NewServer(server)
	defer listening.Close()

	jijian := &target{name: "jijian", address: listening.Listener.Addr().String(), path: "/api/v1/tallies", token: token,
		body: appendBatch, check: allAccepted, spent: func() time.Duration { return 0 }}
	if err := jijian.warmUp(100); err != nil {
		t.Fatal(err)
	}
	for _, l := range []load{{4, 1}, {2, 100}} {
		if _, err := jijian.press(l, 100*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	n := jijian.next.Load()
	if err := checkUIDs(ctx, dsn, n); err != nil {
		t.Error(err)
	}
	for _, wrong := range []int64{n - 1, n + 1} {
		if err := checkUIDs(ctx, dsn, wrong); err == nil {
			t.Errorf("%d tallies are stored, and the check takes %d for true", n, wrong)
		}
	}
	jijian.token = "wrong"
	if _, err := jijian.press(load{1, 1}, time.Millisecond); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("with a wrong token: %v", err)
	}
}

func TestClientReadsWhatServersSend(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	answers := []struct {
		status int
		body   string
		parts  int
	}{{200, "ok", 1}, {200, long, 1}, {200, long, 3}, {422, "no", 1}, {204, "", 0}, {200, "ok", 2}}
	turn := 0
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got, err := io.ReadAll(r.Body); err != nil || string(got) != "question" || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("the server got %q, %v, %v", got, r.Header, err)
		}
		a := answers[turn]
		turn++
		w.WriteHeader(a.status)
		for range a.parts {
			_, _ = io.WriteString(w, a.body)
			if a.parts > 1 {
				w.(http.Flusher).Flush()
			}
		}
	}))
	defer listening.Close()
	c, err := dial(listening.Listener.Addr().String(), "/", "secret")
	if err != nil {
		t.Fatal(err)
	}
	defer c.conn.Close()
	for i, want := range answers {
		status, body, err := c.post([]byte("question"))
		if err != nil || status != want.status || string(body) != strings.Repeat(want.body, want.parts) {
			t.Fatalf("answer %d: %d, %d bytes, %v", i, status, len(body), err)
		}
	}
}

func TestEveryTallyIsDifferentWork(t *testing.T) {
	for _, tt := range []struct {
		n    int64
		want string
	}{
		{0, `{"uid":"019a0000-0000-7000-8000-000000000000","session":"S001","worker":"W001","order":"O1","operation":"OP1","good":16,"recorded_at":"2026-01-05T09:00:00+08:00"}`},
		{799, `{"uid":"019a0000-0000-7000-8000-000000000799","session":"S001","worker":"W060","order":"O2","operation":"OP5","good":1,"recorded_at":"2026-01-05T09:00:00+08:00"}`},
		{perRound * perSession, `{"uid":"019a0000-0000-7000-8000-000000004000","session":"S002","worker":"W001","order":"O1","operation":"OP1","good":16,"recorded_at":"2026-01-05T11:00:00+08:00"}`},
	} {
		if got := string(appendTally(nil, tt.n)); got != tt.want {
			t.Errorf("tally %d is %s", tt.n, got)
		}
		if !strings.Contains(tt.want, uid(tt.n)) {
			t.Errorf("uid %d is %s", tt.n, uid(tt.n))
		}
	}
}
