package av

import (
	"errors"
	"io"
	"slices"

	"gop/internal/bitstream"
	"gop/internal/media"
	"gop/video"
)

// Codecs whose packets libav's mp4 muxer writes as they are, and does not look into, as long as
// their configuration is that of an mp4 (ff_mov_write_packet in libavformat/movenc.c).
var (
	verbatimVideo  = []media.Codec{media.H264, media.HEVC, media.MPEG4}
	verbatimAudio = []media.Codec{media.AAC, media.MP3, media.Opus, media.ALAC, media.FLAC}
)

// reference makes a segment of its header and the places where the video has the packets, none of
// which libav reads. ok is false where that cannot be: nothing tells the packets' places, or the mp4
// needs them in another form.
func (d *demuxer) zeroCopySegment(ix *video.Index, key video.SegmentKey, limit int64) (parts []video.Part, ok bool, err error) {
	if !d.canZeroCopy(key) {
		return nil, false, nil
	}
	isNew, err := d.hasNewParameterSets(ix, key)
	if err != nil || isNew {
		return nil, false, err
	}
	c, ok, err := d.cutFromTable(ix, key, limit)
	if err != nil || !ok {
		return nil, false, err
	}
	if key.NoLeading {
		c.dropLeading()
	}
	header, _, err := d.mux(c, true)
	if errors.Is(err, errPayloadChanged) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return append([]video.Part{{Data: header}}, c.fileRanges()...), true, nil
}

// errNotReferable says that the muxer did not write the payloads as they are.
var errPayloadChanged = errors.New("the payloads are not written as they are")

// ranges are where the cut's payloads lie, in their order; those that follow each other are one.
func (c *cut) fileRanges() []video.Part {
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
func (d *demuxer) canZeroCopy(key video.SegmentKey) bool {
	film := d.streams[key.Video].CodecParameters()
	pictures := bitstream.NewParser(codecOf(film), film.ExtraData())
	switch {
	case !slices.Contains(verbatimVideo, codecOf(film)), len(film.ExtraData()) == 0:
		return false
	case !d.container.is(movContainer) && !d.container.is(matroskaContainer):
		return false
	case pictures.HasNALUnits() && pictures.LengthSize == 0:
		return false
	case key.NoLeading && codecOf(film) == media.HEVC: // its pictures tell which are leading
		return false
	}
	return key.Audio < 0 || slices.Contains(verbatimAudio, codecOf(d.streams[key.Audio].CodecParameters()))
}

// parametersRange is how far into a key packet parameter sets are looked for, in bytes.
const parametersRange = 16 << 10

// bringsParameters tells whether the GOP's key packet has parameter sets of its own, that describe
// its track anew.
func (d *demuxer) hasNewParameterSets(ix *video.Index, key video.SegmentKey) (bool, error) {
	g, codec := ix.GOPs[key.GOP], d.streams[key.Video].CodecParameters()
	pictures := bitstream.NewParser(codecOf(codec), codec.ExtraData())
	if !pictures.HasNALUnits() {
		return false, nil
	}
	head := make([]byte, min(g.KeySize, parametersRange))
	n, err := d.source.ReadAt(head, g.KeyPos)
	if err != nil && err != io.EOF {
		return false, d.unreadable("the key picture cannot be read", err)
	}
	_, isNew := pictures.ParameterSets(head[:n], codec.ExtraData())
	return isNew, nil
}
