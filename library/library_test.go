package library_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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

// shelf is a source of videos whose versions a test can change.
type shelf struct {
	mu       sync.Mutex
	away     error // what Check says
	versions map[string]string
}

func (s *shelf) List(_ context.Context, limit int) (videos []video.Video, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.versions)) {
		videos = append(videos, video.Video{Name: name, Version: s.versions[name]})
	}
	return videos[:min(limit, len(videos))], nil
}

func (s *shelf) Stat(name string) (video.Video, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	version, ok := s.versions[name]
	if !ok {
		return video.Video{}, video.Errorf(video.NotFound, "no such video")
	}
	return video.Video{Name: name, Version: version}, nil
}

func (s *shelf) Check() error { return s.away }

func (s *shelf) Open(video.Video) (video.File, error) { return nil, errors.New("not opened here") }

func (s *shelf) change(name, version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions[name] = version
}

// machine is an engine that takes its time, and counts its work.
type machine struct {
	time  time.Duration
	err   error
	after func()        // runs when the work is done
	busy  chan struct{} // closed when the indexes of busy videos may be done

	mu    sync.Mutex
	calls []string
}

// indexOf is an index of so many GOPs.
func indexOf(v video.Video, gops int) *video.Index {
	return &video.Index{Video: v, Tracks: []video.Track{{Kind: video.VideoTrack}}, DefaultAudio: -1, GOPs: make([]video.GOP, gops)}
}

func (m *machine) work(ctx context.Context, what string) error {
	m.mu.Lock()
	m.calls = append(m.calls, what)
	m.mu.Unlock()
	select {
	case <-time.After(m.time):
	case <-ctx.Done():
		return ctx.Err()
	}
	if m.after != nil {
		m.after()
	}
	return m.err
}

func (m *machine) Index(ctx context.Context, v video.Video, _ int, _ func() (video.File, error)) (*video.Index, error) {
	if v.Name == "bad.mp4" {
		return nil, video.Errorf(video.Unreadable, "bad")
	}
	if strings.HasPrefix(v.Name, "busy") {
		<-m.busy
		return indexOf(v, 3), nil
	}
	if v.Name == "slow.mp4" {
		ctx, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := m.work(ctx, "index "+v.Version); err != nil {
		return nil, err
	}
	return indexOf(v, 3), nil
}

func (m *machine) Segment(ctx context.Context, ix *video.Index, key video.SegmentKey, _ library.Opener) (*video.Segment, error) {
	if err := m.work(ctx, fmt.Sprintf("segment %s %d", ix.Video.Version, key.GOP)); err != nil {
		return nil, err
	}
	return &video.Segment{Size: 1000, Parts: []video.Part{{Data: make([]byte, 1000)}}}, nil
}

// done is all that was asked of it, in order.
func (m *machine) done() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.calls)
}

func (m *machine) count() int { return len(m.done()) }

// run runs a test with a library in a bubble where time is the test's own.
func run(t *testing.T, m *machine, change func(*library.Config), test func(*testing.T, *library.Library, *shelf)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		config := library.NewDefaultConfig()
		if change != nil {
			change(&config)
		}
		require.NoError(t, config.Validate())
		s := &shelf{versions: map[string]string{"a.mp4": "v1", "bad.mp4": "v1"}}
		l, err := library.New(config, s, m)
		require.NoError(t, err)
		defer l.Close()
		test(t, l, s)
	})
}

