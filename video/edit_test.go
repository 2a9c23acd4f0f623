package video_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

// pictured is an index of one GOP whose pictures are so large.
func pictured(width, height int, change ...func(*video.Track)) *video.Index {
	track := video.Track{Kind: video.VideoTrack, Width: width, Height: height, SampleAspect: video.Rational{Num: 1, Den: 1}}
	for _, c := range change {
		c(&track)
	}
	return &video.Index{Video: video.Video{Name: "a.mp4", Version: "1"}, Tracks: []video.Track{track}, DefaultAudio: -1, GOPs: []video.GOP{{Leading: 1}}}
}

func aspect(num, den int) func(*video.Track) {
	return func(t *video.Track) { t.SampleAspect = video.Rational{Num: num, Den: den} }
}

func rotated(degrees int) func(*video.Track) { return func(t *video.Track) { t.Rotation = degrees } }

func cropped(width, height int) video.Crop {
	return video.Crop{Area: video.Area{Width: width, Height: height}}
}

func croppedAt(width, height, x, y int) video.Crop {
	return video.Crop{Area: video.Area{Width: width, Height: height, X: x, Y: y}, Placed: true}
}

func factor(thousandths video.Thousandths) video.Factor {
	return video.Factor{Given: true, Value: thousandths}
}

func rate(num, den int) video.Rational { return video.Rational{Num: num, Den: den} }

// encoded is Filters that encode, and change what is said.
func encoded(change func(*video.Filters)) video.Filters {
	f := video.Filters{Transcode: true, Saturation: 1000, Contrast: 1000}
	change(&f)
	return f
}

func sized(width, height int) video.Filters {
	return encoded(func(f *video.Filters) { f.Width, f.Height = width, height })
}

