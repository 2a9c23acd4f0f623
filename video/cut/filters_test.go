package cut_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
	"gop/video/cut"
)

// indexOf returns an index of one GOP with frames of a size.
func indexOf(width, height int, change ...func(*video.Track)) *video.Index {
	track := video.Track{Kind: video.VideoTrack, Width: width, Height: height, SampleAspect: rate(1, 1)}
	for _, c := range change {
		c(&track)
	}
	return &video.Index{
		Video: video.Video{Name: "a.mp4", Version: "1"}, Tracks: []video.Track{track}, DefaultAudio: -1,
		GOPs: video.NewGOPList(video.GOP{Leading: 1}),
	}
}

func aspect(num, den int) func(*video.Track) {
	return func(t *video.Track) { t.SampleAspect = video.Rational{Num: num, Den: den} }
}

func rotated(degrees int) func(*video.Track) { return func(t *video.Track) { t.Rotation = degrees } }

func cropped(width, height int) cut.Crop {
	return cut.Crop{Area: video.Area{Width: width, Height: height}}
}

func croppedAt(width, height, x, y int) cut.Crop {
	return cut.Crop{Area: video.Area{Width: width, Height: height, X: x, Y: y}, Placed: true}
}

func factor(thousandths video.Thousandths) cut.Factor {
	return cut.Factor{Given: true, Value: thousandths}
}

func rate(num, den int) video.Rational { return video.Rational{Num: num, Den: den} }

// transcoded returns Filters that transcode, with a change.
func transcoded(change func(*video.Filters)) video.Filters {
	f := video.Filters{Transcode: true, Saturation: 1000, Contrast: 1000}
	change(&f)
	return f
}

func area(width, height, x, y int) video.Area {
	return video.Area{Width: width, Height: height, X: x, Y: y}
}

func sized(width, height int) video.Filters {
	return transcoded(func(f *video.Filters) { f.Width, f.Height = width, height })
}

