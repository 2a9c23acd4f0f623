package av_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
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
func transcodedGOP(t *testing.T, engine *av.Engine, path string, gop int, f video.Filters) (cutFile, encoded string) {
	t.Helper()
	v, open := fileAt(t, path)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	key, err := cut.Cut{GOP: gop, NoLeading: true}.Resolve(ix)
	require.NoError(t, err)
	dir := t.TempDir()
	write := func(name string, key video.SegmentKey) string {
		s, err := engine.Segment(t.Context(), ix, key, open)
		require.NoError(t, err, "%s, GOP %d", filepath.Base(path), gop)
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, bytesOf(t, s), 0o600))
		return file
	}
	cutFile = write("cut.mp4", key)
	key.NoLeading, key.Filters = false, f
	return cutFile, write("encoded.mp4", key)
}

// frame is one that ffmpeg decodes: its presentation time in ms, and the checksum of its samples.
type frame struct {
	time int
	sum  string
}

// bothFrames returns the frames of two files. Those of the second are filtered.
func bothFrames(t *testing.T, plain, other, filters string) (_, _ []frame) {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-copyts", "-i", plain, "-i", other}
	for i, filter := range []string{"null", filters} {
		args = append(args, "-map", fmt.Sprintf("%d:v:0", i), "-vf", filter, "-vsync", "passthrough", "-enc_time_base", "1/1000",
			"-f", "framemd5", filepath.Join(dir, strconv.Itoa(i)))
	}
	ffmpeg(t, args...)
	return readFrames(t, filepath.Join(dir, "0")), readFrames(t, filepath.Join(dir, "1"))
}

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

// decoded has a video of each codec and a rotated one, hard has videos with unusual times and shapes, and
// others has the rest.
var (
	decoded  = []string{"h264-bframes-aac.mp4", "hevc.mp4", "vp9-opus.webm", "av1.mp4", "rotated.mp4"}
	hard     = []string{"h264-bframes-aac.ts", "edit-list-delay.mp4", "variable-rate.mp4", "one-frame.mp4"}
	others   = []string{"h264-open-gop.mp4", "hevc-open-gop.mkv", "mpeg2.ts", "mpeg4.mkv", "wide-pixels.mp4"}
	filtered = slices.Concat(decoded, hard, others)
)

// Filters that only move or drop samples give the same samples as ffmpeg, at the same times.
func TestTranscodesAreWhatFFmpegFilters(t *testing.T) {
	config := av.NewDefaultConfig()
	config.EncodeQuality, config.EncodePreset = 0, "ultrafast" // lossless
	engine := newEngine(t, config)
	for name, test := range map[string]struct {
		filters video.Filters
		peer    string
	}{
		"nothing": {plain, "null"},
		"crop":    {with(func(f *video.Filters) { f.Crop = video.Area{Width: 64, Height: 32, X: 10, Y: 20} }), "crop=64:32:10:20"},
		"turn":    {with(func(f *video.Filters) { f.Turn = true }), "transpose=1"},
		"flip":    {with(func(f *video.Filters) { f.FlipX = true }), "hflip"},
		"flop":    {with(func(f *video.Filters) { f.FlipY = true }), "vflip"},
		"270":     {with(func(f *video.Filters) { f.Turn, f.FlipX, f.FlipY = true, true, true }), "transpose=2"},
		"gray":    {with(func(f *video.Filters) { f.Saturation = 0 }), "hue=s=0"},
		"fps":     {with(func(f *video.Filters) { f.FPS = video.Rational{Num: 10, Den: 1} }), "fps=10:start_time=0"},
		"faster":  {with(func(f *video.Filters) { f.FPS = video.Rational{Num: 60000, Den: 1001} }), "fps=60000/1001:start_time=0"},
		"all": {with(func(f *video.Filters) {
			f.Crop, f.Turn, f.FlipY, f.Saturation = video.Area{Width: 32, Height: 48, X: 2, Y: 4}, true, true, 0
		}), "crop=32:48:2:4,transpose=1,vflip,hue=s=0"},
	} {
		files := decoded
		if name == "all" {
			files = filtered
		}
		for _, file := range files {
			t.Run(name+" "+file, func(t *testing.T) {
				cutFile, encoded := transcodedGOP(t, engine, filepath.Join("..", "testdata", file), 0, test.filters)
				frames, wanted := bothFrames(t, encoded, cutFile, test.peer+",format=yuv420p")
				require.Len(t, frames, len(wanted))
				for i, p := range frames {
					assert.Equal(t, wanted[i].sum, p.sum, "frame %d", i)
					assert.InDelta(t, wanted[i].time, p.time, 1, "the time of frame %d", i)
				}
			})
		}
	}
}

