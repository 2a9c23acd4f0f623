package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gop/cmd/internal/stats"
	"gop/internal/isobmff"
)

// manyConnections is the number of connections of part e.
const manyConnections = 16

// memorySample is the memory of the server after some requests.
type memorySample struct {
	Requests  int   `json:"requests"`
	Anonymous int64 `json:"rss_anon_bytes"`
	Resident  int64 `json:"vm_rss_bytes"`
}

// manyFigures is the measurements of part e.
type manyFigures struct {
	Requests   int            `json:"requests"`
	Seconds    float64        `json:"seconds"`
	P50        float64        `json:"p50_ms"`
	P99        float64        `json:"p99_ms"`
	Hits       int            `json:"hits"`
	Misses     int            `json:"misses"` // responses without Cache-Status count as neither
	CacheBytes int64          `json:"cache_bytes"`
	Samples    []memorySample `json:"samples"`
	Before     memorySample   `json:"before_all_once"`
	After      memorySample   `json:"after_all_once"`
}

// many is part e: many requests, and the memory of the server after them.
func (b *bench) many(ctx context.Context, progress progressFunc) (section, error) {
	var f manyFigures
	if err := b.allOnce(ctx, progress.within(0, 0.05), &f); err != nil {
		return section{}, err
	}
	if err := b.skewedRequests(ctx, progress.within(0.05, 1), &f); err != nil {
		return section{}, err
	}
	return f.section(), nil
}

// allOnce requests every GOP of the 1 h video once.
func (b *bench) allOnce(ctx context.Context, progress progressFunc, f *manyFigures) error {
	return b.with(ctx, defaults, func(gop server) error {
		entries, err := gop.list(ctx, hourMP4)
		if err != nil {
			return err
		}
		progress(0, fmt.Sprintf("e: all %d GOPs of %s, once", len(entries), hourMP4))
		if f.Before, err = memoryOf(gop, 0); err != nil {
			return err
		}
		if _, err := gop.getAll(ctx, nil, hrefs(entries)); err != nil {
			return err
		}
		f.After, err = memoryOf(gop, len(entries))
		return err
	})
}

// skewedRequests requests GOPs of the 1 h video with Zipf popularity and a cache that holds a quarter of
// them.
func (b *bench) skewedRequests(ctx context.Context, progress progressFunc, f *manyFigures) error {
	size, err := b.cacheForAll(ctx, hourMP4)
	if err != nil {
		return err
	}
	f.CacheBytes = size / 4
	m := mode{flags: []string{fmt.Sprintf("--cache-bytes=%d", f.CacheBytes)}}
	return b.with(ctx, m, func(gop server) error {
		entries, err := gop.list(ctx, hourMP4)
		if err != nil {
			return err
		}
		paths := hrefs(entries)
		var elapsed []time.Duration
		started := time.Now()
		sequence := skewed(b.options.Requests, len(paths))
		for from := 0; from < len(sequence); from += b.amounts.sampleEvery {
			progress(float64(from)/float64(len(sequence)),
				fmt.Sprintf("e: request %d of %d", from, len(sequence)))
			some := sequence[from:min(from+b.amounts.sampleEvery, len(sequence))]
			if err := inParallel(ctx, gop, paths, some, f, &elapsed); err != nil {
				return err
			}
			s, err := memoryOf(gop, from+len(some))
			if err != nil {
				return err
			}
			f.Samples = append(f.Samples, s)
		}
		f.Requests, f.Seconds = len(elapsed), time.Since(started).Seconds()
		f.P50 = stats.Milliseconds(stats.Percentile(elapsed, 50))
		f.P99 = stats.Milliseconds(stats.Percentile(elapsed, 99))
		return nil
	})
}

// cacheForAll estimates the cache size for all segments of an mp4. gop caches the bytes before the mdat
// payload and sends the payload from the video file.
func (b *bench) cacheForAll(ctx context.Context, file string) (int64, error) {
	var all int64
	err := b.with(ctx, defaults, func(gop server) error {
		entries, err := gop.list(ctx, file)
		if err != nil {
			return err
		}
		c, err := dial(ctx, gop.host)
		if err != nil {
			return err
		}
		defer c.close()
		some := spaced(entries, 20)
		for _, path := range hrefs(some) {
			var body bytes.Buffer
			if _, err := c.get(path, &body); err != nil {
				return err
			}
			mdat, ok := isobmff.File(int64(body.Len())).Find(bytes.NewReader(body.Bytes()), "mdat")
			if !ok {
				return fmt.Errorf("%s has no mdat box", path)
			}
			all += mdat.Start
		}
		all = all * int64(len(entries)) / int64(len(some))
		return nil
	})
	return all, err
}

