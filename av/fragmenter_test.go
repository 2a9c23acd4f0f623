package av_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// A stream has the same frames and the same audio as the mp4 that is not fragmented, and emits all of its
// bytes.
func TestStreams(t *testing.T) {
	config := av.NewDefaultConfig()
	config.TranscodeCRF, config.TranscodePreset = 0, "ultrafast"
	engine := newEngine(t, config)
	for _, file := range slices.Concat(decoded, unusual) {
		t.Run(file, func(t *testing.T) {
			path := filepath.Join(testdata, file)
			v, open := fileAt(t, path)
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			of := cut.Cut{Edit: cut.Edit{Transcode: true}, Fragmented: true}
			var fragments [][]byte
			s, err := engine.CutStream(t.Context(), ix, of, open, func(f video.Fragment) error {
				fragments = append(fragments, f.Data)
				return nil
			})
			require.NoError(t, err)
			data := bytesOf(t, s)
			assert.True(t, bytes.Equal(data, bytes.Join(fragments, nil)), "emit gets all bytes")
			whole, err := engine.CutSegment(t.Context(), ix, of, open)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(data, bytesOf(t, whole)), "the same bytes each time")
			if ix.GOPs.At(0).Frames > 20 {
				assert.Greater(t, len(fragments), 2)
			}
			parsed, err := mp4.DecodeFile(bytes.NewReader(fragments[0]))
			require.NoError(t, err, "the first fragment has a moov")
			assert.True(t, parsed.IsFragmented())
			require.Len(t, parsed.Segments, 1)

			streamed := writeSegment(t, s)
			remuxed, transcoded := transcodedGOP(t, engine, path, 0, plain)
			frames := decodedFiltered(t, []input{{streamed, "null"}, {transcoded, "null"}})
			assertFrames(t, frames[1], frames[0])
			assertSameAudio(t, probePackets(t, remuxed, "a"), probePackets(t, streamed, "a"))
		})
	}
}
