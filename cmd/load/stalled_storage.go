package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gop/cmd/internal/progress"
	"gop/internal/stallfs"
)

// Parameters of the stalled storage.
const (
	stalledMetric  = "gop_storage_stalled_calls"
	stalledCalls   = 64 // --storage-calls of the server
	stalledClients = 16
	stalledNames   = 32                    // videos that the clients request, fewer than stalledCalls
	stalledVideos  = 2 * stalledCalls      // videos whose storage hangs
	stalledLimit   = 3 * time.Second       // time limit of the requests for them
	stalledMemory  = 256 << 20             // memory limit of the server
	healthyRate    = 100                   // requests per second
	healthyGOPs    = 600                   // of each healthy video
	readyInterval  = 20 * time.Millisecond // between requests for /readyz and for the metrics
)

// stalls lists the calls that hang in each round: those of a server that is gone, and those of a file system
// that has the attributes of its files in memory.
var stalls = [][]stallfs.Call{
	stallfs.Calls, {stallfs.Read}, stallfs.Calls, {stallfs.Read},
}

// besideStalledStorage requests GOPs of healthy videos, alone and beside requests for videos on a file system
// that hangs. Then it requests more such videos than the server may have calls, and has the file system
// respond.
func besideStalledStorage(
	ctx context.Context, o options, scratch string, bar *progress.Bar,
) (f stalledFigures, err error) {
	f.time = o.Time / time.Duration(len(stalls))
	dir, origin := filepath.Join(scratch, "stalled"), filepath.Join(scratch, "stalled-origin")
	at := filepath.Join(dir, "mount")
	if err := errors.Join(os.MkdirAll(at, 0o755), os.MkdirAll(origin, 0o755)); err != nil {
		return f, err
	}
	mounted, err := stallfs.Mount(origin, at)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, mounted.Unmount()) }()
	bar.At(0.23, "stalled storage: making videos")
	if err := stalledStorageVideos(ctx, dir, origin); err != nil {
		return f, err
	}
	s, err := startServer(ctx, o, scratch, []string{
		"GOP_PREFETCH=0", "GOP_CACHE_BYTES=1048576",
		fmt.Sprintf("GOP_STORAGE_CALLS=%d", stalledCalls),
		fmt.Sprintf("GOP_MEMORY_LIMIT=%d", stalledMemory),
		fmt.Sprintf("GOP_REQUEST_TIMEOUT=%s", stalledLimit),
		fmt.Sprintf("GOP_INDEX_TIMEOUT=%s", stalledLimit),
		fmt.Sprintf("GOP_SEGMENT_TIMEOUT=%s", stalledLimit),
	}, dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	defer mounted.Resume() // the kernel does not end a process that waits for the file system
	c := newClient(s.host)
	defer c.close()
	if err := f.requestRounds(ctx, c, s, mounted, bar); err != nil {
		return f, err
	}
	bar.At(0.29, "stalled storage: no free calls")
	if err := f.exhaustCalls(ctx, c, s, mounted); err != nil {
		return f, err
	}
	f.peak, err = s.Memory("VmHWM")
	return f, errors.Join(err, ctx.Err())
}