// Filters that compute new samples give ffmpeg's, up to the differences between its versions.
func TestTranscodesLookLikeFFmpeg(t *testing.T) {
	config := av.NewDefaultConfig()
	config.EncodeQuality, config.EncodePreset = 0, "ultrafast"
	engine := newEngine(t, config)
	for name, test := range map[string]struct {
		filters video.Filters
		peer    string
	}{
		"scale":      {with(func(f *video.Filters) { f.Width, f.Height = 96, 54 }), "scale=96:54:flags=bicubic+accurate_rnd"},
		"cover":      {with(func(f *video.Filters) { f.Width, f.Height, f.KeepWidth, f.KeepHeight = 96, 54, 48, 54 }), "scale=96:54:flags=bicubic+accurate_rnd,crop=48:54:24:0"},
		"hue":        {with(func(f *video.Filters) { f.Hue = 90 }), "hue=h=90"},
		"saturation": {with(func(f *video.Filters) { f.Saturation = 2500 }), "hue=s=2.5"},
		"brightness": {with(func(f *video.Filters) { f.Brightness = -250 }), "eq=brightness=-0.25"},
		"contrast":   {with(func(f *video.Filters) { f.Contrast = 1500 }), "eq=contrast=1.5"},
		"blur":       {with(func(f *video.Filters) { f.Blur = 2000 }), "gblur=sigma=2"},
		"sharpen":    {with(func(f *video.Filters) { f.Sharpen = 1500 }), "unsharp=luma_amount=1.5"},
		"8 of 10":    {plain, "null"},
	} {
		files := decoded
		if name == "8 of 10" {
			files = []string{"high10.mp4", "hdr10.mp4"}
		}
		for _, file := range files {
			t.Run(name+" "+file, func(t *testing.T) {
				cutFile, encoded := transcodedGOP(t, engine, filepath.Join("..", "testdata", file), 0, test.filters)
				assert.GreaterOrEqual(t, similarity(t, encoded, cutFile, test.peer), 0.99)
			})
		}
	}
}

// similarity returns the least SSIM of the frames of one file and the filtered frames of another. It is 1 for
// equal frames.
func similarity(t *testing.T, plain, other, filters string) float64 {
	t.Helper()
	stats := filepath.Join(t.TempDir(), "ssim")
	ffmpeg(t, "-i", plain, "-i", other, "-lavfi",
		"[0:v]settb=1/1000,setpts=N[a];[1:v]"+filters+",format=yuv420p,settb=1/1000,setpts=N[b];[a][b]ssim=eof_action=endall:stats_file="+stats, "-f", "null", "-")
	text, err := os.ReadFile(stats)
	require.NoError(t, err)
	least := 1.0
	found := regexp.MustCompile(`All:([0-9.]+)`).FindAllSubmatch(text, -1)
	require.NotEmpty(t, found)
	for _, match := range found {
		value, err := strconv.ParseFloat(string(match[1]), 64)
		require.NoError(t, err)
		least = min(least, value)
	}
	return least
}

// An mp4 holds the transcode of a codec that it cannot hold itself.
func TestTranscodesOfCodecsThatMP4CannotHold(t *testing.T) {
	config := av.NewDefaultConfig()
	config.EncodeQuality = 0
	engine := newEngine(t, config)
	path := filepath.Join("..", "testdata", "broken", "vp8.webm")
	v, open := fileAt(t, path)
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	_, err = engine.CutSegment(t.Context(), ix, cut.Cut{}, open)
	assert.Equal(t, "mp4 cannot hold vp8 video; it can be transcoded to H.264", video.Message(err))
	s, err := engine.CutSegment(t.Context(), ix, cut.Cut{Edit: cut.Edit{Transcode: true}}, open)
	require.NoError(t, err)
	encoded := filepath.Join(t.TempDir(), "encoded.mp4")
	require.NoError(t, os.WriteFile(encoded, bytesOf(t, s), 0o600))
	assert.GreaterOrEqual(t, similarity(t, encoded, path, "trim=end_frame="+strconv.Itoa(ix.GOPs[0].Frames)), 0.99)
	_, err = engine.CutThumbnail(t.Context(), ix, cut.Thumbnail{Format: video.JPEG}, open)
	assert.NoError(t, err)
}

