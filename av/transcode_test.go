package av_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// plain is a transcode without filters.
var plain = video.Filters{Transcode: true, Saturation: 1000, Contrast: 1000}

// with is plain with a change.
func with(change func(*video.Filters)) video.Filters {
	f := plain
	change(&f)
	return f
}

// transcodedGOP writes a GOP of a video into two files: remuxed, and transcoded with filters.
func transcodedGOP(
	t *testing.T, engine *av.Engine, path string, gop int, f video.Filters,
) (remuxed, transcoded string) {
	t.Helper()
	v, open := fileAt(t, path)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	key, err := cut.Cut{GOP: gop, NoLeading: true}.Resolve(ix)
	require.NoError(t, err)
	write := func(key video.SegmentKey) string {
		s, err := engine.Segment(t.Context(), ix, key, open)
		require.NoError(t, err, "%s, GOP %d", filepath.Base(path), gop)
		return writeSegment(t, s)
	}
	remuxed = write(key)
	key.NoLeading, key.Filters = false, f
	return remuxed, write(key)
}

// frame is a frame that ffmpeg decodes: its PTS in milliseconds, and the checksum of its samples.
type frame struct {
	time int
	sum  string
}

// input is a file, and the filters that ffmpeg applies to its frames.
type input struct{ path, filters string }

// decodedFiltered decodes and filters files with ffmpeg, and returns the frames of each.
func decodedFiltered(t *testing.T, inputs []input) (frames [][]frame) {
	t.Helper()
	dir := t.TempDir()
	var args, outputs []string
	for i, in := range inputs {
		args = append(args, "-copyts", "-i", in.path)
		outputs = append(outputs, "-map", fmt.Sprintf("%d:v:0", i), "-vf", in.filters,
			"-vsync", "passthrough", "-enc_time_base", "1/1000",
			"-f", "framemd5", filepath.Join(dir, strconv.Itoa(i)))
	}
	ffmpeg(t, append(args, outputs...)...)
	for i := range inputs {
		frames = append(frames, readFrames(t, filepath.Join(dir, strconv.Itoa(i))))
	}
	return frames
}

// readFrames reads the output of ffmpeg's framemd5 muxer.
func readFrames(t *testing.T, framemd5 string) (all []frame) {
	t.Helper()
	text, err := os.ReadFile(framemd5)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(strings.TrimSpace(line), ",")
		require.Len(t, fields, 6, line)
		time, err := strconv.Atoi(strings.TrimSpace(fields[2]))
		require.NoError(t, err)
		all = append(all, frame{time, strings.TrimSpace(fields[5])})
	}
	require.NotEmpty(t, all)
	return all
}

// assertFrames checks that the frames are the same, at the same times to a millisecond.
func assertFrames(t *testing.T, want, got []frame) {
	t.Helper()
	require.Len(t, got, len(want))
	for i, f := range got {
		assert.Equal(t, want[i].sum, f.sum, "frame %d", i)
		assert.InDelta(t, want[i].time, f.time, 1, "the time of frame %d", i)
	}
}

// assertSameAudio checks that the audio packets are the same, at the same times to a millisecond.
func assertSameAudio(t *testing.T, want, got []probedPacket) {
	t.Helper()
	require.Equal(t, hashes(want), hashes(got), "audio packets")
	for i, p := range got {
		assert.InDelta(t, secondsOf(t, want[i].PTS), secondsOf(t, p.PTS), 0.001, "PTS of audio packet %d", i)
	}
}

// decoded has a video of each codec, a rotated and a mirrored one; unusual has videos with unusual times and
// frame sizes, and others has the rest.
var (
	decoded = []string{
		"h264-bframes-aac.mp4", "hevc.mp4", "vp9-opus.webm", "av1.mp4", "rotated.mp4", "mirrored.mp4",
	}
	unusual  = []string{"h264-bframes-aac.ts", "edit-list-delay.mp4", "variable-rate.mp4", "one-frame.mp4"}
	others   = []string{"h264-open-gop.mp4", "hevc-open-gop.mkv", "mpeg2.ts", "mpeg4.mkv", "wide-pixels.mp4"}
	filtered = slices.Concat(decoded, unusual, others)
)

