package video

// Filters is what is done to the pictures of a segment before they are encoded anew as H.264, in the order of
// the fields. The zero Filters is none: a cut without loss. Two Filters that give the same pictures are
// equal. Pictures come upright, as a player would turn them.
type Filters struct {
	Transcode bool // whether anything is done at all, were it only the encoding

	Crop         Area // the zero Area is the whole picture
	Turn         bool // by 90 degrees clockwise
	FlipX, FlipY bool // then left becomes right, and top bottom

	// The picture is scaled to this size, with square pixels, and of that its middle is kept; zero for what is
	// left as it is.
	Width, Height         int
	KeepWidth, KeepHeight int

	FPS Rational // pictures a second, at even distances; the zero Rational leaves each at its time

	Hue        int         // degrees, 0 to 359
	Saturation Thousandths // 1000 as it is, 0 is grey; 0 as well in the zero Filters
	Brightness Thousandths // added, of the whole range; 0 as it is
	Contrast   Thousandths // 1000 as it is; 0 in the zero Filters
	Blur       Thousandths // the sigma of a Gaussian, in pixels; 0 for none
	Sharpen    Thousandths // the amount of an unsharp mask; 0 for none

	Quality int // x264's CRF, 1 to 51; 0 is the engine's own. An image has none
}

// Area is a part of a picture, in pixels from its top left corner.
type Area struct{ Width, Height, X, Y int }

// Thousandths is a number in units of 1/1000.
type Thousandths int

// Float is the number.
func (t Thousandths) Float() float64 { return float64(t) / 1000 }
