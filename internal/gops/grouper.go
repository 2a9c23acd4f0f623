// Package gops groups packets into GOPs and finds the byte extent of each in its file.
package gops

import (
	"gop/internal/media"
	"gop/video"
)

// Grouper groups the packets of a video track into GOPs. It takes each packet once, in decode order.
type Grouper struct {
	MaxPackets, MaxGOPs int
	FrameDuration       video.Ticks // by the codec; 0 if it does not specify one
	LongestAudio        video.Ticks // an audio packet of unknown duration lasts no longer

	Packets        int // packets that were added
	BeforeFirstKey int // packets before the first keyframe

	gops    []video.GOP
	extent  extent
	lastDTS video.Ticks

	last      video.Ticks // latest PTS of the current GOP
	lastEnd   video.Ticks // that packet's PTS+duration, as the container has it
	prevLast  video.Ticks // the same of the GOP before
	prevEnd   video.Ticks
	successor video.Ticks // earliest PTS after prevLast in the current GOP
	succeeded bool

	marked, skipped int // leading and RASL pictures of the current GOP, by their headers
}

// Add adds the next packet. A packet without times counts as a frame of its GOP. A keyframe without
// times is presented at the end of the GOP before.
func (g *Grouper) Add(p media.Packet) error {
	if g.Packets++; g.Packets > g.MaxPackets {
		return TooManyPackets(g.MaxPackets)
	}
	if p = p.Timed(); p.Key && p.PTS == media.NoPTS {
		p.PTS, p.DTS = int64(g.expected()), int64(g.expected())
	}
	if !p.IsPossible() {
		return video.Errorf(video.Unreadable, "the timestamps of the video are out of range")
	}
	pts := video.Ticks(p.PTS)
	switch {
	case p.Key:
		if len(g.gops) >= g.MaxGOPs {
			return video.Errorf(video.TooLarge, "the video has more than %d GOPs", g.MaxGOPs)
		}
		g.endPrevious()
		if len(g.gops) > 0 {
			g.gops[len(g.gops)-1].EndDTS = video.Ticks(p.DTS)
		}
		g.prevLast, g.prevEnd, g.succeeded = g.last, g.lastEnd, false
		g.gops = append(g.gops, video.GOP{
			Number: len(g.gops), Start: pts, StartDTS: video.Ticks(p.DTS),
			FirstPos: g.extent.readFrom(p.ReadPos, pts),
			KeyPos:   p.Pos, KeySize: p.Size, KeyDuration: video.Ticks(p.Duration),
		})
		g.last, g.lastEnd = pts, pts+video.Ticks(p.Duration)
	case len(g.gops) == 0:
		g.BeforeFirstKey++
		return nil
	}
	current := &g.gops[len(g.gops)-1]
	current.Frames++
	current.Bytes += int64(p.Size)
	current.LastPos = max(current.LastPos, p.Pos)
	if p.PTS == media.NoPTS {
		return nil
	}
	g.lastDTS = video.Ticks(p.DTS)
	if pts < current.Start {
		current.Leading++
	}
	if pts >= g.last {
		g.last, g.lastEnd = pts, pts+video.Ticks(p.Duration)
	}
	if pts > g.prevLast && (!g.succeeded || pts < g.successor) {
		g.successor, g.succeeded = pts, true
	}
	return nil
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

// AddAudio adds a packet of an audio track, which is presented in [start, end) in the time base of the
// video track. end is start if the packet's duration is unknown.
func (g *Grouper) AddAudio(p media.Packet, start, end video.Ticks) {
	if !p.IsPossible() {
		return
	}
	g.extent.longest = g.LongestAudio
	g.extent.add(p, start, end)
	// Audio can follow the frames that it is presented with in the file, so it may belong to an earlier GOP.
	for i := len(g.gops) - 1; i >= max(0, len(g.gops)-maxLag); i-- {
		if i+1 < len(g.gops) && start >= g.gops[i+1].Start {
			return
		}
		g.gops[i].LastPos = max(g.gops[i].LastPos, p.Pos)
	}
}

// maxLag is the number of GOPs by which audio may follow its frames in the file.
const maxLag = 64

// SetKey sets the properties of the current GOP's keyframe, which come from its headers.
func (g *Grouper) SetKey(kind video.KeyType, closed bool) {
	current := &g.gops[len(g.gops)-1]
	current.KeyType, current.Closed = kind, closed
	g.marked, g.skipped = 0, 0
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

// expected estimates the PTS of the next frame from the frames before it.
func (g *Grouper) expected() video.Ticks {
	if len(g.gops) == 0 {
		return 0
	}
	current := &g.gops[len(g.gops)-1]
	return g.last + max(pace(current, g.last), g.FrameDuration, 1)
}

// Done returns the GOPs. The duration of the last frame is that of the codec, else that of the container,
// else the average of its GOP.
func (g *Grouper) Done() []video.GOP {
	if len(g.gops) == 0 {
		return nil
	}
	g.endPrevious()
	final := &g.gops[len(g.gops)-1]
	time := g.FrameDuration
	if time <= 0 {
		time = g.lastEnd - g.last
	}
	if time <= 0 {
		time = pace(final, g.last)
	}
	final.End, final.EndDTS = g.last+time, g.lastDTS+time
	for i := range g.gops {
		g.gops[i].Closed = g.gops[i].Closed || g.gops[i].Leading == 0
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

// TooManyPackets returns the error of a video with more than limit packets.
func TooManyPackets(limit int) error {
	return video.Errorf(video.TooLarge, "the video has more than %d packets", limit)
}
