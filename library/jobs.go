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
	time     time.Duration
	refusing atomic.Bool // all that come
	refused  atomic.Int64
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
		return nil, j.refuse(errShort)
	}
	if j.running.TryAcquire(1) {
		return j.begin(), nil
	}
	defer j.waiting.Add(-1)
	if j.waiting.Add(1) > j.queue {
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

// begin counts a job whose turn it is, until it leaves.
func (j *jobs) begin() (leave func()) {
	j.entered.Add(1)
	return func() {
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
