package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
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
// milliseconds, so the server is the bottleneck, not the connections or the generator, which shares its
// cores.
const (
	names       = 2000 // links to one video, so that requests do not share an index
	overloadBy  = 10   // times the capacity
	hotRate     = 100  // requests per second for a cached GOP
	memoryLimit = 1 << 30
	settling    = 3 * time.Second // the onset: --queue-timeout, and the time to empty the queue that filled meanwhile
)

// reply is the outcome of a request.
type reply struct {
	at         time.Duration // when the request was due, from the start
	took       time.Duration // from when it was due to the last byte of the response
	status     int           // 0 without a response
	retryAfter bool
}

// overloadFigures are the results of the overload.
type overloadFigures struct {
	time      time.Duration
	capacity  float64 // requests per second
	unloaded  []reply
	onset     []reply // the first part of the overload
	overload  []reply // the rest
	hot       []reply // for a cached GOP, during the overload
	recovered []reply
	peak      int64 // peak resident memory of the server, in bytes
}

// overload measures a server without load, at its capacity, at ten times that, and without load again.
func overload(ctx context.Context, o options, dir string, bar *progress.Bar) (f overloadFigures, err error) {
	f.time = o.Time
	if err := overloadVideos(ctx, dir); err != nil {
		return f, err
	}
	s, host, err := process.StartGOP(ctx, filepath.Dir(dir), nil, o.GOP, "--no-access-log", "--log-level=warn",
		"--index-cache-bytes=65536", "--idle-demuxers=0", fmt.Sprintf("--memory-limit=%d", memoryLimit), dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	c := newClient(host)
	defer c.close()

	bar.At(0.02, "overload: one client")
	f.unloaded = c.inTurn(ctx, 1, 200)
	bar.At(0.06, "overload: capacity")
	began := time.Now()
	const each = 400
	_ = c.inTurn(ctx, 2, each)
	f.capacity = each / time.Since(began).Seconds()

	bar.At(0.1, fmt.Sprintf("overload: %.0f requests per second for %s", f.capacity*overloadBy, o.Time))
	if err := s.ResetPeak(); err != nil {
		return f, err
	}
	var both sync.WaitGroup
	both.Go(func() { f.hot = c.steadily(ctx, hotRate, o.Time, func(int) string { return hotPath }) })
	for _, r := range c.steadily(ctx, f.capacity*overloadBy, o.Time, coldPath) {
		if r.at < settling {
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
	f.recovered = c.inTurn(ctx, 1, 200)
	return f, ctx.Err()
}

// overloadVideos makes an MPEG-TS video with many names, and an mp4 whose GOP will be cached. Indexing
// MPEG-TS reads the whole file.
func overloadVideos(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, args := range map[string][]string{
		"cold.ts": {"-f", "mpegts"}, "hot.mp4": {},
	} {
		args = append([]string{
			"-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=10",
			"-c:v", "libx264", "-preset", "ultrafast", "-crf", "4", "-g", "25",
		}, append(args, filepath.Join(dir, name))...)
		if err := runFFmpeg(ctx, args...); err != nil {
			return err
		}
	}
	for i := range names {
		if err := os.Symlink("cold.ts", filepath.Join(dir, fmt.Sprintf("cold-%d.ts", i))); err != nil {
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

const hotPath = "/videos/hot.mp4/group-of-pictures/3.mp4"

func coldPath(i int) string {
	return fmt.Sprintf("/videos/cold-%d.ts/group-of-pictures.json", i%names)
}

// client sends requests to a server. It opens a connection for each concurrent request.
type client struct {
	http *http.Client
	base string
}

func newClient(host string) *client {
	return &client{
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}, Timeout: time.Minute},
		base: "http://" + host,
	}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// ask requests a path. The time of the reply counts from due.
func (c *client) ask(ctx context.Context, path string, due time.Time) (r reply) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return r
	}
	answer, err := c.http.Do(request)
	if err == nil {
		_, err = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
	r.took = time.Since(due)
	if err == nil {
		r.status, r.retryAfter = answer.StatusCode, answer.Header.Get("Retry-After") != ""
	}
	return r
}

// inTurn sends n requests from the given number of clients, each one after its last response.
func (c *client) inTurn(ctx context.Context, clients, n int) []reply {
	replies := make([]reply, n)
	first := rand.IntN(names)
	var all sync.WaitGroup
	for k := range clients {
		all.Go(func() {
			for i := k; i < n; i += clients {
				replies[i] = c.ask(ctx, coldPath(first+i), time.Now())
			}
		})
	}
	all.Wait()
	return replies
}

// steadily sends requests at a constant rate, whatever the responses.
func (c *client) steadily(ctx context.Context, rate float64, during time.Duration, path func(int) string) []reply {
	n := int(rate * during.Seconds())
	replies := make([]reply, n)
	began := time.Now()
	var all sync.WaitGroup
	for i := range n {
		at := time.Duration(float64(i) / rate * float64(time.Second))
		if !sleep(ctx, time.Until(began.Add(at))) {
			break
		}
		all.Go(func() {
			replies[i] = c.ask(ctx, path(i), began.Add(at))
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

// of returns the times of the replies with the given status.
func of(replies []reply, status int) (times []time.Duration) {
	for _, r := range replies {
		if r.status == status {
			times = append(times, r.took)
		}
	}
	return times
}

// write writes the figures. Its error lists the promises that were broken.
func (f overloadFigures) write(w io.Writer) error {
	_, _ = fmt.Fprintf(w, `## Overload
Each request indexes an MPEG-TS video of 10 s. First one client sends requests one after the other. Two such clients measure the capacity. Then requests arrive at %d times the capacity for %s, with %d requests per second for a cached GOP beside them. At last one client sends requests again. The clients run on the same cores as the server. The first %s of the overload are listed separately as its onset: until the queue has been standing for --queue-timeout, requests may wait as in a burst.

| | requests | status 200 | p50 | p99 | status 503 | p99 | no response |
|---|---|---|---|---|---|---|---|
`, overloadBy, f.time, hotRate, settling)
	for _, row := range []struct {
		name    string
		replies []reply
	}{
		{"unloaded", f.unloaded},
		{fmt.Sprintf("overload, %.0f per second: onset", f.capacity*overloadBy), f.onset},
		{"overload: the rest", f.overload},
		{"cached, during the overload", f.hot},
		{"after the overload", f.recovered},
	} {
		ok, refused := of(row.replies, http.StatusOK), of(row.replies, http.StatusServiceUnavailable)
		_, _ = fmt.Fprintf(w, "| %s | %d | %d | %s | %s | %d | %s | %d |\n", row.name, len(row.replies), len(ok),
			text(stats.Percentile(ok, 50)), text(stats.Percentile(ok, 99)), len(refused), text(stats.Percentile(refused, 99)), len(of(row.replies, 0)))
	}
	_, _ = fmt.Fprintln(w)

	alone, admitted := stats.Percentile(of(f.unloaded, 200), 99), stats.Percentile(of(f.overload, 200), 99)
	refused := append(of(f.overload, 503), of(f.onset, 503)...)
	all := append(append([]reply{}, f.onset...), f.overload...)
	withoutRetryAfter, odd := 0, 0
	for _, r := range all {
		if r.status == 503 && !r.retryAfter {
			withoutRetryAfter++
		}
		if r.status != 200 && r.status != 503 {
			odd++
		}
	}
	hot := of(f.hot, 200)
	hotP99 := stats.Percentile(hot, 99)
	after := stats.Percentile(of(f.recovered, 200), 99)
	return writePromises(w, []promise{
		{"admitted: p99 at most 3 times the unloaded one", fmt.Sprintf("%.2f times (%s against %s)", ratio(admitted, alone), text(admitted), text(alone)), admitted <= 3*alone && admitted > 0},
		{"the rest: status 503, p99 less than 50 ms", text(stats.Percentile(refused, 99)), stats.Percentile(refused, 99) < 50*time.Millisecond && len(refused) > 0},
		{"every 503 has Retry-After", fmt.Sprintf("%d without", withoutRetryAfter), withoutRetryAfter == 0},
		{"no other status", fmt.Sprintf("%d of %d", odd, len(all)), odd == 0},
		{"cached: every request served", fmt.Sprintf("%d of %d", len(hot), len(f.hot)), len(hot) == len(f.hot) && len(hot) > 0},
		{"cached: p99 at most 50 ms", text(hotP99), hotP99 <= 50*time.Millisecond && hotP99 > 0},
		{"memory within its limit of 1 GiB", fmt.Sprintf("%.0f MiB at most", float64(f.peak)/(1<<20)), f.peak < memoryLimit},
		{"recovery: every request served, p99 at most twice the unloaded one", fmt.Sprintf("%d of %d, %.2f times", len(of(f.recovered, 200)), len(f.recovered), ratio(after, alone)), len(of(f.recovered, 200)) == len(f.recovered) && after <= 2*alone},
	})
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

// text formats a time in milliseconds.
func text(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
