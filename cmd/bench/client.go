package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// patience is how long one request may take before the run is given up.
const patience = 30 * time.Second

// client is one connection that posts JSON and waits for each answer. It speaks just enough HTTP/1.1 and makes no garbage, because it
// shares the processors with the server it measures.
type client struct {
	conn     net.Conn
	in       *bufio.Reader
	head     []byte // request line and headers, up to the length of the body
	out      []byte
	response []byte
}

// dial opens a connection to address for posts to path. The token may be "".
func dial(address, path, token string) (*client, error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n", path, address)
	if token != "" {
		fmt.Fprintf(&head, "Authorization: Bearer %s\r\n", token)
	}
	head.WriteString("Content-Length: ")
	return &client{conn: conn, in: bufio.NewReaderSize(conn, 16<<10), head: head.Bytes()}, nil
}

// post sends a body and returns status and body of the answer, which are valid until the next call.
func (c *client) post(body []byte) (int, []byte, error) {
	c.out = append(c.out[:0], c.head...)
	c.out = strconv.AppendInt(c.out, int64(len(body)), 10)
	c.out = append(c.out, "\r\n\r\n"...)
	c.out = append(c.out, body...)
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, nil, err
	}
	if _, err := c.conn.Write(c.out); err != nil {
		return 0, nil, err
	}
	return c.read()
}

// read reads one answer.
func (c *client) read() (status int, body []byte, err error) {
	line, err := c.line()
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, nil, fmt.Errorf("the answer begins with %.60q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, err
	}
	length, chunked := 0, false
	for {
		if line, err = c.line(); err != nil {
			return 0, nil, err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, nil, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	c.response = c.response[:0]
	if chunked {
		err = c.chunks()
	} else {
		err = c.take(length)
	}
	return status, c.response, err
}

// line reads up to the next line break, which it leaves out.
func (c *client) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

// take appends the next n bytes to the response.
func (c *client) take(n int) error {
	from := len(c.response)
	if cap(c.response) < from+n {
		c.response = append(make([]byte, 0, 2*(from+n)), c.response...)
	}
	c.response = c.response[:from+n]
	_, err := io.ReadFull(c.in, c.response[from:])
	return err
}

// chunks appends the parts of a chunked body to the response.
func (c *client) chunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(line), 16, 32)
		if err != nil {
			return err
		}
		if err := c.take(int(n)); err != nil {
			return err
		}
		if line, err = c.line(); err != nil || len(line) > 0 {
			return fmt.Errorf("a part of the answer ends in %.60q, %w", line, err)
		}
		if n == 0 {
			return nil
		}
	}
}
