package cut_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
	"gop/video/cut"
)

// clipIndex returns an index of three GOPs of a second each, from 1 s on. A second has den ticks.
func clipIndex(den int) *video.Index {
	one := video.Ticks(den)
	gops := make([]video.GOP, 3)
	for i := range gops {
		start := one * video.Ticks(1+i)
		gops[i] = video.GOP{
			Number: i, Frames: 25, Start: start, End: start + one, StartDTS: start, EndDTS: start + one,
		}
	}
	return &video.Index{
		Tracks:       []video.Track{{Kind: video.VideoTrack, TimeBase: video.Rational{Num: 1, Den: den}}},
		GOPs:         video.NewGOPList(gops...),
		DefaultAudio: -1,
	}
}

func TestClip(t *testing.T) {
	for name, c := range map[string]struct {
		clip      cut.Clip
		gop, more int
		from, to  video.Ticks // of the part that is presented
	}{
		"of GOPs":                  {cut.Clip{From: 1_500_000, To: 2_500_000}, 0, 1, 0, 0},
		"of one GOP":               {cut.Clip{From: 2_000_000, To: 3_000_000}, 1, 0, 0, 0},
		"to the end":               {cut.Clip{From: 3_900_000, To: cut.End}, 2, 0, 0, 0},
		"exact":                    {cut.Clip{From: 1_500_000, To: 2_500_000, Exact: true}, 0, 1, 1500, 2500},
		"exact, past the end":      {cut.Clip{From: 3_500_000, To: 9_000_000, Exact: true}, 2, 0, 3500, 4000},
		"exact, before the start":  {cut.Clip{To: 1_250_000, Exact: true}, 0, 0, 1000, 1250},
		"exact, a GOP":             {cut.Clip{From: 2_000_000, To: 3_000_000, Exact: true}, 1, 0, 0, 0},
		"exact, the whole video":   {cut.Clip{To: cut.End, Exact: true}, 0, 2, 0, 0},
		"exact, one tick of a GOP": {cut.Clip{From: 2_999_000, To: 3_000_000, Exact: true}, 1, 0, 2999, 3000},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := cut.Cut{Clip: c.clip}.Resolve(clipIndex(1000))
			require.NoError(t, err)
			assert.Equal(t, [2]int{c.gop, c.more}, [2]int{key.GOP, key.More})
			assert.Equal(t, video.Interval{From: c.from, To: c.to}, key.Clip)
		})
	}
	run, err := cut.Cut{GOP: 0, More: 1}.Resolve(clipIndex(1000))
	require.NoError(t, err)
	clip, err := cut.Cut{Clip: cut.Clip{From: 1_500_000, To: 2_500_000}}.Resolve(clipIndex(1000))
	require.NoError(t, err)
	assert.Equal(t, run, clip, "a clip of GOPs is the run")
}

// The printed time of a frame is rounded to a microsecond. It selects the frame nevertheless.
func TestClipInAFineTimeBase(t *testing.T) {
	ix := clipIndex(10_000_000)
	gops := ix.GOPs.Unpack()
	gops[0].End, gops[1].Start = 20_000_004, 20_000_004
	gops[1].End, gops[2].Start = 29_999_996, 29_999_996
	ix.GOPs = video.NewGOPList(gops...)
	for _, exact := range []bool{false, true} {
		key, err := cut.Cut{Clip: cut.Clip{From: 2_000_000, To: 3_000_000, Exact: exact}}.Resolve(ix)
		require.NoError(t, err)
		assert.Equal(t, video.SegmentKey{AudioStream: -1, GOP: 1}, key)
	}
}

func TestClipThatIsNotThere(t *testing.T) {
	_, err := cut.Cut{Clip: cut.Clip{From: 4_000_000, To: cut.End}}.Resolve(clipIndex(1000))
	assert.Equal(t, video.NotFound, video.KindOf(err))
	assert.Equal(t, "there is no GOP in this time; the video lasts from 1.000000 to 4.000000 seconds",
		video.Message(err))
	_, err = cut.Cut{GOP: 1, More: 2}.Resolve(clipIndex(1000))
	assert.Equal(t, "the video has no GOP 3; it has 3, numbered from 0", video.Message(err))
}
