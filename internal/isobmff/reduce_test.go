package isobmff

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// movieOf returns a moov box with a video track of 1,000 samples, and the samples. change may change the
// boxes of the stbl box. edits is the content of the elst box.
func movieOf(change func(boxes map[string][]byte), edits ...uint32) ([]byte, []Sample) {
	tables, samples := randomTable(rand.New(rand.NewPCG(5, 6)), 1000, 4)
	boxes := map[string][]byte(tables)
	boxes["stss"] = fullBox(1, 1, 50, 500, 950)
	for i := range samples {
		samples[i].Key = slices.Contains([]int{0, 49, 499, 949}, i)
	}
	entry := box("avc1", make([]byte, 78)...)
	boxes["stsd"] = slices.Concat(words(0, 1), entry)
	if change != nil {
		change(boxes)
	}
	var stbl []byte
	for _, name := range slices.Sorted(maps.Keys(boxes)) {
		stbl = append(stbl, box(name, boxes[name]...)...)
	}
	media := slices.Concat(
		box("mdhd", words(0, 0, 0, 1000, 0, 0)...),
		box("hdlr", slices.Concat(words(0, 0), []byte("vide"))...),
		box("minf", slices.Concat(box("vmhd"), box("stbl", stbl...))...))
	track := box("tkhd", words(0, 0, 0, 7, 0, 0)...)
	if edits != nil {
		track = append(track, box("edts", box("elst", words(edits...)...)...)...)
	}
	track = append(track, box("mdia", media...)...)
	header := box("mvhd", words(0, 0, 0, 1000, 0, 0, 0, 0)...)
	return box("moov", slices.Concat(header, box("trak", track...))...), samples
}

// described returns the content of an stsd box whose sample entry has an esds box that ends with this decoder
// configuration.
func described(configuration ...byte) []byte {
	decoder := slices.Concat([]byte{4, byte(13 + len(configuration))}, make([]byte, 13), configuration)
	esds := box("esds", slices.Concat(words(0), []byte{3, byte(3 + len(decoder)), 0, 1, 0}, decoder)...)
	return slices.Concat(words(0, 1), box("mp4v", append(make([]byte, 78), esds...)...))
}

// A reduced track has the samples at its ends, at their times, and the duration and bytes of all samples.
func TestReduceMovie(t *testing.T) {
	const keep = 100
	data, samples := movieOf(nil)
	m, ok := ReduceMovie(data, keep)
	require.True(t, ok)
	require.Len(t, m.Tracks, 1)
	track := m.Tracks[0]
	assert.Equal(t, []int{7, keep, 1}, []int{track.ID, track.Kept, track.Fillers})
	assert.Equal(t, samples, track.Table.Samples(nil, 0, 1000))
	assert.Less(t, len(m.Box), len(data)/2)

	r := bytes.NewReader(m.Box)
	stbl, ok := File(int64(len(m.Box))).Find(r, "moov", "trak", "mdia", "minf", "stbl")
	require.True(t, ok)
	boxes := tableBoxes{}
	for b := range stbl.Children(r) {
		boxes[b.Type] = m.Box[b.Start:b.End]
	}
	assert.NotContains(t, boxes, "sdtp")
	offsets := boxes["co64"]
	boxes["co64"] = slices.Clone(offsets)
	clear(boxes["co64"][8+8*keep : 8+8*keep+8]) // of the filler, which is beyond any file
	reduced, ok := readTable(boxes)
	require.True(t, ok)
	assert.Equal(t, track.Table.Duration, reduced.Duration)
	assert.Equal(t, track.Table.Bytes, reduced.Bytes)
	got := reduced.Samples(nil, 0, reduced.Count)
	require.Len(t, got, 2*keep+1)
	want := slices.Concat(samples[:keep], got[keep:keep+1], samples[1000-keep:])
	for i := range want {
		want[i].Disposable = false
	}
	assert.Equal(t, want, got)
	assert.Equal(t, samples[keep].DTS, got[keep].DTS)
}

// A track stays as it is if the tables do not say all of its samples, or if libav would treat the samples
// between its ends otherwise than fillers.
func TestTracksThatAreNotReduced(t *testing.T) {
	set := func(name string, content []byte) func(boxes map[string][]byte) {
		return func(boxes map[string][]byte) { boxes[name] = content }
	}
	_, samples := movieOf(nil)
	middle, end := uint32(samples[500].DTS), uint32(samples[999].DTS+20000)
	for name, c := range map[string]struct {
		change func(boxes map[string][]byte)
		edits  []uint32
		want   bool
	}{
		"no edit":             {nil, nil, true},
		"all":                 {nil, []uint32{0, 1, end, 0, 0}, true},
		"after an empty edit": {nil, []uint32{0, 2, 500, 0xFFFFFFFF, 0, end, 0, 0}, true},
		"from a later sample": {nil, []uint32{0, 1, end, uint32(samples[60].DTS), 0}, true},
		"64 bits":             {nil, []uint32{1 << 24, 1, 0, end, 0, 0, 0}, true},
		"up to the middle":    {nil, []uint32{0, 1, middle, 0, 0}, false},
		"from the middle":     {nil, []uint32{0, 1, end, middle, 0}, false},
		"two edits":           {nil, []uint32{0, 2, 500, 0, 0, end, 0, 0}, false},
		"only an empty edit":  {nil, []uint32{0, 1, end, 0xFFFFFFFF, 0}, false},
		"a cut-off edit":      {nil, []uint32{0, 2, end, 0, 0}, false},
		"encryption":          {set("saiz", nil), nil, false},
		"two sample entries":  {set("stsd", words(0, 2, 8, 0, 8, 0)), nil, false},
		"a long sample entry": {set("stsd", append(words(0, 1, 100), make([]byte, 82)...)), nil, false},
		"audio configuration": {set("stsd", described(5, 2, 0x12, 0x10)), nil, true},
		"a long description":  {set("stsd", described(5, 3, 0x12, 0x10)), nil, false},
		"more keyframes":      {set("sbgp", append(words(0), "rap "...)), nil, false},
		"roll groups":         {set("sbgp", append(words(0), "roll"...)), nil, true},
		"partial sync":        {set("stps", words(0, 0)), nil, false},
		"a late keyframe":     {set("stss", fullBox(1, 500)), nil, false},
		"two tables of sizes": {set("stz2", words(0, 8, 0)), nil, false},
		"damage":              {set("stts", words(0, 0)), nil, false},
	} {
		data, _ := movieOf(c.change, c.edits...)
		_, ok := ReduceMovie(data, 100)
		assert.Equal(t, c.want, ok, name)
	}
	data, _ := movieOf(nil)
	_, ok := ReduceMovie(data, 500)
	assert.False(t, ok, "a small track")
	_, ok = ReduceMovie(data[:len(data)-1], 100)
	assert.False(t, ok, "a cut-off movie")
	withFragments := box("moov", slices.Concat(data[8:], box("mvex"))...)
	_, ok = ReduceMovie(withFragments, 100)
	assert.False(t, ok, "fragments")
}
