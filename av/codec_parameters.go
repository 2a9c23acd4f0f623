package av

/*
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
*/
import "C"

import (
	"encoding/binary"
	"sync"
	"unsafe"

	"github.com/asticode/go-astiav"

	"gop/internal/media"
	"gop/video"
)

// Stream parameters that go-astiav does not wrap.

// dispositionMultilayer marks a stream with several layers, such as the views of MV-HEVC.
const dispositionMultilayer = astiav.DispositionFlag(C.AV_DISPOSITION_MULTILAYER)

// frameDuration returns the duration of a frame by the codec's frame rate, in the stream's time base, or 0
// if the codec has none.
func frameDuration(s *astiav.Stream) video.Ticks {
	rate, base := cStream(s).codecpar.framerate, rational(s.TimeBase())
	if rate.num <= 0 || rate.den <= 0 || !base.Known() {
		return 0
	}
	return video.Ticks(1).Rescale(video.Rational{Num: int(rate.den), Den: int(rate.num)}, base)
}

// audioDuration returns the duration of an audio packet of size bytes, in the stream's time base, as libav
// computes it for containers that store none. It is 0 if the codec does not determine it.
func audioDuration(s *astiav.Stream, size int) int64 {
	p := cStream(s).codecpar
	return samplesDuration(s, int(C.av_get_audio_frame_duration2(p, C.int(size))), int(p.sample_rate))
}

// samplesDuration returns the duration of samples in the stream's time base, rounded down as by libav.
func samplesDuration(s *astiav.Stream, samples, rate int) int64 {
	base := s.TimeBase()
	if rate <= 0 || base.Num() <= 0 {
		return 0
	}
	return int64(samples) * int64(base.Den()) / (int64(rate) * int64(base.Num()))
}

// frameSamples returns the number of samples of an audio frame, or 0 if frames differ or it is unknown. The
// configuration of ALAC has it after an atom's header of 12 bytes (alac_set_info in libavcodec/alac.c).
func frameSamples(p *astiav.CodecParameters) int {
	config := p.ExtraData()
	if codecOf(p) == media.ALAC && len(config) >= 16 {
		return int(binary.BigEndian.Uint32(config[12:]) & 0xFFFFFF)
	}
	return p.FrameSize()
}

// mayReorder reports whether frames of a codec can be presented in another order than they are decoded.
func mayReorder(p *astiav.CodecParameters) bool {
	codec := C.avcodec_descriptor_get(C.enum_AVCodecID(p.CodecID()))
	return codec != nil && codec.props&C.AV_CODEC_PROP_REORDER != 0
}

// videoDelay returns the number of frames that a decoder of the stream delays for reordering.
func videoDelay(s *astiav.Stream) int { return int(cStream(s).codecpar.video_delay) }

// colorOf returns the stream's color properties by ffprobe's names; unknown ones are "".
func colorOf(s *astiav.Stream) video.Color {
	p := cStream(s).codecpar
	name := func(known bool, name *C.char) string {
		if !known {
			return ""
		}
		return C.GoString(name)
	}
	primaries, location := p.color_primaries, p.chroma_location
	rangeName, locationName := C.av_color_range_name(p.color_range), C.av_chroma_location_name(location)
	return video.Color{
		Range:          name(p.color_range != C.AVCOL_RANGE_UNSPECIFIED, rangeName),
		Space:          name(p.color_space != C.AVCOL_SPC_UNSPECIFIED, C.av_color_space_name(p.color_space)),
		Primaries:      name(primaries != C.AVCOL_PRI_UNSPECIFIED, C.av_color_primaries_name(primaries)),
		Transfer:       name(p.color_trc != C.AVCOL_TRC_UNSPECIFIED, C.av_color_transfer_name(p.color_trc)),
		ChromaLocation: name(location != C.AVCHROMA_LOC_UNSPECIFIED, locationName),
	}
}

// colors are the code points of a stream's colors.
type colors struct {
	primaries C.enum_AVColorPrimaries
	transfer  C.enum_AVColorTransferCharacteristic
	space     C.enum_AVColorSpace
}

func colorsOf(s *astiav.Stream) colors {
	p := cStream(s).codecpar
	return colors{p.color_primaries, p.color_trc, p.color_space}
}