// Filters that only move or drop samples give the same samples as ffmpeg, at the same times.
func TestFiltersMatchFFmpeg(t *testing.T) {
	config := av.NewDefaultConfig()
	config.TranscodeCRF, config.TranscodePreset = 0, "ultrafast" // lossless
	engine := newEngine(t, config)
	for name, test := range map[string]struct {
		filters video.Filters
		peer    string
	}{
		"none": {plain, "null"},
		"crop": {
			with(func(f *video.Filters) { f.Crop = video.Area{Width: 64, Height: 32, X: 10, Y: 20} }),
			"crop=64:32:10:20",
		},
		"rotate 90": {with(func(f *video.Filters) { f.Turn = true }), "transpose=1"},
		"hflip":     {with(func(f *video.Filters) { f.FlipX = true }), "hflip"},
		"vflip":     {with(func(f *video.Filters) { f.FlipY = true }), "vflip"},
		"rotate 270": {
			with(func(f *video.Filters) { f.Turn, f.FlipX, f.FlipY = true, true, true }),
			"transpose=2",
		},
		"gray": {with(func(f *video.Filters) { f.Saturation = 0 }), "hue=s=0"},
		"fps": {
			with(func(f *video.Filters) { f.FPS = video.Rational{Num: 10, Den: 1} }),
			"fps=10:start_time=0",
		},
		"higher fps": {
			with(func(f *video.Filters) { f.FPS = video.Rational{Num: 60000, Den: 1001} }),
			"fps=60000/1001:start_time=0",
		},
		"all": {with(func(f *video.Filters) {
			f.Crop = video.Area{Width: 32, Height: 48, X: 2, Y: 4}
			f.Turn, f.FlipY, f.Saturation = true, true, 0
		}), "crop=32:48:2:4,transpose=1,vflip,hue=s=0"},
	} {
		files := decoded
		if name == "all" {
			files = filtered
		}
		t.Run(name, func(t *testing.T) {
			var inputs []input
			for _, file := range files {
				path := filepath.Join(testdata, file)
				remuxed, transcoded := transcodedGOP(t, engine, path, 0, test.filters)
				peer := input{remuxed, test.peer + ",format=yuv420p"}
				inputs = append(inputs, peer, input{transcoded, "null"})
			}
			frames := decodedFiltered(t, inputs)
			for i, file := range files {
				t.Run(file, func(t *testing.T) { assertFrames(t, frames[2*i], frames[2*i+1]) })
			}
		})
	}
}

// Filters that compute new samples give ffmpeg's, up to the differences between its versions.
func TestFiltersAreSimilarToFFmpeg(t *testing.T) {
	config := av.NewDefaultConfig()
	config.TranscodeCRF, config.TranscodePreset = 0, "ultrafast"
	engine := newEngine(t, config)
	for name, test := range map[string]struct {
		filters video.Filters
		peer    string
	}{
		"scale": {
			with(func(f *video.Filters) { f.Width, f.Height = 96, 54 }),
			"scale=96:54:flags=bicubic+accurate_rnd",
		},
		"cover": {
			with(func(f *video.Filters) { f.Width, f.Height, f.KeepWidth, f.KeepHeight = 96, 54, 48, 54 }),
			"scale=96:54:flags=bicubic+accurate_rnd,crop=48:54:24:0",
		},
		"hue":          {with(func(f *video.Filters) { f.Hue = 90 }), "hue=h=90"},
		"saturation":   {with(func(f *video.Filters) { f.Saturation = 2500 }), "hue=s=2.5"},
		"brightness":   {with(func(f *video.Filters) { f.Brightness = -250 }), "eq=brightness=-0.25"},
		"contrast":     {with(func(f *video.Filters) { f.Contrast = 1500 }), "eq=contrast=1.5"},
		"blur":         {with(func(f *video.Filters) { f.Blur = 2000 }), "gblur=sigma=2"},
		"sharpen":      {with(func(f *video.Filters) { f.Sharpen = 1500 }), "unsharp=luma_amount=1.5"},
		"8 bits of 10": {plain, "null"},
	} {
		files := decoded
		if name == "8 bits of 10" {
			files = []string{"high10.mp4", "hdr10.mp4"}
		}
		t.Run(name, func(t *testing.T) {
			var pairs []pair
			for _, file := range files {
				path := filepath.Join(testdata, file)
				remuxed, transcoded := transcodedGOP(t, engine, path, 0, test.filters)
				pairs = append(pairs, pair{transcoded, remuxed})
			}
			for i, ssim := range similarities(t, pairs, test.peer) {
				assert.GreaterOrEqual(t, ssim, 0.99, files[i])
			}
		})
	}
}