func TestFiltersOfSegments(t *testing.T) {
	hd, odd := pictured(1280, 720), pictured(641, 361)
	wide := pictured(720, 576, aspect(64, 45))
	upright := pictured(1280, 720, rotated(90))
	tall := pictured(720, 576, aspect(64, 45), rotated(270))
	for name, c := range map[string]struct {
		ix   *video.Index
		edit video.Edit
		want video.Filters
	}{
		"nothing":                       {hd, video.Edit{}, video.Filters{}},
		"what says nothing":             {hd, video.Edit{Saturation: factor(1000), Contrast: factor(1000), Hue: 360, Fit: video.FitContain, Width: 1280, Height: 720}, video.Filters{}},
		"the whole picture":             {hd, video.Edit{Crop: cropped(1280, 720)}, video.Filters{}},
		"a turn and its opposite":       {hd, video.Edit{Rotate: 180, FlipX: true, FlipY: true}, video.Filters{}},
		"the encoding alone":            {hd, video.Edit{Transcode: true}, encoded(func(*video.Filters) {})},
		"a quality alone":               {hd, video.Edit{Quality: 20}, encoded(func(f *video.Filters) { f.Quality = 20 })},
		"an odd picture as it is":       {odd, video.Edit{Crop: cropped(640, 360)}, video.Filters{}},
		"an odd picture, encoded":       {odd, video.Edit{Transcode: true}, encoded(func(f *video.Filters) { f.Crop = video.Area{Width: 640, Height: 360} })},
		"its own even size":             {odd, video.Edit{Width: 640, Transcode: true}, encoded(func(f *video.Filters) { f.Crop = video.Area{Width: 640, Height: 360} })},
		"a size of which is the even":   {odd, video.Edit{Width: 320}, encoded(func(f *video.Filters) { f.Crop = video.Area{Width: 640, Height: 360}; f.Width, f.Height = 320, 180 })},
		"the middle":                    {hd, video.Edit{Crop: cropped(642, 358)}, encoded(func(f *video.Filters) { f.Crop = video.Area{Width: 642, Height: 358, X: 318, Y: 180} })},
		"a corner":                      {hd, video.Edit{Crop: croppedAt(16, 16, 1264, 704)}, encoded(func(f *video.Filters) { f.Crop = video.Area{Width: 16, Height: 16, X: 1264, Y: 704} })},
		"a crop of what stands upright": {upright, video.Edit{Crop: croppedAt(720, 1000, 0, 280)}, encoded(func(f *video.Filters) { f.Crop = video.Area{Width: 720, Height: 1000, Y: 280} })},
		"a quarter":                     {hd, video.Edit{Rotate: 90}, encoded(func(f *video.Filters) { f.Turn = true })},
		"three quarters":                {hd, video.Edit{Rotate: 270}, encoded(func(f *video.Filters) { f.Turn, f.FlipX, f.FlipY = true, true, true })},
		"three quarters, flipped":       {hd, video.Edit{Rotate: 270, FlipX: true}, encoded(func(f *video.Filters) { f.Turn, f.FlipY = true, true })},
		"a width":                       {hd, video.Edit{Width: 640}, sized(640, 360)},
		"a height":                      {hd, video.Edit{Height: 100}, sized(178, 100)},
		"a width after a turn":          {hd, video.Edit{Rotate: 90, Width: 360}, encoded(func(f *video.Filters) { f.Turn = true; f.Width, f.Height = 360, 640 })},
		"the least that follows":        {pictured(4000, 20), video.Edit{Width: 16}, sized(16, 2)},
		"square pixels":                 {wide, video.Edit{Width: 1024}, sized(1024, 576)},
		"pixels left as they are":       {wide, video.Edit{Rotate: 90}, encoded(func(f *video.Filters) { f.Turn = true })},
		"a film of such, on its side":   {tall, video.Edit{Height: 1024}, sized(576, 1024)},
		"of such, a crop and a size": {tall, video.Edit{Crop: cropped(576, 360), Width: 288}, encoded(func(f *video.Filters) {
			f.Crop = video.Area{Width: 576, Height: 360, Y: 180}
			f.Width, f.Height = 288, 256
		})},
		"within":                         {hd, video.Edit{Width: 640, Height: 640}, sized(640, 360)},
		"within, the other way":          {hd, video.Edit{Width: 1280, Height: 180, Fit: video.FitContain}, sized(320, 180)},
		"covered":                        {hd, video.Edit{Width: 360, Height: 360, Fit: video.FitCover}, encoded(func(f *video.Filters) { f.Width, f.Height, f.KeepWidth, f.KeepHeight = 640, 360, 360, 360 })},
		"covered in its own shape":       {hd, video.Edit{Width: 640, Height: 360, Fit: video.FitCover}, sized(640, 360)},
		"covered, and nothing to scale":  {hd, video.Edit{Width: 640, Height: 720, Fit: video.FitCover}, encoded(func(f *video.Filters) { f.Crop = video.Area{Width: 640, Height: 720, X: 320} })},
		"the same, turned":               {hd, video.Edit{Rotate: 90, Width: 720, Height: 640, Fit: video.FitCover}, encoded(func(f *video.Filters) { f.Turn = true; f.Crop = video.Area{Width: 640, Height: 720, X: 320} })},
		"stretched":                      {hd, video.Edit{Width: 360, Height: 360, Fit: video.FitStretch}, sized(360, 360)},
		"a rate":                         {hd, video.Edit{FPS: rate(25_000, 1000)}, encoded(func(f *video.Filters) { f.FPS = rate(25, 1) })},
		"a rate as television has it":    {hd, video.Edit{FPS: rate(30_000, 1001)}, encoded(func(f *video.Filters) { f.FPS = rate(30_000, 1001) })},
		"grey":                           {hd, video.Edit{Gray: true, Hue: 90}, encoded(func(f *video.Filters) { f.Saturation = 0 })},
		"a hue":                          {hd, video.Edit{Hue: -90}, encoded(func(f *video.Filters) { f.Hue = 270 })},
		"colours":                        {hd, video.Edit{Saturation: factor(3000), Brightness: -1000, Contrast: factor(0)}, encoded(func(f *video.Filters) { f.Saturation, f.Brightness, f.Contrast = 3000, -1000, 0 })},
		"blurred, and sharpened":         {hd, video.Edit{Blur: 1, Sharpen: 2000}, encoded(func(f *video.Filters) { f.Blur, f.Sharpen = 1, 2000 })},
		"made smaller than is too large": {pictured(7680, 4320), video.Edit{Width: 4096}, sized(4096, 2304)},
	} {
		key, err := c.ix.Key(video.Cut{Edit: c.edit, NoLeading: true})
		require.NoError(t, err, name)
		assert.Equal(t, c.want, key.Filters, name)
		assert.Equal(t, !c.want.Transcode, key.NoLeading, "leading pictures are no matter where pictures are encoded: %s", name)
	}
}

