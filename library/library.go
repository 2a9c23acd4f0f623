// Package library answers for videos by their names: it knows where they lie, keeps their indexes
// and segments in bounded caches, and has each made once however many ask for it.
package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"gop/internal/singleflight"
	"gop/video"
)

// Source is where videos lie. Its errors have kinds; a name that no video has is NotFound.
type Source interface {
	List(ctx context.Context, limit int) ([]video.Video, error)
	Stat(name string) (video.Video, error)
	// Check is an error where no video can be found for now.
	Check() error
	// Open gives exactly the version of v, or video.ErrChanged.
	Open(v video.Video) (video.File, error)
}

// Engine makes indexes and segments of a video's bytes. It closes what it opens.
type Engine interface {
	Index(ctx context.Context, v video.Video, n int, open func() (video.File, error)) (*video.Index, error)
	Segment(ctx context.Context, ix *video.Index, of video.Cut, open func() (video.File, error)) (*video.Segment, error)
	// MakeWay says that work begins that is not an encode.
	MakeWay()
	// Stream hands the pieces of a segment to to as they are made; they stay as they are.
	Stream(ctx context.Context, ix *video.Index, of video.Cut, open func() (video.File, error), to func(piece []byte) error) (*video.Segment, error)
}

// Library is the videos of one source. Its methods may be called concurrently.
type Library struct {
	config Config
	source Source
	engine Engine

	workers    *limiter // indexes and copied segments
	thumbnails *limiter
	transcodes *limiter

	indexes      *otter.Cache[indexKey, indexed]
	segments     *otter.Cache[video.SegmentKey, *video.Segment]
	indexLoads   singleflight.Group[indexKey, indexed]
	segmentLoads singleflight.Group[video.SegmentKey, *video.Segment]
	encodeLoads  singleflight.Group[video.SegmentKey, *video.Segment]
	listings     singleflight.Group[struct{}, listing]
	streams      sync.WaitGroup // under way
	prefetcher   *prefetcher
	catalog      *catalog

	indexHits, indexMisses, segmentHits, segmentMisses atomic.Int64
}

type indexKey struct {
	name, version string
	track         int // the number of the video track, from 1
}

// indexed is an index, or why a version of a video has none.
type indexed struct {
	index *video.Index
	err   error
}

// New makes a library by a valid Config; Close it after use.
func New(config Config, source Source, engine Engine) (*Library, error) {
	config = config.resolved()
	indexes, err := newCache(config.IndexCacheBytes, indexed.weight, indexExpiry{config.CacheExpiry, config.ErrorExpiry})
	if err != nil {
		return nil, fmt.Errorf("make the index cache: %w", err)
	}
	weigh := func(s *video.Segment) int64 { return entryBytes + s.Memory() }
	segments, err := newCache(config.CacheBytes, weigh, otter.ExpiryAccessing[video.SegmentKey, *video.Segment](config.CacheExpiry))
	if err != nil {
		return nil, fmt.Errorf("make the segment cache: %w", err)
	}
	prefetcher, err := newPrefetcher(config.Prefetch)
	if err != nil {
		return nil, fmt.Errorf("make the prefetcher: %w", err)
	}
	l := &Library{
		config: config, source: source, engine: engine,
		workers:    newLimiter(config.Workers, config.Queue, config.QueueTimeout, standingTimeout),
		thumbnails: newLimiter(config.Workers, config.Queue, config.SlowQueueTimeout, 0),
		transcodes: newLimiter(config.Transcodes, config.TranscodeQueue, config.SlowQueueTimeout, 0),
		indexes:    indexes, segments: segments, prefetcher: prefetcher, catalog: newCatalog(config.ErrorExpiry),
	}
	l.indexLoads.Timeout, l.segmentLoads.Timeout, l.listings.Timeout = config.IndexTimeout, config.SegmentTimeout, config.IndexTimeout
	l.encodeLoads.Timeout = config.TranscodeTimeout
	return l, nil
}

// Close waits for the engine calls under way, and stops what the caches do in the background.
func (l *Library) Close() {
	l.prefetcher.close()
	l.catalog.close()
	l.listings.Wait()
	l.indexLoads.Wait()
	l.segmentLoads.Wait()
	l.streams.Wait()
	l.encodeLoads.Wait()
	l.indexes.StopAllGoroutines()
	l.segments.StopAllGoroutines()
}

// Index is the index of the n-th video track, counted from 1, of the video of that name. Its errors
// are the source's and the engine's, Unavailable where too much waits already, and Timeout past the
// configured time.
func (l *Library) Index(ctx context.Context, name string, n int) (*video.Index, error) {
	v, err := l.source.Stat(name)
	if err != nil {
		return nil, err
	}
	return l.indexOf(ctx, v, n)
}

