package av_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

func indexOf(t *testing.T, config av.Config, path string) (*video.Index, error) {
	t.Helper()
	v, open := fileAt(t, path)
	return newEngine(t, config).Index(context.Background(), v, 1, open)
}

// The listing agrees with what ffprobe says of the packets.
func TestIndexAgreesWithFFprobe(t *testing.T) {
	for _, path := range testVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			ix, err := indexOf(t, av.NewDefaultConfig(), path)
			require.NoError(t, err)
			slack := 0.0
			if isTransportStream(path) {
				slack = 1 // FFmpeg's versions differ on whose the zero before a start code is
			}
			number := -1
			var frames, leading int
			var bytes int64
			var start float64
			check := func() {
				if number >= 0 {
					assert.Equal(t, frames, ix.GOPs[number].Frames, "frames of GOP %d", number)
					if filepath.Base(path) != "no-offsets.mov" { // its pictures tell, its times do not
						assert.Equal(t, leading, ix.GOPs[number].Leading, "leading pictures of GOP %d", number)
					}
					assert.InDelta(t, bytes, ix.GOPs[number].Bytes, slack, "bytes of GOP %d", number)
				}
			}
			base := ix.Track().TimeBase
			for _, p := range fromFirstKey(probe(t, path, "V:0")) {
				if p.isKey() {
					check()
					number++
					require.Less(t, number, len(ix.GOPs))
					frames, leading, bytes, start = 0, 0, 0, seconds(t, p.PTS)
					assert.InDelta(t, start, seconds(t, ix.GOPs[number].Start.Seconds(base)), 1e-6)
					assert.InDelta(t, p.size(t), ix.GOPs[number].KeySize, slack)
					assert.Equal(t, p.Pos, strconv.FormatInt(ix.GOPs[number].KeyPos, 10))
					guessed := number == 0 && filepath.Ext(path) == ".mkv" // Matroska stores none
					if p.DTS != "" && !guessed {
						assert.InDelta(t, seconds(t, p.DTS), seconds(t, ix.GOPs[number].StartDTS.Seconds(base)), 1e-6)
					}
				}
				frames++
				bytes += int64(p.size(t))
				if seconds(t, p.PTS) < start {
					leading++
				}
			}
			check()
			assert.Len(t, ix.GOPs, number+1)
		})
	}
}

func TestIndexKnowsHowKeysStart(t *testing.T) {
	for name, want := range map[string]struct {
		keys    []video.KeyType
		leading int  // pictures of each GOP behind the first
		closed  bool // those GOPs
		scanned bool
	}{
		"h264-bframes.mp4":      {[]video.KeyType{"idr", "idr", "idr"}, 0, true, false},
		"h264-open-gop.mp4":     {[]video.KeyType{"idr", "recovery", "recovery"}, 2, false, false},
		"hevc-open-gop.mov":     {[]video.KeyType{"idr", "cra", "cra"}, 4, false, false},
		"hevc-open-gop.mkv":     {[]video.KeyType{"idr", "cra", "cra"}, 4, false, false},
		"no-offsets.mov":        {[]video.KeyType{"idr", "cra", "cra"}, 4, false, false},
		"hevc.ts":               {[]video.KeyType{"idr", "idr", "idr"}, 0, true, true},
		"fragmented-small.mp4":  {[]video.KeyType{"idr", "idr", "idr"}, 0, true, false},
		"fragmented-frames.mp4": {[]video.KeyType{"idr", "idr", "idr"}, 0, true, false},
		"mpeg4.mp4":             {[]video.KeyType{"recovery", "recovery"}, 2, false, false},
		"mpeg2.mp4":             {[]video.KeyType{"recovery", "recovery"}, 2, false, false},
		"mpeg2-closed.ts":       {[]video.KeyType{"recovery", "recovery"}, 0, true, true},
		"vp9-opus.webm":         {[]video.KeyType{"idr", "idr"}, 0, true, false},
		"av1-opus.mkv":          {[]video.KeyType{"idr", "idr"}, 0, true, false},
		"all-flagged.mkv":       {[]video.KeyType{"recovery", "recovery"}, 2, false, true},
		"mpeg2.mkv":             {[]video.KeyType{"recovery", "recovery"}, 2, false, false},
		"one-reference.mkv":     {[]video.KeyType{"idr", "intra"}, 0, true, true},
		"header-stripped.mkv":   {[]video.KeyType{"idr", "idr", "idr", "idr"}, 0, true, false},
		"live.mkv":              {[]video.KeyType{"idr", "idr", "idr", "idr"}, 0, true, false},
		"h264-bframes-aac.ts":   {[]video.KeyType{"idr", "idr", "idr", "idr"}, 0, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			ix, err := indexOf(t, av.NewDefaultConfig(), filepath.Join("..", "testdata", name))
			require.NoError(t, err)
			var keys []video.KeyType
			for i, g := range ix.GOPs {
				keys = append(keys, g.KeyType)
				if i > 0 {
					assert.Equal(t, want.closed, g.Closed, "GOP %d", i)
					assert.Equal(t, want.leading, g.Leading, "GOP %d", i)
				}
			}
			assert.Equal(t, want.keys, keys)
			assert.Equal(t, want.scanned, ix.Scanned)
		})
	}
}

