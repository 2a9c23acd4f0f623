package library_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
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

// runLimited runs a test over a library with one engine call of a minute at a time.
func runLimited(
	t *testing.T, change configure, test func(*testing.T, *library.Library, *funcEngine),
) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := &funcEngine{work: takes(time.Minute)}
		test(t, newLibrary(t, e, func(c *library.Config) {
			c.Workers, c.QueueTimeout = 1, time.Hour
			c.IndexTimeout, c.SegmentTimeout = time.Hour, time.Hour
			change(c)
		}), e)
	})
}

// requestGOP requests a GOP in the background. check gets its error and how long it took.
func requestGOP(
	t *testing.T, callers *sync.WaitGroup, l *library.Library, n int, check func(error, time.Duration),
) {
	t.Helper()
	requestGOPAs(t, callers, l, "", n, check)
}

// requestGOPAs requests a GOP as a client, like requestGOP.
func requestGOPAs(
	t *testing.T, callers *sync.WaitGroup, l *library.Library, client string, n int,
	check func(error, time.Duration),
) {
	t.Helper()
	ctx, start := video.WithClient(t.Context(), client), time.Now()
	callers.Go(func() {
		_, _, err := segmentOf(ctx, l, first, cut.Cut{GOP: n})
		check(err, time.Since(start))
	})
	synctest.Wait()
}

// requestIndexAs requests an index of its own for each n, like requestGOPAs.
func requestIndexAs(
	t *testing.T, callers *sync.WaitGroup, l *library.Library, client string, n int,
	check func(error, time.Duration),
) {
	t.Helper()
	ctx, start := video.WithClient(t.Context(), client), time.Now()
	callers.Go(func() {
		_, err := l.Index(ctx, "a.mp4", n)
		check(err, time.Since(start))
	})
	synctest.Wait()
}

func TestNoMoreCallsRunThanWorkers(t *testing.T) {
	runLimited(t, func(c *library.Config) {
		c.Workers, c.Queue = 3, 100
	}, func(t *testing.T, l *library.Library, e *funcEngine) {
		start := time.Now()
		var callers sync.WaitGroup
		for n := range 12 {
			requestGOP(t, &callers, l, n, func(err error, _ time.Duration) { assert.NoError(t, err) })
		}
		callers.Wait()
		assert.EqualValues(t, 3, e.maxRunning.Load())
		assert.Equal(t, 4*time.Minute, time.Since(start), "all workers were used")
	})
}

// Calls that are refused or time out free their place in the queue.
func TestQueueIsReleased(t *testing.T) {
	change := func(c *library.Config) { c.Queue, c.QueueTimeout = 1, 10*time.Second }
	runLimited(t, change, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		requestGOP(t, &callers, l, 0, served(t, time.Minute))
		requestGOP(t, &callers, l, 1, refused(t, 10*time.Second))
		for n := 2; n < 5; n++ {
			requestGOP(t, &callers, l, n, refused(t, 0))
		}
		time.Sleep(time.Minute - 10*time.Millisecond)
		requestGOP(t, &callers, l, 5, served(t, time.Minute+10*time.Millisecond))
		callers.Wait()
		assert.Equal(t, library.LimiterState{Refused: 4}, l.State().SegmentWorkers)
	})
}

// served returns a check that a call succeeded after a time.
func served(t *testing.T, after time.Duration) func(error, time.Duration) {
	return func(err error, took time.Duration) {
		assert.NoError(t, err)
		assert.Equal(t, after, took)
	}
}

// refused returns a check that a call failed with the kind Unavailable after a time.
func refused(t *testing.T, after time.Duration) func(error, time.Duration) {
	return func(err error, took time.Duration) {
		assert.Equal(t, video.Unavailable, video.KindOf(err))
		assert.Equal(t, after, took)
	}
}

const overloadTimeout = 25 * time.Millisecond

