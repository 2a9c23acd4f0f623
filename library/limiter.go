package library

import (
	"context"
	"math"
	"sync"
	"time"

	"gop/video"
)

// limiter bounds the engine calls of one kind: how many run, how many wait, and how long each waits. Clients
// take turns (fairQueue), so that a client with many calls does not delay the others.
//
// A call that waits for timeout is refused. If the queue is full, a call of the client that has most calls
// waiting is refused. Calls that arrive in an overload wait for overloadTimeout only, unless the client is
// within its patience, so that admitted calls are fast and the others are refused soon. This is CoDel's queue
// timeout, as published in "Fail at Scale" (https://queue.acm.org/detail.cfm?id=2839461). An overload begins
// when the queue has not been empty for overloadInterval. The short waits then empty the queue now and then,
// so the overload ends only when each call has found the queue empty for the same time.
type limiter struct {
	workers    int
	maxWaiting int
	timeout    time.Duration // longest wait
	patience   patience
	freed      chan struct{} // wakes AcquireIdle; has room for one

	mu           sync.Mutex
	running      int
	waiting      fairQueue
	refused      int64     // in total
	lastEmpty    time.Time // when a call last found the queue empty
	lastNonempty time.Time // when a call last found others waiting
	overloaded   bool
	outOfMemory  bool // refuse every call, because memory is short
}

// patience exempts calls from overloadTimeout. A call is exempt if its client has fewer than p.calls calls
// waiting, and at most p.clients other clients have any.
type patience struct{ calls, clients int }

// endlessPatience is that of thumbnails, because a browser loads six of a page at a time and does not retry,
// and of transcodes, because they take seconds.
var endlessPatience = patience{calls: math.MaxInt, clients: math.MaxInt}

// segmentPatience lets a player or a download have 32 segments waiting. The queue, at its default length, has
// room for 8 such clients.
var segmentPatience = patience{calls: 32, clients: 7}

// indexPatience lets a client have one video waiting. Each then waits for the time of two indexes at most.
func indexPatience(workers int) patience { return patience{calls: 1, clients: workers} }

// Times of an overload: the interval of the article, and five times its target of 5 ms, because gop's calls
// take longer.
const (
	overloadInterval = 100 * time.Millisecond
	overloadTimeout  = 25 * time.Millisecond
)

func newLimiter(workers, queue int, timeout time.Duration, patience patience) *limiter {
	return &limiter{
		workers: workers, maxWaiting: queue, timeout: timeout, patience: patience,
		freed: make(chan struct{}, 1), lastEmpty: time.Now(),
	}
}

// Errors of refused calls.
var (
	errOverloaded  = video.Errorf(video.Unavailable, "the server is overloaded")
	errOutOfMemory = video.Errorf(video.Unavailable, "the server is short of memory")
)

// Acquire waits for a worker for a call of a client. The caller calls release when its work is done.
func (l *limiter) Acquire(ctx context.Context, client string) (release func(), err error) {
	return l.acquire(ctx, client, false)
}

// Reacquire is Acquire for a call that has released its worker and goes on. An overload does not shorten its
// wait, because a part of its work is done.
func (l *limiter) Reacquire(ctx context.Context, client string) (release func(), err error) {
	return l.acquire(ctx, client, true)
}

func (l *limiter) acquire(
	ctx context.Context, client string, hasStarted bool,
) (release func(), err error) {
	call, longest := l.start(client, hasStarted)
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.WaitStage))
	wait, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	select {
	case err = <-call.admitted:
	case <-wait.Done():
		err = l.stopWaiting(ctx, call)
	}
	if err != nil {
		return nil, err
	}
	return l.release, nil
}

// start gives a call of a client a worker, refuses it, or lets it wait. It returns how long it may wait.
func (l *limiter) start(client string, hasStarted bool) (call *waitingCall, longest time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	call = &waitingCall{client: client, admitted: make(chan error, 1)}
	if l.outOfMemory {
		l.refuse(call, errOutOfMemory)
		return call, l.timeout
	}
	l.observe(time.Now())
	longest = l.timeout
	if l.overloaded && !hasStarted && !l.isPatient(client) {
		longest = min(overloadTimeout, l.timeout)
	}
	switch {
	case l.waiting.calls == 0 && l.running < l.workers:
		l.running++
		call.admitted <- nil
	case l.waiting.calls < l.maxWaiting:
		l.waiting.push(call)
	default:
		// Refuse the last call of the busiest client instead, unless this client would then have more calls
		// waiting than the busiest one.
		busiest := l.waiting.busiest()
		if l.waiting.of(busiest) <= l.waiting.of(client)+1 {
			l.refuse(call, errOverloaded)
			break
		}
		l.refuse(l.waiting.popLast(busiest), errOverloaded)
		l.waiting.push(call)
	}
	return call, longest
}

// stopWaiting ends the wait of a call that has waited too long or whose context has ended. It returns nil if
// the call has got a worker meanwhile.
func (l *limiter) stopWaiting(ctx context.Context, call *waitingCall) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.waiting.remove(call) {
		return <-call.admitted
	}
	wake(l.freed)
	if err := ctx.Err(); err != nil {
		return err
	}
	l.refused++
	return errOverloaded
}

// observe notes whether a call finds the queue empty, and whether that begins or ends an overload. The caller
// holds l.mu.
func (l *limiter) observe(now time.Time) {
	if l.waiting.calls > 0 {
		l.lastNonempty = now
		l.overloaded = l.overloaded || now.Sub(l.lastEmpty) >= overloadInterval
		return
	}
	l.lastEmpty = now
	l.overloaded = l.overloaded && now.Sub(l.lastNonempty) < overloadInterval
}

// isPatient reports whether the next call of a client may wait for the whole timeout in an overload. The
// caller holds l.mu.
func (l *limiter) isPatient(client string) bool {
	calls, others := l.waiting.of(client), len(l.waiting.turns)
	if calls > 0 {
		others--
	}
	return calls < l.patience.calls && others <= l.patience.clients
}

// TryAcquireIdle takes a worker for work that no request waits for. It reports false if a call is waiting or
// if this would take the last of several workers. The caller calls release when its work is done.
func (l *limiter) TryAcquireIdle() (release func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	spare := min(l.workers-1, 1)
	if l.outOfMemory || l.waiting.calls > 0 || l.running+spare >= l.workers {
		return nil, false
	}
	l.running++
	return l.release, true
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
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outOfMemory = outOfMemory
	wake(l.freed)
}

// IsOutOfMemory reports whether the limiter refuses every call because memory is short.
func (l *limiter) IsOutOfMemory() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.outOfMemory
}

// State returns the current counts.
func (l *limiter) State() LimiterState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return LimiterState{l.running, l.waiting.calls, l.refused}
}

// release frees a worker for the next call.
func (l *limiter) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting.calls > 0 {
		l.waiting.pop().admitted <- nil
	} else {
		l.running--
	}
	wake(l.freed)
}

// refuse ends the wait of a call with err. The caller holds l.mu.
func (l *limiter) refuse(call *waitingCall, err error) {
	l.refused++
	call.admitted <- err
}
