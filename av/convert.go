package av

/*
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
*/
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/asticode/go-astiav"

	"gop/internal/media"
	"gop/video"
)

// The first field of each go-astiav type is its C pointer.

func cFormat(fc *astiav.FormatContext) *C.AVFormatContext {
	return *(**C.AVFormatContext)(unsafe.Pointer(fc))
}

func cStream(s *astiav.Stream) *C.AVStream { return *(**C.AVStream)(unsafe.Pointer(s)) }

func cPacket(p *astiav.Packet) *C.AVPacket { return *(**C.AVPacket)(unsafe.Pointer(p)) }

func cCodec(c *astiav.CodecContext) *C.AVCodecContext { return (*C.AVCodecContext)(c.UnsafePointer()) }

func cFrame(f *astiav.Frame) *C.AVFrame { return (*C.AVFrame)(f.UnsafePointer()) }

// codecOf returns the codec of a stream.
func codecOf(p *astiav.CodecParameters) media.Codec { return media.Codec(p.CodecID().Name()) }

// rational converts a rational number.
func rational(r astiav.Rational) video.Rational {
	return video.Rational{Num: r.Num(), Den: r.Den()}
}

// avRational converts a rational number. It returns 0/1 for one that is not Known.
func avRational(r video.Rational) astiav.Rational {
	if !r.Known() {
		return astiav.NewRational(0, 1)
	}
	return astiav.NewRational(r.Num, r.Den)
}

// newOptions makes a dictionary of options, which the caller frees.
func newOptions(values map[string]string) (_ *astiav.Dictionary, err error) {
	options := astiav.NewDictionary()
	defer func() {
		if err != nil {
			options.Free()
		}
	}()
	for name, value := range values {
		if err := options.Set(name, value, 0); err != nil {
			return nil, fmt.Errorf("set %s: %w", name, err)
		}
	}
	return options, nil
}
