package library_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
	"gop/video/cut"
)

// requestEach requests GOPs one after another. After each it waits until the prefetch has ended.
func requestEach(t *testing.T, l *library.Library, of ...cut.Cut) {
	t.Helper()
	for _, of := range of {
		_, _, err := segmentOf(t.Context(), l, first, of)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		synctest.Wait()
	}
}

// segmentCalls returns the recorded calls for segments of version v1.
func segmentCalls(gops ...int) (calls []string) {
	for _, n := range gops {
		calls = append(calls, fmt.Sprintf("segment v1 %d", n))
	}
	return calls
}

func TestPrefetch(t *testing.T) {
	for name, c := range map[string]struct {
		requests []cut.Cut
		want     []string
	}{
		"sequential":     {[]cut.Cut{{GOP: 3}, {GOP: 4}}, segmentCalls(3, 4, 5)},
		"more of them":   {[]cut.Cut{{GOP: 3}, {GOP: 4}, {GOP: 5}, {GOP: 6}}, segmentCalls(3, 4, 5, 6, 7)},
		"one GOP":        {[]cut.Cut{{GOP: 3}}, segmentCalls(3)},
		"one skipped":    {[]cut.Cut{{GOP: 3}, {GOP: 5}}, segmentCalls(3, 5)},
		"backwards":      {[]cut.Cut{{GOP: 3}, {GOP: 2}}, segmentCalls(3, 2)},
		"the same again": {[]cut.Cut{{GOP: 3}, {GOP: 3}}, segmentCalls(3)},
		"to the end":     {[]cut.Cut{{GOP: 98}, {GOP: 99}}, segmentCalls(98, 99)},
		"from the cache": {[]cut.Cut{{GOP: 4}, {GOP: 3}, {GOP: 4}}, segmentCalls(4, 3, 5)},
		"without leading": {
			[]cut.Cut{{GOP: 3, NoLeading: true}, {GOP: 4, NoLeading: true}}, segmentCalls(3, 4, 5),
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := &recordingEngine{duration: time.Second}
			run(t, m, func(c *library.Config) {
				c.Workers = 2
			}, func(t *testing.T, l *library.Library, _ *fakeSource) {
				requestEach(t, l, c.requests...)
				assert.Equal(t, c.want, m.recorded())
			})
		})
	}
}

func TestPrefetchDisabled(t *testing.T) {
	m := &recordingEngine{}
	run(t, m, func(c *library.Config) {
		c.Prefetch = 0
	}, func(t *testing.T, l *library.Library, _ *fakeSource) {
		requestEach(t, l, cut.Cut{GOP: 3}, cut.Cut{GOP: 4})
		assert.Equal(t, segmentCalls(3, 4), m.recorded())
	})
}

