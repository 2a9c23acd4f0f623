package cut_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gop/video"
	"gop/video/cut"
)

// A clip of any times and GOPs is resolved to GOPs of the video that hold what it presents.
func FuzzClip(f *testing.F) {
	f.Add([]byte{10, 10, 10}, int64(5), int64(25), true, 1000)
	f.Add([]byte{10, 0, 200, 3}, int64(0), int64(1<<62), false, 10_000_000)
	f.Fuzz(func(t *testing.T, lengths []byte, from, to int64, exact bool, den int) {
		if len(lengths) == 0 || from < 0 || to <= from || den <= 0 || den > 1<<31 {
			return
		}
		gops, at := make([]video.GOP, len(lengths)), video.Ticks(0)
		for i, n := range lengths {
			end := at + video.Ticks(n&63) // a length of 0 repeats the time
			gops[i] = video.GOP{
				Number: i, Frames: 1 + int(n&3), Start: at, End: end, StartDTS: at, EndDTS: end,
				Leading: int(n >> 7), Trimmed: n&64 != 0,
			}
			at = end
		}
		ix := &video.Index{
			Tracks:       []video.Track{{Kind: video.VideoTrack, TimeBase: video.Rational{Num: 1, Den: den}}},
			GOPs:         video.NewGOPList(gops...),
			DefaultAudio: -1,
		}
		key, err := cut.Cut{Clip: cut.Clip{From: from, To: to, Exact: exact}}.Resolve(ix)
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, key.GOP, 0)
		require.GreaterOrEqual(t, key.More, 0)
		require.Less(t, key.LastGOP(), ix.GOPs.Len())
		covered, run := ix.Covered(key), ix.Run(key.GOP, key.LastGOP())
		require.GreaterOrEqual(t, covered.From, run.Start)
		require.LessOrEqual(t, covered.To, max(run.End, covered.From+1))
		if key.Clip != (video.Interval{}) {
			require.True(t, exact)
			require.Less(t, covered.From, covered.To)
		}
	})
}
