package cut

import (
	"fmt"

	"gop/video"
)

// Edit describes the requested changes to frames; the zero Edit changes nothing. Resolve turns it
// into video.Filters, which are equal for all edits with the same effect. Each field is zero or in its stated
// range.
type Edit struct {
	Crop          Crop
	Rotate        int               // degrees clockwise: 0, 90, 180 or 270
	FlipX, FlipY  bool              // swap left and right, top and bottom
	Width, Height int               // pixels of the presented frame; if one is 0, it follows from the other
	Fit           Fit               // if Width and Height are set; "" is FitContain
	FPS           video.Rational    // frames per second, MinFPS to MaxFPS
	Gray          bool              // the same as a Saturation of 0
	Hue           int               // degrees, -MaxHue to MaxHue
	Saturation    Factor            // 0 to MaxSaturation
	Brightness    video.Thousandths // -MaxBrightness to MaxBrightness
	Contrast      Factor            // 0 to MaxContrast
	Blur          video.Thousandths // 0 to MaxBlur
	Sharpen       video.Thousandths // 0 to MaxSharpen
	Quality       int               // x264's CRF, 1 to MaxQuality; 0 is the engine's default
	Transcode     bool              // transcode even if nothing else changes
}

// Limits of the fields of an Edit.
const (
	MinSide            = 16   // pixels
	MaxSide            = 4096 // pixels of a segment's frames
	DefaultThumbWidth  = 320  // pixels
	MaxThumbnailWidth  = 1920 // pixels
	MaxFrameWidth      = 4096 // pixels of the image of a frame
	MaxThumbnailHeight = 8192 // pixels

	MinFPS            = 1
	MaxFPS            = 120
	MaxFPSDenominator = 1001 // of NTSC rates such as 30000/1001

	MaxHue        = 360 // degrees
	MaxSaturation = video.Thousandths(3000)
	MaxBrightness = video.Thousandths(1000)
	MaxContrast   = video.Thousandths(2000)
	MaxBlur       = video.Thousandths(20_000)
	MaxSharpen    = video.Thousandths(2000)
	MaxQuality    = 51
)

// Crop is the part of a frame to keep, in stored pixels of the upright frame. Its sides and offsets are even,
// its sides at least MinSide. The zero Crop keeps the whole frame.
type Crop struct {
	video.Area
	Placed bool // at X and Y; otherwise centered
}

// String returns the crop as W:H or W:H:X:Y.
func (c Crop) String() string {
	if !c.Placed {
		return fmt.Sprintf("%d:%d", c.Width, c.Height)
	}
	return fmt.Sprintf("%d:%d:%d:%d", c.Width, c.Height, c.X, c.Y)
}

// Fit says how a frame is scaled to a size of another aspect ratio.
type Fit string

// The ways to fit.
const (
	FitContain Fit = "contain" // the largest size of the frame's aspect ratio within the given one
	FitCover   Fit = "cover"   // scaled to cover the given size, then cropped to its center
	FitStretch Fit = "stretch" // scaled to the given size without regard to the aspect ratio
)

// Factor is a multiplier; it is 1 unless Given.
type Factor struct {
	Given bool
	Value video.Thousandths
}

func (f Factor) orOne() video.Thousandths {
	if f.Given {
		return f.Value
	}
	return 1000
}
