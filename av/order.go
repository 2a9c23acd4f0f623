package av

// #include <libavcodec/avcodec.h>
import "C"

import (
	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
	"gop/internal/gops"
	"gop/video"
)

// orderParser reads from the headers of frames in which order they are presented. Its maker frees it.
//
// https://ffmpeg.org/doxygen/7.1/structAVCodecParserContext.html
type orderParser struct {
	parser  *C.AVCodecParserContext // nil if libav has none: the frames are presented as they are decoded
	context *astiav.CodecContext
	packed  bool // see IsPackedMPEG4
}

func newOrderParser(codec *astiav.CodecParameters) (*orderParser, error) {
	o := &orderParser{context: astiav.AllocCodecContext(nil)}
	if o.context == nil {
		return nil, errNoMemory
	}
	if err := codec.ToCodecContext(o.context); err != nil {
		o.free()
		return nil, err
	}
	if o.parser = C.av_parser_init(C.int(cCodec(o.context).codec_id)); o.parser != nil {
		o.parser.flags |= C.PARSER_FLAG_COMPLETE_FRAMES
	}
	return o, nil
}

func (o *orderParser) free() {
	if o.parser != nil {
		C.av_parser_close(o.parser)
	}
	o.context.Free()
}

// parse returns the order of a packet's frame.
func (o *orderParser) parse(p *astiav.Packet) gops.Order {
	if o.parser == nil {
		return gops.Order{}
	}
	if o.context.CodecID() == astiav.CodecIDMpeg4 && bitstream.IsPackedMPEG4(payloadOf(p)) {
		o.packed = true
	}
	packet := cPacket(p)
	var data *C.uint8_t
	var size C.int
	o.parser.pict_type, o.parser.output_picture_number = C.AV_PICTURE_TYPE_NONE, 0
	C.av_parser_parse2(o.parser, cCodec(o.context), &data, &size, packet.data, packet.size,
		packet.pts, packet.dts, packet.pos)
	isB := o.parser.pict_type == C.AV_PICTURE_TYPE_B
	return gops.Order{Count: int(o.parser.output_picture_number), B: isB && !o.packed}
}

// orderFrames sets the PTS of the cut's video packets, which the container lacks.
func (d *demuxer) orderFrames(c *cut) error {
	stream := c.tracks[0].stream
	if !d.hasDecodeTimes(stream.Index()) {
		return nil
	}
	parser, err := newOrderParser(stream.CodecParameters())
	if err != nil {
		return err
	}
	defer parser.free()
	packets, delay := c.videoPackets(), d.orderDelay(stream)
	dts, frames := make([]int64, len(packets)), make([]gops.Order, len(packets))
	for i, p := range packets {
		dts[i], frames[i] = p.dts, parser.parse(p.av)
	}
	for i, pts := range gops.PresentationTimes(dts, frames) {
		if pts != noPTS {
			packets[i].pts = pts + delay
		}
	}
	return nil
}

// orderDelay returns the time from decoding to presentation that the times of the container do not include,
// in the stream's time base. AVI has no times but the order of its frames, and Matroska those of AVI. The
// times of ASF count for audio too.
func (d *demuxer) orderDelay(s *astiav.Stream) int64 {
	rate, base := rational(s.AvgFrameRate()), rational(s.TimeBase())
	if d.container.demuxer != "asf" || !rate.Known() || !base.Known() {
		return 0
	}
	return int64(video.Ticks(videoDelay(s)).Rescale(video.Rational{Num: rate.Den, Den: rate.Num}, base))
}
