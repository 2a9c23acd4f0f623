package isobmff

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFindFragments(t *testing.T) {
	box := func(name string, size int) string {
		return string([]byte{0, 0, byte(size >> 8), byte(size)}) + name + string(make([]byte, size-8))
	}
	large := "\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x18" + string(make([]byte, 8))
	const whole = -1
	for name, c := range map[string]struct {
		file string
		want bool
		end  int64
	}{
		"progressive":            {box("ftyp", 16) + box("moov", 300) + box("mdat", 40), false, whole},
		"fragmented":             {box("ftyp", 16) + box("moov", 300) + box("moof", 40), true, whole},
		"after a large box":      {box("ftyp", 16) + large + box("moof", 40), true, whole},
		"an mdat of no size":     {box("ftyp", 16) + "\x00\x00\x00\x00mdat" + box("moof", 40), false, whole},
		"an mdat beyond the end": {box("moof", 16) + "\x7F\x00\x00\x00mdat" + box("moof", 40), true, whole},
		"a moof beyond the end":  {box("moof", 16) + box("mdat", 24) + "\x7F\x00\x00\x00moof", true, 40},
		"a head that is cut off": {box("moof", 16) + "\x7F\x00\x00", true, 16},
		"a size that is too low": {box("ftyp", 16) + "\x00\x00\x00\x04mdat" + box("moof", 40), false, whole},
		"cut off":                {box("ftyp", 16) + "\x00\x00", false, 16},
	} {
		t.Run(name, func(t *testing.T) {
			if c.end == whole {
				c.end = int64(len(c.file))
			}
			got, err := FindFragments(bytes.NewReader([]byte(c.file)), int64(len(c.file)), 0, nil)
			require.NoError(t, err)
			assert.Equal(t, Fragments{Found: c.want, End: c.end}, got)
		})
	}
}

func TestFindSegmentIndexes(t *testing.T) {
	sidx := "\x00\x00\x00\x0Csidx...."
	file := "\x00\x00\x00\x08styp" + sidx + sidx + "\x00\x00\x00\x08moof" + sidx
	got, err := FindFragments(bytes.NewReader([]byte(file)), int64(len(file)), 0, nil)
	require.NoError(t, err)
	assert.Equal(t, Fragments{Found: true, End: int64(len(file)), SegmentIndexes: []int64{8, 20, 40}}, got)
}
