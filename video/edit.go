package video

import (
	"fmt"
	"slices"
	"strconv"
)

// Edit is what is asked to be done to pictures, as it is asked; the zero Edit is nothing. Index.Key makes
// Filters of it, which are the same for all edits that mean the same.
type Edit struct {
	Crop          Crop
	Rotate        int         // degrees clockwise: 0, 90, 180 or 270
	FlipX, FlipY  bool        // left becomes right, and top bottom
	Width, Height int         // pixels, of the picture as it is shown; where one is 0, it follows the other
	Fit           Fit         // "" where nothing is said, which is FitContain
	FPS           Rational    // pictures a second, 1 to 120
	Gray          bool        // the same as a saturation of 0
	Hue           int         // degrees, -360 to 360
	Saturation    Factor      // 0 to 3
	Brightness    Thousandths // -1 to 1
	Contrast      Factor      // 0 to 2
	Blur          Thousandths // 0 to 20
	Sharpen       Thousandths // 0 to 2
	Quality       int         // 1 to 51; 0 where nothing is said
	Transcode     bool        // even where nothing is changed
}

// Crop is a part of a picture that is to be kept, in stored pixels of the picture as it stands upright. The
// zero Crop is none.
type Crop struct {
	Area
	Placed bool // by X and Y; the middle otherwise
}

// String is the Crop as a query has it.
func (c Crop) String() string {
	text := fmt.Sprintf("%d:%d", c.Width, c.Height)
	if c.Placed {
		text += fmt.Sprintf(":%d:%d", c.X, c.Y)
	}
	return text
}

// Fit is how a picture comes into a size that has another shape.
type Fit string

// The ways to fit.
const (
	FitContain Fit = "contain" // the largest size of the picture's shape that has room
	FitCover   Fit = "cover"   // scaled until nothing is left free, of which the middle is kept
	FitStretch Fit = "stretch" // out of shape
)

// Factor is a number that leaves all as it is where it is 1, or not given.
type Factor struct {
	Given bool
	Value Thousandths
}

// orOne is the number.
func (f Factor) orOne() Thousandths {
	if f.Given {
		return f.Value
	}
	return 1000
}

// String is the number in decimal, without zeros that say nothing.
func (t Thousandths) String() string { return strconv.FormatFloat(t.Float(), 'f', -1, 64) }

// The sizes that can be asked for, in pixels.
const (
	MinSide           = 16
	MaxSide           = 4096 // of a segment's pictures
	DefaultImageWidth = 320
	MaxImageWidth     = 1920
	MaxImageHeight    = 8192
)

// maxDenominator is of a number of pictures a second: there are rates of so many 1001ths, and none beyond
// that anybody has a use for.
const maxDenominator = 1001

// rule is what one parameter of an Edit may be.
type rule struct {
	parameter string
	allowed   string                             // "PARAMETER is …"
	check     func(Edit) (given string, ok bool) // nil where any Edit has a value that is allowed
}

// The rules of segments and of images, in the order in which the parameters are documented.
var (
	segmentRules = rulesOf(false)
	imageRules   = rulesOf(true)
)

