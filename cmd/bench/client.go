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

// responseTimeout limits the time of one response.
const responseTimeout = 2 * time.Minute

// client is a minimal HTTP/1.1 client that sends one request at a time over one connection. It does little
// work, so that measurements are of the server.
type client struct {
	connection net.Conn
	reader     *bufio.Reader
	host       string
	buffer     []byte
	stop       func() bool // detaches the connection from the context
}

// dial connects to host. The connection closes when ctx ends. The caller closes the client.
func dial(ctx context.Context, host string) (*client, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	return &client{
		connection: connection, stop: context.AfterFunc(ctx, func() { _ = connection.Close() }),
		reader: bufio.NewReaderSize(connection, 64<<10), host: host, buffer: make([]byte, 256<<10),
	}, nil
}

func (c *client) close() {
	c.stop()
	_ = c.connection.Close() // all responses have been read
}

// response is the measurement of one response.
type response struct {
	elapsed time.Duration // from sending the request to the last byte
	first   time.Duration // from sending the request to the first byte of the body
	bytes   int64         // of the body
	cache   cacheStatus
}

// get requests a path and reads the whole response. The body goes to w, unless w is nil. A status other
// than 200 is an error.
func (c *client) get(path string, w io.Writer) (response, error) {
	started := time.Now()
	_ = c.connection.SetDeadline(started.Add(responseTimeout)) // on an error, the write fails
	request := "GET " + path + " HTTP/1.1\r\nHost: " + c.host + "\r\n\r\n"
	if _, err := io.WriteString(c.connection, request); err != nil {
		return response{}, fmt.Errorf("GET %s: %w", path, err)
	}
	resp, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return response{}, fmt.Errorf("GET %s: %w", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		detail, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // as much as can be read
		return response{}, fmt.Errorf("GET %s: %s %s", path, resp.Status, strings.TrimSpace(string(detail)))
	}
	r := response{cache: parseCacheStatus(resp.Header.Get("Cache-Status"))}
	for {
		n, err := resp.Body.Read(c.buffer)
		if r.bytes == 0 {
			r.first = time.Since(started)
		}
		r.bytes += int64(n)
		if w != nil {
			if _, err := w.Write(c.buffer[:n]); err != nil {
				return r, err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r, fmt.Errorf("read %s: %w", path, err)
		}
	}
	r.elapsed = time.Since(started)
	if resp.ContentLength >= 0 && r.bytes != resp.ContentLength {
		return r, fmt.Errorf("read %s: %d bytes instead of %d", path, r.bytes, resp.ContentLength)
	}
	return r, nil
}

// getAll requests paths one after another. before is called before each of them, if it is not nil.
func (c *client) getAll(paths []string, before func() error) ([]response, error) {
	responses := make([]response, 0, len(paths))
	for _, path := range paths {
		if before != nil {
			if err := before(); err != nil {
				return responses, err
			}
		}
		r, err := c.get(path, nil)
		if err != nil {
			return responses, err
		}
		responses = append(responses, r)
	}
	return responses, nil
}
