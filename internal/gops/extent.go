package gops

import (
	"slices"

	"gop/internal/media"
	"gop/video"
)

// extent finds the byte offset where reading of a GOP and of its audio begins. It takes packets in file
// order.
type extent struct {
	audio      []audioRun  // audio that may overlap the next GOP
	maxPackets int         // packets per run
	longest    video.Ticks // a packet of unknown duration lasts no longer
}

// audioRun is a run of packets of one audio track. Its times are in the time base of the video track.
type audioRun struct {
	stream, packets int
	clock           int         // number of restarts of the stream's clock before the run
	pos             int64       // byte offset from which the run can be read
	last, end       video.Ticks // start of the last packet, and the latest end
	open            bool        // the duration of the last packet is unknown
}

// maxRuns is the number of runs that are kept. Beyond it, runs get longer. If that does not suffice, because
// the clocks of a damaged file restart all the time, the first runs are dropped.
const maxRuns = 1024

// add adds a packet of an audio track, which is presented in [start, end). clock is the number of restarts of
// the track's clock before it. A packet of unknown duration, whose end is its start, lasts until the next
// packet of its track, but no longer than e.longest.
func (e *extent) add(p media.Packet, start, end video.Ticks, clock int) {
	before := e.lastOf(p.Stream)
	if before != nil && before.clock != clock {
		before = nil
	}
	if before != nil && before.open {
		before.end, before.open = max(before.end, min(start, before.last+e.longest)), false
	}
	if before == nil || before.packets >= e.maxPackets {
		if len(e.audio) == maxRuns {
			e.coarsen()
		}
		e.audio = append(e.audio, audioRun{stream: p.Stream, clock: clock, pos: p.ReadPos, end: end})
		before = &e.audio[len(e.audio)-1]
	}
	before.packets++
	before.last, before.end, before.open = start, max(before.end, end), end <= start
}

// ends returns the latest end of the run's packets.
func (e *extent) ends(run audioRun) video.Ticks {
	if run.open {
		return max(run.end, run.last+e.longest)
	}
	return run.end
}

// lastOf returns the last run of a stream, or nil.
func (e *extent) lastOf(stream int) *audioRun {
	for i := len(e.audio) - 1; i >= 0; i-- {
		if e.audio[i].stream == stream {
			return &e.audio[i]
		}
	}
	return nil
}

// coarsen merges every two consecutive runs of a track.
func (e *extent) coarsen() {
	kept := e.audio[:0]
	open := map[int]int{} // stream to the index in kept of a run to merge with
	for _, run := range e.audio {
		if at, ok := open[run.stream]; ok && kept[at].clock == run.clock {
			first := &kept[at]
			first.packets += run.packets
			first.last, first.end, first.open = run.last, max(first.end, run.end), run.open
			delete(open, run.stream)
			continue
		}
		open[run.stream] = len(kept)
		kept = append(kept, run)
	}
	e.audio = kept
	if excess := len(kept) - maxRuns*3/4; excess > 0 {
		e.audio = slices.Delete(kept, 0, excess)
	}
	e.maxPackets = max(2*e.maxPackets, 2)
}

// forget drops the audio of a stream before its n-th restart.
func (e *extent) forget(stream, n int) {
	e.audio = slices.DeleteFunc(e.audio, func(r audioRun) bool { return r.stream == stream && r.clock < n })
}

// readFrom returns the byte offset to read from for a GOP that starts at start and whose keyframe can be
// read from key. It drops audio that ends before start.
func (e *extent) readFrom(key int64, start video.Ticks) int64 {
	kept := e.audio[:0]
	for _, run := range e.audio {
		if e.ends(run) > start {
			kept = append(kept, run)
			key = min(key, run.pos)
		}
	}
	e.audio, e.maxPackets = kept, 1
	return key
}
