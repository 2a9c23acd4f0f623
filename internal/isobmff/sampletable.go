package isobmff

import (
	"encoding/binary"
	"io"
	"slices"
)

// SampleTable has properties of a track's samples that libav reports only for packets that it reads. Each
// slice has one entry per sample, in decode order.
type SampleTable struct {
	Offsets      []int32 // PTS-DTS in ticks, except for a constant (ctts); nil if all are equal
	Dependencies []byte  // sdtp entries; nil without an sdtp box
	LastDuration int64   // duration of the track's last sample in ticks (stts); 0 if unknown
	Edits        Edits
}

// DependencyNone is the sdtp entry of a sample that no other sample depends on (section 8.6.4.3).
const DependencyNone = 2 << 2

// Disposable reports whether no other sample depends on sample i.
func (t SampleTable) Disposable(i int) bool {
	return t.Dependencies != nil && t.Dependencies[i]>>2&3 == DependencyNone>>2
}

// ReadSampleTable reads the table of the track with this ID and this number of samples from a moov
// box. It reports false if the table does not describe every packet: if there are several sample
// entries or several edits, if the samples are encrypted, or if their number differs. LastDuration and Edits
// are valid also then.
//
// ISO/IEC 14496-12, sections 8.5.2, 8.6.1.2, 8.6.1.3, 8.6.4 and 8.6.6.
func ReadSampleTable(r io.ReaderAt, moov Box, id, samples int) (t SampleTable, ok bool) {
	track, ok := findTrack(r, moov, id)
	if !ok {
		return t, false
	}
	table, ok := track.Find(r, "mdia", "minf", "stbl")
	if !ok {
		return t, false
	}
	t.LastDuration, t.Edits = readLastDuration(r, table), ReadEdits(r, moov, id)
	if !hasOneEntry(r, table) || t.Edits.Count > 1 {
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

// findTrack finds the trak box with this ID.
func findTrack(r io.ReaderAt, moov Box, id int) (Box, bool) {
	for track := range moov.Children(r) {
		header, ok := track.Find(r, "tkhd")
		if track.Type != "trak" || !ok {
			continue
		}
		data, err := header.Content(r, 24)
		at := 12
		if len(data) > 0 && data[0] == 1 { // 64-bit times
			at = 20
		}
		if err == nil && len(data) >= at+4 && binary.BigEndian.Uint32(data[at:]) == uint32(id) {
			return track, true
		}
	}
	return Box{}, false
}

// hasOneEntry reports whether one sample entry describes all samples and they are not encrypted
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

// readLastDuration reads the duration of the last sample from the stts box, or returns 0.
func readLastDuration(r io.ReaderAt, table Box) int64 {
	times, ok := table.Find(r, "stts")
	if !ok || times.Size() < 16 {
		return 0
	}
	times.Start = times.End - 4 // an entry is a count and a duration
	data, err := times.Content(r, 4)
	if err != nil || len(data) < 4 {
		return 0
	}
	return int64(binary.BigEndian.Uint32(data))
}

// readOffsets reads a ctts box. Like libav, it reads the offsets of both versions as signed.
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
