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

// A zero-copy segment has the same bytes as a copied one.
func TestZeroCopyIsTheSameBytes(t *testing.T) {
	engine, copying := newEngine(t, av.NewDefaultConfig()), av.Copying(newEngine(t, av.NewDefaultConfig()))
	isZeroCopy := map[string]bool{}
	for _, path := range testVideos(t) {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			v, open := fileAt(t, path)
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			for i := range ix.GOPs.Len() {
				for _, c := range []cut.Cut{
					{GOP: i}, {GOP: i, Audio: cut.NoAudio}, {GOP: i, NoLeading: true},
				} {
					a, err := engine.CutSegment(t.Context(), ix, c, open)
					require.NoError(t, err)
					b, err := copying.CutSegment(t.Context(), ix, c, open)
					require.NoError(t, err)
					require.Nil(t, b.Source)
					require.True(t, bytes.Equal(bytesOf(t, b), bytesOf(t, a)), "%+v", c)
					isZeroCopy[name] = isZeroCopy[name] || a.Source != nil
				}
			}
		})
	}
	for _, name := range []string{
		"h264-aac.mp4", "h264-bframes-aac.mp4", "hevc.mp4", "hevc-open-gop.mov", "fragmented.mp4",
		"fragmented-sidx.mp4", "fragmented-frames.mp4", "mpeg4.mp4", "mp3.mp4", "edit-list-trim.mp4",
		"cut-off.mp4", "two-of-each.mp4", "h264-bframes-aac.mkv", "hevc-open-gop.mkv", "live.mkv",
		"flac.mkv", "alac.mkv", "opus-120ms.mkv",
	} {
		assert.True(t, isZeroCopy[name], name)
	}
	for _, name := range []string{"h264-bframes-aac.ts", "hevc.ts", "av1.mp4"} {
		assert.False(t, isZeroCopy[name], name)
	}
}
