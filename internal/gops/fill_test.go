package gops

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/internal/media"
)

func TestFillPTS(t *testing.T) {
	for name, c := range map[string]struct {
		pts, want []int64
		fields    bool
	}{
		"all known":               {[]int64{0, 20, 10}, []int64{0, 20, 10}, false},
		"frames, one after other": {[]int64{0, none, 20, none, 40}, []int64{0, 10, 20, 30, 40}, false},
		"before a gap":            {[]int64{0, none, 20, 50, none}, []int64{0, 10, 20, 50, 60}, false},
		"closer than a duration":  {[]int64{0, none, 12, 20}, []int64{0, 6, 12, 20}, false},
		"up to the end":           {[]int64{0, none, none, none}, []int64{0, 10, 20, 30}, false},
		"B-frames":                {[]int64{0, 40, none, none, 30}, []int64{0, 40, 10, 20, 30}, false},
		"fields": {
			[]int64{0, none, 60, none, 20, none, 40, none}, []int64{0, 10, 60, 70, 20, 30, 40, 50}, true,
		},
		"not fields": {[]int64{0, none, 20, 10, none}, []int64{0, 5, 20, 10, 15}, false},
	} {
		packets := make([]media.Packet, len(c.pts))
		for i, pts := range c.pts {
			packets[i] = media.Packet{PTS: pts, DTS: none, Duration: 10}
		}
		FillPTS(packets, 100, func(int) bool { return c.fields })
		var got []int64
		for _, p := range packets {
			got = append(got, p.PTS)
		}
		assert.Equal(t, c.want, got, name)
	}
}
