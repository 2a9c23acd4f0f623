// Package gops groups packets into GOPs and finds the byte extent of each in its file.
package gops

import (
	"slices"

	"gop/internal/media"
	"gop/video"
)

// Grouper groups the packets of a video track into GOPs. It takes each packet once, in decode order.
type Grouper struct {
	MaxPackets, MaxGOPs int
	FrameDuration       video.Ticks // by the codec; 0 if it does not specify one
	LongestAudio        video.Ticks // an audio packet of unknown duration lasts no longer
	Delay               video.Ticks // PTS-DTS of a first keyframe that has no PTS
	Second              video.Ticks

	Packets        int // packets that were added
	BeforeFirstKey int // packets before the first keyframe

	gops    []video.GOP
	extent  extent
	clocks  clocks
	lastPos int64 // largest byte offset of the packets so far
	lastDTS video.Ticks

	last      video.Ticks // latest PTS of the current GOP
	lastEnd   video.Ticks // that packet's PTS+duration, as the container has it
	untimed   video.Ticks // duration of the packets without times that follow that packet
	prevLast  video.Ticks // the same of the GOP before
	prevEnd   video.Ticks
	successor video.Ticks // earliest PTS after prevLast in the current GOP
	succeeded bool

	marked, skipped int // leading and RASL pictures of the current GOP, by their headers
}

// Grow makes room for n GOPs.
func (g *Grouper) Grow(n int) { g.gops = slices.Grow(g.gops, min(n, g.MaxGOPs)) }

// Add adds the next packet. A packet without times counts as a frame of its GOP. A keyframe without
// times is presented at the end of the GOP before.
func (g *Grouper) Add(p media.Packet) error {
	if g.Packets++; g.Packets > g.MaxPackets {
		return TooManyPackets(g.MaxPackets)
	}
	if p.Key && p.PTS == media.NoPTS && p.DTS != media.NoPTS && p.IsPossible() {
		p.PTS = p.DTS + int64(g.delay())
	}
	if p.PTS == media.NoPTS || p.DTS == media.NoPTS {
		p = p.Timed()
	}
	if p.Key && p.PTS == media.NoPTS {
		p.PTS, p.DTS = int64(g.expected()), int64(g.expected())
	}
	if !p.IsPossible() {
		return errOutOfRange()
	}
	pts := video.Ticks(p.PTS)
	g.lastPos = max(g.lastPos, p.Pos)
	switch {
	case p.Key:
		if len(g.gops) >= g.MaxGOPs {
			return video.Errorf(video.TooLarge, "the video has more than %d GOPs", g.MaxGOPs)
		}
		g.endPrevious()
		if len(g.gops) > 0 {
			g.gops[len(g.gops)-1].EndDTS = g.endDTS(video.Ticks(p.DTS))
		}
		if len(g.gops) > 0 && g.last-pts > g.Second {
			g.clocks.restart(&g.extent, len(g.gops), g.last, pts)
		}
		g.prevLast, g.prevEnd, g.succeeded = g.last, g.lastEnd, false
		g.gops = append(g.gops, video.GOP{
			Number: len(g.gops), Start: pts, KeyPTS: pts, StartDTS: video.Ticks(p.DTS),
			FirstPos: g.extent.readFrom(p.ReadPos, pts),
			KeyPos:   p.Pos, KeySize: p.Size, KeyDuration: video.Ticks(p.Duration),
		})
		g.last, g.lastEnd, g.untimed = pts, pts+video.Ticks(p.Duration), 0
	case len(g.gops) == 0:
		g.BeforeFirstKey++
		return nil
	}
	current := &g.gops[len(g.gops)-1]
	current.Frames++
	current.Bytes += int64(p.Size)
	current.LastPos = g.lastPos
	if p.PTS == media.NoPTS {
		g.untimed += video.Ticks(max(p.Duration, 0))
		return nil
	}
	g.lastDTS = video.Ticks(p.DTS)
	if pts < current.Start {
		current.Leading++
	}
	if pts >= g.last {
		g.last, g.lastEnd, g.untimed = pts, pts+video.Ticks(p.Duration), 0
	}
	if pts > g.prevLast && (!g.succeeded || pts < g.successor) {
		g.successor, g.succeeded = pts, true
	}
	return nil
}

// Latest returns the latest PTS of the current GOP, or 0 if there is none.
func (g *Grouper) Latest() video.Ticks { return g.last }

