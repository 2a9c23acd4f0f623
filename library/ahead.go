package library

import (
	"context"
	"sync"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/semaphore"

	"gop/video"
)

// readAhead makes a GOP before it is asked for, where the two before it were asked for in turn: who
// plays a video, or fetches it piece by piece, asks for that one next.
type readAhead struct {
	last    *otter.Cache[series, int] // the GOP that was asked for last
	places  *semaphore.Weighted       // for GOPs under way
	ctx     context.Context           // ends with the library
	cancel  context.CancelFunc
	working sync.WaitGroup
}

// series is the segments of one video that differ only in their GOP.
type series struct {
	name, version string
	video, audio  int // as in video.SegmentKey
}

// watchedSeries is how many series are remembered at a time.
const watchedSeries = 1024

func newReadAhead(gops int) (*readAhead, error) {
	last, err := otter.New(&otter.Options[series, int]{MaximumSize: watchedSeries})
	if err != nil {
		return nil, err
	}
	a := &readAhead{last: last, places: semaphore.NewWeighted(int64(gops))}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a, nil
}

// close gives up what is under way.
func (a *readAhead) close() {
	a.cancel()
	a.working.Wait()
	a.last.StopAllGoroutines()
}

// isInTurn takes note of a GOP that was asked for, and tells whether the one before was the last.
func (a *readAhead) isInTurn(key video.SegmentKey) bool {
	of := series{key.Name, key.Version, key.VideoStream, key.AudioStream}
	before, ok := a.last.GetIfPresent(of)
	a.last.Set(of, key.GOP)
	return ok && before+1 == key.GOP
}

// readAhead begins to make the GOP after one that was asked for, if the GOPs are asked for in order, the library is
// idle, and not too many prefetches are in flight.
func (l *Library) readAhead(ix *video.Index, key video.SegmentKey) {
	if l.config.ReadAhead == 0 || !l.ahead.isInTurn(key) {
		return
	}
	key, ok := nextKey(ix, key)
	if !ok || l.segmentLoads.isFlying(key) {
		return
	}
	if _, ok := l.segments.GetIfPresent(key); ok || !l.ahead.places.TryAcquire(1) {
		return
	}
	leave, ok := l.jobs.enterIdle()
	if !ok {
		l.ahead.places.Release(1)
		return
	}
	// Both are released before any request gets the segment and may ask for the next one.
	end := func() {
		leave()
		l.ahead.places.Release(1)
	}
	load, joined := l.segmentLoads.join(key, func(ctx context.Context) (*video.Segment, error) {
		defer end()
		return l.makeSegment(ctx, ix, key)
	})
	if joined {
		end()
	}
	l.ahead.working.Go(func() {
		_, _ = l.segmentLoads.await(l.ahead.ctx, key, load) // a request for this GOP will get the error
	})
}

// nextKey returns the key of the GOP after key's, or false after the last one.
func nextKey(ix *video.Index, key video.SegmentKey) (video.SegmentKey, bool) {
	key.GOP++
	if key.GOP >= len(ix.GOPs) {
		return key, false
	}
	key.NoLeading = key.NoLeading && ix.GOPs[key.GOP].Leading > 0
	return key, true
}
