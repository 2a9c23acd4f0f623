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
func thumbnailOf(t *testing.T, engine *av.Engine, path string, gop int, format video.ImageFormat, width int) (image.Image, []byte) {
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

// Thumbnails of all sizes are what ffmpeg decodes of the GOP, rotated and with square pixels.
func TestThumbnailsAreWhatFFmpegShows(t *testing.T) {
	for _, path := range testVideos(t) {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			engine := newEngine(t, av.NewDefaultConfig())
			v, open := fileAt(t, path)
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			gops := slices.Compact([]int{0, len(ix.GOPs) / 2, len(ix.GOPs) - 1})
			dir := t.TempDir()
			var inputs, outputs []string
			fromFFmpeg := func(i int, name, sized string) string {
				file := filepath.Join(dir, fmt.Sprint(i, name, ".png"))
				outputs = append(outputs, "-map", fmt.Sprint(i, ":v"), "-frames:v", "1",
					"-vf", "scale="+sized+":flags=bicubic+accurate_rnd+full_chroma_int,setsar=1,format=rgb24", "-update", "1", file)
				return file
			}
			var thumbnails []comparison
			for i, gop := range gops {
				segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: gop, Audio: cut.NoAudio, NoLeading: true}, open)
				require.NoError(t, err)
				cutFile := filepath.Join(dir, fmt.Sprint(i, ".mp4"))
				require.NoError(t, os.WriteFile(cutFile, bytesOf(t, segment), 0o600))
				inputs = append(inputs, "-i", cutFile)
				whole, _ := thumbnailOf(t, engine, path, gop, video.PNG, 1920)
				thumbnails = append(thumbnails, comparison{whole, fromFFmpeg(i, "whole", "'if(gt(sar,0),round(iw*sar),iw)':ih"), 60})
				if width := whole.Bounds().Dx() / 3; width >= 16 {
					small, _ := thumbnailOf(t, engine, path, gop, video.PNG, width)
					size := small.Bounds().Size()
					thumbnails = append(thumbnails, comparison{small, fromFFmpeg(i, "small", fmt.Sprintf("%d:%d", size.X, size.Y)), 45})
				}
			}
			ffmpeg(t, append(inputs, outputs...)...)
			for _, s := range thumbnails {
				data, err := os.ReadFile(s.peer)
				require.NoError(t, err)
				want, err := png.Decode(bytes.NewReader(data))
				require.NoError(t, err)
				require.Equal(t, want.Bounds().Size(), s.thumbnail.Bounds().Size(), s.peer)
				likeness := psnr(want, s.thumbnail)
				assert.Greater(t, likeness, s.least, s.peer)
				if name == "h264-bframes.mp4" && s.least < 60 {
					assert.Less(t, likeness, 100.0, "%s is not the same: it is decoded without the loop filter", s.peer)
				}
			}
		})
	}
}

// comparison is a thumbnail, the path of the one that ffmpeg made, and the least PSNR of the two in dB.
type comparison struct {
	thumbnail image.Image
	peer      string
	least     float64
}

// Filtered thumbnails are those that ffmpeg makes.
func TestThumbnailsAreFiltered(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	for name, test := range map[string]struct {
		edit cut.Edit
		peer string
	}{
		"crop": {cut.Edit{Crop: cut.Crop{Area: video.Area{Width: 64, Height: 32, X: 10, Y: 20}, Placed: true}}, "crop=64:32:10:20"},
		"turn": {cut.Edit{Rotate: 90, Width: 64, Height: 96, Fit: cut.FitStretch}, "transpose=1,scale=64:96:flags=bicubic+accurate_rnd"},
		"gray": {cut.Edit{Gray: true, FlipX: true}, "hflip,hue=s=0"},
		"blur": {cut.Edit{Blur: 2000, Width: 64}, "scale=64:-2:flags=bicubic+accurate_rnd,gblur=sigma=2"},
	} {
		for _, file := range decoded {
			t.Run(name+" "+file, func(t *testing.T) {
				path := filepath.Join("..", "testdata", file)
				cutFile, _ := transcodedGOP(t, engine, path, 0, plain)
				want, err := png.Decode(bytes.NewReader(ffmpeg(t, "-i", cutFile, "-frames:v", "1", "-vf", test.peer+",format=yuv420p,scale=flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24",
					"-c:v", "png", "-f", "image2pipe", "-")))
				require.NoError(t, err)
				v, open := fileAt(t, path)
				ix, err := engine.Index(t.Context(), v, 1, open)
				require.NoError(t, err)
				s, err := engine.CutThumbnail(t.Context(), ix, cut.Thumbnail{Format: video.PNG, Edit: test.edit}, open)
				require.NoError(t, err)
				got, err := png.Decode(bytes.NewReader(s.Data))
				require.NoError(t, err)
				require.Equal(t, want.Bounds().Size(), got.Bounds().Size())
				assert.Greater(t, psnr(want, got), 36.0)
			})
		}
	}
}

