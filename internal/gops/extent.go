package gops

import (
	"gop/internal/media"
	"gop/video"
)

// reach finds out where in the file GOPs lie together with the sound that is heard meanwhile. It
// sees packets in the order in which they lie there.
type extent struct {
	audio []audioRun // what may end behind the start of the next GOP
	grain int        // packets that a run may have
}

// soundRun is some packets of one audio track in a row, from a place in the file on. Times are in
// the film's time base.
type audioRun struct {
	stream, packets int
	from            int64
	last, end       video.Ticks // when the last of them starts, and when the longest ends
}

// maxRuns bounds how much sound is remembered: beyond, runs become longer.
const maxRuns = 1024

// add takes a packet of an audio track.
func (r *extent) add(p media.Packet, start, end video.Ticks) {
	before := r.lastOf(p.Stream)
	if end <= start && before != nil { // its container does not tell: then it is as long as the one before
		before.end = max(before.end, start)
		end = start + max(start-before.last, 0)
	}
	if before != nil && before.packets < r.grain {
		before.packets++
		before.last, before.end = start, max(before.end, end)
		return
	}
	if len(r.audio) == maxRuns {
		r.coarsen()
	}
	r.audio = append(r.audio, audioRun{p.Stream, 1, p.ReadPos, start, end})
}

// lastOf is the last run of a track, or nil.
func (r *extent) lastOf(stream int) *audioRun {
	for i := len(r.audio) - 1; i >= 0; i-- {
		if r.audio[i].stream == stream {
			return &r.audio[i]
		}
	}
	return nil
}

// coarsen makes one run of every two of a track that follow each other.
func (r *extent) coarsen() {
	kept := r.audio[:0]
	open := map[int]int{} // by stream, the place in kept of a run that has room for another
	for _, run := range r.audio {
		if at, ok := open[run.stream]; ok {
			first := &kept[at]
			first.packets += run.packets
			first.last, first.end = run.last, max(first.end, run.end)
			delete(open, run.stream)
			continue
		}
		open[run.stream] = len(kept)
		kept = append(kept, run)
	}
	r.audio = kept
	r.grain = max(2*r.grain, 2)
}

// from is where to begin to read for a GOP that starts at a time, and whose key can be read from
// a place. What has ended by then is forgotten.
func (r *extent) from(key int64, start video.Ticks) int64 {
	kept := r.audio[:0]
	for _, run := range r.audio {
		if run.end > start {
			kept = append(kept, run)
			key = min(key, run.from)
		}
	}
	r.audio, r.grain = kept, 1
	return key
}
