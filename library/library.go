// Package library looks videos up by name, and makes their indexes, segments and thumbnails. It keeps them in
// bounded caches, makes each of them once for all requests that ask for it at the same time, and limits the
// load.
package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/maypok86/otter/v2"

	"gop/internal/singleflight"
	"gop/video"
	"gop/video/cut"
)

// Source is where videos are stored. Its errors have kinds; a name that no video has is video.NotFound. Its
// methods, and the reads of its files by video.ReadAt, return soon after their context ends.
type Source interface {
	List(ctx context.Context, limit int) ([]video.Video, error)
	Stat(ctx context.Context, name string) (video.Video, error)
	// Check fails if the source cannot be read at the moment.
	Check(ctx context.Context) error
	// Open opens exactly the version of v, or fails with video.ErrChanged. The caller closes the file.
	Open(ctx context.Context, v video.Video) (video.File, error)
}

// Opener opens the bytes of a video whose version is known. It fails with video.ErrChanged if the version has
// changed. The caller closes the file.
type Opener = func(context.Context) (video.File, error)

// Engine makes indexes, segments and thumbnails of a video's bytes. It closes the files that it opens, except
// for those of a Segment's Source.
type Engine interface {
	// Index lists the GOPs of the n-th video track, counted from 1.
	Index(ctx context.Context, v video.Video, n int, open Opener) (*video.Index, error)
	// ReadKeys completes an index whose keyframes were not read.
	ReadKeys(ctx context.Context, ix *video.Index, open Opener) (*video.Index, error)
	// Segment makes a segment.
	Segment(ctx context.Context, ix *video.Index, key video.SegmentKey, open Opener) (*video.Segment, error)
	// Stream makes a fragmented segment and calls emit for each fragment as soon as it is complete. It stops
	// at emit's first error. emit may retain the bytes.
	Stream(
		ctx context.Context, ix *video.Index, key video.StreamKey, open Opener,
		emit func(video.Fragment) error,
	) (*video.Segment, error)
	// Frames lists the frames that GOP.Presented counts of the GOPs first to last, in this order.
	Frames(ctx context.Context, ix *video.Index, first, last int, open Opener) ([]video.Frame, error)
	// Thumbnail decodes frames and encodes them as an image.
	Thumbnail(
		ctx context.Context, ix *video.Index, key video.ThumbnailKey, open Opener,
	) (*video.Thumbnail, error)
}

// Library serves the videos of one source. Its methods may be called concurrently.
type Library struct {
	config Config
	source Source
	engine Engine

	// A limiter of its own for each kind of work, so that none delays another.
	indexWorkers     *limiter
	segmentWorkers   *limiter // remuxed segments
	thumbnailWorkers *limiter
	transcodeWorkers *limiter
	inFlight         *budget

	indexes    productCache[indexKey, indexResult]
	segments   productCache[video.SegmentKey, *video.Segment]
	thumbnails productCache[video.ThumbnailKey, *video.Thumbnail]

	indexLoads     singleflight.Group[indexKey, indexResult]
	segmentLoads   singleflight.Group[video.SegmentKey, *video.Segment]
	transcodeLoads singleflight.Group[video.SegmentKey, *video.Segment]
	thumbnailLoads singleflight.Group[video.ThumbnailKey, *video.Thumbnail]

	stored     *storedIndexes // nil without a store
	streams    sync.WaitGroup // in flight
	prefetcher *prefetcher
	catalog    *catalog
}

type indexKey struct {
	name, version string
	track         int  // number of the video track, from 1
	keys          bool // of a load: with what keyframes tell
}

// indexResult is an index, or the reason why a version of a video has none.
type indexResult struct {
	index *video.Index
	err   error
}

