package library

import (
	"context"

	"gop/video"
)

// State describes the current load of a Library and counts its work since New.
type State struct {
	IndexWorkers     LimiterState
	SegmentWorkers   LimiterState // remuxed segments
	ThumbnailWorkers LimiterState
	TranscodeWorkers LimiterState
	InFlight         BudgetState
	Indexes          CacheState
	Segments         CacheState
	Thumbnails       CacheState
	Store            StoreState
}

// LimiterState counts the engine calls of one kind.
type LimiterState struct {
	Running int
	Waiting int
	Refused int64 // in total
}

// BudgetState counts the bytes that responses hold in memory.
type BudgetState struct {
	Bytes   int64
	Waiting int   // responses
	Refused int64 // responses, in total
}

// CacheState describes one cache.
type CacheState struct {
	Hits, Misses int64 // in total
	Entries      int
	Bytes        int64 // estimated
}

// StoreState counts the uses of the store since New. All are 0 without a store.
type StoreState struct {
	Hits, Misses int64 // loads
	Errors       int64 // loads and saves that failed; such a load is also a miss
	Dropped      int64 // indexes that were not saved because too many were waiting
}

// State returns the current state. It is safe for concurrent use.
func (l *Library) State() State {
	return State{
		IndexWorkers: l.indexWorkers.State(), SegmentWorkers: l.segmentWorkers.State(),
		ThumbnailWorkers: l.thumbnailWorkers.State(), TranscodeWorkers: l.transcodeWorkers.State(),
		InFlight: l.inFlight.state(),
		Indexes:  l.indexes.state(), Segments: l.segments.state(), Thumbnails: l.thumbnails.state(),
		Store: l.stored.state(),
	}
}

// Shed frees the memory of the caches.
func (l *Library) Shed() {
	l.indexes.InvalidateAll()
	l.segments.InvalidateAll()
	l.thumbnails.InvalidateAll()
}

// SetOutOfMemory makes the library refuse every engine call while outOfMemory is true. Refused requests fail
// with the kind Unavailable. Cached results are still returned.
func (l *Library) SetOutOfMemory(outOfMemory bool) {
	for _, limiter := range []*limiter{
		l.indexWorkers, l.segmentWorkers, l.thumbnailWorkers, l.transcodeWorkers,
	} {
		limiter.SetOutOfMemory(outOfMemory)
	}
}

// Ready returns an error of kind Unavailable if no new video can be indexed or segmented now.
func (l *Library) Ready(ctx context.Context) error {
	if l.indexWorkers.IsOutOfMemory() {
		return errOutOfMemory
	}
	if err := l.source.Check(ctx); err != nil {
		if video.KindOf(err) == video.Unavailable {
			return err
		}
		return video.WrapError(video.Unavailable, err, "the videos cannot be reached")
	}
	return nil
}
