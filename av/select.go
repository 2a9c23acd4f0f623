package av

import "gop/video"

// wants tells whether the cut holds p, and whether its track ends there. It fails where the GOP
// lies before.
func (d *demuxer) selects(c *cut, p *cutPacket, g video.GOP, limit int64) (bool, error) {
	switch {
	case p.track < 0 || c.tracks[p.track].ended:
		return false, nil
	case p.track > 0:
		return c.selectsAudio(p, g, limit)
	case c.frames > 0 || d.isKeyframeOf(p, g):
		return true, nil
	case isPastKeyframe(p, g):
		return false, errPastKeyframe
	}
	return false, nil
}

// wantsSound tells whether p is heard during the GOP.
func (c *cut) selectsAudio(p *cutPacket, g video.GOP, limit int64) (bool, error) {
	t := &c.tracks[p.track]
	if before := t.pending; before != nil {
		t.pending = nil
		if p.pts <= t.from || isEncrypted(before.av) {
			before.free()
		} else {
			before.duration = p.pts - before.pts
			if err := c.add(before, g, limit); err != nil {
				return false, err
			}
		}
	}
	if p.pts >= t.to {
		t.next = p.pts
		t.end()
		return false, nil
	}
	if p.pts < t.from && p.duration <= 0 && p.av != nil {
		if clone := p.av.Clone(); clone != nil {
			t.pending = own(clone, p.track)
			return false, nil
		}
	}
	return p.pts >= t.from || p.pts+p.duration > t.from, nil
}

// isKeyOf tells whether p is the key packet of g. Its place says so: two keys may have the same time,
// where a clock was set back. Only a packet that has no place of its own, since a payload of a
// transport stream holds two, is told by its time.
func (d *demuxer) isKeyframeOf(p *cutPacket, g video.GOP) bool {
	if g.KeyPos >= 0 && d.container.is(matroskaContainer) && g.FirstPos >= 0 {
		return p.pos == g.KeyPos // whether it is a key was for the index to say
	}
	if !p.key {
		return false
	}
	if g.KeyPos >= 0 {
		return p.pos == g.KeyPos
	}
	return p.effectivePTS() == int64(g.Start)
}

// isPast tells whether p, which is not the key packet of g, comes after it in decode order.
func isPastKeyframe(p *cutPacket, g video.GOP) bool {
	if g.FirstPos >= 0 {
		return p.pos > g.KeyPos && g.KeyPos >= 0
	}
	return p.dts > int64(g.StartDTS)
}

// isBehind tells whether a place in the file is behind all of the film and all sound that is heard
// during the GOP.
func (c *cut) pastEnd(pos int64, g video.GOP) bool {
	return g.FirstPos >= 0 && c.tracks[0].ended && pos > g.LastPos
}
