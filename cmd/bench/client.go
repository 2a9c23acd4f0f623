package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// answerTime is how long an answer may take.
const answerTime = 2 * time.Minute

// client asks a server over one connection that is kept, one request after the other. It does no
// more than it must, so that what is measured is the server.
type client struct {
	connection net.Conn
	reader     *bufio.Reader
	host       string
	buffer     []byte
	release    func() bool // of the context
}

// dial connects to a server; ctx ends the connection. Close it after use.
func dial(ctx context.Context, host string) (*client, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	return &client{
		connection: connection, release: context.AfterFunc(ctx, func() { _ = connection.Close() }),
		reader: bufio.NewReaderSize(connection, 64<<10), host: host, buffer: make([]byte, 256<<10),
	}, nil
}

func (c *client) close() {
	c.release()
	_ = c.connection.Close() // all that was asked for is read
}

// answer is what the server said, and how long it took from the first byte sent to the last read, and to the first of
// the body.
type answer struct {
	took  time.Duration
	first time.Duration
	bytes int64
	cache cacheStatus
}

// get asks for a path, and reads all of the answer. Its body goes to w, unless that is nil.
func (c *client) get(path string, w io.Writer) (answer, error) {
	began := time.Now()
	_ = c.connection.SetDeadline(began.Add(answerTime)) // one that fails is closed, and the write tells
	if _, err := io.WriteString(c.connection, "GET "+path+" HTTP/1.1\r\nHost: "+c.host+"\r\n\r\n"); err != nil {
		return answer{}, fmt.Errorf("ask for %s: %w", path, err)
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return answer{}, fmt.Errorf("ask for %s: %w", path, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		detail, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10)) // as much as there is
		return answer{}, fmt.Errorf("ask for %s: %s %s", path, response.Status, strings.TrimSpace(string(detail)))
	}
	a := answer{cache: parseCacheStatus(response.Header.Get("Cache-Status"))}
	for {
		n, err := response.Body.Read(c.buffer)
		if a.bytes == 0 {
			a.first = time.Since(began)
		}
		a.bytes += int64(n)
		if w != nil {
			if _, err := w.Write(c.buffer[:n]); err != nil {
				return a, err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return a, fmt.Errorf("read %s: %w", path, err)
		}
	}
	a.took = time.Since(began)
	if response.ContentLength >= 0 && a.bytes != response.ContentLength {
		return a, fmt.Errorf("read %s: %d bytes instead of %d", path, a.bytes, response.ContentLength)
	}
	return a, nil
}