func (l *Library) indexOf(ctx context.Context, v video.Video, n int) (*video.Index, error) {
	key := indexKey{v.Name, v.Version, n}
	if i, ok := l.indexes.GetIfPresent(key); ok {
		l.indexHits.Add(1)
		return i.index, i.err
	}
	l.indexMisses.Add(1)
	i, _, err := l.indexLoads.Do(ctx, key, func(ctx context.Context) (indexed, error) {
		// Another load may have ended since the cache was asked.
		if i, ok := l.indexes.GetIfPresent(key); ok {
			return i, nil
		}
		release, err := l.workers.Acquire(ctx)
		if err != nil {
			return indexed{}, err
		}
		defer release()
		l.engine.MakeWay()
		return l.makeIndex(ctx, v, n)
	})
	if err != nil {
		return nil, err
	}
	return i.index, i.err
}

// makeIndex makes an index, and keeps it, or why there is none.
func (l *Library) makeIndex(ctx context.Context, v video.Video, n int) (indexed, error) {
	ix, err := l.engine.Index(ctx, v, n, func() (video.File, error) { return l.source.Open(v) })
	if n == 1 {
		l.catalog.update(v, ix, err)
	}
	if err != nil && !isLasting(err) {
		return indexed{}, fmt.Errorf("index %s: %w", v.Name, err)
	}
	i := indexed{ix, err}
	l.indexes.Set(indexKey{v.Name, v.Version, n}, i)
	return i, nil
}

// isOfVideo tells whether err says why a video has no index, and not why none could be made now.
func isOfVideo(err error) bool {
	kind := video.KindOf(err)
	return kind == video.Unreadable || kind == video.TooLarge
}

// isLasting tells whether the same version of a video will fail so again. Who may read a file can
// change without its version.
func isLasting(err error) bool { return isOfVideo(err) && !errors.Is(err, fs.ErrPermission) }

// Segment is a GOP of the video that ix is of, and where it comes from. Its errors are like Index's,
// those of ix.Key, NotFound for a GOP that ix does not have, and video.ErrChanged where the file is no
// longer that which ix is of.
func (l *Library) Segment(ctx context.Context, ix *video.Index, of video.Cut) (*video.Segment, video.CacheStatus, error) {
	key, err := l.keyOf(ix, of)
	if err != nil {
		return nil, video.CacheMiss, err
	}
	s, origin, err := l.segment(ctx, ix, of, key)
	if err == nil && of.Image.Format == "" && !key.Transcodes() {
		l.prefetch(ix, of, key)
	}
	return s, origin, err
}

// keyOf is the key of a cut that ix may not have.
func (l *Library) keyOf(ix *video.Index, of video.Cut) (video.SegmentKey, error) {
	if of.GOP < 0 || of.GOP >= len(ix.GOPs) {
		return video.SegmentKey{}, video.Errorf(video.NotFound, "the video has %d GOPs, numbered from 0", len(ix.GOPs))
	}
	return ix.Key(of)
}

func (l *Library) segment(ctx context.Context, ix *video.Index, of video.Cut, key video.SegmentKey) (*video.Segment, video.CacheStatus, error) {
	if !key.Transcodes() {
		l.engine.MakeWay()
	}
	if s, ok := l.segments.GetIfPresent(key); ok {
		l.segmentHits.Add(1)
		return s, video.CacheHit, nil
	}
	l.segmentMisses.Add(1)
	loads, limiter := &l.segmentLoads, l.workers
	switch {
	case key.Image.Format != "":
		limiter = l.thumbnails
	case key.Transcodes():
		loads, limiter = &l.encodeLoads, l.transcodes
	}
	s, joined, err := loads.Do(ctx, key, func(ctx context.Context) (*video.Segment, error) {
		if s, ok := l.segments.GetIfPresent(key); ok {
			return s, nil
		}
		release, err := limiter.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		defer release()
		if !key.Transcodes() { // it may have waited long
			l.engine.MakeWay()
		}
		return l.cut(ctx, ix, of, key)
	})
	if joined {
		return s, video.CacheCollapsed, err
	}
	return s, video.CacheMiss, err
}

// cut makes a segment, and keeps it.
func (l *Library) cut(ctx context.Context, ix *video.Index, of video.Cut, key video.SegmentKey) (*video.Segment, error) {
	v := ix.Video
	s, err := l.engine.Segment(ctx, ix, of, func() (video.File, error) { return l.source.Open(v) })
	if err != nil {
		return nil, fmt.Errorf("cut GOP %d of %s: %w", of.GOP, v.Name, err)
	}
	return s, l.keep(key, s)
}

// keep keeps a segment. Bytes that were read while the file was being written to are of no version.
func (l *Library) keep(key video.SegmentKey, s *video.Segment) error {
	if now, err := l.source.Stat(key.Name); err != nil || now.Version != key.Version {
		return video.ErrChanged
	}
	l.segments.Set(key, s)
	return nil
}
