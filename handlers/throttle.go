package handlers

import (
	"net/netip"
	"sync"
	"time"
)

// throttle slows guessing: after a few free tries each further one of the same key must wait twice as long as the one
// before. It lives in memory and is bounded; forgetting on restart gives a guesser a few tries more and nobody a lock-out.
type throttle struct {
	free    int
	longest time.Duration
	now     func() time.Time

	mu    sync.Mutex
	tries map[string]tries
}

type tries struct {
	n     int
	until time.Time // no try before
	last  time.Time
}

// maxKeys bounds the memory of a throttle.
const maxKeys = 10_000

func newThrottle(free int, longest time.Duration) *throttle {
	return &throttle{free: free, longest: longest, now: time.Now, tries: map[string]tries{}}
}

// try counts a try of each key, or says how long to wait if one of them must. It counts before the outcome is known, so that
// tries made at once count too; call pardon when the try turns out right.
func (t *throttle) try(keys ...string) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	for _, key := range keys {
		wait = max(wait, t.tries[key].until.Sub(now))
	}
	if wait > 0 {
		return wait
	}
	for _, key := range keys {
		e := t.tries[key]
		if now.Sub(e.last) > t.longest {
			e = tries{}
		}
		e.n, e.last = e.n+1, now
		if over := e.n - t.free; over > 0 {
			e.until = now.Add(min(t.longest, time.Second<<min(over, 20)))
		}
		t.makeRoom(now)
		t.tries[key] = e
	}
	return 0
}

// pardon takes back a try of each key.
func (t *throttle) pardon(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keys {
		if e := t.tries[key]; e.n > 1 {
			e.n, e.until = e.n-1, time.Time{}
			t.tries[key] = e
		} else {
			delete(t.tries, key)
		}
	}
}

// forget clears a key.
func (t *throttle) forget(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tries, key)
}

// makeRoom drops entries when there are too many: what is over, and if that is too little, any tenth. So a flood of new keys pays for
// a walk through all of them only now and then.
func (t *throttle) makeRoom(now time.Time) {
	if len(t.tries) < maxKeys {
		return
	}
	for key, e := range t.tries {
		if now.Sub(e.last) > t.longest {
			delete(t.tries, key)
		}
	}
	for key := range t.tries {
		if len(t.tries) <= maxKeys/10*9 {
			return
		}
		delete(t.tries, key)
	}
}

// network is the address a visitor cannot easily change: an IPv4 address, or the /64 of an IPv6 one.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Unmap().Is4() {
		return ip
	}
	p, _ := a.WithZone("").Prefix(64)
	return p.String()
}