func TestFiltersOfSegments(t *testing.T) {
	hd, odd := indexOf(1280, 720), indexOf(641, 361)
	wide := indexOf(720, 576, aspect(64, 45))
	upright := indexOf(1280, 720, rotated(90))
	tall := indexOf(720, 576, aspect(64, 45), rotated(270))
	for name, c := range map[string]struct {
		ix   *video.Index
		edit cut.Edit
		want video.Filters
	}{
		"no edit": {hd, cut.Edit{}, video.Filters{}},
		"no effect": {
			hd,
			cut.Edit{
				Saturation: factor(1000), Contrast: factor(1000), Hue: 360,
				Fit: cut.FitContain, Width: 1280, Height: 720,
			},
			video.Filters{},
		},
		"crop of the whole frame": {hd, cut.Edit{Crop: cropped(1280, 720)}, video.Filters{}},
		"rotation and flips cancel out": {
			hd, cut.Edit{Rotate: 180, FlipX: true, FlipY: true}, video.Filters{},
		},
		"transcode": {hd, cut.Edit{Transcode: true}, transcoded(func(*video.Filters) {})},
		"quality": {
			hd, cut.Edit{Quality: 20}, transcoded(func(f *video.Filters) { f.Quality = 20 }),
		},
		"even crop of an odd frame": {odd, cut.Edit{Crop: cropped(640, 360)}, video.Filters{}},
		"odd frame, transcoded": {
			odd,
			cut.Edit{Transcode: true},
			transcoded(func(f *video.Filters) { f.Crop = area(640, 360, 0, 0) }),
		},
		"own even size": {
			odd,
			cut.Edit{Width: 640, Transcode: true},
			transcoded(func(f *video.Filters) { f.Crop = area(640, 360, 0, 0) }),
		},
		"odd frame, scaled": {
			odd,
			cut.Edit{Width: 320},
			transcoded(func(f *video.Filters) {
				f.Crop = area(640, 360, 0, 0)
				f.Width, f.Height = 320, 180
			}),
		},
		"centered crop": {
			hd,
			cut.Edit{Crop: cropped(642, 358)},
			transcoded(func(f *video.Filters) { f.Crop = area(642, 358, 318, 180) }),
		},
		"crop in a corner": {
			hd,
			cut.Edit{Crop: croppedAt(16, 16, 1264, 704)},
			transcoded(func(f *video.Filters) { f.Crop = area(16, 16, 1264, 704) }),
		},
		"crop of a rotated track": {
			upright,
			cut.Edit{Crop: croppedAt(720, 1000, 0, 280)},
			transcoded(func(f *video.Filters) { f.Crop = area(720, 1000, 0, 280) }),
		},
		"rotate 90": {
			hd, cut.Edit{Rotate: 90}, transcoded(func(f *video.Filters) { f.Turn = true }),
		},
		"rotate 270": {
			hd,
			cut.Edit{Rotate: 270},
			transcoded(func(f *video.Filters) { f.Turn, f.FlipX, f.FlipY = true, true, true }),
		},
		"rotate 270 and flip": {
			hd,
			cut.Edit{Rotate: 270, FlipX: true},
			transcoded(func(f *video.Filters) { f.Turn, f.FlipY = true, true }),
		},
		"width":  {hd, cut.Edit{Width: 640}, sized(640, 360)},
		"height": {hd, cut.Edit{Height: 100}, sized(178, 100)},
		"width after rotation": {
			hd,
			cut.Edit{Rotate: 90, Width: 360},
			transcoded(func(f *video.Filters) { f.Turn = true; f.Width, f.Height = 360, 640 }),
		},
		"smallest derived height": {indexOf(4000, 20), cut.Edit{Width: 16}, sized(16, 2)},
		"pixels become square":    {wide, cut.Edit{Width: 1024}, sized(1024, 576)},
		"pixels keep their aspect ratio": {
			wide, cut.Edit{Rotate: 90}, transcoded(func(f *video.Filters) { f.Turn = true }),
		},
		"rotated track without square pixels": {tall, cut.Edit{Height: 1024}, sized(576, 1024)},
		"crop and width of it": {
			tall,
			cut.Edit{Crop: cropped(576, 360), Width: 288},
			transcoded(func(f *video.Filters) {
				f.Crop = area(576, 360, 0, 180)
				f.Width, f.Height = 288, 256
			}),
		},
		"contain": {hd, cut.Edit{Width: 640, Height: 640}, sized(640, 360)},
		"contain, by height": {
			hd, cut.Edit{Width: 1280, Height: 180, Fit: cut.FitContain}, sized(320, 180),
		},
		"cover": {
			hd,
			cut.Edit{Width: 360, Height: 360, Fit: cut.FitCover},
			transcoded(func(f *video.Filters) {
				f.Width, f.Height, f.KeepWidth, f.KeepHeight = 640, 360, 360, 360
			}),
		},
		"cover in the same aspect ratio": {
			hd, cut.Edit{Width: 640, Height: 360, Fit: cut.FitCover}, sized(640, 360),
		},
		"cover without scaling": {
			hd,
			cut.Edit{Width: 640, Height: 720, Fit: cut.FitCover},
			transcoded(func(f *video.Filters) { f.Crop = area(640, 720, 320, 0) }),
		},
		"cover without scaling, rotated": {
			hd,
			cut.Edit{Rotate: 90, Width: 720, Height: 640, Fit: cut.FitCover},
			transcoded(func(f *video.Filters) { f.Turn = true; f.Crop = area(640, 720, 320, 0) }),
		},
		"stretch": {
			hd, cut.Edit{Width: 360, Height: 360, Fit: cut.FitStretch}, sized(360, 360),
		},
		"frame rate": {
			hd, cut.Edit{FPS: rate(25_000, 1000)}, transcoded(func(f *video.Filters) { f.FPS = rate(25, 1) }),
		},
		"NTSC frame rate": {
			hd,
			cut.Edit{FPS: rate(30_000, 1001)},
			transcoded(func(f *video.Filters) { f.FPS = rate(30_000, 1001) }),
		},
		"gray": {
			hd, cut.Edit{Gray: true, Hue: 90}, transcoded(func(f *video.Filters) { f.Saturation = 0 }),
		},
		"hue": {
			hd, cut.Edit{Hue: -90}, transcoded(func(f *video.Filters) { f.Hue = 270 }),
		},
		"color": {
			hd,
			cut.Edit{Saturation: factor(3000), Brightness: -1000, Contrast: factor(0)},
			transcoded(func(f *video.Filters) { f.Saturation, f.Brightness, f.Contrast = 3000, -1000, 0 }),
		},
		"blur and sharpen": {
			hd,
			cut.Edit{Blur: 1, Sharpen: 2000},
			transcoded(func(f *video.Filters) { f.Blur, f.Sharpen = 1, 2000 }),
		},
		"a large frame made smaller": {indexOf(7680, 4320), cut.Edit{Width: 4096}, sized(4096, 2304)},
	} {
		key, err := cut.Cut{Edit: c.edit, NoLeading: true}.Resolve(c.ix)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, key.Filters, name)
		assert.Equal(t, !c.want.Transcode, key.NoLeading, "a transcode has no leading packets: %s", name)
	}
}

