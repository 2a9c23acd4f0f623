package library

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"gop/internal/singleflight"
	"gop/video"
)

// storage runs calls to the file system. Nothing interrupts a call to a file system that hangs, such as NFS
// or FUSE without its server. So each call runs on a goroutine of its own, and its caller leaves it when the
// caller's context ends. The goroutine, and the thread that it holds, remain until the call returns.
//
// A call is stalled after stallTime, or when its caller has left it. Later calls for the same name then wait
// until it returns, so that a hanging file holds few threads.
type storage struct {
	limit   int64 // calls at a time
	running *semaphore.Weighted
	closing *semaphore.Weighted // has limit, too
	stalled atomic.Int64

	mu    sync.Mutex
	names map[string]*nameCalls
}

// nameCalls counts the calls in progress for one name.
type nameCalls struct {
	running, stalled int
	returned         chan struct{} // closed when the next call returns; nil if no caller waits for that
}

// storageCall is a call in progress. storage.mu guards it.
type storageCall struct {
	name              string
	stalled, returned bool
}

const (
	// yieldTime is the time after which a call yields its worker. Most reads over a network take less. When
	// a file system begins to hang, each of its videos keeps a worker for this time only.
	yieldTime = 20 * time.Millisecond
	// stallTime is the time after which a call is stalled.
	stallTime = time.Second
	// checkTime is the longest time that a listing waits for a file or folder, and Check for the folder. A
	// machine without free processors may need a second for a call.
	checkTime = 5 * time.Second
	// nameShare is the share of the calls that one name may have before the first of them is stalled.
	nameShare = 8
)

// errStalled is the error of a call while as many calls as the limit allows are stalled.
var errStalled = video.Errorf(video.Unavailable, "the storage of the videos does not respond")

func newStorage(limit int) *storage {
	return &storage{
		limit: int64(limit), running: semaphore.NewWeighted(int64(limit)),
		closing: semaphore.NewWeighted(int64(limit)), names: map[string]*nameCalls{},
	}
}

// check returns errStalled if no call can start because all are stalled.
func (s *storage) check() error {
	if s.stalled.Load() >= s.limit {
		return errStalled
	}
	return nil
}

// isStalled reports whether a call for the name is stalled.
func (s *storage) isStalled(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.names[name]
	return calls != nil && calls.stalled > 0
}

// callStorage returns the result of work, a call to the file system about the named file or folder. It
// returns ctx's error if ctx ends first. Then work continues, and its value goes to discard unless that is
// nil. After yieldTime, the worker of ctx is free for other calls of the engine while callStorage waits.
func callStorage[T any](
	ctx context.Context, s *storage, name string, work func() (T, error), discard func(T),
) (value T, err error) {
	type result struct {
		value T
		err   error
	}
	if err := ctx.Err(); err != nil {
		return value, err
	}
	worker := workerOf(ctx)
	if err := s.start(ctx, name, worker); err != nil {
		return value, err
	}
	call, done := &storageCall{name: name}, make(chan result, 1)
	go func() {
		value, err := singleflight.Recover(ctx, func(context.Context) (T, error) { return work() })
		s.end(call)
		done <- result{value, err}
	}()
	yield, stall := time.NewTimer(yieldTime), time.NewTimer(stallTime)
	defer yield.Stop()
	defer stall.Stop()
	for err == nil {
		select {
		case r := <-done:
			if err = worker.resume(ctx); err == nil {
				return r.value, r.err
			}
			done <- r
		case <-yield.C:
			worker.yield()
		case <-stall.C:
			s.noteStalled(call)
		case <-ctx.Done():
			s.noteStalled(call)
			err = fmt.Errorf("the storage does not respond: %w", ctx.Err())
		}
	}
	if discard != nil {
		go func() {
			if r := <-done; r.err == nil {
				discard(r.value)
			}
		}()
	}
	return value, err
}

// close closes a file that was only read, without waiting. A file system that hangs also blocks close(2), so
// the number of these calls is bounded, apart from the others: every file is closed in the end.
func (s *storage) close(file io.Closer) {
	go func() {
		_ = s.closing.Acquire(context.Background(), 1) // its context does not end
		defer s.closing.Release(1)
		_ = file.Close()
	}()
}

// start waits until a call for the name may start. After the call, end must be called.
func (s *storage) start(ctx context.Context, name string, worker *worker) error {
	for returned := s.tryStart(name); returned != nil; returned = s.tryStart(name) {
		worker.yield()
		select {
		case <-returned:
		case <-ctx.Done():
			return fmt.Errorf("the storage does not respond: %w", ctx.Err())
		}
	}
	if s.running.TryAcquire(1) {
		return nil
	}
	err := s.check()
	if err == nil {
		worker.yield()
		err = s.running.Acquire(ctx, 1)
	}
	if err != nil {
		s.endName(name)
	}
	return err
}

// tryStart counts a call for the name and returns nil. If none may start now, it returns a channel that is
// closed when one has returned.
func (s *storage) tryStart(name string) (returned <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.names[name]
	switch {
	case calls == nil:
		s.names[name] = &nameCalls{running: 1}
		return nil
	case calls.stalled == 0 && calls.running < max(int(s.limit)/nameShare, 1):
		calls.running++
		return nil
	case calls.returned == nil:
		calls.returned = make(chan struct{})
	}
	return calls.returned
}

// noteStalled notes that the call is stalled, unless it has returned.
func (s *storage) noteStalled(call *storageCall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !call.returned && !call.stalled {
		call.stalled = true
		s.names[call.name].stalled++
		s.stalled.Add(1)
	}
}

// end ends a call.
func (s *storage) end(call *storageCall) {
	s.mu.Lock()
	call.returned = true
	if call.stalled {
		s.names[call.name].stalled--
		s.stalled.Add(-1)
	}
	s.mu.Unlock()
	s.endName(call.name)
	s.running.Release(1)
}

// endName uncounts a call for the name and wakes the callers that wait for one to return.
func (s *storage) endName(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.names[name]
	if calls.returned != nil {
		close(calls.returned)
		calls.returned = nil
	}
	if calls.running--; calls.running == 0 {
		delete(s.names, name)
	}
}
