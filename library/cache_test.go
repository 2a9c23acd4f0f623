package library_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
	"gop/video/cut"
)

// An entry expires when it has not been used for CacheExpiry.
func TestCachesExpire(t *testing.T) {
	m := &recordingEngine{}
	run(t, m, func(c *library.Config) {
		c.CacheExpiry = time.Hour
	}, func(t *testing.T, l *library.Library, _ *fakeSource) {
		use := func() video.CacheStatus {
			ix, err := l.Index(t.Context(), "a.mp4", 1)
			require.NoError(t, err)
			_, status, err := segmentOf(t.Context(), l, ix, cut.Cut{GOP: 1})
			require.NoError(t, err)
			return status
		}
		assert.Equal(t, video.CacheMiss, use())
		for range 5 {
			time.Sleep(50 * time.Minute)
			assert.Equal(t, video.CacheHit, use())
		}
		assert.Equal(t, []string{"index v1", "segment v1 1"}, m.recorded())
		time.Sleep(61 * time.Minute)
		assert.Equal(t, video.CacheMiss, use())
		assert.Equal(t, []string{"index v1", "segment v1 1", "index v1", "segment v1 1"}, m.recorded())
	})
}

// An error expires ErrorExpiry after it was cached, however often it is requested.
func TestErrorsExpire(t *testing.T) {
	m := &recordingEngine{err: video.Errorf(video.Unreadable, "damaged")}
	run(t, m, func(c *library.Config) {
		c.ErrorExpiry = 5 * time.Second
	}, func(t *testing.T, l *library.Library, _ *fakeSource) {
		for range 9 {
			_, err := l.Index(t.Context(), "a.mp4", 1)
			require.ErrorIs(t, err, m.err)
			time.Sleep(500 * time.Millisecond)
		}
		assert.Equal(t, 1, m.count())
		m.err = nil
		time.Sleep(time.Second)
		_, err := l.Index(t.Context(), "a.mp4", 1)
		require.NoError(t, err)
	})
}

// After a file changes, no cache returns results of its old version.
func TestChangedFilesAreNeverStale(t *testing.T) {
	m := &recordingEngine{}
	run(t, m, nil, func(t *testing.T, l *library.Library, s *fakeSource) {
		for _, version := range []string{"v1", "v2", "v3"} {
			s.change("a.mp4", version)
			ix, err := l.Index(t.Context(), "a.mp4", 1)
			require.NoError(t, err)
			assert.Equal(t, version, ix.Video.Version)
			_, status, err := segmentOf(t.Context(), l, ix, cut.Cut{GOP: 1})
			require.NoError(t, err)
			assert.Equal(t, video.CacheMiss, status)
		}
	})
}
