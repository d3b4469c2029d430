package main

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// target is a server under load.
type target struct {
	name                 string
	address, path, token string
	body                 func(b []byte, n int64, size int) []byte // a request with the records n to n+size-1
	check                func(status int, body []byte, size int) error
	spent                func() time.Duration // processor time of the server so far; 0 where the system does not tell
	next                 atomic.Int64         // number of the next record
}

// load is one way to press a target.
type load struct {
	connections, size int // size is how many records a request carries
}

func (l load) String() string {
	if l.size > 1 {
		return fmt.Sprintf("batches of %d, %d connections", l.size, l.connections)
	}
	if l.connections == 1 {
		return "single, 1 connection"
	}
	return fmt.Sprintf("single, %d connections", l.connections)
}

// figures is what came of a load: records acknowledged in a second, how long a request took, and the processor time that the server
// spent on a record.
type figures struct {
	rate           float64
	p50, p99, cost time.Duration
}

// press sends requests over every connection, each as soon as the one before it is answered, until the time is over. Every answer
// must acknowledge all that was sent.
func (t *target) press(l load, length time.Duration) (figures, error) {
	clients := make([]*client, l.connections)
	for i := range clients {
		c, err := dial(t.address, t.path, t.token)
		if err != nil {
			return figures{}, err
		}
		defer c.conn.Close()
		clients[i] = c
	}
	took, errs := make([][]time.Duration, l.connections), make([]error, l.connections)
	begin, spent := time.Now(), t.spent()
	end := begin.Add(length)
	var running sync.WaitGroup
	for i, c := range clients {
		running.Go(func() { took[i], errs[i] = t.repeat(c, l.size, end) })
	}
	running.Wait()
	elapsed := time.Since(begin)
	spent = t.spent() - spent
	for _, err := range errs {
		if err != nil {
			return figures{}, fmt.Errorf("%s, %s: %w", t.name, l, err)
		}
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	records := len(all) * l.size
	return figures{float64(records) / elapsed.Seconds(), all[len(all)/2], all[len(all)*99/100], spent / time.Duration(records)}, nil
}

// warmUp sends the first round, one request after the other, so that each operation has something to go on with when the connections
// begin to overtake one another.
func (t *target) warmUp(size int) error {
	c, err := dial(t.address, t.path, t.token)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	for t.next.Load() < perRound {
		if _, err := t.repeat(c, size, time.Now()); err != nil {
			return fmt.Errorf("%s, first round: %w", t.name, err)
		}
	}
	return nil
}

// repeat sends requests over one connection until the end, at least one.
func (t *target) repeat(c *client, size int, end time.Time) ([]time.Duration, error) {
	var took []time.Duration
	var body []byte
	for start := time.Now(); len(took) == 0 || start.Before(end); {
		n := t.next.Add(int64(size)) - int64(size)
		body = t.body(body[:0], n, size)
		status, answer, err := c.post(body)
		if err == nil {
			err = t.check(status, answer, size)
		}
		if err != nil {
			return nil, err
		}
		now := time.Now()
		took = append(took, now.Sub(start))
		start = now
	}
	return took, nil
}

var accepted = []byte(`"status":"accepted"}`)

// allAccepted is an error unless the answer accepts every tally and has nothing to remark.
func allAccepted(status int, body []byte, size int) error {
	if status != 200 || bytes.Count(body, accepted) != size {
		return fmt.Errorf("status %d: %.500s", status, body)
	}
	return nil
}
