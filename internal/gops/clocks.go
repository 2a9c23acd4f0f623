package gops

import (
	"sort"

	"gop/internal/media"
	"gop/video"
)

// clocks relates the clocks of the audio tracks to that of the video. All of them go back where a recording
// follows another one, but not at the same byte offset.
type clocks struct {
	first int // number of the first GOP after the last restart of the video's clock
	audio map[int]*audioClock
}

// audioClock is the clock of an audio track, in the time base of the video.
type audioClock struct {
	last     video.Ticks // start of the last packet
	restarts int
	apart    video.Ticks // offset between the two clocks until both have restarted; then 0
}

// restart takes note that the video's clock goes back from the PTS last to start, with GOP first. It drops
// audio of the former clock.
func (c *clocks) restart(e *extent, first int, last, start video.Ticks) {
	c.first = first
	for stream, a := range c.audio {
		a.apart = last - start
		if a.join(start) {
			e.forget(stream, a.restarts)
		} else {
			e.forget(stream, a.restarts+1)
		}
	}
}

// follow returns the clock of an audio track at a packet that starts at start. now is the latest PTS of the
// video, and second a second.
func (c *clocks) follow(stream int, start, now, second video.Ticks) *audioClock {
	a := c.audio[stream]
	if a == nil {
		if c.audio == nil {
			c.audio = map[int]*audioClock{}
		}
		a = &audioClock{last: start}
		c.audio[stream] = a
	}
	if back := a.last - start; back > second {
		a.restarts++
		a.apart = back
	}
	a.last = start
	a.join(now)
	return a
}

// join reports whether the audio is close to the video at a PTS, so that both have the same clock.
func (a *audioClock) join(pts video.Ticks) bool {
	if max(a.last-pts, pts-a.last) <= a.apart/2 {
		a.apart = 0
	}
	return a.apart == 0
}

// AddAudio adds a packet of an audio track, which is presented in [start, end) in the time base of the
// video track. end is start if the packet's duration is unknown.
func (g *Grouper) AddAudio(p media.Packet, start, end video.Ticks) {
	if !p.IsPossible() {
		return
	}
	g.lastPos = max(g.lastPos, p.Pos)
	clock := g.clocks.follow(p.Stream, start, g.last, g.Second)
	first, after := g.clocks.first, len(g.gops) // the GOPs that have this clock
	switch {
	case clock.apart > 0 && start > g.last: // the video's clock has restarted
		first, after = 0, first
	case clock.apart > 0:
		first = after
		fallthrough
	default:
		g.extent.longest = g.LongestAudio
		g.extent.add(p, start, end, clock.restarts)
	}
	if end <= start {
		end = start + g.LongestAudio
	}
	// Audio can follow the frames that it is presented with in the file, so it may belong to earlier GOPs.
	overlapping := g.gops[first:after]
	from := sort.Search(len(overlapping), func(i int) bool { return overlapping[i].Start > start })
	for i := max(from-1, 0); i < len(overlapping) && (i < from || overlapping[i].Start < end); i++ {
		overlapping[i].LastPos = g.lastPos
	}
}

// OneClock returns the range of an audio track's packets, in file order, that have the clock of a GOP that is
// presented in [from, to): of the ranges between restarts, the one that overlaps the GOP the longest. second
// is a second in the track's time base.
func OneClock(packets []media.Packet, from, to, second int64) (first, after int) {
	longest, start, overlap, last := int64(-1), 0, int64(0), media.NoPTS
	end := func(at int) {
		if overlap >= longest {
			longest, first, after = overlap, start, at
		}
		start, overlap = at, 0
	}
	for i, p := range packets {
		if p.PTS == media.NoPTS || !p.IsPossible() {
			continue
		}
		if last != media.NoPTS && last-p.PTS > second {
			end(i)
		}
		last = p.PTS
		overlap += max(min(p.PTS+max(p.Duration, 1), to)-max(p.PTS, from), 0)
	}
	end(len(packets))
	return first, after
}
