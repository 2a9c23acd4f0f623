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

// handmade is an engine whose work is a function. It counts the calls, and how many run at a time.
type handmade struct {
	work func(ctx context.Context, open func() (video.File, error)) error // nil does nothing

	calls, running, most atomic.Int64
}

func (e *handmade) call(ctx context.Context, open func() (video.File, error)) error {
	e.calls.Add(1)
	running := e.running.Add(1)
	defer e.running.Add(-1)
	for most := e.most.Load(); running > most && !e.most.CompareAndSwap(most, running); most = e.most.Load() {
	}
	if e.work == nil {
		return nil
	}
	return e.work(ctx, open)
}

func (e *handmade) Index(ctx context.Context, v video.Video, _ int, open func() (video.File, error)) (*video.Index, error) {
	if err := e.call(ctx, open); err != nil {
		return nil, err
	}
	return indexOf(v, 100), nil
}

func (e *handmade) Segment(ctx context.Context, _ *video.Index, key video.SegmentKey, open library.Opener) (*video.Segment, error) {
	if err := e.call(ctx, open); err != nil {
		return nil, err
	}
	return &video.Segment{Key: key, Size: 10}, nil
}

func (e *handmade) Thumbnail(ctx context.Context, _ *video.Index, key video.ThumbnailKey, open library.Opener) (*video.Thumbnail, error) {
	if err := e.call(ctx, open); err != nil {
		return nil, err
	}
	return &video.Thumbnail{Key: key}, nil
}

// Stream hands over two pieces, one before its work and one behind it.
func (e *handmade) Stream(ctx context.Context, ix *video.Index, key video.StreamKey, open library.Opener, to func([]byte) error) (*video.Segment, error) {
	if err := to([]byte("head")); err != nil {
		return nil, err
	}
	s, err := e.Segment(ctx, ix, key.Segment(), open)
	if err == nil {
		err = to([]byte("tail"))
	}
	return s, err
}

// takes is work that lasts so long, unless its context ends.
func takes(d time.Duration) func(context.Context, func() (video.File, error)) error {
	return func(ctx context.Context, _ func() (video.File, error)) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var first = indexOf(video.Video{Name: "a.mp4", Version: "v1"}, 100)

// both is what shares loads; each asks for one thing, always the same.
var both = map[string]func(context.Context, *library.Library) (any, error){
	"index": func(ctx context.Context, l *library.Library) (any, error) { return l.Index(ctx, "a.mp4", 1) },
	"segment": func(ctx context.Context, l *library.Library) (any, error) {
		s, _, err := segmentOf(ctx, l, first, cut.Cut{GOP: 7})
		return s, err
	},
}

type asking = func(context.Context) (any, error)

// bubble runs a test for an index and for a segment, where time is the test's own.
func bubble(t *testing.T, e func() *handmade, change func(*library.Config), test func(*testing.T, *handmade, asking)) {
	t.Helper()
	for name, ask := range both {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				engine := e()
				l := open(t, engine, change)
				test(t, engine, func(ctx context.Context) (any, error) { return ask(ctx, l) })
			})
		})
	}
}

func open(t *testing.T, engine library.Engine, change func(*library.Config)) *library.Library {
	t.Helper()
	config := library.NewDefaultConfig()
	if change != nil {
		change(&config)
	}
	l, err := library.New(config, &shelf{versions: map[string]string{"a.mp4": "v1"}}, engine)
	require.NoError(t, err)
	t.Cleanup(l.Close)
	return l
}

