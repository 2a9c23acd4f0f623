package video_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gop/video"
)

func TestIndexSums(t *testing.T) {
	for name, c := range map[string]struct {
		gops     []video.GOP
		frames   int
		duration video.Ticks
	}{
		"none":              {nil, 0, 0},
		"one":               {[]video.GOP{{Start: 10, End: 50, Frames: 4}}, 4, 40},
		"several":           {[]video.GOP{{Start: -5, End: 50, Frames: 4}, {Start: 50, End: 90, Frames: 3}}, 7, 95},
		"a gap counts":      {[]video.GOP{{Start: 0, End: 50, Frames: 1}, {Start: 70, End: 90, Frames: 1}}, 2, 90},
		"GOPs that overlap": {[]video.GOP{{Start: 0, End: 50, Frames: 1}, {Start: 40, End: 90, Frames: 1}}, 2, 90},
	} {
		t.Run(name, func(t *testing.T) {
			ix := video.Index{GOPs: c.gops}
			require.Equal(t, c.frames, ix.Frames())
			require.Equal(t, c.duration, ix.Duration())
		})
	}
}

func TestIndexTrackIsThePrimary(t *testing.T) {
	ix := video.Index{Primary: 1, Tracks: []video.Track{{Index: 0, Kind: video.AudioTrack}, {Index: 2, Kind: video.VideoTrack}}}
	require.Equal(t, 2, ix.Track().Index)
}
