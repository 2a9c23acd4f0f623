package library

import (
	"context"

	"gop/video"
)

// State is what a library is at, and what it has done so far.
type State struct {
	Jobs       JobState // indexes, cuts without loss, and images
	Encodes    JobState // segments that are encoded anew
	Indexes    CacheState
	Segments   CacheState
	Thumbnails CacheState
}

// JobState is of one kind of engine calls.
type JobState struct {
	Running int
	Waiting int   // for their turn
	Refused int64 // so far, as there was no room for them
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
		Jobs: l.jobs.state(), Encodes: l.encodes.state(),
		Indexes: l.indexes.state(), Segments: l.segments.state(), Thumbnails: l.thumbnails.state(),
	}
}

func (j *jobs) state() JobState {
	return JobState{int(j.entered.Load()), int(j.waiting.Load()), j.refused.Load()}
}

// Shed frees the memory of what is cached.
func (l *Library) Shed() {
	l.indexes.InvalidateAll()
	l.segments.InvalidateAll()
	l.thumbnails.InvalidateAll()
}

// Refuse has the library start no engine call, or again start some: those that come are Unavailable,
// and what is cached is still given out.
func (l *Library) Refuse(all bool) {
	l.jobs.refusing.Store(all)
	l.encodes.refusing.Store(all)
}

// Ready is Unavailable where no new video could be indexed or cut for now.
func (l *Library) Ready(context.Context) error {
	if l.jobs.refusing.Load() {
		return errShort
	}
	if err := l.source.Check(); err != nil {
		return video.WrapError(video.Unavailable, err, "the videos cannot be reached")
	}
	return nil
}
