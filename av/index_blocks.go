package av

import (
	"errors"
	"io"

	"github.com/asticode/go-astiav"

	"gop/internal/matroska"
	"gop/internal/media"
)

// walkBlocks shows x all blocks. It returns errNotWalkable where they do not tell what the index
// needs.
func (d *demuxer) indexBlocks(x *indexer) error {
	w, decode := d.newWalker(x.stream), matroska.DecodeTimes{Delay: videoDelay(d.streams[x.stream])}
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
		b.DTS = decode.Next(b.PTS)
		return x.add(b.Packet, payload)
	}
	err := d.walk(w)
	// The end of a file that is cut off is the end of what it has.
	if errors.Is(err, matroska.ErrTruncated) {
		return nil
	}
	if errors.Is(err, matroska.ErrElement) {
		return matroska.ErrNotWalkable // it is damaged: libav finds its way again
	}
	return err
}

// walkSegment has w walk over the file, and takes note of where its blocks begin.
func (d *demuxer) walk(w *matroska.Walker) error {
	err := w.Walk()
	if w.FirstCluster > 0 {
		d.firstCluster = w.FirstCluster
	}
	return err
}

// newMatroskaWalk makes a walk over the demuxer's file.
func (d *demuxer) newWalker(film int) *matroska.Walker {
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
	return matroska.NewWalker(d.source.ctx, d.source, d.source.size, streams, film)
}

// isFlaggedRight tells whether the container calls the packet a key as libav will: by the parser's
// word, but for HEVC, which its Matroska demuxer does not parse. Some muxers flag too few, or all.
func (x *indexer) keyFlagMatches(p media.Packet, payload io.ReaderAt) bool {
	if x.parser.Codec == media.HEVC {
		return true
	}
	picture := x.parser.Parse(payload, int64(p.Size))
	return !picture.Unsure && picture.Key == p.Key
}