func TestFiltersOfImages(t *testing.T) {
	small, hd, odd := pictured(192, 108), pictured(1280, 720), pictured(641, 361)
	grey := func(width, height int) video.Filters {
		return encoded(func(f *video.Filters) { f.Saturation = 0; f.Width, f.Height = width, height })
	}
	for name, c := range map[string]struct {
		ix    *video.Index
		edit  video.Edit
		width int // of the image that needs no filters
		want  video.Filters
	}{
		"nothing":                      {hd, video.Edit{}, 320, video.Filters{}},
		"a width":                      {hd, video.Edit{Width: 99}, 99, video.Filters{}},
		"a width beyond the picture":   {small, video.Edit{Width: 1920}, 1920, video.Filters{}},
		"a width of what is not known": {pictured(0, 0), video.Edit{Width: 99}, 99, video.Filters{}},
		"what says nothing":            {hd, video.Edit{Saturation: factor(1000), Crop: cropped(1280, 720)}, 320, video.Filters{}},
		"a height":                     {hd, video.Edit{Height: 180}, 320, video.Filters{}},
		"a height beyond the picture":  {small, video.Edit{Height: 720}, 192, video.Filters{}},
		"a height that no width gives": {pictured(1000, 3000), video.Edit{Height: 100}, 0, sized(33, 100)},
		"within":                       {hd, video.Edit{Width: 320, Height: 320, Fit: video.FitContain}, 320, video.Filters{}},
		"stretched":                    {hd, video.Edit{Width: 99, Height: 99, Fit: video.FitStretch}, 0, sized(99, 99)},
		"covered":                      {hd, video.Edit{Width: 99, Height: 99, Fit: video.FitCover}, 0, encoded(func(f *video.Filters) { f.Width, f.Height, f.KeepWidth, f.KeepHeight = 176, 99, 99, 99 })},
		"covered, and nothing to scale": {small, video.Edit{Width: 100, Height: 108, Fit: video.FitCover}, 0, encoded(func(f *video.Filters) {
			f.Crop = video.Area{Width: 100, Height: 108, X: 46}
			f.Width, f.Height = 100, 108
		})},
		"covered by an odd part":          {small, video.Edit{Width: 99, Height: 108, Fit: video.FitCover}, 0, encoded(func(f *video.Filters) { f.Width, f.Height, f.KeepWidth, f.KeepHeight = 192, 108, 99, 108 })},
		"grey":                            {hd, video.Edit{Gray: true}, 0, grey(320, 180)},
		"grey, and not larger than it is": {small, video.Edit{Gray: true, Width: 1920}, 0, grey(192, 108)},
		"grey, of an odd size":            {odd, video.Edit{Gray: true, Width: 641}, 0, grey(641, 361)},
		"grey, of pixels that are not so": {pictured(720, 576, aspect(64, 45), rotated(90)), video.Edit{Gray: true, Width: 576}, 0, grey(576, 1024)},
		"the even part of an odd size":    {odd, video.Edit{Crop: cropped(640, 360)}, 0, encoded(func(f *video.Filters) { f.Crop = video.Area{Width: 640, Height: 360}; f.Width, f.Height = 320, 180 })},
		"a crop smaller than is the usual": {hd, video.Edit{Crop: cropped(64, 32)}, 0, encoded(func(f *video.Filters) {
			f.Crop = video.Area{Width: 64, Height: 32, X: 608, Y: 344}
			f.Width, f.Height = 64, 32
		})},
	} {
		key, err := c.ix.Key(video.Cut{Edit: c.edit, Image: video.Image{Format: video.PNG}})
		require.NoError(t, err, name)
		assert.Equal(t, c.want, key.Filters, name)
		assert.Equal(t, video.Image{Format: video.PNG, Width: c.width}, key.Image, name)
	}
	key, err := hd.Key(video.Cut{Image: video.Image{Format: video.JPEG, Width: 64}, Edit: video.Edit{Gray: true}})
	require.NoError(t, err)
	assert.Equal(t, grey(64, 36), key.Filters, "the width of the cut, where the edit has none")
}

