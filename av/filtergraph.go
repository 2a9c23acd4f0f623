package av

/*
#cgo pkg-config: libavfilter
#include <libavfilter/buffersink.h>
#include <stdlib.h>

#include "filter.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// filter is one of libavfilter's, with its options. All that varies in these is numbers, which gop itself
// writes: a name could open a file.
//
// https://ffmpeg.org/ffmpeg-filters.html#Video-Filters
type filter struct{ name, options string }

// filtersOf is what f does, in libavfilter's terms, to the pictures of a track. What comes out has 8 bits and
// 4:2:0, which every player knows.
func filtersOf(f video.Filters, t video.Track) []filter {
	var all []filter
	add := func(name, format string, numbers ...any) {
		all = append(all, filter{name, fmt.Sprintf(format, numbers...)})
	}
	if f.FPS.Known() {
		add("fps", "fps=%d/%d:start_time=0", f.FPS.Num, f.FPS.Den)
	}
	switch t.Rotation {
	case 90:
		add("transpose", "dir=clock")
	case 180:
		add("hflip", "")
		add("vflip", "")
	case 270:
		add("transpose", "dir=cclock")
	}
	if a := f.Crop; a != (video.Area{}) {
		add("crop", "w=%d:h=%d:x=%d:y=%d:exact=1", a.Width, a.Height, a.X, a.Y)
	}
	if f.Turn {
		add("transpose", "dir=clock")
	}
	if f.FlipX {
		add("hflip", "")
	}
	if f.FlipY {
		add("vflip", "")
	}
	if f.Width > 0 {
		add("scale", "w=%d:h=%d:flags=bicubic+accurate_rnd", f.Width, f.Height)
	}
	if f.KeepWidth > 0 {
		add("crop", "w=%d:h=%d:x=%d:y=%d:exact=1", f.KeepWidth, f.KeepHeight, (f.Width-f.KeepWidth)/4*2, (f.Height-f.KeepHeight)/4*2)
	}
	add("format", "pix_fmts=yuv420p")
	if f.Hue != 0 || f.Saturation != unchanged {
		add("hue", "h=%d:s=%s", f.Hue, decimal(f.Saturation))
	}
	if f.Brightness != 0 || f.Contrast != unchanged {
		add("eq", "brightness=%s:contrast=%s", decimal(f.Brightness), decimal(f.Contrast))
	}
	if f.Blur != 0 {
		add("gblur", "sigma=%s", decimal(f.Blur))
	}
	if f.Sharpen != 0 {
		add("unsharp", "luma_amount=%s", decimal(f.Sharpen))
	}
	return all
}

// unchanged is the Saturation and Contrast that leave a picture as it is.
const unchanged = video.Thousandths(1000)

func decimal(t video.Thousandths) string { return strconv.FormatFloat(t.Float(), 'f', -1, 64) }

// String is the filter as FFmpeg's documentation writes it.
func (f filter) String() string { return strings.TrimSuffix(f.name+"="+f.options, "=") }

// chainConfig is what a chain for pictures of a track is made of. Who gets it frees it.
func chainConfig(f video.Filters, t video.Track) (config C.gop_chain_config, free func()) {
	all := filtersOf(f, t)
	list := (*C.gop_filter)(C.calloc(C.size_t(len(all)), C.sizeof_gop_filter))
	made := unsafe.Slice(list, len(all))
	for i, one := range all {
		made[i] = C.gop_filter{name: C.CString(one.name), options: C.CString(one.options)}
	}
	config = C.gop_chain_config{
		filters: list, nb_filters: C.int(len(all)),
		time_base: cRational(t.TimeBase), frame_rate: cRational(t.FrameRate), sample_aspect: cRational(t.SampleAspect),
	}
	return config, func() {
		for _, one := range made {
			C.free(unsafe.Pointer(one.name))
			C.free(unsafe.Pointer(one.options))
		}
		C.free(unsafe.Pointer(list))
	}
}

// filteredOne is a single picture of a track, filtered; the given one is empty afterwards. Who gets it frees it.
func filteredOne(f *astiav.Frame, filters video.Filters, t video.Track) (*astiav.Frame, error) {
	config, free := chainConfig(filters, t)
	defer free()
	var chain C.gop_chain
	defer C.gop_chain_close(&chain)
	if ret := C.gop_chain_open(&chain, cFrame(f), &config); ret < 0 {
		return nil, fmt.Errorf("make the filters: %w", astiav.Error(ret))
	}
	if ret := C.gop_chain_push(&chain, cFrame(f), 0, 1); ret < 0 {
		return nil, fmt.Errorf("filter the picture: %w", astiav.Error(ret))
	}
	if ret := C.gop_chain_end(&chain, 1); ret < 0 {
		return nil, fmt.Errorf("end the filters: %w", astiav.Error(ret))
	}
	filtered := astiav.AllocFrame()
	switch ret := C.gop_chain_pull(&chain, cFrame(filtered)); {
	case ret < 0:
		filtered.Free()
		return nil, fmt.Errorf("filter the picture: %w", astiav.Error(ret))
	case ret == 0:
		filtered.Free()
		return nil, errors.New("the filters leave no picture")
	}
	return filtered, nil
}

// timeBaseOf is that of the pictures that come out of a chain.
func timeBaseOf(c *C.gop_chain) video.Rational {
	return goRational(C.av_buffersink_get_time_base(c.sink))
}

// frameRateOf is how many come out a second, on average; not Known where nobody says.
func frameRateOf(c *C.gop_chain) video.Rational {
	return goRational(C.av_buffersink_get_frame_rate(c.sink))
}

// sampleAspectOf is that of the pictures that come out; not Known where nobody says.
func sampleAspectOf(c *C.gop_chain) video.Rational {
	return goRational(C.av_buffersink_get_sample_aspect_ratio(c.sink))
}

func cFrame(f *astiav.Frame) *C.AVFrame { return (*C.AVFrame)(f.UnsafePointer()) }

func cRational(r video.Rational) C.AVRational {
	if !r.Known() {
		return C.AVRational{num: 0, den: 1}
	}
	return C.AVRational{num: C.int(r.Num), den: C.int(r.Den)}
}

func goRational(r C.AVRational) video.Rational {
	return video.Rational{Num: int(r.num), Den: int(r.den)}
}

// settleColours has a picture tell what is to be known of its colours whatever becomes of its format and its size.
func settleColours(f *astiav.Frame) { C.gop_settle_colours(cFrame(f)) }
