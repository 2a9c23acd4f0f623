package av

/*
#cgo pkg-config: libavfilter
#include <libavfilter/buffersrc.h>
#include <libavutil/pixdesc.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/asticode/go-astiav"

	"gop/internal/filtergraph"
	"gop/video"
)

// filterGraph is a chain of filters between a source and a sink. The caller of newFilterGraph frees it.
type filterGraph struct {
	graph         *astiav.FilterGraph
	source        *astiav.BuffersrcFilterContext
	sink          *astiav.BuffersinkFilterContext
	width, height int // pixels of the frames that go in
}

// frameFormat describes the frames that leave a filter graph. The Known method of a rational reports whether
// the graph knows its value.
type frameFormat struct{ timeBase, frameRate, sampleAspect video.Rational }

// newFilterGraph makes a filter graph for frames of a track that are like first.
func newFilterGraph(
	first *astiav.Frame, filters video.Filters, t video.Track,
) (_ *filterGraph, err error) {
	g := &filterGraph{width: first.Width(), height: first.Height()}
	if g.graph = astiav.AllocFilterGraph(); g.graph == nil {
		return nil, errNoMemory
	}
	defer func() {
		if err != nil {
			g.free()
		}
	}()
	g.graph.SetThreadCount(1) // with two, a frame of 640 pixels takes longer
	if err := g.openSource(first, t); err != nil {
		return nil, err
	}
	g.sink, err = g.graph.NewBuffersinkFilterContext(astiav.FindFilterByName("buffersink"), "out")
	if err != nil {
		return nil, err
	}
	if err := g.link(filtergraph.Describe(filters, t)); err != nil {
		return nil, err
	}
	if err := g.graph.Configure(); err != nil {
		return nil, err
	}
	return g, nil
}

func (g *filterGraph) free() { g.graph.Free() }

// openSource makes the source of the graph.
func (g *filterGraph) openSource(first *astiav.Frame, t video.Track) (err error) {
	g.source, err = g.graph.NewBuffersrcFilterContext(astiav.FindFilterByName("buffer"), "in")
	if err != nil {
		return err
	}
	p := astiav.AllocBuffersrcFilterContextParameters()
	if p == nil {
		return errNoMemory
	}
	defer p.Free()
	p.SetPixelFormat(first.PixelFormat())
	p.SetWidth(first.Width())
	p.SetHeight(first.Height())
	p.SetTimeBase(avRational(t.TimeBase))
	p.SetFramerate(avRational(t.FrameRate))
	p.SetSampleAspectRatio(avRational(t.SampleAspect))
	p.SetColorSpace(first.ColorSpace())
	p.SetColorRange(first.ColorRange())
	if err := g.source.SetParameters(p); err != nil {
		return err
	}
	return g.source.Initialize(nil)
}

// link puts the filters of a description between source and sink.
func (g *filterGraph) link(description string) error {
	// The names are those of the description's open ends: its input is the source's output.
	outputs := astiav.AllocFilterInOut()
	if outputs == nil {
		return errNoMemory
	}
	defer outputs.Free()
	inputs := astiav.AllocFilterInOut()
	if inputs == nil {
		return errNoMemory
	}
	defer inputs.Free()
	outputs.SetName("in")
	outputs.SetFilterContext(g.source.FilterContext())
	inputs.SetName("out")
	inputs.SetFilterContext(g.sink.FilterContext())
	return g.graph.Parse(description, inputs, outputs)
}

// push gives the graph a frame, which is empty afterwards. pts and duration are in the track's time base.
func (g *filterGraph) push(f *astiav.Frame, pts, duration int64) error {
	f.SetPts(pts)
	f.SetPictureType(astiav.PictureTypeNone) // the encoder chooses its own
	c := cFrame(f)
	c.duration = C.int64_t(duration)
	c.flags &^= C.AV_FRAME_FLAG_KEY
	if err := g.source.AddFrame(f, astiav.NewBuffersrcFlags()); err != nil {
		return fmt.Errorf("filter a frame: %w", err)
	}
	return nil
}

// end signals to the filters that the last frame has been pushed, and that it ends at pts.
func (g *filterGraph) end(pts int64) error {
	source := *(**C.AVFilterContext)(unsafe.Pointer(g.source.FilterContext()))
	if ret := C.av_buffersrc_close(source, C.int64_t(pts), 0); ret < 0 {
		return fmt.Errorf("end the filters: %w", astiav.Error(ret))
	}
	return nil
}

// pull returns the next frame that leaves the filters, which the caller frees. It returns nil if they need
// another one first, or have ended.
func (g *filterGraph) pull() (*astiav.Frame, error) {
	f := astiav.AllocFrame()
	if f == nil {
		return nil, errNoMemory
	}
	err := g.sink.GetFrame(f, astiav.NewBuffersinkFlags())
	if err == nil {
		return f, nil
	}
	f.Free()
	if errors.Is(err, astiav.ErrEagain) || errors.Is(err, astiav.ErrEof) {
		return nil, nil
	}
	return nil, fmt.Errorf("filter a frame: %w", err)
}

// format describes the frames that pull returns.
func (g *filterGraph) format() frameFormat {
	return frameFormat{
		timeBase: rational(g.sink.TimeBase()), frameRate: rational(g.sink.FrameRate()),
		sampleAspect: rational(g.sink.SampleAspectRatio()),
	}
}

// filterFrame filters a single frame of a track, which is empty afterwards. The caller frees the result.
func filterFrame(f *astiav.Frame, filters video.Filters, t video.Track) (*astiav.Frame, error) {
	g, err := newFilterGraph(f, filters, t)
	if err != nil {
		return nil, fmt.Errorf("make the filters: %w", err)
	}
	defer g.free()
	if err := g.push(f, 0, 1); err != nil {
		return nil, err
	}
	if err := g.end(1); err != nil {
		return nil, err
	}
	filtered, err := g.pull()
	if err == nil && filtered == nil {
		err = errors.New("the filters return no frame")
	}
	return filtered, err
}

// fullRange maps the pixel formats that imply full range to those with the same sample layout that do not.
var fullRange = map[astiav.PixelFormat]astiav.PixelFormat{
	astiav.PixelFormatYuvj420P: astiav.PixelFormatYuv420P,
	astiav.PixelFormatYuvj422P: astiav.PixelFormatYuv422P,
	astiav.PixelFormatYuvj440P: astiav.PixelFormatYuv440P,
	astiav.PixelFormatYuvj444P: astiav.PixelFormatYuv444P,
}

// setColors sets a color range that only the frame's pixel format implies, and an unspecified matrix by the
// frame's height: BT.709 from 720 rows on, as browsers assume, else BT.601. Filters may change both the pixel
// format and the size.
func setColors(f *astiav.Frame) {
	if format, ok := fullRange[f.PixelFormat()]; ok {
		f.SetPixelFormat(format)
		f.SetColorRange(astiav.ColorRangeJpeg)
	}
	d := C.av_pix_fmt_desc_get(C.enum_AVPixelFormat(f.PixelFormat()))
	if f.ColorSpace() != astiav.ColorSpaceUnspecified || d == nil || d.flags&C.AV_PIX_FMT_FLAG_RGB != 0 {
		return
	}
	f.SetColorSpace(astiav.ColorSpaceSmpte170M)
	if f.Height() >= 720 {
		f.SetColorSpace(astiav.ColorSpaceBt709)
	}
}
