package av

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/video"
)

func TestDrafts(t *testing.T) {
	wide := video.Track{Width: 1920, Height: 1080}
	with := func(change func(*video.Track)) video.Track {
		changed := wide
		change(&changed)
		return changed
	}
	for _, test := range []struct {
		what     string
		track    video.Track
		width    int
		filtered bool
		want     bool
	}{
		{"a third", wide, 640, false, true},
		{"more than a third", wide, 641, false, false},
		{"filters may enlarge a part", wide, 320, true, false},
		{"a third, turned", with(func(t *video.Track) { t.Rotation = 90 }), 360, false, true},
		{"more than a third, turned", with(func(t *video.Track) { t.Rotation = 270 }), 361, false, false},
		{"on its head", with(func(t *video.Track) { t.Rotation = 180 }), 640, false, true},
		{"fields are predicted from the output", with(func(t *video.Track) { t.Interlaced = true }), 320, false, false},
		{"square", with(func(t *video.Track) { t.SampleAspect = video.Rational{Num: 1, Den: 1} }), 320, false, true},
		{"rows may stay as many", with(func(t *video.Track) { t.SampleAspect = video.Rational{Num: 1, Den: 4} }), 320, false, false},
	} {
		key := video.ThumbnailKey{Width: test.width}
		key.Filters.Transcode = test.filtered
		assert.Equal(t, test.want, isDraft(test.track, key), test.what)
	}
}