// A thumbnail is the same bytes whichever thumbnails of the video were made before.
func TestThumbnailsComeWhateverCameBefore(t *testing.T) {
	alone := av.NewDefaultConfig()
	alone.IdleDemuxers = 0
	fresh, used := newEngine(t, alone), newEngine(t, av.NewDefaultConfig())
	for _, path := range testVideos(t) {
		v, open := fileAt(t, path)
		ix, err := fresh.Index(t.Context(), v, 1, open)
		require.NoError(t, err)
		n := min(len(ix.GOPs), 6)
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

// That also holds for a damaged frame: its missing part must not show another frame.
func TestDamagedStillsShowNoOther(t *testing.T) {
	alone := av.NewDefaultConfig()
	alone.IdleDemuxers = 0
	fresh, used := newEngine(t, alone), newEngine(t, av.NewDefaultConfig())
	for _, name := range []string{"hevc.mp4", "h264-bframes.mp4"} {
		whole, err := os.ReadFile(filepath.Join("..", "testdata", name))
		require.NoError(t, err)
		for part := range 16 {
			path := filepath.Join(t.TempDir(), fmt.Sprint(part, name))
			require.NoError(t, os.WriteFile(path, whole, 0o600))
			v, open := fileAt(t, path)
			ix, err := fresh.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			key, damaged := ix.GOPs[1], bytes.Clone(whole)
			for i := key.KeyPos + int64(key.KeySize)*int64(part+4)/20; i < key.KeyPos+int64(key.KeySize); i++ {
				damaged[i] = byte(i * int64(2*part+1))
			}
			require.NoError(t, os.WriteFile(path, damaged, 0o600))
			thumbnail := func(engine *av.Engine, gop int) []byte {
				s, err := engine.CutThumbnail(t.Context(), ix, cut.Thumbnail{GOP: gop, Format: video.PNG, Edit: cut.Edit{Width: 320}}, open)
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

func TestSizesOfStills(t *testing.T) {
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
			thumbnail, data := thumbnailOf(t, engine, filepath.Join("..", "testdata", test.name), 0, format, test.width)
			assert.Equal(t, test.want, thumbnail.Bounds().Size(), "%s at %d", test.name, test.width)
			_, again := thumbnailOf(t, engine, filepath.Join("..", "testdata", test.name), 0, format, test.width)
			assert.True(t, bytes.Equal(data, again), "the same bytes each time")
		}
	}
}

// The matrix and the range of the video determine its colors: the same frame looks the same with each of
// them.
func TestColoursOfStills(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	want := []color.RGBA{{191, 191, 191, 255}, {191, 191, 0, 255}, {0, 191, 191, 255}, {0, 191, 0, 255}, {191, 0, 191, 255}, {191, 0, 0, 255}, {0, 0, 191, 255}}
	for _, matrix := range []string{"bt709", "smpte170m", "bt2020nc"} {
		for _, ranges := range []string{"tv", "pc"} {
			for _, pixels := range []string{"yuv420p", "yuv420p10le", "yuv444p"} {
				name := strings.Join([]string{matrix, ranges, pixels}, " ")
				path := filepath.Join(t.TempDir(), "bars.mp4")
				to := map[string]string{"smpte170m": "smpte170m", "bt709": "bt709", "bt2020nc": "bt2020"}[matrix]
				ffmpeg(t, "-f", "lavfi", "-i", "smptebars=size=448x128:rate=1:duration=1", "-vf",
					fmt.Sprintf("format=gbrp,scale=out_color_matrix=%s:out_range=%s,format=%s,crop=448:64:0:0", to, ranges, pixels),
					"-colorspace", matrix, "-color_range", ranges, "-c:v", "libx264", "-qp", "1", path)
				for _, width := range []int{448, 224, 112} {
					thumbnail, _ := thumbnailOf(t, engine, path, 0, video.PNG, width)
					for i, c := range want {
						got := color.RGBAModel.Convert(thumbnail.At((2*i+1)*width/14, 20*width/448)).(color.RGBA)
						for _, d := range []int{int(got.R) - int(c.R), int(got.G) - int(c.G), int(got.B) - int(c.B)} {
							assert.InDelta(t, 0, d, 5, "%s, %d wide: bar %d is %v, not %v", name, width, i, got, c)
						}
					}
				}
			}
		}
	}
}

func TestThumbnailsAreBounded(t *testing.T) {
	config := av.NewDefaultConfig()
	config.MaxPixels = 100 * 100
	engine := newEngine(t, config)
	v, open := fileAt(t, filepath.Join("..", "testdata", "h264-bframes.mp4"))
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	_, err = engine.CutThumbnail(t.Context(), ix, cut.Thumbnail{Format: video.JPEG, Edit: cut.Edit{Width: 320}}, open)
	assert.Equal(t, video.Unreadable, video.KindOf(err), "%v", err)
}
