package isobmff

import (
	"bytes"
	"encoding/binary"
)

// CountTracks returns the number of tracks of an mp4 whose header holds the moov box.
func CountTracks(header []byte) int {
	r, n := bytes.NewReader(header), 0
	if moov, ok := File(int64(len(header))).Find(r, "moov"); ok {
		for b := range moov.Children(r) {
			if b.Type == "trak" {
				n++
			}
		}
	}
	return n
}

// EmptyTrack removes the samples of a track, counted from 0, from the header of an mp4, and returns the new
// header of the same length. header ends where the payload of mdat begins; the samples of the track must be
// the last size bytes of mdat. The track keeps its sample entry. A free box replaces the space of its tables.
func EmptyTrack(header []byte, track int, size int64) ([]byte, error) {
	r, all := bytes.NewReader(header), File(int64(len(header)))
	moov, ok := all.Find(r, "moov")
	if !ok {
		return nil, ErrHeader
	}
	made := bytes.Clone(header[:moov.Start])
	for b := range moov.Children(r) {
		if b.Type == "trak" {
			if track--; track == -1 {
				made = append(made, emptied(header, b)...)
				continue
			}
		}
		made = append(made, header[b.Pos:b.End]...)
	}
	binary.BigEndian.PutUint32(made[moov.Pos:], uint32(int64(len(made))-moov.Pos))
	free := moov.End - int64(len(made))
	mdat := len(header) - 8
	if mdat < int(moov.End) || track >= 0 || free < 8 {
		return nil, ErrHeader
	}
	made = append(binary.BigEndian.AppendUint32(made, uint32(free)), "free"...)
	made = append(made, make([]byte, moov.End-int64(len(made)))...)
	made = append(made, header[moov.End:]...)
	if string(made[mdat-4:mdat]) == "mdat" { // 64-bit size
		binary.BigEndian.PutUint64(made[mdat:], binary.BigEndian.Uint64(made[mdat:])-uint64(size))
	} else {
		binary.BigEndian.PutUint32(made[mdat:], binary.BigEndian.Uint32(made[mdat:])-uint32(size))
	}
	return made, nil
}

// emptied returns box b of data, which is part of a trak box, as it is in a track without samples: with empty
// tables (ISO/IEC 14496-12, section 8.6 and 8.7), a duration of 0, and no edit list.
func emptied(data []byte, b Box) []byte {
	made := bytes.Clone(data[b.Pos:b.Start])
	content := bytes.Clone(data[b.Start:b.End])
	r := bytes.NewReader(data)
	switch b.Type {
	case "edts", "sgpd", "sbgp":
		return nil
	case "trak", "mdia", "minf", "stbl":
		content = nil
		for child := range b.Children(r) {
			content = append(content, emptied(data, child)...)
		}
	case "stts", "ctts", "stsc", "stco", "co64", "stss": // version, flags, number of entries
		content = make([]byte, 8)
	case "stsz": // version, flags, size of all samples, number of samples
		content = make([]byte, 12)
	case "sdtp": // version, flags
		content = make([]byte, 4)
	case "tkhd":
		clearDuration(content, 20, 28)
	case "mdhd":
		clearDuration(content, 16, 24)
	}
	binary.BigEndian.PutUint32(made, uint32(len(made)+len(content)))
	return append(made, content...)
}

// clearDuration sets the duration in a full box to 0. It stands at an offset that depends on the version: 0
// or 1.
func clearDuration(content []byte, offset0, offset1 int) {
	offset, size := offset0, 4
	if len(content) > 0 && content[0] == 1 {
		offset, size = offset1, 8
	}
	if len(content) >= offset+size {
		clear(content[offset : offset+size])
	}
}
