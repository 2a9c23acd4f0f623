package av_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video/cut"
)

// A segment that refers to its video has the very bytes of one that is a copy.
func TestReferencesAreTheSameBytes(t *testing.T) {
	referring, copying := newEngine(t, av.NewDefaultConfig()), av.Copying(newEngine(t, av.NewDefaultConfig()))
	var referred []string
	for _, path := range testVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			v, open := fileAt(t, path)
			ix, err := referring.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			for i := range ix.GOPs {
				for _, of := range []cut.Cut{{GOP: i}, {GOP: i, Audio: cut.NoAudio}, {GOP: i, NoLeading: true}} {
					a, err := referring.CutSegment(t.Context(), ix, of, open)
					require.NoError(t, err)
					b, err := copying.CutSegment(t.Context(), ix, of, open)
					require.NoError(t, err)
					require.Nil(t, b.Source)
					require.True(t, bytes.Equal(bytesOf(t, b), bytesOf(t, a)), "%+v", of)
					if a.Source != nil && !slices.Contains(referred, filepath.Base(path)) {
						referred = append(referred, filepath.Base(path))
					}
				}
			}
		})
	}
	for _, name := range []string{
		"h264-aac.mp4", "h264-bframes-aac.mp4", "hevc.mp4", "hevc-open-gop.mov", "fragmented.mp4", "fragmented-sidx.mp4",
		"fragmented-frames.mp4", "mpeg4.mp4", "mp3.mp4", "edit-list-trim.mp4", "cut-off.mp4", "two-of-each.mp4",
		"h264-bframes-aac.mkv", "hevc-open-gop.mkv", "live.mkv",
	} {
		assert.Contains(t, referred, name)
	}
	for _, name := range []string{"h264-bframes-aac.ts", "hevc.ts", "av1.mp4"} {
		assert.NotContains(t, referred, name)
	}
}