func TestIndexDescribesTracks(t *testing.T) {
	ix, err := indexOf(t, av.NewDefaultConfig(), filepath.Join("..", "testdata", "h264-bframes-aac.mp4"))
	require.NoError(t, err)
	require.Len(t, ix.Tracks, 2)
	film, sound := ix.Track(), ix.Tracks[ix.DefaultAudio]
	assert.Equal(t, "h264", film.Codec)
	assert.Equal(t, "avc1.64000B", film.MIME)
	assert.Equal(t, []int{192, 108}, []int{film.Width, film.Height})
	assert.Equal(t, "yuv420p", film.PixelFormat)
	assert.Equal(t, video.Rational{Num: 1, Den: 1}, film.SampleAspect)
	assert.Equal(t, "mp4a.40.2", sound.MIME)
	assert.Equal(t, []int{48000, 1}, []int{sound.SampleRate, sound.Channels})

	turned, err := indexOf(t, av.NewDefaultConfig(), filepath.Join("..", "testdata", "rotated.mp4"))
	require.NoError(t, err)
	assert.Equal(t, 270, turned.Track().Rotation)
}

func TestIndexRefusals(t *testing.T) {
	for name, reason := range map[string]string{
		"audio-only.mp4":     "the file has no video track",
		"encrypted.mp4":      "the video is encrypted",
		"empty.mp4":          "the file is empty",
		"no-key.ts":          "the video has no keyframe",
		"prores.mov":         "mp4 cannot hold prores video",
		"text.mp4":           "the file is not mp4, mov, Matroska, WebM or MPEG-TS",
		"cut-in-header.mp4":  "the file's header is damaged or cut off",
		"corrupt-header.mp4": "the file has no video track",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := indexOf(t, av.NewDefaultConfig(), filepath.Join("..", "testdata", "broken", name))
			require.Error(t, err)
			assert.Equal(t, video.Unreadable, video.KindOf(err))
			assert.Equal(t, reason, video.Message(err))
		})
	}
}

func TestLimits(t *testing.T) {
	path := filepath.Join("..", "testdata", "h264-bframes-aac.mp4")
	for name, limit := range map[string]func(*av.Config){
		"packets": func(c *av.Config) { c.MaxPackets = 99 },
		"GOPs":    func(c *av.Config) { c.MaxGOPs = 3 },
	} {
		t.Run(name, func(t *testing.T) {
			config := av.NewDefaultConfig()
			limit(&config)
			_, err := indexOf(t, config, path)
			assert.Equal(t, video.TooLarge, video.KindOf(err), "%v", err)
		})
	}
	t.Run("segment", func(t *testing.T) {
		config := av.NewDefaultConfig()
		config.MaxSegmentBytes = 1000
		engine := newEngine(t, config)
		v, open := fileAt(t, path)
		ix, err := engine.Index(context.Background(), v, 1, open)
		require.NoError(t, err)
		_, err = engine.CutSegment(context.Background(), ix, cut.Cut{GOP: 0}, open)
		assert.Equal(t, video.TooLarge, video.KindOf(err), "%v", err)

		// Small packets take memory too.
		config.MaxSegmentBytes = ix.GOPs[0].Bytes * 2
		_, err = newEngine(t, config).CutSegment(context.Background(), ix, cut.Cut{GOP: 0, Audio: cut.NoAudio}, open)
		assert.Equal(t, video.TooLarge, video.KindOf(err), "%v", err)
	})
}

// counting counts the bytes that are read of a file.
type counting struct {
	*os.File
	bytes *atomic.Int64
}

func (c counting) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.File.ReadAt(b, at)
	c.bytes.Add(int64(n))
	return n, err
}

var _ io.ReaderAt = counting{}

// An index comes from what the container tells of its packets: the pictures are not read for it.
func TestIndexLeavesThePayloadAlone(t *testing.T) {
	dir := t.TempDir()
	film := filepath.Join(dir, "film.mp4")
	ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25,noise=alls=40:allf=t", "-f", "lavfi", "-i", "sine", "-t", "20",
		"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "6M", "-g", "50", "-c:a", "aac", film)
	for name, options := range map[string][]string{
		"fragments.mp4":           {"-movflags", "+frag_keyframe+empty_moov"},
		"fragments-with-mfra.mp4": {"-movflags", "+frag_keyframe"},
		"fragments-with-sidx.mp4": {"-movflags", "+dash+delay_moov+global_sidx"},
		"cues.mkv":                nil,
		"no-cues.mkv":             {"-live", "1"},
		"film.mov":                nil,
	} {
		ffmpeg(t, slices.Concat([]string{"-i", film, "-c", "copy"}, options, []string{filepath.Join(dir, name)})...)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, paths, 7)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			v, open := fileAt(t, path)
			var read atomic.Int64
			ix, err := newEngine(t, av.NewDefaultConfig()).Index(t.Context(), v, 1, func() (video.File, error) {
				file, err := open()
				if err != nil {
					return nil, err
				}
				return counting{file.(*os.File), &read}, nil
			})
			require.NoError(t, err)
			assert.Len(t, ix.GOPs, 10)
			assert.False(t, ix.Scanned)
			require.Greater(t, v.Size, int64(10<<20))
			assert.Less(t, read.Load(), v.Size/5)
		})
	}
}
