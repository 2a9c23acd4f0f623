package main

import (
	"context"
	"time"

	"gop/library"
	"gop/video"
)

// Names of the engine's calls in metrics.
const (
	callIndex     = "index"
	callSegment   = "segment"
	callFrames    = "frames"
	callThumbnail = "thumbnail"
	callTranscode = "transcode" // takes a hundred times as long as a remuxed segment
)

// meteredEngine measures the calls of an engine.
type meteredEngine struct {
	library.Engine
	metrics *metrics
}

// Index implements library.Engine.
func (e meteredEngine) Index(
	ctx context.Context, v video.Video, n int, open library.Opener,
) (ix *video.Index, err error) {
	defer e.measure(callIndex, time.Now(), &err)
	return e.Engine.Index(ctx, v, n, open)
}

// ReadKeys implements library.Engine. It counts as a part of an index.
func (e meteredEngine) ReadKeys(
	ctx context.Context, ix *video.Index, open library.Opener,
) (read *video.Index, err error) {
	defer e.measure(callIndex, time.Now(), &err)
	return e.Engine.ReadKeys(ctx, ix, open)
}

// Segment implements library.Engine.
func (e meteredEngine) Segment(
	ctx context.Context, ix *video.Index, key video.SegmentKey, open library.Opener,
) (s *video.Segment, err error) {
	call := callSegment
	if key.IsTranscode() {
		call = callTranscode
	}
	defer e.measure(call, time.Now(), &err)
	return e.Engine.Segment(ctx, ix, key, open)
}

// Stream implements library.Engine.
func (e meteredEngine) Stream(
	ctx context.Context, ix *video.Index, key video.StreamKey, open library.Opener,
	emit func(video.Fragment) error,
) (s *video.Segment, err error) {
	defer e.measure(callTranscode, time.Now(), &err)
	return e.Engine.Stream(ctx, ix, key, open, emit)
}

// Frames implements library.Engine.
func (e meteredEngine) Frames(
	ctx context.Context, ix *video.Index, first, last int, open library.Opener,
) (frames []video.Frame, err error) {
	defer e.measure(callFrames, time.Now(), &err)
	return e.Engine.Frames(ctx, ix, first, last, open)
}

// Thumbnail implements library.Engine.
func (e meteredEngine) Thumbnail(
	ctx context.Context, ix *video.Index, key video.ThumbnailKey, open library.Opener,
) (t *video.Thumbnail, err error) {
	defer e.measure(callThumbnail, time.Now(), &err)
	return e.Engine.Thumbnail(ctx, ix, key, open)
}

// measure records the duration of a call that started at a time, and the kind of its error.
func (e meteredEngine) measure(call string, start time.Time, err *error) {
	e.metrics.work.WithLabelValues(call).Observe(time.Since(start).Seconds())
	if *err != nil {
		e.metrics.failures.WithLabelValues(call, video.KindOf(*err).String()).Inc()
	}
}
