package av

import (
	"bytes"
	"slices"

	"gop/internal/bitstream"
	"gop/internal/gops"
	"gop/internal/media"
	"gop/video"
)

// dropLeading removes the video packets of the first GOP that are presented before its keyframe. Some players
// fail at a leading frame whose reference is in the GOP before, even though the edit list trims it.
func (c *cut) dropLeading() {
	codec := c.tracks[0].stream.CodecParameters()
	parser := bitstream.NewParser(codecOf(codec), codec.ExtraData())
	first := c.videoPackets()[0]
	key := first.effectivePTS()
	kept, frames := c.packets[:0], 0
	for _, p := range c.packets {
		if p.track == 0 {
			frames++
		}
		isLeading := p.effectivePTS() < key && frames <= c.span.at(0).Frames
		if p.av != nil && p.track == 0 && frames <= c.span.at(0).Frames {
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
	for g, packets := range c.gops() {
		c.fillPTSOf(g, packets)
	}
}

// fillPTSOf is fillPTS for the packets of one GOP.
func (c *cut) fillPTSOf(g video.GOP, packets []*cutPacket) {
	if packets[0].pts == noPTS {
		packets[0].pts = int64(g.Start)
	}
	isTimed := func(p *cutPacket) bool { return p.effectivePTS() != noPTS }
	if !slices.ContainsFunc(packets, func(p *cutPacket) bool { return !isTimed(p) }) {
		return
	}
	times := make([]media.Packet, len(packets))
	for i, p := range packets {
		times[i] = media.Packet{PTS: p.pts, DTS: p.dts, Duration: p.duration}
	}
	gops.FillPTS(times, int64(g.End), func(i int) bool {
		return packets[i].av != nil && isField(c.tracks[0].stream.CodecParameters(), packets[i].av)
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
