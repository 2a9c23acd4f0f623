package library

import (
	"context"
	"fmt"
	"sync"

	"gop/internal/singleflight"
	"gop/video"
)

// Stream returns a fragmented segment if it is cached. Otherwise it makes one for this call, calls send for
// each fragment as soon as it is complete, and returns nil; an error of send stops it. A segment that is
// being made for another call cannot be shared, because its first fragments are gone. Its errors are like
// those of Segment.
func (l *Library) Stream(
	ctx context.Context, ix *video.Index, key video.StreamKey, send func(video.Fragment) error,
) (*video.Segment, error) {
	if s, ok := l.segments.GetIfPresent(key.Segment()); ok {
		l.segments.hits.Add(1)
		return s, nil
	}
	l.segments.misses.Add(1)
	ctx, cancel := context.WithTimeout(ctx, l.config.TranscodeTimeout)
	defer cancel()
	release, err := l.transcodeWorkers.Acquire(ctx, video.ClientOf(ctx))
	if err != nil {
		return nil, err
	}
	fragments := newFragmentQueue()
	l.streams.Go(func() {
		defer release()
		_, err := singleflight.Recover(ctx, func(ctx context.Context) (*video.Segment, error) {
			return l.makeStream(ctx, ix, key, fragments.put)
		})
		fragments.close(err)
	})
	return nil, fragments.forEach(send)
}

// makeStream makes a fragmented segment and caches it.
func (l *Library) makeStream(
	ctx context.Context, ix *video.Index, key video.StreamKey, emit func(video.Fragment) error,
) (*video.Segment, error) {
	s, err := l.engine.Stream(ctx, ix, key, l.opener(ix.Video), emit)
	segment := key.Segment()
	if err == nil {
		err = l.checkVersion(segment.Name, segment.Version)
	}
	if err != nil {
		return nil, fmt.Errorf("stream of GOP %d of %s: %w", segment.GOP,
			video.PrintableName(segment.Name), err)
	}
	l.segments.Set(segment, s)
	return s, nil
}

// fragmentQueue passes fragments from the engine to a client, so that a slow client does not block the
// engine. Its memory is bounded by the engine's limit on the size of a segment.
type fragmentQueue struct {
	mu        sync.Mutex
	fragments []video.Fragment
	closed    bool
	err       error         // of the engine
	changed   chan struct{} // wakes forEach; has room for one
}

func newFragmentQueue() *fragmentQueue { return &fragmentQueue{changed: make(chan struct{}, 1)} }

// put appends a fragment and retains its bytes. It returns nil.
func (q *fragmentQueue) put(fragment video.Fragment) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fragments = append(q.fragments, fragment)
	q.notify()
	return nil
}

// close ends the queue. err is the engine's error, or nil.
func (q *fragmentQueue) close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.err = true, err
	q.notify()
}

// notify wakes forEach.
func (q *fragmentQueue) notify() {
	select {
	case q.changed <- struct{}{}:
	default:
	}
}

// forEach calls send for each fragment until the queue is closed. It returns the first error of send, or the
// engine's.
func (q *fragmentQueue) forEach(send func(video.Fragment) error) error {
	for range q.changed {
		q.mu.Lock()
		fragments, closed, err := q.fragments, q.closed, q.err
		q.fragments = nil
		q.mu.Unlock()
		for _, fragment := range fragments {
			if err := send(fragment); err != nil {
				return err
			}
		}
		if closed {
			return err
		}
	}
	return nil
}
