package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// collector takes lines of a log as RFC 5425 frames them.
func collector(t *testing.T, address, cert, key string) (at string, lines <-chan string, end func()) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", address, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1000)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(conn)
			for {
				size, err := r.ReadString(' ')
				if err != nil {
					break
				}
				n, err := strconv.Atoi(strings.TrimSpace(size))
				if err != nil {
					got <- "a frame of length " + size
					break
				}
				line := make([]byte, n)
				if _, err := io.ReadFull(r, line); err != nil {
					break
				}
				got <- string(line)
			}
			_ = conn.Close()
		}
	}()
	end = func() { _ = l.Close() }
	t.Cleanup(end)
	return l.Addr().String(), got, end
}

// TestTheLogGoesElsewhereToo serves with a collector that speaks TLS: it gets the lines of requests and of the audit trail, framed and in
// order. A collector that is not trusted gets nothing, and the operator is told so.
func TestTheLogGoesElsewhereToo(t *testing.T) {
	cert, key, _ := certificate(t)
	at, lines, _ := collector(t, "127.0.0.1:0", cert, key)
	c := newCLI(t)
	s := c.start("serve", "--addr", "127.0.0.1:0", "--log-to", "tls://"+at, "--ca-file", cert)
	if status, _ := get(t, http.DefaultClient, s.base+"/signin"); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	line := <-lines
	for _, want := range []string{"<134>1 ", " jijian ", "level=INFO msg=request", "path=/signin status=200"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q is not in %q", want, line)
		}
	}
	s.stop()

	for _, wrong := range []string{"logs.example", "http://logs.example", "tls://", "tls://logs.example/x"} {
		c.fails(2, "is no address of a log collector", "serve", "--addr", "127.0.0.1:0", "--log-to", wrong)
	}
	c.fails(2, "holds no certificate", "serve", "--addr", "127.0.0.1:0", "--log-to", "tls://"+at, "--ca-file", key)
	stranger, err := newShipper("tls://"+at, x509.NewCertPool(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if conn, err := stranger.dial(t.Context()); err == nil {
		t.Errorf("%s is trusted though nobody certifies it", conn.RemoteAddr())
	}
}

// TestLogLinesWait writes while nobody listens: what has room arrives once somebody does, and what had none is counted.
func TestLogLinesWait(t *testing.T) {
	cert, key, roots := certificate(t)
	at, _, end := collector(t, "127.0.0.1:0", cert, key)
	end() // its address is free again
	var told bytes.Buffer
	s, err := newShipper("tls://"+at, roots, &told)
	if err != nil {
		t.Fatal(err)
	}
	for i := range waitingLines + 100 {
		fmt.Fprintf(s, "line %d", i)
	}
	_, lines, _ := collector(t, at, cert, key)
	if line := <-lines; !strings.HasSuffix(line, " line 0") {
		t.Errorf("the first line is %q", line)
	}
	go s.Close()
	for line := range lines {
		if strings.Contains(line, "lines of the log were lost") {
			if !strings.HasSuffix(line, "lines=100\n") && !strings.HasSuffix(line, "lines=99\n") { // the first may have made room for one
				t.Errorf("lost were 100 at most: %q", line)
			}
			break
		}
	}
	s.done.Wait()
	if !strings.Contains(told.String(), "cannot be reached") {
		t.Errorf("the operator was told %q", told.String())
	}
}
