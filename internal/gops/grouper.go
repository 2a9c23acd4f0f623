package gops

import (
	"gop/internal/media"
	"gop/video"
)

// grouper makes GOPs of the packets of a video track, which it sees once, in decode order.
type Grouper struct {
	gops   []video.GOP
	LeadIn int
	extent extent

	Packets, MaxPackets, MaxGOPs int

	FrameDuration video.Ticks // of the last picture, where the codec tells it; else 0
	lastDTS       video.Ticks

	last      video.Ticks // the latest pts of the GOP under way
	lastEnd   video.Ticks // that packet's pts+duration, by what the container tells of it
	prevLast  video.Ticks // the same two of the GOP before
	prevEnd   video.Ticks
	successor video.Ticks // the earliest pts after prevLast among the packets since
	succeeded bool

	marked, skipped int // of the GOP under way: pictures that call themselves leading, and RASL ones
}

// add takes the next packet. One without any time belongs to its GOP, and says nothing of when;
// a key without any is shown when the GOP before ends.
func (g *Grouper) Add(p media.Packet) error {
	if g.Packets++; g.Packets > g.MaxPackets {
		return TooManyPackets(g.MaxPackets)
	}
	if p = p.Timed(); p.Key && p.PTS == media.NoPTS {
		p.PTS, p.DTS = int64(g.expected()), int64(g.expected())
	}
	if !p.IsPossible() {
		return video.Errorf(video.Unreadable, "the video has times that no video can have")
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
			FirstPos: g.extent.from(p.ReadPos, pts),
			KeyPos:   p.Pos, KeySize: p.Size, KeyDuration: video.Ticks(p.Duration),
		})
		g.last, g.lastEnd = pts, pts+video.Ticks(p.Duration)
	case len(g.gops) == 0:
		g.LeadIn++
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

// endPrevious sets the end of the GOP before the one under way: its last picture stays until the
// next one comes, which may be a leading picture of the following GOP. A clock as coarse as
// Matroska's milliseconds may round that up; within a tick, the GOP's own pace is steadier.
func (g *Grouper) endPrevious() {
	if len(g.gops) < 2 {
		return
	}
	previous := &g.gops[len(g.gops)-2]
	previous.End = g.prevEnd
	if g.succeeded {
		previous.End = g.successor
		if steady := g.prevLast + pace(previous, g.prevLast); steady == g.successor-1 {
			previous.End = steady
		}
	}
}

// addSound takes the next packet of an audio track, whose times are in the film's time base.
func (g *Grouper) AddAudio(p media.Packet, start, end video.Ticks) {
	if !p.IsPossible() {
		return
	}
	g.extent.add(p, start, end)
	// It may belong to a GOP that has passed: sound can lie behind its pictures.
	for i := len(g.gops) - 1; i >= max(0, len(g.gops)-maxLag); i-- {
		if i+1 < len(g.gops) && start >= g.gops[i+1].Start {
			return
		}
		g.gops[i].LastPos = max(g.gops[i].LastPos, p.Pos)
	}
}

// maxLag is how many GOPs the sound may lie behind the pictures.
const maxLag = 64

// setKey says what the key of the GOP under way tells of itself.
func (g *Grouper) SetKey(kind video.KeyType, closed bool) {
	current := &g.gops[len(g.gops)-1]
	current.KeyType, current.Closed = kind, closed
	g.marked, g.skipped = 0, 0
}

// setLeading says that the picture just added is a leading one by its own word, whatever its time.
func (g *Grouper) SetLeading(skipped bool) {
	current := &g.gops[len(g.gops)-1]
	g.marked++
	if skipped {
		g.skipped++
	}
	current.Leading = max(current.Leading, g.marked)
	current.Closed = g.skipped == 0
}

// expected is when the next picture is shown, as far as those before tell.
func (g *Grouper) expected() video.Ticks {
	if len(g.gops) == 0 {
		return 0
	}
	current := &g.gops[len(g.gops)-1]
	return g.last + max(pace(current, g.last), g.FrameDuration, 1)
}

// done returns the GOPs. How long the last picture lasts, nothing that follows tells: the codec
// says it, else the container, else it is as long as the GOP's others are on average.
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

// pace is how long each picture of a GOP lasts on average, but for the last one, whose pts is
// given; 0 where there is only that one.
func pace(g *video.GOP, last video.Ticks) video.Ticks {
	if shown := g.Frames - g.Leading; shown > 1 {
		return (last - g.Start) / video.Ticks(shown-1)
	}
	return 0
}

func TooManyPackets(limit int) error {
	return video.Errorf(video.TooLarge, "the video has more than %d packets", limit)
}
