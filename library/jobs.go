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
	most     int64 // that may run
	waiting  atomic.Int64
	queue    int64
	time     time.Duration
	refusing atomic.Bool // all that come
}

func newJobs(c Config) *jobs {
	return &jobs{running: semaphore.NewWeighted(int64(c.Jobs)), most: int64(c.Jobs), queue: int64(c.Queue), time: c.QueueTime}
}

// What a call gets that there is no room for.
var (
	errBusy  = video.Refuse(video.Unavailable, "the server has too much to do", nil)
	errShort = video.Refuse(video.Unavailable, "the server is short of memory", nil)
)

// enter waits for its turn; who got it calls leave afterwards.
func (j *jobs) enter(ctx context.Context) (leave func(), err error) {
	if j.refusing.Load() {
		return nil, errShort
	}
	leave = func() { j.running.Release(1) }
	if j.running.TryAcquire(1) {
		return leave, nil
	}
	defer j.waiting.Add(-1)
	if j.waiting.Add(1) > j.queue {
		return nil, errBusy
	}
	patience, cancel := context.WithTimeout(ctx, j.time)
	defer cancel()
	if err := j.running.Acquire(patience, 1); err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return nil, errBusy
		}
		return nil, err
	}
	return leave, nil
}

// enterIdle takes a turn that nobody waits for, and leaves one for who comes next where there are
// several; ok is false where there is none. Who got it calls leave afterwards.
func (j *jobs) enterIdle() (leave func(), ok bool) {
	left := min(j.most-1, 1)
	if j.refusing.Load() || j.waiting.Load() > 0 || !j.running.TryAcquire(1+left) {
		return nil, false
	}
	j.running.Release(left)
	return func() { j.running.Release(1) }, true
}
