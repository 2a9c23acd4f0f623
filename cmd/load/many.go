package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gop/cmd/internal/process"
	"gop/cmd/internal/progress"
	"gop/cmd/internal/stats"
)

// Parameters of the large library.
const (
	manyCount    = 10_000 // videos
	manyPages    = manyCount / 500
	manyRate     = 100 // requests per second for the unchanged page, and for a cached GOP
	manyPageRate = 10  // requests per second for pages that are not cached
	manyMemory   = 256 << 20
	manyGOP      = "/videos/00000.mp4/group-of-pictures/1.mp4"
)

// Limits of the promises.
const (
	maxUnchangedTime = 50 * time.Millisecond
	maxUnchangedCPU  = 2 * time.Millisecond
	maxPageTime      = 250 * time.Millisecond
	maxAppearTime    = 5 * time.Second
)

// manyFigures are the results of the requests for a library of many videos.
type manyFigures struct {
	time      time.Duration // of each load
	indexing  time.Duration // from the first request until all videos are indexed
	whileGOPs []reply       // for a cached GOP, while the videos are indexed
	unchanged []reply       // conditional, for the first page
	pages     []reply       // for other pages, orders and searches
	gops      []reply       // for a cached GOP, beside these
	cpu       time.Duration // of the server for one of the unchanged pages
	appear    time.Duration // until a new video is in the list
	peak      int64         // peak resident memory of the server, in bytes
}

