package av

/*
#include <libavcodec/avcodec.h>

static void gop_limit_pixels(AVCodecContext *c, int64_t most) { c->max_pixels = most; }
*/
import "C"

import (
	"errors"
	"unsafe"

	"github.com/asticode/go-astiav"
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
