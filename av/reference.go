package av

import (
	"errors"
	"io"
	"slices"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// Codecs whose packets libav's mp4 muxer writes as they are, and does not look into, as long as
// their configuration is that of an mp4 (ff_mov_write_packet in libavformat/movenc.c).
var (
	plainFilms  = []astiav.CodecID{astiav.CodecIDH264, astiav.CodecIDHevc, astiav.CodecIDMpeg4}
	plainSounds = []astiav.CodecID{astiav.CodecIDAac, astiav.CodecIDMp3, astiav.CodecIDOpus, astiav.CodecIDAlac, astiav.CodecIDFlac}
)

// reference makes a segment of its header and the places where the video has the packets, none of
// which libav reads. ok is false where that cannot be: nothing tells the packets' places, or the mp4
// needs them in another form.
func (d *demuxer) reference(ix *video.Index, key video.SegmentKey, limit int64) (parts []video.Part, ok bool, err error) {
	if !d.isReferable(key) {
		return nil, false, nil
	}
	isNew, err := d.bringsParameters(ix, key)
	if err != nil || isNew {
		return nil, false, err
	}
	c, ok, err := d.knownCut(ix, key, limit)
	if err != nil || !ok {
		return nil, false, err
	}
	if key.NoLeading {
		c.dropLeading()
	}
	header, _, err := d.mux(c, true)
	if errors.Is(err, errNotReferable) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return append([]video.Part{{Data: header}}, c.ranges()...), true, nil
}

// errNotReferable says that the muxer did not write the payloads as they are.
var errNotReferable = errors.New("the payloads are not written as they are")

// ranges are where the cut's payloads lie, in their order; those that follow each other are one.
func (c *cut) ranges() []video.Part {
	var ranges []video.Part
	end := int64(-1)
	for _, p := range c.packets {
		at, size := p.payload, int64(p.size)
		switch {
		case size == 0:
			continue
		case at == end:
			ranges[len(ranges)-1].Length += size
		default:
			ranges = append(ranges, video.Part{Offset: at, Length: size})
		}
		end = at + size
	}
	return ranges
}

// isReferable tells whether the tracks are such that a segment can refer to their packets.
func (d *demuxer) isReferable(key video.SegmentKey) bool {
	film := d.streams[key.VideoStream].CodecParameters()
	pictures := newPictures(film.CodecID(), film.ExtraData())
	switch {
	case !slices.Contains(plainFilms, film.CodecID()), len(film.ExtraData()) == 0:
		return false
	case !d.container.is(mov) && !d.container.is(matroska):
		return false
	case pictures.hasNALs() && pictures.nalLength == 0:
		return false
	case key.NoLeading && film.CodecID() == astiav.CodecIDHevc: // its pictures tell which are leading
		return false
	}
	return key.AudioStream < 0 || slices.Contains(plainSounds, d.streams[key.AudioStream].CodecParameters().CodecID())
}

// parametersRange is how far into a key packet parameter sets are looked for, in bytes.
const parametersRange = 16 << 10

// bringsParameters tells whether the GOP's key packet has parameter sets of its own, that describe
// its track anew.
func (d *demuxer) bringsParameters(ix *video.Index, key video.SegmentKey) (bool, error) {
	g, codec := ix.GOPs[key.GOP], d.streams[key.VideoStream].CodecParameters()
	pictures := newPictures(codec.CodecID(), codec.ExtraData())
	if !pictures.hasNALs() {
		return false, nil
	}
	head := make([]byte, min(g.KeySize, parametersRange))
	n, err := d.source.ReadAt(head, g.KeyPos)
	if err != nil && err != io.EOF {
		return false, d.unreadable("the key picture cannot be read", err)
	}
	_, isNew := pictures.parameterSets(head[:n], codec.ExtraData())
	return isNew, nil
}