// New returns a library. config must be valid, and store may be nil. The caller closes the library after use.
func New(config Config, source Source, engine Engine, store Store) (*Library, error) {
	config = config.resolved()
	indexes, err := newCache(config.IndexCacheBytes, indexResult.weight,
		indexExpiry{config.CacheExpiry, config.ErrorExpiry})
	if err != nil {
		return nil, fmt.Errorf("create the index cache: %w", err)
	}
	segmentWeight := func(s *video.Segment) int64 { return entryOverhead + s.Memory() }
	segments, err := newCache(config.CacheBytes, segmentWeight,
		otter.ExpiryAccessing[video.SegmentKey, *video.Segment](config.CacheExpiry))
	if err != nil {
		return nil, fmt.Errorf("create the segment cache: %w", err)
	}
	thumbnailWeight := func(t *video.Thumbnail) int64 { return entryOverhead + t.Memory() }
	thumbnails, err := newCache(config.ThumbnailCacheBytes, thumbnailWeight,
		otter.ExpiryAccessing[video.ThumbnailKey, *video.Thumbnail](config.CacheExpiry))
	if err != nil {
		return nil, fmt.Errorf("create the thumbnail cache: %w", err)
	}
	prefetcher, err := newPrefetcher(config.Prefetch)
	if err != nil {
		return nil, fmt.Errorf("create the prefetcher: %w", err)
	}
	wait := config.QueueTimeout
	l := &Library{
		config: config, source: source, engine: engine,
		indexWorkers:     newLimiter(config.Workers, config.Queue, wait, indexPatience(config.Workers)),
		segmentWorkers:   newLimiter(config.Workers, config.Queue, wait, segmentPatience),
		thumbnailWorkers: newLimiter(config.Workers, config.Queue, wait, endlessPatience),
		transcodeWorkers: newLimiter(config.Transcodes, config.TranscodeQueue, wait, endlessPatience),
		inFlight:         newBudget(config.InFlightBytes, config.Queue, wait),
		prefetcher:       prefetcher, catalog: newCatalog(config.ErrorExpiry),
	}
	if store != nil {
		l.stored = newStoredIndexes(store, config.EngineVersion)
	}
	l.indexes.Cache, l.segments.Cache, l.thumbnails.Cache = indexes, segments, thumbnails
	l.indexLoads.Timeout = config.IndexTimeout
	l.segmentLoads.Timeout, l.thumbnailLoads.Timeout = config.SegmentTimeout, config.SegmentTimeout
	l.transcodeLoads.Timeout = config.TranscodeTimeout
	return l, nil
}

// Close waits for the engine calls in flight and stops background work.
func (l *Library) Close() {
	l.prefetcher.close()
	l.catalog.close()
	l.indexLoads.Wait()
	l.segmentLoads.Wait()
	l.thumbnailLoads.Wait()
	l.streams.Wait()
	l.transcodeLoads.Wait()
	l.stored.close()
	l.indexes.StopAllGoroutines()
	l.segments.StopAllGoroutines()
	l.thumbnails.StopAllGoroutines()
}

// isVideoError reports whether err is about the video's contents or access to it, not about the server's
// load.
func isVideoError(err error) bool {
	kind := video.KindOf(err)
	return kind == video.Unreadable || kind == video.TooLarge
}

// isPermanent reports whether the same version of a video will fail in the same way again. The permissions of
// a file can change without its version.
func isPermanent(err error) bool { return isVideoError(err) && !errors.Is(err, fs.ErrPermission) }

// Resolve returns the index of the named video, whose keyframes may be unread, and the key of c in it. Its
// errors are those of Index and cut.Cut.Resolve.
func (l *Library) Resolve(
	ctx context.Context, name string, c cut.Cut,
) (*video.Index, video.SegmentKey, error) {
	ix, err := l.index(ctx, name, max(c.Video, 1))
	if err == nil && c.NeedsKeys(ix) {
		ix, err = l.withKeys(ctx, ix, max(c.Video, 1))
	}
	if err != nil {
		return nil, video.SegmentKey{}, err
	}
	key, err := c.Resolve(ix)
	return ix, key, err
}

