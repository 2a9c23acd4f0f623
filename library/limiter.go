package library

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"gop/video"
)

// limiter bounds the engine calls of one kind: how many run, how many wait, and how long each waits.
//
// A call that finds the queue full, or that waits for timeout, is refused. If refusesSoon is set, calls that
// arrive in an overload wait for overloadTimeout only, so that admitted calls are fast and the others are
// refused soon. This is CoDel's queue timeout, as published in "Fail at Scale"
// (https://queue.acm.org/detail.cfm?id=2839461). An overload begins when the queue has not been empty for
// overloadInterval. The short waits then empty the queue now and then, so the overload ends only when each
// call has found the queue empty for the same time.
type limiter struct {
	running *semaphore.Weighted
	queue   *semaphore.Weighted
	workers int64

	timeout     time.Duration // longest wait
	refusesSoon bool

	start        time.Time
	lastEmpty    atomic.Int64 // when a call last found the queue empty, in nanoseconds since start
	lastNonempty atomic.Int64 // when a call last found others waiting, likewise
	overloaded   atomic.Bool
	outOfMemory  atomic.Bool   // refuse every call, because memory is short
	freed        chan struct{} // wakes AcquireIdle; has room for one

	runningCount, waitingCount, refusedCount atomic.Int64
}

// Times of an overload: the interval of the article, and five times its target of 5 ms, because gop's calls
// take longer.
const (
	overloadInterval = 100 * time.Millisecond
	overloadTimeout  = 25 * time.Millisecond
)

func newLimiter(workers, queue int, timeout time.Duration, refusesSoon bool) *limiter {
	return &limiter{
		running: semaphore.NewWeighted(int64(workers)), queue: semaphore.NewWeighted(int64(queue)),
		workers: int64(workers), timeout: timeout, refusesSoon: refusesSoon,
		start: time.Now(), freed: make(chan struct{}, 1),
	}
}

// Errors of refused calls.
var (
	errOverloaded  = video.Errorf(video.Unavailable, "the server is overloaded")
	errOutOfMemory = video.Errorf(video.Unavailable, "the server is short of memory")
)

// Acquire waits for a worker. The caller calls release when its work is done.
func (l *limiter) Acquire(ctx context.Context) (release func(), err error) {
	if l.outOfMemory.Load() {
		return nil, l.refuse(errOutOfMemory)
	}
	l.observe()
	if l.running.TryAcquire(1) {
		return l.run(), nil
	}
	if !l.queue.TryAcquire(1) {
		return nil, l.refuse(errOverloaded)
	}
	defer l.queue.Release(1)
	l.waitingCount.Add(1)
	defer l.stopWaiting()
	wait, cancel := context.WithTimeout(ctx, l.maxWait())
	defer cancel()
	if l.running.Acquire(wait, 1) == nil {
		return l.run(), nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, l.refuse(errOverloaded)
}

// observe notes whether a call finds the queue empty, and whether that begins or ends an overload.
func (l *limiter) observe() {
	now := l.now()
	if l.waitingCount.Load() > 0 {
		l.lastNonempty.Store(now)
		if now-l.lastEmpty.Load() >= int64(overloadInterval) {
			l.overloaded.Store(true)
		}
		return
	}
	l.lastEmpty.Store(now)
	if now-l.lastNonempty.Load() >= int64(overloadInterval) {
		l.overloaded.Store(false)
	}
}

// maxWait returns the longest wait of a call that arrives now.
func (l *limiter) maxWait() time.Duration {
	if l.refusesSoon && l.overloaded.Load() {
		return min(overloadTimeout, l.timeout)
	}
	return l.timeout
}

// TryAcquireIdle takes a worker for work that no request waits for. It reports false if a call is waiting or
// if this would take the last of several workers. The caller calls release when its work is done.
func (l *limiter) TryAcquireIdle() (release func(), ok bool) {
	spare := min(l.workers-1, 1)
	if l.outOfMemory.Load() || l.waitingCount.Load() > 0 || l.runningCount.Load()+spare >= l.workers ||
		!l.running.TryAcquire(1) {
		return nil, false
	}
	return l.run(), true
}

// AcquireIdle waits until TryAcquireIdle succeeds or ctx ends. One caller at a time may use it.
func (l *limiter) AcquireIdle(ctx context.Context) (release func(), err error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if release, ok := l.TryAcquireIdle(); ok {
			return release, nil
		}
		select {
		case <-ctx.Done():
		case <-l.freed:
		}
	}
}

// SetOutOfMemory makes the limiter refuse every call while outOfMemory is true.
func (l *limiter) SetOutOfMemory(outOfMemory bool) {
	l.outOfMemory.Store(outOfMemory)
	l.notify()
}

// State returns the current counts.
func (l *limiter) State() LimiterState {
	return LimiterState{int(l.runningCount.Load()), int(l.waitingCount.Load()), l.refusedCount.Load()}
}

func (l *limiter) run() (release func()) {
	l.runningCount.Add(1)
	return func() {
		l.runningCount.Add(-1)
		l.running.Release(1)
		l.notify()
	}
}

func (l *limiter) stopWaiting() {
	l.waitingCount.Add(-1)
	l.notify()
}

// notify wakes AcquireIdle.
func (l *limiter) notify() {
	select {
	case l.freed <- struct{}{}:
	default:
	}
}

func (l *limiter) refuse(err error) error {
	l.refusedCount.Add(1)
	return err
}

// now returns the time in nanoseconds since start.
func (l *limiter) now() int64 { return int64(time.Since(l.start)) }
