package av_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// Each video track has an index of its own and can be combined with each audio track.
func TestSelectedTracks(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	path := filepath.Join(testdata, "two-of-each.mp4")
	v, open := fileAt(t, path)
	for n, width := range map[int]int{1: 192, 2: 160} {
		ix, err := engine.Index(t.Context(), v, n, open)
		require.NoError(t, err)
		assert.Equal(t, width, ix.Track().Width)
		source := fromFirstKey(probePackets(t, path, []string{"v:0", "v:1"}[n-1]))
		for audio, rate := range map[int]int{0: 48000, 1: 48000, 2: 44100, cut.NoAudio: 0} {
			segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: 1, Audio: audio}, open)
			require.NoError(t, err)
			file := writeSegment(t, segment)
			assert.Equal(t, hashes(source[ix.GOPs.At(0).Frames:]), hashes(probePackets(t, file, "v")))
			made, err := indexOf(t, av.NewDefaultConfig(), file)
			require.NoError(t, err)
			if audio == cut.NoAudio {
				assert.Equal(t, -1, made.DefaultAudio)
				continue
			}
			assert.Equal(t, rate, made.Tracks[made.DefaultAudio].SampleRate, "audio track %d", audio)
		}
	}
	_, err := engine.Index(t.Context(), v, 3, open)
	assert.Equal(t, video.NotFound, video.KindOf(err))
}

// The default audio track is the one that the file flags as default.
func TestDefaultAudio(t *testing.T) {
	for name, stream := range map[string]int{
		"second-default.mkv": 2, "two-of-each.mp4": 2, "h264-aac.mp4": 1, "h264-bframes.mp4": -1,
	} {
		ix, err := indexOf(t, av.NewDefaultConfig(), filepath.Join(testdata, name))
		require.NoError(t, err)
		if stream < 0 {
			assert.Equal(t, -1, ix.DefaultAudio, name)
			continue
		}
		assert.Equal(t, stream, ix.Tracks[ix.DefaultAudio].StreamIndex, name)
	}
}

// A segment omits audio that mp4 cannot hold. A request for it is an error.
func TestUnsupportedAudio(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, filepath.Join(testdata, "adpcm.mkv"))
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	assert.Equal(t, "mp4 cannot hold adpcm_ms audio", ix.AudioUnsupported())
	segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{}, open)
	require.NoError(t, err)
	f := probe(t, writeSegment(t, segment))
	assert.Empty(t, f.packets("audio"))
	assert.NotEmpty(t, f.packets("video"))
	_, err = engine.CutSegment(t.Context(), ix, cut.Cut{Audio: 1}, open)
	assert.Equal(t, video.Unreadable, video.KindOf(err))
}

// A codec that libav does not know is reported as unknown.
func TestUnknownCodecs(t *testing.T) {
	avi, err := os.ReadFile(filepath.Join(testdata, "mpeg4.avi"))
	require.NoError(t, err)
	changed := func(old, new string) string {
		require.True(t, bytes.Contains(avi, []byte(old)))
		path := filepath.Join(t.TempDir(), "changed.avi")
		require.NoError(t, os.WriteFile(path, bytes.ReplaceAll(avi, []byte(old), []byte(new)), 0o600))
		return path
	}
	_, err = indexOf(t, av.NewDefaultConfig(), changed("mp4v", "none"))
	assert.Equal(t, video.Unreadable, video.KindOf(err))
	assert.EqualError(t, err, "the codec of the video is unknown")

	const mp3 = "strf\x1e\x00\x00\x00\x55\x00" // a WAVEFORMATEX starts with the codec
	ix, err := indexOf(t, av.NewDefaultConfig(), changed(mp3, mp3[:8]+"\xee\xee"))
	require.NoError(t, err)
	assert.Equal(t, "the codec of the audio is unknown", ix.AudioUnsupported())
	assert.Equal(t, "unknown", ix.Tracks[ix.DefaultAudio].Codec)
}
