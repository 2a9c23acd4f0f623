package av

import "gop/video"

// takeAudio adds the audio packet p to the cut if it overlaps the GOP. A packet of unknown duration is held
// until the next packet of its track, up to whose start it lasts. takeAudio reports whether the cut owns p.
func (c *cut) takeAudio(p *cutPacket, g span, limit int64) (taken bool, err error) {
	t := &c.tracks[p.track]
	switch {
	case p.pts != noPTS:
		if err := c.release(t, p.pts, g, limit); err != nil {
			return false, err
		}
	case len(t.held) > 0:
	case t.follows == noPTS:
		return false, nil
	default: // it follows another in a block
		p.pts, p.dts = t.follows, t.follows
	}
	switch {
	case p.pts >= t.to:
		t.end()
		return false, nil
	case p.pts == noPTS || p.duration <= 0:
		t.held = append(t.held, p)
		c.bytes += int64(p.size)
		if c.bytes+packetCost*int64(len(c.packets)+len(t.held)) > limit {
			return true, tooManyBytes(g, limit)
		}
		return true, nil
	}
	t.usual, t.follows = p.duration, p.pts+p.duration
	if t.follows <= t.from {
		return false, nil
	}
	return true, c.add(p, g, limit)
}

// release gives the held packets of a track their times and adds those that overlap the GOP. The first of
// them has a PTS; the others, which follow it in a block, last equally long. next is the PTS of the packet
// after them, or noPTS if there is none.
func (c *cut) release(t *cutTrack, next int64, g span, limit int64) error {
	count := int64(len(t.held))
	if count == 0 {
		return nil
	}
	first, total := t.held[0].pts, t.usual*count
	if next != noPTS {
		total = min(max(next-first, 0), t.longest*count)
	}
	for i := int64(0); len(t.held) > 0; i++ {
		p := t.held[0]
		t.held = t.held[1:]
		c.bytes -= int64(p.size)
		p.pts = first + total*i/count
		p.dts = p.pts
		p.duration = first + total*(i+1)/count - p.pts
		t.usual, t.follows = p.duration, p.pts+p.duration
		if p.pts >= t.to || p.pts < t.from && p.pts+p.duration <= t.from {
			p.free()
			continue
		}
		if err := c.add(p, g, limit); err != nil {
			return err
		}
	}
	return nil
}

// endAudio adds the held packets that overlap the GOP, after the last packet has been read.
func (c *cut) endAudio(g span, limit int64) error {
	for i := range c.tracks {
		if err := c.release(&c.tracks[i], noPTS, g, limit); err != nil {
			return err
		}
	}
	return nil
}

// longestPacket bounds the duration of an audio packet whose file states none, in seconds.
const longestPacket = video.Ticks(1)
