package av

import (
	"errors"

	"gop/internal/matroska"
	"gop/internal/media"
	"gop/video"
)

// knownCut is the GOP that key names, of packets that were not read. ok is false where its tracks are
// such that they have to be.
func (d *demuxer) knownCut(ix *video.Index, key video.SegmentKey, limit int64) (_ *cut, ok bool, err error) {
	defer d.discardNone()
	c, g := d.newCut(ix, key), ix.GOPs[key.GOP]
	if d.container.is(matroskaContainer) {
		ok, err := d.takeBlocks(c, g, limit)
		return c, ok && c.frames == g.Frames, err
	}
	for i, t := range c.tracks {
		s, err := d.samplesOf(t.stream.Index())
		if err != nil || s.changing || s.encrypted {
			return nil, false, err
		}
		from := entryAt(t.stream, int64(g.StartDTS))
		if i > 0 { // the packet before may last until after the start
			from = max(entryAt(t.stream, t.from)-1, 0)
		}
		err = d.takeSamples(c, s, i, from, g, limit)
		if errors.Is(err, errOvershot) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	c.sort()
	return c, c.frames == g.Frames, nil
}

// takeSamples adds what the cut wants of a track's packets, from one on.
func (d *demuxer) takeSamples(c *cut, s *samples, track, from int, g video.GOP, limit int64) error {
	const atOnce = 128
	for from < s.count {
		var packets []media.Packet
		packets, from = s.packets(from, atOnce, d.source.size)
		for _, p := range packets {
			p := known(p, p.Pos, track)
			wanted, err := d.wants(c, p, g, limit)
			if err == nil && wanted {
				err = c.add(p, g, limit)
			}
			if err != nil || c.tracks[track].ended {
				return err
			}
		}
	}
	return nil
}

// takeBlocks adds what the cut wants of a Matroska file's blocks. ok is false where their heads do not
// tell enough.
func (d *demuxer) takeBlocks(c *cut, g video.GOP, limit int64) (ok bool, err error) {
	w, err := d.openBlocks(c.tracks[0].stream.Index())
	if err != nil || g.FirstPos < 0 {
		return false, ignoreDamage(err)
	}
	w.Visit = func(b matroska.Block) error {
		track := c.trackOf(b.Stream)
		switch {
		case c.isBehind(b.Pos, g):
			return matroska.ErrStop
		case track < 0:
			return nil
		case !b.IsPlain():
			return matroska.ErrNotWalkable
		}
		if track > 0 {
			b.DTS = b.PTS
			if b.Duration == 0 {
				b.Duration = soundDuration(c.tracks[track].stream, b.Size)
			}
		}
		p := known(b.Packet, b.PayloadPos, track)
		wanted, err := d.wants(c, p, g, limit)
		if err == nil && wanted {
			err = c.add(p, g, limit)
		}
		if err == nil && c.isComplete() {
			err = matroska.ErrStop
		}
		return err
	}
	err = w.WalkFrom(g.FirstPos)
	if errors.Is(err, matroska.ErrStop) {
		err = nil
	}
	return err == nil && c.tracks[0].ended, ignoreDamage(err)
}

// openBlocks is a walk that knows the file's tracks and comes to its first block.
func (d *demuxer) openBlocks(film int) (*matroska.Walker, error) {
	w := d.newMatroskaWalk(film)
	return w, d.walkSegment(w)
}

// ignoreDamage is err unless it says that the blocks are damaged or do not tell enough, or that the key
// lies before: libav may still find its way.
func ignoreDamage(err error) error {
	if matroska.IsDamage(err) || errors.Is(err, errOvershot) {
		return nil
	}
	return err
}
