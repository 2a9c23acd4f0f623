package av

import (
	"errors"
	"io"

	"github.com/asticode/go-astiav"

	"gop/internal/matroska"
	"gop/internal/media"
)

// indexBlocks adds the blocks of a Matroska file. It returns matroska.ErrNotWalkable if their headers do
// not contain what the index needs.
func (d *demuxer) indexBlocks(x *indexer) error {
	w, dts := d.newWalker(x.stream), matroska.DecodeTimes{Delay: videoDelay(d.streams[x.stream])}
	w.Visit = func(b matroska.Block) error {
		if b.Stream != x.stream {
			return x.add(b.Packet, nil)
		}
		if b.Laced || b.Early {
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

// walkSegment walks over the file and stores the byte offset of the first cluster.
func (d *demuxer) walk(w *matroska.Walker) error {
	err := w.Walk()
	if w.FirstCluster > 0 {
		d.firstCluster = w.FirstCluster
	}
	return err
}

// newWalker returns a walker over the demuxer's file.
func (d *demuxer) newWalker(primary int) *matroska.Walker {
	streams := make([]matroska.Stream, len(d.streams))
	for i, s := range d.streams {
		streams[i].Attached = s.DispositionFlags().Has(astiav.DispositionFlagAttachedPic)
		switch s.CodecParameters().MediaType() {
		case astiav.MediaTypeVideo:
			streams[i].Type = matroska.Video
		case astiav.MediaTypeAudio:
			streams[i].Type = matroska.Audio
		case astiav.MediaTypeSubtitle:
			streams[i].Type = matroska.Subtitle
		case astiav.MediaTypeData:
			streams[i].Type = matroska.Metadata
		}
	}
	return matroska.NewWalker(d.source.ctx, d.source, d.source.size, streams, primary)
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