// pair is a file, and another one that ffmpeg filters.
type pair struct{ file, unfiltered string }

// similarities returns the least SSIM of the frames of each pair. It is 1 for equal frames.
func similarities(t *testing.T, pairs []pair, filters string) (all []float64) {
	t.Helper()
	dir := t.TempDir()
	var args, graphs, outputs []string
	for i, p := range pairs {
		args = append(args, "-i", p.file, "-i", p.unfiltered)
		const times = "settb=1/1000,setpts=N"
		graphs = append(graphs,
			fmt.Sprintf("[%d:v]%s[a%d]", 2*i, times, i),
			fmt.Sprintf("[%d:v]%s,format=yuv420p,%s[b%d]", 2*i+1, filters, times, i),
			fmt.Sprintf("[a%d][b%d]ssim=eof_action=endall:stats_file=%s/%d[c%d]", i, i, dir, i, i))
		outputs = append(outputs, "-map", fmt.Sprintf("[c%d]", i), "-f", "null", "-")
	}
	args = append(args, "-filter_complex", strings.Join(graphs, ";"))
	ffmpeg(t, append(args, outputs...)...)
	for i := range pairs {
		text, err := os.ReadFile(filepath.Join(dir, strconv.Itoa(i)))
		require.NoError(t, err)
		least := 1.0
		found := regexp.MustCompile(`All:([0-9.]+)`).FindAllSubmatch(text, -1)
		require.NotEmpty(t, found)
		for _, match := range found {
			least = min(least, floatOf(t, string(match[1])))
		}
		all = append(all, least)
	}
	return all
}

// An mp4 holds the transcode of a codec that it cannot hold itself.
func TestTranscodesOfCodecsThatMP4CannotHold(t *testing.T) {
	config := av.NewDefaultConfig()
	config.TranscodeCRF = 0
	engine := newEngine(t, config)
	for _, path := range transcodedVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			v, open := fileAt(t, path)
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			_, err = engine.CutSegment(t.Context(), ix, cut.Cut{}, open)
			want := `\Amp4 cannot hold ` + ix.Track().Codec + ` video.*; it can be transcoded to H\.264\z`
			assert.Regexp(t, want, video.Message(err))
			s, err := engine.CutSegment(t.Context(), ix, cut.Cut{Edit: cut.Edit{Transcode: true}}, open)
			require.NoError(t, err)
			pairs := []pair{{writeSegment(t, s), path}}
			ssim := similarities(t, pairs, "trim=end_frame="+strconv.Itoa(ix.GOPs.At(0).Frames))
			assert.GreaterOrEqual(t, ssim[0], 0.99)

			last := ix.GOPs.At(ix.GOPs.Len() - 1)
			whole := cut.Cut{GOP: last.Number, Edit: cut.Edit{Transcode: true}}
			s, err = engine.CutSegment(t.Context(), ix, whole, open)
			require.NoError(t, err)
			assert.Len(t, probePackets(t, writeSegment(t, s), "v:0"), last.Frames, "frames of the last GOP")

			got, _ := thumbnailOf(t, engine, path, 0, video.PNG, 1920)
			peer := filepath.Join(t.TempDir(), "peer.png")
			size := "scale='if(gt(sar,0),round(iw*sar),iw)':ih:"
			ffmpeg(t, "-i", path, "-map", "0:V", "-frames:v", "1",
				"-vf", size+toRGB+",setsar=1,format=rgb24", "-update", "1", peer)
			expected := readPNG(t, peer)
			require.Equal(t, expected.Bounds().Size(), got.Bounds().Size())
			assert.Greater(t, psnr(expected, got), 40.0, "the thumbnail")
		})
	}
}

// A transcode begins with its only keyframe, has the audio and the duration of the remuxed GOP, and is the
// same bytes each time.
func TestTranscodesMatchRemuxes(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	for _, file := range slices.Concat(decoded, unusual) {
		t.Run(file, func(t *testing.T) {
			path := filepath.Join(testdata, file)
			remuxed, transcoded := transcodedGOP(t, engine, path, 0, plain)
			_, again := transcodedGOP(t, engine, path, 0, plain)
			one, err := os.ReadFile(transcoded)
			require.NoError(t, err)
			other, err := os.ReadFile(again)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(one, other), "the same bytes each time")

			want, got := probe(t, remuxed), probe(t, transcoded)
			packets := got.packets("video")
			for i, p := range packets {
				assert.Equal(t, i == 0, p.isKey(), "packet %d", i)
			}
			assert.InDelta(t, 0, secondsOf(t, packets[0].PTS), 0.001)
			assertSameAudio(t, want.packets("audio"), got.packets("audio"))
			duration := secondsOf(t, want.Streams[0].Duration)
			assert.InDelta(t, duration, secondsOf(t, got.Streams[0].Duration), 0.002)
		})
	}
}

