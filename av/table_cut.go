package av

import (
	"errors"

	"gop/internal/matroska"
	"gop/internal/media"
	"gop/video"
)

// cutFromTable selects the GOP's packets from the sample table or from block headers. It reports false if
// payloads must be read.
func (d *demuxer) cutFromTable(
	ix *video.Index, key video.SegmentKey, limit int64,
) (_ *cut, ok bool, err error) {
	defer d.discardNone()
	c, g := d.newCut(ix, key), newSpan(ix, key)
	if d.container.is(matroskaContainer) {
		if ix.Scanned || d.hasDecodeTimes(key.VideoStream) { // the headers of its blocks do not suffice
			return c, false, nil
		}
		ok, err := d.selectBlocks(c, g, limit)
		return c, ok && c.frames == g.Frames, err
	}
	for i, t := range c.tracks {
		s, err := d.samplesOf(t.stream.Index())
		if err != nil && i > 0 && d.source.Err() == nil { // libav may read the audio up to the damage
			return nil, false, nil
		}
		if err != nil || len(s.configs) > 0 || s.encrypted {
			return nil, false, err
		}
		from, _ := s.find(int64(g.StartDTS), g.KeyPos)
		if i > 0 { // the packet before may overlap the start
			at, start := s.find(t.from/t.scale, g.KeyPos)
			from = max(at-1, start)
		}
		err = d.selectSamples(c, s, i, from, g, limit)
		if errors.Is(err, errPastKeyframe) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	err = c.endAudio(g, limit)
	c.sort()
	return c, c.frames == g.Frames, err
}

// selectSamples adds a track's packets that belong to the cut, from index from on.
func (d *demuxer) selectSamples(c *cut, s *sampleTable, track, from int, g span, limit int64) error {
	const atOnce = 128
	last := noPTS
	for from < s.count {
		var packets []media.Packet
		packets, from = s.packets(from, atOnce, d.source.Size())
		for _, p := range packets {
			if track > 0 && p.Discard {
				continue
			}
			if track > 0 && p.PTS < last { // the clock goes back: the audio of another GOP follows
				c.tracks[track].end()
				return nil
			}
			last = p.PTS
			_, err := d.take(c, unread(p, p.Pos, track), g, limit)
			if err != nil || c.tracks[track].ended {
				return err
			}
		}
	}
	return nil
}

// selectBlocks adds a Matroska file's blocks that belong to the cut. It reports false if their headers do
// not describe the packets.
func (d *demuxer) selectBlocks(c *cut, g span, limit int64) (ok bool, err error) {
	w, err := d.openWalker(c.tracks[0].stream.Index())
	if err != nil {
		return false, ignoreDamage(err)
	}
	w.Visit = func(b matroska.Block) error {
		track := c.trackOf(b.Stream)
		switch {
		case c.pastEnd(b.Pos, g):
			return matroska.ErrStop
		case track < 0 || b.Size == 0:
			return nil
		case !b.IsPlain():
			return matroska.ErrNotWalkable
		}
		if track > 0 {
			b.DTS = b.PTS
			b.Duration = d.blockDuration(w, b)
		}
		_, err := d.take(c, unread(b.Packet, b.PayloadPos, track), g, limit)
		if err == nil && c.isComplete() {
			err = matroska.ErrStop
		}
		return err
	}
	err = w.WalkFrom(g.FirstPos)
	if errors.Is(err, matroska.ErrStop) {
		err = nil
	}
	if err == nil {
		err = c.endAudio(g, limit)
	}
	return err == nil && c.tracks[0].ended, ignoreDamage(err)
}

// ignoreDamage returns err, or nil if libav may still demux the file: if the blocks are damaged, do not
// describe the packets, or follow the keyframe.
func ignoreDamage(err error) error {
	if matroska.IsDamage(err) || errors.Is(err, errPastKeyframe) {
		return nil
	}
	return err
}
