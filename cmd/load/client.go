package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// reply is the outcome of a request.
type reply struct {
	at         time.Duration // when the request was due, from the start
	took       time.Duration // from when it was due to the last byte of the response
	status     int           // 0 without a response
	retryAfter bool          // the response has Retry-After
}

// client sends requests to a server. It opens a connection for each concurrent request.
type client struct {
	http      *http.Client
	base      string
	condition string // If-None-Match; "" for none
}

func newClient(host string) *client {
	return &client{
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}, Timeout: time.Minute},
		base: "http://" + host,
	}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// get requests a path. The time of the reply counts from due.
func (c *client) get(ctx context.Context, path string, due time.Time) (r reply) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return r
	}
	if c.condition != "" {
		request.Header.Set("If-None-Match", c.condition)
	}
	response, err := c.http.Do(request)
	if err == nil {
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	r.took = time.Since(due)
	if err == nil {
		r.status, r.retryAfter = response.StatusCode, response.Header.Get("Retry-After") != ""
	}
	return r
}

// closedLoop sends n requests from the given number of clients. Each client sends its next request after its
// last response.
func (c *client) closedLoop(ctx context.Context, clients, n int) []reply {
	replies := make([]reply, n)
	first := rand.IntN(links)
	var all sync.WaitGroup
	for k := range clients {
		all.Go(func() {
			for i := k; i < n; i += clients {
				replies[i] = c.get(ctx, uncachedPath(first+i), time.Now())
			}
		})
	}
	all.Wait()
	return replies
}

// openLoop sends requests at a constant rate per second, whatever the responses.
func (c *client) openLoop(
	ctx context.Context, rate float64, during time.Duration, path func(int) string,
) []reply {
	n := int(rate * during.Seconds())
	replies := make([]reply, n)
	start := time.Now()
	var all sync.WaitGroup
	for i := range n {
		at := time.Duration(float64(i) / rate * float64(time.Second))
		if !sleep(ctx, time.Until(start.Add(at))) {
			break
		}
		all.Go(func() {
			replies[i] = c.get(ctx, path(i), start.Add(at))
			replies[i].at = at
		})
	}
	all.Wait()
	return replies
}

// sleep reports whether it slept for d before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// times returns the times of the replies with the given status.
func times(replies []reply, status int) (all []time.Duration) {
	for _, r := range replies {
		if r.status == status {
			all = append(all, r.took)
		}
	}
	return all
}
