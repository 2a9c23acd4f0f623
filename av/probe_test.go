package av_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video/cut"
)

// What the boxes of a file and the heads of its pictures tell is what libav finds when it reads and
// decodes packets.
func TestIndexIsThatOfLibav(t *testing.T) {
	quick, thorough := newEngine(t, av.NewDefaultConfig()), av.Thorough(newEngine(t, av.NewDefaultConfig()))
	for _, path := range testVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			v, open := fileAt(t, path)
			want, err := thorough.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			got, err := quick.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			require.Equal(t, want, got)
			for i := range want.GOPs {
				a, err := thorough.CutSegment(t.Context(), want, cut.Cut{GOP: i}, open)
				require.NoError(t, err)
				b, err := quick.CutSegment(t.Context(), got, cut.Cut{GOP: i}, open)
				require.NoError(t, err)
				assert.True(t, bytes.Equal(bytesOf(t, a), bytesOf(t, b)), "GOP %d", i)
			}
		})
	}
}
