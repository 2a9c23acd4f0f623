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

	"gop/library"
	"gop/video"
)

// listInterval is the default of Config.ListInterval.
const listInterval = 2 * time.Second

// catalogOf returns the names of the videos, and how long that took.
func catalogOf(t *testing.T, l *library.Library) (names []string, took time.Duration) {
	t.Helper()
	start := time.Now()
	catalog, err := l.Catalog(t.Context(), time.Hour)
	require.NoError(t, err)
	for _, e := range catalog.Entries {
		names = append(names, e.Video.Name)
	}
	return names, time.Since(start)
}

// However many requests come, the source is listed once in each interval. New videos appear after it.
func TestListingsAreReused(t *testing.T) {
	run(t, &recordingEngine{}, nil, func(t *testing.T, l *library.Library, s *fakeSource) {
		for range 100 {
			catalogOf(t, l)
		}
		assert.EqualValues(t, 1, s.lists.Load())
		s.change("new.mp4", "v1")
		time.Sleep(listInterval - time.Nanosecond)
		names, _ := catalogOf(t, l)
		assert.Equal(t, []string{"a.mp4", "bad.mp4"}, names)
		time.Sleep(time.Nanosecond)
		names, _ = catalogOf(t, l)
		assert.Equal(t, []string{"a.mp4", "bad.mp4", "new.mp4"}, names)
		for range 99 {
			time.Sleep(listInterval / 10)
			catalogOf(t, l)
		}
		assert.EqualValues(t, 2+9, s.lists.Load())
		time.Sleep(time.Hour)
		assert.EqualValues(t, 2+9, s.lists.Load(), "no listing without a request")
	})
}

// The first requests wait for the first listing. Later, the request that starts a listing waits a second at
// most, and the others do not wait.
func TestRequestsDuringAListing(t *testing.T) {
	run(t, &recordingEngine{}, nil, func(t *testing.T, l *library.Library, s *fakeSource) {
		s.listTime = 10 * time.Second
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				names, took := catalogOf(t, l)
				assert.Len(t, names, 2)
				assert.Equal(t, s.listTime, took)
			})
		}
		all.Wait()
		s.change("new.mp4", "v1")
		time.Sleep(4*s.listTime - time.Nanosecond)
		_, took := catalogOf(t, l)
		assert.Zero(t, took)
		assert.EqualValues(t, 1, s.lists.Load(), "a listing that took long is used for longer")

		time.Sleep(time.Nanosecond)
		names, took := catalogOf(t, l)
		assert.Len(t, names, 2)
		assert.Equal(t, time.Second, took)
		names, took = catalogOf(t, l)
		assert.Len(t, names, 2)
		assert.Zero(t, took)
		time.Sleep(s.listTime)
		names, took = catalogOf(t, l)
		assert.Len(t, names, 3, "the listing did not end with the request that started it")
		assert.Zero(t, took)
		assert.EqualValues(t, 2, s.lists.Load())
	})
}

// A listing goes on when the clients of the first requests disconnect, and ends with IndexTimeout.
func TestListingsOutliveTheirRequests(t *testing.T) {
	run(t, &recordingEngine{}, nil, func(t *testing.T, l *library.Library, s *fakeSource) {
		s.listTime = 10 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := l.Catalog(ctx, time.Hour)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, took := catalogOf(t, l)
		assert.Equal(t, s.listTime-time.Second, took)
		assert.EqualValues(t, 1, s.lists.Load())

		s.listTime = time.Hour
		time.Sleep(time.Hour)
		_, took = catalogOf(t, l)
		assert.Equal(t, time.Second, took)
		time.Sleep(time.Minute)
		synctest.Wait()
		_, err = l.Catalog(t.Context(), time.Hour)
		assert.Equal(t, video.Timeout, video.KindOf(err))
	})
}

// The error of a listing is returned until the next listing. The summaries stay.
func TestListingFails(t *testing.T) {
	m := &recordingEngine{}
	run(t, m, nil, func(t *testing.T, l *library.Library, s *fakeSource) {
		catalogOf(t, l)
		s.listErr = errors.New("EIO")
		time.Sleep(listInterval)
		for range 3 {
			_, err := l.Catalog(t.Context(), time.Hour)
			require.ErrorIs(t, err, s.listErr)
		}
		assert.EqualValues(t, 2, s.lists.Load())
		s.listErr = nil
		time.Sleep(listInterval)
		names, _ := catalogOf(t, l)
		assert.Equal(t, []string{"a.mp4", "bad.mp4"}, names)
		assert.Equal(t, 1, m.count())
	})
}

// The version of a catalog changes with its videos and their summaries, and not otherwise.
func TestVersionOfACatalog(t *testing.T) {
	m := &recordingEngine{duration: time.Second}
	run(t, m, func(c *library.Config) {
		c.MaxVideos = 3
	}, func(t *testing.T, l *library.Library, s *fakeSource) {
		seen := map[string]bool{}
		version := func(within time.Duration) string {
			catalog, err := l.Catalog(t.Context(), within)
			require.NoError(t, err)
			return catalog.Version
		}
		pending := version(0)
		assert.Equal(t, pending, version(0))
		indexed := version(time.Hour)
		assert.NotEqual(t, pending, indexed)
		seen[pending], seen[indexed] = true, true
		time.Sleep(time.Hour)
		assert.Equal(t, indexed, version(time.Hour))
		l.Shed()
		_, err := l.Index(t.Context(), "a.mp4", 1)
		require.NoError(t, err)
		assert.Equal(t, indexed, version(time.Hour))
		for _, change := range []func(){
			func() { s.change("a.mp4", "v2") },
			func() { s.change("b.mp4", "v1") },
			func() { s.change("c.mp4", "v1") }, // one more than MaxVideos
		} {
			change()
			time.Sleep(listInterval)
			next := version(time.Hour)
			assert.False(t, seen[next])
			seen[next] = true
		}
	})
}
