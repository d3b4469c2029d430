package handlers

import (
	"fmt"
	"testing"
	"time"
)

func TestThrottle(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	th := newThrottle(3, time.Minute)
	th.now = func() time.Time { return now }
	for i := range 4 {
		if wait := th.try("a"); wait != 0 {
			t.Fatalf("try %d waits %s", i+1, wait)
		}
	}
	// Each wait is twice the one before, up to the longest.
	for _, want := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
		want *= time.Second
		if wait := th.try("a"); wait != want {
			t.Fatalf("waits %s, want %s", wait, want)
		}
		if wait := th.try("b"); wait != 0 {
			t.Fatalf("another key waits %s", wait)
		}
		th.forget("b")
		now = now.Add(want)
		if wait := th.try("a", "b"); wait != 0 {
			t.Fatalf("after waiting, waits %s", wait)
		}
		th.forget("b")
	}
	if wait := th.try("c", "a"); wait == 0 {
		t.Error("a key that must wait does not hold up the try")
	}
	if len(th.tries) != 1 {
		t.Errorf("a refused try was counted: %v", th.tries)
	}
	now = now.Add(2 * time.Minute)
	for i := range 4 {
		if wait := th.try("a"); wait != 0 {
			t.Fatalf("after a rest, try %d waits %s", i+1, wait)
		}
	}
	th.pardon("a")
	if wait := th.try("a"); wait != 0 {
		t.Errorf("pardoned, waits %s", wait)
	}
	th.pardon("nobody")
	for i := range 3 * maxKeys {
		th.try(fmt.Sprint(i))
	}
	if len(th.tries) > maxKeys {
		t.Errorf("%d keys are kept", len(th.tries))
	}
}

func TestNetwork(t *testing.T) {
	for ip, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2:ffff::1": "2001:db8:1:2::/64",
		"::ffff:203.0.113.7": "::ffff:203.0.113.7", "fe80::1%eth0": "fe80::/64", "": "", "nonsense": "nonsense",
	} {
		if got := network(ip); got != want {
			t.Errorf("%q is %q, want %q", ip, got, want)
		}
	}
}

func TestLocalPath(t *testing.T) {
	for path, want := range map[string]string{
		"/orders?q=1": "/orders?q=1", "/": "/", "": "/", "orders": "/", "//evil.example": "/", "/\\evil.example": "/", "https://evil.example/": "/",
		"/a\nb": "/", "javascript:alert(1)": "/", "/%2F/evil": "/%2F/evil",
	} {
		if got := localPath(path); got != want {
			t.Errorf("%q leads to %q, want %q", path, got, want)
		}
	}
}

func TestMenuLeadsSomewhere(t *testing.T) {
	s := &Server{}
	paths := map[string]bool{}
	for _, r := range s.routes() {
		paths[r.method+" "+r.path] = true
	}
	for _, m := range menu {
		if !paths[get+" "+m.href] {
			t.Errorf("the menu leads to %s, which is nowhere", m.href)
		}
	}
}
