package filtergraph

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/video"
)

func TestDescribe(t *testing.T) {
	const yuv = "format=pix_fmts=yuv420p"
	for name, c := range map[string]struct {
		filters  video.Filters
		rotation int
		flipped  bool
		want     string
	}{
		"only the pixel format": {video.Filters{}, 0, false, yuv},
		"upright, by 90":        {video.Filters{}, 90, false, "transpose=dir=clock," + yuv},
		"upright, by 180":       {video.Filters{}, 180, false, "hflip,vflip," + yuv},
		"upright, by 270":       {video.Filters{}, 270, false, "transpose=dir=cclock," + yuv},
		"flipped":               {video.Filters{}, 0, true, "vflip," + yuv},
		"flipped, then by 90":   {video.Filters{}, 90, true, "vflip,transpose=dir=clock," + yuv},
		"frame rate": {
			video.Filters{FPS: video.Rational{Num: 30000, Den: 1001}},
			0, false,
			"fps=fps=30000/1001:start_time=0," + yuv,
		},
		"crop, then rotate, then flip": {
			video.Filters{
				Crop: video.Area{Width: 64, Height: 32, X: 2, Y: 4}, Turn: true, FlipX: true, FlipY: true,
			},
			90, false,
			"transpose=dir=clock,crop=w=64:h=32:x=2:y=4:exact=1,transpose=dir=clock,hflip,vflip," + yuv,
		},
		"the center of a scaled frame, at even offsets": {
			video.Filters{Width: 70, Height: 32, KeepWidth: 64, KeepHeight: 32},
			0, false,
			"scale=w=70:h=32:flags=bicubic+accurate_rnd,crop=w=64:h=32:x=2:y=0:exact=1," + yuv,
		},
		"colors": {
			video.Filters{Hue: 40, Saturation: 500, Brightness: -250, Contrast: 1250},
			0, false,
			yuv + ",hue=h=40:s=0.5,eq=brightness=-0.25:contrast=1.25",
		},
		"gray": {video.Filters{Contrast: 1000}, 0, false, yuv + ",hue=h=0:s=0"},
		"blur and sharpen": {
			video.Filters{Blur: 1500, Sharpen: 1000},
			0, false,
			yuv + ",gblur=sigma=1.5,unsharp=luma_amount=1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "gray" && c.filters.Contrast == 0 {
				c.filters.Saturation, c.filters.Contrast = unchanged, unchanged
			}
			track := video.Track{Rotation: c.rotation, Flipped: c.flipped}
			assert.Equal(t, "sws_flags=bicubic+accurate_rnd;"+c.want, Describe(c.filters, track))
		})
	}
}
