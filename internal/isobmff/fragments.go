package isobmff

import (
	"encoding/binary"
	"io"
)

// isBox tells whether head begins with a box that may stand first in an ISO base media file
// (ISO/IEC 14496-12) or a QuickTime movie.
func IsFirstBox(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch string(head[4:8]) {
	case "ftyp", "styp", "moov", "mdat", "moof", "free", "skip", "wide", "pnot", "sidx", "uuid":
		return true
	}
	return false
}

// fragments tells whether an ISO file keeps samples in movie fragments: whether a moof stands among
// its top-level boxes. end is where the last whole box ends, or the file, if that cuts off an mdat:
// a recording that goes on may end within a moof.
func FindFragments(file io.ReaderAt, size int64) (found bool, end int64, err error) {
	var head [16]byte
	for end < size {
		n, err := file.ReadAt(head[:], end)
		if err != nil && err != io.EOF {
			return false, 0, err
		}
		if n < 8 {
			return found, end, nil
		}
		found = found || string(head[4:8]) == "moof"
		length := int64(binary.BigEndian.Uint32(head[:4]))
		if length == 1 && n == len(head) {
			length = int64(binary.BigEndian.Uint64(head[8:]))
		}
		if length == 0 || length > size-end { // 0 reaches to the end of the file
			if string(head[4:8]) == "mdat" {
				end = size
			}
			return found, end, nil
		}
		if length < 8 { // it is damaged
			return found, size, nil
		}
		end += length
	}
	return found, end, nil
}
