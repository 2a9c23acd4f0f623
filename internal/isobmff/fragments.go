package isobmff

import (
	"errors"
	"io"
)

// IsFirstBox reports whether data begins with a box that may come first in an ISO base media file or
// a QuickTime movie.
func IsFirstBox(data []byte) bool {
	if len(data) < 8 {
		return false
	}
	switch string(data[4:8]) {
	case "ftyp", "styp", "moov", "mdat", "moof", "free", "skip", "wide", "pnot", "sidx", "uuid":
		return true
	}
	return false
}

// Fragments describes the top-level boxes of a file that may have movie fragments.
type Fragments struct {
	Found bool // a top-level box is a moof

	// End is the end of the last complete top-level box. A file that is still being recorded may end within a
	// moof. If the file ends within an mdat, End is the end of the file.
	End int64

	SegmentIndexes []int64 // byte offsets of the sidx boxes, increasing
}

// maxSegmentIndexes is the largest number of segment indexes that FindFragments returns.
const maxSegmentIndexes = 1 << 20

// ErrTooManyIndexes reports a file with more segment indexes than FindFragments returns.
var ErrTooManyIndexes = errors.New("the file has more than 1048576 segment indexes")

// FindFragments walks over the top-level boxes of a file of size bytes.
func FindFragments(r io.ReaderAt, size int64) (f Fragments, err error) {
	for f.End < size {
		h, err := readHeader(r, f.End, size-f.End)
		switch {
		case errors.Is(err, errNoHeader):
			return f, nil
		case err != nil:
			return Fragments{}, err
		case h.boxType == "sidx" && len(f.SegmentIndexes) == maxSegmentIndexes:
			return Fragments{}, ErrTooManyIndexes
		case h.boxType == "sidx":
			f.SegmentIndexes = append(f.SegmentIndexes, f.End)
		}
		f.Found = f.Found || h.boxType == "moof"
		if h.length == 0 || h.length > size-f.End {
			if h.boxType == "mdat" {
				f.End = size
			}
			return f, nil
		}
		if h.length < 8 { // damaged
			f.End = size
			return f, nil
		}
		f.End += h.length
	}
	return f, nil
}
