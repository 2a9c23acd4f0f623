package av

/*
#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>
#include <string.h>

static void gop_limit_pixels(AVCodecContext *c, int64_t most) { c->max_pixels = most; }

// gop_clean_buffer gives a picture memory without anything in it: what a damaged picture leaves out would show what
// another one had there.
static int gop_clean_buffer(AVCodecContext *c, AVFrame *f, int flags)
{
	int ret = avcodec_default_get_buffer2(c, f, flags);

	for (int i = 0; ret >= 0 && i < AV_NUM_DATA_POINTERS && f->buf[i]; i++)
		memset(f->buf[i]->data, 0, f->buf[i]->size);
	return ret;
}

static void gop_clean_buffers(AVCodecContext *c) { c->get_buffer2 = gop_clean_buffer; }

static int gop_is_420(const AVFrame *f)
{
	const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(f->format);

	return format && format->log2_chroma_w == 1 && format->log2_chroma_h == 1;
}
*/
import "C"

import (
	"bytes"
	"errors"
	"unsafe"

	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
)

// openDecoder makes a decoder for a stream's pictures, of at most so many pixels. Who gets it frees it.
func openDecoder(s *astiav.Stream, extradata []byte, maxPixels, threads int) (*astiav.CodecContext, error) {
	p := s.CodecParameters()
	codec := astiav.FindDecoder(p.CodecID())
	if codec == nil {
		return nil, errors.New("there is no decoder")
	}
	decoder := astiav.AllocCodecContext(codec)
	if decoder == nil {
		return nil, errors.New("out of memory")
	}
	fail := func(err error) (*astiav.CodecContext, error) {
		decoder.Free()
		return nil, err
	}
	if err := p.ToCodecContext(decoder); err != nil {
		return fail(err)
	}
	if extradata != nil {
		if err := decoder.SetExtraData(extradata); err != nil {
			return fail(err)
		}
	}
	decoder.SetThreadCount(threads)
	// At a recovery point a decoder counts its first pictures as damaged, and would keep them back.
	decoder.SetFlags(decoder.Flags().Add(astiav.CodecContextFlagOutputCorrupt))
	context := *(**C.AVCodecContext)(unsafe.Pointer(decoder))
	C.gop_limit_pixels(context, C.int64_t(maxPixels))
	if err := decoder.Open(codec, nil); err != nil {
		return fail(err)
	}
	return decoder, nil
}

// setDraft has a decoder leave out the loop filter, which smooths the edges of blocks, or not.
func setDraft(decoder *astiav.CodecContext, draft bool) {
	context := *(**C.AVCodecContext)(unsafe.Pointer(decoder))
	context.skip_loop_filter = C.AVDISCARD_DEFAULT
	if draft {
		context.skip_loop_filter = C.AVDISCARD_ALL
	}
}

// stillDecoder is a decoder that a demuxer keeps from one key picture to the next: making another one, and the memory
// for its first picture, takes as long as a third of the decoding.
type stillDecoder struct {
	context   *astiav.CodecContext
	stream    int
	extradata []byte
	bytes     int64 // of memory, about
}

// takeDecoder is a decoder for the key picture of a cut: the kept one where that will do, else a new one. Who gets it
// frees it, or has it kept.
func (d *demuxer) takeDecoder(c *cut, maxPixels int) (*astiav.CodecContext, error) {
	stream, kept := c.tracks[0].stream, d.decoder
	d.decoder = stillDecoder{}
	if kept.context != nil {
		if kept.stream == stream.Index() && bytes.Equal(kept.extradata, c.extradata) {
			return kept.context, nil
		}
		kept.context.Free()
	}
	made, err := openDecoder(stream, c.extradata, maxPixels, 1)
	if err == nil {
		C.gop_clean_buffers(*(**C.AVCodecContext)(unsafe.Pointer(made)))
	}
	return made, err
}

// keepDecoder keeps a decoder that has decoded f, or frees it where the next picture may come out another way than from a
// new one: where it remembers parameter sets that are not those of the stream, or which x264 made the stream
// (which matters to pictures of 4:4:4; libavcodec/h264_cabac.c).
func (d *demuxer) keepDecoder(decoder *astiav.CodecContext, c *cut, f *astiav.Frame) {
	stream := c.tracks[0].stream
	id, described := stream.CodecParameters().CodecID(), c.extradata
	if described == nil {
		described = stream.CodecParameters().ExtraData()
	}
	keeps := C.gop_is_420(cFrame(f)) != 0
	switch id {
	case astiav.CodecIDH264, astiav.CodecIDHevc:
		_, isNew := bitstream.NewParser(codecOf(stream.CodecParameters()), described).ParameterSets(payloadOf(c.videoPackets()[0].av), described)
		keeps = keeps && !isNew
	case astiav.CodecIDVp8, astiav.CodecIDVp9, astiav.CodecIDAv1: // a key picture brings all that it needs
	default:
		keeps = false
	}
	if !keeps {
		decoder.Free()
		return
	}
	C.avcodec_flush_buffers(*(**C.AVCodecContext)(unsafe.Pointer(decoder)))
	const pictures, sampleBytes = 4, 3 // of two bytes, 4:2:0
	d.decoder = stillDecoder{decoder, stream.Index(), c.extradata, pictures * sampleBytes * int64(f.Width()) * int64(f.Height())}
}

// free frees the decoder, where there is one.
func (s stillDecoder) free() {
	if s.context != nil {
		s.context.Free()
	}
}
