package library

import (
	"context"

	"gop/video"
)

// State is what a library is at, and what it has done so far.
type State struct {
	Running  int   // engine calls
	Waiting  int   // engine calls, for their turn
	Refused  int64 // engine calls so far, as there was no room for them
	Indexes  CacheState
	Segments CacheState
}

// CacheState is of one cache.
type CacheState struct {
	Hits, Misses int64 // so far
	Entries      int
	Bytes        int64
}

// State may be called at any time.
func (l *Library) State() State {
	return State{
		Running: int(l.jobs.entered.Load()), Waiting: int(l.jobs.waiting.Load()), Refused: l.jobs.refused.Load(),
		Indexes: CacheState{
			l.indexHits.Load(), l.indexMisses.Load(), l.indexes.EstimatedSize(), int64(l.indexes.WeightedSize()),
		},
		Segments: CacheState{
			l.segmentHits.Load(), l.segmentMisses.Load(), l.segments.EstimatedSize(), int64(l.segments.WeightedSize()),
		},
	}
}

// Shed frees the memory of what is cached.
func (l *Library) Shed() {
	l.indexes.InvalidateAll()
	l.segments.InvalidateAll()
}

// Refuse has the library start no engine call, or again start some: those that come are Unavailable,
// and what is cached is still given out.
func (l *Library) Refuse(all bool) { l.jobs.refusing.Store(all) }

// Ready is Unavailable where no new video could be indexed or cut for now.
func (l *Library) Ready(context.Context) error {
	if l.jobs.refusing.Load() {
		return errShort
	}
	if err := l.source.Check(); err != nil {
		return video.Refuse(video.Unavailable, "the videos cannot be reached", err)
	}
	return nil
}
