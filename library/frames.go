package library

import (
	"context"
	"fmt"

	"gop/video"
	"gop/video/cut"
)

// ResolveImage returns the index of the named video and the key of an image of it, like Resolve.
func (l *Library) ResolveImage(
	ctx context.Context, name string, image cut.Image,
) (*video.Index, video.ThumbnailKey, error) {
	ix, err := l.Index(ctx, name, max(image.Track(), 1))
	if err != nil {
		return nil, video.ThumbnailKey{}, err
	}
	frames := func(gop int) ([]video.Frame, error) { return l.Frames(ctx, ix, gop, gop) }
	key, err := image.Resolve(ix, frames)
	return ix, key, err
}

// Frames lists the frames that GOP.Presented counts of the GOPs first to last, in this order. It counts as
// work on a segment. The errors are like those of Segment.
func (l *Library) Frames(ctx context.Context, ix *video.Index, first, last int) ([]video.Frame, error) {
	ctx, cancel := context.WithTimeout(ctx, l.config.SegmentTimeout)
	defer cancel()
	client := video.ClientOf(ctx)
	release, err := l.segmentWorkers.Acquire(ctx, client)
	if err != nil {
		return nil, err
	}
	ctx, release = l.segmentWorkers.withWorker(ctx, client, release)
	defer release()
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.CutStage))
	frames, err := l.engine.Frames(ctx, ix, first, last, l.opener(ix.Video))
	if err == nil {
		err = l.checkVersion(ctx, ix.Video.Name, ix.Video.Version)
	}
	if err != nil {
		return nil, fmt.Errorf("frames of GOPs %d to %d of %s: %w", first, last,
			video.PrintableName(ix.Video.Name), err)
	}
	return frames, nil
}
