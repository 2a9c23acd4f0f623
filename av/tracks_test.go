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

// Each film has an index of its own, and goes with whichever sound is chosen.
func TestChosenTracks(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	path := filepath.Join("..", "testdata", "two-of-each.mp4")
	v, open := fileAt(t, path)
	for n, width := range map[int]int{1: 192, 2: 160} {
		ix, err := engine.Index(t.Context(), v, n, open)
		require.NoError(t, err)
		assert.Equal(t, width, ix.Track().Width)
		source := fromFirstKey(probe(t, path, []string{"v:0", "v:1"}[n-1]))
		for audio, rate := range map[int]int{0: 48000, 1: 48000, 2: 44100, cut.NoAudio: 0} {
			segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: 1, Audio: audio}, open)
			require.NoError(t, err)
			file := filepath.Join(t.TempDir(), "cut.mp4")
			require.NoError(t, os.WriteFile(file, bytesOf(t, segment), 0o600))
			film := probe(t, file, "v")
			assert.Equal(t, hashes(source[ix.GOPs[0].Frames:]), hashes(film))
			cutFile, err := indexOf(t, av.NewDefaultConfig(), file)
			require.NoError(t, err)
			if audio == cut.NoAudio {
				assert.Equal(t, -1, cutFile.DefaultAudio)
				continue
			}
			assert.Equal(t, rate, cutFile.Tracks[cutFile.DefaultAudio].SampleRate, "audio track %d", audio)
		}
	}
	_, err := engine.Index(t.Context(), v, 3, open)
	assert.Equal(t, video.NotFound, video.KindOf(err))
}

// The track that a file calls its default one is chosen where nobody chooses.
func TestDefaultSound(t *testing.T) {
	for name, stream := range map[string]int{"second-default.mkv": 2, "two-of-each.mp4": 2, "h264-aac.mp4": 1, "h264-bframes.mp4": -1} {
		ix, err := indexOf(t, av.NewDefaultConfig(), filepath.Join("..", "testdata", name))
		require.NoError(t, err)
		if stream < 0 {
			assert.Equal(t, -1, ix.DefaultAudio, name)
			continue
		}
		assert.Equal(t, stream, ix.Tracks[ix.DefaultAudio].StreamIndex, name)
	}
}

// Sound that no mp4 can hold is left out, with the reason; asked for, it is refused.
func TestSoundThatIsLeftOut(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, filepath.Join("..", "testdata", "adpcm.mkv"))
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	assert.Equal(t, "mp4 cannot hold adpcm_ms audio", ix.AudioUnsupported())
	segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{}, open)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "cut.mp4")
	require.NoError(t, os.WriteFile(file, bytesOf(t, segment), 0o600))
	assert.Empty(t, probe(t, file, "a"))
	assert.NotEmpty(t, probe(t, file, "v"))
	_, err = engine.CutSegment(t.Context(), ix, cut.Cut{Audio: 1}, open)
	assert.Equal(t, video.Unreadable, video.KindOf(err))
}

// A GOP is described by the parameter sets that are in force there, whether a second sample entry
// has them or its own key packet.
func TestParametersThatChange(t *testing.T) {
	for _, name := range []string{"sample-entries.mp4", "parameter-change.mp4", "parameter-change.ts"} {
		t.Run(name, func(t *testing.T) {
			engine := newEngine(t, av.NewDefaultConfig())
			v, open := fileAt(t, filepath.Join("..", "testdata", name))
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			last := len(ix.GOPs) - 1
			// To and fro: what one cut has found out must not be taken for another's.
			for i, n := range []int{last, 0, last, last, 0, 0, last, last, 0} {
				if i > 6 { // a demuxer that has seen nothing of the file
					engine = newEngine(t, av.NewDefaultConfig())
				}
				segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: n}, open)
				require.NoError(t, err)
				file := filepath.Join(t.TempDir(), "cut.mp4")
				require.NoError(t, os.WriteFile(file, bytesOf(t, segment), 0o600))
				cutFile, err := indexOf(t, av.NewDefaultConfig(), file)
				require.NoError(t, err)
				want := map[int][2]int{0: {192, 108}, last: {160, 120}}[n]
				assert.Equal(t, want, [2]int{cutFile.Track().Width, cutFile.Track().Height}, "GOP %d", n)
				_, complaints := decodedFrames(t, []string{file})
				assert.Empty(t, complaints, "GOP %d", n)
			}
		})
	}
}
