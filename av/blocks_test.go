package av_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// ffprobe tells no times of blocks before 0, so these are compared with the same blocks at later times. The
// GOPs are the same bytes, zero-copy or not.
func TestBlocksBeforeZero(t *testing.T) {
	const shift = 50 // ms
	for name, engine := range map[string]*av.Engine{
		"zero-copy": newEngine(t, av.NewDefaultConfig()),
		"copied":    av.Copying(newEngine(t, av.NewDefaultConfig())),
	} {
		t.Run(name, func(t *testing.T) {
			var indexes [2]*video.Index
			var opens [2]func() (video.File, error)
			for i, file := range []string{"h264-bframes-aac.mkv", "negative-times.mkv"} {
				v, open := fileAt(t, filepath.Join(testdata, file))
				ix, err := engine.Index(t.Context(), v, 1, open)
				require.NoError(t, err)
				assert.False(t, ix.Scanned)
				assert.Zero(t, ix.PacketsBeforeFirstKey)
				indexes[i], opens[i] = ix, open
			}
			later, early := indexes[0], indexes[1]
			require.Len(t, early.GOPs, len(later.GOPs))
			assert.Negative(t, early.GOPs[0].Start)
			for i, g := range early.GOPs {
				assert.Equal(t, later.GOPs[i].Start-shift, g.Start, "GOP %d", i)
				assert.Equal(t, later.GOPs[i].End-shift, g.End, "GOP %d", i)
				want, err := engine.CutSegment(t.Context(), later, cut.Cut{GOP: i}, opens[0])
				require.NoError(t, err)
				got, err := engine.CutSegment(t.Context(), early, cut.Cut{GOP: i}, opens[1])
				require.NoError(t, err)
				assert.True(t, bytes.Equal(bytesOf(t, want), bytesOf(t, got)), "GOP %d", i)
			}
		})
	}
}
