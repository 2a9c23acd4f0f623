package av

import (
	"errors"
	"io"
	"slices"

	"gop/internal/bitstream"
	"gop/internal/media"
	"gop/video"
)

// Codecs whose packets libav's mp4 muxer writes without parsing or changing them, if their configuration
// is in mp4 form (ff_mov_write_packet in libavformat/movenc.c).
var (
	verbatimVideo = []media.Codec{media.H264, media.HEVC, media.MPEG4}
	verbatimAudio = []media.Codec{media.AAC, media.MP3, media.Opus, media.ALAC, media.FLAC}
)

// zeroCopySegment makes a segment of a header and ranges of the video, without reading packets. It returns
// nil if the packets' byte offsets are unknown or if an mp4 needs their payloads in another form.
func (d *demuxer) zeroCopySegment(
	ix *video.Index, key video.SegmentKey, limit int64,
) (*video.Segment, error) {
	isClip := key.Clip != video.Interval{}
	if !d.canZeroCopy(key) || isClip && ix.Track().Interlaced { // its fields may be packets
		return nil, nil
	}
	c, ok, err := d.cutFromTable(ix, key, limit)
	if err != nil || !ok {
		return nil, err
	}
	if isNew, err := d.hasNewParameterSets(c); err != nil || isNew {
		return nil, err
	}
	if err := c.present(); err != nil {
		return nil, err
	}
	if key.NoLeading {
		c.dropLeading()
	}
	header, _, err := d.mux(c, true)
	if errors.Is(err, errPayloadChanged) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	parts := append([]video.Part{{Data: header}}, c.fileRanges()...)
	return &video.Segment{Parts: parts, AudioLeftOut: c.audioLeftOut}, nil
}

// fileRanges returns the ranges of the video that hold the payloads, in order. Adjacent ones are merged.
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

// canZeroCopy reports whether the codecs of the tracks allow a zero-copy segment.
func (d *demuxer) canZeroCopy(key video.SegmentKey) bool {
	codec := d.streams[key.VideoStream].CodecParameters()
	parser := bitstream.NewParser(codecOf(codec), codec.ExtraData())
	switch {
	case !slices.Contains(verbatimVideo, codecOf(codec)), len(codec.ExtraData()) == 0:
		return false
	case !d.container.is(movContainer) && !d.container.is(matroskaContainer):
		return false
	case parser.HasNALUnits() && parser.LengthSize == 0:
		return false
	case key.NoLeading && codecOf(codec) == media.HEVC: // needs headers of frames to find leading ones
		return false
	}
	if key.AudioStream < 0 {
		return true
	}
	return slices.Contains(verbatimAudio, codecOf(d.streams[key.AudioStream].CodecParameters()))
}

// parametersRange is the number of bytes of a keyframe that are searched for parameter sets.
const parametersRange = 16 << 10

// hasNewParameterSets reports whether the keyframe of a cut, which was not read, contains parameter sets that
// differ from the stream's configuration.
func (d *demuxer) hasNewParameterSets(c *cut) (bool, error) {
	keyframe, codec := c.videoPackets()[0], c.tracks[0].stream.CodecParameters()
	parser := bitstream.NewParser(codecOf(codec), codec.ExtraData())
	if !parser.HasNALUnits() && c.width == 0 {
		return false, nil
	}
	head := make([]byte, min(keyframe.size, parametersRange))
	n, err := d.source.ReadAt(head, keyframe.payload)
	if err != nil && err != io.EOF {
		return false, d.unreadable("the keyframe cannot be read", err)
	}
	_, isNew := parser.ParameterSets(head[:n], codec.ExtraData())
	return isNew, nil
}
