package av

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/video"
)

func TestIsDraft(t *testing.T) {
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
		assert.Equal(t, test.want, isDraft(test.track, key), test.name)
	}
}