// A transcode ends when its context is canceled, when emit fails and when emit panics. The next one works.
func TestTranscodesEnd(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, examplePath)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	of := cut.Cut{Edit: cut.Edit{Transcode: true}, Fragmented: true}
	full := errors.New("disk full")
	ctx, cancel := context.WithCancel(t.Context())
	for name, test := range map[string]struct {
		ctx  context.Context
		emit func() error
		want string
	}{
		"canceled":    {ctx, func() error { cancel(); return nil }, context.Canceled.Error()},
		"emit fails":  {t.Context(), func() error { return full }, full.Error()},
		"emit panics": {t.Context(), func() error { panic("emit") }, "panic: emit"},
	} {
		t.Run(name, func(t *testing.T) {
			fragments := 0
			_, err := engine.CutStream(test.ctx, ix, of, open, func(video.Fragment) error {
				fragments++
				return test.emit()
			})
			assert.ErrorContains(t, err, test.want)
			assert.Equal(t, 1, fragments)
		})
	}
	_, err = engine.CutStream(t.Context(), ix, of, open, func(video.Fragment) error { return nil })
	assert.NoError(t, err, "the next one is complete")
}

func TestTranscodesAreBounded(t *testing.T) {
	doubled := with(func(f *video.Filters) { f.FPS = video.Rational{Num: 60, Den: 1} })
	for name, test := range map[string]struct {
		bound   func(*av.Config)
		filters video.Filters
	}{
		"frames":          {func(c *av.Config) { c.MaxTranscodeFrames = 24 }, plain},
		"filtered frames": {func(c *av.Config) { c.MaxTranscodeFrames = 30 }, doubled},
		"bytes":           {func(c *av.Config) { c.MaxSegmentBytes, c.TranscodeCRF = 60_000, 0 }, plain},
	} {
		t.Run(name, func(t *testing.T) {
			config := av.NewDefaultConfig()
			test.bound(&config)
			engine := newEngine(t, config)
			v, open := fileAt(t, examplePath)
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			key, err := cut.Cut{}.Resolve(ix)
			require.NoError(t, err)
			_, err = engine.Segment(t.Context(), ix, key, open)
			require.NoError(t, err)
			key.Filters = test.filters
			_, err = engine.Segment(t.Context(), ix, key, open)
			assert.Equal(t, video.TooLarge, video.KindOf(err), fmt.Sprint(err))
		})
	}
}

// The only frame of the GOP is presented for less than half of a tenth of a second.
func TestTranscodesWithoutFrames(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, filepath.Join(testdata, "one-frame.mp4"))
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	of := cut.Cut{Edit: cut.Edit{FPS: video.Rational{Num: 10, Den: 1}}}
	_, err = engine.CutSegment(t.Context(), ix, of, open)
	assert.Equal(t, video.Unreadable, video.KindOf(err))
	assert.Equal(t, "the filters return no frame", video.Message(err))
}

// Frames larger than 1080p have their own preset. x264 writes its settings into the stream, and cabac is
// only off in ultrafast.
func TestLargePreset(t *testing.T) {
	config := av.NewDefaultConfig()
	other := config
	other.TranscodeLargePreset = "superfast"
	assert.NotEqual(t, config.Encoder(), other.Encoder(), "the bytes depend on it")
	config.TranscodePreset, config.TranscodeLargePreset = "superfast", "ultrafast"
	engine := newEngine(t, config)
	for _, test := range []struct {
		width, height int
		cabac         string
	}{{1920, 1080, "cabac=1"}, {1088, 1920, "cabac=1"}, {2048, 1152, "cabac=0"}} {
		filters := with(func(f *video.Filters) { f.Width, f.Height = test.width, test.height })
		_, transcoded := transcodedGOP(t, engine, filepath.Join(testdata, "one-frame.mp4"), 0, filters)
		data, err := os.ReadFile(transcoded)
		require.NoError(t, err)
		found := string(regexp.MustCompile(`cabac=\d`).Find(data))
		assert.Equal(t, test.cabac, found, "%d x %d", test.width, test.height)
	}
}