func TestFiltersOfThumbnails(t *testing.T) {
	small, hd, odd := indexOf(192, 108), indexOf(1280, 720), indexOf(641, 361)
	gray := func(width, height int) video.Filters {
		return transcoded(func(f *video.Filters) { f.Saturation = 0; f.Width, f.Height = width, height })
	}
	for name, c := range map[string]struct {
		ix    *video.Index
		edit  cut.Edit
		width int // in the key, if no filters are needed
		want  video.Filters
	}{
		"no edit":                   {hd, cut.Edit{}, 320, video.Filters{}},
		"width":                     {hd, cut.Edit{Width: 99}, 99, video.Filters{}},
		"width above the frame's":   {small, cut.Edit{Width: 1920}, 1920, video.Filters{}},
		"width for an unknown size": {indexOf(0, 0), cut.Edit{Width: 99}, 99, video.Filters{}},
		"no effect": {
			hd, cut.Edit{Saturation: factor(1000), Crop: cropped(1280, 720)}, 320, video.Filters{},
		},
		"height":                     {hd, cut.Edit{Height: 180}, 320, video.Filters{}},
		"height above the frame's":   {small, cut.Edit{Height: 720}, 192, video.Filters{}},
		"height that no width gives": {indexOf(1000, 3000), cut.Edit{Height: 100}, 0, sized(33, 100)},
		"contain": {
			hd, cut.Edit{Width: 320, Height: 320, Fit: cut.FitContain}, 320, video.Filters{},
		},
		"stretch": {
			hd, cut.Edit{Width: 99, Height: 99, Fit: cut.FitStretch}, 0, sized(99, 99),
		},
		"cover": {
			hd,
			cut.Edit{Width: 99, Height: 99, Fit: cut.FitCover},
			0,
			transcoded(func(f *video.Filters) {
				f.Width, f.Height, f.KeepWidth, f.KeepHeight = 176, 99, 99, 99
			}),
		},
		"cover without scaling": {
			small,
			cut.Edit{Width: 100, Height: 108, Fit: cut.FitCover},
			0,
			transcoded(func(f *video.Filters) {
				f.Crop = area(100, 108, 46, 0)
				f.Width, f.Height = 100, 108
			}),
		},
		"cover with an odd width": {
			small,
			cut.Edit{Width: 99, Height: 108, Fit: cut.FitCover},
			0,
			transcoded(func(f *video.Filters) {
				f.Width, f.Height, f.KeepWidth, f.KeepHeight = 192, 108, 99, 108
			}),
		},
		"gray":                       {hd, cut.Edit{Gray: true}, 0, gray(320, 180)},
		"gray, at most the own size": {small, cut.Edit{Gray: true, Width: 1920}, 0, gray(192, 108)},
		"gray, odd size":             {odd, cut.Edit{Gray: true, Width: 641}, 0, gray(641, 361)},
		"gray, without square pixels": {
			indexOf(720, 576, aspect(64, 45), rotated(90)),
			cut.Edit{Gray: true, Width: 576},
			0,
			gray(576, 1024),
		},
		"even crop of an odd frame": {
			odd,
			cut.Edit{Crop: cropped(640, 360)},
			0,
			transcoded(func(f *video.Filters) {
				f.Crop = area(640, 360, 0, 0)
				f.Width, f.Height = 320, 180
			}),
		},
		"crop smaller than the default width": {
			hd,
			cut.Edit{Crop: cropped(64, 32)},
			0,
			transcoded(func(f *video.Filters) {
				f.Crop = area(64, 32, 608, 344)
				f.Width, f.Height = 64, 32
			}),
		},
	} {
		key, err := cut.Thumbnail{Edit: c.edit, Format: video.PNG}.Resolve(c.ix, nil)
		require.NoError(t, err, name)
		want := video.ThumbnailKey{
			Name: "a.mp4", Version: "1", Format: video.PNG, Width: c.width, Filters: c.want,
		}
		assert.Equal(t, want, key, name)
	}
}

// Edits with the same effect have one key, and other edits have other keys.
func TestKeysOfEdits(t *testing.T) {
	groups := map[video.SegmentKey]int{}
	for i, same := range [][]cut.Edit{
		{
			{},
			{Contrast: factor(1000)},
			{Rotate: 180, FlipX: true, FlipY: true},
			{Width: 640},
			{Crop: croppedAt(640, 360, 0, 0)},
		},
		{
			{Transcode: true},
			{Transcode: true, Saturation: factor(1000)},
			{Transcode: true, Width: 640, Height: 360, Fit: cut.FitStretch},
		},
		{
			{Crop: cropped(320, 180)},
			{Crop: croppedAt(320, 180, 160, 90)},
			{Crop: cropped(320, 180), Transcode: true},
		},
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
		{
			{Width: 320},
			{Height: 180},
			{Width: 320, Height: 360},
			{Width: 320, Height: 180, Fit: cut.FitCover},
			{Width: 320, Height: 180, Fit: cut.FitStretch},
		},
		{{Width: 320, Height: 360, Fit: cut.FitCover}, {Crop: cropped(320, 360)}},
		{{Width: 320, Height: 360, Fit: cut.FitStretch}},
		{{Blur: 1000}},
		{{Sharpen: 1000}},
		{{Brightness: 1000}},
		{{Contrast: factor(0)}},
		{{Quality: 1}},
		{{Quality: 11}},
	} {
		for _, edit := range same {
			key, err := cut.Cut{Edit: edit}.Resolve(indexOf(640, 360))
			require.NoError(t, err)
			group, ok := groups[key]
			assert.True(t, !ok || group == i, "%+v has the key of another group", edit)
			assert.Equal(t, edit != same[0], ok, "%+v does not have the key of its group", edit)
			groups[key] = i
			if i == 0 {
				assert.Equal(t, video.SegmentKey{Name: "a.mp4", Version: "1", AudioStream: -1}, key)
			}
		}
	}
}

