package library

import (
	"context"
	"sync"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/semaphore"

	"gop/video"
)

// prefetcher makes the next GOP of a video before it is requested, once two consecutive GOPs have been. A
// player or a sequential download requests that one next.
type prefetcher struct {
	last   *otter.Cache[series, int] // the GOP requested last
	slots  *semaphore.Weighted       // GOPs being prefetched
	ctx    context.Context           // ends with the library
	cancel context.CancelFunc
	loads  sync.WaitGroup
}

// series identifies the segments of one video that differ only in their GOP.
type series struct {
	name, version string
	video, audio  int // as in video.SegmentKey
}

// maxSeries is the number of series remembered at a time.
const maxSeries = 1024

// newPrefetcher returns a prefetcher of at most the given number of GOPs at a time.
func newPrefetcher(gops int) (*prefetcher, error) {
	last, err := otter.New(&otter.Options[series, int]{MaximumSize: maxSeries})
	if err != nil {
		return nil, err
	}
	p := &prefetcher{last: last, slots: semaphore.NewWeighted(int64(gops))}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p, nil
}

// close cancels all prefetches and waits for them.
func (p *prefetcher) close() {
	p.cancel()
	p.loads.Wait()
	p.last.StopAllGoroutines()
}

// isSequential records a request for key and reports whether the request before it was for the previous GOP.
func (p *prefetcher) isSequential(key video.SegmentKey) bool {
	of := series{key.Name, key.Version, key.VideoStream, key.AudioStream}
	last, ok := p.last.GetIfPresent(of)
	p.last.Set(of, key.LastGOP())
	return ok && last+1 == key.GOP
}

// prefetch starts making the GOP after a requested one, if the requests are sequential, no request waits for
// a worker, and fewer than Config.Prefetch GOPs are being prefetched.
func (l *Library) prefetch(ix *video.Index, key video.SegmentKey) {
	p := l.prefetcher
	isClip := key.Clip != video.Interval{}
	if l.config.Prefetch == 0 || isClip || !p.isSequential(key) {
		return
	}
	key, ok := nextKey(ix, key)
	if !ok || l.segmentLoads.InFlight(key) {
		return
	}
	if _, ok := l.segments.GetIfPresent(key); ok || !p.slots.TryAcquire(1) {
		return
	}
	releaseWorker, ok := l.segmentWorkers.TryAcquireIdle()
	if !ok {
		p.slots.Release(1)
		return
	}
	// The load itself releases both, before any caller gets the segment and requests the next one.
	load, joined := l.segmentLoads.Join(key, func(ctx context.Context) (*video.Segment, error) {
		ctx, releaseWorker := l.segmentWorkers.withWorker(ctx, "", releaseWorker)
		defer p.slots.Release(1)
		defer releaseWorker()
		return l.makeSegment(ctx, ix, key)
	})
	if joined {
		releaseWorker()
		p.slots.Release(1)
	}
	p.loads.Go(func() {
		_, _ = load.Wait(p.ctx) // a later request for this GOP reports the error
	})
}

// nextKey returns the key of the GOP after key's, or of as many GOPs, or false after the last one.
func nextKey(ix *video.Index, key video.SegmentKey) (video.SegmentKey, bool) {
	key.GOP = key.LastGOP() + 1
	if key.GOP >= ix.GOPs.Len() {
		return key, false
	}
	key.More = min(key.More, ix.GOPs.Len()-1-key.GOP)
	if ix.CheckRun(key.GOP, key.LastGOP()) != nil {
		return key, false
	}
	key.NoLeading = key.NoLeading && ix.GOPs.At(key.GOP).Leading > 0
	return key, true
}
