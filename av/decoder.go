package av

/*
#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>
#include <string.h>

// gop_zeroed_buffer allocates a zeroed frame, since a damaged packet may not fill it, and the rest would show
// samples of another frame.
static int gop_zeroed_buffer(AVCodecContext *c, AVFrame *f, int flags)
{
	int ret = avcodec_default_get_buffer2(c, f, flags);

	for (int i = 0; ret >= 0 && i < AV_NUM_DATA_POINTERS && f->buf[i]; i++)
		memset(f->buf[i]->data, 0, f->buf[i]->size);
	return ret;
}

static void gop_zero_buffers(AVCodecContext *c) { c->get_buffer2 = gop_zeroed_buffer; }
*/
import "C"

import (
	"errors"

	"github.com/asticode/go-astiav"
)

// openDecoder makes a decoder for the frames of a stream, of up to maxPixels each. extradata replaces the
// stream's codec configuration unless it is nil. The caller frees the decoder.
func openDecoder(
	s *astiav.Stream, extradata []byte, maxPixels, threads int,
) (_ *astiav.CodecContext, err error) {
	p := s.CodecParameters()
	codec := astiav.FindDecoder(p.CodecID())
	if codec == nil {
		return nil, errors.New("there is no decoder")
	}
	decoder := astiav.AllocCodecContext(codec)
	if decoder == nil {
		return nil, errNoMemory
	}
	defer func() {
		if err != nil {
			decoder.Free()
		}
	}()
	if err := p.ToCodecContext(decoder); err != nil {
		return nil, err
	}
	if extradata != nil {
		if err := decoder.SetExtraData(extradata); err != nil {
			return nil, err
		}
	}
	decoder.SetThreadCount(threads)
	// At a recovery point a decoder marks its first frames as corrupt, and would drop them.
	decoder.SetFlags(decoder.Flags().Add(astiav.CodecContextFlagOutputCorrupt))
	cCodec(decoder).max_pixels = C.int64_t(maxPixels)
	if err := decoder.Open(codec, nil); err != nil {
		return nil, err
	}
	return decoder, nil
}

// zeroBuffers has a decoder allocate zeroed frames.
func zeroBuffers(decoder *astiav.CodecContext) { C.gop_zero_buffers(cCodec(decoder)) }

// flush prepares a decoder for packets from elsewhere in the stream.
func flush(decoder *astiav.CodecContext) { C.avcodec_flush_buffers(cCodec(decoder)) }

// setSkipLoopFilter sets whether a decoder skips the loop filter, which smooths the edges of blocks.
func setSkipLoopFilter(decoder *astiav.CodecContext, skip bool) {
	cCodec(decoder).skip_loop_filter = C.AVDISCARD_DEFAULT
	if skip {
		cCodec(decoder).skip_loop_filter = C.AVDISCARD_ALL
	}
}

// thumbnailDecoder is a decoder that a demuxer keeps from one keyframe to the next: opening one and
// allocating its first frame takes a third as long as decoding.
type thumbnailDecoder struct {
	context   *astiav.CodecContext
	stream    int
	extradata []byte
	bytes     int64 // of memory, estimated
}

// is420 reports whether the frame's chroma has half the width and height of its luma.
func is420(f *astiav.Frame) bool {
	d := C.av_pix_fmt_desc_get(C.enum_AVPixelFormat(f.PixelFormat()))
	return d != nil && d.log2_chroma_w == 1 && d.log2_chroma_h == 1
}

// free frees the decoder, if there is one.
func (t thumbnailDecoder) free() {
	if t.context != nil {
		t.context.Free()
	}
}