func TestCallersShareOneLoad(t *testing.T) {
	slow := func() *handmade { return &handmade{work: takes(time.Second)} }
	bubble(t, slow, nil, func(t *testing.T, e *handmade, ask asking) {
		got := make([]any, 20)
		var callers sync.WaitGroup
		for i := range got {
			callers.Go(func() {
				var err error
				got[i], err = ask(t.Context())
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

// late is a context whose first use lets something else happen before.
type late struct {
	context.Context
	before func()
}

func (c *late) Err() error {
	if before := c.before; before != nil {
		c.before = nil
		before()
	}
	return c.Context.Err()
}

// A load that ends between a caller's look into the cache and its own load is not made twice.
func TestLoadThatEndsMeanwhileIsNotMadeAgain(t *testing.T) {
	bubble(t, func() *handmade { return &handmade{} }, nil, func(t *testing.T, e *handmade, ask asking) {
		meanwhile := false
		_, err := ask(&late{t.Context(), func() {
			_, err := ask(t.Context())
			require.NoError(t, err)
			meanwhile = true
		}})
		require.NoError(t, err)
		require.True(t, meanwhile)
		assert.EqualValues(t, 1, e.calls.Load())
	})
}

func TestLoadGoesOnWhenItsFirstCallerLeaves(t *testing.T) {
	slow := func() *handmade { return &handmade{work: takes(10 * time.Second)} }
	bubble(t, slow, nil, func(t *testing.T, e *handmade, ask asking) {
		start := time.Now()
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var callers sync.WaitGroup
		callers.Go(func() {
			_, err := ask(impatient)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, time.Second, time.Since(start), "who leaves does not wait")
		})
		synctest.Wait()
		callers.Go(func() {
			_, err := ask(t.Context())
			assert.NoError(t, err)
			assert.Equal(t, 10*time.Second, time.Since(start))
		})
		callers.Wait()
		assert.EqualValues(t, 1, e.calls.Load())
	})
}

// A load that is given up may take a while to notice. Who comes then gets a load of its own.
func TestLoadThatIsGivenUpIsNotJoined(t *testing.T) {
	var given atomic.Int64
	stubborn := func() *handmade {
		e := &handmade{}
		given.Store(0)
		e.work = func(ctx context.Context, _ func() (video.File, error)) error {
			err := takes(5*time.Minute)(ctx, nil)
			if err != nil {
				given.Add(1)
				time.Sleep(time.Minute)
			}
			return err
		}
		return e
	}
	bubble(t, stubborn, func(c *library.Config) { c.Workers, c.IndexTimeout, c.SegmentTimeout = 2, time.Hour, time.Hour }, func(t *testing.T, e *handmade, ask asking) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := ask(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		require.EqualValues(t, 1, given.Load(), "the engine was told to stop")

		start := time.Now()
		var callers sync.WaitGroup
		for range 2 { // the second comes when the load that was given up has ended
			callers.Go(func() {
				_, err := ask(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, 5*time.Minute, time.Since(start))
			})
			time.Sleep(2 * time.Minute)
		}
		callers.Wait()
		assert.EqualValues(t, 2, e.calls.Load())
	})
}

func TestWhoHasAlreadyLeftStartsNothing(t *testing.T) {
	bubble(t, func() *handmade { return &handmade{} }, nil, func(t *testing.T, e *handmade, ask asking) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := ask(ctx)
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		assert.Zero(t, e.calls.Load())
	})
}

// What a moment brings must not be kept: the next caller finds the engine well again.
func TestErrorsThatPassAreNotKept(t *testing.T) {
	for name, passing := range map[string]error{
		"a fault":       errors.New("EIO"),
		"too many open": video.Errorf(video.Unavailable, "too many files are open"),
		"a change":      video.ErrChanged,
		"the time":      context.DeadlineExceeded,
		"a file's mode": video.WrapError(video.Unreadable, fs.ErrPermission, "the server may not read the file"),
	} {
		t.Run(name, func(t *testing.T) {
			broken := func() *handmade {
				e := &handmade{}
				e.work = func(context.Context, func() (video.File, error)) error {
					if e.calls.Load() == 1 {
						return fmt.Errorf("open: %w", passing)
					}
					return nil
				}
				return e
			}
			bubble(t, broken, nil, func(t *testing.T, _ *handmade, ask asking) {
				_, err := ask(t.Context())
				require.ErrorIs(t, err, passing)
				_, err = ask(t.Context())
				require.NoError(t, err)
			})
		})
	}
}

// One odd file must not end the program, nor keep its place in the queue.
func TestPanicOfTheEngineIsAnError(t *testing.T) {
	odd := func() *handmade {
		e := &handmade{}
		e.work = func(context.Context, func() (video.File, error)) error {
			if e.calls.Load() == 1 {
				panic("index out of range")
			}
			return nil
		}
		return e
	}
	bubble(t, odd, func(c *library.Config) { c.Workers, c.Queue = 1, 0 }, func(t *testing.T, _ *handmade, ask asking) {
		_, err := ask(t.Context())
		require.ErrorContains(t, err, "index out of range")
		assert.Equal(t, video.Internal, video.KindOf(err))
		_, err = ask(t.Context())
		require.NoError(t, err)
	})
}