// AddRun adds the packets of the current GOP that follow its keyframe, in place of Add. Before the keyframe
// was added, Latest was the PTS that r.Next follows.
func (g *Grouper) AddRun(r media.Run) error {
	if r.Count == 0 {
		return nil
	}
	if g.Packets += r.Count; g.Packets > g.MaxPackets {
		return TooManyPackets(g.MaxPackets)
	}
	if !r.IsPossible() {
		return errOutOfRange()
	}
	g.lastPos = max(g.lastPos, r.LastPos)
	current := &g.gops[len(g.gops)-1]
	current.Frames += r.Count
	current.Bytes += r.Bytes
	current.LastPos = g.lastPos
	current.Leading += r.Leading
	g.lastDTS = video.Ticks(r.LastDTS)
	g.last, g.lastEnd = video.Ticks(r.Latest), video.Ticks(r.Latest+r.Duration)
	if next := video.Ticks(r.Next); r.Next != media.NoPTS && (!g.succeeded || next < g.successor) {
		g.successor, g.succeeded = next, true
	}
	return nil
}

// endDTS returns the end of the current GOP in decode order. next is the DTS of the packet after it, which is
// earlier if the clock restarts.
func (g *Grouper) endDTS(next video.Ticks) video.Ticks {
	if next > g.lastDTS {
		return next
	}
	return g.lastDTS + max(g.lastDuration(), 0)
}

// lastDuration returns the duration of the latest frame if no frame follows: that of the codec, else that of
// the container, else the average of its GOP. It includes a second field without a time of its own.
func (g *Grouper) lastDuration() video.Ticks {
	current, time := &g.gops[len(g.gops)-1], g.FrameDuration
	if own := g.lastEnd - g.last; own > 0 && g.untimed > 0 {
		// Without room for them between the other frames, packets without times come last.
		room := (g.lastEnd - current.Start) / own
		if late := video.Ticks(current.Frames-current.Leading) - room; late > 0 {
			return own + min(late*own, g.untimed)
		}
	}
	if time <= 0 {
		time = g.lastEnd - g.last
	}
	if time <= 0 {
		time = pace(current, g.last)
	}
	return time
}

// endPrevious sets the end of the GOP before the current one. Its last frame is presented until the next
// frame, which may be a leading frame of the current GOP.
func (g *Grouper) endPrevious() {
	if len(g.gops) < 2 {
		return
	}
	previous := &g.gops[len(g.gops)-2]
	previous.End = g.prevEnd
	if g.succeeded {
		previous.End = g.successor
	}
}

// SetKey sets the properties of the current GOP's keyframe, which come from its headers.
func (g *Grouper) SetKey(kind video.KeyType, closed bool) {
	current := &g.gops[len(g.gops)-1]
	current.KeyType, current.Closed = kind, closed
	g.marked, g.skipped = 0, 0
}

// SetSize sets the size of the current GOP's frames, which differs from the track's.
func (g *Grouper) SetSize(width, height int) {
	current := &g.gops[len(g.gops)-1]
	current.Width, current.Height = width, height
}

// SetLeading marks the frame that was added last as a leading frame, whatever its time. skipped means
// that it depends on the GOP before (RASL).
func (g *Grouper) SetLeading(skipped bool) {
	current := &g.gops[len(g.gops)-1]
	g.marked++
	if skipped {
		g.skipped++
	}
	current.Leading = max(current.Leading, g.marked)
	current.Closed = g.skipped == 0
}

// delay estimates PTS-DTS of a keyframe.
func (g *Grouper) delay() video.Ticks {
	if len(g.gops) == 0 {
		return g.Delay
	}
	before := &g.gops[len(g.gops)-1]
	return max(before.Start-before.StartDTS, 0)
}

// expected estimates the PTS of the next frame from the frames before it.
func (g *Grouper) expected() video.Ticks {
	if len(g.gops) == 0 {
		return 0
	}
	current := &g.gops[len(g.gops)-1]
	return g.last + max(pace(current, g.last), g.FrameDuration, 1)
}

// Done returns the GOPs.
func (g *Grouper) Done() []video.GOP {
	if len(g.gops) == 0 {
		return nil
	}
	g.endPrevious()
	final := &g.gops[len(g.gops)-1]
	time := g.lastDuration()
	final.End, final.EndDTS = g.last+time, g.lastDTS+time
	for i := range g.gops {
		current := &g.gops[i]
		current.Closed = current.Closed || current.Leading == 0
		current.Presented = current.Frames - current.Leading
		if i > 0 {
			g.gops[i-1].Presented += current.Leading
		}
	}
	return g.gops
}

// pace returns the average duration of a GOP's frames before the last one, whose PTS is last. It is 0
// for a single frame.
func pace(g *video.GOP, last video.Ticks) video.Ticks {
	if frames := g.Frames - g.Leading; frames > 1 {
		return (last - g.Start) / video.Ticks(frames-1)
	}
	return 0
}

func errOutOfRange() error {
	return video.Errorf(video.Unreadable, "the timestamps of the video are out of range")
}

// TooManyPackets returns the error of a video with more than limit packets.
func TooManyPackets(limit int) error {
	return video.Errorf(video.TooLarge, "the video has more than %d packets", limit)
}
