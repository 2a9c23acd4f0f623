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

// manyConnections is over how many connections part e asks.
const manyConnections = 16

// sample is what the server holds after so many requests.
type sample struct {
	Requests  int   `json:"requests"`
	Anonymous int64 `json:"rss_anon_bytes"`
	Resident  int64 `json:"vm_rss_bytes"`
}

// manyFigures is what part e finds.
type manyFigures struct {
	Requests   int      `json:"requests"`
	Seconds    float64  `json:"seconds"`
	P50        float64  `json:"p50_ms"`
	P99        float64  `json:"p99_ms"`
	Hits       int      `json:"hits"`
	Misses     int      `json:"misses"` // neither: gop did not tell
	CacheBytes int64    `json:"cache_bytes"`
	Samples    []sample `json:"samples"`
	Before     sample   `json:"before_all_once"`
	After      sample   `json:"after_all_once"`
}

// many is part e: very many requests, and what they leave behind in memory.
func (b *bench) many(ctx context.Context, at progressFunc) (section, error) {
	var f manyFigures
	if err := b.allOnce(ctx, at.within(0, 0.05), &f); err != nil {
		return section{}, err
	}
	if err := b.skewedRequests(ctx, at.within(0.05, 1), &f); err != nil {
		return section{}, err
	}
	return f.section(), nil
}

// allOnce asks for every GOP of the hour once.
func (b *bench) allOnce(ctx context.Context, at progressFunc, f *manyFigures) error {
	return b.with(ctx, asItComes, func(gop web) error {
		entries, err := gop.list(ctx, hourMP4)
		if err != nil {
			return err
		}
		at(0, fmt.Sprintf("e: all %d GOPs of %s, once", len(entries), hourMP4))
		if f.Before, err = sampleOf(gop, 0); err != nil {
			return err
		}
		if _, err := gop.ask(ctx, nil, hrefs(entries)); err != nil {
			return err
		}
		f.After, err = sampleOf(gop, len(entries))
		return err
	})
}

// skewedRequests asks for GOPs of the hour, some of them often, with a cache that holds a quarter of
// them.
func (b *bench) skewedRequests(ctx context.Context, at progressFunc, f *manyFigures) error {
	size, err := b.cacheForAll(ctx, hourMP4)
	if err != nil {
		return err
	}
	f.CacheBytes = size / 4
	m := mode{flags: []string{fmt.Sprintf("--cache-bytes=%d", f.CacheBytes)}}
	return b.with(ctx, m, func(gop web) error {
		entries, err := gop.list(ctx, hourMP4)
		if err != nil {
			return err
		}
		paths := hrefs(entries)
		var took []time.Duration
		began := time.Now()
		choice := skewed(b.options.Requests, len(paths))
		for from := 0; from < len(choice); from += b.amounts.sampleEvery {
			at(float64(from)/float64(len(choice)), fmt.Sprintf("e: request %d of %d", from, len(choice)))
			some := choice[from:min(from+b.amounts.sampleEvery, len(choice))]
			if err := inParallel(ctx, gop, paths, some, f, &took); err != nil {
				return err
			}
			s, err := sampleOf(gop, from+len(some))
			if err != nil {
				return err
			}
			f.Samples = append(f.Samples, s)
		}
		f.Requests, f.Seconds = len(took), time.Since(began).Seconds()
		f.P50, f.P99 = stats.Milliseconds(stats.Percentile(took, 50)), stats.Milliseconds(stats.Percentile(took, 99))
		return nil
	})
}

// cacheForAll is about how much memory the cuts of all GOPs of an mp4 take: gop keeps what lies
// before their payloads, and takes those from the video.
func (b *bench) cacheForAll(ctx context.Context, file string) (int64, error) {
	var all int64
	err := b.with(ctx, asItComes, func(gop web) error {
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

// inParallel asks for the chosen paths, in their order, over manyConnections connections, and adds
// what it sees to f and to took.
func inParallel(ctx context.Context, gop web, paths []string, chosen []int, f *manyFigures, took *[]time.Duration) error {
	var next atomic.Int64
	var mu sync.Mutex
	var workers sync.WaitGroup
	var errs []error
	for range manyConnections {
		workers.Go(func() {
			answers, err := askNext(ctx, gop, paths, chosen, &next)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
			for _, a := range answers {
				*took = append(*took, a.took)
				switch a.cache {
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

// askNext asks for one chosen path after the other, until none is left.
func askNext(ctx context.Context, gop web, paths []string, chosen []int, next *atomic.Int64) ([]answer, error) {
	c, err := dial(ctx, gop.host)
	if err != nil {
		return nil, err
	}
	defer c.close()
	var answers []answer
	for {
		i := int(next.Add(1)) - 1
		if i >= len(chosen) {
			return answers, nil
		}
		a, err := c.get(paths[chosen[i]], nil)
		if err != nil {
			return answers, err
		}
		answers = append(answers, a)
	}
}

func sampleOf(w web, requests int) (s sample, err error) {
	s.Requests = requests
	if s.Anonymous, err = w.Memory("RssAnon"); err != nil {
		return s, err
	}
	s.Resident, err = w.Memory("VmRSS")
	return s, err
}

// section tells the figures.
func (f manyFigures) section() section {
	s := section{
		Title: "Many requests, and memory",
		About: fmt.Sprintf("%d requests over %d connections for GOPs of an hour of mp4, some far more often than others (Zipf's law, the same choice each time), "+
			"with a segment cache (--cache-bytes=%d) that holds about a quarter of them. Memory counts as not growing where the end has at most 5 %% more than the first %d requests left. "+
			"And every GOP of the hour once, with the default cache. The client runs on the same machine and takes its share.", f.Requests, manyConnections, f.CacheBytes, f.Samples[0].Requests),
		Figures: f,
	}
	hits := "not told"
	if f.Hits+f.Misses > 0 {
		hits = fmt.Sprintf("%.1f %%", 100*float64(f.Hits)/float64(f.Hits+f.Misses))
	}
	s.Tables = append(s.Tables, table{
		Head: []string{"requests a second", "p50 ms", "p99 ms", "answered from the cache"},
		Rows: [][]string{{number(float64(f.Requests) / f.Seconds), number(f.P50), number(f.P99), hits}},
	})
	memory := table{Head: []string{"after", "RssAnon MiB", "VmRSS MiB"}}
	row := func(after string, s sample) {
		memory.Rows = append(memory.Rows, []string{after, mebibytes(s.Anonymous), mebibytes(s.Resident)})
	}
	for _, one := range f.Samples {
		row(fmt.Sprintf("%d requests", one.Requests), one)
	}
	row("start and a listing", f.Before)
	row(fmt.Sprintf("all %d GOPs once", f.After.Requests), f.After)
	s.Tables = append(s.Tables, memory)

	const mib = 1 << 20
	first, last := f.Samples[0], f.Samples[len(f.Samples)-1]
	s.Targets = []target{
		atMost(fmt.Sprintf("all %d GOPs once: more resident memory", f.After.Requests), float64(f.After.Resident-f.Before.Resident)/mib, 16, "MiB"),
		atMost(fmt.Sprintf("resident memory after %d requests against after %d", last.Requests, first.Requests),
			float64(last.Resident)/float64(first.Resident), 1.05, "times"),
	}
	return s
}
