package av

import (
	"errors"
)

// errPastKeyframe reports that a seek led past the keyframe.
var errPastKeyframe = errors.New("the position is past the keyframe")

// take adds p, whose times are in the time base of its stream, to the cut if it belongs to it, and ends p's
// track where it ends. It reports whether the cut owns p. It returns errPastKeyframe if p follows the
// keyframe of g and the keyframe has not been read, or likewise the audio at that time: some demuxers seek in
// each stream on its own.
func (d *demuxer) take(c *cut, p *cutPacket, g span, limit int64) (taken bool, err error) {
	if p.track < 0 || c.tracks[p.track].ended {
		return false, nil
	}
	t := &c.tracks[p.track]
	t.toBase(p)
	isFirst := !t.begun
	t.begun = true
	switch {
	case p.track > 0 && isFirst && p.pts > t.from &&
		d.container.isScanned() && !d.container.byBytes && !c.isFromStart:
		return false, errPastKeyframe
	case p.track > 0:
		return c.takeAudio(p, g, limit)
	case c.frames > 0 || d.isKeyframeOf(p, g):
		return true, c.add(p, g, limit)
	case isPastKeyframe(p, g):
		return false, errPastKeyframe
	}
	return false, nil
}

// isKeyframeOf reports whether p is the keyframe of g. It compares byte offsets, because two keyframes can
// have the same time where the clock was set back. Only a packet without a byte offset of its own, the
// second one in a payload of a transport stream, is identified by its time.
func (d *demuxer) isKeyframeOf(p *cutPacket, g span) bool {
	if g.KeyPos >= 0 && d.container.is(matroskaContainer) && g.FirstPos >= 0 {
		return p.pos == g.KeyPos // the index may disagree with the block's flag
	}
	if !p.key {
		return false
	}
	if d.container.isScanned() && p.effectiveDTS() != int64(g.StartDTS) {
		return false // packets may share a byte offset, and a seek may lead to other times
	}
	if g.KeyPos >= 0 {
		return p.pos == g.KeyPos
	}
	return p.effectivePTS() == int64(g.Start)
}

// isPastKeyframe reports whether p, which is not the keyframe of g, follows it in decode order.
func isPastKeyframe(p *cutPacket, g span) bool {
	if g.FirstPos >= 0 {
		return p.pos > g.KeyPos && g.KeyPos >= 0 || p.pos > g.LastPos
	}
	return p.dts > int64(g.StartDTS)
}

// pastEnd reports whether pos lies past the GOP's last video or audio packet.
func (c *cut) pastEnd(pos int64, g span) bool {
	return g.FirstPos >= 0 && c.tracks[0].ended && pos > g.LastPos
}
