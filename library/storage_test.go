package library_test

import (
	"context"
	"errors"
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

// stallingSource is a source whose calls of one kind for names with the prefix "stalled" hang until resume is
// closed. It lists nothing.
type stallingSource struct {
	*library.Storage
	hangs  string // "stat", "open", "read" or "list"
	resume chan struct{}
	calls  atomic.Int64 // that hang or did
}

func (s *stallingSource) call(ctx context.Context, kind, name string) error {
	return s.Call(ctx, name, func() error {
		if kind == s.hangs && strings.HasPrefix(name, "stalled") {
			s.calls.Add(1)
			<-s.resume
		}
		return nil
	})
}

func (s *stallingSource) List(ctx context.Context, _ int) ([]video.Video, error) {
	return nil, s.call(ctx, "list", "stalled")
}

func (s *stallingSource) Stat(ctx context.Context, name string) (video.Video, error) {
	return video.Video{Name: name, Version: "v1"}, s.call(ctx, "stat", name)
}

func (s *stallingSource) Check(context.Context) error { return s.CheckStalled() }

func (s *stallingSource) Open(ctx context.Context, v video.Video) (video.File, error) {
	return stallingFile{s, v.Name}, s.call(ctx, "open", v.Name)
}

type stallingFile struct {
	source *stallingSource
	name   string
}

func (f stallingFile) ReadAtContext(ctx context.Context, b []byte, _ int64) (int, error) {
	return len(b), f.source.call(ctx, "read", f.name)
}

func (f stallingFile) ReadAt([]byte, int64) (int, error) {
	return 0, errors.New("read without a context")
}
func (f stallingFile) Close() error { return nil }

// busyTime is the time of an engine call for a name with the prefix "busy".
const busyTime = 5 * time.Second

// readingEngine opens the video and reads a byte of it in each call.
func readingEngine() *funcEngine {
	return &funcEngine{work: func(ctx context.Context, open library.Opener) error {
		file, err := open(ctx)
		if err != nil {
			return err
		}
		_, err = video.ReadAt(ctx, file, make([]byte, 1), 0)
		if f, ok := file.(stallingFile); ok && strings.HasPrefix(f.name, "busy") {
			time.Sleep(busyTime)
		}
		return err
	}}
}

// withStalls runs a test of a library of two workers in a synctest bubble. Its storage has a limit of 8
// calls.
func withStalls(
	t *testing.T, hangs string, test func(*testing.T, *library.Library, *stallingSource),
) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		config := library.NewDefaultConfig()
		config.Workers, config.Prefetch, config.Transcodes = 2, 0, 1
		s := &stallingSource{Storage: library.NewStorage(8), hangs: hangs, resume: make(chan struct{})}
		l, err := library.New(config, s, readingEngine(), nil)
		require.NoError(t, err)
		defer l.Close()
		test(t, l, s)
	})
}

// Requests for videos whose storage hangs end at their own limit. Videos on other storage are served
// meanwhile, and those as soon as it responds.
func TestStalledStorage(t *testing.T) {
	for _, hangs := range []string{"stat", "open", "read"} {
		t.Run(hangs, func(t *testing.T) {
			withStalls(t, hangs, func(t *testing.T, l *library.Library, s *stallingSource) {
				const limit = 20 * time.Second
				var requests sync.WaitGroup
				start := time.Now()
				for _, name := range []string{"stalled1", "stalled2", "stalled1", "stalled2", "stalled1"} {
					requests.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), limit)
						defer cancel()
						_, err := l.Index(ctx, name, 1)
						assert.Equal(t, video.Timeout, video.KindOf(err), err)
						assert.Equal(t, limit, time.Since(start))
					})
				}
				time.Sleep(library.YieldTime)
				synctest.Wait()
				assert.Zero(t, l.State().IndexWorkers.Running, "the workers are free")
				for range 3 {
					ix, err := l.Index(t.Context(), "healthy", 1)
					require.NoError(t, err)
					_, _, err = segmentOf(t.Context(), l, ix, cut.Cut{})
					require.NoError(t, err)
					assert.NoError(t, l.Ready(t.Context()))
				}
				assert.Equal(t, library.YieldTime, time.Since(start), "no request waited")
				requests.Wait()
				assert.EqualValues(t, s.calls.Load(), s.Stalled())
				assert.LessOrEqual(t, s.Stalled(), 5)

				// Later requests wait for the calls that hang. They make no more calls.
				before := s.calls.Load()
				requests.Go(func() {
					_, err := l.Index(t.Context(), "stalled1", 1)
					assert.NoError(t, err)
				})
				synctest.Wait()
				assert.Equal(t, before, s.calls.Load())
				close(s.resume)
				requests.Wait()
				synctest.Wait()
				assert.Zero(t, s.Stalled())
				_, err := l.Index(t.Context(), "stalled2", 1)
				require.NoError(t, err)
			})
		})
	}
}

// A call of the engine that resumes waits for a worker.
func TestWorkersAreTakenAgainWhenStorageResumes(t *testing.T) {
	withStalls(t, "open", func(t *testing.T, l *library.Library, s *stallingSource) {
		var requests sync.WaitGroup
		for _, name := range []string{"stalled1", "stalled2", "stalled3"} {
			requests.Go(func() {
				_, err := l.Index(t.Context(), name, 1)
				assert.NoError(t, err)
			})
		}
		time.Sleep(3 * library.StallTime) // the third call starts when the first ones yield their workers
		synctest.Wait()
		assert.Equal(t, 3, s.Stalled())
		assert.Zero(t, l.State().IndexWorkers.Running)
		close(s.resume)
		requests.Wait()
		synctest.Wait()
		assert.Zero(t, l.State().IndexWorkers.Running)
		assert.Zero(t, s.Stalled())
	})
}

