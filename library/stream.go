package library

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"gop/internal/singleflight"
	"gop/video"
)

// Stream makes a fragmented segment for this call, and calls send for each fragment as soon as it is
// complete; an error of send stops it. It reports false, without calling send, if the segment is cached:
// Segment then passes it on. A segment that is being made for another call cannot be shared, because its
// first fragments are gone. Its errors are like those of Segment.
func (l *Library) Stream(
	ctx context.Context, ix *video.Index, key video.StreamKey, send func(video.Fragment) error,
) (streamed bool, err error) {
	if _, ok := l.segments.GetIfPresent(key.Segment()); ok {
		return false, nil
	}
	l.segments.misses.Add(1)
	ctx, cancel := context.WithTimeout(ctx, l.config.TranscodeTimeout)
	defer cancel()
	release, err := l.transcodeWorkers.Acquire(ctx, video.ClientOf(ctx))
	if err != nil {
		return true, err
	}
	fragments := newFragmentQueue(l.inFlight)
	ctx, release = l.transcodeWorkers.withWorker(ctx, video.ClientOf(ctx), release)
	l.streams.Go(func() {
		defer release()
		_, err := singleflight.Recover(ctx, func(ctx context.Context) (*video.Segment, error) {
			return l.makeStream(ctx, ix, key, func(f video.Fragment) error { return fragments.put(ctx, f) })
		})
		fragments.close(err)
	})
	return true, fragments.forEach(send)
}

// makeStream makes a fragmented segment and caches it.
func (l *Library) makeStream(
	ctx context.Context, ix *video.Index, key video.StreamKey, emit func(video.Fragment) error,
) (*video.Segment, error) {
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.CutStage))
	s, err := l.engine.Stream(ctx, ix, key, l.opener(ix.Video), emit)
	segment := key.Segment()
	if err == nil {
		err = l.checkVersion(ctx, segment.Name, segment.Version)
	}
	if err != nil {
		return nil, fmt.Errorf("stream of GOP %d of %s: %w", segment.GOP,
			video.PrintableName(segment.Name), err)
	}
	l.segments.Set(segment, s)
	return s, nil
}

// fragmentQueue passes fragments from the engine to a client. The engine is ahead of the client by the bytes
// that fit the budget, and by one fragment while none fit.
type fragmentQueue struct {
	budget *budget

	mu        sync.Mutex
	fragments []video.Fragment // not sent yet; their bytes are taken from budget
	bytes     int64            // of fragments
	closed    bool             // by the engine
	err       error            // of the engine
	left      bool             // by the client
	changed   chan struct{}    // wakes forEach; has room for one
	sent      chan struct{}    // wakes put; has room for one
}

func newFragmentQueue(budget *budget) *fragmentQueue {
	return &fragmentQueue{budget: budget, changed: make(chan struct{}, 1), sent: make(chan struct{}, 1)}
}

// put waits until there is room for a fragment and appends a copy of it: the fragment itself refers to the
// memory of the whole segment. It fails if ctx ends first.
func (q *fragmentQueue) put(ctx context.Context, fragment video.Fragment) error {
	if q.tryPut(fragment) {
		return ctx.Err()
	}
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.WaitStage))
	for !q.tryPut(fragment) {
		select {
		case <-q.sent:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// tryPut appends a copy of a fragment if there is room for it. Without a client it drops the fragment.
func (q *fragmentQueue) tryPut(fragment video.Fragment) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := int64(len(fragment.Data))
	switch {
	case q.left:
		return true
	case len(q.fragments) == 0:
		q.budget.take(size)
	case !q.budget.tryReserve(size):
		return false
	}
	fragment.Data = bytes.Clone(fragment.Data)
	q.fragments = append(q.fragments, fragment)
	q.bytes += size
	wake(q.changed)
	return true
}

// close ends the queue. err is the engine's error, or nil.
func (q *fragmentQueue) close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.err = true, err
	wake(q.changed)
}

// forEach calls send for each fragment until the queue is closed. It returns the first error of send, or the
// engine's.
func (q *fragmentQueue) forEach(send func(video.Fragment) error) error {
	defer q.dropAll()
	for {
		fragment, ok, err := q.first()
		if !ok {
			return err
		}
		if err := send(fragment); err != nil {
			return err
		}
		q.drop()
	}
}

// first waits for a fragment and returns the first one. It reports false and the engine's error after the
// last one.
func (q *fragmentQueue) first() (_ video.Fragment, ok bool, err error) {
	for {
		q.mu.Lock()
		fragments, closed, err := q.fragments, q.closed, q.err
		q.mu.Unlock()
		switch {
		case len(fragments) > 0:
			return fragments[0], true, nil
		case closed:
			return video.Fragment{}, false, err
		}
		<-q.changed
	}
}

// drop removes the first fragment, which has been sent.
func (q *fragmentQueue) drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := int64(len(q.fragments[0].Data))
	q.fragments = slices.Delete(q.fragments, 0, 1)
	q.bytes -= size
	q.budget.release(size)
	wake(q.sent)
}

// dropAll drops the remaining fragments, and those that follow.
func (q *fragmentQueue) dropAll() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.left = true
	q.budget.release(q.bytes)
	q.fragments, q.bytes = nil, 0
}

// wake wakes the goroutine that waits for a channel with room for one element.
func wake(waiting chan<- struct{}) {
	select {
	case waiting <- struct{}{}:
	default:
	}
}