// A request for a GOP that is being prefetched joins the prefetch.
func TestPrefetchIsJoined(t *testing.T) {
	m := &recordingEngine{duration: 10 * time.Second}
	run(t, m, func(c *library.Config) {
		c.Workers = 2
	}, func(t *testing.T, l *library.Library, _ *fakeSource) {
		for n, want := range []video.CacheStatus{video.CacheMiss, video.CacheMiss, video.CacheCollapsed} {
			start := time.Now()
			_, status, err := segmentOf(t.Context(), l, first, cut.Cut{GOP: n})
			require.NoError(t, err)
			assert.Equal(t, want, status)
			assert.Equal(t, 10*time.Second, time.Since(start))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		_, status, err := segmentOf(t.Context(), l, first, cut.Cut{GOP: 3})
		require.NoError(t, err)
		assert.Equal(t, video.CacheHit, status)
	})
}

// A prefetch does not take the last of several free workers.
func TestPrefetchLeavesAWorker(t *testing.T) {
	for _, c := range []struct {
		workers, busy int
		want          []string
	}{
		{1, 0, segmentCalls(3, 4, 5)},
		{2, 0, segmentCalls(3, 4, 5)},
		{2, 1, segmentCalls(3, 4)},
		{3, 1, segmentCalls(3, 4, 5)},
		{3, 2, segmentCalls(3, 4)},
	} {
		t.Run(fmt.Sprintf("%d of %d workers busy", c.busy, c.workers), func(t *testing.T) {
			m := &recordingEngine{}
			run(t, m, func(config *library.Config) {
				config.Workers = c.workers
			}, func(t *testing.T, l *library.Library, s *fakeSource) {
				m.unblock = make(chan struct{})
				var others sync.WaitGroup
				for i := range c.busy {
					busy := indexOf(video.Video{Name: fmt.Sprintf("busy%d.mp4", i), Version: "v1"}, 1)
					s.change(busy.Video.Name, "v1")
					others.Go(func() {
						_, _, err := segmentOf(t.Context(), l, busy, cut.Cut{GOP: 0})
						assert.NoError(t, err)
					})
				}
				synctest.Wait()
				requestEach(t, l, cut.Cut{GOP: 3}, cut.Cut{GOP: 4})
				assert.Equal(t, c.want, m.recorded())
				close(m.unblock)
				others.Wait()
			})
		})
	}
}

// At most Config.Prefetch segments are prefetched at a time.
func TestPrefetchIsBounded(t *testing.T) {
	m := &recordingEngine{}
	bound := func(c *library.Config) { c.Workers, c.Prefetch, c.SegmentTimeout = 8, 2, time.Hour }
	run(t, m, bound, func(t *testing.T, l *library.Library, _ *fakeSource) {
		videos := make([]*video.Index, 4)
		for i := range videos {
			videos[i] = indexOf(video.Video{Name: "a.mp4", Version: "v1"}, 100)
			videos[i].Tracks[0].StreamIndex = i // a series of its own
			_, _, err := segmentOf(t.Context(), l, videos[i], cut.Cut{GOP: 0})
			require.NoError(t, err)
		}
		m.duration = time.Minute
		var callers sync.WaitGroup
		for i := range videos {
			callers.Go(func() {
				_, _, err := segmentOf(t.Context(), l, videos[i], cut.Cut{GOP: 1})
				assert.NoError(t, err)
			})
		}
		callers.Wait()
		synctest.Wait()
		assert.Equal(t, 4+4+2, m.count())
	})
}

// A failed prefetch fails no request. A request for its GOP makes the segment again.
func TestPrefetchThatFails(t *testing.T) {
	m := &recordingEngine{}
	run(t, m, func(c *library.Config) {
		c.Workers = 2
	}, func(t *testing.T, l *library.Library, _ *fakeSource) {
		requestEach(t, l, cut.Cut{GOP: 3}, cut.Cut{GOP: 5}, cut.Cut{GOP: 4}) // GOP 5 is cached, and 6 is not
		m.err = errors.New("EIO")
		_, _, err := segmentOf(t.Context(), l, first, cut.Cut{GOP: 5})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, segmentCalls(3, 5, 4, 6), m.recorded())
		_, _, err = segmentOf(t.Context(), l, first, cut.Cut{GOP: 6})
		require.ErrorIs(t, err, m.err)
		assert.Equal(t, segmentCalls(3, 5, 4, 6, 6), m.recorded())
	})
}

// Close cancels prefetches.
func TestPrefetchEndsWithTheLibrary(t *testing.T) {
	m := &recordingEngine{}
	run(t, m, func(c *library.Config) {
		c.Workers, c.IndexTimeout, c.SegmentTimeout = 2, time.Hour, time.Hour
	}, func(t *testing.T, l *library.Library, _ *fakeSource) {
		requestEach(t, l, cut.Cut{GOP: 3}, cut.Cut{GOP: 5}, cut.Cut{GOP: 4})
		m.duration = time.Minute
		_, _, err := segmentOf(t.Context(), l, first, cut.Cut{GOP: 5})
		require.NoError(t, err)
		synctest.Wait()
		start := time.Now()
		l.Close()
		assert.Zero(t, time.Since(start))
		assert.Equal(t, segmentCalls(3, 5, 4, 6), m.recorded())
	})
}
