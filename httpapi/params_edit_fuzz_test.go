package httpapi_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
	"gop/video/cut"
)

// For every frame size, a query either fails with a message or resolves to Filters that the encoder accepts.
func FuzzEdit(f *testing.F) {
	for i, query := range []string{
		"", "crop=640:360:0:0&gray=1", "crop=16:16", "rotate=270&flip=h", "width=64", "height=1080",
		"width=100&height=100&fit=cover", "fit=stretch&width=16&height=4096", "fps=23.976", "fps=30000/1001",
		"hue=-90&saturation=0.5&brightness=-0.1&contrast=2", "blur=20&sharpen=0.001",
		"quality=23&codec=h264", "gray=0&crop=&width=0",
		"rotate=90&crop=100:98:2:4&width=64&height=32&fit=cover&blur=1",
	} {
		f.Add(query, false, uint32(640), uint32(360), uint32(1), uint32(1), uint8(i))
		f.Add(query, true, uint32(721), uint32(575), uint32(64), uint32(45), uint8(i))
	}
	f.Add("height=16", true, uint32(1<<31-1), uint32(1), uint32(1<<31-1), uint32(1), uint8(0))
	f.Add("width=16&height=16&fit=cover", false, uint32(1<<31-1), uint32(2), uint32(1<<31-1), uint32(1),
		uint8(1))
	f.Fuzz(func(t *testing.T, query string, isThumbnail bool, width, height, num, den uint32,
		quarters uint8,
	) {
		raw, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		segment, _, err := httpapi.ParsedCut(raw.Encode(), 0)
		thumbnail := cut.Thumbnail{}
		if isThumbnail {
			thumbnail, _, err = httpapi.ParsedThumbnail(raw.Encode(), 0)
		}
		if err != nil {
			require.Equal(t, video.Invalid, video.KindOf(err))
			require.NotEmpty(t, video.Message(err))
			return
		}

		const most = 1<<31 - 1 // in libav
		track := video.Track{
			Kind: video.VideoTrack, Width: int(width & most), Height: int(height & most),
			Rotation:     int(quarters%4) * 90,
			Flipped:      quarters&4 != 0,
			SampleAspect: video.Rational{Num: int(num & most), Den: int(den & most)},
		}
		ix := &video.Index{
			Tracks: []video.Track{track}, DefaultAudio: -1, GOPs: video.NewGOPList(video.GOP{}),
		}
		var filters video.Filters
		thumbWidth := 0
		if isThumbnail {
			var key video.ThumbnailKey
			key, err = thumbnail.Resolve(ix, nil)
			filters, thumbWidth = key.Filters, key.Width
		} else {
			var key video.SegmentKey
			key, err = segment.Resolve(ix)
			filters = key.Filters
		}
		if err != nil {
			require.Contains(t, []video.Kind{video.Invalid, video.Unreadable}, video.KindOf(err))
			require.NotEmpty(t, video.Message(err))
			return
		}
		if quarters%2 == 1 {
			track.Width, track.Height = track.Height, track.Width
		}
		checkFilters(t, filters, isThumbnail, thumbWidth, track.Width, track.Height)
	})
}

// checkFilters checks the bounds of Filters for an upright frame of a size in pixels.
func checkFilters(t *testing.T, f video.Filters, isThumbnail bool, thumbWidth, width, height int) {
	t.Helper()
	if !f.Transcode {
		require.Equal(t, video.Filters{}, f)
		require.True(t, !isThumbnail || thumbWidth > 0 && thumbWidth <= cut.MaxThumbnailWidth)
		return
	}
	require.Zero(t, thumbWidth)
	if c := f.Crop; c != (video.Area{}) {
		require.True(t,
			c.X >= 0 && c.Y >= 0 && c.Width > 0 && c.Height > 0 &&
				c.Width <= width-c.X && c.Height <= height-c.Y, "%+v", f)
		require.NotEqual(t, video.Area{Width: width, Height: height}, c)
		require.Zero(t, (c.Width|c.Height|c.X|c.Y)%2, "%+v", f)
		width, height = c.Width, c.Height
	}
	if f.Turn {
		width, height = height, width
	}
	require.Equal(t, f.Width == 0, f.Height == 0)
	require.Equal(t, f.KeepWidth == 0, f.KeepHeight == 0)
	maxWidth, maxHeight := cut.MaxSide, cut.MaxSide
	if isThumbnail {
		maxWidth, maxHeight = cut.MaxThumbnailWidth, cut.MaxThumbnailHeight
		require.NotZero(t, f.Width)
	}
	if f.Width > 0 {
		width, height = f.Width, f.Height
		require.True(t, width <= 8192 && height <= 8192, "%+v", f)
	}
	if f.KeepWidth > 0 {
		require.True(t, f.KeepWidth <= width && f.KeepHeight <= height, "%+v", f)
		width, height = f.KeepWidth, f.KeepHeight
	}
	require.True(t, width > 0 && width <= maxWidth && height > 0 && height <= maxHeight, "%+v", f)
	require.True(t, isThumbnail || (f.Width|f.Height|width|height)%2 == 0, "%+v", f)
	require.True(t,
		f.FPS == video.Rational{} || !isThumbnail &&
			f.FPS.Num >= f.FPS.Den && f.FPS.Num <= 120*f.FPS.Den && f.FPS.Den <= 1001, "%+v", f)
	require.True(t,
		f.Hue >= 0 && f.Hue < 360 && f.Saturation >= 0 && f.Saturation <= 3000 &&
			f.Contrast >= 0 && f.Contrast <= 2000, "%+v", f)
	require.True(t,
		f.Brightness >= -1000 && f.Brightness <= 1000 && f.Blur >= 0 && f.Blur <= 20_000 &&
			f.Sharpen >= 0 && f.Sharpen <= 2000, "%+v", f)
	require.True(t, f.Quality >= 0 && f.Quality <= 51, "%+v", f)
}
