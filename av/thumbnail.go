package av

/*
#cgo pkg-config: libswscale libavcodec libavutil
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

// gop_scale scales f to the size and format of to, into to's buffers, or into rgba with rows of stride bytes
// if that is not NULL. It returns a negative value if libswscale refuses. RGBA has full range; other formats
// keep the frame's own matrix and range.
static int gop_scale(const AVFrame *f, const AVFrame *to, uint8_t *rgba, int stride)
{
	uint8_t *data[4] = {rgba};
	int strides[4] = {stride}, full = rgba || f->color_range == AVCOL_RANGE_JPEG, rows;
	struct SwsContext *sws;

	sws = sws_getContext(f->width, f->height, f->format, to->width, to->height, to->format,
	                     SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, NULL, NULL, NULL);
	if (!sws)
		return -1;
	// It fails for formats without a matrix, such as RGB.
	sws_setColorspaceDetails(sws, sws_getCoefficients(f->colorspace), f->color_range == AVCOL_RANGE_JPEG,
	                         sws_getCoefficients(rgba ? SWS_CS_DEFAULT : f->colorspace), full,
	                         0, 1 << 16, 1 << 16);
	rows = sws_scale(sws, (const uint8_t *const *)f->data, f->linesize, 0, f->height, rgba ? data : to->data,
	                 rgba ? strides : to->linesize);
	sws_freeContext(sws);
	return rows == to->height ? 0 : -1;
}
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

	"github.com/asticode/go-astiav"

	"gop/video"
)

// thumbnail makes the image that key selects: the GOP's keyframe as a player presents it.
func (e *Engine) thumbnail(d *demuxer, ix *video.Index, key video.ThumbnailKey) ([]byte, error) {
	packets, err := d.keyPackets(ix, key, e.config.MaxSegmentBytes)
	if err != nil {
		return nil, err
	}
	defer packets.free()
	frame, err := d.decodeKey(ix, packets, e.config.MaxPixels, isDraft(ix.Track(), key))
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
	to := astiav.AllocFrame()
	if to == nil {
		return nil, errNoMemory
	}
	defer to.Free()
	to.SetPixelFormat(astiav.PixelFormatRgba)
	to.SetWidth(w)
	to.SetHeight(h)
	if C.gop_scale(cFrame(f), cFrame(to), (*C.uint8_t)(&scaled.Pix[0]), C.int(stride)) < 0 {
		return nil, errScale
	}
	return rotate(scaled, rotation), nil
}

var errScale = errors.New("libswscale refuses the frame")

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
	if C.gop_scale(cFrame(f), cFrame(small), nil, 0) < 0 {
		return nil, errScale
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
