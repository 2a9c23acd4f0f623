package av

import (
	"bytes"
	"iter"

	"gop/video"
)

// setConfig sets the codec configuration of the cut's video, or nil if it is the stream's, at each of its
// keyframes. It fails if it changes: an mp4 has one for all of its packets.
func (c *cut) setConfig(config []byte) error {
	if c.hasConfig && !bytes.Equal(config, c.extradata) {
		return video.Errorf(video.Unreadable, "the codec configuration changes within %v", c.span)
	}
	c.extradata, c.hasConfig = config, true
	return nil
}

// gops returns the video packets of each GOP of the cut, in decode order.
func (c *cut) gops() iter.Seq2[video.GOP, []*cutPacket] {
	return func(yield func(video.GOP, []*cutPacket) bool) {
		packets := c.videoPackets()
		for n := range c.keys {
			g := c.span.at(n)
			count := min(g.Frames, len(packets))
			if !yield(g, packets[:count]) {
				return
			}
			packets = packets[count:]
		}
	}
}

// present checks that an mp4 can present the frames of a run, and limits what it presents to the clip of the
// span. The frame that is on screen where the clip starts is presented from then on.
func (c *cut) present() error {
	if c.span.first == c.span.last && !c.span.hasClip() {
		return nil
	}
	c.fillPTS()
	if c.span.hasClip() {
		for i := range c.tracks {
			c.tracks[i].setInterval(c.span.clip, rational(c.tracks[0].stream.TimeBase()))
		}
		c.startClip()
		c.endClip()
	}
	return c.checkTrimmed()
}

// checkTrimmed returns an error if the edit list of the file trims a frame between those that are presented.
func (c *cut) checkTrimmed() error {
	t, last := c.tracks[0], noPTS
	for _, p := range c.videoPackets() {
		if !p.discard {
			last = max(last, p.effectivePTS())
		}
	}
	for _, p := range c.videoPackets() {
		if pts := p.effectivePTS(); p.discard && pts >= t.from && pts < min(t.to, last) {
			return video.Errorf(video.Unreadable, "an edit list trims frames within %v", c.span)
		}
	}
	return nil
}

// startClip delays the frame that is on screen where the clip starts until then. The edit list trims those
// before it.
func (c *cut) startClip() {
	packets, from := c.videoPackets(), c.tracks[0].from
	first := -1
	for i, p := range packets {
		isEarlier := first >= 0 && p.effectivePTS() < packets[first].effectivePTS()
		if !p.discard && p.effectivePTS() <= from && !isEarlier {
			first = i
		}
	}
	if first < 0 {
		return
	}
	if c.isSecondField(packets, first) {
		packets[first-1].pts = from
	}
	packets[first].pts = from
}

// endClip removes the video packets after the last one, in decode order, that is presented.
func (c *cut) endClip() {
	packets, t := c.videoPackets(), &c.tracks[0]
	count := 1
	for i, p := range packets {
		if p.effectivePTS() < t.to {
			count = i + 1
		}
	}
	if c.isSecondField(packets, count) {
		count++
	}
	if count >= len(packets) {
		return
	}
	t.endDTS = packets[count].effectiveDTS()
	kept, n := c.packets[:0], 0
	for _, p := range c.packets {
		if p.track == 0 {
			if n++; n > count {
				c.frames--
				c.bytes -= int64(p.size)
				p.free()
				continue
			}
		}
		kept = append(kept, p)
	}
	c.packets = kept
}

// isSecondField reports whether packet n is a field, and the packet before it is the other field of the same
// frame.
func (c *cut) isSecondField(packets []*cutPacket, n int) bool {
	isFieldAt := func(i int) bool {
		return i >= 0 && i < len(packets) && packets[i].av != nil &&
			isField(c.tracks[0].stream.CodecParameters(), packets[i].av)
	}
	fields := 0
	for i := n; isFieldAt(i); i-- {
		fields++
	}
	return fields > 0 && fields%2 == 0
}
