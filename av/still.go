package av

/*
#cgo pkg-config: libswscale libavcodec libavutil
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

// scale fills to, which has its size and format, with a picture; below 0 is where libswscale cannot. RGBA comes out in full
// range, and all else with the picture's own matrix and range.
static int scale(const AVFrame *f, AVFrame *to)
{
	int to_rgb = to->format == AV_PIX_FMT_RGBA, full = f->color_range == AVCOL_RANGE_JPEG, rows;
	struct SwsContext *sws;

	sws = sws_getContext(f->width, f->height, f->format, to->width, to->height, to->format,
	                     SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, NULL, NULL, NULL);
	if (!sws)
		return -1;
	// An error says that the picture has no such matrix, as RGB has none.
	sws_setColorspaceDetails(sws, sws_getCoefficients(f->colorspace), full,
	                         sws_getCoefficients(to_rgb ? SWS_CS_DEFAULT : f->colorspace), to_rgb || full,
	                         0, 1 << 16, 1 << 16);
	rows = sws_scale(sws, (const uint8_t *const *)f->data, f->linesize, 0, f->height, to->data, to->linesize);
	sws_freeContext(sws);
	return rows == to->height ? 0 : -1;
}

// make_small is a picture scaled as it is, NULL where that cannot be. Who gets it frees it.
static AVFrame *make_small(const AVFrame *f, int width, int height)
{
	AVFrame *small = av_frame_alloc();

	if (!small)
		return NULL;
	small->format = AV_PIX_FMT_YUV444P;
	small->width = width;
	small->height = height;
	small->colorspace = f->colorspace;
	small->color_range = f->color_range;
	if (av_frame_get_buffer(small, 0) < 0 || scale(f, small) < 0)
		av_frame_free(&small);
	return small;
}

// is_yuv tells whether a format is of luma and chroma in planes, and nothing else.
static int is_yuv(enum AVPixelFormat format)
{
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(format);

	return d && d->nb_components == 3 && d->flags == AV_PIX_FMT_FLAG_PLANAR;
}

// gop_scale turns a picture into RGBA of another size, by its own colour matrix and range. stride is in bytes;
// it returns below 0 where libswscale cannot. What becomes half as wide, or less, does so before its colours are converted,
// which takes less time than both at once.
static int gop_scale(const AVFrame *f, uint8_t *rgba, int width, int height, int stride)
{
	AVFrame *small = NULL, *out = av_frame_alloc();
	int ret = -1;

	if (!out)
		return -1;
	out->format = AV_PIX_FMT_RGBA;
	out->width = width;
	out->height = height;
	out->data[0] = rgba;
	out->linesize[0] = stride;
	if (!is_yuv(f->format) || 2 * width > f->width)
		ret = scale(f, out);
	else if ((small = make_small(f, width, height)))
		ret = scale(small, out);
	av_frame_free(&small);
	av_frame_free(&out);
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
func (e *Engine) still(d *demuxer, ix *video.Index, key video.ThumbnailKey) ([]byte, error) {
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
	switch key.Format {
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
func (e *Engine) pictured(f *astiav.Frame, t video.Track, key video.ThumbnailKey) (image.Image, error) {
	settleColours(f)
	if !key.Filters.Transcode {
		w, h, err := shownSize(f, t, key.Width)
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
func (d *demuxer) keyPackets(ix *video.Index, key video.ThumbnailKey, limit int64) (*cut, error) {
	one, g := *ix, ix.GOPs[key.GOP]
	g.Frames = 1
	if ix.Track().Interlaced {
		g.Frames = min(2, ix.GOPs[key.GOP].Frames)
	}
	one.GOPs = []video.GOP{g}
	return d.cut(&one, video.SegmentKey{VideoStream: key.VideoStream, AudioStream: -1}, limit)
}

// isDraft tells whether the edges of a picture's blocks may stay as they are, since it becomes so small that nobody sees
// them: that takes a tenth to a fifth less time. Within a picture all is predicted from what is there before its edges are
// smoothed (ITU-T H.264 and H.265, section 8.7; RFC 6386, section 15), but the second field of a picture is predicted from
// the first one as it is shown.
func isDraft(t video.Track, key video.ThumbnailKey) bool {
	const smaller = 3
	across := t.Width
	if t.Rotation%180 != 0 {
		across = t.Height
	}
	isSquare := !t.SampleAspect.Known() || t.SampleAspect.Num == t.SampleAspect.Den
	return isSquare && !t.Interlaced && !key.Filters.Transcode && smaller*key.Width <= across
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