// Edits that mean the same have one tag, and those that do not have others; a cut without loss keeps the one
// that it has always had.
func TestTagsOfEdits(t *testing.T) {
	whose := map[string]int{}
	for i, same := range [][]video.Edit{
		{{}, {Contrast: factor(1000)}, {Rotate: 180, FlipX: true, FlipY: true}, {Width: 640}, {Crop: croppedAt(640, 360, 0, 0)}},
		{{Transcode: true}, {Transcode: true, Saturation: factor(1000)}, {Transcode: true, Width: 640, Height: 360, Fit: video.FitStretch}},
		{{Crop: cropped(320, 180)}, {Crop: croppedAt(320, 180, 160, 90)}, {Crop: cropped(320, 180), Transcode: true}},
		{{Crop: croppedAt(320, 180, 160, 88)}},
		{{Rotate: 180}, {FlipX: true, FlipY: true}},
		{{Rotate: 270}, {Rotate: 90, FlipX: true, FlipY: true}},
		{{Rotate: 90}, {Rotate: 270, FlipX: true, FlipY: true}},
		{{FlipX: true}, {Rotate: 180, FlipY: true}},
		{{Gray: true}, {Saturation: factor(0)}, {Gray: true, Hue: 7}, {Saturation: factor(0), Hue: -180}},
		{{Hue: 90}, {Hue: -270}},
		{{FPS: rate(25, 1)}, {FPS: rate(50, 2)}, {FPS: rate(25_000, 1000)}},
		{{FPS: rate(24_000, 1001)}},
		{{FPS: rate(23_976, 1000)}},
		{{Width: 320}, {Height: 180}, {Width: 320, Height: 360}, {Width: 320, Height: 180, Fit: video.FitCover}, {Width: 320, Height: 180, Fit: video.FitStretch}},
		{{Width: 320, Height: 360, Fit: video.FitCover}, {Crop: cropped(320, 360)}},
		{{Width: 320, Height: 360, Fit: video.FitStretch}},
		{{Blur: 1000}},
		{{Sharpen: 1000}},
		{{Brightness: 1000}},
		{{Contrast: factor(0)}},
		{{Quality: 1}},
		{{Quality: 11}},
	} {
		for _, edit := range same {
			key, err := pictured(640, 360).Key(video.Cut{Edit: edit})
			require.NoError(t, err)
			tag := key.ETag("build")
			of, known := whose[tag]
			assert.True(t, !known || of == i, "%+v has the tag of another", edit)
			assert.Equal(t, edit != same[0], known, "%+v has no tag like the others", edit)
			whose[tag] = i
			if i == 0 {
				assert.Equal(t, video.SegmentKey{Name: "a.mp4", Version: "1", Audio: -1}, key)
			}
		}
	}
}

