package av_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// thumbnailOf returns the thumbnail of a GOP as an image and as bytes.
func thumbnailOf(
	t *testing.T, engine *av.Engine, path string, gop int, format video.ImageFormat, width int,
) (image.Image, []byte) {
	t.Helper()
	v, open := fileAt(t, path)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	of := cut.Thumbnail{GOP: gop, Format: format, Edit: cut.Edit{Width: width}}
	s, err := engine.CutThumbnail(t.Context(), ix, of, open)
	require.NoError(t, err, "GOP %d of %s", gop, path)
	assert.Equal(t, format.MediaType(), s.ContentType)
	data := s.Data
	decode := jpeg.Decode
	if format == video.PNG {
		decode = png.Decode
	}
	thumbnail, err := decode(bytes.NewReader(data))
	require.NoError(t, err)
	return thumbnail, data
}

// readPNG decodes an image of ffmpeg.
func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	decoded, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return decoded
}

// toRGB has ffmpeg scale frames to RGB as thumbnails are.
const toRGB = "flags=bicubic+accurate_rnd+full_chroma_int"

// comparison is a thumbnail, the path of ffmpeg's image, and the least PSNR of the two in dB.
type comparison struct {
	thumbnail image.Image
	peer      string
	least     float64
}

// Thumbnails are the frames that ffmpeg decodes, rotated and with square pixels.
func TestThumbnailsMatchFFmpeg(t *testing.T) {
	for _, path := range testVideos(t) {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			engine := newEngine(t, av.NewDefaultConfig())
			v, open := fileAt(t, path)
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			gops := slices.Compact([]int{0, ix.GOPs.Len() / 2, ix.GOPs.Len() - 1})
			dir := t.TempDir()
			var inputs, outputs []string
			var comparisons []comparison
			compare := func(i int, thumbnail image.Image, size string, least float64) {
				file := filepath.Join(dir, fmt.Sprint(len(comparisons), ".png"))
				outputs = append(outputs, "-map", fmt.Sprint(i, ":v"), "-frames:v", "1",
					"-vf", "scale="+size+":"+toRGB+",setsar=1,format=rgb24", "-update", "1", file)
				comparisons = append(comparisons, comparison{thumbnail, file, least})
			}
			for i, gop := range gops {
				key := cut.Cut{GOP: gop, Audio: cut.NoAudio, NoLeading: true}
				segment, err := engine.CutSegment(t.Context(), ix, key, open)
				require.NoError(t, err)
				if g := ix.GOPs.At(gop); g.KeyPTS < g.Start { // the edit list trims the keyframe
					inputs = append(inputs, "-ignore_editlist", "1")
				}
				inputs = append(inputs, "-i", writeSegment(t, segment))
				whole, _ := thumbnailOf(t, engine, path, gop, video.PNG, 1920)
				compare(i, whole, "'if(gt(sar,0),round(iw*sar),iw)':ih", 60)
				if width := whole.Bounds().Dx() / 3; width >= 16 {
					small, _ := thumbnailOf(t, engine, path, gop, video.PNG, width)
					size := small.Bounds().Size()
					compare(i, small, fmt.Sprintf("%d:%d", size.X, size.Y), 45)
				}
			}
			ffmpeg(t, append(inputs, outputs...)...)
			for _, c := range comparisons {
				want := readPNG(t, c.peer)
				require.Equal(t, want.Bounds().Size(), c.thumbnail.Bounds().Size(), c.peer)
				similarity := psnr(want, c.thumbnail)
				assert.Greater(t, similarity, c.least, c.peer)
				if name == "h264-bframes.mp4" && c.least < 60 {
					assert.Less(t, similarity, 100.0, "%s differs, since it skips the loop filter", c.peer)
				}
			}
		})
	}
}