func rulesOf(still bool) []rule {
	maxWidth, maxHeight, sides := MaxSide, MaxSide, "an even number"
	if still {
		maxWidth, maxHeight, sides = MaxImageWidth, MaxImageHeight, "a number"
	}
	side := func(parameter string, most int, side func(Edit) int) rule {
		return rule{
			parameter, fmt.Sprintf("%s of pixels, from %d to %d, in digits", sides, MinSide, most),
			func(e Edit) (string, bool) {
				n := side(e)
				return strconv.Itoa(n), n == 0 || n >= MinSide && n <= most && (still || n%2 == 0)
			},
		}
	}
	rules := []rule{
		{"crop", fmt.Sprintf("W:H or W:H:X:Y, even numbers of pixels in digits, W and H from %d", MinSide), func(e Edit) (string, bool) {
			return e.Crop.String(), e.Crop == Crop{} || e.Crop.isPossible()
		}},
		{"rotate", "90, 180 or 270", func(e Edit) (string, bool) {
			return strconv.Itoa(e.Rotate), e.Rotate%90 == 0 && e.Rotate >= 0 && e.Rotate < 360
		}},
		{"flip", "h, v or hv", nil},
		side("width", maxWidth, func(e Edit) int { return e.Width }),
		side("height", maxHeight, func(e Edit) int { return e.Height }),
		{"fit", "contain, cover or stretch, and needs a width and a height", func(e Edit) (string, bool) {
			isFit := e.Fit == FitContain || e.Fit == FitCover || e.Fit == FitStretch
			return string(e.Fit), e.Fit == "" || isFit && e.Width > 0 && e.Height > 0
		}},
		{"fps", fmt.Sprintf("a number from 1 to 120, in digits with at most 3 decimals, or N/D with D at most %d", maxDenominator), func(e Edit) (string, bool) {
			return rateText(e.FPS), e.FPS == Rational{} || isRate(e.FPS)
		}},
		{"gray", "0 or 1", nil},
		{"hue", "a number of degrees, from -360 to 360, in digits", func(e Edit) (string, bool) {
			return strconv.Itoa(e.Hue), e.Hue >= -360 && e.Hue <= 360
		}},
		{"saturation", "a number from 0 to 3, in digits with at most 3 decimals, and none beside gray=1", func(e Edit) (string, bool) {
			return e.Saturation.Value.String(), e.Saturation.isWithin(3000) && !(e.Gray && e.Saturation.Given)
		}},
		amount("brightness", -1000, 1000, func(e Edit) Thousandths { return e.Brightness }),
		{"contrast", "a number from 0 to 2, in digits with at most 3 decimals", func(e Edit) (string, bool) {
			return e.Contrast.Value.String(), e.Contrast.isWithin(2000)
		}},
		amount("blur", 0, 20_000, func(e Edit) Thousandths { return e.Blur }),
		amount("sharpen", 0, 2000, func(e Edit) Thousandths { return e.Sharpen }),
		{"quality", "a number from 1 to 51, in digits", func(e Edit) (string, bool) {
			return strconv.Itoa(e.Quality), e.Quality >= 0 && e.Quality <= 51
		}},
		{"codec", "h264", nil},
	}
	if still {
		rules = slices.DeleteFunc(rules, func(r rule) bool { return r.parameter == "fps" || r.parameter == "quality" || r.parameter == "codec" })
	}
	return rules
}

// amount is the rule of a number with decimals that says nothing where it is 0.
func amount(parameter string, least, most Thousandths, of func(Edit) Thousandths) rule {
	return rule{
		parameter, fmt.Sprintf("a number from %v to %v, in digits with at most 3 decimals", least, most),
		func(e Edit) (string, bool) { return of(e).String(), of(e) >= least && of(e) <= most },
	}
}

func (f Factor) isWithin(most Thousandths) bool { return f.Value >= 0 && f.Value <= most }

func (c Crop) isPossible() bool {
	isPlace := c.X >= 0 && c.Y >= 0 && (c.Placed || c.X == 0 && c.Y == 0)
	return isPlace && c.Width >= MinSide && c.Height >= MinSide && (c.Width|c.Height|c.X|c.Y)%2 == 0
}

func isRate(r Rational) bool {
	return r.Den >= 1 && r.Den <= maxDenominator && r.Num >= r.Den && r.Num <= 120*r.Den
}

// rateText is a rate as a query has it.
func rateText(r Rational) string {
	if r.Den > 0 && 1000%r.Den == 0 {
		return Thousandths(r.Num * (1000 / r.Den)).String()
	}
	return fmt.Sprintf("%d/%d", r.Num, r.Den)
}

// rulesFor is what a segment's Edit may be, or an image's.
func rulesFor(still bool) []rule {
	if still {
		return imageRules
	}
	return segmentRules
}

// EditParameters are the names by which a query gives an Edit of a segment or, where it is still, of an
// image, in the order in which they are documented.
func EditParameters(still bool) (names []string) {
	for _, r := range rulesFor(still) {
		names = append(names, r.parameter)
	}
	return names
}

// RefuseValue is Invalid: it names one of EditParameters, what it may be, and what was given.
func RefuseValue(parameter, given string, still bool) error {
	for _, r := range rulesFor(still) {
		if r.parameter == parameter {
			return Errorf(Invalid, "%s is %s; this is %s", parameter, r.allowed, strconv.Quote(given))
		}
	}
	return Errorf(Invalid, "there is no parameter %q", parameter)
}

// Validate is Invalid where e makes no sense of a segment, or of an image, whatever the picture.
func (e Edit) Validate(still bool) error {
	if e == (Edit{}) {
		return nil
	}
	for _, r := range rulesFor(still) {
		if r.check == nil {
			continue
		}
		if given, ok := r.check(e); !ok {
			return RefuseValue(r.parameter, given, still)
		}
	}
	if still && (e.FPS != Rational{} || e.Quality != 0 || e.Transcode) {
		return Errorf(Invalid, "an image has neither fps nor quality nor codec")
	}
	return nil
}
