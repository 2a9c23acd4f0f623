package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"gop/cmd/internal/process"
	"gop/cmd/internal/progress"
	"gop/cmd/internal/stats"
)

// Parameters of the overload. Each request indexes a video that is not cached. That takes tens of
// milliseconds, so the server is the bottleneck, not the connections or the load generator, which shares its
// cores.
const (
	links       = 2000 // to one video, so that requests do not share an index
	overloadBy  = 10   // times the capacity
	cachedRate  = 100  // requests per second for a cached GOP
	memoryLimit = 1 << 30
	onset       = 3 * time.Second // until the queue that filled before the overload was noticed is empty
)

// Limits of the promises.
const (
	maxAdmittedRatio  = 3 // p99 of admitted requests, relative to unloaded ones
	maxRefusedTime    = 50 * time.Millisecond
	maxCachedTime     = 50 * time.Millisecond
	maxRecoveredRatio = 2 // p99 after the overload, relative to before
)

// overloadFigures are the results of the overload.
type overloadFigures struct {
	time      time.Duration
	capacity  float64 // requests per second
	unloaded  []reply
	onset     []reply // the first part of the overload
	overload  []reply // the rest
	cached    []reply // for a cached GOP, during the overload
	recovered []reply
	peak      int64 // peak resident memory of the server, in bytes
}

