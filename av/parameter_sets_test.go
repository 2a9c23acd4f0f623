package av_test

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
	"gop/video/cut"
)

// A segment has the parameter sets of its GOP, which come from a second sample entry or from the keyframe.
// The index and the segment have the size of its frames.
func TestParameterSetsChange(t *testing.T) {
	for _, name := range []string{
		"sample-entries.mp4", "parameter-change.mp4", "parameter-change.ts",
		"size-change-h264.mkv", "size-change-hevc.mkv", "size-change-av1.mkv", "size-change-vp9.webm",
		"size-change-mpeg2.mkv", "size-change-mpeg4.mkv",
	} {
		t.Run(name, func(t *testing.T) {
			engine := newEngine(t, av.NewDefaultConfig())
			v, open := fileAt(t, filepath.Join(testdata, name))
			ix, err := engine.Index(t.Context(), v, 1, open)
			require.NoError(t, err)
			last := ix.GOPs.Len() - 1
			var files []string
			// One demuxer makes all but the last three, so that it meets the changes in both directions.
			for i, n := range []int{last, 0, last, last, 0, 0, last, last, 0} {
				if i > 6 {
					engine = newEngine(t, av.NewDefaultConfig())
				}
				segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: n}, open)
				require.NoError(t, err)
				files = append(files, writeSegment(t, segment))
				made, err := indexOf(t, av.NewDefaultConfig(), files[i])
				require.NoError(t, err)
				want := map[int][2]int{0: {192, 108}, last: {160, 120}}[n]
				assert.Equal(t, want, [2]int{ix.TrackAt(n).Width, ix.TrackAt(n).Height}, "GOP %d", n)
				assert.Equal(t, want, [2]int{made.Track().Width, made.Track().Height}, "GOP %d", n)
				assertHeaderSize(t, want, segment)
			}
			_, messages := decodedFrames(t, files)
			assert.Empty(t, messages)
		})
	}
}

// assertHeaderSize compares the size in the track header and in the sample entry of a segment with square
// pixels.
func assertHeaderSize(t *testing.T, want [2]int, segment *video.Segment) {
	t.Helper()
	data := bytesOf(t, segment)
	file, err := mp4.DecodeFile(bytes.NewReader(data))
	require.NoError(t, err)
	header := file.Moov.Trak.Tkhd
	assert.Equal(t, want, [2]int{int(header.Width >> 16), int(header.Height >> 16)}, "track header")
	// mp4ff does not parse mp4v. ISO/IEC 14496-12, section 12.1.3: width and height of the first sample
	// entry.
	size := data[bytes.Index(data, []byte("stsd"))+44:]
	assert.Equal(t, want, [2]int{int(binary.BigEndian.Uint16(size)), int(binary.BigEndian.Uint16(size[2:]))})
}
