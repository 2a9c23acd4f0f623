package av

/*
#include <libavcodec/avcodec.h>
#include <libavutil/cpu.h>
*/
import "C"

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// encoder encodes the frames of a GOP as H.264 with x264. The caller of newEncoder frees it.
type encoder struct {
	context *astiav.CodecContext
	output  *astiav.FormatContext // holds the one stream that describes the packets
}

// maxKeyframeInterval is more frames than a GOP can have.
const maxKeyframeInterval = 1 << 29

// newEncoder makes an encoder for frames like first. The first packet has the only keyframe. With zeroLatency
// each packet is complete as soon as its frame has been sent.
//
// The same frames give the same bytes, since the number of threads is fixed and AVX-512 is disabled. With
// AVX-512, version 164 of x264 reads uninitialized memory: with MALLOC_PERTURB_ set, each run of the program
// gives other bytes.
//
// https://ffmpeg.org/ffmpeg-codecs.html#libx264_002c-libx264rgb
func newEncoder(
	config Config, filters video.Filters, first *astiav.Frame, format frameFormat, zeroLatency bool,
) (_ *encoder, err error) {
	codec := astiav.FindEncoderByName("libx264")
	if codec == nil {
		return nil, errors.New("this build has no libx264")
	}
	e := &encoder{context: astiav.AllocCodecContext(codec)}
	if e.context == nil {
		return nil, errNoMemory
	}
	defer func() {
		if err != nil {
			e.free()
		}
	}()
	e.describeFrames(first, format, filters.Width > 0)
	e.context.SetThreadCount(config.TranscodeThreads)
	e.context.SetFlags(e.context.Flags().Add(astiav.CodecContextFlagGlobalHeader))
	values := map[string]string{
		"preset":     config.preset(first.Width(), first.Height()),
		"crf":        strconv.Itoa(cmp.Or(filters.Quality, config.TranscodeCRF)),
		"g":          strconv.Itoa(maxKeyframeInterval),
		"keyint_min": strconv.Itoa(maxKeyframeInterval),
	}
	if zeroLatency {
		values["tune"] = "zerolatency"
	}
	if C.av_get_cpu_flags()&C.AV_CPU_FLAG_AVX512 != 0 {
		values["x264-params"] = "asm=avx2,fma3,bmi2,lzcnt"
	}
	options, err := newOptions(values)
	if err != nil {
		return nil, err
	}
	defer options.Free()
	if err := e.context.Open(codec, options); err != nil {
		return nil, fmt.Errorf("open the encoder: %w", err)
	}
	if err := e.describeStream(); err != nil {
		return nil, fmt.Errorf("describe the encoder's stream: %w", err)
	}
	return e, nil
}

func (e *encoder) free() {
	e.context.Free()
	if e.output != nil {
		e.output.Free()
	}
}

// describeFrames sets the properties of the frames in the encoder. Scaled frames have square pixels.
func (e *encoder) describeFrames(first *astiav.Frame, format frameFormat, isScaled bool) {
	f, c := cFrame(first), cCodec(e.context)
	c.width, c.height, c.pix_fmt = f.width, f.height, C.enum_AVPixelFormat(f.format)
	c.color_range, c.colorspace = f.color_range, f.colorspace
	c.color_primaries, c.color_trc = f.color_primaries, f.color_trc
	c.chroma_sample_location = f.chroma_location
	e.context.SetTimeBase(avRational(format.timeBase))
	if format.frameRate.Known() {
		e.context.SetFramerate(avRational(format.frameRate))
	}
	aspect := format.sampleAspect
	if isScaled {
		aspect = video.Rational{Num: 1, Den: 1}
	}
	if aspect.Known() {
		e.context.SetSampleAspectRatio(avRational(aspect))
	}
}

// describeStream makes the stream that describes the packets, as a demuxer would.
func (e *encoder) describeStream() (err error) {
	if e.output, err = astiav.AllocOutputFormatContext(nil, "mp4", ""); err != nil {
		return err
	}
	s := e.output.NewStream(nil)
	if s == nil {
		return errNoMemory
	}
	if err := e.context.ToCodecParameters(s.CodecParameters()); err != nil {
		return err
	}
	s.SetTimeBase(e.context.TimeBase())
	s.SetSampleAspectRatio(e.context.SampleAspectRatio())
	s.SetAvgFrameRate(e.context.Framerate())
	return nil
}

// stream describes the packets.
func (e *encoder) stream() *astiav.Stream { return e.output.Streams()[0] }

// send gives the encoder a frame, or nil after the last one.
func (e *encoder) send(f *astiav.Frame) error {
	if err := e.context.SendFrame(f); err != nil {
		return fmt.Errorf("encode a frame: %w", err)
	}
	return nil
}

// receive returns the next packet, which the caller frees. It returns nil if the encoder needs another frame
// first, or has no more packets.
func (e *encoder) receive() (*astiav.Packet, error) {
	p := astiav.AllocPacket()
	if p == nil {
		return nil, errNoMemory
	}
	err := e.context.ReceivePacket(p)
	if err == nil {
		return p, nil
	}
	p.Free()
	if errors.Is(err, astiav.ErrEagain) || errors.Is(err, astiav.ErrEof) {
		return nil, nil
	}
	return nil, fmt.Errorf("encode a frame: %w", err)
}
