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
func (l *Library) Stream(ctx context.Context, ix *video.Index, key video.StreamKey, send func(fragment []byte) error) (*video.Segment, error) {
	if s, ok := l.segments.GetIfPresent(key.Segment()); ok {
		l.segments.hits.Add(1)
		return s, nil
	}
	l.segments.misses.Add(1)
	ctx, cancel := context.WithTimeout(ctx, l.config.TranscodeTimeout)
	defer cancel()
	release, err := l.transcodeWorkers.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	made := newGrowing()
	l.streams.Go(func() {
		defer release()
		_, err := singleflight.Recover(ctx, func(ctx context.Context) (*video.Segment, error) { return l.makeStream(ctx, ix, key, made.add) })
		made.end(err)
	})
	return nil, made.each(send, cancel)
}

// makeStream makes a fragmented segment and caches it.
func (l *Library) makeStream(ctx context.Context, ix *video.Index, key video.StreamKey, emit func([]byte) error) (*video.Segment, error) {
	s, err := l.engine.Stream(ctx, ix, key, l.opener(ix.Video), emit)
	segment := key.Segment()
	if err == nil {
		err = l.checkVersion(segment.Name, segment.Version)
	}
	if err != nil {
		return nil, fmt.Errorf("stream of GOP %d of %s: %w", segment.GOP, segment.Name, err)
	}
	l.segments.Set(segment, s)
	return s, nil
}

// growing is pieces of a segment on their way from the engine to a client: however slowly that takes them,
// the engine does not wait. The engine's bound on a segment bounds them.
type growing struct {
	mu     sync.Mutex
	pieces [][]byte
	ended  bool
	err    error
	news   chan struct{} // has room for one
}

func newGrowing() *growing { return &growing{news: make(chan struct{}, 1)} }

func (g *growing) add(piece []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pieces = append(g.pieces, piece)
	g.tell()
	return nil
}

// end says that no more pieces come, and why, where that is an error.
func (g *growing) end(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended, g.err = true, err
	g.tell()
}

func (g *growing) tell() {
	select {
	case g.news <- struct{}{}:
	default:
	}
}

// each hands all pieces to send, until there are no more, or it fails: then stop is called.
func (g *growing) each(send func([]byte) error, stop func()) error {
	for range g.news {
		g.mu.Lock()
		pieces, ended, err := g.pieces, g.ended, g.err
		g.pieces = nil
		g.mu.Unlock()
		for _, piece := range pieces {
			if err := send(piece); err != nil {
				stop()
				return err
			}
		}
		if ended {
			return err
		}
	}
	return nil
}
