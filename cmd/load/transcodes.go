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

// What is asked without loss, alone and beside encodes, and how.
const (
	losslessRate  = 100 // requests a second for GOPs that were not asked for before; as many for one that is cached
	besideRounds  = 5   // of each: what else the machine does falls on both alike
	besideGOPs    = 600 // of the video
	besideNames   = 40  // of it: half of their GOPs are for what is asked without loss, half for encodes
	encodeClients = 24  // more than one encode, and the queue behind it, have room for
	refusedWait   = time.Second
	mostSlowdown  = 2.0
)

// lossless is the replies to what is asked without loss.
type lossless struct{ cold, cached []reply }

// encodeFigures is what is found of encodes and what runs beside them.
type encodeFigures struct {
	time          time.Duration // of one round
	alone, beside []lossless    // by round
	encodes       []reply
	stops         [][]time.Duration // of the stopSizes, from the client's going away on
}

// besideEncodes asks for GOPs without loss, in turn alone and while encodes run with a queue behind them.
// Then it sees how soon encodes stop that nobody waits for.
func besideEncodes(ctx context.Context, o options, scratch string, bar *progress.Bar) (f encodeFigures, err error) {
	f.time = o.Time / besideRounds
	if 3*losslessRate*o.Time.Seconds() >= besideNames*besideGOPs/2 {
		return f, fmt.Errorf("there are not GOPs enough for %s", o.Time)
	}
	bar.At(0.22, "encodes: making videos")
	dir := filepath.Join(scratch, "encodes")
	if err := encodeVideos(ctx, dir); err != nil {
		return f, err
	}
	// What is cold is to be so.
	s, host, admin, err := startWatched(ctx, o, scratch, []string{"GOP_PREFETCH=0"}, dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	c := newClient(host)
	defer c.close()
	for i := range besideNames { // has them indexed
		if r := c.ask(ctx, fmt.Sprintf("/videos/short-%d.mp4/group-of-pictures.json", i), time.Now()); r.status != http.StatusOK {
			return f, fmt.Errorf("ask for a listing: status %d", r.status)
		}
	}
	var coldAsked, encodesAsked atomic.Int64
	for i := range besideRounds {
		bar.At(0.24+0.15*float64(i)/besideRounds, fmt.Sprintf("encodes: round %d of %d", i+1, besideRounds))
		f.alone = append(f.alone, c.lossless(ctx, f.time, &coldAsked))
		encoding := c.encode(ctx, &encodesAsked)
		if err := awaitEncodes(ctx, admin, func(running, waiting int) bool { return running > 0 && waiting > 0 }); err != nil {
			return f, errors.Join(err, ctx.Err())
		}
		f.beside = append(f.beside, c.lossless(ctx, f.time, &coldAsked))
		f.encodes = append(f.encodes, encoding()...)
		if err := awaitEncodes(ctx, admin, isIdle); err != nil {
			return f, err
		}
	}
	bar.At(0.4, "encodes: clients that go away")
	f.stops, err = measureStops(ctx, host, admin)
	return f, errors.Join(err, ctx.Err())
}

// encodeVideos makes a video of short GOPs, with many names, and those of a single GOP.
func encodeVideos(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	short := filepath.Join(dir, "short.mp4")
	seconds := filepath.Join(dir, ".seconds.mp4")
	all := [][]string{
		{
			"-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=10", "-f", "lavfi", "-i", "sine=duration=10",
			"-c:v", "libx264", "-preset", "veryfast", "-b:v", "1M", "-g", "25", "-keyint_min", "25", "-sc_threshold", "0", "-c:a", "aac", seconds,
		},
		{"-stream_loop", fmt.Sprint(besideGOPs/10 - 1), "-i", seconds, "-c", "copy", "-movflags", "+faststart", short},
	}
	for _, s := range stopSizes {
		all = append(all, []string{
			"-f", "lavfi", "-i", "testsrc2=size=" + s.size + ":rate=25:duration=20", "-c:v", "libx264", "-preset", "ultrafast", "-g", "1000",
			filepath.Join(dir, longVideo(s.name)),
		})
	}
	for _, args := range all {
		if err := runFFmpeg(ctx, args...); err != nil {
			return err
		}
	}
	for i := range besideNames {
		if err := os.Symlink("short.mp4", filepath.Join(dir, fmt.Sprintf("short-%d.mp4", i))); err != nil {
			return err
		}
	}
	return nil
}

// besidePath is another GOP for each number, never the one that follows the one before.
func besidePath(i int) string {
	return fmt.Sprintf("/videos/short-%d.mp4/group-of-pictures/%d.mp4", i/besideGOPs%besideNames, i*7%besideGOPs)
}

// lossless asks for a while, at losslessRate each, for what is not cached and for what is.
func (c *client) lossless(ctx context.Context, during time.Duration, asked *atomic.Int64) (l lossless) {
	_ = c.ask(ctx, "/videos/short.mp4/group-of-pictures/3.mp4", time.Now()) // it is cached from here on
	var both sync.WaitGroup
	both.Go(func() {
		l.cached = c.steadily(ctx, losslessRate, during, func(int) string { return "/videos/short.mp4/group-of-pictures/3.mp4" })
	})
	l.cold = c.steadily(ctx, losslessRate, during, func(int) string { return besidePath(int(asked.Add(1)) + besideNames*besideGOPs/2) })
	both.Wait()
	return l
}

// encode has encodeClients ask for one encode after the other, until stop is called, which returns what was
// answered.
func (c *client) encode(ctx context.Context, asked *atomic.Int64) (stop func() []reply) {
	ctx, cancel := context.WithCancel(ctx)
	var clients sync.WaitGroup
	var mu sync.Mutex
	var replies []reply
	for range encodeClients {
		clients.Go(func() {
			for ctx.Err() == nil {
				r := c.ask(ctx, besidePath(int(asked.Add(1)))+"?width=640", time.Now())
				if ctx.Err() != nil {
					return
				}
				mu.Lock()
				replies = append(replies, r)
				mu.Unlock()
				if r.status != http.StatusOK {
					sleep(ctx, refusedWait)
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

// write writes the figures, and returns which promises were broken.
func (f encodeFigures) write(w io.Writer) error {
	_, _ = fmt.Fprintf(w, `## Beside encodes
GOPs of 1 s, 720p: %d requests a second for ones that are not cached, and as many for one that is, alone for %s, then as long while %d clients ask for such GOPs scaled to 640 pixels, which are transcodes, one after the other; %d rounds.
The clients run on the same cores. A ratio is the median of those of the rounds.

| | requests | answered 200 | p50 | p99 | refused 503 | other |
|---|---|---|---|---|---|---|
`, losslessRate, f.time, encodeClients, besideRounds)
	cold := func(l lossless) []reply { return l.cold }
	cached := func(l lossless) []reply { return l.cached }
	for _, row := range []struct {
		name    string
		replies []reply
	}{
		{"not cached, alone", all(f.alone, cold)},
		{"not cached, beside encodes", all(f.beside, cold)},
		{"cached, alone", all(f.alone, cached)},
		{"cached, beside encodes", all(f.beside, cached)},
		{"encodes", f.encodes},
	} {
		ok, refused := of(row.replies, http.StatusOK), of(row.replies, http.StatusServiceUnavailable)
		_, _ = fmt.Fprintf(w, "| %s | %d | %d | %s | %s | %d | %d |\n", row.name, len(row.replies), len(ok),
			text(stats.Percentile(ok, 50)), text(stats.Percentile(ok, 99)), len(refused), len(row.replies)-len(ok)-len(refused))
	}
	_, _ = fmt.Fprintln(w)
	asked := len(all(f.alone, cold)) + len(all(f.beside, cold)) + len(all(f.alone, cached)) + len(all(f.beside, cached))
	served := len(of(all(f.alone, cold), 200)) + len(of(all(f.beside, cold), 200)) + len(of(all(f.alone, cached), 200)) + len(of(all(f.beside, cached), 200))
	encoded := len(of(f.encodes, http.StatusOK))
	odd := len(f.encodes) - encoded - len(of(f.encodes, http.StatusServiceUnavailable))
	coldSlower, cachedSlower := f.slowdown(cold), f.slowdown(cached)
	_, _ = fmt.Fprintf(w, "A client goes away in the midst of an encode that nobody else waits for: from then until the server does nothing of it any more.\n\n| size | stops | p50 | at most |\n|---|---|---|---|\n")
	var stops []promise
	for i, s := range stopSizes {
		var took []time.Duration
		if i < len(f.stops) {
			took = f.stops[i]
		}
		most := stats.Percentile(took, 100)
		stops = append(stops, promise{
			fmt.Sprintf("an encode of %s stops within %s of its client's going away", s.name, text(s.longest)),
			"at most " + text(most), most <= s.longest && most > 0,
		})
		_, _ = fmt.Fprintf(w, "| %s | %d | %s | %s |\n", s.name, len(took), text(stats.Percentile(took, 50)), text(most))
	}
	_, _ = fmt.Fprintln(w)
	return writePromises(w, append([]promise{
		{"all that is asked without loss is served", fmt.Sprintf("%d of %d", served, asked), served == asked && asked > 0},
		{"not cached: p99 beside transcodes at most 2.0 times that alone", fmt.Sprintf("%.2f times", coldSlower), coldSlower <= mostSlowdown && coldSlower > 0},
		{"cached: p99 beside transcodes at most 2.0 times that alone", fmt.Sprintf("%.2f times", cachedSlower), cachedSlower <= mostSlowdown && cachedSlower > 0},
		{"encodes: made, or refused by 503", fmt.Sprintf("%d made, %d other answers, or none", encoded, odd), encoded > 0 && odd == 0},
	}, stops...))
}

// slowdown is the median over the rounds of p99 beside transcodes, divided by p99 alone.
func (f encodeFigures) slowdown(which func(lossless) []reply) float64 {
	var slower, alone []float64
	for i := range f.beside {
		slower = append(slower, float64(stats.Percentile(of(which(f.beside[i]), http.StatusOK), 99)))
		alone = append(alone, float64(stats.Percentile(of(which(f.alone[i]), http.StatusOK), 99)))
	}
	return stats.SpreadOf(stats.Ratios(slower, alone)).Median
}

// all is the replies of all rounds.
func all(rounds []lossless, which func(lossless) []reply) (replies []reply) {
	for _, l := range rounds {
		replies = append(replies, which(l)...)
	}
	return replies
}
