package main

import (
	"context"

	"gop/cmd/internal/process"
	"gop/cmd/internal/stats"
)

// server is a running HTTP server.
type server struct {
	*process.Server
	host string // host:port
}

// getAll requests paths one after another over one connection and measures them. It first requests the
// paths of warmUp without measuring.
func (s server) getAll(ctx context.Context, warmUp, paths []string) (round, error) {
	return s.getEach(ctx, warmUp, paths, nil)
}

// getEach is getAll, and calls before before each of paths, if it is not nil.
func (s server) getEach(
	ctx context.Context, warmUp, paths []string, before func() error,
) (round, error) {
	c, err := dial(ctx, s.host)
	if err != nil {
		return round{}, err
	}
	defer c.close()
	if _, err := c.getAll(warmUp, nil); err != nil {
		return round{}, err
	}
	return s.measure(func() (round, error) {
		responses, err := c.getAll(paths, before)
		return roundOf(responses), err
	})
}

// load requests a path with wrk and measures it.
func (s server) load(ctx context.Context, path string, connections, seconds int) (round, error) {
	return s.measure(func() (round, error) {
		r, err := runWrk(ctx, "http://"+s.host+path, connections, seconds)
		return round{
			Requests: int(r.requests), PerSecond: r.perSecond,
			P50: stats.Milliseconds(r.p50), P99: stats.Milliseconds(r.p99),
		}, err
	})
}

// measure calls run and adds the server's CPU time, reads and peak memory to its round.
func (s server) measure(run func() (round, error)) (round, error) {
	if err := s.ResetPeak(); err != nil {
		return round{}, err
	}
	cpuBefore, err := s.CPU()
	if err != nil {
		return round{}, err
	}
	readBefore, err := s.BytesRead()
	if err != nil {
		return round{}, err
	}
	r, err := run()
	if err != nil {
		return r, err
	}
	cpuAfter, err := s.CPU()
	if err != nil {
		return r, err
	}
	readAfter, err := s.BytesRead()
	if err != nil {
		return r, err
	}
	r.CPU = stats.Milliseconds(cpuAfter-cpuBefore) / float64(r.Requests)
	r.Read = (readAfter - readBefore) / int64(r.Requests)
	r.Memory, err = s.Memory("VmHWM")
	return r, err
}
