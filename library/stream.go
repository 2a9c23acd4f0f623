package library

import (
	"context"
	"fmt"
	"sync"

	"gop/internal/singleflight"
	"gop/video"
)

// Stream is Segment for a streamed one. Where that is at hand, it is returned; where it has to be made, each piece is
// handed to send when it is there, and an error of send ends the making. Each caller has its own made: what is
// under way for another has pieces behind it already.
func (l *Library) Stream(ctx context.Context, ix *video.Index, of video.Cut, send func(piece []byte) error) (*video.Segment, error) {
	key, err := l.keyOf(ix, of)
	if err != nil {
		return nil, err
	}
	if s, ok := l.segments.GetIfPresent(key); ok {
		l.segmentHits.Add(1)
		return s, nil
	}
	l.segmentMisses.Add(1)
	ctx, cancel := context.WithTimeout(ctx, l.config.TranscodeTimeout)
	defer cancel()
	release, err := l.transcodes.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	made := newGrowing()
	l.streams.Go(func() {
		defer release()
		_, err := singleflight.Recover(ctx, func(ctx context.Context) (*video.Segment, error) { return l.makeStream(ctx, ix, of, key, made.add) })
		made.end(err)
	})
	return nil, made.each(send, cancel)
}

// makeStream makes a streamed segment, and keeps it.
func (l *Library) makeStream(ctx context.Context, ix *video.Index, of video.Cut, key video.SegmentKey, to func([]byte) error) (*video.Segment, error) {
	v := ix.Video
	s, err := l.engine.Stream(ctx, ix, of, func() (video.File, error) { return l.source.Open(v) }, to)
	if err != nil {
		return nil, fmt.Errorf("encode GOP %d of %s: %w", of.GOP, v.Name, err)
	}
	return s, l.keep(key, s)
}

// growing is pieces of a segment on their way from the engine to a client: however slowly that takes them, the
// engine does not wait. The engine's bound on a segment bounds them.
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
