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

// known is how many entries have a summary, and how many are pending.
func known(t *testing.T, l *library.Library, within time.Duration) (summaries, pending int, more bool) {
	t.Helper()
	entries, more, err := l.Entries(t.Context(), within)
	require.NoError(t, err)
	for _, e := range entries {
		if e.Summary != nil {
			summaries++
		}
		if e.Pending {
			pending++
		}
	}
	return summaries, pending, more
}

// Videos become known one after the other, whether somebody waits for that or not, and stay so when their
// indexes are gone.
func TestVideosBecomeKnown(t *testing.T) {
	m := &machine{time: time.Second}
	run(t, m, func(c *library.Config) { c.MaxVideos = 12 }, func(t *testing.T, l *library.Library, s *shelf) {
		for i := range 9 {
			s.change(fmt.Sprintf("c%d.mp4", i), "v1")
		}
		summaries, pending, more := known(t, l, 2500*time.Millisecond)
		assert.Equal(t, []int{2, 8}, []int{summaries, pending}, "one at a time, and the one that is refused")
		assert.False(t, more)
		time.Sleep(time.Minute)
		assert.Equal(t, 10, m.count())
		l.Shed()
		start := time.Now()
		summaries, pending, _ = known(t, l, time.Hour)
		assert.Equal(t, []int{10, 0}, []int{summaries, pending})
		assert.Zero(t, time.Since(start))
		assert.Equal(t, 10, m.count())

		s.change("c1.mp4", "v2")
		s.change("c9.mp4", "v1")
		s.change("c99.mp4", "v1")
		summaries, pending, more = known(t, l, 0)
		assert.Equal(t, []int{9, 2}, []int{summaries, pending}, "what is new is not known")
		assert.True(t, more)
		summaries, _, _ = known(t, l, time.Hour)
		assert.Equal(t, 11, summaries)
		assert.Equal(t, 12, m.count())
	})
}

// Whoever asks for something else goes first.
func TestOthersGoBeforeWhatIsPending(t *testing.T) {
	m := &machine{time: time.Second}
	run(t, m, func(c *library.Config) { c.Workers = 2 }, func(t *testing.T, l *library.Library, s *shelf) {
		for i := range 20 {
			s.change(fmt.Sprintf("c%d.mp4", i), "v1")
		}
		known(t, l, 0)
		time.Sleep(500 * time.Millisecond)
		start := time.Now()
		for n := range 5 {
			_, _, err := segmentOf(t.Context(), l, first, cut.Cut{GOP: 10 * n})
			require.NoError(t, err)
		}
		assert.Equal(t, 5*time.Second, time.Since(start), "no cut had to wait")
	})
}

// What a video could not be read for may pass, with its version the same, where that is not what it holds. A
// page need not wait for that.
func TestUnreadableVideosAreLookedAtAgain(t *testing.T) {
	m := &machine{err: video.Errorf(video.Unreadable, "torn")}
	run(t, m, func(c *library.Config) { c.ErrorExpiry = 5 * time.Second }, func(t *testing.T, l *library.Library, _ *shelf) {
		known(t, l, time.Second)
		time.Sleep(time.Minute)
		_, pending, _ := known(t, l, time.Second)
		assert.Zero(t, pending)
		assert.Equal(t, 1, m.count(), "it will be torn as long as it is this version")
	})
	m = &machine{err: video.WrapError(video.Unreadable, fs.ErrPermission, "the server may not read the file")}
	run(t, m, func(c *library.Config) { c.ErrorExpiry = 5 * time.Second }, func(t *testing.T, l *library.Library, _ *shelf) {
		summaries, pending, _ := known(t, l, time.Second)
		assert.Equal(t, []int{0, 0}, []int{summaries, pending})
		m.err = nil
		time.Sleep(4 * time.Second)
		summaries, _, _ = known(t, l, time.Second)
		assert.Zero(t, summaries)
		time.Sleep(2 * time.Second)
		summaries, pending, _ = known(t, l, time.Second)
		assert.Equal(t, []int{1, 0}, []int{summaries, pending})
	})
}

// Who goes away while an index is made anew takes nothing with it that was known.
func TestWhatIsKnownOutlivesWhoGoesAway(t *testing.T) {
	m := &machine{}
	run(t, m, nil, func(t *testing.T, l *library.Library, _ *shelf) {
		summaries, _, _ := known(t, l, time.Second)
		require.Equal(t, 1, summaries)
		l.Shed()
		m.time = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := l.Index(ctx, "a.mp4", 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		summaries, pending, _ := known(t, l, 0)
		assert.Equal(t, []int{1, 0}, []int{summaries, pending})
	})
}

// A library that is closed looks no further.
func TestCloseWhileVideosArePending(t *testing.T) {
	run(t, &machine{time: time.Hour}, nil, func(t *testing.T, l *library.Library, _ *shelf) {
		_, pending, _ := known(t, l, time.Second)
		assert.Equal(t, 2, pending)
		start := time.Now()
		l.Close()
		assert.Zero(t, time.Since(start))
	})
}