// complete sets the colors of a stream that has none.
func (c colors) complete(s *astiav.Stream) {
	none := colors{C.AVCOL_PRI_UNSPECIFIED, C.AVCOL_TRC_UNSPECIFIED, C.AVCOL_SPC_UNSPECIFIED}
	if p := cStream(s).codecpar; colorsOf(s) == none {
		p.color_primaries, p.color_trc, p.color_space = c.primaries, c.transfer, c.space
	}
}

// fieldOrder reports whether the stream is interlaced, and whether the top field comes first.
func fieldOrder(s *astiav.Stream) (interlaced, topFirst bool) {
	switch cStream(s).codecpar.field_order {
	case C.AV_FIELD_TT, C.AV_FIELD_TB:
		return true, true
	case C.AV_FIELD_BB, C.AV_FIELD_BT:
		return true, false
	}
	return false, false
}

// sideDataBytes returns the size of the stream's side data, such as color profiles and HDR metadata.
func sideDataBytes(s *astiav.Stream) int {
	p := cStream(s).codecpar
	bytes := 0
	for _, d := range unsafe.Slice(p.coded_side_data, p.nb_coded_side_data) {
		bytes += int(d.size)
	}
	return bytes
}

// mp4Muxer returns libav's mp4 muxer.
var mp4Muxer = sync.OnceValue(func() *C.AVOutputFormat {
	return *(**C.AVOutputFormat)(unsafe.Pointer(astiav.FindOutputFormat("mp4")))
})

// mp4Holds reports whether libav's mp4 muxer accepts the codec.
func mp4Holds(id astiav.CodecID) bool {
	return C.avformat_query_codec(mp4Muxer(), C.enum_AVCodecID(id), C.FF_COMPLIANCE_UNOFFICIAL) == 1
}

// vpccDescribes reports whether libav's mp4 muxer can write the vpcC box of VP9. The box has no value for
// 4:4:0 (get_vpx_chroma_subsampling in libavformat/vpcc.c). The muxer ignores the error and writes an invalid
// box.
func vpccDescribes(p *astiav.CodecParameters) bool {
	var x, y C.int
	err := C.av_pix_fmt_get_chroma_sub_sample(C.enum_AVPixelFormat(p.PixelFormat()), &x, &y)
	return err == 0 && x >= y && x <= 1
}

// frameSize returns the size of a keyframe in pixels by the codec configuration p, or 0 if unknown. It may
// differ from the stream's size.
func frameSize(p *astiav.CodecParameters, key *astiav.Packet) (width, height int) {
	h := headersOf(p, key)
	return h.width, h.height
}

// isField reports whether a packet is a field of an interlaced frame, by its headers.
func isField(p *astiav.CodecParameters, packet *astiav.Packet) bool {
	return headersOf(p, packet).isField
}

// frameHeaders holds properties parsed from a frame's headers.
type frameHeaders struct {
	width, height int // in pixels; 0 if unknown
	isField       bool
}

// headersOf reads the headers of a frame with the codec configuration p.
func headersOf(p *astiav.CodecParameters, packet *astiav.Packet) frameHeaders {
	context := astiav.AllocCodecContext(nil)
	if context == nil {
		return frameHeaders{}
	}
	defer context.Free()
	if p.ToCodecContext(context) != nil {
		return frameHeaders{}
	}
	return parse(context, packet)
}

// parse has libav's parser read the headers of a frame. It sets the context's parameters.
func parse(context *astiav.CodecContext, p *astiav.Packet) frameHeaders {
	c, packet := cCodec(context), cPacket(p)
	parser := C.av_parser_init(C.int(c.codec_id))
	if parser == nil {
		return frameHeaders{}
	}
	defer C.av_parser_close(parser)
	parser.flags |= C.PARSER_FLAG_COMPLETE_FRAMES
	var data *C.uint8_t
	var size C.int
	C.av_parser_parse2(parser, c, &data, &size, packet.data, packet.size, packet.pts, packet.dts, 0)
	structure := parser.picture_structure
	return frameHeaders{
		width: int(parser.width), height: int(parser.height),
		isField: structure == C.AV_PICTURE_STRUCTURE_TOP_FIELD ||
			structure == C.AV_PICTURE_STRUCTURE_BOTTOM_FIELD,
	}
}
