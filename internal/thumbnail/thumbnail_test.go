package thumbnail

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

func TestSkipsLoopFilter(t *testing.T) {
	square, high := video.Rational{Num: 1, Den: 1}, video.Rational{Num: 1, Den: 4}
	wide := video.Track{Width: 1920, Height: 1080}
	with := func(change func(*video.Track)) video.Track {
		changed := wide
		change(&changed)
		return changed
	}
	rotated := func(degrees int) video.Track {
		return with(func(t *video.Track) { t.Rotation = degrees })
	}
	for _, test := range []struct {
		name     string
		track    video.Track
		width    int
		filtered bool
		want     bool
	}{
		{"a third", wide, 640, false, true},
		{"more than a third", wide, 641, false, false},
		{"filtered", wide, 320, true, false},
		{"a third, rotated by 90", rotated(90), 360, false, true},
		{"more than a third, rotated by 270", rotated(270), 361, false, false},
		{"rotated by 180", rotated(180), 640, false, true},
		{"interlaced", with(func(t *video.Track) { t.Interlaced = true }), 320, false, false},
		{"square pixels", with(func(t *video.Track) { t.SampleAspect = square }), 320, false, true},
		{"high pixels", with(func(t *video.Track) { t.SampleAspect = high }), 320, false, false},
	} {
		key := video.ThumbnailKey{Width: test.width}
		key.Filters.Transcode = test.filtered
		assert.Equal(t, test.want, SkipsLoopFilter(test.track, key), test.name)
	}
}

func TestSize(t *testing.T) {
	wide, narrow := video.Rational{Num: 4, Den: 3}, video.Rational{Num: 1, Den: 100_000}
	for name, c := range map[string]struct {
		track    video.Track
		maxWidth int
		want     image.Point
	}{
		"smaller":              {video.Track{}, 64, image.Pt(64, 48)},
		"not enlarged":         {video.Track{}, 1000, image.Pt(160, 120)},
		"rounded":              {video.Track{}, 99, image.Pt(99, 74)},
		"rotated by 90":        {video.Track{Rotation: 90}, 60, image.Pt(60, 80)},
		"rotated by 180":       {video.Track{Rotation: 180}, 64, image.Pt(64, 48)},
		"wide pixels":          {video.Track{SampleAspect: wide}, 1000, image.Pt(213, 120)},
		"wide pixels, rotated": {video.Track{SampleAspect: wide, Rotation: 270}, 60, image.Pt(60, 107)},
		"a row at least":       {video.Track{SampleAspect: narrow, Rotation: 90}, 1, image.Pt(1, 1)},
	} {
		w, h, err := Size(160, 120, c.track, c.maxWidth)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, image.Pt(w, h), name)
	}
	_, _, err := Size(160, 120, video.Track{SampleAspect: narrow}, 100)
	assert.ErrorContains(t, err, "rows, more than 8192")
}

func TestUpright(t *testing.T) {
	// The rows of 3 x 2 pixels are abc and def.
	p := image.NewRGBA(image.Rect(0, 0, 3, 2))
	for i, name := range []byte("abcdef") {
		p.SetRGBA(i%3, i/3, color.RGBA{name, 1, 2, 3})
	}
	type orientation struct {
		degrees   int
		isFlipped bool
	}
	for o, want := range map[orientation][]string{
		{0, false}: {"abc", "def"}, {90, false}: {"da", "eb", "fc"},
		{180, false}: {"fed", "cba"}, {270, false}: {"cf", "be", "ad"},
		{0, true}: {"def", "abc"}, {90, true}: {"ad", "be", "cf"},
		{180, true}: {"cba", "fed"}, {270, true}: {"fc", "eb", "da"},
	} {
		rotated := Upright(p, video.Track{Rotation: o.degrees, Flipped: o.isFlipped})
		var rows []string
		for y := range rotated.Rect.Dy() {
			row := ""
			for x := range rotated.Rect.Dx() {
				pixel := rotated.RGBAAt(x, y)
				assert.Equal(t, color.RGBA{pixel.R, 1, 2, 3}, pixel)
				row += string(pixel.R)
			}
			rows = append(rows, row)
		}
		assert.Equal(t, want, rows, "%+v", o)
	}
}

func TestEncode(t *testing.T) {
	p := image.NewRGBA(image.Rect(0, 0, 3, 2))
	for _, format := range []video.ImageFormat{video.JPEG, video.PNG} {
		file, err := Encode(p, format)
		require.NoError(t, err)
		config, name, err := image.DecodeConfig(bytes.NewReader(file))
		require.NoError(t, err)
		assert.Equal(t, string(format), name)
		assert.Equal(t, image.Pt(3, 2), image.Pt(config.Width, config.Height))
	}
	_, err := Encode(image.NewRGBA(image.Rect(0, 0, 1<<16, 1)), video.JPEG)
	assert.Error(t, err, "JPEG has at most 65,535 columns")
}
