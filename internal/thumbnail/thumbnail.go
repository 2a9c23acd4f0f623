// Package thumbnail has the parts of a thumbnail that need no libav: its size, its orientation and its file.
package thumbnail

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"

	"gop/video"
)

// SkipsLoopFilter reports whether a decoder may skip the loop filter, since the thumbnail is too small for
// the edges of blocks to be visible. That takes 10 to 20 % less time. Intra prediction uses the samples
// before the loop filter (ITU-T H.264 and H.265, section 8.7; RFC 6386, section 15), but the second field of
// a frame is predicted from the first one's output.
func SkipsLoopFilter(t video.Track, key video.ThumbnailKey) bool {
	const smaller = 3
	across := t.Width
	if t.Rotation%180 != 0 {
		across = t.Height
	}
	isSquare := !t.SampleAspect.Known() || t.SampleAspect.Num == t.SampleAspect.Den
	return isSquare && !t.Interlaced && !key.Filters.Transcode && smaller*key.Width <= across
}

// maxHeight bounds the height of a thumbnail in pixels, whatever its aspect ratio.
const maxHeight = 8192

// Size returns the size in pixels of a frame of t as a player presents it: upright, with square pixels, and
// at most maxWidth pixels wide. The decoded frame has width x height pixels. Frames are not enlarged, and a
// result of more than 8192 rows is an error.
func Size(width, height int, t video.Track, maxWidth int) (w, h int, err error) {
	presentedWidth, presentedHeight := float64(width), float64(height)
	if a := t.SampleAspect; a.Known() {
		presentedWidth *= float64(a.Num) / float64(a.Den)
	}
	if t.Rotation%180 != 0 {
		presentedWidth, presentedHeight = presentedHeight, presentedWidth
	}
	w = max(1, min(maxWidth, int(math.Round(presentedWidth))))
	h = max(1, int(math.Round(float64(w)*presentedHeight/presentedWidth)))
	if h > maxHeight {
		return 0, 0, fmt.Errorf("the thumbnail has %d rows, more than %d", h, maxHeight)
	}
	return w, h, nil
}

// Upright returns a frame of t as a player presents it: flipped and rotated. It returns the image itself if
// that changes nothing.
func Upright(p *image.RGBA, t video.Track) *image.RGBA {
	if t.Rotation == 0 && !t.Flipped {
		return p
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if t.Rotation%180 != 0 {
		size = image.Rect(0, 0, h, w)
	}
	upright := image.NewRGBA(size)
	for row := range h {
		y := row
		if t.Flipped {
			y = h - 1 - row
		}
		for x := range w {
			toX, toY := x, y
			switch t.Rotation {
			case 90:
				toX, toY = h-1-y, x
			case 180:
				toX, toY = w-1-x, h-1-y
			case 270:
				toX, toY = y, w-1-x
			}
			copy(upright.Pix[upright.PixOffset(toX, toY):][:4], p.Pix[p.PixOffset(x, row):][:4])
		}
	}
	return upright
}

// jpegQuality gives thumbnails of 320 pixels about 10 KB, without visible blocks.
const jpegQuality = 82

// Encode returns an image file of p in the given format.
func Encode(p image.Image, format video.ImageFormat) ([]byte, error) {
	var file bytes.Buffer
	var err error
	switch format {
	case video.PNG:
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&file, p)
	default:
		err = jpeg.Encode(&file, p, &jpeg.Options{Quality: jpegQuality})
	}
	if err != nil {
		return nil, fmt.Errorf("encode the image: %w", err)
	}
	return file.Bytes(), nil
}
