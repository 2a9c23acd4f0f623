package av

import (
	"bytes"
	"slices"

	"gop/internal/bitstream"
)

// film is the packets of the cut's video track, in decode order.
func (c *cut) videoPackets() []*cutPacket {
	film := make([]*cutPacket, 0, len(c.packets))
	for _, p := range c.packets {
		if p.track == 0 {
			film = append(film, p)
		}
	}
	return film
}

// dropLeading leaves out the film's packets that are shown before the key: some players give up at
// one whose reference is in the GOP before, though it is hidden.
func (c *cut) dropLeading() {
	codec := c.tracks[0].stream.CodecParameters()
	pictures := bitstream.NewParser(codecOf(codec), codec.ExtraData())
	first := c.videoPackets()[0]
	key := first.effectivePTS()
	kept := c.packets[:0]
	for _, p := range c.packets {
		isLeading := p.effectivePTS() < key
		if p.av != nil && p.track == 0 {
			payload := payloadOf(p.av)
			isLeading = isLeading || pictures.Parse(bytes.NewReader(payload), int64(len(payload))).Skipped
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

// fillPTS gives the film's packets that have no time at all, as a damaged transport stream has
// them, the times at which a picture is missing. A key that has none is where the index took it to
// be.
func (c *cut) fillPTS() {
	film, t := c.videoPackets(), c.tracks[0]
	if film[0].effectivePTS() == noPTS {
		film[0].pts = t.from
	}
	var known []int64
	for _, p := range film {
		if p.effectivePTS() != noPTS {
			known = append(known, p.effectivePTS())
		}
	}
	if len(known) == len(film) {
		return
	}
	slices.Sort(known)
	step := (known[len(known)-1] - known[0]) / int64(len(film)-1)
	if step <= 0 { // the key alone has a time
		step = max((t.to-t.from)/int64(len(film)), 1)
	}
	at, last := 1, known[0]
	for _, p := range film {
		if p.effectivePTS() != noPTS {
			continue
		}
		for at < len(known) && known[at]-last < step*3/2 {
			last = known[at]
			at++
		}
		last += step
		p.pts = last
	}
}

// fillDTS makes the film's decode times where some are missing, as in Matroska, which stores none,
// or are such that no mp4 could have them: the pts in order, moved to before each packet's own pts.
func (c *cut) fillDTS() {
	film := c.videoPackets()
	if validDTS(film) {
		return
	}
	order := make([]int64, len(film))
	for i, p := range film {
		order[i] = p.effectivePTS()
	}
	slices.Sort(order)
	delay := int64(0)
	for i, p := range film {
		if i > 0 {
			order[i] = max(order[i], order[i-1]+1)
		}
		delay = max(delay, order[i]-p.effectivePTS())
	}
	for i, p := range film {
		p.pts = p.effectivePTS() // while it still has the dts that stands in for it
		p.dts = order[i] - delay
	}
	c.tracks[0].endDTS = c.tracks[0].to - delay
}

// areDTSRight tells whether each packet is decoded after the one before, and not after it is shown.
func validDTS(film []*cutPacket) bool {
	last := noPTS
	for _, p := range film {
		if p.dts == noPTS || p.dts <= last || p.dts > p.effectivePTS() {
			return false
		}
		last = p.dts
	}
	return true
}

// setDurations gives each of the film's packets its time to the next in decode order, as mp4
// stores it, and the one that is shown last what is left until the end.
func (c *cut) setDurations() {
	film, t := c.videoPackets(), c.tracks[0]
	last := film[0]
	for i, p := range film {
		next := t.endDTS
		if i+1 < len(film) {
			next = film[i+1].dts
		}
		p.duration = min(max(next-p.dts, 0), max(t.to-p.pts, 0))
		if p.pts > last.pts {
			last = p
		}
	}
	last.duration = max(t.to-last.pts, 0)
}

// setSoundDurations gives the packets of sound that do not tell how long they last the time until
// the next one, and the last one as much as the one before where nothing follows.
func (c *cut) setAudioDurations() {
	for track := 1; track < len(c.tracks); track++ {
		var before *cutPacket
		usual := int64(0)
		set := func(next int64) {
			if before.duration <= 0 {
				before.duration = max(next-before.pts, 0)
			}
			usual = before.duration
		}
		for _, p := range c.packets {
			if p.track != track {
				continue
			}
			if before != nil {
				set(p.pts)
			}
			before = p
		}
		if before == nil {
			continue
		}
		if next := c.tracks[track].next; next != noPTS {
			set(next)
		} else {
			set(before.pts + usual)
		}
	}
}