// ResolveListing is Resolve with an index whose keyframes were read.
func (l *Library) ResolveListing(
	ctx context.Context, name string, c cut.Cut,
) (*video.Index, video.SegmentKey, error) {
	ix, err := l.Index(ctx, name, max(c.Video, 1))
	if err != nil {
		return nil, video.SegmentKey{}, err
	}
	key, err := c.Resolve(ix)
	return ix, key, err
}

// Segment passes send the segment of a key that Resolve returned together with ix, and where it came from.
// The segment counts as in flight until send returns. The errors are like those of Index, and those of send;
// video.ErrChanged means that the video no longer has the key's version.
func (l *Library) Segment(
	ctx context.Context, ix *video.Index, key video.SegmentKey,
	send func(*video.Segment, video.CacheStatus) error,
) error {
	loads, limiter := &l.segmentLoads, l.segmentWorkers
	if key.IsTranscode() {
		loads, limiter = &l.transcodeLoads, l.transcodeWorkers
	}
	get := func() (*video.Segment, video.CacheStatus, error) {
		segment := func(ctx context.Context) (*video.Segment, error) { return l.makeSegment(ctx, ix, key) }
		return l.segments.get(ctx, key, loads, limiter, segment)
	}
	return whileHeld(ctx, l.inFlight, get, func(s *video.Segment, status video.CacheStatus) error {
		if !key.IsTranscode() {
			l.prefetch(ix, key)
		}
		return send(s, status)
	})
}

// makeSegment makes a segment and caches it.
func (l *Library) makeSegment(
	ctx context.Context, ix *video.Index, key video.SegmentKey,
) (*video.Segment, error) {
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.CutStage))
	s, err := l.engine.Segment(ctx, ix, key, l.opener(ix.Video))
	if err == nil {
		err = l.checkVersion(ctx, key.Name, key.Version)
	}
	if err != nil {
		return nil, fmt.Errorf("segment of GOP %d of %s: %w", key.GOP, video.PrintableName(key.Name), err)
	}
	l.segments.Set(key, s)
	return s, nil
}

// Thumbnail passes send the thumbnail of a key that ResolveImage returned together with ix, like Segment.
func (l *Library) Thumbnail(
	ctx context.Context, ix *video.Index, key video.ThumbnailKey,
	send func(*video.Thumbnail, video.CacheStatus) error,
) error {
	get := func() (*video.Thumbnail, video.CacheStatus, error) {
		thumbnail := func(ctx context.Context) (*video.Thumbnail, error) {
			return l.makeThumbnail(ctx, ix, key)
		}
		return l.thumbnails.get(ctx, key, &l.thumbnailLoads, l.thumbnailWorkers, thumbnail)
	}
	return whileHeld(ctx, l.inFlight, get, send)
}

// makeThumbnail makes a thumbnail and caches it.
func (l *Library) makeThumbnail(
	ctx context.Context, ix *video.Index, key video.ThumbnailKey,
) (*video.Thumbnail, error) {
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.CutStage))
	t, err := l.engine.Thumbnail(ctx, ix, key, l.opener(ix.Video))
	if err == nil {
		err = l.checkVersion(ctx, key.Name, key.Version)
	}
	if err != nil {
		return nil, fmt.Errorf("thumbnail of GOP %d of %s: %w", key.GOP, video.PrintableName(key.Name), err)
	}
	l.thumbnails.Set(key, t)
	return t, nil
}

func (l *Library) opener(v video.Video) Opener {
	return func(ctx context.Context) (video.File, error) { return l.source.Open(ctx, v) }
}

// stat looks up a video by name.
func (l *Library) stat(ctx context.Context, name string) (video.Video, error) {
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.OpenStage))
	return l.source.Stat(ctx, name)
}

// checkVersion returns video.ErrChanged unless the video still has the version. A product that was made while
// the file was written to belongs to no version.
func (l *Library) checkVersion(ctx context.Context, name, version string) error {
	now, err := l.stat(ctx, name)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil || now.Version != version {
		return video.ErrChanged
	}
	return nil
}
