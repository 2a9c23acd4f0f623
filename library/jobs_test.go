package library_test

import (
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

// limited runs a test over a library with one engine call of a minute at a time.
func limited(t *testing.T, change func(*library.Config), test func(*testing.T, *library.Library, *handmade)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := &handmade{work: takes(time.Minute)}
		test(t, open(t, e, func(c *library.Config) {
			c.Jobs, c.QueueTime, c.IndexTime, c.SegmentTime = 1, time.Hour, time.Hour, time.Hour
			change(c)
		}), e)
	})
}

// askFor asks for a GOP in the background; check gets what came of it, and after what time.
func askFor(t *testing.T, callers *sync.WaitGroup, l *library.Library, n int, check func(error, time.Duration)) {
	t.Helper()
	start := time.Now()
	callers.Go(func() {
		_, _, err := segmentOf(t.Context(), l, first, cut.Cut{GOP: n})
		check(err, time.Since(start))
	})
	synctest.Wait()
}

func TestNoMoreJobsRunThanConfigured(t *testing.T) {
	limited(t, func(c *library.Config) { c.Jobs, c.Queue = 3, 100 }, func(t *testing.T, l *library.Library, e *handmade) {
		start := time.Now()
		var callers sync.WaitGroup
		for n := range 12 {
			askFor(t, &callers, l, n, func(err error, _ time.Duration) { assert.NoError(t, err) })
		}
		callers.Wait()
		assert.EqualValues(t, 3, e.most.Load())
		assert.Equal(t, 4*time.Minute, time.Since(start), "and no fewer")
	})
}

// Who was refused, and who gave up waiting, leaves the place in the queue to others.
func TestPlacesInTheQueueAreGivenBack(t *testing.T) {
	limited(t, func(c *library.Config) { c.Queue, c.QueueTime = 1, 10*time.Second }, func(t *testing.T, l *library.Library, _ *handmade) {
		var callers sync.WaitGroup
		refused := func(after time.Duration) func(error, time.Duration) {
			return func(err error, took time.Duration) {
				assert.Equal(t, video.Unavailable, video.KindOf(err))
				assert.Equal(t, after, took)
			}
		}
		askFor(t, &callers, l, 0, func(err error, _ time.Duration) { assert.NoError(t, err) })
		askFor(t, &callers, l, 1, refused(10*time.Second))
		for n := 2; n < 5; n++ {
			askFor(t, &callers, l, n, refused(0))
		}
		time.Sleep(55 * time.Second)
		askFor(t, &callers, l, 5, func(err error, took time.Duration) {
			assert.NoError(t, err)
			assert.Equal(t, 65*time.Second, took, "5 s in the queue, and its own minute")
		})
		callers.Wait()
	})
}

// A burst may fill the queue; one that does not end finds half as many places as there are jobs.
func TestQueueThatStandsIsShort(t *testing.T) {
	limited(t, func(c *library.Config) { c.Jobs, c.Queue, c.BurstTime = 2, 100, 10*time.Second }, func(t *testing.T, l *library.Library, _ *handmade) {
		var callers sync.WaitGroup
		served := func(after time.Duration) func(error, time.Duration) {
			return func(err error, took time.Duration) {
				assert.NoError(t, err)
				assert.Equal(t, after, took)
			}
		}
		refused := func(err error, took time.Duration) {
			assert.Equal(t, video.Unavailable, video.KindOf(err))
			assert.Zero(t, took)
		}
		for n := range 6 { // two run, and four wait
			askFor(t, &callers, l, n, served(time.Duration(n/2+1)*time.Minute))
		}
		time.Sleep(9 * time.Second)
		askFor(t, &callers, l, 6, served(4*time.Minute-9*time.Second))
		time.Sleep(2 * time.Second)
		askFor(t, &callers, l, 7, refused)
		time.Sleep(2 * time.Minute) // one waits, and the queue has not been empty
		askFor(t, &callers, l, 8, refused)
		time.Sleep(50 * time.Second) // it was that one's turn a second ago, and there is another place
		askFor(t, &callers, l, 9, served(time.Minute))
		time.Sleep(3 * time.Minute)
		callers.Wait()
		// It is empty, and has turned nobody away for longer than a burst may last: there is room for another.
		for n := 11; n < 17; n++ {
			askFor(t, &callers, l, n, served(time.Duration((n-11)/2+1)*time.Minute))
		}
		callers.Wait()
	})
}

// The pictures of one page come, whatever else waits.
func TestPicturesOfAPageWait(t *testing.T) {
	limited(t, func(c *library.Config) { c.Jobs, c.Queue, c.BurstTime, c.StandingTime = 1, 100, 0, 0 }, func(t *testing.T, l *library.Library, _ *handmade) {
		var callers sync.WaitGroup
		for n := range 6 {
			askThumbnail(t, &callers, l, n, video.Internal, time.Duration(n+1)*time.Minute)
		}
		askCut(t, &callers, l, lossless, 7, video.Unavailable, 0)
		callers.Wait()
	})
}

