package library_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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

var first = indexOf(video.Video{Name: "a.mp4", Version: "v1"}, 100)

// requests are calls of a Library that share loads, by name. Each always requests the same result.
var requests = map[string]func(context.Context, *library.Library) (any, error){
	"index": func(ctx context.Context, l *library.Library) (any, error) { return l.Index(ctx, "a.mp4", 1) },
	"segment": func(ctx context.Context, l *library.Library) (any, error) {
		s, _, err := segmentOf(ctx, l, first, cut.Cut{GOP: 7})
		return s, err
	},
}

// requester is one of requests, bound to a library.
type requester = func(context.Context) (any, error)

// runForEach runs a test for each of requests, in a synctest bubble.
func runForEach(
	t *testing.T, newEngine func() *funcEngine, change configure,
	test func(*testing.T, *funcEngine, requester),
) {
	t.Helper()
	for name, call := range requests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				engine := newEngine()
				l := newLibrary(t, engine, change)
				test(t, engine, func(ctx context.Context) (any, error) { return call(ctx, l) })
			})
		})
	}
}

func TestCallersShareOneLoad(t *testing.T) {
	slow := func() *funcEngine { return &funcEngine{work: takes(time.Second)} }
	runForEach(t, slow, nil, func(t *testing.T, e *funcEngine, request requester) {
		got := make([]any, 20)
		var callers sync.WaitGroup
		for i := range got {
			callers.Go(func() {
				var err error
				got[i], err = request(t.Context())
				assert.NoError(t, err)
			})
		}
		callers.Wait()
		for _, other := range got {
			assert.Same(t, got[0], other)
		}
		assert.EqualValues(t, 1, e.calls.Load())
	})
}

// hookedContext is a context that calls before on the first use of Err.
type hookedContext struct {
	context.Context
	before func()
}

func (c *hookedContext) Err() error {
	if before := c.before; before != nil {
		c.before = nil
		before()
	}
	return c.Context.Err()
}

// A load that ends between a caller's cache lookup and its own load is not repeated.
func TestLoadLooksIntoTheCacheAgain(t *testing.T) {
	newEngine := func() *funcEngine { return &funcEngine{} }
	runForEach(t, newEngine, nil, func(t *testing.T, e *funcEngine, request requester) {
		meanwhile := false
		_, err := request(&hookedContext{t.Context(), func() {
			_, err := request(t.Context())
			require.NoError(t, err)
			meanwhile = true
		}})
		require.NoError(t, err)
		require.True(t, meanwhile)
		assert.EqualValues(t, 1, e.calls.Load())
	})
}

func TestLoadOutlivesItsFirstCaller(t *testing.T) {
	slow := func() *funcEngine { return &funcEngine{work: takes(10 * time.Second)} }
	runForEach(t, slow, nil, func(t *testing.T, e *funcEngine, request requester) {
		start := time.Now()
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var callers sync.WaitGroup
		callers.Go(func() {
			_, err := request(impatient)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, time.Second, time.Since(start), "a canceled caller does not wait")
		})
		synctest.Wait()
		callers.Go(func() {
			_, err := request(t.Context())
			assert.NoError(t, err)
			assert.Equal(t, 10*time.Second, time.Since(start))
		})
		callers.Wait()
		assert.EqualValues(t, 1, e.calls.Load())
	})
}

// A canceled load may take a while to end. A later caller starts a new load.
func TestCanceledLoadIsNotJoined(t *testing.T) {
	var canceled atomic.Int64
	stubborn := func() *funcEngine {
		e := &funcEngine{}
		canceled.Store(0)
		e.work = func(ctx context.Context, _ library.Opener) error {
			err := takes(5*time.Minute)(ctx, nil)
			if err != nil {
				canceled.Add(1)
				time.Sleep(time.Minute)
			}
			return err
		}
		return e
	}
	runForEach(t, stubborn, func(c *library.Config) {
		c.Workers, c.IndexTimeout, c.SegmentTimeout = 2, time.Hour, time.Hour
	}, func(t *testing.T, e *funcEngine, request requester) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := request(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		require.EqualValues(t, 1, canceled.Load(), "the engine call was canceled")

		start := time.Now()
		var callers sync.WaitGroup
		for range 2 { // the second one starts after the canceled load has ended
			callers.Go(func() {
				_, err := request(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, 5*time.Minute, time.Since(start))
			})
			time.Sleep(2 * time.Minute)
		}
		callers.Wait()
		assert.EqualValues(t, 2, e.calls.Load())
	})
}

func TestCanceledCallerStartsNoLoad(t *testing.T) {
	newEngine := func() *funcEngine { return &funcEngine{} }
	runForEach(t, newEngine, nil, func(t *testing.T, e *funcEngine, request requester) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := request(ctx)
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		assert.Zero(t, e.calls.Load())
	})
}

// Transient errors are not cached: the next caller calls the engine again.
func TestTransientErrorsAreNotCached(t *testing.T) {
	for name, transient := range map[string]error{
		"other":         errors.New("EIO"),
		"too many open": video.Errorf(video.Unavailable, "too many files are open"),
		"changed":       video.ErrChanged,
		"timeout":       context.DeadlineExceeded,
		"mode of file":  video.WrapError(video.Unreadable, fs.ErrPermission, "permission denied"),
	} {
		t.Run(name, func(t *testing.T) {
			broken := func() *funcEngine {
				e := &funcEngine{}
				e.work = func(context.Context, library.Opener) error {
					if e.calls.Load() == 1 {
						return fmt.Errorf("open: %w", transient)
					}
					return nil
				}
				return e
			}
			runForEach(t, broken, nil, func(t *testing.T, _ *funcEngine, request requester) {
				_, err := request(t.Context())
				require.ErrorIs(t, err, transient)
				_, err = request(t.Context())
				require.NoError(t, err)
			})
		})
	}
}

// A panic of the engine is returned as an error and releases the worker.
func TestPanicOfTheEngineIsAnError(t *testing.T) {
	odd := func() *funcEngine {
		e := &funcEngine{}
		e.work = func(context.Context, library.Opener) error {
			if e.calls.Load() == 1 {
				panic("index out of range")
			}
			return nil
		}
		return e
	}
	runForEach(t, odd, func(c *library.Config) {
		c.Workers, c.Queue = 1, 0
	}, func(t *testing.T, _ *funcEngine, request requester) {
		_, err := request(t.Context())
		require.ErrorContains(t, err, "index out of range")
		assert.Equal(t, video.Internal, video.KindOf(err))
		_, err = request(t.Context())
		require.NoError(t, err)
	})
}
