package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"gop/cmd/internal/progress"
	"gop/cmd/internal/stats"
)

// Parameters of the requests for remuxed segments, alone and beside transcodes.
const (
	remuxRate        = 100 // requests per second for segments that are not cached, and for a cached one
	rounds           = 5   // so that other load of the machine falls on both measurements alike
	shortGOPs        = 600 // GOPs of the video
	shortLinks       = 40  // names of the video: half of the GOPs are remuxed, half are transcoded
	transcodeClients = 24  // more than the transcode workers and their queue hold
	retryDelay       = time.Second
	maxSlowdown      = 2.0 // p99 beside transcodes, relative to p99 alone
)

// remuxReplies are the replies to requests for remuxed segments.
type remuxReplies struct{ uncached, cached []reply }

// transcodeFigures are the results of transcodes and of the requests beside them.
type transcodeFigures struct {
	time          time.Duration  // of one measurement
	alone, beside []remuxReplies // by round
	transcodes    []reply
	cancels       [][]time.Duration // by cancelSizes: from the disconnect to the end of the transcode
}

// besideTranscodes requests remuxed segments, alone and while transcodes run and wait. Then it measures how
// soon a transcode ends after its client has disconnected.
func besideTranscodes(
	ctx context.Context, o options, scratch string, bar *progress.Bar,
) (f transcodeFigures, err error) {
	f.time = o.Time / rounds
	if 3*remuxRate*o.Time.Seconds() >= shortLinks*shortGOPs/2 {
		return f, fmt.Errorf("there are too few GOPs for --time %s", o.Time)
	}
	bar.At(0.22, "transcodes: making videos")
	dir := filepath.Join(scratch, "transcodes")
	if err := transcodeVideos(ctx, dir); err != nil {
		return f, err
	}
	// A prefetched GOP would be cached.
	s, err := startServer(ctx, o, scratch, []string{"GOP_PREFETCH=0"}, dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	c := newClient(s.host)
	defer c.close()
	for i := range shortLinks { // index all names
		r := c.get(ctx, fmt.Sprintf("/videos/short-%d.mp4/group-of-pictures.json", i), time.Now())
		if r.status != http.StatusOK {
			return f, fmt.Errorf("request a listing: status %d", r.status)
		}
	}
	var remuxed, transcoded atomic.Int64
	for i := range rounds {
		bar.At(0.24+0.15*float64(i)/rounds, fmt.Sprintf("transcodes: round %d of %d", i+1, rounds))
		f.alone = append(f.alone, c.remux(ctx, f.time, &remuxed))
		stop := c.transcode(ctx, &transcoded)
		if err := waitForTranscodes(ctx, s.admin, isQueued); err != nil {
			return f, errors.Join(err, ctx.Err())
		}
		f.beside = append(f.beside, c.remux(ctx, f.time, &remuxed))
		f.transcodes = append(f.transcodes, stop()...)
		if err := waitForTranscodes(ctx, s.admin, isIdle); err != nil {
			return f, err
		}
	}
	bar.At(0.4, "transcodes: clients that disconnect")
	f.cancels, err = measureCancels(ctx, s.host, s.admin)
	return f, errors.Join(err, ctx.Err())
}

// transcodeVideos makes a video of short GOPs with many names, and the videos of cancelSizes.
func transcodeVideos(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	short := filepath.Join(dir, "short.mp4")
	seconds := filepath.Join(dir, ".seconds.mp4")
	commands := [][]string{
		{
			"-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=10",
			"-f", "lavfi", "-i", "sine=duration=10",
			"-c:v", "libx264", "-preset", "veryfast", "-b:v", "1M",
			"-g", "25", "-keyint_min", "25", "-sc_threshold", "0", "-c:a", "aac", seconds,
		},
		{
			"-stream_loop", fmt.Sprint(shortGOPs/10 - 1), "-i", seconds,
			"-c", "copy", "-movflags", "+faststart", short,
		},
	}
	for _, s := range cancelSizes {
		commands = append(commands, []string{
			"-f", "lavfi", "-i", "testsrc2=size=" + s.size + ":rate=25:duration=20",
			"-c:v", "libx264", "-preset", "ultrafast", "-g", "1000", filepath.Join(dir, longVideo(s.name)),
		})
	}
	for _, args := range commands {
		if err := runFFmpeg(ctx, args...); err != nil {
			return err
		}
	}
	for i := range shortLinks {
		if err := os.Symlink("short.mp4", filepath.Join(dir, fmt.Sprintf("short-%d.mp4", i))); err != nil {
			return err
		}
	}
	return nil
}

// shortPath returns the path of a different GOP for each i. It never follows the GOP of i-1.
func shortPath(i int) string {
	const format = "/videos/short-%d.mp4/group-of-pictures/%d.mp4"
	return fmt.Sprintf(format, i/shortGOPs%shortLinks, i*7%shortGOPs)
}

// remux requests segments at remuxRate each, some that are not cached and one that is. requested counts the
// former.
func (c *client) remux(ctx context.Context, during time.Duration, requested *atomic.Int64) (r remuxReplies) {
	const cached = "/videos/short.mp4/group-of-pictures/3.mp4"
	_ = c.get(ctx, cached, time.Now())
	var both sync.WaitGroup
	both.Go(func() {
		r.cached = c.openLoop(ctx, remuxRate, during, func(int) string { return cached })
	})
	r.uncached = c.openLoop(ctx, remuxRate, during, func(int) string {
		return shortPath(int(requested.Add(1)) + shortLinks*shortGOPs/2)
	})
	both.Wait()
	return r
}

// transcode has each of transcodeClients request one transcode after another. stop disconnects them and
// returns the replies. requested counts the requests.
func (c *client) transcode(ctx context.Context, requested *atomic.Int64) (stop func() []reply) {
	ctx, cancel := context.WithCancel(ctx)
	var clients sync.WaitGroup
	var mu sync.Mutex
	var replies []reply
	for range transcodeClients {
		clients.Go(func() {
			for ctx.Err() == nil {
				r := c.get(ctx, shortPath(int(requested.Add(1)))+"?width=640", time.Now())
				if ctx.Err() != nil {
					return
				}
				mu.Lock()
				replies = append(replies, r)
				mu.Unlock()
				if r.status != http.StatusOK {
					sleep(ctx, retryDelay)
				}
			}
		})
	}
	return func() []reply {
		cancel()
		clients.Wait()
		return replies
	}
}

const transcodeText = `## Beside transcodes

The requested GOPs have 1 s of 720p video. %d requests per second for segments that are not cached, ` +
	`and as many for a cached one, arrive alone for %s. They arrive again while %d clients request ` +
	`transcodes of GOPs to a width of 640 pixels, one after another. This is repeated in %d rounds. ` +
	`The clients run on the same cores as the server. A ratio is the median of the rounds.

| | requests | status 200 | p50 | p99 | status 503 | other |
|---|---|---|---|---|---|---|
`

const cancelText = `
A client disconnects during a transcode that no other client waits for. This is the time from then ` +
	`until the transcode has ended.

| size | transcodes | p50 | maximum |
|---|---|---|---|
`

// write writes the figures. Its error lists the promises that were broken.
func (f transcodeFigures) write(w io.Writer) error {
	_, _ = fmt.Fprintf(w, transcodeText, remuxRate, f.time, transcodeClients, rounds)
	for _, row := range []struct {
		name    string
		replies []reply
	}{
		{"not cached, alone", all(f.alone, uncachedReplies)},
		{"not cached, beside transcodes", all(f.beside, uncachedReplies)},
		{"cached, alone", all(f.alone, cachedReplies)},
		{"cached, beside transcodes", all(f.beside, cachedReplies)},
		{"transcodes", f.transcodes},
	} {
		ok := times(row.replies, http.StatusOK)
		refused := times(row.replies, http.StatusServiceUnavailable)
		_, _ = fmt.Fprintf(w, "| %s | %d | %d | %s | %s | %d | %d |\n", row.name, len(row.replies), len(ok),
			text(stats.Percentile(ok, 50)), text(stats.Percentile(ok, 99)),
			len(refused), len(row.replies)-len(ok)-len(refused))
	}
	_, _ = fmt.Fprint(w, cancelText)
	var cancels []promise
	for i, s := range cancelSizes {
		var times []time.Duration
		if i < len(f.cancels) {
			times = f.cancels[i]
		}
		longest := stats.Percentile(times, 100)
		cancels = append(cancels, promise{
			fmt.Sprintf("a transcode of %s ends within %s of the disconnect", s.name, text(s.longest)),
			"at most " + text(longest), longest <= s.longest && longest > 0,
		})
		_, _ = fmt.Fprintf(w, "| %s | %d | %s | %s |\n",
			s.name, len(times), text(stats.Percentile(times, 50)), text(longest))
	}
	_, _ = fmt.Fprintln(w)
	return writePromises(w, append(f.promises(), cancels...))
}

// promises compares the figures with their limits.
func (f transcodeFigures) promises() []promise {
	var remuxed []reply
	for _, rounds := range [][]remuxReplies{f.alone, f.beside} {
		remuxed = append(append(remuxed, all(rounds, uncachedReplies)...), all(rounds, cachedReplies)...)
	}
	served := len(times(remuxed, http.StatusOK))
	transcoded := len(times(f.transcodes, http.StatusOK))
	others := len(f.transcodes) - transcoded - len(times(f.transcodes, http.StatusServiceUnavailable))
	uncached, cached := f.slowdown(uncachedReplies), f.slowdown(cachedReplies)
	return []promise{
		{
			"every request for a remuxed segment is served",
			fmt.Sprintf("%d of %d", served, len(remuxed)), served == len(remuxed) && served > 0,
		},
		{
			"not cached: p99 beside transcodes at most 2.0 times that alone",
			fmt.Sprintf("%.2f times", uncached), uncached <= maxSlowdown && uncached > 0,
		},
		{
			"cached: p99 beside transcodes at most 2.0 times that alone",
			fmt.Sprintf("%.2f times", cached), cached <= maxSlowdown && cached > 0,
		},
		{
			"transcodes: status 200 or 503",
			fmt.Sprintf("%d with 200, %d with neither", transcoded, others), transcoded > 0 && others == 0,
		},
	}
}

// slowdown returns the median over the rounds of p99 beside transcodes, divided by p99 alone.
func (f transcodeFigures) slowdown(replies func(remuxReplies) []reply) float64 {
	var beside, alone []float64
	for i := range f.beside {
		beside = append(beside, float64(stats.Percentile(times(replies(f.beside[i]), http.StatusOK), 99)))
		alone = append(alone, float64(stats.Percentile(times(replies(f.alone[i]), http.StatusOK), 99)))
	}
	return stats.SpreadOf(stats.Ratios(beside, alone)).Median
}

func uncachedReplies(r remuxReplies) []reply { return r.uncached }
func cachedReplies(r remuxReplies) []reply   { return r.cached }

// all returns the replies of all rounds.
func all(rounds []remuxReplies, replies func(remuxReplies) []reply) (all []reply) {
	for _, r := range rounds {
		all = append(all, replies(r)...)
	}
	return all
}