// A burst may wait for the queue timeout. Once the queue has not been empty for 100 ms, a client's calls wait
// for 25 ms at most, except the first one.
func TestOverloadRefusesSoon(t *testing.T) {
	change := func(c *library.Config) { c.Workers, c.Queue = 2, 100 }
	runLimited(t, change, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		for n := range 6 { // two run, and four wait
			requestIndexAs(t, &callers, l, "", n, served(t, time.Duration(n/2+1)*time.Minute))
		}
		time.Sleep(99 * time.Millisecond)
		requestIndexAs(t, &callers, l, "", 6, served(t, 4*time.Minute-99*time.Millisecond))
		time.Sleep(time.Millisecond)
		requestIndexAs(t, &callers, l, "", 7, refused(t, overloadTimeout))
		time.Sleep(4*time.Minute - 120*time.Millisecond)
		requestIndexAs(t, &callers, l, "", 8, served(t, time.Minute)) // a worker is free
		callers.Wait()
	})
}

// A call that finds the queue empty may wait, however long the workers have been busy.
func TestBusyWorkersAreNoOverload(t *testing.T) {
	change := func(c *library.Config) { c.Workers, c.Queue = 2, 100 }
	runLimited(t, change, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		requestGOP(t, &callers, l, 0, served(t, time.Minute))
		requestGOP(t, &callers, l, 1, served(t, time.Minute))
		time.Sleep(30 * time.Second)
		requestGOP(t, &callers, l, 2, served(t, 90*time.Second))
		callers.Wait()
	})
}

// An overload ends when no call has found others waiting for 100 ms.
func TestEndOfAnOverload(t *testing.T) {
	for pause, isOver := range map[time.Duration]bool{
		60 * time.Millisecond: false, 110 * time.Millisecond: true,
	} {
		change := func(c *library.Config) { c.Workers, c.Queue = 1, 100 }
		runLimited(t, change, func(t *testing.T, l *library.Library, e *funcEngine) {
			const call = 200 * time.Millisecond
			e.work = takes(call)
			var callers sync.WaitGroup
			requestIndexAs(t, &callers, l, "", 0, served(t, call))
			requestIndexAs(t, &callers, l, "", 1, served(t, 2*call))
			time.Sleep(190 * time.Millisecond)
			requestIndexAs(t, &callers, l, "", 2, refused(t, overloadTimeout)) // index 1 waits
			time.Sleep(pause)                                                  // index 1 runs
			now := 190*time.Millisecond + pause
			requestIndexAs(t, &callers, l, "", 3, served(t, 3*call-now))
			last := refused(t, overloadTimeout)
			if isOver {
				last = served(t, 4*call-now)
			}
			requestIndexAs(t, &callers, l, "", 4, last) // index 3 waits
			callers.Wait()
		})
	}
}

// A browser loads six thumbnails of a page at a time. All of them are made, however long each takes, and even
// while the workers are overloaded.
func TestThumbnailsOfAPageWait(t *testing.T) {
	change := func(c *library.Config) { c.Workers, c.Queue = 1, 6 }
	runLimited(t, change, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		requestCut(t, &callers, l, remuxed, 0, video.Internal, time.Minute)
		for n := range 6 {
			requestThumbnail(t, &callers, l, n, video.Internal, time.Duration(n+1)*time.Minute)
		}
		assert.Equal(t, library.LimiterState{Running: 1}, l.State().SegmentWorkers)
		assert.Equal(t, library.LimiterState{Running: 1, Waiting: 5}, l.State().ThumbnailWorkers)
		callers.Wait()
	})
}

// Clients that send the next request at once keep all workers busy. A few such clients are all served. Many
// exceed the capacity, and some are refused.
func TestFewBusyClientsAreNotRefused(t *testing.T) {
	long := indexOf(video.Video{Name: "a.mp4", Version: "v1"}, 10_000)
	for clients, all := range map[int]bool{2: true, 6: true, 60: false} {
		synctest.Test(t, func(t *testing.T) {
			e := &funcEngine{work: takes(10 * time.Millisecond)}
			l := newLibrary(t, e, func(c *library.Config) {
				c.Workers, c.Queue, c.Prefetch, c.CacheBytes = 2, 100, 0, 1
			})
			var callers sync.WaitGroup
			var servedCount, refusedCount atomic.Int64
			for client := range clients {
				callers.Go(func() {
					ctx := video.WithClient(t.Context(), fmt.Sprint(client))
					for i := range 200 {
						_, _, err := segmentOf(ctx, l, long, cut.Cut{GOP: (client*200 + i) % 10_000})
						if video.KindOf(err) == video.Unavailable {
							refusedCount.Add(1)
							time.Sleep(time.Second) // obeys Retry-After
							continue
						}
						assert.NoError(t, err)
						servedCount.Add(1)
					}
				})
			}
			callers.Wait()
			assert.NotZero(t, servedCount.Load())
			refusals := refusedCount.Load()
			assert.Equal(t, all, refusals == 0, "%d clients: %d refused", clients, refusals)
		})
	}
}

