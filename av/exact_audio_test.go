package av_test

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video/cut"
)

const decodedRate = 48000

// decodeAudio decodes a file's first audio track with ffmpeg. The first sample is that at time 0.
func decodeAudio(t *testing.T, path string) []int16 {
	t.Helper()
	file := filepath.Join(t.TempDir(), "audio.raw")
	ffmpeg(t, "-copyts", "-i", path, "-map", "0:a:0", "-af", "aresample=48000:async=1:first_pts=0",
		"-ac", "1", "-f", "s16le", file)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	samples := make([]int16, len(data)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return samples
}

// delayOf returns how many samples later than want got is, by the least mean difference, and that difference.
func delayOf(got, want []int16) (delay int, difference float64) {
	const most = decodedRate / 1000
	difference = math.Inf(1)
	for d := -most; d <= most; d++ {
		sum := 0.0
		for i := most; i < min(len(got), len(want))-most; i++ {
			sum += math.Abs(float64(got[i+d]) - float64(want[i]))
		}
		if sum /= float64(min(len(got), len(want)) - 2*most); sum < difference {
			delay, difference = d, sum
		}
	}
	return delay, difference
}

// The audio of an exact clip is that of a full decode from the start of the clip on, to a tick of the video
// track, or to a millisecond if the container has no finer times.
func TestAudioOfExactClips(t *testing.T) {
	const (
		tick        = 4 // samples of a tick of the video track
		millisecond = decodedRate / 1000
	)
	for name, tolerance := range map[string]int{
		"h264-bframes-aac.mp4": tick, "many-gops.mp4": tick, "mp3.mp4": tick, "pcm.mov": tick,
		"edit-list-delay.mp4": tick, "h264-bframes-aac.ts": tick, "fragmented.mp4": millisecond,
		"h264-bframes-aac.mkv": millisecond, "flac.mkv": millisecond, "ac3.mkv": millisecond,
		"h264-aac.flv": millisecond,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(testdata, name)
			whole := decodeAudio(t, path)
			v, open := fileAt(t, path)
			engine := newEngine(t, av.NewDefaultConfig())
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			start := ix.GOPs.At(0).Start.Micros(ix.Track().TimeBase)
			for _, after := range []int64{300_000, 777_777} {
				clip := cut.Clip{From: start + after, To: start + after + 400_000, Exact: true}
				segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{Clip: clip}, open)
				require.NoError(t, err)
				got := decodeAudio(t, writeSegment(t, segment))
				want := whole[clip.From*decodedRate/1_000_000:]
				want = want[:min(len(want), decodedRate*2/5)]
				// ffmpeg decodes all of the last packet.
				require.GreaterOrEqual(t, len(got), len(want)-tick, "samples")
				delay, difference := delayOf(got, want)
				assert.LessOrEqual(t, max(delay, -delay), tolerance, "clip at %d µs", clip.From)
				assert.Less(t, difference, 400.0, "clip at %d µs", clip.From)
			}
		})
	}
}