// An edit that does not fit the frame is refused.
func TestEditsThatDoNotFit(t *testing.T) {
	small := indexOf(192, 108)
	for _, c := range []struct {
		edit cut.Edit
		want string
	}{
		{cut.Edit{Crop: cropped(194, 108)}, "crop 194:108 does not fit the 192x108 frame"},
		{cut.Edit{Crop: croppedAt(192, 16, 0, 94)}, "crop 192:16:0:94 does not fit the 192x108 frame"},
		{cut.Edit{Crop: croppedAt(16, 16, 1<<62, 0)}, "does not fit the 192x108 frame"},
		{cut.Edit{Crop: croppedAt(16, 16, -2, 0)}, "does not fit the 192x108 frame"},
		{cut.Edit{Width: 194}, "width 194 exceeds the frame's width of 192"},
		{cut.Edit{Height: 110}, "height 110 exceeds the frame's height of 108"},
		{cut.Edit{Height: 110, Crop: cropped(64, 64)}, "height 110 exceeds the frame's height of 64"},
		{cut.Edit{Height: 194, Rotate: 90}, "height 194 exceeds the frame's height of 192"},
	} {
		_, err := cut.Cut{Edit: c.edit}.Resolve(small)
		require.Equal(t, video.Invalid, video.KindOf(err), "%+v", c.edit)
		assert.Contains(t, video.Message(err), c.want)
	}
	thumbnail := cut.Thumbnail{Format: video.JPEG, Edit: cut.Edit{Crop: croppedAt(16, 16, 1<<62, 0)}}
	_, err := thumbnail.Resolve(small, nil)
	require.Equal(t, video.Invalid, video.KindOf(err))
}

// The frames themselves can be too large or too small.
func TestFramesThatCannotBeEdited(t *testing.T) {
	const segment, thumbnail = false, true
	for name, c := range map[string]struct {
		ix          *video.Index
		isThumbnail bool
		edit        cut.Edit
		kind        video.Kind
		want        string
	}{
		"too large": {
			indexOf(7680, 4320), segment,
			cut.Edit{Gray: true},
			video.Invalid,
			"the result would have 7680x4320 pixels, and at most 4096x4096 are possible",
		},
		"too high": {indexOf(64, 5000), segment, cut.Edit{Crop: cropped(64, 4998)}, video.Invalid, "64x4998"},
		"thumbnail too high": {
			indexOf(64, 30_000), thumbnail,
			cut.Edit{Gray: true},
			video.Invalid,
			"the result would have 64x30000 pixels, and at most 1920x8192 are possible",
		},
		"thumbnail too wide": {
			indexOf(3840, 1080), thumbnail, cut.Edit{Height: 1080}, video.Invalid, "3840x1080",
		},
		"too long before cropping": {
			indexOf(20_000, 100), segment,
			cut.Edit{Width: 64, Height: 64, Fit: cut.FitCover},
			video.Invalid,
			"the frame would be scaled to 12800x64 pixels; at most 8192x8192 are possible",
		},
		"unknown size": {
			indexOf(0, 0), segment, cut.Edit{Transcode: true}, video.Unreadable, "does not state their size",
		},
		"thumbnail of unknown size": {
			indexOf(0, 0), thumbnail, cut.Edit{Gray: true}, video.Unreadable, "does not state their size",
		},
		"one pixel high": {
			indexOf(64, 1), segment,
			cut.Edit{Transcode: true},
			video.Unreadable, "frames of 64x1 pixels cannot be encoded",
		},
		"extreme aspect ratio": {
			indexOf(1<<31-1, 2, aspect(1<<31-1, 1)), thumbnail,
			cut.Edit{Height: 16},
			video.Invalid, "the result would have",
		},
	} {
		var err error
		if c.isThumbnail {
			_, err = cut.Thumbnail{Format: video.PNG, Edit: c.edit}.Resolve(c.ix, nil)
		} else {
			_, err = cut.Cut{Edit: c.edit}.Resolve(c.ix)
		}
		assert.Equal(t, c.kind, video.KindOf(err), name)
		assert.Contains(t, video.Message(err), c.want, name)
	}
}
