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

// The readers that replace libav's return the same description of a file as libav, which reads and decodes
// packets.
func TestReadersMatchLibav(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	onlyLibav := av.OnlyLibav(newEngine(t, av.NewDefaultConfig()))
	for _, path := range timedVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			v, open := fileAt(t, path)
			want, err := onlyLibav.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			got, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			got, err = engine.ReadKeys(t.Context(), got, open)
			require.NoError(t, err)
			// TestDescriptionIsTheSameBothWays compares descriptions.
			want.Description, got.Description = video.Description{}, video.Description{}
			require.Equal(t, want, got)
			for i := range want.GOPs.Len() {
				a, err := onlyLibav.CutSegment(t.Context(), want, cut.Cut{GOP: i}, open)
				require.NoError(t, err)
				b, err := engine.CutSegment(t.Context(), got, cut.Cut{GOP: i}, open)
				require.NoError(t, err)
				assert.True(t, bytes.Equal(bytesOf(t, a), bytesOf(t, b)), "GOP %d", i)
			}
		})
	}
}
