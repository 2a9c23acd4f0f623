package bitstream

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/internal/media"
)

// FuzzBitstream checks that no bytes make a parser fail, or report data outside of them.
func FuzzBitstream(f *testing.F) {
	readers := []func(t *testing.T, data []byte){fuzzFrames, fuzzPayloads, fuzzConfigs}
	for _, name := range []string{
		"one-frame.mp4", "high10.mp4", "av1.mp4", "one-reference.mkv", "vp9-opus.webm", "hevc-open-gop.mkv",
		"broken/no-key.ts",
	} {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
		require.NoError(f, err)
		for i := range readers {
			f.Add(byte(i), data)
		}
		for _, mark := range []string{"avcC", "hvcC", "av1C", "\x00\x00\x01"} {
			if at := bytes.Index(data, []byte(mark)); at > 4 {
				for i := range readers {
					f.Add(byte(i), data[at-4:min(len(data), at+2000)])
					f.Add(byte(i), data[at+4:min(len(data), at+2000)])
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, reader byte, data []byte) {
		readers[int(reader)%len(readers)](t, data)
	})
}

// codecs are those whose packets or configurations gop looks into.
var codecs = []media.Codec{
	media.H264, media.HEVC, media.AV1, media.VP9, media.MPEG1Video,
	media.MPEG2Video, media.MPEG4, media.AAC, media.Opus, media.FLAC,
}

func fuzzFrames(t *testing.T, data []byte) {
	for _, codec := range codecs {
		for length := range 5 {
			p := NewParser(codec, nil)
			p.LengthSize = length
			p.Parse(bytes.NewReader(data), int64(len(data)))
			if !p.HasNALUnits() {
				break
			}
			total := 0
			for unit := range p.NALUnits(data) {
				total += length + len(unit)
			}
			require.True(t, length == 0 || total <= len(data))
			if sets, isNew := p.ParameterSets(data, nil); isNew {
				again, stillNew := p.ParameterSets(data, sets)
				require.Equal(t, sets, again)
				require.False(t, stillNew)
			}
			if length > 0 {
				head := p.UpToSlice(slices.Clone(data))
				require.LessOrEqual(t, len(head), len(data))
			}
		}
	}
}

func fuzzPayloads(t *testing.T, data []byte) {
	for _, codec := range codecs {
		samples, _ := AudioSamples(codec, bytes.NewReader(data), int64(len(data)))
		require.True(t, samples >= 0 && samples <= 1<<16, "%d samples", samples)
		for length := range 5 {
			total := 0
			for unit := range (Framing{Codec: codec, LengthSize: length, ADTS: true}).Units(data) {
				total += len(unit)
			}
			require.LessOrEqual(t, total, len(data))
		}
	}
}

func fuzzConfigs(t *testing.T, data []byte) {
	for _, codec := range codecs {
		require.LessOrEqual(t, NewParser(codec, data).LengthSize, 4)
		width, height := ConfigSize(codec, data)
		require.Equal(t, width > 0, height > 0)
		require.LessOrEqual(t, max(width, height), maxSide)
	}
}
