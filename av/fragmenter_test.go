package av_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video/cut"
)

// A stream has the same frames and the same audio as the mp4 that is made at once. Its pieces follow each
// other.
func TestStreams(t *testing.T) {
	config := av.NewDefaultConfig()
	config.EncodeQuality, config.EncodePreset = 0, "ultrafast"
	engine := newEngine(t, config)
	for _, file := range slices.Concat(decoded, hard) {
		t.Run(file, func(t *testing.T) {
			path := filepath.Join("..", "testdata", file)
			v, open := fileAt(t, path)
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			of := cut.Cut{Edit: cut.Edit{Transcode: true}, Fragmented: true}
			var pieces [][]byte
			s, err := engine.CutStream(t.Context(), ix, of, open, func(piece []byte) error {
				pieces = append(pieces, piece)
				return nil
			})
			require.NoError(t, err)
			data := bytesOf(t, s)
			assert.True(t, bytes.Equal(data, bytes.Join(pieces, nil)), "the pieces are the whole")
			whole, err := engine.CutSegment(t.Context(), ix, of, open)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(data, bytesOf(t, whole)), "the same bytes each time")
			if ix.GOPs[0].Frames > 20 {
				assert.Greater(t, len(pieces), 2)
			}
			parsed, err := mp4.DecodeFile(bytes.NewReader(pieces[0]))
			require.NoError(t, err, "the first piece stands by itself")
			assert.True(t, parsed.IsFragmented())
			require.Len(t, parsed.Segments, 1)

			streamed := filepath.Join(t.TempDir(), "stream.mp4")
			require.NoError(t, os.WriteFile(streamed, data, 0o600))
			cutFile, encoded := transcodedGOP(t, engine, path, 0, plain)
			got, want := bothFrames(t, streamed, encoded, "null")
			require.Len(t, got, len(want))
			for i, p := range got {
				assert.Equal(t, want[i].sum, p.sum, "frame %d", i)
				assert.InDelta(t, want[i].time, p.time, 1, "the time of frame %d", i)
			}
			audio, wantAudio := probe(t, streamed, "a"), probe(t, cutFile, "a")
			require.Len(t, audio, len(wantAudio))
			for i, p := range audio {
				assert.Equal(t, wantAudio[i].Hash, p.Hash, "audio packet %d", i)
				assert.InDelta(t, seconds(t, wantAudio[i].PTS), seconds(t, p.PTS), 0.001)
			}
		})
	}
}
