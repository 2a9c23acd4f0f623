package av_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

// Audio in transport packets of both sizes is recognized, and a GOP has all of it that mp4 can hold.
func TestAudioOfTransportStreams(t *testing.T) {
	const unknown = "the codec of the stream is unknown"
	engine := newEngine(t, av.NewDefaultConfig())
	for _, c := range []struct {
		name, options, codec, unsupported string
	}{
		{"aac.ts", "-c:a aac", "aac", ""},
		{"aac.m2ts", "-c:a aac", "aac", ""},
		{"latm.ts", "-c:a aac -mpegts_flags latm", "aac_latm", "mp4 cannot hold aac_latm audio"},
		{"latm.m2ts", "-c:a aac -mpegts_flags latm", "unknown", unknown},
		{"mp2.ts", "-c:a mp2", "mp2", ""},
		{"mp2.m2ts", "-c:a mp2", "mp2", ""},
		{"mp3.ts", "-c:a libmp3lame", "mp3", ""},
		{"mp3.m2ts", "-c:a libmp3lame", "mp3", ""},
		{"ac3.ts", "-c:a ac3", "ac3", ""},
		{"ac3.m2ts", "-c:a ac3", "ac3", ""},
		{"eac3.ts", "-c:a eac3", "eac3", ""},
		{"eac3.m2ts", "-c:a eac3", "eac3", ""},
		{"dts.ts", "-c:a dca -strict -2", "dts", ""},
		{"dts.m2ts", "-c:a dca -strict -2", "dts", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.name)
			args := []string{
				"-i", filepath.Join(testdata, "h264-bframes.mp4"), "-f", "lavfi", "-i", "sine=r=48000",
				"-t", "3", "-map", "0:v", "-map", "1:a", "-c:v", "copy",
			}
			args = append(args, strings.Fields(c.options)...)
			ffmpeg(t, append(args, "-f", "mpegts", "-mpegts_m2ts_mode", m2tsMode(c.name), path)...)
			ix, err := indexOf(t, av.NewDefaultConfig(), path)
			require.NoError(t, err)
			require.Equal(t, 1, ix.DefaultAudio)
			assert.Equal(t, c.codec, ix.Tracks[1].Codec)
			assert.Equal(t, c.unsupported, ix.AudioUnsupported())
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			_, segments := segmentsOf(t, data)
			source := packetsOf(t, engine, data)
			start, end := ix.GOPs.At(1).Start, ix.GOPs.At(1).End
			want := audioSums(source, start, end)
			if c.unsupported != "" {
				want = nil
			}
			got := audioSums(segments[1], 0, end)
			require.GreaterOrEqual(t, len(got), len(want))
			require.LessOrEqual(t, len(got), len(want)+1)
			assert.Equal(t, want, got[len(got)-len(want):])
		})
	}
}

// m2tsMode returns ffmpeg's option for the size of transport packets.
func m2tsMode(name string) string {
	if filepath.Ext(name) == ".m2ts" {
		return "1"
	}
	return "0"
}

// audioSums returns the hashes of the audio packets that overlap [start, end).
func audioSums(packets []av.Packet, start, end video.Ticks) (sums []av.Sum) {
	for _, p := range packets {
		if p.Kind == video.AudioTrack && p.PTS < end && p.PTS+p.Duration > start {
			sums = append(sums, p.Sum)
		}
	}
	return sums
}
