package av_test

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

// boxesOf cuts a GOP, and has an independent reader take it apart.
func boxesOf(t *testing.T, name string, n int) (*video.Index, *mp4.File) {
	t.Helper()
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, filepath.Join("..", "testdata", name))
	ix, err := engine.Index(context.Background(), v, open)
	require.NoError(t, err)
	segment, err := engine.Segment(context.Background(), ix, video.Cut{GOP: n}, open)
	require.NoError(t, err)
	data := bytesOf(segment)
	require.Len(t, data, int(segment.Size))
	file, err := mp4.DecodeFile(bytes.NewReader(data))
	require.NoError(t, err)
	return ix, file
}

func TestLayout(t *testing.T) {
	_, file := boxesOf(t, "fragmented.mp4", 1)
	var order []string
	for _, box := range file.Children {
		if box.Type() != "free" {
			order = append(order, box.Type())
		}
	}
	assert.Equal(t, []string{"ftyp", "moov", "mdat"}, order)
	assert.False(t, file.IsFragmented())
}

func TestTablesOfAGOP(t *testing.T) {
	ix, file := boxesOf(t, "h264-bframes-aac.mp4", 2)
	film := file.Moov.Traks[0]
	tables := film.Mdia.Minf.Stbl
	g := ix.GOPs[2]
	assert.EqualValues(t, g.Frames, tables.Stsz.SampleNumber)
	assert.Equal(t, []uint32{1}, tables.Stss.SampleNumber, "the first picture is the only key")
	bytes := int64(0)
	for n := range g.Frames {
		bytes += int64(tables.Stsz.GetSampleSize(n + 1))
	}
	assert.Equal(t, g.Bytes, bytes)
	// What comes before the key in decode order is skipped; then all of the GOP is shown.
	entries := film.Edts.Elst[0].Entries
	require.Len(t, entries, 1)
	scale := int64(film.Mdia.Mdhd.Timescale)
	assert.Equal(t, g.Start-g.StartDTS, video.Ticks(entries[0].MediaTime).Rescale(
		video.Rational{Num: 1, Den: int(scale)}, ix.Track().TimeBase))
	assert.EqualValues(t, 90000, file.Moov.Mvhd.Timescale)
	assert.EqualValues(t, 90000, entries[0].SegmentDuration, "a second")
}

func TestCarriedOver(t *testing.T) {
	_, hevc := boxesOf(t, "hevc.mp4", 1)
	assert.NotNil(t, hevc.Moov.Traks[0].Mdia.Minf.Stbl.Stsd.HvcX)
	assert.Equal(t, "hvc1", hevc.Moov.Traks[0].Mdia.Minf.Stbl.Stsd.HvcX.Type())

	_, wide := boxesOf(t, "wide-pixels.mp4", 0)
	pasp := wide.Moov.Traks[0].Mdia.Minf.Stbl.Stsd.AvcX.Pasp
	require.NotNil(t, pasp)
	assert.Equal(t, []uint32{4, 3}, []uint32{pasp.HSpacing, pasp.VSpacing})
}
