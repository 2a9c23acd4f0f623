package isobmff

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/internal/media"
)

// Runs from keyframe to keyframe are those of the samples, one after the other and each from a new cursor.
func TestCursorRun(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, longest := range []int{1, 3, 500} {
		boxes, samples := randomTable(random, 3000, longest)
		table, ok := readTable(boxes)
		require.True(t, ok)
		first := table.NextKey(0)
		along := table.Cursor(first)
		for from, after := first, int64(math.MinInt64); from < table.Count; {
			next := table.NextKey(from + 1)
			want, isWhole := runOf(samples, table.Duration, from, next, after)
			fresh := table.Cursor(from)
			for _, c := range []*Cursor{&along, &fresh} {
				require.Equal(t, from, c.Sample())
				key, duration := c.Next()
				require.Equal(t, samples[from], key)
				got, ok := c.Run(next-from-1, key.DTS+key.Offset, duration, after, math.MaxUint32)
				require.Equal(t, isWhole, ok)
				require.Equal(t, want, got)
			}
			from, after = next, want.Latest
		}
	}
}

// runOf is Run as its definition is. isWhole is false if a sample is empty or ends past 4 GiB.
func runOf(samples []Sample, end int64, from, to int, after int64) (r media.Run, isWhole bool) {
	duration := func(i int) int64 {
		if i+1 < len(samples) {
			return samples[i+1].DTS - samples[i].DTS
		}
		return end - samples[i].DTS
	}
	key := samples[from].DTS + samples[from].Offset
	r = media.Run{
		Count: to - from - 1, LastPos: -1, Earliest: math.MaxInt64, Next: media.NoPTS,
		Latest: key, Duration: duration(from), End: key + duration(from),
	}
	isWhole = true
	for i := from + 1; i < to; i++ {
		s := samples[i]
		pts := s.DTS + s.Offset
		isWhole = isWhole && s.Size > 0 && s.Pos+int64(s.Size) <= math.MaxUint32
		r.Bytes += int64(s.Size)
		r.LastPos = max(r.LastPos, s.Pos)
		r.LastDTS = s.DTS
		r.Earliest = min(r.Earliest, pts)
		if pts >= r.Latest {
			r.Latest, r.Duration = pts, duration(i)
		}
		if pts < key {
			r.Leading++
		} else {
			r.End = max(r.End, pts+duration(i))
		}
		if pts > after && (r.Next == media.NoPTS || pts < r.Next) {
			r.Next = pts
		}
	}
	return r, isWhole
}

func TestTableWithoutKeysOrOffsets(t *testing.T) {
	boxes, _ := randomTable(rand.New(rand.NewPCG(5, 6)), 50, 3)
	delete(boxes, "stss")
	delete(boxes, "ctts")
	table, ok := readTable(boxes)
	require.True(t, ok)
	assert.Equal(t, 7, table.NextKey(7), "all samples are keyframes")
	assert.Equal(t, 50, table.NextKey(51))
	c := table.Cursor(0)
	run, _ := c.Run(50, 0, 0, -1, math.MaxInt64)
	assert.Equal(t, 50, run.Count)
	last := table.Samples(nil, 49, 1)[0]
	assert.Equal(t, last.DTS, run.Latest)
	assert.Equal(t, table.Bytes, run.Bytes)
}
