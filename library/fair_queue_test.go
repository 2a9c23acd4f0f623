package library_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"gop/library"
	"gop/video"
)

// A player may have 32 segments waiting, however long the workers have been overloaded.
func TestPlayerIsNotRefused(t *testing.T) {
	const call = time.Second
	runLimited(t, func(c *library.Config) {
		c.Queue = 100
	}, func(t *testing.T, l *library.Library, e *funcEngine) {
		e.work = takes(call)
		var callers sync.WaitGroup
		for n := range 20 { // one runs, and 19 wait
			requestGOPAs(t, &callers, l, "player", n, served(t, time.Duration(n+1)*call))
		}
		const later = 500 * time.Millisecond
		time.Sleep(later)
		for n := 20; n < 33; n++ {
			requestGOPAs(t, &callers, l, "player", n, served(t, time.Duration(n+1)*call-later))
		}
		requestGOPAs(t, &callers, l, "player", 33, refused(t, overloadTimeout))
		callers.Wait()
	})
}

// A call waits for one call of each other client at most, however many the others have.
func TestClientsTakeTurns(t *testing.T) {
	const call = time.Second
	runLimited(t, func(c *library.Config) {
		c.Queue = 100
	}, func(t *testing.T, l *library.Library, e *funcEngine) {
		e.work = takes(call)
		var callers sync.WaitGroup
		requestGOPAs(t, &callers, l, "flood", 0, served(t, call))
		for n, turns := range []int{2, 3, 5, 7, 8, 9} {
			requestGOPAs(t, &callers, l, "flood", n+1, served(t, time.Duration(turns)*call))
		}
		time.Sleep(1500 * time.Millisecond)
		const later = 1500 * time.Millisecond
		requestGOPAs(t, &callers, l, "other", 20, served(t, 4*call-later))
		requestGOPAs(t, &callers, l, "other", 21, served(t, 6*call-later))
		callers.Wait()
	})
}

// A client that fills the queue gives its last place to a client with fewer calls.
func TestFullQueueIsShared(t *testing.T) {
	const call = time.Minute
	runLimited(t, func(c *library.Config) {
		c.Queue = 4
	}, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		requestGOPAs(t, &callers, l, "flood", 0, served(t, call))
		requestGOPAs(t, &callers, l, "flood", 1, served(t, 2*call))
		requestGOPAs(t, &callers, l, "flood", 2, served(t, 4*call))
		requestGOPAs(t, &callers, l, "flood", 3, refused(t, 2*time.Second))
		requestGOPAs(t, &callers, l, "flood", 4, refused(t, time.Second))
		requestGOPAs(t, &callers, l, "flood", 5, refused(t, 0))
		time.Sleep(time.Second)
		requestGOPAs(t, &callers, l, "other", 6, served(t, 3*call-time.Second))
		time.Sleep(time.Second)
		requestGOPAs(t, &callers, l, "other", 7, served(t, 5*call-2*time.Second))
		requestGOPAs(t, &callers, l, "other", 8, refused(t, 0)) // both have two
		assert.Equal(t, library.LimiterState{Running: 1, Waiting: 4, Refused: 4}, l.State().SegmentWorkers)
		callers.Wait()
	})
}

// While a client floods the library with videos to index, another client's video waits for its turn.
func TestIndexBesideAFlood(t *testing.T) {
	const call = time.Second
	runLimited(t, func(c *library.Config) {
		c.Queue = 100
	}, func(t *testing.T, l *library.Library, e *funcEngine) {
		e.work = takes(call)
		var callers sync.WaitGroup
		for n := range 3 {
			requestIndexAs(t, &callers, l, "flood", n, served(t, []time.Duration{1, 2, 4}[n]*call))
		}
		time.Sleep(500 * time.Millisecond)
		requestIndexAs(t, &callers, l, "flood", 3, refused(t, overloadTimeout))
		requestIndexAs(t, &callers, l, "other", 4, served(t, 3*call-500*time.Millisecond))
		requestIndexAs(t, &callers, l, "other", 5, refused(t, overloadTimeout))
		callers.Wait()
	})
}

// In an overload by many clients, each waits for 25 ms at most.
func TestOverloadByManyClients(t *testing.T) {
	runLimited(t, func(c *library.Config) {
		c.Queue = 100
	}, func(t *testing.T, l *library.Library, _ *funcEngine) {
		var callers sync.WaitGroup
		for n := range 9 { // one runs, and eight wait
			requestGOPAs(t, &callers, l, fmt.Sprint(n), n, served(t, time.Duration(n+1)*time.Minute))
		}
		time.Sleep(time.Second)
		requestGOPAs(t, &callers, l, "another", 9, refused(t, overloadTimeout))
		callers.Wait()
	})
}

// At ten times the capacity, admitted indexes take at most three times as long as without load, and the
// others are refused within 50 ms, whether one client sends all or each has its own. A client that sends one
// after another beside the flood is not refused.
func TestTenTimesTheCapacity(t *testing.T) {
	const call, workers = 90 * time.Millisecond, 2
	for name, clientOf := range map[string]func(i int) string{
		"one client":   func(int) string { return "flood" },
		"many clients": func(i int) string { return fmt.Sprint(i) },
	} {
		t.Run(name, func(t *testing.T) {
			runLimited(t, func(c *library.Config) {
				c.Workers, c.Queue, c.QueueTimeout = workers, 256, 10*time.Second
			}, func(t *testing.T, l *library.Library, e *funcEngine) {
				e.work = takes(call)
				var callers sync.WaitGroup
				var mu sync.Mutex
				var longest, longestRefusal time.Duration
				admitted, onset := 0, time.Now().Add(3*time.Second)
				for i := range 6000 {
					if i == 2000 && name == "one client" {
						callers.Go(func() {
							ctx := video.WithClient(t.Context(), "other")
							for n := range 50 {
								_, err := l.Index(ctx, "a.mp4", 10_000+n)
								assert.NoError(t, err)
							}
						})
					}
					isOnset := time.Now().Before(onset)
					requestIndexAs(t, &callers, l, clientOf(i), i, func(err error, took time.Duration) {
						mu.Lock()
						defer mu.Unlock()
						switch {
						case err != nil:
							longestRefusal = max(longestRefusal, took)
						case !isOnset:
							admitted++
							longest = max(longest, took)
						}
					})
					time.Sleep(call / workers / 10)
				}
				callers.Wait()
				assert.Greater(t, admitted, 400)
				assert.LessOrEqual(t, longest, 3*call)
				assert.LessOrEqual(t, longestRefusal, 50*time.Millisecond)
			})
		})
	}
}