// Where each takes little, a few clients may keep a queue standing: a browser that loads a page's pictures
// does. Too many may not.
func TestQueueThatStandsServesWhoWaitsLittle(t *testing.T) {
	long := indexOf(video.Video{Name: "a.mp4", Version: "v1"}, 10_000)
	for clients, all := range map[int]bool{6: true, 12: true, 60: false} {
		synctest.Test(t, func(t *testing.T) {
			e := &handmade{work: takes(10 * time.Millisecond)}
			l := open(t, e, func(c *library.Config) { c.Jobs, c.Queue, c.ReadAhead, c.CacheBytes = 2, 100, 0, 1 })
			var callers sync.WaitGroup
			var served, refused atomic.Int64
			for client := range clients {
				callers.Go(func() {
					for i := range 100 {
						_, _, err := segmentOf(t.Context(), l, long, cut.Cut{GOP: client*100 + i})
						if video.KindOf(err) == video.Unavailable {
							refused.Add(1)
							time.Sleep(time.Second) // as the answer says
							continue
						}
						assert.NoError(t, err)
						served.Add(1)
					}
				})
			}
			callers.Wait()
			assert.NotZero(t, served.Load())
			assert.Equal(t, all, refused.Load() == 0, "%d clients: %d refused", clients, refused.Load())
		})
	}
}

func TestWithoutAQueueNobodyWaits(t *testing.T) {
	limited(t, func(c *library.Config) { c.Queue = 0 }, func(t *testing.T, l *library.Library, _ *handmade) {
		var callers sync.WaitGroup
		askFor(t, &callers, l, 0, func(err error, _ time.Duration) { assert.NoError(t, err) })
		askFor(t, &callers, l, 1, func(err error, took time.Duration) {
			assert.Equal(t, video.Unavailable, video.KindOf(err))
			assert.Zero(t, took)
		})
		callers.Wait()
	})
}

// The time in the queue is a part of the time for a load.
func TestLoadThatWaitsTooLongIsATimeout(t *testing.T) {
	limited(t, func(c *library.Config) { c.Queue, c.IndexTime, c.SegmentTime = 1, 90*time.Second, 90*time.Second }, func(t *testing.T, l *library.Library, _ *handmade) {
		var callers sync.WaitGroup
		askFor(t, &callers, l, 0, func(err error, _ time.Duration) { assert.NoError(t, err) })
		askFor(t, &callers, l, 1, func(err error, took time.Duration) {
			assert.Equal(t, video.Timeout, video.KindOf(err))
			assert.Equal(t, 90*time.Second, took)
		})
		callers.Wait()
	})
}

func TestValidateTellsAllThatIsWrong(t *testing.T) {
	require.NoError(t, library.NewDefaultConfig().Validate())
	err := library.Config{Queue: -1, EncodeQueue: -1}.Validate()
	for _, want := range []string{"segment cache", "index cache", "jobs", "queue must", "in the queue", "for an index", "for a segment", "encodes must be", "queue for encodes", "for an encode", "videos"} {
		assert.ErrorContains(t, err, want)
	}
	config := library.NewDefaultConfig()
	config.Queue = 0
	assert.NoError(t, config.Validate(), "a server may have no queue")
}

// Short of memory, nothing new is made, and what is cached is given out still.
func TestRefuse(t *testing.T) {
	m := &machine{}
	run(t, m, func(*library.Config) {}, func(t *testing.T, l *library.Library, _ *shelf) {
		ix, err := l.Index(t.Context(), "a.mp4", 1)
		require.NoError(t, err)
		_, _, err = segmentOf(t.Context(), l, ix, cut.Cut{GOP: 0})
		require.NoError(t, err)

		l.Refuse(true)
		_, _, err = segmentOf(t.Context(), l, ix, cut.Cut{GOP: 2})
		assert.Equal(t, video.Unavailable, video.KindOf(err))
		assert.Equal(t, "the server is short of memory", video.Message(err))
		_, origin, err := segmentOf(t.Context(), l, ix, cut.Cut{GOP: 0})
		require.NoError(t, err)
		assert.Equal(t, video.CacheHit, origin)

		l.Refuse(false)
		_, _, err = segmentOf(t.Context(), l, ix, cut.Cut{GOP: 2})
		require.NoError(t, err)

		l.Shed()
		_, origin, err = segmentOf(t.Context(), l, ix, cut.Cut{GOP: 0})
		require.NoError(t, err)
		assert.Equal(t, video.CacheMiss, origin)
	})
}