func TestEachVersionIsIndexedOnce(t *testing.T) {
	m := &machine{time: time.Second}
	run(t, m, nil, func(t *testing.T, l *library.Library, s *shelf) {
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

func TestErrorsThatLastAreKept(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		calls int
	}{
		"unreadable": {video.Errorf(video.Unreadable, "damaged"), 1},
		"too large":  {video.Errorf(video.TooLarge, "large"), 1},
		"the disk":   {errors.New("EIO"), 2},
	} {
		t.Run(name, func(t *testing.T) {
			m := &machine{err: c.err}
			run(t, m, nil, func(t *testing.T, l *library.Library, _ *shelf) {
				for range 2 {
					_, err := l.Index(t.Context(), "a.mp4", 1)
					require.ErrorIs(t, err, c.err)
				}
				assert.Equal(t, c.calls, m.count())
			})
		})
	}
}

func TestWhoWaitsObeysItsOwnContext(t *testing.T) {
	m := &machine{time: 10 * time.Second}
	run(t, m, nil, func(t *testing.T, l *library.Library, _ *shelf) {
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
		assert.Equal(t, 1, m.count(), "the load went on for who stayed")
	})
}

func TestLoadEndsWhenNobodyWaits(t *testing.T) {
	ended := false
	m := &machine{time: time.Hour}
	run(t, m, func(c *library.Config) { c.IndexTimeout, c.SegmentTimeout = 2*time.Hour, 2*time.Hour }, func(t *testing.T, l *library.Library, _ *shelf) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := l.Index(ctx, "a.mp4", 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		start := time.Now()
		l.Close()
		ended = time.Since(start) == 0
	})
	assert.True(t, ended, "the load was given up at once")
}

func TestLoadHasADeadline(t *testing.T) {
	m := &machine{time: time.Hour}
	run(t, m, func(c *library.Config) { c.IndexTimeout, c.SegmentTimeout = time.Minute, time.Minute }, func(t *testing.T, l *library.Library, _ *shelf) {
		start := time.Now()
		_, err := l.Index(t.Context(), "a.mp4", 1)
		assert.Equal(t, video.Timeout, video.KindOf(err))
		assert.Equal(t, time.Minute, time.Since(start))
	})
}

func TestTooMuchToDo(t *testing.T) {
	m := &machine{time: time.Minute}
	limit := func(c *library.Config) {
		c.Workers, c.Queue, c.QueueTimeout, c.SegmentTimeout = 1, 1, 10*time.Second, time.Hour
	}
	run(t, m, limit, func(t *testing.T, l *library.Library, _ *shelf) {
		ix := indexOf(video.Video{Name: "a.mp4", Version: "v1"}, 3)
		var waiters sync.WaitGroup
		start := time.Now()
		ask := func(n int, kind video.Kind, after time.Duration) {
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
		ask(0, video.Internal, time.Minute)       // runs
		ask(1, video.Unavailable, 10*time.Second) // waits, and gives up
		ask(2, video.Unavailable, 0)              // has no room to wait
		waiters.Wait()
	})
}

func TestSegments(t *testing.T) {
	m := &machine{}
	run(t, m, nil, func(t *testing.T, l *library.Library, s *shelf) {
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
	m := &machine{}
	run(t, m, func(c *library.Config) { c.CacheBytes = 3000 }, func(t *testing.T, l *library.Library, _ *shelf) {
		ix := indexOf(video.Video{Name: "a.mp4", Version: "v1"}, 50)
		for range 2 {
			for n := range 50 {
				_, _, err := segmentOf(t.Context(), l, ix, cut.Cut{GOP: n})
				require.NoError(t, err)
			}
			time.Sleep(time.Second)
		}
		assert.Greater(t, m.count(), 90, "nearly all were cut twice")
	})
}

func TestEntries(t *testing.T) {
	run(t, &machine{}, nil, func(t *testing.T, l *library.Library, s *shelf) {
		s.change("slow.mp4", "v1")
		start := time.Now()
		entries, more, err := l.Entries(t.Context(), 3*time.Second)
		require.NoError(t, err)
		assert.Equal(t, 3*time.Second, time.Since(start))
		require.Len(t, entries, 3)
		assert.NotNil(t, entries[0].Summary)
		assert.Equal(t, "bad", video.Message(entries[1].Err))
		assert.Equal(t, "slow.mp4", entries[2].Video.Name)
		assert.Nil(t, entries[2].Summary)
		assert.True(t, entries[2].Pending)
		assert.False(t, more)
		assert.NoError(t, entries[2].Err)
	})
}

func (m *machine) Thumbnail(context.Context, *video.Index, video.ThumbnailKey, library.Opener) (*video.Thumbnail, error) {
	return nil, errors.New("no thumbnails here")
}

func (m *machine) Stream(ctx context.Context, ix *video.Index, key video.StreamKey, open library.Opener, to func([]byte) error) (*video.Segment, error) {
	s, err := m.Segment(ctx, ix, key.Segment(), open)
	return s, errors.Join(err, to(nil))
}

// segmentOf resolves a cut and asks for its segment.
func segmentOf(ctx context.Context, l *library.Library, ix *video.Index, c cut.Cut) (*video.Segment, video.CacheStatus, error) {
	key, err := c.Resolve(ix)
	if err != nil {
		return nil, video.CacheMiss, err
	}
	return l.Segment(ctx, ix, key)
}

// streamOf resolves a cut that is fragmented and streams it.
func streamOf(ctx context.Context, l *library.Library, ix *video.Index, c cut.Cut, send func([]byte) error) (*video.Segment, error) {
	key, err := c.Resolve(ix)
	if err != nil {
		return nil, err
	}
	stream, ok := key.Stream()
	if !ok {
		return nil, errors.New("the segment is not fragmented")
	}
	return l.Stream(ctx, ix, stream, send)
}

// thumbnailOf resolves a thumbnail and asks for it.
func thumbnailOf(ctx context.Context, l *library.Library, ix *video.Index, of cut.Thumbnail) (*video.Thumbnail, video.CacheStatus, error) {
	key, err := of.Resolve(ix)
	if err != nil {
		return nil, video.CacheMiss, err
	}
	return l.Thumbnail(ctx, ix, key)
}

// A file that changes while it is indexed has no index.
func TestIndexOfAFileThatChanges(t *testing.T) {
	m := &machine{}
	run(t, m, nil, func(t *testing.T, l *library.Library, s *shelf) {
		m.after = func() { s.change("a.mp4", "v2") }
		_, err := l.Index(t.Context(), "a.mp4", 1)
		require.ErrorIs(t, err, video.ErrChanged)
		m.after = nil
		ix, err := l.Index(t.Context(), "a.mp4", 1)
		require.NoError(t, err)
		assert.Equal(t, "v2", ix.Video.Version)
	})
}
