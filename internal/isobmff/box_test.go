package isobmff

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// box returns a box with this content.
func box(boxType string, content ...byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))
	return append(append(b, boxType...), content...)
}

// largeBox returns a box with a 64-bit size and n bytes of content.
func largeBox(boxType string, n int) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, 1), boxType...)
	return append(binary.BigEndian.AppendUint64(b, uint64(16+n)), make([]byte, n)...)
}

// words returns big-endian 32-bit integers.
func words(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func TestFind(t *testing.T) {
	openEnd := box("mdat", make([]byte, 5)...)
	clear(openEnd[:4])
	for name, c := range map[string]struct {
		file []byte
		path []string
		want Box
	}{
		"first": {box("moov", make([]byte, 10)...), []string{"moov"}, Box{"moov", 0, 8, 18}},
		"second": {
			slices.Concat(box("ftyp"), box("moov", 0)), []string{"moov"}, Box{"moov", 8, 16, 17},
		},
		"after a large box": {
			slices.Concat(largeBox("mdat", 8), box("moov")), []string{"moov"}, Box{"moov", 24, 32, 32},
		},
		"large":      {largeBox("mdat", 8), []string{"mdat"}, Box{"mdat", 0, 16, 24}},
		"to the end": {slices.Concat(box("moov"), openEnd), []string{"mdat"}, Box{"mdat", 8, 16, 21}},
		"nested": {
			box("moov", slices.Concat(box("mvhd"), box("trak", 7))...),
			[]string{"moov", "trak"},
			Box{"trak", 16, 24, 25},
		},
	} {
		b, ok := File(int64(len(c.file))).Find(bytes.NewReader(c.file), c.path...)
		require.True(t, ok, name)
		assert.Equal(t, c.want, b, name)
	}
	for name, file := range map[string][]byte{
		"nothing":          {},
		"another box":      box("ftyp"),
		"cut-off header":   append(box("ftyp"), 0, 0, 0),
		"size too large":   box("ftyp", 0, 0, 0, 0)[:10],
		"size too small":   {0, 0, 0, 7, 'm', 'o', 'o', 'v', 0, 0, 0, 0},
		"after damage":     append([]byte{0, 0, 0, 7, 'f', 't', 'y', 'p'}, box("moov")...),
		"cut-off 64 bits":  largeBox("moov", 0)[:12],
		"64-bit size of 0": append(words(1), append([]byte("moov"), make([]byte, 16)...)...),
	} {
		_, ok := File(int64(len(file))).Find(bytes.NewReader(file), "moov")
		assert.False(t, ok, name)
	}
}

// moov returns a movie with one track whose ID is 1.
func moov(edits, stsd, ctts []byte) []byte {
	table := box("stbl", slices.Concat(stsd, ctts, box("sdtp", 0, 0, 0, 0, 0x20, DependencyNone, 0x14))...)
	media := box("mdia", box("minf", slices.Concat(box("vmhd"), table)...)...)
	return box("trak", slices.Concat(box("tkhd", words(0, 0, 0, 1, 0, 0)...), edits, media)...)
}

func TestReadSampleTable(t *testing.T) {
	stsd := box("stsd", append(words(0, 1, 8), "avc1"...)...)
	ctts := box("ctts", words(0, 2, 2, 512, 1, 0xFFFFFF00)...)
	edit := box("edts", box("elst", words(0, 2, 9, 0xFFFFFFFF, 1<<16, 9, 512, 1<<16)...)...)
	data := moov(edit, stsd, ctts)
	table, ok := ReadSampleTable(bytes.NewReader(data), File(int64(len(data))), 1, 3)
	require.True(t, ok)
	assert.Equal(t, []int32{512, 512, -256}, table.Offsets)
	for i, want := range []bool{false, true, false} {
		assert.Equal(t, want, table.Disposable(i), "sample %d", i)
	}

	twoEdits := box("edts", box("elst", words(0, 2, 9, 0, 1<<16, 9, 512, 1<<16)...)...)
	for name, c := range map[string]struct {
		data        []byte
		id, samples int
	}{
		"another track":      {data, 2, 3},
		"another count":      {data, 1, 4},
		"two edits":          {moov(twoEdits, stsd, ctts), 1, 3},
		"two sample entries": {moov(edit, box("stsd", append(words(0, 2, 8), "avc1"...)...), ctts), 1, 3},
		"encrypted":          {moov(edit, box("stsd", append(words(0, 1, 8), "encv"...)...), ctts), 1, 3},
		"ctts of two":        {moov(edit, stsd, box("ctts", words(0, 1, 2, 512)...)), 1, 3},
		"a huge offset":      {moov(edit, stsd, box("ctts", words(0, 1, 3, 1<<29)...)), 1, 3},
	} {
		_, ok := ReadSampleTable(bytes.NewReader(c.data), File(int64(len(c.data))), c.id, c.samples)
		assert.False(t, ok, name)
	}
}

func TestRemoveGap(t *testing.T) {
	movie := func(handler string, stco, co64 uint32) []byte {
		offsets := slices.Concat(box("stco", words(0, 1, stco)...), box("co64", words(0, 1, 0, co64)...))
		minf := box("minf", slices.Concat(box(handler), box("stbl", offsets...))...)
		return box("moov", box("trak", box("mdia", minf...)...)...)
	}
	mdat := func(payload uint32) []byte { return append(words(8+payload), "mdat"...) }
	free := box("free", make([]byte, 92)...)

	got, err := RemoveGap(slices.Concat(movie("vmhd", 500, 600), free, mdat(7)), 7)
	require.NoError(t, err)
	assert.Equal(t, slices.Concat(movie("vmhd", 400, 500), mdat(7)), got)

	large := append(append(words(1), "mdat"...), words(0, 16+7)...)
	got, err = RemoveGap(slices.Concat(movie("vmhd", 500, 600), free, large), 7)
	require.NoError(t, err)
	assert.Equal(t, slices.Concat(movie("vmhd", 400, 500), large), got)

	for want, header := range map[error][]byte{
		ErrHeader:      slices.Concat(free, mdat(7)),
		ErrPayloadSize: slices.Concat(movie("vmhd", 500, 600), free, mdat(8)),
		ErrNoVideo:     slices.Concat(movie("smhd", 500, 600), free, mdat(7)),
	} {
		_, err := RemoveGap(header, 7)
		require.ErrorIs(t, err, want)
	}
}

func TestEmptyTrack(t *testing.T) {
	track := func(duration uint32, edits []byte, counts ...uint32) []byte {
		entries := func(i, size int) []byte {
			return append(words(0, counts[i]), make([]byte, size*int(counts[i]))...)
		}
		table := box("stbl", slices.Concat(
			box("stsd", words(0, 1, 8)...), box("stts", entries(0, 8)...), box("stsc", entries(1, 12)...),
			box("stsz", append(words(0), entries(2, 4)...)...), box("stco", entries(3, 4)...),
		)...)
		media := box("mdia", slices.Concat(
			box("mdhd", words(0, 0, 0, 48000, duration, 0)...), box("minf", table...),
		)...)
		header := box("tkhd", words(7, 0, 0, 2, 0, duration, 0)...)
		return box("trak", slices.Concat(header, edits, media)...)
	}
	edits := box("edts", box("elst", words(0, 1, 9, 0, 1<<16)...)...)
	first, full, empty := track(9, edits, 1, 1, 1, 1), track(9, edits, 1, 1, 1, 1), track(0, nil, 0, 0, 0, 0)
	before := slices.Concat(box("ftyp"), box("moov", slices.Concat(first, full, box("udta"))...))
	before = slices.Concat(before, words(8+30), []byte("mdat"))
	after := slices.Concat(box("ftyp"), box("moov", slices.Concat(first, empty, box("udta"))...))
	free := len(full) - len(empty)
	after = slices.Concat(after, box("free", make([]byte, free-8)...), words(8+20), []byte("mdat"))
	got, err := EmptyTrack(before, 1, 10)
	require.NoError(t, err)
	assert.Equal(t, after, got)
	assert.Equal(t, 2, CountTracks(got))

	_, err = EmptyTrack(before, 2, 10)
	require.ErrorIs(t, err, ErrHeader)
	_, err = EmptyTrack(before[:8], 0, 10)
	require.ErrorIs(t, err, ErrHeader)
}