func TestEditsThatAreNone(t *testing.T) {
	small := pictured(192, 108)
	for _, c := range []struct {
		edit  video.Edit
		still bool
		want  string
	}{
		{video.Edit{Crop: cropped(14, 16)}, false, `crop is W:H or W:H:X:Y, even numbers of pixels in digits, W and H from 16; this is "14:16"`},
		{video.Edit{Crop: croppedAt(16, 16, 1, 0)}, true, `this is "16:16:1:0"`},
		{video.Edit{Crop: croppedAt(16, 16, -2, 0)}, false, `crop is W:H`},
		{video.Edit{Crop: video.Crop{Area: video.Area{Width: 16, Height: 16, X: 2}}}, false, `crop is W:H`},
		{video.Edit{Crop: cropped(194, 108)}, false, `crop is within the picture, which has 192 x 108 pixels; this is "194:108"`},
		{video.Edit{Crop: croppedAt(192, 16, 0, 94)}, false, `crop is within the picture, which has 192 x 108 pixels; this is "192:16:0:94"`},
		{video.Edit{Crop: croppedAt(16, 16, 1<<62, 0)}, true, `crop is within the picture`},
		{video.Edit{Rotate: 45}, false, `rotate is 90, 180 or 270; this is "45"`},
		{video.Edit{Rotate: 360}, false, `this is "360"`},
		{video.Edit{Rotate: -90}, false, `this is "-90"`},
		{video.Edit{Width: 14}, false, `width is an even number of pixels, from 16 to 4096, in digits; this is "14"`},
		{video.Edit{Width: 17}, false, `this is "17"`},
		{video.Edit{Width: 4098}, false, `this is "4098"`},
		{video.Edit{Width: 194}, false, `width is at most 192 here, as the picture has; this is "194"`},
		{video.Edit{Height: 110}, false, `height is at most 108 here, as the picture has; this is "110"`},
		{video.Edit{Height: 110, Crop: cropped(64, 64)}, false, `height is at most 64 here`},
		{video.Edit{Height: 194, Rotate: 90}, false, `height is at most 192 here`},
		{video.Edit{Width: 15}, true, `width is a number of pixels, from 16 to 1920, in digits; this is "15"`},
		{video.Edit{Height: 8193}, true, `height is a number of pixels, from 16 to 8192, in digits; this is "8193"`},
		{video.Edit{Fit: video.FitCover}, false, `fit is contain, cover or stretch, and needs a width and a height; this is "cover"`},
		{video.Edit{Fit: video.FitContain, Width: 16}, true, `fit is`},
		{video.Edit{Fit: "fill", Width: 16, Height: 16}, false, `this is "fill"`},
		{video.Edit{FPS: rate(999, 1000)}, false, `fps is a number from 1 to 120, in digits with at most 3 decimals, or N/D with D at most 1001; this is "0.999"`},
		{video.Edit{FPS: rate(121, 1)}, false, `this is "121"`},
		{video.Edit{FPS: rate(120_121, 1001)}, false, `this is "120121/1001"`},
		{video.Edit{FPS: rate(2004, 1002)}, false, `this is "2004/1002"`},
		{video.Edit{FPS: rate(0, 1)}, false, `this is "0"`},
		{video.Edit{FPS: rate(1, 0)}, false, `this is "1/0"`},
		{video.Edit{FPS: rate(25, 1)}, true, `an image has neither fps nor quality nor codec`},
		{video.Edit{Quality: 20}, true, `an image has neither`},
		{video.Edit{Transcode: true}, true, `an image has neither`},
		{video.Edit{Hue: 361}, false, `hue is a number of degrees, from -360 to 360, in digits; this is "361"`},
		{video.Edit{Hue: -361}, true, `this is "-361"`},
		{video.Edit{Saturation: factor(3001)}, false, `saturation is a number from 0 to 3, in digits with at most 3 decimals, and none beside gray=1; this is "3.001"`},
		{video.Edit{Saturation: factor(-1)}, false, `this is "-0.001"`},
		{video.Edit{Saturation: factor(0), Gray: true}, false, `none beside gray=1; this is "0"`},
		{video.Edit{Brightness: 1001}, false, `brightness is a number from -1 to 1, in digits with at most 3 decimals; this is "1.001"`},
		{video.Edit{Brightness: -1500}, true, `this is "-1.5"`},
		{video.Edit{Contrast: factor(2100)}, false, `contrast is a number from 0 to 2, in digits with at most 3 decimals; this is "2.1"`},
		{video.Edit{Blur: 20_001}, false, `blur is a number from 0 to 20, in digits with at most 3 decimals; this is "20.001"`},
		{video.Edit{Blur: -1}, false, `this is "-0.001"`},
		{video.Edit{Sharpen: 2001}, true, `sharpen is a number from 0 to 2, in digits with at most 3 decimals; this is "2.001"`},
		{video.Edit{Quality: 52}, false, `quality is a number from 1 to 51, in digits; this is "52"`},
		{video.Edit{Quality: -1}, false, `this is "-1"`},
	} {
		of := video.Cut{Edit: c.edit}
		if c.still {
			of.Image.Format = video.JPEG
		}
		_, err := small.Key(of)
		require.Equal(t, video.Invalid, video.KindOf(err), "%+v", c.edit)
		assert.Contains(t, video.Message(err), c.want)
	}
}

