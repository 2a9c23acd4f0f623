package main

import (
	"context"
	"time"

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
	c, err := dial(ctx, s.host)
	if err != nil {
		return round{}, err
	}
	defer c.close()
	for _, path := range warmUp {
		if _, err := c.get(path, nil); err != nil {
			return round{}, err
		}
	}
	elapsed, first := make([]time.Duration, 0, len(paths)), make([]time.Duration, 0, len(paths))
	hits := 0
	r, err := s.measure(func() (round, error) {
		for _, path := range paths {
			one, err := c.get(path, nil)
			if err != nil {
				return round{}, err
			}
			elapsed, first = append(elapsed, one.elapsed), append(first, one.first)
			if one.cache == hit {
				hits++
			}
		}
		return newRound(elapsed, 0, 0), nil
	})
	r.Hits, r.First = hits, stats.Milliseconds(stats.Percentile(first, 50))
	return r, err
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
