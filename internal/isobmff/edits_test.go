package isobmff

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// movie returns a file with a moov box that has a track for each edit list. Durations are 100.
func movie(version byte, lists ...[][2]int64) []byte {
	box := func(name string, content ...[]byte) []byte {
		data := bytes.Join(content, nil)
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(data))), name...), data...)
	}
	number := func(n int64) []byte {
		if version == 1 {
			return binary.BigEndian.AppendUint64(nil, uint64(n))
		}
		return binary.BigEndian.AppendUint32(nil, uint32(n))
	}
	word := func(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
	head := []byte{version, 0, 0, 0}
	all := [][]byte{box("mvhd", head, number(0), number(0), word(1000), number(100))}
	for i, list := range lists {
		edits := [][]byte{head, word(uint32(len(list)))}
		for _, e := range list {
			edits = append(edits, number(e[0]), number(e[1]), word(1<<16))
		}
		tkhd := box("tkhd", head, number(0), number(0), word(uint32(i+1)), word(0), number(100))
		all = append(all, box("trak", tkhd, box("edts", box("elst", edits...))))
	}
	return box("moov", all...)
}

func TestReadEdits(t *testing.T) {
	for name, c := range map[string]struct {
		list [][2]int64
		want Edits
	}{
		"one edit":           {[][2]int64{{40, 512}}, Edits{1, 40, 1000}},
		"after an empty one": {[][2]int64{{20, -1}, {40, 512}}, Edits{1, 60, 1000}},
		"two edits":          {[][2]int64{{20, 0}, {40, 512}}, Edits{2, 60, 1000}},
		"to the end":         {[][2]int64{{0, 512}}, Edits{1, 0, 1000}},
		"none":               {nil, Edits{0, 0, 1000}},
	} {
		for version := range byte(2) {
			data := movie(version, c.list)
			moov, ok := File(int64(len(data))).Find(bytes.NewReader(data), "moov")
			require.True(t, ok)
			assert.Equal(t, c.want, ReadEdits(bytes.NewReader(data), moov, 1), name)
			assert.Zero(t, ReadEdits(bytes.NewReader(data), moov, 2), "no such track")
		}
	}
}

func TestEndFirstTrack(t *testing.T) {
	for version := range byte(2) {
		data := movie(version, [][2]int64{{20, -1}, {80, 512}}, [][2]int64{{70, 0}})
		require.NoError(t, EndFirstTrack(data, 50))
		moov, _ := File(int64(len(data))).Find(bytes.NewReader(data), "moov")
		assert.Equal(t, Edits{1, 50, 1000}, ReadEdits(bytes.NewReader(data), moov, 1))
		assert.Equal(t, Edits{1, 70, 1000}, ReadEdits(bytes.NewReader(data), moov, 2))
		var durations []byte
		for track := range moov.Children(bytes.NewReader(data)) {
			if header, ok := track.Find(bytes.NewReader(data), "tkhd"); ok {
				durations = append(durations, data[header.End-1])
			}
		}
		assert.Equal(t, []byte{50, 100}, durations)
		header, _ := moov.Find(bytes.NewReader(data), "mvhd")
		assert.EqualValues(t, 100, data[header.End-1], "the longest track")

		assert.Error(t, EndFirstTrack(data, 20), "the empty edit alone is as long")
		assert.Error(t, EndFirstTrack(data[:40], 50), "cut off")
	}
}