// A transcode begins with its only keyframe, has the audio and the duration of the remuxed GOP, and is the
// same bytes each time.
func TestTranscodesMatchRemuxes(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	for _, file := range slices.Concat(decoded, hard) {
		t.Run(file, func(t *testing.T) {
			path := filepath.Join("..", "testdata", file)
			cutFile, encoded := transcodedGOP(t, engine, path, 0, plain)
			_, again := transcodedGOP(t, engine, path, 0, plain)
			one, err := os.ReadFile(encoded)
			require.NoError(t, err)
			other, err := os.ReadFile(again)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(one, other), "the same bytes each time")

			packets := probe(t, encoded, "v")
			for i, p := range packets {
				assert.Equal(t, i == 0, p.isKey(), "packet %d", i)
			}
			assert.InDelta(t, 0, seconds(t, packets[0].PTS), 0.001)
			audio, wantAudio := probe(t, encoded, "a"), probe(t, cutFile, "a")
			require.Len(t, audio, len(wantAudio))
			for i, p := range audio {
				assert.Equal(t, wantAudio[i].Hash, p.Hash, "audio packet %d", i)
				assert.InDelta(t, seconds(t, wantAudio[i].PTS), seconds(t, p.PTS), 0.001)
			}
			assert.InDelta(t, durationOf(t, cutFile), durationOf(t, encoded), 0.002)
		})
	}
}

// durationOf returns the duration of the video of an mp4 in seconds.
func durationOf(t *testing.T, file string) float64 {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=duration",
		"-of", "csv=p=0", file).Output()
	require.NoError(t, err)
	return seconds(t, strings.Trim(string(output), ",\n"))
}

// A transcode ends when its context is canceled, when emit fails and when emit panics. The next one works.
func TestTranscodesEnd(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, film)
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
		"emit panics": {t.Context(), func() error { panic("a piece") }, "panic: a piece"},
	} {
		t.Run(name, func(t *testing.T) {
			pieces := 0
			_, err := engine.CutStream(test.ctx, ix, of, open, func([]byte) error {
				pieces++
				return test.emit()
			})
			assert.ErrorContains(t, err, test.want)
			assert.Equal(t, 1, pieces)
		})
	}
	_, err = engine.CutStream(t.Context(), ix, of, open, func([]byte) error { return nil })
	assert.NoError(t, err, "the next one is complete")
}

func TestTranscodesAreBounded(t *testing.T) {
	doubled := with(func(f *video.Filters) { f.FPS = video.Rational{Num: 60, Den: 1} })
	for name, test := range map[string]struct {
		bound   func(*av.Config)
		filters video.Filters
	}{
		"frames":          {func(c *av.Config) { c.MaxEncodeFrames = 24 }, plain},
		"filtered frames": {func(c *av.Config) { c.MaxEncodeFrames = 30 }, doubled},
		"bytes":           {func(c *av.Config) { c.MaxSegmentBytes, c.EncodeQuality = 60_000, 0 }, plain},
	} {
		t.Run(name, func(t *testing.T) {
			config := av.NewDefaultConfig()
			test.bound(&config)
			engine := newEngine(t, config)
			v, open := fileAt(t, film)
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
	v, open := fileAt(t, filepath.Join("..", "testdata", "one-frame.mp4"))
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	_, err = engine.CutSegment(t.Context(), ix, cut.Cut{Edit: cut.Edit{FPS: video.Rational{Num: 10, Den: 1}}}, open)
	assert.Equal(t, video.Unreadable, video.KindOf(err))
	assert.Equal(t, "the filters leave no frame", video.Message(err))
}

// Frames larger than 1080p have a preset of their own. x264 writes its settings into the stream, and cabac is
// only off in ultrafast.
func TestLargeFramesHaveAPresetOfTheirOwn(t *testing.T) {
	config := av.NewDefaultConfig()
	other := config
	other.LargePreset = "superfast"
	assert.NotEqual(t, config.Encoder(), other.Encoder(), "the bytes depend on it")
	config.EncodePreset, config.LargePreset = "superfast", "ultrafast"
	engine := newEngine(t, config)
	for _, test := range []struct {
		width, height int
		cabac         string
	}{{1920, 1080, "cabac=1"}, {1088, 1920, "cabac=1"}, {2048, 1152, "cabac=0"}} {
		_, encoded := transcodedGOP(t, engine, filepath.Join("..", "testdata", "one-frame.mp4"), 0, with(func(f *video.Filters) { f.Width, f.Height = test.width, test.height }))
		data, err := os.ReadFile(encoded)
		require.NoError(t, err)
		assert.Contains(t, string(regexp.MustCompile(`cabac=\d`).Find(data)), test.cabac, "%d x %d", test.width, test.height)
	}
}
