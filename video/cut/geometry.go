package cut

import (
	"math/bits"

	"gop/video"
)

// frame is the geometry of a frame between two steps of an Edit.
type frame struct {
	width, height int            // stored pixels
	pixel         video.Rational // width to height of a pixel as coded; Known
	isTurned      bool           // by 90 degrees since it was coded, and each pixel with it
}

// uprightFrame returns the geometry of a track's frames after the track's own rotation.
func uprightFrame(t video.Track) frame {
	f := frame{width: t.Width, height: t.Height, pixel: video.Rational{Num: 1, Den: 1}}
	if t.SampleAspect.Known() {
		f.pixel = t.SampleAspect
	}
	if t.Rotation%180 != 0 {
		f = f.turned()
	}
	return f
}

// turned returns the frame turned by 90 degrees.
func (f frame) turned() frame {
	f.width, f.height, f.isTurned = f.height, f.width, !f.isTurned
	return f
}

func (f frame) resized(width, height int) frame {
	f.width, f.height = width, height
	return f
}

func (f frame) hasSquarePixels() bool { return f.pixel.Num == f.pixel.Den }

// squareSize returns the size with square pixels, rounded. The side that was coded as the height keeps its
// length, as in unfiltered thumbnails.
func (f frame) squareSize() (width, height int) {
	stretch := func(side int) int {
		return max(1, mulDiv(side, uint64(f.pixel.Num), uint64(f.pixel.Den)))
	}
	if f.isTurned {
		return f.width, stretch(f.height)
	}
	return stretch(f.width), f.height
}

// aspect returns the ratio of width to height as presented. Each is the product of two 31-bit numbers.
func (f frame) aspect() (width, height uint64) {
	num, den := uint64(f.pixel.Num), uint64(f.pixel.Den)
	if f.isTurned {
		num, den = den, num
	}
	return uint64(f.width) * num, uint64(f.height) * den
}

// heightFor returns the height that keeps the aspect ratio at a width.
func (f frame) heightFor(width int, g grid) int {
	w, h := f.aspect()
	return g.round(width, h, w)
}

// widthFor returns the width that keeps the aspect ratio at a height.
func (f frame) widthFor(height int, g grid) int {
	w, h := f.aspect()
	return g.round(height, w, h)
}

// isWiderThan reports whether the frame's aspect ratio exceeds that of a size.
func (f frame) isWiderThan(width, height int) bool {
	w, h := f.aspect()
	hi, lo := bits.Mul64(w, uint64(height))
	otherHi, otherLo := bits.Mul64(h, uint64(width))
	return hi > otherHi || hi == otherHi && lo > otherLo
}

// grid is the number of pixels that a side is a multiple of.
type grid int

const (
	anyGrid  grid = 1 // of images
	evenGrid grid = 2 // of H.264 in 4:2:0, which has one chroma sample for two pixels in each direction
)

// round returns side*num/den, rounded to the grid and at least one step of it. The result is below 2^62 if
// side does not exceed the frame's.
func (g grid) round(side int, num, den uint64) int {
	return max(1, mulDiv(side, num, den*uint64(g))) * int(g)
}

func mulDiv(n int, num, den uint64) int { return int(video.MulDiv(int64(n), num, den)) }
