package av

/*
#cgo pkg-config: libswscale libavcodec libavutil
#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

// scale_planes scales src, a picture of such a size and format, into another one; it returns below 0 where libswscale cannot.
static int scale_planes(const uint8_t *const src[], const int src_strides[], int src_width, int src_height, enum AVPixelFormat src_format,
                        uint8_t *const dst[], const int dst_strides[], int width, int height, enum AVPixelFormat format,
                        int matrix, int full)
{
	int to_rgb = format == AV_PIX_FMT_RGBA, rows;
	struct SwsContext *sws;

	sws = sws_getContext(src_width, src_height, src_format, width, height, format,
	                     SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, NULL, NULL, NULL);
	if (!sws)
		return -1;
	// An error says that the picture has no such matrix, as RGB has none.
	sws_setColorspaceDetails(sws, sws_getCoefficients(matrix), full,
	                         sws_getCoefficients(to_rgb ? SWS_CS_DEFAULT : matrix), to_rgb ? 1 : full, 0, 1 << 16, 1 << 16);
	rows = sws_scale(sws, src, src_strides, 0, src_height, dst, dst_strides);
	sws_freeContext(sws);
	return rows == height ? 0 : -1;
}

// is_yuv tells whether a format is of luma and two planes of chroma, and nothing else.
static int is_yuv(enum AVPixelFormat format)
{
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(format);

	return d && d->nb_components == 3 && d->flags == AV_PIX_FMT_FLAG_PLANAR;
}

// gop_scale turns a picture into RGBA of another size, by its own colour matrix and range. stride is in bytes;
// it returns below 0 where libswscale cannot. One that becomes smaller does so before its colours are converted, which
// takes less time than both at once.
static int gop_scale(const AVFrame *f, uint8_t *rgba, int width, int height, int stride)
{
	uint8_t *planes[4] = {rgba}, *small[4];
	int strides[4] = {stride}, small_strides[4];
	int matrix = f->colorspace, full = f->color_range == AVCOL_RANGE_JPEG, ret;

	if (!is_yuv(f->format) || 2 * width > f->width)
		return scale_planes((const uint8_t *const *)f->data, f->linesize, f->width, f->height, f->format,
		                    planes, strides, width, height, AV_PIX_FMT_RGBA, matrix, full);
	if (av_image_alloc(small, small_strides, width, height, AV_PIX_FMT_YUV444P, 64) < 0)
		return -1;
	ret = scale_planes((const uint8_t *const *)f->data, f->linesize, f->width, f->height, f->format,
	                   small, small_strides, width, height, AV_PIX_FMT_YUV444P, matrix, full);
	if (ret >= 0)
		ret = scale_planes((const uint8_t *const *)small, small_strides, width, height, AV_PIX_FMT_YUV444P,
		                   planes, strides, width, height, AV_PIX_FMT_RGBA, matrix, full);
	av_freep(&small[0]);
	return ret;
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

// still makes the image that key names: the GOP's key picture as a player shows it.
func (e *Engine) still(d *demuxer, ix *video.Index, key video.SegmentKey) ([]byte, error) {
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
	picture, err := e.pictured(frame, ix.Track(), key)
	if err != nil {
		return nil, d.unreadable(fmt.Sprintf("the key picture of GOP %d cannot be scaled", key.GOP), err)
	}
	var file bytes.Buffer
	switch key.Image.Format {
	case video.PNG:
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&file, picture)
	default:
		err = jpeg.Encode(&file, picture, &jpeg.Options{Quality: jpegQuality})
	}
	if err != nil {
		return nil, fmt.Errorf("encode the image: %w", err)
	}
	return file.Bytes(), nil
}

// pictured is the image of a decoded picture that key names.
func (e *Engine) pictured(f *astiav.Frame, t video.Track, key video.SegmentKey) (image.Image, error) {
	settleColours(f)
	if !key.Filters.Encode {
		w, h, err := shownSize(f, t, key.Image.Width)
		if err != nil {
			return nil, err
		}
		return scaled(f, t.Rotation, w, h)
	}
	filtered, err := filteredOne(f, key.Filters, t)
	if err != nil {
		return nil, err
	}
	defer filtered.Free()
	return scaled(filtered, 0, filtered.Width(), filtered.Height())
}

// jpegQuality is where a still of 320 pixels has about 10 KB, and its blocks are not seen.
const jpegQuality = 82

// keyPackets reads the first packet of a GOP, and the second one where the two may be the fields of one
// picture.
func (d *demuxer) keyPackets(ix *video.Index, key video.SegmentKey, limit int64) (*cut, error) {
	one, g := *ix, ix.GOPs[key.GOP]
	g.Frames = 1
	if ix.Track().Interlaced {
		g.Frames = min(2, ix.GOPs[key.GOP].Frames)
	}
	one.GOPs = []video.GOP{g}
	key.GOP, key.Audio = 0, -1
	return d.cut(&one, key, limit)
}

// isDraft tells whether the edges of a picture's blocks may stay as they are, since it becomes so small that nobody sees
// them: that takes a tenth to a fifth less time. Within a picture all is predicted from what is there before its edges are
// smoothed (ITU-T H.264 and H.265, section 8.7; RFC 6386, section 15), but the second field of a picture is predicted from
// the first one as it is shown.
func isDraft(t video.Track, key video.SegmentKey) bool {
	const smaller = 3
	across := t.Width
	if t.Rotation%180 != 0 {
		across = t.Height
	}
	isSquare := !t.SampleAspect.Known() || t.SampleAspect.Num == t.SampleAspect.Den
	return isSquare && !t.Interlaced && !key.Filters.Encode && smaller*key.Image.Width <= across
}

// decodeKey decodes the picture of the first packet, as a draft or not. Who gets the frame frees it.
func (d *demuxer) decodeKey(ix *video.Index, c *cut, maxPixels int, draft bool) (_ *astiav.Frame, err error) {
	decoder, err := d.takeDecoder(c, maxPixels)
	if err != nil {
		return nil, d.unreadable("no picture of "+ix.Track().Codec+" can be decoded", err)
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
		// An edit list may hide the key, which is wanted all the same.
		p.av.SetFlags(p.av.Flags().Del(astiav.PacketFlagDiscard))
		// What cannot be decoded of a packet shows by the picture that is missing.
		_ = decoder.SendPacket(p.av)
	}
	_ = decoder.SendPacket(nil)
	for {
		if err = decoder.ReceiveFrame(frame); err != nil {
			return nil, d.unreadable("the key picture is damaged", err)
		}
		// Behind the key, in the file, may come what is shown before it.
		if len(c.packets) == 1 || frame.Pts() == noPTS || frame.Pts() >= c.packets[0].pts {
			return frame, nil
		}
		frame.Unref()
	}
}

// shownSize is how large a picture is as a player shows it, with square pixels, upright, and at most width pixels
// wide: it is not made larger than it is.
func shownSize(f *astiav.Frame, t video.Track, width int) (w, h int, err error) {
	shownWidth, shownHeight := float64(f.Width()), float64(f.Height())
	if a := t.SampleAspect; a.Known() {
		shownWidth *= float64(a.Num) / float64(a.Den)
	}
	if t.Rotation%180 != 0 {
		shownWidth, shownHeight = shownHeight, shownWidth
	}
	w = max(1, min(width, int(math.Round(shownWidth))))
	h = max(1, int(math.Round(float64(w)*shownHeight/shownWidth)))
	if h > maxStillHeight {
		return 0, 0, fmt.Errorf("%d rows are too many", h)
	}
	return w, h, nil
}

// scaled is a picture turned clockwise, and then of that size.
func scaled(f *astiav.Frame, rotation, w, h int) (image.Image, error) {
	if rotation%180 != 0 {
		w, h = h, w
	}
	// libswscale may write whole vectors behind the end of a row.
	const vector = 64
	stride := (4*w+vector-1)/vector*vector + vector
	picture := &image.RGBA{Pix: make([]byte, stride*h+vector), Stride: stride, Rect: image.Rect(0, 0, w, h)}
	if C.gop_scale(cFrame(f), (*C.uint8_t)(&picture.Pix[0]), C.int(w), C.int(h), C.int(stride)) < 0 {
		return nil, errors.New("libswscale refuses the picture")
	}
	return turn(picture, rotation), nil
}

// maxStillHeight bounds what an odd shape can ask for: pixels.
const maxStillHeight = 8192

// turn turns a picture clockwise, by 0, 90, 180 or 270 degrees.
func turn(p *image.RGBA, degrees int) *image.RGBA {
	if degrees%360 == 0 {
		return p
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if degrees%180 != 0 {
		size = image.Rect(0, 0, h, w)
	}
	turned := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			toX, toY := w-1-x, h-1-y
			switch degrees % 360 {
			case 90:
				toX, toY = h-1-y, x
			case 270:
				toX, toY = y, w-1-x
			}
			copy(turned.Pix[turned.PixOffset(toX, toY):][:4], p.Pix[p.PixOffset(x, y):][:4])
		}
	}
	return turned
}