// overload measures a server without load, at its capacity, at ten times that, and without load again.
func overload(ctx context.Context, o options, dir string, bar *progress.Bar) (f overloadFigures, err error) {
	f.time = o.Time
	if err := overloadVideos(ctx, dir); err != nil {
		return f, err
	}
	s, host, err := process.StartGOP(ctx, filepath.Dir(dir), nil, o.GOP,
		"--no-access-log", "--log-level=warn", "--index-cache-bytes=65536", "--idle-demuxers=0",
		fmt.Sprintf("--memory-limit=%d", memoryLimit), dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	c := newClient(host)
	defer c.close()

	bar.At(0.02, "overload: one client")
	f.unloaded = c.closedLoop(ctx, 1, 200)
	bar.At(0.06, "overload: capacity")
	start := time.Now()
	const requests = 400
	_ = c.closedLoop(ctx, 2, requests)
	f.capacity = requests / time.Since(start).Seconds()

	bar.At(0.1, fmt.Sprintf("overload: %.0f requests per second for %s", f.capacity*overloadBy, o.Time))
	if err := s.ResetPeak(); err != nil {
		return f, err
	}
	if r := c.get(ctx, cachedPath, time.Now()); r.status != http.StatusOK { // fills the caches
		return f, fmt.Errorf("request %s: status %d", cachedPath, r.status)
	}
	var both sync.WaitGroup
	both.Go(func() {
		f.cached = c.openLoop(ctx, cachedRate, o.Time, func(int) string { return cachedPath })
	})
	for _, r := range c.openLoop(ctx, f.capacity*overloadBy, o.Time, uncachedPath) {
		if r.at < onset {
			f.onset = append(f.onset, r)
		} else {
			f.overload = append(f.overload, r)
		}
	}
	both.Wait()
	if f.peak, err = s.Memory("VmHWM"); err != nil {
		return f, err
	}
	bar.At(0.2, "overload: recovery")
	f.recovered = c.closedLoop(ctx, 1, 200)
	return f, ctx.Err()
}

// overloadVideos makes an MPEG-TS video with many names, and an mp4 whose GOP will be cached. Indexing
// MPEG-TS reads the whole file.
func overloadVideos(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, args := range map[string][]string{
		"uncached.ts": {"-f", "mpegts"}, "cached.mp4": {},
	} {
		args = append([]string{
			"-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=10",
			"-c:v", "libx264", "-preset", "ultrafast", "-crf", "4", "-g", "25",
		}, append(args, filepath.Join(dir, name))...)
		if err := runFFmpeg(ctx, args...); err != nil {
			return err
		}
	}
	for i := range links {
		name := fmt.Sprintf("uncached-%d.ts", i)
		if err := os.Symlink("uncached.ts", filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func runFFmpeg(ctx context.Context, args ...string) error {
	args = append([]string{"-v", "error", "-nostdin"}, args...)
	if output, err := exec.CommandContext(ctx, "ffmpeg", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("run ffmpeg: %w: %s", err, output)
	}
	return nil
}

const cachedPath = "/videos/cached.mp4/group-of-pictures/3.mp4"

func uncachedPath(i int) string {
	return fmt.Sprintf("/videos/uncached-%d.ts/group-of-pictures.json", i%links)
}

const overloadText = `## Overload

Each request indexes an MPEG-TS video of 10 s. First one client sends requests one after the other. ` +
	`Two such clients measure the capacity. Then requests arrive at %d times the capacity for %s, ` +
	`with %d requests per second for a cached GOP beside them. At last one client sends requests again. ` +
	`The clients run on the same cores as the server. ` +
	`The first %s of the overload, its onset, are listed separately: until requests have been waiting ` +
	`without a break for 100 ms, they may wait as in a burst.

| | requests | status 200 | p50 | p99 | status 503 | p99 | no response |
|---|---|---|---|---|---|---|---|
`

// write writes the figures. Its error lists the promises that were broken.
func (f overloadFigures) write(w io.Writer) error {
	_, _ = fmt.Fprintf(w, overloadText, overloadBy, f.time, cachedRate, onset)
	for _, row := range []struct {
		name    string
		replies []reply
	}{
		{"unloaded", f.unloaded},
		{fmt.Sprintf("overload, %.0f per second: onset", f.capacity*overloadBy), f.onset},
		{"overload: the rest", f.overload},
		{"cached, during the overload", f.cached},
		{"after the overload", f.recovered},
	} {
		ok := times(row.replies, http.StatusOK)
		refused := times(row.replies, http.StatusServiceUnavailable)
		_, _ = fmt.Fprintf(w, "| %s | %d | %d | %s | %s | %d | %s | %d |\n",
			row.name, len(row.replies),
			len(ok), text(stats.Percentile(ok, 50)), text(stats.Percentile(ok, 99)),
			len(refused), text(stats.Percentile(refused, 99)), len(times(row.replies, 0)))
	}
	_, _ = fmt.Fprintln(w)
	return writePromises(w, f.promises())
}

// promises compares the figures with their limits.
func (f overloadFigures) promises() []promise {
	all := append(append([]reply{}, f.onset...), f.overload...)
	withoutRetryAfter, others := 0, 0
	for _, r := range all {
		if r.status == http.StatusServiceUnavailable && !r.retryAfter {
			withoutRetryAfter++
		}
		if r.status != http.StatusOK && r.status != http.StatusServiceUnavailable {
			others++
		}
	}
	p99 := func(replies []reply, status int) time.Duration {
		return stats.Percentile(times(replies, status), 99)
	}
	unloaded, admitted := p99(f.unloaded, http.StatusOK), p99(f.overload, http.StatusOK)
	refused := p99(all, http.StatusServiceUnavailable)
	cached, recovered := p99(f.cached, http.StatusOK), p99(f.recovered, http.StatusOK)
	servedCached := len(times(f.cached, http.StatusOK))
	servedAfter := len(times(f.recovered, http.StatusOK))
	return []promise{
		{
			"admitted: p99 at most 3 times the unloaded one",
			fmt.Sprintf("%.2f times (%s against %s)",
				ratio(admitted, unloaded), text(admitted), text(unloaded)),
			admitted <= maxAdmittedRatio*unloaded && admitted > 0,
		},
		{
			"the rest: status 503, p99 less than 50 ms", text(refused),
			refused < maxRefusedTime && refused > 0,
		},
		{"every 503 has Retry-After", fmt.Sprintf("%d without", withoutRetryAfter), withoutRetryAfter == 0},
		{"no other status", fmt.Sprintf("%d of %d", others, len(all)), others == 0},
		{
			"cached: every request served", fmt.Sprintf("%d of %d", servedCached, len(f.cached)),
			servedCached == len(f.cached) && servedCached > 0,
		},
		{"cached: p99 at most 50 ms", text(cached), cached <= maxCachedTime && cached > 0},
		{
			"memory within its limit of 1 GiB", fmt.Sprintf("peak %.0f MiB", float64(f.peak)/(1<<20)),
			f.peak < memoryLimit,
		},
		{
			"recovery: every request served, p99 at most twice the unloaded one",
			fmt.Sprintf("%d of %d, %.2f times", servedAfter, len(f.recovered), ratio(recovered, unloaded)),
			servedAfter == len(f.recovered) && recovered <= maxRecoveredRatio*unloaded,
		},
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

// text formats a time in milliseconds.
func text(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