// An overload does not refuse a call of the engine that resumes.
func TestOverloadDoesNotRefuseResumedCalls(t *testing.T) {
	withStalls(t, "open", func(t *testing.T, l *library.Library, s *stallingSource) {
		var requests sync.WaitGroup
		request := func(name string, isServed bool) {
			requests.Go(func() {
				_, err := l.Index(video.WithClient(t.Context(), "client of "+name), name, 1)
				assert.Equal(t, isServed, err == nil, "%s: %v", name, err)
			})
			synctest.Wait()
		}
		request("stalled1", true)
		time.Sleep(library.YieldTime)
		for _, name := range []string{"busy1", "busy2", "busy3"} {
			request(name, true)
		}
		time.Sleep(time.Second) // the third one has been waiting: an overload
		request("busy4", true)
		request("busy5", true)
		request("busy6", false)
		close(s.resume)
		requests.Wait()
	})
}

// When as many calls hang as the limit allows, requests are refused and the library is not ready, until calls
// return.
func TestLimitOfStalledCalls(t *testing.T) {
	withStalls(t, "stat", func(t *testing.T, l *library.Library, s *stallingSource) {
		var requests sync.WaitGroup
		for i := range 8 {
			requests.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				_, err := l.Index(ctx, "stalled"+string(rune('0'+i)), 1)
				assert.Equal(t, video.Timeout, video.KindOf(err), err)
			})
		}
		synctest.Wait()
		require.NoError(t, l.Ready(t.Context()))
		time.Sleep(library.StallTime)
		synctest.Wait()
		assert.Equal(t, 8, s.Stalled())
		_, err := l.Index(t.Context(), "healthy", 1)
		require.ErrorIs(t, err, library.ErrStalled)
		assert.Equal(t, video.Unavailable, video.KindOf(err))
		require.ErrorIs(t, l.Ready(t.Context()), library.ErrStalled)
		requests.Wait()
		require.ErrorIs(t, l.Ready(t.Context()), library.ErrStalled, "the calls remain after their requests")
		close(s.resume)
		synctest.Wait()
		require.NoError(t, l.Ready(t.Context()))
		_, err = l.Index(t.Context(), "healthy", 1)
		require.NoError(t, err)
	})
}

// One name cannot take all calls before the first of them is stalled.
func TestStalledCallsOfOneName(t *testing.T) {
	withStalls(t, "stat", func(t *testing.T, l *library.Library, s *stallingSource) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var requests sync.WaitGroup
		for range 100 {
			requests.Go(func() {
				_, err := l.Index(ctx, "stalled", 1)
				assert.Equal(t, video.Timeout, video.KindOf(err), err)
			})
		}
		synctest.Wait()
		assert.EqualValues(t, 8/library.NameShare, s.calls.Load())
		_, err := l.Index(t.Context(), "healthy", 1)
		require.NoError(t, err)
		requests.Wait()
		assert.EqualValues(t, 8/library.NameShare, s.calls.Load())
		close(s.resume)
	})
}

// A listing of a folder that hangs ends with its request. So does a client that disconnects, and the library
// closes without waiting for the call.
func TestStalledListing(t *testing.T) {
	withStalls(t, "list", func(t *testing.T, l *library.Library, s *stallingSource) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := l.Catalog(ctx, time.Second)
		assert.Equal(t, video.Timeout, video.KindOf(err), err)
		l.Close()
		assert.Equal(t, 1, s.Stalled())
		close(s.resume)
	})
}

// A call that its caller leaves is stalled at once. Its result is discarded.
func TestCallerLeavesACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, resume := library.NewStorage(8), make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, s.Call(ctx, "a", func() error { panic("called") }), context.Canceled)
		ctx, cancel = context.WithCancel(t.Context())
		var call sync.WaitGroup
		call.Go(func() {
			err := s.Call(ctx, "a", func() error { <-resume; return nil })
			assert.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		cancel()
		call.Wait()
		assert.Equal(t, 1, s.Stalled())
		close(resume)
		require.NoError(t, s.Call(t.Context(), "a", func() error { return nil }))
		assert.Zero(t, s.Stalled())
		require.ErrorContains(t, s.Call(t.Context(), "a", func() error { panic("oops") }), "panic: oops")
	})
}

// blockedFile is a file whose Close counts calls and hangs until resume is closed.
type blockedFile struct {
	closes *atomic.Int64
	resume chan struct{}
}

func (f blockedFile) Close() error {
	f.closes.Add(1)
	<-f.resume
	return nil
}

// Files that hang when they are closed hold a bounded number of threads. All of them are closed in the end.
func TestClosesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := library.NewStorage(2)
		file := blockedFile{new(atomic.Int64), make(chan struct{})}
		for range 5 {
			s.Close(file)
		}
		synctest.Wait()
		assert.EqualValues(t, 2, file.closes.Load())
		require.NoError(t, s.Call(t.Context(), "a", func() error { return nil }))
		close(file.resume)
		synctest.Wait()
		assert.EqualValues(t, 5, file.closes.Load())
	})
}
