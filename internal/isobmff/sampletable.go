package isobmff

import (
	"encoding/binary"
	"io"
	"slices"
)

// sampleTable is what the boxes of a track say of its samples, and libav tells of a packet only when
// it reads it: one entry a sample, in decode order.
type SampleTable struct {
	Offsets      []int32 // pts less dts, up to a constant, in ticks; nil where they are all the same
	Dependencies []byte  // of sdtp; nil where there is none
}

// readSampleTable reads the table of the track with an ID, which has so many samples, out of a
// movie box. ok is false where it does not hold for all packets just so: there are several sample
// entries or several edits, the samples are encrypted, or it has another number of them.
//
// ISO/IEC 14496-12, sections 8.5.2, 8.6.1.3, 8.6.4 and 8.6.6.
func ReadSampleTable(r io.ReaderAt, moov Box, id, samples int) (t SampleTable, ok bool) {
	track, ok := findTrack(r, moov, id)
	if !ok {
		return t, false
	}
	table, ok := track.Find(r, "mdia", "minf", "stbl")
	if !ok || !hasOneEntry(r, table) || countEdits(r, track) > 1 {
		return t, false
	}
	if b, found := table.Find(r, "ctts"); found {
		if t.Offsets, ok = readOffsets(r, b, samples); !ok {
			return t, false
		}
	}
	if b, found := table.Find(r, "sdtp"); found {
		data, err := b.Content(r, 4+int64(samples))
		if err != nil || len(data) != 4+samples {
			return t, false
		}
		t.Dependencies = data[4:]
	}
	return t, true
}

// findTrack is the track with an ID.
func findTrack(r io.ReaderAt, moov Box, id int) (Box, bool) {
	for track := range moov.Children(r) {
		header, ok := track.Find(r, "tkhd")
		if track.Type != "trak" || !ok {
			continue
		}
		data, err := header.Content(r, 24)
		at := 12
		if len(data) > 0 && data[0] == 1 { // its times have 64 bits
			at = 20
		}
		if err == nil && len(data) >= at+4 && binary.BigEndian.Uint32(data[at:]) == uint32(id) {
			return track, true
		}
	}
	return Box{}, false
}

// hasOneEntry tells whether all samples are described by one sample entry, and are not encrypted
// (ISO/IEC 23001-7, section 4).
func hasOneEntry(r io.ReaderAt, table Box) bool {
	descriptions, ok := table.Find(r, "stsd")
	if !ok {
		return false
	}
	data, err := descriptions.Content(r, 16)
	if err != nil || len(data) < 16 || binary.BigEndian.Uint32(data[4:]) != 1 {
		return false
	}
	return !slices.Contains([]string{"encv", "enca", "drmi", "drms"}, string(data[12:16]))
}

// countEdits is how many edits show something of the track.
func countEdits(r io.ReaderAt, track Box) int {
	list, ok := track.Find(r, "edts", "elst")
	if !ok {
		return 0
	}
	data, err := list.Content(r, 4<<10)
	if err != nil || len(data) < 8 {
		return 0
	}
	time, entry := 4, 12
	if data[0] == 1 {
		time, entry = 8, 20
	}
	count := 0
	for edits := data[8:]; len(edits) >= entry; edits = edits[entry:] {
		if binary.BigEndian.Uint32(edits[time:]) != 0xFFFFFFFF { // else it is empty
			count++
		}
	}
	return count
}

// readOffsets reads a ctts box. libav takes its offsets for signed in both versions.
func readOffsets(r io.ReaderAt, b Box, samples int) (offsets []int32, ok bool) {
	data, err := b.Content(r, 8+8*int64(samples))
	if err != nil || len(data) < 8 {
		return nil, false
	}
	runs := data[8:]
	if int64(binary.BigEndian.Uint32(data[4:]))*8 != int64(len(runs)) {
		return nil, false
	}
	offsets = make([]int32, 0, samples)
	for ; len(runs) > 0; runs = runs[8:] {
		count, offset := binary.BigEndian.Uint32(runs), int32(binary.BigEndian.Uint32(runs[4:]))
		if int64(count) > int64(samples-len(offsets)) || offset < -1<<28 || offset > 1<<28 {
			return nil, false
		}
		for range count {
			offsets = append(offsets, offset)
		}
	}
	return offsets, len(offsets) == samples
}
