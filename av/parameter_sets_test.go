package av_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video/cut"
)

// A segment has the parameter sets of its GOP, which come from a second sample entry or from the keyframe.
func TestParameterSetsChange(t *testing.T) {
	for _, name := range []string{"sample-entries.mp4", "parameter-change.mp4", "parameter-change.ts"} {
		t.Run(name, func(t *testing.T) {
			engine := newEngine(t, av.NewDefaultConfig())
			v, open := fileAt(t, filepath.Join(testdata, name))
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			last := len(ix.GOPs) - 1
			var files []string
			// One demuxer makes all but the last three, so that it meets the changes in both directions.
			for i, n := range []int{last, 0, last, last, 0, 0, last, last, 0} {
				if i > 6 {
					engine = newEngine(t, av.NewDefaultConfig())
				}
				segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: n}, open)
				require.NoError(t, err)
				files = append(files, writeSegment(t, segment))
				made, err := indexOf(t, av.NewDefaultConfig(), files[i])
				require.NoError(t, err)
				want := map[int][2]int{0: {192, 108}, last: {160, 120}}[n]
				assert.Equal(t, want, [2]int{made.Track().Width, made.Track().Height}, "GOP %d", n)
			}
			_, messages := decodedFrames(t, files)
			assert.Empty(t, messages)
		})
	}
}
