package video

import "strconv"

// Filters describes the changes to frames before they are encoded as H.264, in the order of the fields.
// The zero Filters is a remux. Filters with the same effect are equal. The input frames are upright, as a
// player presents them.
type Filters struct {
	Transcode bool // false in the zero Filters alone

	Crop         Area // zero is the whole frame
	Turn         bool // by 90 degrees clockwise
	FlipX, FlipY bool // then swap left and right, top and bottom

	// Width and Height are the size that the frame is scaled to, with square pixels; zero keeps its size. Of
	// the scaled frame, the center of KeepWidth times KeepHeight pixels is kept; zero keeps all.
	Width, Height         int
	KeepWidth, KeepHeight int

	FPS Rational // constant frames per second; zero keeps the frames' timestamps

	Hue        int         // degrees, 0 to 359
	Saturation Thousandths // 1000 is unchanged, 0 is gray; 0 in the zero Filters
	Brightness Thousandths // added, relative to the whole range; 0 is unchanged
	Contrast   Thousandths // 1000 is unchanged; 0 in the zero Filters
	Blur       Thousandths // sigma of a Gaussian blur in pixels; 0 is none
	Sharpen    Thousandths // amount of an unsharp mask; 0 is none

	Quality int // x264's CRF, 1 to 51; 0 is the engine's default, and that of thumbnails
}

// Area is a rectangle in a frame, in pixels. X and Y count from the top left corner.
type Area struct{ Width, Height, X, Y int }

// Thousandths is a number in units of 1/1000.
type Thousandths int

// Float returns the number.
func (t Thousandths) Float() float64 { return float64(t) / 1000 }

// String returns the number in decimal, without trailing zeros.
func (t Thousandths) String() string { return strconv.FormatFloat(t.Float(), 'f', -1, 64) }
