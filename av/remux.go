package av

import "gop/video"

// remux returns the parts of a remuxed segment, of at most limit bytes: a header and ranges of the video if
// possible, else a copy. copying forces a copy.
func (d *demuxer) remux(
	ix *video.Index, key video.SegmentKey, limit int64, copying bool,
) ([]video.Part, error) {
	if !copying {
		parts, ok, err := d.zeroCopySegment(ix, key, limit)
		if ok || err != nil {
			return parts, err
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
	header, payload, err := d.mux(cut, false)
	return []video.Part{{Data: header}, {Data: payload}}, err
}