// Filtered thumbnails are those that ffmpeg makes.
func TestFilteredThumbnailsMatchFFmpeg(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	area := cut.Crop{Area: video.Area{Width: 64, Height: 32, X: 10, Y: 20}, Placed: true}
	for name, test := range map[string]struct {
		edit cut.Edit
		peer string
	}{
		"crop": {cut.Edit{Crop: area}, "crop=64:32:10:20"},
		"rotate": {
			cut.Edit{Rotate: 90, Width: 64, Height: 96, Fit: cut.FitStretch},
			"transpose=1,scale=64:96:flags=bicubic+accurate_rnd",
		},
		"gray": {cut.Edit{Gray: true, FlipX: true}, "hflip,hue=s=0"},
		"blur": {cut.Edit{Blur: 2000, Width: 64}, "scale=64:-2:flags=bicubic+accurate_rnd,gblur=sigma=2"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			peer := func(i int) string { return filepath.Join(dir, fmt.Sprint(i, ".png")) }
			var inputs, outputs []string
			for i, file := range decoded {
				remuxed, _ := transcodedGOP(t, engine, filepath.Join(testdata, file), 0, plain)
				inputs = append(inputs, "-i", remuxed)
				outputs = append(outputs, "-map", fmt.Sprint(i, ":v"), "-frames:v", "1",
					"-vf", test.peer+",format=yuv420p,scale="+toRGB+",format=rgb24", "-update", "1", peer(i))
			}
			ffmpeg(t, append(inputs, outputs...)...)
			for i, file := range decoded {
				v, open := fileAt(t, filepath.Join(testdata, file))
				ix, err := engine.Index(t.Context(), v, 1, open)
				require.NoError(t, err)
				of := cut.Thumbnail{Format: video.PNG, Edit: test.edit}
				s, err := engine.CutThumbnail(t.Context(), ix, of, open)
				require.NoError(t, err)
				got, err := png.Decode(bytes.NewReader(s.Data))
				require.NoError(t, err)
				want := readPNG(t, peer(i))
				require.Equal(t, want.Bounds().Size(), got.Bounds().Size())
				assert.Greater(t, psnr(want, got), 36.0, file)
			}
		})
	}
}

// A thumbnail does not depend on the thumbnails that were made before.
func TestThumbnailsAreIndependent(t *testing.T) {
	alone := av.NewDefaultConfig()
	alone.IdleDemuxers = 0
	fresh, used := newEngine(t, alone), newEngine(t, av.NewDefaultConfig())
	for _, path := range testVideos(t) {
		v, open := fileAt(t, path)
		ix, err := fresh.Index(t.Context(), v, 1, open)
		require.NoError(t, err)
		n := min(ix.GOPs.Len(), 6)
		for _, step := range []int{1, n - 1} {
			for i := range n {
				gop := i * step % n
				width := []int{320, 32}[i%2]
				_, want := thumbnailOf(t, fresh, path, gop, video.JPEG, width)
				_, got := thumbnailOf(t, used, path, gop, video.JPEG, width)
				assert.True(t, bytes.Equal(want, got), "GOP %d of %s", gop, filepath.Base(path))
			}
		}
	}
}

// The missing part of a damaged frame does not show another frame.
func TestDamagedThumbnailsAreIndependent(t *testing.T) {
	alone := av.NewDefaultConfig()
	alone.IdleDemuxers = 0
	fresh, used := newEngine(t, alone), newEngine(t, av.NewDefaultConfig())
	for _, name := range []string{"hevc.mp4", "h264-bframes.mp4"} {
		whole, err := os.ReadFile(filepath.Join(testdata, name))
		require.NoError(t, err)
		for part := range 16 {
			path := filepath.Join(t.TempDir(), fmt.Sprint(part, name))
			require.NoError(t, os.WriteFile(path, whole, 0o600))
			v, open := fileAt(t, path)
			ix, err := fresh.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			key, damaged := ix.GOPs.At(1), bytes.Clone(whole)
			size := int64(key.KeySize)
			for i := key.KeyPos + size*int64(part+4)/20; i < key.KeyPos+size; i++ {
				damaged[i] = byte(i * int64(2*part+1))
			}
			require.NoError(t, os.WriteFile(path, damaged, 0o600))
			thumbnail := func(engine *av.Engine, gop int) []byte {
				of := cut.Thumbnail{GOP: gop, Format: video.PNG, Edit: cut.Edit{Width: 320}}
				s, err := engine.CutThumbnail(t.Context(), ix, of, open)
				if err != nil {
					return nil
				}
				return s.Data
			}
			want := thumbnail(fresh, 1)
			thumbnail(used, 0)
			assert.True(t, bytes.Equal(want, thumbnail(used, 1)), "%s, part %d", name, part)
		}
	}
}

