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
	w.Visit = func(b matroska.Block) error {
		if b.Stream != x.stream {
			if x.audioTrack(b.Stream) != nil {
				b.Duration = d.blockDuration(w, b)
			}
			return x.add(b.Packet, nil)
		}
		if b.Laced {
			return matroska.ErrNotWalkable
		}
		payload := w.Payload(b)
		if !x.keyFlagMatches(b.Packet, payload) {
			return matroska.ErrNotWalkable
		}
		b.DTS = dts.Next(b.PTS)
		return x.add(b.Packet, payload)
	}
	err := d.walk(w)
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
	return !frame.Unsure && frame.Key == p.Key
}