// What the file itself has can be too much, or too little.
func TestPicturesThatCannotBeEdited(t *testing.T) {
	png := video.Image{Format: video.PNG}
	for name, c := range map[string]struct {
		ix   *video.Index
		cut  video.Cut
		kind video.Kind
		want string
	}{
		"too large":          {pictured(7680, 4320), video.Cut{Edit: video.Edit{Gray: true}}, video.Invalid, "width is at most 4096, and height 4096, and either makes the picture smaller; this would have 7680 x 4320 pixels"},
		"too high":           {pictured(64, 5000), video.Cut{Edit: video.Edit{Crop: cropped(64, 4998)}}, video.Invalid, "64 x 4998"},
		"an image too high":  {pictured(64, 30_000), video.Cut{Edit: video.Edit{Gray: true}, Image: png}, video.Invalid, "width is at most 1920, and height 8192, and either makes the picture smaller; this would have 64 x 30000 pixels"},
		"an image too wide":  {pictured(3840, 1080), video.Cut{Edit: video.Edit{Height: 1080}, Image: png}, video.Invalid, "3840 x 1080"},
		"long on the way":    {pictured(20_000, 100), video.Cut{Edit: video.Edit{Width: 64, Height: 64, Fit: video.FitCover}}, video.Invalid, "fit is cover where the picture is scaled to at most 8192 x 8192 pixels on the way; these would be 12800 x 64"},
		"of no known size":   {pictured(0, 0), video.Cut{Edit: video.Edit{Transcode: true}}, video.Unreadable, "does not tell the size"},
		"an image of none":   {pictured(0, 0), video.Cut{Edit: video.Edit{Gray: true}, Image: png}, video.Unreadable, "does not tell the size"},
		"one pixel high":     {pictured(64, 1), video.Cut{Edit: video.Edit{Transcode: true}}, video.Unreadable, "pictures of 64 x 1 pixels cannot be encoded"},
		"of monstrous shape": {pictured(1<<31-1, 2, aspect(1<<31-1, 1)), video.Cut{Edit: video.Edit{Height: 16}, Image: png}, video.Invalid, "this would have"},
	} {
		_, err := c.ix.Key(c.cut)
		assert.Equal(t, c.kind, video.KindOf(err), name)
		assert.Contains(t, video.Message(err), c.want, name)
	}
}

func TestParametersOfEdits(t *testing.T) {
	all := []string{"crop", "rotate", "flip", "width", "height", "fit", "fps", "gray", "hue", "saturation", "brightness", "contrast", "blur", "sharpen", "quality", "codec"}
	assert.Equal(t, all, video.EditParameters(false))
	assert.Equal(t, []string{"crop", "rotate", "flip", "width", "height", "fit", "gray", "hue", "saturation", "brightness", "contrast", "blur", "sharpen"}, video.EditParameters(true))
	for _, still := range []bool{false, true} {
		for _, name := range video.EditParameters(still) {
			assert.Regexp(t, "^"+name+` is .*; this is "x"$`, video.Message(video.RefuseValue(name, "x", still)))
		}
	}
	assert.Equal(t, `there is no parameter "fps"`, video.Message(video.RefuseValue("fps", "x", true)))
}
