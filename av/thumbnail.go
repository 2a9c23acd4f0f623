package av

/*
#cgo pkg-config: libswscale libavcodec libavutil
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
*/
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"runtime"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// thumbnail makes the image that key selects: the GOP's keyframe as a player presents it.
func (d *demuxer) thumbnail(ix *video.Index, key video.ThumbnailKey, config Config) ([]byte, error) {
	packets, err := d.keyPackets(ix, key, config.MaxSegmentBytes)
	if err != nil {
		return nil, err
	}
	defer packets.free()
	frame, err := d.decodeKey(ix, packets, config.MaxPixels, isDraft(ix.Track(), key))
	if err != nil {
		return nil, err
	}
	defer frame.Free()
	thumbnail, err := render(frame, ix.Track(), key)
	if err != nil {
		return nil, d.unreadable(fmt.Sprintf("the keyframe of GOP %d cannot be scaled", key.GOP), err)
	}
	var file bytes.Buffer
	switch key.Format {
	case video.PNG:
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&file, thumbnail)
	default:
		err = jpeg.Encode(&file, thumbnail, &jpeg.Options{Quality: jpegQuality})
	}
	if err != nil {
		return nil, fmt.Errorf("encode the image: %w", err)
	}
	return file.Bytes(), nil
}

// render filters, scales and rotates a decoded frame as key demands.
func render(f *astiav.Frame, t video.Track, key video.ThumbnailKey) (image.Image, error) {
	setColors(f)
	if !key.Filters.Transcode {
		w, h, err := presentedSize(f, t, key.Width)
		if err != nil {
			return nil, err
		}
		return scaleFrame(f, t.Rotation, w, h)
	}
	filtered, err := filterFrame(f, key.Filters, t)
	if err != nil {
		return nil, err
	}
	defer filtered.Free()
	return scaleFrame(filtered, 0, filtered.Width(), filtered.Height())
}

// jpegQuality gives thumbnails of 320 pixels about 10 KB, without visible blocks.
const jpegQuality = 82

// keyPackets reads the first packet of a GOP, and the second one if the two may be the fields of one frame.
func (d *demuxer) keyPackets(ix *video.Index, key video.ThumbnailKey, limit int64) (*cut, error) {
	one, g := *ix, ix.GOPs[key.GOP]
	g.Frames = 1
	if ix.Track().Interlaced {
		g.Frames = min(2, ix.GOPs[key.GOP].Frames)
	}
	one.GOPs = []video.GOP{g}
	return d.cut(&one, video.SegmentKey{VideoStream: key.VideoStream, AudioStream: -1}, limit)
}

// isDraft reports whether the loop filter may be skipped, since the thumbnail is too small for the edges of
// blocks to be visible. That takes 10 to 20 % less time. Intra prediction uses the samples before the loop
// filter (ITU-T H.264 and H.265, section 8.7; RFC 6386, section 15), but the second field of a frame is
// predicted from the first one's output.
func isDraft(t video.Track, key video.ThumbnailKey) bool {
	const smaller = 3
	across := t.Width
	if t.Rotation%180 != 0 {
		across = t.Height
	}
	isSquare := !t.SampleAspect.Known() || t.SampleAspect.Num == t.SampleAspect.Den
	return isSquare && !t.Interlaced && !key.Filters.Transcode && smaller*key.Width <= across
}

// decodeKey decodes the frame of the first packet. The caller frees it.
func (d *demuxer) decodeKey(ix *video.Index, c *cut, maxPixels int, draft bool) (_ *astiav.Frame, err error) {
	decoder, err := d.takeDecoder(c, maxPixels)
	if err != nil {
		return nil, d.unreadable("no frame of "+ix.Track().Codec+" can be decoded", err)
	}
	setDraft(decoder, draft)
	frame := astiav.AllocFrame()
	defer func() {
		if err != nil {
			decoder.Free()
			frame.Free()
		} else {
			d.keepDecoder(decoder, c, frame)
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
		if err = decoder.ReceiveFrame(frame); err != nil {
			return nil, d.unreadable("the keyframe is damaged", err)
		}
		// A leading frame follows the keyframe in the file.
		if len(c.packets) == 1 || frame.Pts() == noPTS || frame.Pts() >= c.packets[0].pts {
			return frame, nil
		}
		frame.Unref()
	}
}

// presentedSize returns the size of a frame as a player presents it: upright, with square pixels, and at most
// width pixels wide. Frames are not enlarged.
func presentedSize(f *astiav.Frame, t video.Track, width int) (w, h int, err error) {
	presentedWidth, presentedHeight := float64(f.Width()), float64(f.Height())
	if a := t.SampleAspect; a.Known() {
		presentedWidth *= float64(a.Num) / float64(a.Den)
	}
	if t.Rotation%180 != 0 {
		presentedWidth, presentedHeight = presentedHeight, presentedWidth
	}
	w = max(1, min(width, int(math.Round(presentedWidth))))
	h = max(1, int(math.Round(float64(w)*presentedHeight/presentedWidth)))
	if h > maxThumbnailHeight {
		return 0, 0, fmt.Errorf("%d rows are too many", h)
	}
	return w, h, nil
}

// scaleFrame scales a frame and rotates it clockwise. The result has w x h pixels.
func scaleFrame(f *astiav.Frame, rotation, w, h int) (image.Image, error) {
	if rotation%180 != 0 {
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
	return rotate(scaled, rotation), nil
}

var errScale = errors.New("libswscale refuses the frame")

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
func scaleYUV(f *astiav.Frame, w, h int) (_ *astiav.Frame, err error) {
	small := astiav.AllocFrame()
	if small == nil {
		return nil, errNoMemory
	}
	defer func() {
		if err != nil {
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
	return small, nil
}

// isPlanarYUV reports whether a frame has a plane of luma and two of chroma.
func isPlanarYUV(f *astiav.Frame) bool {
	d := C.av_pix_fmt_desc_get(C.enum_AVPixelFormat(f.PixelFormat()))
	return d != nil && d.nb_components == 3 && d.flags == C.AV_PIX_FMT_FLAG_PLANAR
}

// maxThumbnailHeight bounds the height of a thumbnail in pixels, whatever its aspect ratio.
const maxThumbnailHeight = 8192

// rotate rotates an image clockwise by 0, 90, 180 or 270 degrees.
func rotate(p *image.RGBA, degrees int) *image.RGBA {
	if degrees%360 == 0 {
		return p
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if degrees%180 != 0 {
		size = image.Rect(0, 0, h, w)
	}
	rotated := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			toX, toY := w-1-x, h-1-y
			switch degrees % 360 {
			case 90:
				toX, toY = h-1-y, x
			case 270:
				toX, toY = y, w-1-x
			}
			copy(rotated.Pix[rotated.PixOffset(toX, toY):][:4], p.Pix[p.PixOffset(x, y):][:4])
		}
	}
	return rotated
}
