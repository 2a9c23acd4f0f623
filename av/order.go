package av

// #include <libavcodec/avcodec.h>
import "C"

import (
	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
	"gop/internal/gops"
	"gop/internal/media"
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

// needsOrder reports whether the PTS of a video stream depend on the order of its frames: the container has
// only times of decoding, or the PTS of some frames. In MPEG-TS, libav derives the DTS of each frame of the
// older codecs, but not the PTS.
func (d *demuxer) needsOrder(s *astiav.Stream) bool {
	switch codecOf(s.CodecParameters()) {
	case media.MPEG1Video, media.MPEG2Video, media.MPEG4:
		if d.container.is(mpegtsContainer) {
			return true
		}
	}
	return d.hasDecodeTimes(s.Index()) || d.container.sparse
}

// presentationTimes returns the PTS of a GOP's packets by the order of their frames, or noPTS where it is
// unknown. expected is the PTS of the first frame in presentation order, if no packet has one.
func (d *demuxer) presentationTimes(
	s *astiav.Stream, packets []media.Packet, frames []gops.Order, expected int64,
) []int64 {
	if !d.hasDecodeTimes(s.Index()) {
		return gops.CompletePTS(packets, frames, expected)
	}
	dts, delay := make([]int64, len(packets)), d.orderDelay(s)
	for i, p := range packets {
		dts[i] = p.DTS
	}
	times := gops.PresentationTimes(dts, frames)
	for i, time := range times {
		if time != noPTS {
			times[i] += delay
		}
	}
	return times
}

// orderFrames sets the PTS of the cut's video packets, which the container lacks.
func (d *demuxer) orderFrames(c *cut) error {
	t := c.tracks[0]
	if !d.needsOrder(t.stream) {
		return nil
	}
	parser, err := newOrderParser(t.stream.CodecParameters())
	if err != nil {
		return err
	}
	defer parser.free()
	for g, video := range c.gops() {
		packets, frames := make([]media.Packet, len(video)), make([]gops.Order, len(video))
		for i, p := range video {
			packets[i] = media.Packet{PTS: p.pts, DTS: p.dts, Duration: p.duration}
			frames[i] = parser.parse(p.av)
		}
		packets[0].PTS = int64(g.Start)
		for i, pts := range d.presentationTimes(t.stream, packets, frames, noPTS) {
			if pts != noPTS {
				video[i].pts = pts
			}
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
