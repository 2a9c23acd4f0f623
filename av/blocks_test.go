package av_test

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// ffprobe tells no times of blocks before 0, so these are compared with the same blocks at later times. The
// times of the first GOP are those from its start on. The GOPs are the same bytes, zero-copy or not.
func TestBlocksBeforeZero(t *testing.T) {
	copying := av.Copying(newEngine(t, av.NewDefaultConfig()))
	for name, c := range map[string]struct {
		file    string
		engine  *av.Engine
		scanned bool
	}{
		"zero-copy": {"negative-times.mkv", newEngine(t, av.NewDefaultConfig()), false},
		"copied":    {"negative-times.mkv", copying, false},
		"scanned":   {"zlib-negative-times.mkv", copying, true},
	} {
		t.Run(name, func(t *testing.T) {
			var indexes [2]*video.Index
			var opens [2]func(context.Context) (video.File, error)
			for i, file := range []string{"h264-bframes-aac.mkv", c.file} {
				v, open := fileAt(t, filepath.Join(testdata, file))
				ix, err := c.engine.Index(t.Context(), v, 1, open)
				require.NoError(t, err)
				assert.Zero(t, ix.PacketsBeforeFirstKey)
				indexes[i], opens[i] = ix, open
			}
			later, early := indexes[0], indexes[1]
			assert.Equal(t, c.scanned, early.Scanned)
			require.Equal(t, later.GOPs.Len(), early.GOPs.Len())
			start := later.GOPs.At(0).Start
			assert.Positive(t, early.Shift)
			for i, g := range early.GOPs.All() {
				assert.Equal(t, later.GOPs.At(i).Start-start, g.Start, "GOP %d", i)
				assert.Equal(t, later.GOPs.At(i).KeyPTS-start, g.KeyPTS, "GOP %d", i)
				assert.Equal(t, later.GOPs.At(i).End-start, g.End, "GOP %d", i)
				want, err := c.engine.CutSegment(t.Context(), later, cut.Cut{GOP: i}, opens[0])
				require.NoError(t, err)
				got, err := c.engine.CutSegment(t.Context(), early, cut.Cut{GOP: i}, opens[1])
				require.NoError(t, err)
				assert.True(t, bytes.Equal(bytesOf(t, want), bytesOf(t, got)), "GOP %d", i)
			}
			for i, s := range early.Description.Streams {
				assert.Equal(t, later.Description.Streams[i].Start-start, s.Start, "stream %d", i)
			}
			assert.Equal(t, later.Description.Start-start*1000, early.Description.Start)
		})
	}
}
