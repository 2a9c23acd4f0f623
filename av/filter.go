package av

/*
#cgo pkg-config: libavfilter
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/mem.h>
#include <libavutil/pixdesc.h>

// A chain of filters, from source to sink. last is where the next one is put.
typedef struct gop_chain {
	AVFilterGraph *graph;
	AVFilterContext *source, *last, *sink;
} gop_chain;

// gop_chain_add puts a filter to the end of a chain.
static int gop_chain_add(gop_chain *chain, const char *name, const char *args)
{
	AVFilterContext *added = NULL;
	int ret = avfilter_graph_create_filter(&added, avfilter_get_by_name(name), NULL, args, NULL, chain->graph);

	if (ret >= 0)
		ret = avfilter_link(chain->last, 0, added, 0);
	chain->last = added;
	return ret;
}

// gop_chain_begin makes a chain for pictures that are like f.
static int gop_chain_begin(gop_chain *chain, const AVFrame *f, AVRational time_base, AVRational rate, AVRational sar)
{
	AVBufferSrcParameters *par = av_buffersrc_parameters_alloc();
	int ret = AVERROR(ENOMEM);

	chain->graph = avfilter_graph_alloc();
	if (!par || !chain->graph)
		goto end;
	chain->graph->nb_threads = 1; // with two, a picture of 640 pixels takes longer
	chain->graph->scale_sws_opts = av_strdup("flags=bicubic+accurate_rnd");
	chain->source = avfilter_graph_alloc_filter(chain->graph, avfilter_get_by_name("buffer"), "source");
	if (!chain->source)
		goto end;
	par->format = f->format;
	par->width = f->width;
	par->height = f->height;
	par->time_base = time_base;
	par->frame_rate = rate;
	par->sample_aspect_ratio = sar;
	par->color_space = f->colorspace;
	par->color_range = f->color_range;
	if ((ret = av_buffersrc_parameters_set(chain->source, par)) >= 0)
		ret = avfilter_init_dict(chain->source, NULL);
	chain->last = chain->source;
end:
	av_free(par);
	return ret;
}

static int gop_chain_end(gop_chain *chain)
{
	int ret = gop_chain_add(chain, "buffersink", NULL);

	chain->sink = chain->last;
	return ret < 0 ? ret : avfilter_graph_config(chain->graph, NULL);
}

// gop_chain_push gives a chain a picture, which it takes over. What a picture was coded as says nothing
// of what it is to be coded as.
static int gop_chain_push(gop_chain *chain, AVFrame *f, int64_t pts, int64_t duration)
{
	f->pts = pts;
	f->duration = duration;
	f->pict_type = AV_PICTURE_TYPE_NONE;
	f->flags &= ~AV_FRAME_FLAG_KEY;
	return av_buffersrc_add_frame_flags(chain->source, f, 0);
}

// gop_settle_colours has a picture tell its range beside its format, where that tells it (yuvj420p; the samples lie in
// the same way), and its matrix, where that goes by its size: BT.709's from 720 rows on, as browsers take it, else
// BT.601's.
static void gop_settle_colours(AVFrame *f)
{
	static const int full[][2] = {
		{AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P}, {AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P},
		{AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P}, {AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P},
	};
	const AVPixFmtDescriptor *format;

	for (int i = 0; i < 4; i++)
		if (f->format == full[i][0]) {
			f->format = full[i][1];
			f->color_range = AVCOL_RANGE_JPEG;
			break;
		}
	format = av_pix_fmt_desc_get(f->format);
	if (f->colorspace == AVCOL_SPC_UNSPECIFIED && format && !(format->flags & AV_PIX_FMT_FLAG_RGB))
		f->colorspace = f->height >= 720 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}
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

// chain is filters in a row. Who makes one frees it.
type chain struct {
	c             C.gop_chain
	width, height int // of the pictures that go in
}

// newChain makes a chain for the pictures of a track, which are like the first one.
func newChain(first *astiav.Frame, filters video.Filters, t video.Track) (_ *chain, err error) {
	made := &chain{width: first.Width(), height: first.Height()}
	defer func() {
		if err != nil {
			made.free()
		}
	}()
	if ret := C.gop_chain_begin(&made.c, cFrame(first), cRational(t.TimeBase), cRational(t.FrameRate), cRational(t.SampleAspect)); ret < 0 {
		return nil, fmt.Errorf("begin the filters: %w", astiav.Error(ret))
	}
	for _, f := range filtersOf(filters, t) {
		name, options := C.CString(f.name), C.CString(f.options)
		ret := C.gop_chain_add(&made.c, name, options)
		C.free(unsafe.Pointer(name))
		C.free(unsafe.Pointer(options))
		if ret < 0 {
			return nil, fmt.Errorf("make the filter %s: %w", f, astiav.Error(ret))
		}
	}
	if ret := C.gop_chain_end(&made.c); ret < 0 {
		return nil, fmt.Errorf("connect the filters: %w", astiav.Error(ret))
	}
	return made, nil
}

func (c *chain) free() { C.avfilter_graph_free(&c.c.graph) }

// fits tells whether f is like the chain's first picture.
func (c *chain) fits(f *astiav.Frame) bool { return f.Width() == c.width && f.Height() == c.height }

// push gives the chain a picture, which is empty afterwards, shown from pts for duration.
func (c *chain) push(f *astiav.Frame, pts, duration int64) error {
	if ret := C.gop_chain_push(&c.c, cFrame(f), C.int64_t(pts), C.int64_t(duration)); ret < 0 {
		return fmt.Errorf("filter a picture: %w", astiav.Error(ret))
	}
	return nil
}

// end says that no more pictures come, and that the last one is shown until pts.
func (c *chain) end(pts int64) error {
	if ret := C.av_buffersrc_close(c.c.source, C.int64_t(pts), 0); ret < 0 {
		return fmt.Errorf("end the filters: %w", astiav.Error(ret))
	}
	return nil
}

// pull puts the next picture that has come through into f; ok is false where there is none for now.
func (c *chain) pull(f *astiav.Frame) (ok bool, err error) {
	switch ret := astiav.Error(C.av_buffersink_get_frame(c.c.sink, cFrame(f))); ret {
	case astiav.ErrEagain, astiav.ErrEof:
		return false, nil
	default:
		if ret < 0 {
			return false, fmt.Errorf("filter a picture: %w", ret)
		}
		return true, nil
	}
}

// filteredOne is a single picture of a track, filtered; the given one is empty afterwards. Who gets it frees it.
func filteredOne(f *astiav.Frame, filters video.Filters, t video.Track) (_ *astiav.Frame, err error) {
	c, err := newChain(f, filters, t)
	if err != nil {
		return nil, err
	}
	defer c.free()
	if err := errors.Join(c.push(f, 0, 1), c.end(1)); err != nil {
		return nil, err
	}
	filtered := astiav.AllocFrame()
	ok, err := c.pull(filtered)
	if err == nil && !ok {
		err = errors.New("the filters leave no picture")
	}
	if err != nil {
		filtered.Free()
		return nil, err
	}
	return filtered, nil
}

// timeBase is that of the pictures that come out.
func (c *chain) timeBase() video.Rational { return goRational(C.av_buffersink_get_time_base(c.c.sink)) }

// frameRate is how many come out a second, on average; not Known where nobody says.
func (c *chain) frameRate() video.Rational {
	return goRational(C.av_buffersink_get_frame_rate(c.c.sink))
}

// sampleAspect is that of the pictures that come out; not Known where nobody says.
func (c *chain) sampleAspect() video.Rational {
	return goRational(C.av_buffersink_get_sample_aspect_ratio(c.c.sink))
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
