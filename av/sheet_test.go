package av_test

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// makeImage makes an image of a video.
func makeImage(
	t *testing.T, engine *av.Engine, ix *video.Index, of cut.Image, open av.Opener,
) *video.Thumbnail {
	t.Helper()
	key, err := of.Resolve(ix, func(gop int) ([]video.Frame, error) {
		return engine.Frames(t.Context(), ix, gop, gop, open)
	})
	require.NoError(t, err)
	made, err := engine.Thumbnail(t.Context(), ix, key, open)
	require.NoError(t, err)
	return made
}

// Each tile of a sheet is the thumbnail of the GOP that is presented at its time.
func TestSheetsHaveThumbnails(t *testing.T) {
	for name, gops := range map[string][]int{
		"h264-bframes-aac.mp4": {0, 1, 2, 3},
		"h264-bframes-aac.ts":  {0, 1, 2, 3}, // starts at 1.4 s
		"rotated.mp4":          {0, 1},
		"one-frame.mp4":        {0},
		"edit-list-part.mp4":   nil,
	} {
		engine := newEngine(t, av.NewDefaultConfig())
		v, open := fileAt(t, filepath.Join(testdata, name))
		ix, err := engine.Index(t.Context(), v, 1, open)
		require.NoError(t, err)
		s := cut.Storyboard{Every: 1000, Width: 48}
		tiles, err := s.Tiles(ix)
		require.NoError(t, err)
		made := makeImage(t, engine, ix, cut.Sheet{Storyboard: s, Format: video.PNG}, open)
		decoded, err := png.Decode(bytes.NewReader(made.Data))
		require.NoError(t, err)
		sheet := rgba(decoded)
		for i := range tiles.Count {
			at := image.Pt(i%tiles.Columns*tiles.Width, i/tiles.Columns*tiles.Height)
			tile := image.NewRGBA(image.Rect(0, 0, tiles.Width, tiles.Height))
			draw.Draw(tile, tile.Rect, sheet, at, draw.Src)
			if i < len(gops) {
				want, _ := thumbnailOf(t, engine, filepath.Join(testdata, name), gops[i], video.PNG, 48)
				require.Equal(t, want.Bounds().Size(), tile.Rect.Size(), name)
				assert.Greater(t, psnr(want, tile), 99.0, "tile %d of %s", i, name)
			}
		}
		contact := makeImage(t, engine, ix, cut.ContactSheet{Columns: 3, Rows: 2, Format: video.JPEG}, open)
		config, _, err := image.DecodeConfig(bytes.NewReader(contact.Data))
		require.NoError(t, err)
		assert.Zero(t, config.Width%3)
	}
}
