package video_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/video"
)

func TestStartAtZero(t *testing.T) {
	ms, us := video.Rational{Num: 1, Den: 1000}, video.Rational{Num: 1, Den: 1_000_000}
	index := func(start video.Ticks) *video.Index {
		return &video.Index{
			Tracks: []video.Track{{TimeBase: ms}},
			GOPs: video.NewGOPList(
				video.GOP{Start: start, End: 100, StartDTS: start - 80, EndDTS: 20, KeyPTS: start},
				video.GOP{Start: 100, End: 200, StartDTS: 20, EndDTS: 120, KeyPTS: 100},
			),
			Description: video.Description{
				Start: -50_000,
				Streams: []video.Stream{
					{TimeBase: ms, Start: -50},
					{TimeBase: us, Start: -7000},
					{TimeBase: ms, Start: video.NoTime},
				},
				Chapters: []video.Chapter{{TimeBase: us, Start: 0, End: 150_000}},
			},
		}
	}
	ix := index(-50)
	ix.StartAtZero()
	assert.Equal(t, []video.GOP{
		{Start: 0, End: 150, StartDTS: -80, EndDTS: 70, KeyPTS: 0},
		{Start: 150, End: 250, StartDTS: 70, EndDTS: 170, KeyPTS: 150},
	}, ix.GOPs.Unpack())
	assert.Equal(t, video.Description{
		Streams: []video.Stream{
			{TimeBase: ms, Start: 0}, {TimeBase: us, Start: 43_000}, {TimeBase: ms, Start: video.NoTime},
		},
		Chapters: []video.Chapter{{TimeBase: us, Start: 50_000, End: 200_000}},
	}, ix.Description)
	for i, g := range index(-50).GOPs.All() {
		assert.Equal(t, g, ix.GOPInFile(i))
	}

	for _, start := range []video.Ticks{0, 20} {
		ix, want := index(start), index(start)
		ix.StartAtZero()
		assert.Equal(t, want, ix)
	}
}
