package av_test

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strconv"
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
	engine := newEngine(t, config)
	ix, err := engine.Index(context.Background(), v, 1, open)
	if err != nil {
		return nil, err
	}
	return engine.ReadKeys(context.Background(), ix, open)
}

// The index agrees with ffprobe's packets.
func TestIndexMatchesFFprobe(t *testing.T) {
	for _, path := range timedVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := cutAll(t, path)
			_, packets := c.source.stream(c.ix.Track().StreamIndex)
			packets = fromFirstKey(packets)
			for i, g := range c.ix.GOPs.All() {
				end := 1 + slices.IndexFunc(packets[1:], probedPacket.isKey)
				if end == 0 {
					end = len(packets)
				}
				assertGOP(t, path, c.ix, g, packets[:end])
				packets = packets[end:]
				require.Equal(t, i < c.ix.GOPs.Len()-1, len(packets) > 0, "GOP %d", i)
			}
		})
	}
}

// assertGOP compares a GOP of an index with its packets.
func assertGOP(t *testing.T, path string, ix *video.Index, g video.GOP, packets []probedPacket) {
	t.Helper()
	slack := 0.0
	if hasStartCodes(path) {
		slack = 1 // versions of FFmpeg disagree on which packet a zero before a start code belongs to
	}
	base, key := ix.Track().TimeBase, packets[0]
	bytes := 0
	for _, p := range packets {
		bytes += p.size(t)
	}
	assert.Len(t, packets, g.Frames, "frames of GOP %d", g.Number)
	assert.InDelta(t, bytes, g.Bytes, slack, "bytes of GOP %d", g.Number)
	assert.InDelta(t, key.size(t), g.KeySize, slack)
	assert.Equal(t, cmp.Or(key.Pos, "-1"), strconv.FormatInt(g.KeyPos, 10))
	isGuess := g.Number == 0 && filepath.Ext(path) == ".mkv" // Matroska stores no DTS
	if key.DTS != "" && !isGuess {
		assert.InDelta(t, secondsOf(t, key.DTS), secondsOf(t, g.StartDTS.Seconds(base)), 1e-6)
	}
	if key.PTS == "" { // the container has only times of decoding
		return
	}
	keyPTS, leading := secondsOf(t, key.PTS), 0
	for _, p := range packets {
		if p.PTS != "" && secondsOf(t, p.PTS) < keyPTS {
			leading++
		}
	}
	if filepath.Base(path) != "no-offsets.mov" { // its times do not show leading frames, its frame headers do
		assert.Equal(t, leading, g.Leading, "leading frames of GOP %d", g.Number)
	}
	assert.InDelta(t, keyPTS, secondsOf(t, g.KeyPTS.Seconds(base)), 1e-6)
	assert.InDelta(t, presentedStart(t, packets), secondsOf(t, g.Start.Seconds(base)), 1e-6)
}

func TestKeyTypes(t *testing.T) {
	for name, want := range map[string]struct {
		keys    []video.KeyType
		leading int  // leading frames of each GOP but the first
		closed  bool // whether those GOPs are closed
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
			for i, g := range ix.GOPs.All() {
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
	track, audio := ix.Track(), ix.Tracks[ix.DefaultAudio]
	assert.Equal(t, "h264", track.Codec)
	assert.Equal(t, "avc1.64000B", track.MIME)
	assert.Equal(t, []int{192, 108}, []int{track.Width, track.Height})
	assert.Equal(t, "yuv420p", track.PixelFormat)
	assert.Equal(t, video.Rational{Num: 1, Den: 1}, track.SampleAspect)
	assert.Equal(t, "mp4a.40.2", audio.MIME)
	assert.Equal(t, []int{48000, 1}, []int{audio.SampleRate, audio.Channels})

	turned, err := indexOf(t, av.NewDefaultConfig(), filepath.Join("..", "testdata", "rotated.mp4"))
	require.NoError(t, err)
	assert.Equal(t, 270, turned.Track().Rotation)
}

func TestIndexErrors(t *testing.T) {
	for name, reason := range map[string]string{
		"audio-only.mp4": "the file has no video track",
		"encrypted.mp4":  "the video is encrypted",
		"empty.mp4":      "the file is empty",
		"no-key.ts":      "the video has no keyframe",
		"text.mp4": "the file is not mp4, mov, Matroska, WebM, MPEG-TS, MPEG-PS, AVI, FLV, ASF, MXF or " +
			"Ogg",
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
		config.MaxSegmentBytes = ix.GOPs.At(0).Bytes * 2
		engine = newEngine(t, config)
		_, err = engine.CutSegment(context.Background(), ix, cut.Cut{GOP: 0, Audio: cut.NoAudio}, open)
		assert.Equal(t, video.TooLarge, video.KindOf(err), "%v", err)
	})
}

// An index reads little more than the tables of the container. The frames are larger than media.Window reads.
func TestIndexReadsNoPayloads(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "source.mp4")
	ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25,noise=alls=40:allf=t",
		"-f", "lavfi", "-i", "sine", "-t", "20",
		"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "16M", "-g", "50", "-c:a", "aac", source)
	remux := []string{"-i", source}
	for name, options := range map[string][]string{
		"fragments.mp4":           {"-movflags", "+frag_keyframe+empty_moov"},
		"fragments-with-mfra.mp4": {"-movflags", "+frag_keyframe"},
		"fragments-with-sidx.mp4": {"-movflags", "+dash+delay_moov+global_sidx"},
		"cues.mkv":                nil,
		"no-cues.mkv":             {"-live", "1"},
		"source.mov":              nil,
	} {
		remux = slices.Concat(remux, []string{"-c", "copy"}, options, []string{filepath.Join(dir, name)})
	}
	ffmpeg(t, remux...)
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, paths, 7)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			v, open := fileAt(t, path)
			engine := newEngine(t, av.NewDefaultConfig())
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			assert.Equal(t, 10, ix.GOPs.Len())
			assert.False(t, ix.Scanned)
			require.Greater(t, v.Size, int64(10<<20))
			assert.Less(t, engine.BytesRead(), v.Size/5)
		})
	}
}
