// Package library answers for videos by their names: it knows where they lie, keeps their indexes
// and segments in bounded caches, and has each made once however many ask for it.
package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"gop/video"
)

// Source is where videos lie. Its errors have kinds; a name that no video has is NotFound.
type Source interface {
	List(ctx context.Context, limit int) ([]video.Video, error)
	Stat(name string) (video.Video, error)
	// Open gives exactly the version of v, or video.ErrChanged.
	Open(v video.Video) (video.File, error)
}

// Engine makes indexes and segments of a video's bytes. It closes what it opens.
type Engine interface {
	Index(ctx context.Context, v video.Video, n int, open func() (video.File, error)) (*video.Index, error)
	Segment(ctx context.Context, ix *video.Index, of video.Cut, open func() (video.File, error)) (*video.Segment, error)
}

// Library is the videos of one source. Its methods may be called concurrently.
type Library struct {
	config Config
	source Source
	engine Engine
	jobs   *jobs

	indexes      *otter.Cache[indexKey, indexed]
	segments     *otter.Cache[video.SegmentKey, *video.Segment]
	indexLoads   flights[indexKey, indexed]
	segmentLoads flights[video.SegmentKey, *video.Segment]
}

type indexKey struct {
	name, version string
	track         int // the number of the video track, from 1
}

// indexed is an index, or why a version of a video has none and never will.
type indexed struct {
	index *video.Index
	err   error
}

// New makes a library by a valid Config; Close it after use.
func New(config Config, source Source, engine Engine) (*Library, error) {
	indexes, err := otter.New(&otter.Options[indexKey, indexed]{
		MaximumWeight: uint64(config.IndexCacheBytes),
		Weigher:       func(_ indexKey, i indexed) uint32 { return i.weight() },
	})
	if err != nil {
		return nil, fmt.Errorf("make the index cache: %w", err)
	}
	segments, err := otter.New(&otter.Options[video.SegmentKey, *video.Segment]{
		MaximumWeight: uint64(config.CacheBytes),
		Weigher: func(_ video.SegmentKey, s *video.Segment) uint32 {
			return uint32(min(s.Memory()+512, math.MaxUint32))
		},
	})
	if err != nil {
		return nil, fmt.Errorf("make the segment cache: %w", err)
	}
	l := &Library{
		config: config, source: source, engine: engine, jobs: newJobs(config),
		indexes: indexes, segments: segments,
	}
	l.indexLoads.time, l.segmentLoads.time = config.LoadTime, config.LoadTime
	return l, nil
}

// Close waits for the engine calls under way, and stops what the caches do in the background.
func (l *Library) Close() {
	l.indexLoads.wait()
	l.segmentLoads.wait()
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
		return i.index, i.err
	}
	i, err := l.indexLoads.do(ctx, key, func(ctx context.Context) (indexed, error) {
		// Another load may have ended since the cache was asked.
		if i, ok := l.indexes.GetIfPresent(key); ok {
			return i, nil
		}
		leave, err := l.jobs.enter(ctx)
		if err != nil {
			return indexed{}, err
		}
		defer leave()
		ix, err := l.engine.Index(ctx, v, n, func() (video.File, error) { return l.source.Open(v) })
		if err != nil && !isLasting(err) {
			return indexed{}, fmt.Errorf("index %s: %w", v.Name, err)
		}
		i := indexed{ix, err}
		l.indexes.Set(key, i)
		return i, nil
	})
	if err != nil {
		return nil, err
	}
	return i.index, i.err
}

// isOfVideo tells whether err says why a video has no index, and not why none could be made now.
func isOfVideo(err error) bool {
	kind := video.KindOf(err)
	return kind == video.Unreadable || kind == video.TooLarge
}

// isLasting tells whether the same version of a video will always fail so. Who may read a file can
// change without its version.
func isLasting(err error) bool { return isOfVideo(err) && !errors.Is(err, fs.ErrPermission) }

// Segment is a GOP of the video that ix is of. Its errors are like Index's, those of ix.Key, NotFound
// for a GOP that ix does not have, and video.ErrChanged where the file is no longer that which ix is of.
func (l *Library) Segment(ctx context.Context, ix *video.Index, of video.Cut) (*video.Segment, error) {
	if of.GOP < 0 || of.GOP >= len(ix.GOPs) {
		return nil, video.Refuse(video.NotFound, fmt.Sprintf("the video has %d GOPs, numbered from 0", len(ix.GOPs)), nil)
	}
	v := ix.Video
	key, err := ix.Key(of)
	if err != nil {
		return nil, err
	}
	if s, ok := l.segments.GetIfPresent(key); ok {
		return s, nil
	}
	return l.segmentLoads.do(ctx, key, func(ctx context.Context) (*video.Segment, error) {
		if s, ok := l.segments.GetIfPresent(key); ok {
			return s, nil
		}
		leave, err := l.jobs.enter(ctx)
		if err != nil {
			return nil, err
		}
		defer leave()
		s, err := l.engine.Segment(ctx, ix, of, func() (video.File, error) { return l.source.Open(v) })
		if err != nil {
			return nil, fmt.Errorf("cut GOP %d of %s: %w", of.GOP, v.Name, err)
		}
		// Bytes that were read while the file was being written to are of no version.
		if now, err := l.source.Stat(v.Name); err != nil || now.Version != v.Version {
			return nil, video.ErrChanged
		}
		l.segments.Set(key, s)
		return s, nil
	})
}

// Entries is all videos in the order of their names, each with its index or with why it has none.
// Those that are not known when within is over have neither; asked again, they may.
func (l *Library) Entries(ctx context.Context, within time.Duration) ([]video.Entry, error) {
	videos, err := l.source.List(ctx, l.config.MaxVideos)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	entries := make([]video.Entry, len(videos))
	next := make(chan int)
	var workers sync.WaitGroup
	for range l.config.Jobs {
		workers.Go(func() {
			for i := range next {
				ix, err := l.indexOf(ctx, videos[i], 1)
				if err != nil && !isOfVideo(err) {
					err = nil
				}
				entries[i].Index, entries[i].Err = ix, err
			}
		})
	}
	for i, v := range videos {
		entries[i].Video = v
		next <- i
	}
	close(next)
	workers.Wait()
	return entries, nil
}

// weight is about how many bytes i takes in memory.
func (i indexed) weight() uint32 {
	const entry, gop, track = 512, 128, 512
	if i.index == nil {
		return entry
	}
	return uint32(min(entry+int64(len(i.index.GOPs))*gop+int64(len(i.index.Tracks))*track, math.MaxUint32))
}
