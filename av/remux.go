package av

import "gop/video"

// remux makes a segment of at most limit bytes: a header and ranges of the video if possible, else a copy.
// copying forces a copy.
func (d *demuxer) remux(
	ix *video.Index, key video.SegmentKey, limit int64, copying bool,
) (*video.Segment, error) {
	if !copying {
		s, err := d.zeroCopySegment(ix, key, limit)
		if s != nil || err != nil {
			return s, err
		}
	}
	cut, err := d.cut(ix, key, limit)
	if err != nil {
		return nil, err
	}
	defer cut.free()
	if key.NoLeading {
		cut.dropLeading()
	}
	return d.copiedSegment(cut)
}

// copiedSegment makes a segment of the cut, in memory.
func (d *demuxer) copiedSegment(c *cut) (*video.Segment, error) {
	header, payload, err := d.mux(c, false)
	if err != nil {
		return nil, err
	}
	parts := []video.Part{{Data: header}, {Data: payload}}
	return &video.Segment{Parts: parts, AudioLeftOut: c.audioLeftOut}, nil
}
