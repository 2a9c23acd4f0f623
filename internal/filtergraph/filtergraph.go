// Package filtergraph writes descriptions of libavfilter's filter graphs.
//
// https://ffmpeg.org/ffmpeg-filters.html#Filtergraph-syntax-1
package filtergraph

import (
	"fmt"
	"strings"

	"gop/video"
)

// Describe returns the chain of filters that turns the frames of t upright and applies f to them. Its output
// is 8-bit 4:2:0, which every player supports. Only numbers vary in the options of the filters, so that no
// option can name a file.
//
// https://ffmpeg.org/ffmpeg-filters.html#Video-Filters
func Describe(f video.Filters, t video.Track) string {
	var chain []string
	add := func(format string, numbers ...any) { chain = append(chain, fmt.Sprintf(format, numbers...)) }
	if f.FPS.Known() {
		add("fps=fps=%d/%d:start_time=0", f.FPS.Num, f.FPS.Den)
	}
	if t.Flipped {
		add("vflip")
	}
	switch t.Rotation {
	case 90:
		add("transpose=dir=clock")
	case 180:
		add("hflip")
		add("vflip")
	case 270:
		add("transpose=dir=cclock")
	}
	if a := f.Crop; a != (video.Area{}) {
		add("crop=w=%d:h=%d:x=%d:y=%d:exact=1", a.Width, a.Height, a.X, a.Y)
	}
	if f.Turn {
		add("transpose=dir=clock")
	}
	if f.FlipX {
		add("hflip")
	}
	if f.FlipY {
		add("vflip")
	}
	if f.Width > 0 {
		add("scale=w=%d:h=%d:flags=bicubic+accurate_rnd", f.Width, f.Height)
	}
	if f.KeepWidth > 0 {
		x, y := (f.Width-f.KeepWidth)/4*2, (f.Height-f.KeepHeight)/4*2
		add("crop=w=%d:h=%d:x=%d:y=%d:exact=1", f.KeepWidth, f.KeepHeight, x, y)
	}
	add("format=pix_fmts=yuv420p")
	if f.Hue != 0 || f.Saturation != unchanged {
		add("hue=h=%d:s=%s", f.Hue, f.Saturation)
	}
	if f.Brightness != 0 || f.Contrast != unchanged {
		add("eq=brightness=%s:contrast=%s", f.Brightness, f.Contrast)
	}
	if f.Blur != 0 {
		add("gblur=sigma=%s", f.Blur)
	}
	if f.Sharpen != 0 {
		add("unsharp=luma_amount=%s", f.Sharpen)
	}
	return scaleOptions + strings.Join(chain, ",")
}

// scaleOptions apply to scale filters that libavfilter inserts to convert pixel formats.
const scaleOptions = "sws_flags=bicubic+accurate_rnd;"

// unchanged is the Saturation and Contrast that leave a frame as it is.
const unchanged = video.Thousandths(1000)
