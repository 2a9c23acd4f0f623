package av

import (
	"bytes"
	"slices"

	"gop/internal/bitstream"
	"gop/internal/gops"
	"gop/internal/media"
)

// dropLeading removes the video packets that are presented before the keyframe. Some players fail at a
// leading frame whose reference is in the GOP before, even though the edit list trims it.
func (c *cut) dropLeading() {
	codec := c.tracks[0].stream.CodecParameters()
	parser := bitstream.NewParser(codecOf(codec), codec.ExtraData())
	first := c.videoPackets()[0]
	key := first.effectivePTS()
	kept := c.packets[:0]
	for _, p := range c.packets {
		isLeading := p.effectivePTS() < key
		if p.av != nil && p.track == 0 {
			payload := payloadOf(p.av)
			isLeading = isLeading || parser.Parse(bytes.NewReader(payload), int64(len(payload))).Skipped
		}
		if p.track == 0 && p != first && isLeading {
			c.bytes -= int64(p.size)
			p.free()
			continue
		}
		kept = append(kept, p)
	}
	c.packets = kept
}

// fillPTS sets the PTS of video packets without any time: second fields in MPEG-TS, and frames of damaged
// files. A keyframe gets its time from the index.
func (c *cut) fillPTS() {
	packets, t := c.videoPackets(), c.tracks[0]
	if packets[0].pts == noPTS {
		packets[0].pts = t.from
	}
	isTimed := func(p *cutPacket) bool { return p.effectivePTS() != noPTS }
	if !slices.ContainsFunc(packets, func(p *cutPacket) bool { return !isTimed(p) }) {
		return
	}
	times := make([]media.Packet, len(packets))
	for i, p := range packets {
		times[i] = media.Packet{PTS: p.pts, DTS: p.dts, Duration: p.duration}
	}
	gops.FillPTS(times, t.to, func(i int) bool {
		return packets[i].av != nil && isField(t.stream.CodecParameters(), packets[i].av)
	})
	for i, p := range packets {
		if !isTimed(p) {
			p.pts = times[i].PTS
		}
	}
}

// fillDTS generates the DTS of the video packets if some are missing, as in Matroska, or are invalid in an
// mp4: they are the sorted PTS, shifted so that none exceeds its packet's PTS.
func (c *cut) fillDTS() {
	packets := c.videoPackets()
	if validDTS(packets) {
		return
	}
	order := make([]int64, len(packets))
	for i, p := range packets {
		order[i] = p.effectivePTS()
	}
	slices.Sort(order)
	delay := int64(0)
	for i, p := range packets {
		if i > 0 {
			order[i] = max(order[i], order[i-1]+1)
		}
		delay = max(delay, order[i]-p.effectivePTS())
	}
	for i, p := range packets {
		p.pts = p.effectivePTS() // before its dts changes
		p.dts = order[i] - delay
	}
	c.tracks[0].endDTS = c.tracks[0].to - delay
}

// validDTS reports whether the DTS increase and none exceeds its packet's PTS.
func validDTS(packets []*cutPacket) bool {
	last := noPTS
	for _, p := range packets {
		if p.dts == noPTS || p.dts <= last || p.dts > p.effectivePTS() {
			return false
		}
		last = p.dts
	}
	return true
}

// setDurations sets the duration of each video packet to the time until the next DTS, as mp4 stores it.
// The packet that is presented last lasts until the end of the GOP.
func (c *cut) setDurations() {
	packets, t := c.videoPackets(), c.tracks[0]
	last := packets[0]
	for i, p := range packets {
		next := t.endDTS
		if i+1 < len(packets) {
			next = packets[i+1].dts
		}
		p.duration = min(max(next-p.dts, 0), max(t.to-p.pts, 0))
		if p.pts > last.pts {
			last = p
		}
	}
	last.duration = max(t.to-last.pts, 0)
}