// inParallel requests paths[i] for each i of sequence over manyConnections connections. It appends the
// response times to elapsed and counts cache hits and misses in f.
func inParallel(
	ctx context.Context, gop server, paths []string, sequence []int, f *manyFigures, elapsed *[]time.Duration,
) error {
	var next atomic.Int64
	var mu sync.Mutex
	var workers sync.WaitGroup
	var errs []error
	for range manyConnections {
		workers.Go(func() {
			responses, err := getNext(ctx, gop, paths, sequence, &next)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
			for _, r := range responses {
				*elapsed = append(*elapsed, r.elapsed)
				switch r.cache {
				case hit:
					f.Hits++
				case miss:
					f.Misses++
				}
			}
		})
	}
	workers.Wait()
	return errors.Join(errs...)
}

// getNext requests the paths of sequence, starting at next, until none is left.
func getNext(
	ctx context.Context, gop server, paths []string, sequence []int, next *atomic.Int64,
) ([]response, error) {
	c, err := dial(ctx, gop.host)
	if err != nil {
		return nil, err
	}
	defer c.close()
	var responses []response
	for {
		i := int(next.Add(1)) - 1
		if i >= len(sequence) {
			return responses, nil
		}
		r, err := c.get(paths[sequence[i]], nil)
		if err != nil {
			return responses, err
		}
		responses = append(responses, r)
	}
}

// memoryOf samples the memory of a server after some requests.
func memoryOf(s server, requests int) (m memorySample, err error) {
	m.Requests = requests
	if m.Anonymous, err = s.Memory("RssAnon"); err != nil {
		return m, err
	}
	m.Resident, err = s.Memory("VmRSS")
	return m, err
}

// section formats the measurements.
func (f manyFigures) section() section {
	s := section{
		Title: "Many requests and memory",
		About: fmt.Sprintf("%d requests over %d connections for GOPs of a 1 h mp4 with Zipf popularity, "+
			"in the same order each time, with a segment cache (--cache-bytes=%d) that holds about a "+
			"quarter of them. The target for memory growth compares the end with the state after %d "+
			"requests. Then every GOP of the video once, with the default cache. The client runs on the "+
			"same machine and uses part of its CPU.",
			f.Requests, manyConnections, f.CacheBytes, f.Samples[0].Requests),
		Figures: f,
	}
	hits := "unknown"
	if f.Hits+f.Misses > 0 {
		hits = fmt.Sprintf("%.1f %%", 100*float64(f.Hits)/float64(f.Hits+f.Misses))
	}
	s.Tables = append(s.Tables, table{
		Head: []string{"requests per second", "p50 ms", "p99 ms", "cache hits"},
		Rows: [][]string{{number(float64(f.Requests) / f.Seconds), number(f.P50), number(f.P99), hits}},
	})
	memory := table{Head: []string{"after", "RssAnon MiB", "VmRSS MiB"}}
	row := func(after string, s memorySample) {
		memory.Rows = append(memory.Rows, []string{after, mebibytes(s.Anonymous), mebibytes(s.Resident)})
	}
	for _, one := range f.Samples {
		row(fmt.Sprintf("%d requests", one.Requests), one)
	}
	row("start and one listing", f.Before)
	row(fmt.Sprintf("all %d GOPs once", f.After.Requests), f.After)
	s.Tables = append(s.Tables, memory)

	const mib = 1 << 20
	first, last := f.Samples[0], f.Samples[len(f.Samples)-1]
	s.Targets = []target{
		atMost(fmt.Sprintf("all %d GOPs once: growth of resident memory", f.After.Requests),
			float64(f.After.Resident-f.Before.Resident)/mib, 16, "MiB"),
		atMost(fmt.Sprintf("resident memory after %d requests / after %d", last.Requests, first.Requests),
			float64(last.Resident)/float64(first.Resident), 1.05, "times"),
	}
	return s
}
