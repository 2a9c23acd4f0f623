package library_test

import (
	"context"
	"fmt"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
	"gop/video/cut"
)

// countEntries lists the videos and returns the number of entries with a summary and of pending ones.
func countEntries(
	t *testing.T, l *library.Library, within time.Duration,
) (summaries, pending int, more bool) {
	t.Helper()
	catalog, err := l.Catalog(t.Context(), within)
	require.NoError(t, err)
	for _, e := range catalog.Entries {
		if e.Summary != nil {
			summaries++
		}
		if e.Pending {
			pending++
		}
	}
	assert.Equal(t, pending, catalog.Pending)
	return summaries, pending, catalog.More
}

// Videos are indexed one at a time, even if no request waits for them. Their summaries outlive their cached
// indexes.
func TestCatalogIndexesVideos(t *testing.T) {
	m := &recordingEngine{duration: time.Second}
	run(t, m, func(c *library.Config) {
		c.MaxVideos = 12
	}, func(t *testing.T, l *library.Library, s *fakeSource) {
		for i := range 9 {
			s.change(fmt.Sprintf("c%d.mp4", i), "v1")
		}
		summaries, pending, more := countEntries(t, l, 2500*time.Millisecond)
		assert.Equal(t, []int{2, 8}, []int{summaries, pending}, "two of one second each, and an error")
		assert.False(t, more)
		time.Sleep(time.Minute)
		assert.Equal(t, 10, m.count())
		l.Shed()
		start := time.Now()
		summaries, pending, _ = countEntries(t, l, time.Hour)
		assert.Equal(t, []int{10, 0}, []int{summaries, pending})
		assert.Zero(t, time.Since(start))
		assert.Equal(t, 10, m.count())

		s.change("c1.mp4", "v2")
		s.change("c9.mp4", "v1")
		s.change("c99.mp4", "v1")
		time.Sleep(listInterval)
		summaries, pending, more = countEntries(t, l, 0)
		assert.Equal(t, []int{9, 2}, []int{summaries, pending}, "new videos are pending")
		assert.True(t, more)
		summaries, _, _ = countEntries(t, l, time.Hour)
		assert.Equal(t, 11, summaries)
		assert.Equal(t, 12, m.count())
	})
}

// Requests take precedence over indexing for the catalog.
func TestRequestsPrecedeTheCatalog(t *testing.T) {
	m := &recordingEngine{duration: time.Second}
	run(t, m, func(c *library.Config) {
		c.Workers = 2
	}, func(t *testing.T, l *library.Library, s *fakeSource) {
		for i := range 20 {
			s.change(fmt.Sprintf("c%d.mp4", i), "v1")
		}
		countEntries(t, l, 0)
		time.Sleep(500 * time.Millisecond)
		start := time.Now()
		for n := range 5 {
			_, _, err := segmentOf(t.Context(), l, first, cut.Cut{GOP: 10 * n})
			require.NoError(t, err)
		}
		assert.Equal(t, 5*time.Second, time.Since(start), "no request had to wait")
	})
}

// A video that cannot be opened is indexed again after ErrorExpiry. A damaged one is not.
func TestUnreadableVideosAreIndexedAgain(t *testing.T) {
	m := &recordingEngine{err: video.Errorf(video.Unreadable, "damaged")}
	run(t, m, func(c *library.Config) {
		c.ErrorExpiry = 5 * time.Second
	}, func(t *testing.T, l *library.Library, _ *fakeSource) {
		countEntries(t, l, time.Second)
		time.Sleep(time.Minute)
		_, pending, _ := countEntries(t, l, time.Second)
		assert.Zero(t, pending)
		assert.Equal(t, 1, m.count(), "this version stays damaged")
	})
	denied := video.WrapError(video.Unreadable, fs.ErrPermission, "the server may not read the file")
	m = &recordingEngine{err: denied}
	run(t, m, func(c *library.Config) {
		c.ErrorExpiry = 5 * time.Second
	}, func(t *testing.T, l *library.Library, _ *fakeSource) {
		summaries, pending, _ := countEntries(t, l, time.Second)
		assert.Equal(t, []int{0, 0}, []int{summaries, pending})
		m.err = nil
		time.Sleep(4 * time.Second)
		summaries, _, _ = countEntries(t, l, time.Second)
		assert.Zero(t, summaries)
		time.Sleep(2 * time.Second)
		summaries, pending, _ = countEntries(t, l, time.Second)
		assert.Equal(t, []int{1, 0}, []int{summaries, pending})
	})
}

// A canceled request for an evicted index does not delete the summary.
func TestSummaryOutlivesACanceledIndex(t *testing.T) {
	m := &recordingEngine{}
	run(t, m, nil, func(t *testing.T, l *library.Library, _ *fakeSource) {
		summaries, _, _ := countEntries(t, l, time.Second)
		require.Equal(t, 1, summaries)
		l.Shed()
		m.duration = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := l.Index(ctx, "a.mp4", 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		summaries, pending, _ := countEntries(t, l, 0)
		assert.Equal(t, []int{1, 0}, []int{summaries, pending})
	})
}

// Close stops indexing for the catalog.
func TestCloseWhileVideosArePending(t *testing.T) {
	run(t, &recordingEngine{duration: time.Hour}, nil, func(t *testing.T, l *library.Library, _ *fakeSource) {
		_, pending, _ := countEntries(t, l, time.Second)
		assert.Equal(t, 2, pending)
		start := time.Now()
		l.Close()
		assert.Zero(t, time.Since(start))
	})
}
