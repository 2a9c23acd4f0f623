package library_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
	"gop/video/cut"
)

// megabyte is the size of the segments of runInFlight, in bytes.
const megabyte = 1_000_000

// runInFlight runs a test over a library of segments of a megabyte, with 8 MB in flight. The cache has no
// room for segments. Responses wait for 10 s.
func runInFlight(t *testing.T, change configure, test func(*testing.T, *library.Library, *funcEngine)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := &funcEngine{bytes: megabyte}
		test(t, newLibrary(t, e, func(c *library.Config) {
			c.InFlightBytes, c.CacheBytes, c.ThumbnailCacheBytes, c.Prefetch = 8*megabyte, 1, 1, 0
			if change != nil {
				change(c)
			}
		}), e)
	})
}

// sendGOP requests a GOP in the background and takes a time to send it. check gets the error, and how long
// it took until it was sent or refused.
func sendGOP(
	t *testing.T, callers *sync.WaitGroup, l *library.Library, n int, takes time.Duration,
	check func(error, time.Duration),
) {
	t.Helper()
	key, err := cut.Cut{GOP: n}.Resolve(first)
	require.NoError(t, err)
	start := time.Now()
	callers.Go(func() {
		err := l.Segment(t.Context(), first, key, func(*video.Segment, video.CacheStatus) error {
			time.Sleep(takes)
			return nil
		})
		check(err, time.Since(start))
	})
	synctest.Wait()
}

// Six segments fit, because each takes at most half of the free bytes. Others wait for them without a worker,
// and are refused after the queue timeout.
func TestResponsesWaitForMemory(t *testing.T) {
	runInFlight(t, nil, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		sendGOP(t, &callers, l, 0, 5*time.Second, served(t, 5*time.Second))
		for n := 1; n < 6; n++ {
			sendGOP(t, &callers, l, n, time.Minute, served(t, time.Minute))
		}
		sendGOP(t, &callers, l, 6, time.Minute, served(t, time.Minute+5*time.Second))
		sendGOP(t, &callers, l, 7, time.Minute, refused(t, 10*time.Second))
		state := l.State()
		assert.Equal(t, 2, state.InFlight.Waiting)
		assert.InDelta(t, 6*megabyte, state.InFlight.Bytes, 10_000)
		assert.Equal(t, library.LimiterState{}, state.SegmentWorkers)
		callers.Wait()
		assert.Equal(t, library.BudgetState{Refused: 1}, l.State().InFlight)
	})
}

func TestThumbnailsWaitForMemory(t *testing.T) {
	runInFlight(t, nil, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		for n := range 6 {
			sendGOP(t, &callers, l, n, 5*time.Second, served(t, 5*time.Second))
		}
		requestThumbnail(t, &callers, l, 0, video.Internal, 5*time.Second)
		callers.Wait()
		assert.Equal(t, library.BudgetState{}, l.State().InFlight)
	})
}

// Responses that share a segment count once.
func TestSharedSegmentCountsOnce(t *testing.T) {
	runInFlight(t, func(c *library.Config) {
		c.CacheBytes = 2 * megabyte
	}, func(t *testing.T, l *library.Library, e *funcEngine) {
		var callers sync.WaitGroup
		for range 50 {
			sendGOP(t, &callers, l, 0, time.Minute, served(t, time.Minute))
		}
		assert.InDelta(t, megabyte, l.State().InFlight.Bytes, 10_000)
		callers.Wait()
		assert.EqualValues(t, 1, e.calls.Load())
		assert.Equal(t, library.BudgetState{}, l.State().InFlight)
	})
}

// However little memory is free, small segments are served, such as zero-copy ones.
func TestSmallResponsesNeedNotWait(t *testing.T) {
	runInFlight(t, nil, func(t *testing.T, l *library.Library, e *funcEngine) {
		var callers sync.WaitGroup
		for n, size := range []int{6_000_000, 900_000, 500_000, 250_000, 150_000, 80_000} {
			e.bytes = size
			sendGOP(t, &callers, l, n, time.Minute, served(t, time.Minute))
		}
		e.bytes = 60_000
		for n := range 20 {
			sendGOP(t, &callers, l, 10+n, time.Minute, served(t, time.Minute))
		}
		e.bytes = 70_000
		sendGOP(t, &callers, l, 30, time.Minute, refused(t, 10*time.Second))
		callers.Wait()
		assert.Equal(t, library.BudgetState{Refused: 1}, l.State().InFlight)
	})
}

// A segment that is larger than the bound is served alone.
func TestLargestResponse(t *testing.T) {
	runInFlight(t, nil, func(t *testing.T, l *library.Library, e *funcEngine) {
		var callers sync.WaitGroup
		e.bytes = 9 * megabyte
		sendGOP(t, &callers, l, 0, time.Second, served(t, time.Second))
		sendGOP(t, &callers, l, 1, time.Second, served(t, 2*time.Second))
		callers.Wait()
	})
}

func TestWaitingResponsesAreBounded(t *testing.T) {
	runInFlight(t, func(c *library.Config) {
		c.Queue = 1
	}, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		for n := range 6 {
			sendGOP(t, &callers, l, n, 5*time.Second, served(t, 5*time.Second))
		}
		sendGOP(t, &callers, l, 6, 0, served(t, 5*time.Second))
		sendGOP(t, &callers, l, 7, 0, refused(t, 0))
		callers.Wait()
	})
}

// A response frees its memory however it ends, and a client that leaves while it waits frees its place.
func TestMemoryIsReleased(t *testing.T) {
	runInFlight(t, func(c *library.Config) {
		c.Queue = 1
	}, func(t *testing.T, l *library.Library, e *funcEngine) {
		key, err := cut.Cut{GOP: 0}.Resolve(first)
		require.NoError(t, err)
		var fails atomic.Bool
		gone, failure := errors.New("gone"), errors.New("EIO")
		e.work = func(context.Context, library.Opener) error {
			if fails.Load() {
				return failure
			}
			return nil
		}
		fail := func(*video.Segment, video.CacheStatus) error { return gone }
		require.ErrorIs(t, l.Segment(t.Context(), first, key, fail), gone)
		panics := func(*video.Segment, video.CacheStatus) error { panic(gone) }
		assert.Panics(t, func() { _ = l.Segment(t.Context(), first, key, panics) })
		assert.Equal(t, library.BudgetState{}, l.State().InFlight)

		var callers sync.WaitGroup
		for n := range 6 {
			sendGOP(t, &callers, l, n+1, time.Minute, served(t, time.Minute))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, l.Segment(ctx, first, key, fail), context.DeadlineExceeded)
		assert.Zero(t, l.State().InFlight.Waiting)

		time.Sleep(51 * time.Second)
		sendGOP(t, &callers, l, 0, 0, func(err error, _ time.Duration) { assert.ErrorIs(t, err, failure) })
		fails.Store(true) // when it gets its bytes
		callers.Wait()
		assert.Equal(t, library.BudgetState{}, l.State().InFlight)
	})
}