func TestWithoutAQueueNoCallWaits(t *testing.T) {
	runLimited(t, func(c *library.Config) {
		c.Queue = 0
	}, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		requestGOP(t, &callers, l, 0, func(err error, _ time.Duration) { assert.NoError(t, err) })
		requestGOP(t, &callers, l, 1, func(err error, took time.Duration) {
			assert.Equal(t, video.Unavailable, video.KindOf(err))
			assert.Zero(t, took)
		})
		callers.Wait()
	})
}

// The timeout of a load includes its time in the queue.
func TestLoadThatWaitsTooLongIsATimeout(t *testing.T) {
	runLimited(t, func(c *library.Config) {
		c.Queue, c.IndexTimeout, c.SegmentTimeout = 1, 90*time.Second, 90*time.Second
	}, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		requestGOP(t, &callers, l, 0, func(err error, _ time.Duration) { assert.NoError(t, err) })
		requestGOP(t, &callers, l, 1, func(err error, took time.Duration) {
			assert.Equal(t, video.Timeout, video.KindOf(err))
			assert.Equal(t, 90*time.Second, took)
		})
		callers.Wait()
	})
}

func TestValidateReportsEveryInvalidField(t *testing.T) {
	require.NoError(t, library.NewDefaultConfig().Validate())
	negative := library.Config{
		Workers: -1, Queue: -1, Transcodes: -1, TranscodeQueue: -1, Prefetch: -1, CacheBytes: -1,
		InFlightBytes: -1,
	}
	err := negative.Validate()
	fields := reflect.TypeFor[library.Config]()
	for i := range fields.NumField() {
		if fields.Field(i).Type.Kind() == reflect.String {
			continue // any text is valid
		}
		name := fields.Field(i).Name
		if fields.Field(i).Tag.Get("kong") != "-" {
			name = "--" + strings.ToLower(regexp.MustCompile(`(.)([A-Z])`).ReplaceAllString(name, "$1-$2"))
		}
		assert.ErrorContains(t, err, name+" must")
	}
	config := library.NewDefaultConfig()
	config.Queue = 0
	assert.NoError(t, config.Validate(), "a server may have no queue")
}

// While memory is short, no engine call starts, and cached segments are still returned.
func TestSetOutOfMemory(t *testing.T) {
	m := &recordingEngine{}
	run(t, m, func(*library.Config) {}, func(t *testing.T, l *library.Library, _ *fakeSource) {
		ix, err := l.Index(t.Context(), "a.mp4", 1)
		require.NoError(t, err)
		_, _, err = segmentOf(t.Context(), l, ix, cut.Cut{GOP: 0})
		require.NoError(t, err)

		l.SetOutOfMemory(true)
		_, _, err = segmentOf(t.Context(), l, ix, cut.Cut{GOP: 2})
		assert.Equal(t, video.Unavailable, video.KindOf(err))
		assert.Equal(t, "the server is short of memory", video.Message(err))
		_, status, err := segmentOf(t.Context(), l, ix, cut.Cut{GOP: 0})
		require.NoError(t, err)
		assert.Equal(t, video.CacheHit, status)

		l.SetOutOfMemory(false)
		_, _, err = segmentOf(t.Context(), l, ix, cut.Cut{GOP: 2})
		require.NoError(t, err)

		l.Shed()
		_, status, err = segmentOf(t.Context(), l, ix, cut.Cut{GOP: 0})
		require.NoError(t, err)
		assert.Equal(t, video.CacheMiss, status)
	})
}
