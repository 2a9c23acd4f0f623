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

// FindFragments reports whether a file of size bytes has movie fragments: whether a top-level box is a moof.
// end is the end of the last complete top-level box. A file that is still being recorded may end within a
// moof. If the file ends within an mdat, end is the end of the file.
func FindFragments(r io.ReaderAt, size int64) (found bool, end int64, err error) {
	for end < size {
		h, err := readHeader(r, end, size-end)
		switch {
		case errors.Is(err, errNoHeader):
			return found, end, nil
		case err != nil:
			return false, 0, err
		}
		found = found || h.boxType == "moof"
		if h.length == 0 || h.length > size-end {
			if h.boxType == "mdat" {
				end = size
			}
			return found, end, nil
		}
		if h.length < 8 { // damaged
			return found, size, nil
		}
		end += h.length
	}
	return found, end, nil
}
