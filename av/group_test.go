package av

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/video"
)

// group runs packets, given as pts, dts and whether they are keys, each of them 10 ticks long.
func group(t *testing.T, packets ...packet) ([]video.GOP, int) {
	t.Helper()
	g := grouper{maxPackets: 100, maxGOPs: 10}
	for _, p := range packets {
		p.size, p.duration = 7, 10
		require.NoError(t, g.add(p))
	}
	return g.done(), g.leadIn
}

func TestGroup(t *testing.T) {
	type span struct {
		start, end, startDTS, endDTS video.Ticks
		frames, leading              int
	}
	for name, c := range map[string]struct {
		packets []packet
		want    []span
		leadIn  int
	}{
		"nothing": {},
		"no key":  {packets: []packet{{pts: 0}, {pts: 10, dts: 10}}, leadIn: 2},
		"one picture": {
			packets: []packet{{pts: 5, dts: 5, key: true}},
			want:    []span{{5, 15, 5, 15, 1, 0}},
		},
		"before the first key": {
			packets: []packet{{pts: 0}, {pts: 10, dts: 10, key: true}, {pts: 20, dts: 20}},
			want:    []span{{10, 30, 10, 30, 2, 0}}, leadIn: 1,
		},
		"B-frames": {
			packets: []packet{
				{pts: 20, dts: 0, key: true},
				{pts: 40, dts: 10},
				{pts: 30, dts: 20},
				{pts: 50, dts: 30, key: true},
			},
			want: []span{{20, 50, 0, 30, 3, 0}, {50, 60, 30, 40, 1, 0}},
		},
		"leading pictures end the GOP before": {
			packets: []packet{
				{pts: 20, dts: 0, key: true},
				{pts: 30, dts: 10},
				{pts: 60, dts: 20, key: true},
				{pts: 40, dts: 30},
				{pts: 50, dts: 40},
			},
			want: []span{{20, 40, 0, 20, 2, 0}, {60, 70, 20, 50, 3, 2}},
		},
		"a picture stays until the next": {
			packets: []packet{{pts: 0, key: true}, {pts: 90, dts: 90, key: true}},
			want:    []span{{0, 90, 0, 90, 1, 0}, {90, 100, 90, 100, 1, 0}},
		},
		"a clock that goes back": {
			packets: []packet{{pts: 90, dts: 90, key: true}, {pts: 0, key: true}},
			want:    []span{{90, 100, 90, 0, 1, 0}, {0, 10, 0, 10, 1, 0}},
		},
		"a time is missing": {
			packets: []packet{{pts: 0, dts: noPTS, key: true}, {pts: noPTS, dts: noPTS}, {pts: 20, dts: 20}},
			want:    []span{{0, 30, 0, 30, 3, 0}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			gops, leadIn := group(t, c.packets...)
			assert.Equal(t, c.leadIn, leadIn)
			var got []span
			for i, g := range gops {
				assert.Equal(t, i, g.Number)
				assert.Equal(t, int64(7*g.Frames), g.Bytes)
				got = append(got, span{g.Start, g.End, g.StartDTS, g.EndDTS, g.Frames, g.Leading})
			}
			assert.Equal(t, c.want, got)
		})
	}
}
