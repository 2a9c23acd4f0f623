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

// decodeGOP cuts a GOP, and decodes the boxes of the segment with another library.
func decodeGOP(t *testing.T, name string, n int) (*video.Index, *mp4.File, []byte) {
	t.Helper()
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, filepath.Join(testdata, name))
	ix, err := engine.Index(t.Context(), v, 1, open)
	require.NoError(t, err)
	segment, err := engine.CutSegment(t.Context(), ix, cut.Cut{GOP: n}, open)
	require.NoError(t, err)
	data := bytesOf(t, segment)
	require.Len(t, data, int(segment.Size))
	file, err := mp4.DecodeFile(bytes.NewReader(data))
	require.NoError(t, err)
	return ix, file, data
}

// A GOP of any video is a plain mp4 whose tables agree with each other and with the index.
func TestBoxes(t *testing.T) {
	for _, path := range testVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			ix, file, _ := decodeGOP(t, filepath.Base(path), 0)
			assertLayout(t, file)
			track, g := file.Moov.Traks[0], ix.GOPs.At(0)
			for _, track := range file.Moov.Traks {
				scale := video.Rational{Num: 1, Den: int(track.Mdia.Mdhd.Timescale)}
				assertTables(t, track, int64((g.Start-g.KeyPTS).Rescale(ix.Track().TimeBase, scale)))
			}
			tables := track.Mdia.Minf.Stbl
			assert.EqualValues(t, g.Frames, tables.Stsz.SampleNumber)
			if tables.Stss != nil { // without it, all are keyframes (ISO/IEC 14496-12, section 8.6.2)
				assert.Equal(t, []uint32{1}, tables.Stss.SampleNumber, "the first frame is the only keyframe")
			} else {
				assert.Equal(t, 1, g.Frames)
			}
			size, err := tables.Stsz.GetTotalSampleSize(1, tables.Stsz.SampleNumber)
			require.NoError(t, err)
			if !ix.Scanned { // else lengths have replaced start codes
				assert.EqualValues(t, g.Bytes, size)
			}
			assert.EqualValues(t, 90000, file.Moov.Mvhd.Timescale)
		})
	}
}

func assertLayout(t *testing.T, file *mp4.File) {
	t.Helper()
	var order []string
	for _, box := range file.Children {
		if box.Type() != "free" {
			order = append(order, box.Type())
		}
	}
	assert.Equal(t, []string{"ftyp", "moov", "mdat"}, order)
	assert.False(t, file.IsFragmented())
}

// assertTables checks that a track's tables describe every sample, and that its edit list starts at the
// keyframe, or trimmed ticks after it.
func assertTables(t *testing.T, track *mp4.TrakBox, trimmed int64) {
	t.Helper()
	tables := track.Mdia.Minf.Stbl
	timed := 0
	for _, n := range tables.Stts.SampleCount {
		timed += int(n)
	}
	assert.EqualValues(t, tables.Stsz.SampleNumber, timed, "samples in stts")
	shift := int64(0)
	if tables.Ctts != nil {
		shifted := 0
		for i := range tables.Ctts.NrSampleCount() {
			shifted += int(tables.Ctts.SampleCount(i))
		}
		assert.EqualValues(t, tables.Stsz.SampleNumber, shifted, "samples in ctts")
		shift = int64(tables.Ctts.GetCompositionTimeOffset(1))
	}
	if tables.Stsz.SampleNumber == 0 { // a GOP without audio
		assert.Nil(t, track.Edts)
		assert.Zero(t, track.Tkhd.Duration)
		assert.Zero(t, track.Mdia.Mdhd.Duration)
		return
	}
	require.NotNil(t, track.Edts)
	require.Len(t, track.Edts.Elst, 1)
	entries := track.Edts.Elst[0].Entries
	require.NotEmpty(t, entries)
	last := entries[len(entries)-1]
	if track.Mdia.Hdlr.HandlerType == "vide" {
		require.Len(t, entries, 1)
		assert.Equal(t, shift+trimmed, last.MediaTime, "the edit starts at the first presented frame")
	} else {
		assert.GreaterOrEqual(t, last.MediaTime, int64(0), "the last edit is not empty")
		_, first := tables.Stts.GetDecodeTime(1)
		assert.Less(t, last.MediaTime, int64(first), "the edit trims a part of the first packet at most")
	}
}

func TestTablesOfAGOP(t *testing.T) {
	ix, file, _ := decodeGOP(t, "h264-bframes-aac.mp4", 2)
	track := file.Moov.Traks[0]
	g := ix.GOPs.At(2)
	entries := track.Edts.Elst[0].Entries
	require.Len(t, entries, 1)
	scale := int(track.Mdia.Mdhd.Timescale)
	assert.Equal(t, g.Start-g.StartDTS, video.Ticks(entries[0].MediaTime).Rescale(
		video.Rational{Num: 1, Den: scale}, ix.Track().TimeBase))
	assert.EqualValues(t, 90000, entries[0].SegmentDuration, "a second")
	assert.EqualValues(t, scale, track.Mdia.Mdhd.Duration, "25 frames of 1/25 s")
}

func TestSampleEntries(t *testing.T) {
	for _, name := range []string{"hevc.mp4", "hevc-open-gop.mov"} {
		_, hevc, _ := decodeGOP(t, name, 1)
		require.NotNil(t, hevc.Moov.Traks[0].Mdia.Minf.Stbl.Stsd.HvcX, name)
		assert.Equal(t, "hvc1", hevc.Moov.Traks[0].Mdia.Minf.Stbl.Stsd.HvcX.Type(), name)
	}

	_, wide, _ := decodeGOP(t, "wide-pixels.mp4", 0)
	pasp := wide.Moov.Traks[0].Mdia.Minf.Stbl.Stsd.AvcX.Pasp
	require.NotNil(t, pasp)
	assert.Equal(t, []uint32{4, 3}, []uint32{pasp.HSpacing, pasp.VSpacing})

	_, _, turned := decodeGOP(t, "rotated.mp4", 1)
	_, _, upright := decodeGOP(t, "h264-bframes.mp4", 1)
	assert.Equal(t, [4]int32{0, -1 << 16, 1 << 16, 0}, matrixOf(t, turned))
	assert.Equal(t, [4]int32{1 << 16, 0, 0, 1 << 16}, matrixOf(t, upright))
}

// matrixOf returns a, b, c and d of the first track's matrix (ISO/IEC 14496-12, section 8.3.2), which mp4ff
// does not read.
func matrixOf(t *testing.T, data []byte) [4]int32 {
	t.Helper()
	_, tkhd, ok := bytes.Cut(data, []byte("tkhd"))
	require.True(t, ok)
	require.Zero(t, tkhd[0], "version")
	var m [4]int32
	for i, at := range []int{0, 4, 12, 16} {
		m[i] = int32(binary.BigEndian.Uint32(tkhd[40+at:]))
	}
	return m
}
