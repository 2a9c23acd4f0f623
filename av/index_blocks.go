package av

import (
	"errors"
	"io"

	"gop/internal/matroska"
	"gop/internal/media"
)

// indexBlocks adds the blocks of a Matroska file. It returns matroska.ErrNotWalkable if their headers do
// not suffice for the index.
func (d *demuxer) indexBlocks(x *indexer) error {
	w, dts := d.newWalker(x.stream), matroska.DecodeTimes{Delay: videoDelay(d.streams[x.stream])}
	isOrdered, add, flush := d.hasDecodeTimes(x.stream), x.add, func() error { return nil }
	if isOrdered {
		o, err := d.newOrderedIndexer(x)
		if err != nil {
			return err
		}
		defer o.free()
		add, flush = o.addHead, o.flush
	}
	w.Visit = func(b matroska.Block) error {
		if b.Size == 0 { // libav skips it
			return nil
		}
		if b.Stream != x.stream {
			if x.audioTrack(b.Stream) != nil {
				b.Duration = d.blockDuration(w, b)
			}
			return add(&b.Packet, nil)
		}
		if b.Laced {
			return matroska.ErrNotWalkable
		}
		payload := w.Payload(b)
		if !x.keyFlagMatches(b.Packet, payload) {
			return matroska.ErrNotWalkable
		}
		if b.DTS = b.PTS; !isOrdered {
			b.DTS = dts.Next(b.PTS)
		}
		return add(&b.Packet, payload)
	}
	err := d.walk(w)
	if flushErr := flush(); err == nil {
		err = flushErr
	}
	// A file that is cut off is indexed up to its end.
	if errors.Is(err, matroska.ErrTruncated) {
		return nil
	}
	if errors.Is(err, matroska.ErrElement) {
		return matroska.ErrNotWalkable // damaged: libav resynchronizes
	}
	return err
}

// keyFlagMatches reports whether libav will flag the packet as a keyframe as the container does. libav
// parses packets for that, except for HEVC in Matroska. Some muxers flag too few packets, or all.
func (x *indexer) keyFlagMatches(p media.Packet, payload io.ReaderAt) bool {
	if x.parser.Codec == media.HEVC {
		return true
	}
	frame := x.parser.Parse(payload, int64(p.Size))
	return frame.NoSlice || !frame.Unsure && frame.Key == p.Key
}
