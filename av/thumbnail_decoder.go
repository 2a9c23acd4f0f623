package av

import (
	"bytes"

	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
)

// takeDecoder returns a decoder for the keyframe of a cut: the idle one if it fits, else a new one. The
// caller frees it or passes it to keepDecoder.
func (d *demuxer) takeDecoder(c *cut, maxPixels int) (*astiav.CodecContext, error) {
	stream, idle := c.tracks[0].stream, d.decoder
	d.decoder = thumbnailDecoder{}
	if idle.context != nil {
		if idle.stream == stream.Index() && bytes.Equal(idle.extradata, c.extradata) {
			return idle.context, nil
		}
		idle.context.Free()
	}
	opened, err := openDecoder(stream, c.extradata, maxPixels, 1)
	if err == nil {
		zeroBuffers(opened)
	}
	return opened, err
}

// keepDecoder keeps a decoder that has decoded f. It frees the decoder if a new one could decode the next
// frame to other samples: if it remembers parameter sets other than the stream's, or which version of x264
// made the stream, which matters for 4:4:4 (libavcodec/h264_cabac.c).
func (d *demuxer) keepDecoder(decoder *astiav.CodecContext, c *cut, f *astiav.Frame) {
	stream := c.tracks[0].stream
	id, described := stream.CodecParameters().CodecID(), c.extradata
	if described == nil {
		described = stream.CodecParameters().ExtraData()
	}
	keeps := is420(f)
	switch id {
	case astiav.CodecIDH264, astiav.CodecIDHevc:
		parser := bitstream.NewParser(codecOf(stream.CodecParameters()), described)
		_, isNew := parser.ParameterSets(payloadOf(c.videoPackets()[0].av), described)
		keeps = keeps && !isNew
	case astiav.CodecIDVp8, astiav.CodecIDVp9, astiav.CodecIDAv1: // a keyframe refers to nothing before it
	default:
		keeps = false
	}
	if !keeps {
		decoder.Free()
		return
	}
	flush(decoder)
	const frames, sampleBytes = 4, 3 // of 2 bytes, 4:2:0
	d.decoder = thumbnailDecoder{
		decoder, stream.Index(), c.extradata, frames * sampleBytes * int64(f.Width()) * int64(f.Height()),
	}
}
