package av_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// A WebP looks like the PNG of the same frame, and is smaller.
func TestWebP(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	for _, name := range []string{"h264-bframes-aac.mp4", "rotated.mp4", "high10.mp4"} {
		v, open := fileAt(t, filepath.Join(testdata, name))
		ix, err := engine.Index(t.Context(), v, 1, open)
		require.NoError(t, err)
		made := makeImage(t, engine, ix, cut.Frame{Number: 3, Format: video.WebP}, open)
		assert.Equal(t, "image/webp", made.ContentType)
		again := makeImage(t, engine, ix, cut.Frame{Number: 3, Format: video.WebP}, open)
		assert.Equal(t, made.Data, again.Data, "the same bytes each time")
		peer := makeImage(t, engine, ix, cut.Frame{Number: 3, Format: video.PNG}, open)
		assert.Less(t, len(made.Data), len(peer.Data))
		dir := t.TempDir()
		write := func(name string, data []byte) string {
			path := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(path, data, 0o600))
			return path
		}
		png := filepath.Join(dir, "decoded.png")
		ffmpeg(t, "-i", write("frame.webp", made.Data), png)
		want, got := readPNG(t, write("frame.png", peer.Data)), readPNG(t, png)
		require.Equal(t, want.Bounds().Size(), got.Bounds().Size())
		assert.Greater(t, psnr(want, got), 28.0, name)
	}
}