// manyVideos requests pages of a library of many videos, while it is indexed and after that.
func manyVideos(ctx context.Context, o options, dir string, bar *progress.Bar) (f manyFigures, err error) {
	f.time = o.Time
	bar.At(0.25, "many videos: indexing")
	if err := manyLinks(o.Videos, dir); err != nil {
		return f, err
	}
	s, host, err := process.StartGOP(ctx, filepath.Dir(dir), nil, o.GOP,
		"--no-access-log", "--log-level=warn", fmt.Sprintf("--memory-limit=%d", manyMemory),
		fmt.Sprintf("--max-videos=%d", manyCount+1), dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	c := newClient(host)
	defer c.close()

	if err := f.index(ctx, c, host); err != nil {
		return f, err
	}
	bar.At(0.28, "many videos: pages")
	tag, err := entityTag(ctx, "http://"+host+"/")
	if err != nil {
		return f, err
	}
	if err := f.requestPages(ctx, c, s, tag); err != nil {
		return f, err
	}
	if f.appear, err = appearTime(ctx, host, dir); err != nil {
		return f, err
	}
	if f.peak, err = s.Memory("VmHWM"); err != nil {
		return f, err
	}
	return f, ctx.Err()
}

// manyLinks makes a folder with many hard links to copies of a few videos.
func manyLinks(videos, dir string) error {
	originals := []string{"h264-aac.mp4", "hevc.mp4", "h264-bframes-aac.mkv", "h264-bframes-aac.ts"}
	if err := os.MkdirAll(filepath.Join(dir, ".originals"), 0o755); err != nil {
		return err
	}
	for i, name := range originals {
		data, err := os.ReadFile(filepath.Join(videos, name))
		if err != nil {
			return err
		}
		original := filepath.Join(dir, ".originals", name)
		if err := os.WriteFile(original, data, 0o600); err != nil {
			return err
		}
		for n := i; n < manyCount; n += len(originals) {
			link := filepath.Join(dir, fmt.Sprintf("%05d%s", n, filepath.Ext(name)))
			if err := os.Link(original, link); err != nil {
				return err
			}
		}
	}
	return nil
}

// index requests the page until all videos are indexed, and a cached GOP beside it.
func (f *manyFigures) index(ctx context.Context, c *client, host string) error {
	if r := c.get(ctx, manyGOP, time.Now()); r.status != http.StatusOK { // fills the caches
		return fmt.Errorf("request %s: status %d", manyGOP, r.status)
	}
	start := time.Now()
	done, stop := context.WithCancel(ctx)
	defer stop()
	var beside sync.WaitGroup
	beside.Go(func() {
		for sleep(done, time.Second/manyRate) {
			f.whileGOPs = append(f.whileGOPs, c.get(ctx, manyGOP, time.Now()))
		}
	})
	for isPending := true; isPending; {
		page, err := get(ctx, host+"/")
		if err != nil {
			return err
		}
		isPending = strings.Contains(string(page), "<progress")
	}
	f.indexing = time.Since(start)
	stop()
	beside.Wait()
	return nil
}

// requestPages requests the unchanged page, and then pages that are not cached, with a cached GOP beside
// both.
func (f *manyFigures) requestPages(ctx context.Context, c *client, s *process.Server, tag string) error {
	c.condition = tag
	var beside sync.WaitGroup
	beside.Go(func() {
		gops := *c
		gops.condition = ""
		f.gops = gops.openLoop(ctx, manyRate, 2*f.time, func(int) string { return manyGOP })
	})
	f.unchanged = c.openLoop(ctx, manyRate, f.time, func(int) string { return "/" })
	f.pages = c.openLoop(ctx, manyPageRate, f.time, manyPath)
	beside.Wait()
	before, err := s.CPU()
	if err != nil {
		return err
	}
	const requests = 2000
	for range requests {
		f.unchanged = append(f.unchanged, c.get(ctx, "/", time.Now()))
	}
	after, err := s.CPU()
	f.cpu = (after - before) / requests
	c.condition = ""
	return err
}

// manyPath returns the path of the i-th page that is not cached: a page in an order, or of a search.
func manyPath(i int) string {
	if orders := []string{"name", "newest", "largest", "longest", "gops"}; i < manyPages*len(orders) {
		return fmt.Sprintf("/?sort=%s&page=%d", orders[i%len(orders)], i/len(orders)+1)
	}
	return fmt.Sprintf("/?search=%d", i)
}

// entityTag returns the ETag of a URL.
func entityTag(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	_ = response.Body.Close()
	return response.Header.Get("ETag"), nil
}

// appearTime adds a video and returns the time until the list has it, at most a minute.
func appearTime(ctx context.Context, host, dir string) (time.Duration, error) {
	start := time.Now()
	if err := os.Link(filepath.Join(dir, "00000.mp4"), filepath.Join(dir, "new.mp4")); err != nil {
		return 0, err
	}
	for time.Since(start) < time.Minute && sleep(ctx, 10*time.Millisecond) {
		page, err := get(ctx, host+"/?search=new")
		if err != nil {
			return 0, err
		}
		if strings.Contains(string(page), "/videos/new.mp4/") {
			break
		}
	}
	return time.Since(start), ctx.Err()
}

const manyText = `## Many videos

A folder has %d videos, hard links to four short ones. The first request for the page starts indexing, ` +
	`which took %.1f s; a cached GOP is requested %d times per second beside it. ` +
	`Then the unchanged page is requested %d times per second for %s with its ETag, ` +
	`and after that %d pages per second that are not cached, in all orders and searches, as long. ` +
	`A cached GOP is requested %d times per second beside both. ` +
	`The memory limit is %d MiB. The clients run on the same cores as the server.

| | requests | status 200 | status 304 | p50 | p99 |
|---|---|---|---|---|---|
`

// write writes the figures. Its error lists the promises that were broken.
func (f manyFigures) write(w io.Writer) error {
	_, _ = fmt.Fprintf(w, manyText, manyCount, f.indexing.Seconds(), manyRate, manyRate, f.time, manyPageRate,
		manyRate, manyMemory>>20)
	for _, row := range []struct {
		name    string
		replies []reply
	}{
		{"cached GOP, beside indexing", f.whileGOPs},
		{"unchanged page", f.unchanged},
		{"other pages", f.pages},
		{"cached GOP, beside pages", f.gops},
	} {
		ok, unchanged := times(row.replies, http.StatusOK), times(row.replies, http.StatusNotModified)
		both := append(append([]time.Duration{}, ok...), unchanged...)
		_, _ = fmt.Fprintf(w, "| %s | %d | %d | %d | %s | %s |\n", row.name, len(row.replies), len(ok),
			len(unchanged), text(stats.Percentile(both, 50)), text(stats.Percentile(both, 99)))
	}
	_, _ = fmt.Fprintln(w)
	return writePromises(w, f.promises())
}

// promises compares the figures with their limits.
func (f manyFigures) promises() []promise {
	unchanged, pages := times(f.unchanged, http.StatusNotModified), times(f.pages, http.StatusOK)
	indexing, gops := times(f.whileGOPs, http.StatusOK), times(f.gops, http.StatusOK)
	served := len(unchanged) + len(pages) + len(indexing) + len(gops)
	requests := len(f.unchanged) + len(f.pages) + len(f.whileGOPs) + len(f.gops)
	within := func(name string, replies []time.Duration, limit time.Duration) promise {
		p99 := stats.Percentile(replies, 99)
		return promise{
			fmt.Sprintf("%s: p99 at most %s", name, limit), text(p99), p99 <= limit && len(replies) > 0,
		}
	}
	return []promise{
		{
			"every request served, an unchanged page with 304", fmt.Sprintf("%d of %d", served, requests),
			served == requests,
		},
		within("unchanged page", unchanged, maxUnchangedTime),
		{
			fmt.Sprintf("unchanged page: at most %s of CPU", maxUnchangedCPU), text(f.cpu),
			f.cpu <= maxUnchangedCPU,
		},
		within("other pages", pages, maxPageTime),
		within("cached GOP, beside indexing", indexing, maxCachedTime),
		within("cached GOP, beside pages", gops, maxCachedTime),
		{
			fmt.Sprintf("a new video appears within %s", maxAppearTime), text(f.appear),
			f.appear <= maxAppearTime && f.appear > 0,
		},
		{
			fmt.Sprintf("memory within its limit of %d MiB", manyMemory>>20),
			fmt.Sprintf("peak %.0f MiB", float64(f.peak)/(1<<20)), f.peak < manyMemory,
		},
	}
}