// psnr returns the PSNR of two images of one size in dB.
func psnr(a, b image.Image) float64 {
	one, other := rgba(a), rgba(b)
	sum := 0.0
	for i, sample := range one.Pix {
		d := float64(sample) - float64(other.Pix[i])
		sum += d * d
	}
	if sum == 0 {
		return 100
	}
	opaque := 3 * len(one.Pix) / 4 // the fourth sample is the same in both
	return 10 * math.Log10(255*255*float64(opaque)/sum)
}

func rgba(p image.Image) *image.RGBA {
	to := image.NewRGBA(image.Rectangle{Max: p.Bounds().Size()})
	draw.Draw(to, to.Bounds(), p, p.Bounds().Min, draw.Src)
	return to
}

func TestThumbnailSizes(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	for _, test := range []struct {
		name  string
		width int
		want  image.Point
	}{
		{"h264-bframes.mp4", 96, image.Pt(96, 54)},
		{"h264-bframes.mp4", 16, image.Pt(16, 9)},
		{"h264-bframes.mp4", 1920, image.Pt(192, 108)}, // not enlarged
		{"rotated.mp4", 54, image.Pt(54, 96)},
		{"high10.mp4", 32, image.Pt(32, 18)},
	} {
		for _, format := range []video.ImageFormat{video.JPEG, video.PNG} {
			path := filepath.Join(testdata, test.name)
			thumbnail, data := thumbnailOf(t, engine, path, 0, format, test.width)
			assert.Equal(t, test.want, thumbnail.Bounds().Size(), "%s at %d", test.name, test.width)
			_, again := thumbnailOf(t, engine, path, 0, format, test.width)
			assert.True(t, bytes.Equal(data, again), "the same bytes each time")
		}
	}
}

// The matrix and the range of the video determine its colors: color bars look the same with each of them.
func TestThumbnailColors(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	dir := t.TempDir()
	var paths []string
	args := []string{"-f", "lavfi", "-i", "smptebars=size=448x128:rate=1:duration=1"}
	for matrix, name := range map[string]string{
		"bt709": "bt709", "smpte170m": "smpte170m", "bt2020nc": "bt2020",
	} {
		for _, ranges := range []string{"tv", "pc"} {
			for _, pixels := range []string{"yuv420p", "yuv420p10le", "yuv444p"} {
				path := filepath.Join(dir, strings.Join([]string{matrix, ranges, pixels}, " ")+".mp4")
				convert := "format=gbrp,scale=out_color_matrix=%s:out_range=%s,format=%s,crop=448:64:0:0"
				args = append(args, "-vf", fmt.Sprintf(convert, name, ranges, pixels),
					"-colorspace", matrix, "-color_range", ranges, "-c:v", "libx264", "-qp", "1", path)
				paths = append(paths, path)
			}
		}
	}
	ffmpeg(t, args...)
	for _, path := range paths {
		for _, width := range []int{448, 224, 112} {
			thumbnail, _ := thumbnailOf(t, engine, path, 0, video.PNG, width)
			for i, want := range []color.RGBA{
				{191, 191, 191, 255},
				{191, 191, 0, 255},
				{0, 191, 191, 255},
				{0, 191, 0, 255},
				{191, 0, 191, 255},
				{191, 0, 0, 255},
				{0, 0, 191, 255},
			} {
				got := color.RGBAModel.Convert(thumbnail.At((2*i+1)*width/14, 20*width/448)).(color.RGBA)
				for _, samples := range [][2]uint8{{want.R, got.R}, {want.G, got.G}, {want.B, got.B}} {
					assert.InDelta(t, samples[0], samples[1], 5, "%s, width %d, bar %d", path, width, i)
				}
			}
		}
	}
}

func TestThumbnailsAreBounded(t *testing.T) {
	config := av.NewDefaultConfig()
	config.MaxPixels = 100 * 100
	engine := newEngine(t, config)
	v, open := fileAt(t, filepath.Join(testdata, "h264-bframes.mp4"))
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	of := cut.Thumbnail{Format: video.JPEG, Edit: cut.Edit{Width: 320}}
	_, err = engine.CutThumbnail(t.Context(), ix, of, open)
	assert.Equal(t, video.Unreadable, video.KindOf(err), "%v", err)
}
