package av_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Program streams one after the other, each with its own clock, have the same segments as each by itself, and
// so has one after other bytes.
func TestProgramStreamClocks(t *testing.T) {
	for _, name := range []string{"ac3.vob", "mpeg2.mpg", "h264-open-gop.mpg"} {
		t.Run(name, func(t *testing.T) {
			one := readTestdata(t, name)
			gops, want := segmentsOf(t, one)
			joined, got := segmentsOf(t, bytes.Join([][]byte{one, one, one}, nil))
			require.Len(t, got, 3*len(want))
			for i, packets := range got {
				assert.Equal(t, gops[i%len(want)].Start, joined[i].Start, "start of GOP %d", i)
				assert.Equal(t, want[i%len(want)], packets, "packets of GOP %d", i)
			}
			_, late := segmentsOf(t, append(bytes.Repeat([]byte("gop"), 1000), one...))
			assert.Equal(t, want, late, "after other bytes")
		})
	}
}

// A program stream that is cut off is served up to there.
func TestProgramStreamCutOff(t *testing.T) {
	one := readTestdata(t, "mpeg2.mpg")
	_, want := segmentsOf(t, one)
	gops, got := segmentsOf(t, one[:len(one)*3/4])
	require.Greater(t, len(gops), 1)
	for i := range len(got) - 1 {
		assert.Equal(t, want[i], got[i], "packets of GOP %d", i)
	}
}
