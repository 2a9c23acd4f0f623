package main

import (
	"context"
	"time"

	"gop/cmd/internal/process"
	"gop/cmd/internal/stats"
)

// web is a server that is asked over HTTP.
type web struct {
	*process.Server
	host string // its address, with the port
}

// ask asks for the paths, one after the other over one connection that is kept, and tells what
// that took. The paths of warming are asked for first, unmeasured.
func (w web) ask(ctx context.Context, warming, paths []string) (round, error) {
	c, err := dial(ctx, w.host)
	if err != nil {
		return round{}, err
	}
	defer c.close()
	for _, path := range warming {
		if _, err := c.get(path, nil); err != nil {
			return round{}, err
		}
	}
	took, first := make([]time.Duration, 0, len(paths)), make([]time.Duration, 0, len(paths))
	hits := 0
	r, err := w.watched(func() (round, error) {
		for _, path := range paths {
			a, err := c.get(path, nil)
			if err != nil {
				return round{}, err
			}
			took, first = append(took, a.took), append(first, a.first)
			if a.cache == hit {
				hits++
			}
		}
		return newRound(took, 0, 0), nil
	})
	r.Hits, r.First = hits, stats.Milliseconds(stats.Percentile(first, 50))
	return r, err
}

// load asks for a path with wrk, over so many connections for some seconds.
func (w web) load(ctx context.Context, path string, connections, seconds int) (round, error) {
	return w.watched(func() (round, error) {
		r, err := runWrk(ctx, "http://"+w.host+path, connections, seconds)
		return round{
			Requests: int(r.requests), P50: stats.Milliseconds(r.p50), P99: stats.Milliseconds(r.p99), PerSecond: r.perSecond,
		}, err
	})
}

// watched adds to a round what the server took for it.
func (w web) watched(run func() (round, error)) (round, error) {
	if err := w.ResetPeak(); err != nil {
		return round{}, err
	}
	cpuBefore, err := w.CPU()
	if err != nil {
		return round{}, err
	}
	readBefore, err := w.BytesRead()
	if err != nil {
		return round{}, err
	}
	r, err := run()
	if err != nil {
		return r, err
	}
	cpuAfter, err := w.CPU()
	if err != nil {
		return r, err
	}
	readAfter, err := w.BytesRead()
	if err != nil {
		return r, err
	}
	r.CPU = stats.Milliseconds(cpuAfter-cpuBefore) / float64(r.Requests)
	r.Read = (readAfter - readBefore) / int64(r.Requests)
	r.Memory, err = w.Memory("VmHWM")
	return r, err
}
