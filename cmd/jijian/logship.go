package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// shipper sends lines of the log to a collector on another machine, as syslog over TLS (RFC 5424, framed by RFC 5425), so that who gets at
// this one cannot take back what it has told. It is an io.Writer that never waits: while the collector cannot be reached, lines wait, and
// when too many do, the newest are lost, which is then said.
type shipper struct {
	address string
	config  *tls.Config
	host    string // what this machine calls itself
	lines   chan string
	ending  chan struct{}
	lost    atomic.Int64
	done    sync.WaitGroup
	stop    context.CancelFunc
	tell    io.Writer // where the operator reads that the collector cannot be reached
}

const (
	waitingLines = 4096             // about a megabyte
	lastWords    = 3 * time.Second  // to send what waits when the program ends
	shipPatience = 10 * time.Second // to reach the collector, and for each line
	shipPause    = 2 * time.Second  // between two tries to reach it
)

// newShipper starts one for an address such as tls://logs.example:6514.
func newShipper(to string, roots *x509.CertPool, tell io.Writer) (*shipper, error) {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "tls" || u.Hostname() == "" || u.Path != "" {
		return nil, &usageError{fmt.Errorf("%q is no address of a log collector such as tls://logs.example:6514", to)}
	}
	port := u.Port()
	if port == "" {
		port = "6514"
	}
	host, err := os.Hostname()
	if err != nil {
		host = "-"
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &shipper{address: net.JoinHostPort(u.Hostname(), port), config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, ServerName: u.Hostname()},
		host: host, lines: make(chan string, waitingLines), ending: make(chan struct{}), stop: stop, tell: tell}
	s.done.Go(func() { s.work(ctx) })
	return s, nil
}

// Write takes a line. It never fails and never waits.
func (s *shipper) Write(line []byte) (int, error) {
	select {
	case s.lines <- s.frame(string(line)):
	default:
		s.lost.Add(1)
	}
	return len(line), nil
}

// frame is a line as the collector wants it, with the present moment.
func (s *shipper) frame(line string) string {
	const info = 16*8 + 6 // facility local0, severity informational; how bad it is stands in the line
	at := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	message := fmt.Sprintf("<%d>1 %s %s jijian %d - - %s", info, at, s.host, os.Getpid(), line)
	return fmt.Sprintf("%d %s", len(message), message)
}

// next is the line to send now; false when the shipper is closed and none is left.
func (s *shipper) next() (string, bool) {
	select {
	case line := <-s.lines:
		return line, true
	case <-s.ending:
	}
	select {
	case line := <-s.lines:
		return line, true
	default:
		return "", false
	}
}

// work sends lines until the shipper is closed and none is left, or the collector stays away.
func (s *shipper) work(ctx context.Context) {
	var conn net.Conn
	away := false
	for line, ok := s.next(); ok && ctx.Err() == nil; line, ok = s.next() {
		for ctx.Err() == nil {
			var err error
			if conn == nil {
				conn, err = s.dial(ctx)
			}
			if err == nil {
				err = s.send(conn, line)
			}
			if err == nil {
				away = false
				break
			}
			conn = nil
			if !away {
				fmt.Fprintf(s.tell, "the log collector %s cannot be reached; lines wait for it: %v\n", s.address, err)
			}
			away = true
			select {
			case <-time.After(shipPause):
			case <-ctx.Done():
			}
		}
	}
	if conn != nil {
		_ = conn.Close() // all was sent
	}
}

func (s *shipper) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, shipPatience)
	defer cancel()
	d := tls.Dialer{Config: s.config}
	return d.DialContext(ctx, "tcp", s.address)
}

// send sends one line, and behind it how many were lost, if any. After an error the connection is closed.
func (s *shipper) send(conn net.Conn, line string) error {
	lost := s.lost.Load()
	if lost > 0 {
		line += s.frame(fmt.Sprintf("level=WARN msg=\"lines of the log were lost\" lines=%d\n", lost))
	}
	err := conn.SetDeadline(time.Now().Add(shipPatience))
	if err == nil {
		_, err = io.WriteString(conn, line)
	}
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	s.lost.Add(-lost)
	return nil
}

// Close sends what waits, as far as that goes quickly. What is written after it is not sent.
func (s *shipper) Close() {
	close(s.ending)
	timer := time.AfterFunc(lastWords, s.stop)
	s.done.Wait()
	timer.Stop()
	s.stop()
}
