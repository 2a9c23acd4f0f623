package gops

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/internal/media"
)

func TestInterpolated(t *testing.T) {
	const none = media.NoPTS
	assert.Equal(t, []int64{0, 10, 20, 30}, interpolated([]int64{0, none, none, 30}))
	assert.Equal(t, []int64{0, 10, 20, 30}, interpolated([]int64{0, 10, none, none}))
	assert.Equal(t, []int64{5, 6}, interpolated([]int64{5, none}))
	assert.Equal(t, []int64{4, 5, 6, 8}, interpolated([]int64{none, none, 6, 8}))
	assert.Equal(t, []int64{0, 1, 3, 4, 5}, interpolated([]int64{0, none, 3, none, 5}))
	assert.Equal(t, []int64{none, none}, interpolated([]int64{none, none}))
}

func TestPresentationTimes(t *testing.T) {
	b, reference := Order{B: true}, Order{}
	for name, c := range map[string]struct {
		frames []Order
		want   []int64
	}{
		"nothing":        {nil, []int64{}},
		"in order":       {[]Order{reference, reference, reference}, []int64{0, 10, 20}},
		"B-frames":       {[]Order{reference, reference, b, b, reference, b}, []int64{0, 30, 10, 20, 50, 40}},
		"leading frames": {[]Order{reference, b, b, reference}, []int64{20, 0, 10, 30}},
		"counts": {
			[]Order{{Count: 0}, {Count: 8}, {Count: 4}, {Count: 2}, {Count: 6}}, []int64{0, 40, 20, 10, 30},
		},
		"leading counts": {[]Order{{Count: 8}, {Count: 4}, {Count: 6}}, []int64{20, 0, 10}},
		"equal counts":   {[]Order{{Count: 1}, {Count: 1}, {Count: 1}}, []int64{0, 10, 20}},
	} {
		t.Run(name, func(t *testing.T) {
			dts := make([]int64, len(c.frames))
			for i := range dts {
				dts[i] = int64(10 * i)
			}
			assert.Equal(t, c.want, PresentationTimes(dts, c.frames))
		})
	}
}

func TestCompletePTS(t *testing.T) {
	const none = media.NoPTS
	b, ref := Order{B: true}, Order{}
	for name, c := range map[string]struct {
		pts    []int64
		frames []Order
		want   []int64
	}{
		"nothing":        {nil, nil, []int64{}},
		"no time":        {[]int64{none, none}, []Order{ref, ref}, []int64{100, 110}},
		"known":          {[]int64{5, 25, 15}, []Order{ref, ref, b}, []int64{5, 25, 15}},
		"a reference":    {[]int64{0, none, 10, 20}, []Order{ref, ref, b, b}, []int64{0, 30, 10, 20}},
		"B-frames":       {[]int64{0, 30, none, none}, []Order{ref, ref, b, b}, []int64{0, 30, 10, 20}},
		"leading frames": {[]int64{none, none, 10, none}, []Order{ref, b, b, ref}, []int64{20, 0, 10, 30}},
		"counts": {
			[]int64{0, none, 20, none},
			[]Order{{Count: 0}, {Count: 6}, {Count: 4}, {Count: 2}},
			[]int64{0, 30, 20, 10},
		},
		"closer":          {[]int64{0, none, 10}, []Order{ref, ref, ref}, []int64{0, 5, 10}},
		"after a gap":     {[]int64{0, none, 90}, []Order{ref, ref, ref}, []int64{0, 10, 90}},
		"before the last": {[]int64{none, none, 90}, []Order{ref, ref, ref}, []int64{70, 80, 90}},
	} {
		t.Run(name, func(t *testing.T) {
			packets := make([]media.Packet, len(c.pts))
			for i, pts := range c.pts {
				packets[i] = media.Packet{PTS: pts, Duration: 10}
			}
			assert.Equal(t, c.want, CompletePTS(packets, c.frames, 100))
		})
	}
}
