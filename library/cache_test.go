package library_test

import (
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/library"
	"gop/video"
	"gop/video/cut"
)

// What nobody asks for any more goes; what is asked for now and then stays.
func TestCachesExpire(t *testing.T) {
	m := &machine{}
	run(t, m, func(c *library.Config) { c.CacheExpiry = time.Hour }, func(t *testing.T, l *library.Library, _ *shelf) {
		use := func() video.CacheStatus {
			ix, err := l.Index(t.Context(), "a.mp4", 1)
			require.NoError(t, err)
			_, origin, err := segmentOf(t.Context(), l, ix, cut.Cut{GOP: 1})
			require.NoError(t, err)
			return origin
		}
		assert.Equal(t, video.CacheMiss, use())
		for range 5 {
			time.Sleep(50 * time.Minute)
			assert.Equal(t, video.CacheHit, use())
		}
		assert.Equal(t, []string{"index v1", "segment v1 1"}, m.done())
		time.Sleep(61 * time.Minute)
		assert.Equal(t, video.CacheMiss, use())
		assert.Equal(t, []string{"index v1", "segment v1 1", "index v1", "segment v1 1"}, m.done())
	})
}

// A refusal is kept for seconds, however often it is asked for.
func TestRefusalsExpire(t *testing.T) {
	m := &machine{err: video.Errorf(video.Unreadable, "damaged")}
	run(t, m, func(c *library.Config) { c.ErrorExpiry = 5 * time.Second }, func(t *testing.T, l *library.Library, _ *shelf) {
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

// A file that changes is a new video to both caches, at once.
func TestChangedFilesAreNeverStale(t *testing.T) {
	m := &machine{}
	run(t, m, nil, func(t *testing.T, l *library.Library, s *shelf) {
		for _, version := range []string{"v1", "v2", "v3"} {
			s.change("a.mp4", version)
			ix, err := l.Index(t.Context(), "a.mp4", 1)
			require.NoError(t, err)
			assert.Equal(t, version, ix.Video.Version)
			_, origin, err := segmentOf(t.Context(), l, ix, cut.Cut{GOP: 1})
			require.NoError(t, err)
			assert.Equal(t, video.CacheMiss, origin)
		}
	})
}

// A GOP costs little in an index: hours of video are many.
func TestIndexIsSmall(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(video.GOP{}), uintptr(256))
}