// requestRounds requests healthy videos, alone and beside videos whose storage hangs.
func (f *stalledFigures) requestRounds(
	ctx context.Context, c *client, s *server, mounted *stallfs.FS, bar *progress.Bar,
) error {
	for _, r := range c.requestStalledVideos(ctx, 2) { // makes their indexes
		if r.status != http.StatusOK {
			return fmt.Errorf("request a video before its storage hangs: status %d", r.status)
		}
	}
	var healthy, stalled atomic.Int64
	if err := s.ResetPeak(); err != nil {
		return err
	}
	for i, calls := range stalls {
		bar.At(0.24+0.01*float64(i), fmt.Sprintf("stalled storage: round %d of %d", i+1, len(stalls)))
		f.alone = append(f.alone, f.requestHealthy(ctx, c, &healthy))
		mounted.Stall(calls...)
		round, stop := context.WithCancel(ctx)
		var beside sync.WaitGroup
		beside.Go(func() { f.requestStalled(round, c, &stalled) })
		beside.Go(func() { f.watchCalls(round, s.admin) })
		f.beside = append(f.beside, f.requestHealthy(ctx, c, &healthy))
		stop()
		beside.Wait()
		mounted.Resume()
		if err := waitForCalls(ctx, s.admin); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// requestHealthy requests GOPs of the healthy videos at healthyRate. requested counts the requests.
func (f *stalledFigures) requestHealthy(ctx context.Context, c *client, requested *atomic.Int64) []reply {
	return c.openLoop(ctx, healthyRate, f.time, func(int) string {
		i := int(requested.Add(1))
		return gopPath([]string{"healthy.mp4", "healthy.ts"}[i%2], i/2*7%healthyGOPs)
	})
}

// requestStalled requests GOPs of the videos whose storage hangs until ctx ends. requested counts the
// requests.
func (f *stalledFigures) requestStalled(ctx context.Context, c *client, requested *atomic.Int64) {
	replies := make([][]reply, stalledClients)
	var clients sync.WaitGroup
	for k := range replies {
		clients.Go(func() {
			for ctx.Err() == nil {
				i := int(requested.Add(1))
				path := gopPath(stalledName(i%stalledNames), i/stalledNames)
				// The request ends at its limit, even if ctx ends before.
				replies[k] = append(replies[k], c.get(context.WithoutCancel(ctx), path, time.Now()))
			}
		})
	}
	clients.Wait()
	f.stalled = append(f.stalled, slices.Concat(replies...)...)
}

// watchCalls notes the most calls that are stalled at a time until ctx ends.
func (f *stalledFigures) watchCalls(ctx context.Context, admin string) {
	for sleep(ctx, readyInterval) {
		if values, err := metrics(ctx, admin); err == nil {
			f.calls = max(f.calls, values[stalledMetric])
		}
	}
}

// waitForCalls waits until no call is stalled.
func waitForCalls(ctx context.Context, admin string) error {
	ctx, cancel := context.WithTimeout(ctx, stateTimeout)
	defer cancel()
	for {
		values, err := metrics(ctx, admin)
		if err != nil {
			return fmt.Errorf("wait until no call is stalled: %w", err)
		}
		if values[stalledMetric] == 0 {
			return nil
		}
		sleep(ctx, readyInterval)
	}
}

// exhaustCalls requests more videos whose storage hangs than the server may have calls, and has the storage
// respond after that.
func (f *stalledFigures) exhaustCalls(
	ctx context.Context, c *client, s *server, mounted *stallfs.FS,
) error {
	mounted.Stall(stallfs.Calls...)
	watched, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { f.watchCalls(watched, s.admin) })
	f.exceeding = c.requestStalledVideos(ctx, stalledVideos)
	stop()
	watch.Wait()
	values, err := metrics(ctx, s.admin)
	if err != nil {
		return err
	}
	f.full = values[stalledMetric]
	f.unready = c.get(ctx, "/readyz", time.Now()).status
	mounted.Resume()
	start := time.Now()
	for sleep(ctx, 0) && time.Since(start) < stateTimeout {
		if c.get(ctx, "/readyz", time.Now()).status == http.StatusOK {
			break
		}
		sleep(ctx, readyInterval)
	}
	f.recovery = time.Since(start)
	f.recovered = c.requestStalledVideos(ctx, stalledVideos)
	return ctx.Err()
}

// requestStalledVideos requests the listings of all stalledVideos from the given number of clients.
func (c *client) requestStalledVideos(ctx context.Context, clients int) []reply {
	replies := make([]reply, stalledVideos)
	var all sync.WaitGroup
	for k := range clients {
		all.Go(func() {
			for i := k; i < stalledVideos; i += clients {
				replies[i] = c.get(ctx, listingPath(stalledName(i)), time.Now())
			}
		})
	}
	all.Wait()
	return replies
}

func stalledName(i int) string { return fmt.Sprintf("mount/%d.ts", i) }

// stalledStorageVideos makes the healthy videos in dir, and those whose storage hangs in origin.
func stalledStorageVideos(ctx context.Context, dir, origin string) error {
	seconds, healthy := filepath.Join(origin, ".seconds.mp4"), filepath.Join(dir, "healthy.mp4")
	stalled := filepath.Join(origin, ".stalled.ts")
	for _, args := range [][]string{
		{
			"-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=10",
			"-c:v", "libx264", "-preset", "veryfast", "-b:v", "1M",
			"-g", "25", "-keyint_min", "25", "-sc_threshold", "0", seconds,
		},
		{"-stream_loop", fmt.Sprint(healthyGOPs/10 - 1), "-i", seconds, "-c", "copy", healthy},
		{"-i", healthy, "-c", "copy", filepath.Join(dir, "healthy.ts")},
		{"-stream_loop", "1", "-i", seconds, "-c", "copy", stalled},
	} {
		if err := runFFmpeg(ctx, args...); err != nil {
			return err
		}
	}
	for i := range stalledVideos {
		if err := os.Link(stalled, filepath.Join(origin, filepath.Base(stalledName(i)))); err != nil {
			return err
		}
	}
	return nil
}
