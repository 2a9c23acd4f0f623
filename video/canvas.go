package video

import "math/bits"

// canvas is a picture between two steps of an Edit: its size in stored pixels, and the shape of these.
type canvas struct {
	width, height int
	pixel         Rational // width to height of a pixel as it was coded; Known
	sideways      bool     // pixels were turned by 90 degrees since
}

// upright is a track's picture as it stands before it is edited.
func upright(t Track) canvas {
	c := canvas{width: t.Width, height: t.Height, pixel: Rational{1, 1}}
	if t.SampleAspect.Known() {
		c.pixel = t.SampleAspect
	}
	if t.Rotation%180 != 0 {
		c = c.turned()
	}
	return c
}

// turned is the picture by 90 degrees.
func (c canvas) turned() canvas {
	c.width, c.height, c.sideways = c.height, c.width, !c.sideways
	return c
}

func (c canvas) of(a Area) canvas {
	c.width, c.height = a.Width, a.Height
	return c
}

func (c canvas) isSquare() bool { return c.pixel.Num == c.pixel.Den }

// shown is the size with square pixels, to the nearest. It is as in stills without an Edit: the side that
// was coded as the height stays.
func (c canvas) shown() (width, height int) {
	stretched := func(side int) int {
		return max(1, int(Ticks(side).mulDiv(uint64(c.pixel.Num), uint64(c.pixel.Den))))
	}
	if c.sideways {
		return c.width, stretched(c.height)
	}
	return stretched(c.width), c.height
}

// proportions are of the picture as it is shown. Each is the product of two 31-bit numbers.
func (c canvas) proportions() (width, height uint64) {
	num, den := uint64(c.pixel.Num), uint64(c.pixel.Den)
	if c.sideways {
		num, den = den, num
	}
	return uint64(c.width) * num, uint64(c.height) * den
}

// step is which numbers of pixels there may be: any in an image; even ones in H.264, whose colours come one
// for each two pixels both ways.
type step int

// round is side*num/den to the nearest number that there may be, and at least the least. Where the side is at
// most the picture's own, so is the outcome, which then is below 2^62.
func (s step) round(side int, num, den uint64) int {
	return max(1, int(Ticks(side).mulDiv(num, den*uint64(s)))) * int(s)
}

// heightFor is the height that goes with a width.
func (c canvas) heightFor(width int, s step) int {
	w, h := c.proportions()
	return s.round(width, h, w)
}

// widthFor is the width that goes with a height.
func (c canvas) widthFor(height int, s step) int {
	w, h := c.proportions()
	return s.round(height, w, h)
}

// isWiderThan tells whether the picture is flatter than a size.
func (c canvas) isWiderThan(width, height int) bool {
	w, h := c.proportions()
	hi, lo := bits.Mul64(w, uint64(height))
	otherHi, otherLo := bits.Mul64(h, uint64(width))
	return hi > otherHi || hi == otherHi && lo > otherLo
}
