package av

/*
#include <libavcodec/avcodec.h>
#include <libavutil/cpu.h>

#include "x264.h"

// gop_describe_pictures says what an encoder gets: pictures like f.
static void gop_describe_pictures(AVCodecContext *c, const AVFrame *f)
{
	c->width = f->width;
	c->height = f->height;
	c->pix_fmt = f->format;
	c->color_range = f->color_range;
	c->colorspace = f->colorspace;
	c->color_primaries = f->color_primaries;
	c->color_trc = f->color_trc;
	c->chroma_sample_location = f->chroma_location;
}

static int gop_has_avx512(void) { return (av_get_cpu_flags() & AV_CPU_FLAG_AVX512) != 0; }
*/
import "C"

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"unsafe"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// everLasting is a number of pictures that no GOP has.
const everLasting = 1 << 29

// open makes an encoder for pictures like the first one: it begins with the only key, and all that follows
// needs nothing before it. The same pictures give the same bytes: the number of threads is always the same, and
// x264 does without AVX-512, with which version 164 lets memory that was never written decide (with
// MALLOC_PERTURB_ set, each run of the program gives other bytes).
//
// https://ffmpeg.org/ffmpeg-codecs.html#libx264_002c-libx264rgb
func (e *encoding) open(first *C.AVFrame) error {
	codec := astiav.FindEncoderByName("libx264")
	if codec == nil {
		return errors.New("libx264 is not there")
	}
	if e.encoder = astiav.AllocCodecContext(codec); e.encoder == nil {
		return errors.New("out of memory")
	}
	C.gop_describe_pictures(e.context(), first)
	chain := e.pictures.chain()
	base, rate, aspect := timeBaseOf(chain), frameRateOf(chain), sampleAspectOf(chain)
	if e.filters.Width > 0 {
		aspect = video.Rational{Num: 1, Den: 1}
	}
	e.encoder.SetTimeBase(astiav.NewRational(base.Num, base.Den))
	if rate.Known() {
		e.encoder.SetFramerate(astiav.NewRational(rate.Num, rate.Den))
	}
	if aspect.Known() {
		e.encoder.SetSampleAspectRatio(astiav.NewRational(aspect.Num, aspect.Den))
	}
	e.encoder.SetThreadCount(e.config.EncodeThreads)
	e.encoder.SetFlags(e.encoder.Flags().Add(astiav.CodecContextFlagGlobalHeader))
	options := astiav.NewDictionary()
	defer options.Free()
	values := map[string]string{
		"preset": e.config.preset(int(first.width), int(first.height)),
		"crf":    strconv.Itoa(cmp.Or(e.filters.Quality, e.config.EncodeQuality)),
		"g":      strconv.Itoa(everLasting), "keyint_min": strconv.Itoa(everLasting),
	}
	if e.begin != nil { // each picture comes out as soon as it goes in
		values["tune"] = "zerolatency"
	}
	if C.gop_has_avx512() != 0 {
		values["x264-params"] = "asm=avx2,fma3,bmi2,lzcnt"
	}
	for name, value := range values {
		if err := options.Set(name, value, 0); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	if err := e.encoder.Open(codec, options); err != nil {
		return fmt.Errorf("open the encoder: %w", err)
	}
	return e.describe()
}

func (e *encoding) context() *C.AVCodecContext {
	return *(**C.AVCodecContext)(unsafe.Pointer(e.encoder))
}

// give encodes first, where that is not nil, and what comes, until there are n packets, or there is no room for more, or there are no more. Who gets them frees them.
func (e *encoding) give(ctx context.Context, first *C.AVFrame, n int) (packets []*astiav.Packet, err error) {
	room := make([]*C.AVPacket, n)
	for i := range room {
		packets = append(packets, astiav.AllocPacket())
		room[i] = cPacket(packets[i])
	}
	var code C.int
	given := int(C.gop_encode(e.context(), first, e.pictures.c, &room[0], C.int(n), C.int64_t(e.config.MaxSegmentBytes-e.bytes), &code))
	switch {
	case code == C.AVERROR_EXIT:
		err = e.pictures.err(ctx)
	case code < 0:
		err = fmt.Errorf("encode a picture: %w", astiav.Error(code))
	}
	if err != nil {
		given = 0
	}
	for _, p := range packets[given:] {
		p.Free()
	}
	return packets[:given], err
}

// describe makes a stream of what the encoder gives, as a demuxer has it.
func (e *encoding) describe() (err error) {
	if e.format, err = astiav.AllocOutputFormatContext(nil, "mp4", ""); err != nil {
		return err
	}
	s := e.format.NewStream(nil)
	if s == nil {
		return errors.New("out of memory")
	}
	if err := e.encoder.ToCodecParameters(s.CodecParameters()); err != nil {
		return err
	}
	s.SetTimeBase(e.encoder.TimeBase())
	s.SetSampleAspectRatio(e.encoder.SampleAspectRatio())
	s.SetAvgFrameRate(e.encoder.Framerate())
	return nil
}
