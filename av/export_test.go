package av

import (
	"context"

	"gop/video"
)

// Copying makes an engine that lets no segment refer to its video.
func Copying(e *Engine) *Engine {
	e.copying = true
	return e
}

// Thorough makes an engine that takes no way around libav.
func Thorough(e *Engine) *Engine {
	e.thorough = true
	return e
}

// SegmentOf makes what key names, which need not be the key of a Cut.
func SegmentOf(ctx context.Context, e *Engine, ix *video.Index, key video.SegmentKey, open func() (video.File, error)) (*video.Segment, error) {
	return e.segment(ctx, ix, key, open, nil)
}

// Politely has work done on a thread that makes way.
var Politely = politely
