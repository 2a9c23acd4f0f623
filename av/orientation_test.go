package av_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// orientations are the coefficients a, b, c and d of display matrices (ISO/IEC 14496-12, section 8.3.2), and
// the orientation that each describes.
var orientations = []struct {
	name     string
	matrix   [4]int16
	rotation int
	flipped  bool
}{
	{"upright", [4]int16{1, 0, 0, 1}, 0, false},
	{"90", [4]int16{0, 1, -1, 0}, 90, false},
	{"180", [4]int16{-1, 0, 0, -1}, 180, false},
	{"270", [4]int16{0, -1, 1, 0}, 270, false},
	{"vflip", [4]int16{1, 0, 0, -1}, 0, true},
	{"transpose", [4]int16{0, 1, 1, 0}, 90, true},
	{"hflip", [4]int16{-1, 0, 0, 1}, 180, true},
	{"antitranspose", [4]int16{0, -1, -1, 0}, 270, true},
}

// withMatrix returns the path of a copy of mirrored.mp4 with another matrix.
func withMatrix(t *testing.T, name string, matrix [4]int16) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testdata, "mirrored.mp4"))
	require.NoError(t, err)
	tkhd := bytes.Index(data, []byte("tkhd"))
	require.Positive(t, tkhd)
	for i, n := range matrix {
		offset := tkhd + 44 + 4*[]int{0, 1, 3, 4}[i] // the matrix of version 0
		binary.BigEndian.PutUint32(data[offset:], uint32(n)<<16)
	}
	path := filepath.Join(t.TempDir(), name+".mp4")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

// Thumbnails and transcodes have each of the eight orientations as ffmpeg's autorotation does, also cropped
// ones. The segment keeps the matrix, so that ffmpeg does the same with it as with the file.
func TestOrientations(t *testing.T) {
	config := av.NewDefaultConfig()
	config.TranscodeCRF, config.TranscodePreset = 0, "ultrafast" // lossless
	engine := newEngine(t, config)
	var inputs []input
	var images []comparison
	var args, outputs []string
	dir := t.TempDir()
	for i, o := range orientations {
		path := withMatrix(t, o.name, o.matrix)
		v, open := fileAt(t, path)
		ix, err := engine.Index(t.Context(), v, 1, open)
		require.NoError(t, err)
		assert.Equal(t, o.rotation, ix.Track().Rotation, o.name)
		assert.Equal(t, o.flipped, ix.Track().Flipped, o.name)

		remuxed, transcoded := transcodedGOP(t, engine, path, 0, plain)
		_, cropped := transcodedGOP(t, engine, path, 0, with(func(f *video.Filters) {
			f.Crop = video.Area{Width: 32, Height: 48, X: 2, Y: 4}
		}))
		inputs = append(inputs, input{path, "format=yuv420p"}, input{remuxed, "format=yuv420p"},
			input{transcoded, "null"}, input{path, "crop=32:48:2:4,format=yuv420p"}, input{cropped, "null"})

		whole, _ := thumbnailOf(t, engine, path, 0, video.PNG, 1920)
		of := cut.Thumbnail{Format: video.PNG, Edit: cut.Edit{
			Crop: cut.Crop{Area: video.Area{Width: 32, Height: 48, X: 2, Y: 4}, Placed: true},
		}}
		s, err := engine.CutThumbnail(t.Context(), ix, of, open)
		require.NoError(t, err)
		file := filepath.Join(dir, "cropped.png")
		require.NoError(t, os.WriteFile(file, s.Data, 0o600))
		args = append(args, "-i", path)
		for j, c := range []comparison{{thumbnail: whole}, {thumbnail: readPNG(t, file)}} {
			c.peer = filepath.Join(dir, fmt.Sprint(i, "-", j, ".png"))
			images = append(images, c)
			outputs = append(outputs, "-map", fmt.Sprint(i, ":v"), "-frames:v", "1", "-vf",
				[]string{"null", "crop=32:48:2:4"}[j]+",scale="+toRGB+",format=rgb24", "-update", "1", c.peer)
		}
	}
	frames := decodedFiltered(t, inputs)
	ffmpeg(t, append(args, outputs...)...)
	for i, o := range orientations {
		t.Run(o.name, func(t *testing.T) {
			of := frames[5*i:]
			assertFrames(t, of[0], of[1])
			assertFrames(t, of[0], of[2])
			assertFrames(t, of[3], of[4])
			for _, c := range images[2*i : 2*i+2] {
				want := readPNG(t, c.peer)
				require.Equal(t, want.Bounds().Size(), c.thumbnail.Bounds().Size())
				assert.Greater(t, psnr(want, c.thumbnail), 35.0)
			}
		})
	}
	for i := range orientations {
		for j := range i {
			assert.NotEqual(t, frames[5*i], frames[5*j], "the orientations differ")
		}
	}
}
