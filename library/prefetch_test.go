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

// ask asks for GOPs one after another, and waits until what that began has ended too.
func ask(t *testing.T, l *library.Library, of ...cut.Cut) {
	t.Helper()
	for _, of := range of {
		_, _, err := segmentOf(t.Context(), l, first, of)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		synctest.Wait()
	}
}

// cuts is the calls for segments of the first version.
func cuts(gops ...int) (calls []string) {
	for _, n := range gops {
		calls = append(calls, fmt.Sprintf("segment v1 %d", n))
	}
	return calls
}

func TestPrefetch(t *testing.T) {
	for name, c := range map[string]struct {
		asked []cut.Cut
		want  []string
	}{
		"in turn":         {[]cut.Cut{{GOP: 3}, {GOP: 4}}, cuts(3, 4, 5)},
		"on and on":       {[]cut.Cut{{GOP: 3}, {GOP: 4}, {GOP: 5}, {GOP: 6}}, cuts(3, 4, 5, 6, 7)},
		"one alone":       {[]cut.Cut{{GOP: 3}}, cuts(3)},
		"one left out":    {[]cut.Cut{{GOP: 3}, {GOP: 5}}, cuts(3, 5)},
		"backwards":       {[]cut.Cut{{GOP: 3}, {GOP: 2}}, cuts(3, 2)},
		"the same again":  {[]cut.Cut{{GOP: 3}, {GOP: 3}}, cuts(3)},
		"to the end":      {[]cut.Cut{{GOP: 98}, {GOP: 99}}, cuts(98, 99)},
		"from the cache":  {[]cut.Cut{{GOP: 4}, {GOP: 3}, {GOP: 4}}, cuts(4, 3, 5)},
		"without leading": {[]cut.Cut{{GOP: 3, NoLeading: true}, {GOP: 4, NoLeading: true}}, cuts(3, 4, 5)},
	} {
		t.Run(name, func(t *testing.T) {
			m := &machine{time: time.Second}
			run(t, m, func(c *library.Config) { c.Workers = 2 }, func(t *testing.T, l *library.Library, _ *shelf) {
				ask(t, l, c.asked...)
				assert.Equal(t, c.want, m.done())
			})
		})
	}
}

func TestPrefetchTurnedOff(t *testing.T) {
	m := &machine{}
	run(t, m, func(c *library.Config) { c.Prefetch = 0 }, func(t *testing.T, l *library.Library, _ *shelf) {
		ask(t, l, cut.Cut{GOP: 3}, cut.Cut{GOP: 4})
		assert.Equal(t, cuts(3, 4), m.done())
	})
}

// Who asks for what is being read ahead waits for that, and not for another of it.
func TestPrefetchIsJoined(t *testing.T) {
	m := &machine{time: 10 * time.Second}
	run(t, m, func(c *library.Config) { c.Workers = 2 }, func(t *testing.T, l *library.Library, _ *shelf) {
		for n, want := range []video.CacheStatus{video.CacheMiss, video.CacheMiss, video.CacheCollapsed} {
			start := time.Now()
			_, origin, err := segmentOf(t.Context(), l, first, cut.Cut{GOP: n})
			require.NoError(t, err)
			assert.Equal(t, want, origin)
			assert.Equal(t, 10*time.Second, time.Since(start))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		_, origin, err := segmentOf(t.Context(), l, first, cut.Cut{GOP: 3})
		require.NoError(t, err)
		assert.Equal(t, video.CacheHit, origin)
	})
}

// Reading ahead takes no place that somebody may want: one stays free, and nobody waits.
func TestPrefetchYieldsToRequests(t *testing.T) {
	for _, c := range []struct {
		jobs, others int // others run meanwhile, or wait
		want         []string
	}{
		{1, 0, cuts(3, 4, 5)},
		{2, 0, cuts(3, 4, 5)},
		{2, 1, cuts(3, 4)},
		{3, 1, cuts(3, 4, 5)},
		{3, 2, cuts(3, 4)},
	} {
		t.Run(fmt.Sprintf("%d of %d jobs run", c.others, c.jobs), func(t *testing.T) {
			m := &machine{}
			run(t, m, func(config *library.Config) { config.Workers = c.jobs }, func(t *testing.T, l *library.Library, s *shelf) {
				m.busy = make(chan struct{})
				var others sync.WaitGroup
				for i := range c.others {
					name := fmt.Sprintf("busy%d.mp4", i)
					s.change(name, "v1")
					others.Go(func() {
						_, err := l.Index(t.Context(), name, 1)
						assert.NoError(t, err)
					})
				}
				synctest.Wait()
				ask(t, l, cut.Cut{GOP: 3}, cut.Cut{GOP: 4})
				assert.Equal(t, c.want, m.done())
				close(m.busy)
				others.Wait()
			})
		})
	}
}

// No more segments are read ahead at a time than the bound says, whoever reads on.
func TestPrefetchIsBounded(t *testing.T) {
	m := &machine{}
	bound := func(c *library.Config) { c.Workers, c.Prefetch, c.SegmentTimeout = 8, 2, time.Hour }
	run(t, m, bound, func(t *testing.T, l *library.Library, _ *shelf) {
		videos := make([]*video.Index, 4)
		for i := range videos {
			videos[i] = indexOf(video.Video{Name: "a.mp4", Version: "v1"}, 100)
			videos[i].Tracks[0].StreamIndex = i // a series of its own
			_, _, err := segmentOf(t.Context(), l, videos[i], cut.Cut{GOP: 0})
			require.NoError(t, err)
		}
		m.time = time.Minute
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

// What fails while it is read ahead is nobody's error, and is tried again when it is asked for.
func TestPrefetchThatFails(t *testing.T) {
	m := &machine{}
	run(t, m, func(c *library.Config) { c.Workers = 2 }, func(t *testing.T, l *library.Library, _ *shelf) {
		ask(t, l, cut.Cut{GOP: 3}, cut.Cut{GOP: 5}, cut.Cut{GOP: 4}) // the fifth is known, and the sixth is not
		m.err = errors.New("EIO")
		_, _, err := segmentOf(t.Context(), l, first, cut.Cut{GOP: 5})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, cuts(3, 5, 4, 6), m.done())
		_, _, err = segmentOf(t.Context(), l, first, cut.Cut{GOP: 6})
		require.ErrorIs(t, err, m.err)
		assert.Equal(t, cuts(3, 5, 4, 6, 6), m.done())
	})
}

// Closing the library gives up what nobody waits for.
func TestPrefetchEndsWithTheLibrary(t *testing.T) {
	m := &machine{}
	run(t, m, func(c *library.Config) { c.Workers, c.IndexTimeout, c.SegmentTimeout = 2, time.Hour, time.Hour }, func(t *testing.T, l *library.Library, _ *shelf) {
		ask(t, l, cut.Cut{GOP: 3}, cut.Cut{GOP: 5}, cut.Cut{GOP: 4})
		m.time = time.Minute
		_, _, err := segmentOf(t.Context(), l, first, cut.Cut{GOP: 5})
		require.NoError(t, err)
		synctest.Wait()
		start := time.Now()
		l.Close()
		assert.Zero(t, time.Since(start))
		assert.Equal(t, cuts(3, 5, 4, 6), m.done())
	})
}
