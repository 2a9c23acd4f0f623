package library_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gop/library"
	"gop/video"
	"gop/video/cut"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEachVersionIsIndexedOnce(t *testing.T) {
	m := &recordingEngine{duration: time.Second}
	run(t, m, nil, func(t *testing.T, l *library.Library, s *fakeSource) {
		var waiters sync.WaitGroup
		for range 20 {
			waiters.Go(func() {
				ix, err := l.Index(t.Context(), "a.mp4", 1)
				if assert.NoError(t, err) {
					assert.Equal(t, "v1", ix.Video.Version)
				}
			})
		}
		waiters.Wait()
		_, err := l.Index(t.Context(), "a.mp4", 1)
		require.NoError(t, err)
		assert.Equal(t, []string{"index v1"}, m.calls)

		s.change("a.mp4", "v2")
		ix, err := l.Index(t.Context(), "a.mp4", 1)
		require.NoError(t, err)
		assert.Equal(t, "v2", ix.Video.Version)
	})
}

func TestPermanentErrorsAreCached(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		calls int
	}{
		"unreadable": {video.Errorf(video.Unreadable, "damaged"), 1},
		"too large":  {video.Errorf(video.TooLarge, "large"), 1},
		"other":      {errors.New("EIO"), 2},
	} {
		t.Run(name, func(t *testing.T) {
			m := &recordingEngine{err: c.err}
			run(t, m, nil, func(t *testing.T, l *library.Library, _ *fakeSource) {
				for range 2 {
					_, err := l.Index(t.Context(), "a.mp4", 1)
					require.ErrorIs(t, err, c.err)
				}
				assert.Equal(t, c.calls, m.count())
			})
		})
	}
}

func TestCallerObeysItsOwnContext(t *testing.T) {
	m := &recordingEngine{duration: 10 * time.Second}
	run(t, m, nil, func(t *testing.T, l *library.Library, _ *fakeSource) {
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var waiters sync.WaitGroup
		waiters.Go(func() {
			_, err := l.Index(impatient, "a.mp4", 1)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		waiters.Go(func() {
			_, err := l.Index(t.Context(), "a.mp4", 1)
			assert.NoError(t, err)
		})
		waiters.Wait()
		assert.Equal(t, 1, m.count(), "the load went on for the other caller")
	})
}

func TestLoadIsCanceledWithoutCallers(t *testing.T) {
	ended := false
	m := &recordingEngine{duration: time.Hour}
	run(t, m, func(c *library.Config) {
		c.IndexTimeout, c.SegmentTimeout = 2*time.Hour, 2*time.Hour
	}, func(t *testing.T, l *library.Library, _ *fakeSource) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := l.Index(ctx, "a.mp4", 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		start := time.Now()
		l.Close()
		ended = time.Since(start) == 0
	})
	assert.True(t, ended, "the load was canceled at once")
}

func TestLoadTimesOut(t *testing.T) {
	m := &recordingEngine{duration: time.Hour}
	run(t, m, func(c *library.Config) {
		c.IndexTimeout, c.SegmentTimeout = time.Minute, time.Minute
	}, func(t *testing.T, l *library.Library, _ *fakeSource) {
		start := time.Now()
		_, err := l.Index(t.Context(), "a.mp4", 1)
		assert.Equal(t, video.Timeout, video.KindOf(err))
		assert.Equal(t, time.Minute, time.Since(start))
	})
}

func TestQueueIsBounded(t *testing.T) {
	m := &recordingEngine{duration: time.Minute}
	limit := func(c *library.Config) {
		c.Workers, c.Queue, c.QueueTimeout, c.SegmentTimeout = 1, 1, 10*time.Second, time.Hour
	}
	run(t, m, limit, func(t *testing.T, l *library.Library, _ *fakeSource) {
		ix := indexOf(video.Video{Name: "a.mp4", Version: "v1"}, 3)
		var waiters sync.WaitGroup
		start := time.Now()
		request := func(n int, kind video.Kind, after time.Duration) {
			waiters.Go(func() {
				_, _, err := segmentOf(t.Context(), l, ix, cut.Cut{GOP: n})
				if kind == video.Internal {
					assert.NoError(t, err)
				} else {
					assert.Equal(t, kind, video.KindOf(err))
				}
				assert.Equal(t, after, time.Since(start))
			})
			synctest.Wait()
		}
		request(0, video.Internal, time.Minute)       // runs
		request(1, video.Unavailable, 10*time.Second) // waits too long
		request(2, video.Unavailable, 0)              // the queue is full
		waiters.Wait()
	})
}

func TestSegments(t *testing.T) {
	m := &recordingEngine{}
	run(t, m, nil, func(t *testing.T, l *library.Library, s *fakeSource) {
		ix, err := l.Index(t.Context(), "a.mp4", 1)
		require.NoError(t, err)
		for range 2 {
			_, _, err = segmentOf(t.Context(), l, ix, cut.Cut{GOP: 2})
			require.NoError(t, err)
		}
		assert.Equal(t, []string{"index v1", "segment v1 2"}, m.calls)
		for _, n := range []int{-1, 3} {
			_, _, err = segmentOf(t.Context(), l, ix, cut.Cut{GOP: n})
			assert.Equal(t, video.NotFound, video.KindOf(err), "GOP %d", n)
		}
		m.after = func() { s.change("a.mp4", "v2") }
		_, _, err = segmentOf(t.Context(), l, ix, cut.Cut{GOP: 0})
		require.ErrorIs(t, err, video.ErrChanged)
	})
}

func TestSegmentCacheIsBounded(t *testing.T) {
	m := &recordingEngine{}
	run(t, m, func(c *library.Config) {
		c.CacheBytes = 3000
	}, func(t *testing.T, l *library.Library, _ *fakeSource) {
		ix := indexOf(video.Video{Name: "a.mp4", Version: "v1"}, 50)
		for range 2 {
			for n := range 50 {
				_, _, err := segmentOf(t.Context(), l, ix, cut.Cut{GOP: n})
				require.NoError(t, err)
			}
			time.Sleep(time.Second)
		}
		assert.Greater(t, m.count(), 90, "nearly all were made twice")
	})
}

func TestCatalog(t *testing.T) {
	run(t, &recordingEngine{}, nil, func(t *testing.T, l *library.Library, s *fakeSource) {
		s.change("slow.mp4", "v1")
		start := time.Now()
		catalog, err := l.Catalog(t.Context(), 3*time.Second)
		require.NoError(t, err)
		assert.Equal(t, 3*time.Second, time.Since(start))
		entries := catalog.Entries
		require.Len(t, entries, 3)
		assert.NotNil(t, entries[0].Summary)
		assert.Equal(t, "bad", video.Message(entries[1].Err))
		assert.Equal(t, "slow.mp4", entries[2].Video.Name)
		assert.Nil(t, entries[2].Summary)
		assert.True(t, entries[2].Pending)
		assert.Equal(t, 1, catalog.Pending)
		assert.False(t, catalog.More)
		assert.NoError(t, entries[2].Err)
	})
}

// An index of a file that changes meanwhile is not returned.
func TestIndexOfAFileThatChanges(t *testing.T) {
	m := &recordingEngine{}
	run(t, m, nil, func(t *testing.T, l *library.Library, s *fakeSource) {
		m.after = func() { s.change("a.mp4", "v2") }
		_, err := l.Index(t.Context(), "a.mp4", 1)
		require.ErrorIs(t, err, video.ErrChanged)
		m.after = nil
		ix, err := l.Index(t.Context(), "a.mp4", 1)
		require.NoError(t, err)
		assert.Equal(t, "v2", ix.Video.Version)
	})
}
