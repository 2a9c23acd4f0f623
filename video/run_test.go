package video_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

// indexOf returns an index of GOPs that start and end at these times.
func indexOf(gops ...video.GOP) *video.Index {
	for i := range gops {
		gops[i].Number, gops[i].Frames, gops[i].Bytes = i, 10, 100
		gops[i].StartDTS, gops[i].EndDTS = gops[i].Start-2, gops[i].End-2
	}
	return &video.Index{Tracks: []video.Track{{TimeBase: millis}}, GOPs: video.NewGOPList(gops...)}
}

func TestDuring(t *testing.T) {
	plain := indexOf(
		video.GOP{Start: 100, End: 200}, video.GOP{Start: 200, End: 300},
		video.GOP{Start: 340, End: 400, Leading: 2}, video.GOP{Start: 450, End: 500},
	)
	trimmed := indexOf(
		video.GOP{Start: 0, End: 50, Trimmed: true}, video.GOP{Start: 50, End: 100},
		video.GOP{Start: 100, End: 200}, video.GOP{Start: 200, End: 300, Trimmed: true},
	)
	restart := indexOf(
		video.GOP{Start: 0, End: 100}, video.GOP{Start: 100, End: 200}, video.GOP{Start: 0, End: 100},
	)
	for name, c := range map[string]struct {
		ix          *video.Index
		from, to    video.Ticks
		first, last int
	}{
		"within a GOP":               {plain, 120, 180, 0, 0},
		"at boundaries":              {plain, 200, 300, 1, 1},
		"across a boundary":          {plain, 199, 201, 0, 1},
		"all":                        {plain, 0, 9999, 0, 3},
		"before the start":           {plain, 0, 100, -1, -1},
		"until the first GOP starts": {plain, 50, 101, 0, 0},
		"after the end":              {plain, 500, 600, -1, -1},
		"leading frames":             {plain, 310, 320, 1, 2},
		"a gap shows the GOP before": {plain, 420, 440, 2, 2},
		"trimmed GOPs":               {trimmed, 0, 999, 1, 2},
		"in a trimmed GOP":           {trimmed, 210, 220, -1, -1},
		"a restart":                  {restart, 50, 150, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			first, last, ok := c.ix.During(video.Interval{From: c.from, To: c.to})
			require.Equal(t, c.first >= 0, ok)
			if ok {
				assert.Equal(t, [2]int{c.first, c.last}, [2]int{first, last})
			}
		})
	}
	assert.True(t, plain.GOPs.IsOrdered())
	assert.False(t, trimmed.GOPs.IsOrdered())
	assert.False(t, restart.GOPs.IsOrdered())
	packed, err := plain.GOPs.MarshalBinary()
	require.NoError(t, err)
	var read video.GOPList
	require.NoError(t, read.UnmarshalBinary(packed))
	assert.True(t, read.IsOrdered())
}

func TestRun(t *testing.T) {
	ix := indexOf(
		video.GOP{Start: 0, End: 50, Trimmed: true, FirstPos: 5, LastPos: 10},
		video.GOP{Start: 50, End: 100, FirstPos: 4, LastPos: 30},
		video.GOP{Start: 100, End: 200, Leading: 1, FirstPos: 20, LastPos: 25},
		video.GOP{Start: 200, End: 300, Trimmed: true, FirstPos: 40, LastPos: 50},
		video.GOP{Start: 310, End: 400},
	)
	for n, g := range ix.GOPs.All() {
		assert.Equal(t, g, ix.Run(n, n))
	}
	run := ix.Run(0, 3)
	assert.Equal(t, video.Interval{From: 50, To: 200}, video.Interval{From: run.Start, To: run.End})
	assert.Equal(t, video.Ticks(-2), run.StartDTS)
	assert.Equal(t, video.Ticks(298), run.EndDTS)
	assert.Equal(t, []int64{40, 400, 4, 50}, []int64{int64(run.Frames), run.Bytes, run.FirstPos, run.LastPos})
	assert.False(t, run.Trimmed)
	assert.Equal(t, 0, run.Leading)
	require.NoError(t, ix.CheckRun(0, 3))
	assert.Equal(t, "GOPs 2 and 4 cannot be in one mp4: an edit list trims GOP 3",
		video.Message(ix.CheckRun(1, 4)))
	back := indexOf(video.GOP{Start: 0, End: 100}, video.GOP{Start: 0, End: 100})
	assert.Equal(t, video.Unreadable, video.KindOf(back.CheckRun(0, 1)))
}
