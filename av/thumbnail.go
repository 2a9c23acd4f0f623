package av

/*
#cgo pkg-config: libswscale libavcodec libavutil
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"image"
	"runtime"

	"github.com/asticode/go-astiav"

	"gop/internal/thumbnail"
	"gop/video"
)

// thumbnail makes the image that key selects: a frame as a player presents it, or a sheet of keyframes.
func (d *demuxer) thumbnail(ix *video.Index, key video.ThumbnailKey, config Config) ([]byte, error) {
	if key.Sheet.Count > 0 {
		sheet, err := d.sheet(ix, key, config)
		if err != nil {
			return nil, err
		}
		return encodeImage(sheet, key.Format)
	}
	decode := d.frame
	if key.Frame == 0 {
		decode = d.keyframe
	}
	frame, err := decode(ix, key, config)
	if err != nil {
		return nil, err
	}
	defer frame.Free()
	scaled, err := render(frame, ix.Track(), key)
	if err != nil {
		return nil, d.unreadable(fmt.Sprintf("the frame of GOP %d cannot be scaled", key.GOP), err)
	}
	return encodeImage(scaled, key.Format)
}

// keyframe decodes the keyframe of the GOP that key names. The caller frees it.
func (d *demuxer) keyframe(ix *video.Index, key video.ThumbnailKey, config Config) (*astiav.Frame, error) {
	packets, err := d.keyPackets(ix, key, config.MaxSegmentBytes)
	if err != nil {
		return nil, err
	}
	defer packets.free()
	skipLoopFilter := thumbnail.SkipsLoopFilter(ix.Track(), key)
	return d.decodeKey(ix, packets, config.MaxPixels, skipLoopFilter)
}

// render filters, scales and rotates a decoded frame as key demands.
func render(f *astiav.Frame, t video.Track, key video.ThumbnailKey) (*image.RGBA, error) {
	setColors(f)
	if !key.Filters.Transcode {
		w, h, err := thumbnail.Size(f.Width(), f.Height(), t, key.Width)
		if err != nil {
			return nil, err
		}
		return scaleFrame(f, t, w, h)
	}
	filtered, err := filterFrame(f, key.Filters, t)
	if err != nil {
		return nil, err
	}
	defer filtered.Free()
	return scaleFrame(filtered, video.Track{}, filtered.Width(), filtered.Height())
}

// keyPackets reads the first packet of a GOP, and the second one if the two may be the fields of one frame.
func (d *demuxer) keyPackets(ix *video.Index, key video.ThumbnailKey, limit int64) (*cut, error) {
	one, g := *ix, ix.GOPs.At(key.GOP)
	g.Frames = 1
	if ix.Track().Interlaced {
		g.Frames = min(2, ix.GOPs.At(key.GOP).Frames)
	}
	one.GOPs = video.NewGOPList(g)
	return d.cut(&one, video.SegmentKey{VideoStream: key.VideoStream, AudioStream: -1}, limit)
}

// decodeKey decodes the frame of the first packet. The caller frees it.
func (d *demuxer) decodeKey(
	ix *video.Index, c *cut, maxPixels int, skipLoopFilter bool,
) (*astiav.Frame, error) {
	decoder, err := d.takeDecoder(c, maxPixels)
	if err != nil {
		return nil, d.unreadable("no frame of "+ix.Track().Codec+" can be decoded", err)
	}
	isDecoded := false
	defer func() {
		if !isDecoded { // after an error or a panic
			decoder.Free()
		}
	}()
	setSkipLoopFilter(decoder, skipLoopFilter)
	frame := astiav.AllocFrame()
	if frame == nil {
		return nil, errNoMemory
	}
	defer func() {
		if !isDecoded {
			frame.Free()
		}
	}()
	for _, p := range c.packets {
		// The keyframe is presented even if an edit list trims it.
		p.av.SetFlags(p.av.Flags().Del(astiav.PacketFlagDiscard))
		// A packet that cannot be decoded gives no frame.
		_ = decoder.SendPacket(p.av)
	}
	_ = decoder.SendPacket(nil)
	for {
		if err := decoder.ReceiveFrame(frame); err != nil {
			return nil, d.unreadable("the keyframe is damaged", err)
		}
		// A leading frame follows the keyframe in the file.
		if len(c.packets) == 1 || frame.Pts() == noPTS || frame.Pts() >= c.packets[0].pts {
			d.keepDecoder(decoder, c, frame)
			isDecoded = true
			return frame, nil
		}
		frame.Unref()
	}
}

// scaleFrame scales a frame of a track and turns it upright. The result has w x h pixels.
func scaleFrame(f *astiav.Frame, t video.Track, w, h int) (*image.RGBA, error) {
	if t.Rotation%180 != 0 {
		w, h = h, w
	}
	// libswscale may write whole vectors past the end of a row.
	const vector = 64
	stride := (4*w+vector-1)/vector*vector + vector
	scaled := &image.RGBA{Pix: make([]byte, stride*h+vector), Stride: stride, Rect: image.Rect(0, 0, w, h)}
	if isPlanarYUV(f) && 2*w <= f.Width() {
		small, err := scaleYUV(f, w, h)
		if err != nil {
			return nil, err
		}
		defer small.Free()
		f = small
	}
	if err := scaleRGBA(f, scaled); err != nil {
		return nil, err
	}
	return thumbnail.Upright(scaled, t), nil
}

var errScale = errors.New("libswscale cannot scale the frame")

// scaleRGBA scales a frame to the size of an image, which has full range.
func scaleRGBA(f *astiav.Frame, to *image.RGBA) error {
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&to.Pix[0])
	s := scaler{
		width: to.Rect.Dx(), height: to.Rect.Dy(), format: C.AV_PIX_FMT_RGBA,
		colors: C.SWS_CS_DEFAULT, isFull: true,
	}
	data := [4]*C.uint8_t{(*C.uint8_t)(&to.Pix[0])}
	strides := [4]C.int{C.int(to.Stride)}
	return s.scale(cFrame(f), &data[0], &strides[0])
}

// scaler describes the frames that libswscale makes. go-astiav does not wrap the color settings.
//
// https://ffmpeg.org/doxygen/7.1/group__libsws.html
type scaler struct {
	width, height int
	format        C.enum_AVPixelFormat
	colors        C.int // the matrix, as an AVColorSpace
	isFull        bool  // full range
}

// scale scales f into the planes at data with rows of strides bytes.
func (s scaler) scale(f *C.AVFrame, data **C.uint8_t, strides *C.int) error {
	const flags = C.SWS_BICUBIC | C.SWS_ACCURATE_RND | C.SWS_FULL_CHR_H_INT
	sws := C.sws_getContext(f.width, f.height, C.enum_AVPixelFormat(f.format),
		C.int(s.width), C.int(s.height), s.format, flags, nil, nil, nil)
	if sws == nil {
		return errScale
	}
	defer C.sws_freeContext(sws)
	from, to := C.sws_getCoefficients(C.int(f.colorspace)), C.sws_getCoefficients(s.colors)
	fromFull, toFull := C.int(0), C.int(0)
	if f.color_range == C.AVCOL_RANGE_JPEG {
		fromFull = 1
	}
	if s.isFull {
		toFull = 1
	}
	// The call fails for formats without a matrix, such as RGB.
	C.sws_setColorspaceDetails(sws, from, fromFull, to, toFull, 0, 1<<16, 1<<16)
	if C.sws_scale(sws, &f.data[0], &f.linesize[0], 0, f.height, data, strides) != C.int(s.height) {
		return errScale
	}
	return nil
}

// scaleYUV scales a frame and keeps its colors. The caller frees the result. Before a conversion to RGBA it
// saves time if the frame becomes half as wide or less.
func scaleYUV(f *astiav.Frame, w, h int) (*astiav.Frame, error) {
	small := astiav.AllocFrame()
	if small == nil {
		return nil, errNoMemory
	}
	isScaled := false
	defer func() {
		if !isScaled { // after an error or a panic
			small.Free()
		}
	}()
	small.SetPixelFormat(astiav.PixelFormatYuv444P)
	small.SetWidth(w)
	small.SetHeight(h)
	small.SetColorSpace(f.ColorSpace())
	small.SetColorRange(f.ColorRange())
	if err := small.AllocBuffer(0); err != nil {
		return nil, err
	}
	to := cFrame(small)
	s := scaler{
		width: w, height: h, format: C.enum_AVPixelFormat(to.format),
		colors: C.int(to.colorspace), isFull: f.ColorRange() == astiav.ColorRangeJpeg,
	}
	if err := s.scale(cFrame(f), &to.data[0], &to.linesize[0]); err != nil {
		return nil, err
	}
	isScaled = true
	return small, nil
}

// isPlanarYUV reports whether a frame has a plane of luma and two of chroma.
func isPlanarYUV(f *astiav.Frame) bool {
	d := C.av_pix_fmt_desc_get(C.enum_AVPixelFormat(f.PixelFormat()))
	return d != nil && d.nb_components == 3 && d.flags == C.AV_PIX_FMT_FLAG_PLANAR
}
