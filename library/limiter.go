package library

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"gop/video"
)

// jobs bounds how many engine calls run at a time, how many wait, and for how long.
type jobs struct {
	running  *semaphore.Weighted
	entered  atomic.Int64 // how many run
	most     int64        // that may run
	waiting  atomic.Int64
	queue    int64
	shrinks  bool // the queue, where it stands; else all of it can always be used
	burst    time.Duration
	standing time.Duration
	time     time.Duration
	average  atomic.Int64 // how long one takes of late, in nanoseconds; 0 where none has ended
	epoch    time.Time
	emptied  atomic.Int64 // when nobody waited last, in nanoseconds since epoch
	turned   atomic.Int64 // when somebody was last turned away, likewise
	refusing atomic.Bool  // all that come
	refused  atomic.Int64
}

func newJobs(c Config) *jobs {
	return &jobs{
		running: semaphore.NewWeighted(int64(c.Jobs)), most: int64(c.Jobs),
		queue: int64(c.Queue), shrinks: true, burst: c.BurstTime, standing: c.StandingTime, time: c.QueueTime, epoch: time.Now(),
	}
}

// newEncodes are jobs that take seconds each: who asks for one waits for the one before as a matter of course.
func newEncodes(c Config) *jobs {
	return &jobs{
		running: semaphore.NewWeighted(int64(c.Encodes)), most: int64(c.Encodes),
		queue: int64(c.EncodeQueue), time: c.QueueTime, epoch: time.Now(),
	}
}

// What a call gets that there is no room for.
var (
	errBusy  = video.Errorf(video.Unavailable, "the server has too much to do")
	errShort = video.Errorf(video.Unavailable, "the server is short of memory")
)

// enter waits for its turn; who got it calls leave afterwards. As many as least may wait in any case.
func (j *jobs) enter(ctx context.Context, least int64) (leave func(), err error) {
	if j.refusing.Load() {
		return nil, j.refuse(errShort)
	}
	if j.running.TryAcquire(1) {
		j.emptied.Store(int64(time.Since(j.epoch)))
		return j.begin(), nil
	}
	room := max(j.room(), min(j.queue, least))
	defer j.waiting.Add(-1)
	if j.waiting.Add(1) > room {
		j.turned.Store(int64(time.Since(j.epoch)))
		return nil, j.refuse(errBusy)
	}
	patience, cancel := context.WithTimeout(ctx, j.time)
	defer cancel()
	if err := j.running.Acquire(patience, 1); err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return nil, j.refuse(errBusy)
		}
		return nil, err
	}
	return j.begin(), nil
}

// room is how many may wait now. A burst finds the whole queue. But a queue that stands is no burst:
// whatever its length, no more get done, and each of them later. So only as many may wait then as have their
// turn within the standing time, or half as many as run, and who comes beyond that is told at once, until
// for four times as long as a burst lasts nobody had to be
// (https://queue.acm.org/detail.cfm?id=2209336 on such queues).
func (j *jobs) room() int64 {
	if !j.shrinks {
		return j.queue
	}
	now := int64(time.Since(j.epoch))
	if j.waiting.Load() == 0 {
		j.emptied.Store(now)
	}
	stands := time.Duration(now-j.emptied.Load()) >= j.burst
	turned := j.turned.Load()
	if stands || turned > 0 && time.Duration(now-turned) < 4*j.burst {
		inTime := int64(0)
		if average := j.average.Load(); average > 0 {
			inTime = j.most * int64(j.standing) / average
		}
		return min(j.queue, max(1, j.most/2, inTime))
	}
	return j.queue
}

// browserConnections is how many connections a browser has to a server, by HTTP/1.1. So many pictures one page has
// come at a time, and nobody is to see it without them.
const browserConnections = 6

// begin counts a job whose turn it is, until it leaves.
func (j *jobs) begin() (leave func()) {
	j.entered.Add(1)
	begun := time.Now()
	return func() {
		average, took := j.average.Load(), int64(time.Since(begun))
		if average == 0 {
			average = took
		}
		j.average.Store(max(1, average+(took-average)/8)) // one that is lost to another's does not matter
		j.entered.Add(-1)
		j.running.Release(1)
	}
}

func (j *jobs) refuse(err error) error {
	j.refused.Add(1)
	return err
}

// enterIdle takes a turn that nobody waits for, and leaves one for who comes next where there are
// several; ok is false where there is none. Who got it calls leave afterwards.
func (j *jobs) enterIdle() (leave func(), ok bool) {
	left := min(j.most-1, 1)
	if j.refusing.Load() || j.waiting.Load() > 0 || !j.running.TryAcquire(1+left) {
		return nil, false
	}
	j.running.Release(left)
	return j.begin(), true
}

// idleCheck is how long who waits for a turn that nobody wants looks for one again.
const idleCheck = 5 * time.Millisecond

// awaitIdle waits, however long, for such a turn.
func (j *jobs) awaitIdle(ctx context.Context) (leave func(), err error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if leave, ok := j.enterIdle(); ok {
			return leave, nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(idleCheck):
		}
	}
}
