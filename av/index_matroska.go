package av

import (
	"errors"
	"io"

	"github.com/asticode/go-astiav"

	"gop/internal/media"
)

// walkBlocks shows x all blocks. It returns errNotWalkable where they do not tell what the index
// needs.
func (d *demuxer) walkBlocks(x *indexer) error {
	w, decode := d.newMatroskaWalk(x.film), decodeTimes{delay: videoDelay(d.streams[x.film])}
	w.visit = func(b block) error {
		if b.Stream != x.film {
			return x.add(b.Packet, nil)
		}
		if b.laced || b.early {
			return errNotWalkable
		}
		payload := w.stored(b)
		if !x.isFlaggedRight(b.Packet, payload) {
			return errNotWalkable
		}
		b.DTS = decode.of(b.PTS)
		return x.add(b.Packet, payload)
	}
	err := d.walkSegment(w)
	// The end of a file that is cut off is the end of what it has.
	if errors.Is(err, errFileEnds) {
		return nil
	}
	if errors.Is(err, errNoElement) {
		return errNotWalkable // it is damaged: libav finds its way again
	}
	return err
}

// walkSegment has w walk over the file, and takes note of where its blocks begin.
func (d *demuxer) walkSegment(w *matroskaWalk) error {
	err := w.file()
	if w.first > 0 {
		d.firstCluster = w.first
	}
	return err
}

// newMatroskaWalk makes a walk over the demuxer's file.
func (d *demuxer) newMatroskaWalk(film int) *matroskaWalk {
	streams := make([]matroskaStream, len(d.streams))
	for i, s := range d.streams {
		streams[i].attached = s.DispositionFlags().Has(astiav.DispositionFlagAttachedPic)
		switch s.CodecParameters().MediaType() {
		case astiav.MediaTypeVideo:
			streams[i].kind = matroskaVideo
		case astiav.MediaTypeAudio:
			streams[i].kind = matroskaAudio
		case astiav.MediaTypeSubtitle:
			streams[i].kind = matroskaSubtitle
		case astiav.MediaTypeData:
			streams[i].kind = matroskaMetadata
		}
	}
	return newMatroskaWalk(d.source.ctx, d.source, d.source.size, streams, film)
}

// isFlaggedRight tells whether the container calls the packet a key as libav will: by the parser's
// word, but for HEVC, which its Matroska demuxer does not parse. Some muxers flag too few, or all.
func (x *indexer) isFlaggedRight(p media.Packet, payload io.ReaderAt) bool {
	if x.pictures.codec == media.HEVC {
		return true
	}
	picture := x.pictures.of(payload, int64(p.Size))
	return !picture.unsure && picture.key == p.Key
}
