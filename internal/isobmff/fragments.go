package isobmff

import (
	"errors"
	"io"

	"gop/internal/media"
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

	// Tracks are the tracks of the movie; nil if some fragment is not plain.
	Tracks []*FragmentedTrack
	// Head is the end of the first fragments, which have at least the number of samples of each track that
	// FindFragments was given. It is End if there are no more.
	Head int64

	Scan *Scan // nil if Tracks is
}

// maxSegmentIndexes is the largest number of segment indexes that FindFragments returns.
const maxSegmentIndexes = 1 << 20

// ErrTooManyIndexes reports a file with more segment indexes than FindFragments returns.
var ErrTooManyIndexes = errors.New("the file has more than 1048576 segment indexes")

// fragmentWindow is the number of bytes of a read that FindFragments makes at the start of a fragment: that
// of most moof boxes and of the header of the mdat box that follows.
const fragmentWindow = 4 << 10

// FindFragments walks over the top-level boxes of a file of size bytes, and reads its fragments if keep is
// positive. It is the number of samples of Fragments.Head. earlier may be the Scan of a shorter version of
// the file, or nil.
func FindFragments(r io.ReaderAt, size int64, keep int, earlier *Scan) (f Fragments, err error) {
	w := media.NewWindow(r, size, fragmentWindow)
	reader, err := earlier.resume(w, keep)
	switch {
	case err != nil:
		return Fragments{}, err
	case reader != nil:
		f.Found, f.End = true, reader.moof.End
		f.SegmentIndexes = append(f.SegmentIndexes, earlier.indexes...)
	default:
		reader = &fragmentReader{window: w, keep: keep, isPlain: keep > 0}
	}
	if err = f.walk(w, reader); err != nil {
		return Fragments{}, err
	}
	if f.Found {
		f.Tracks, f.Head = reader.tables(f.End)
	}
	if f.Tracks != nil {
		f.Scan = newScan(reader, f.SegmentIndexes, size)
	}
	return f, nil
}

// walk visits the top-level boxes.
func (f *Fragments) walk(w *media.Window, reader *fragmentReader) error {
	for size := w.Size(); f.End < size; {
		h, err := readHeader(w, f.End, size-f.End)
		switch {
		case errors.Is(err, errNoHeader):
			return nil
		case err != nil:
			return err
		case h.boxType == "sidx" && len(f.SegmentIndexes) == maxSegmentIndexes:
			return ErrTooManyIndexes
		case h.boxType == "sidx":
			f.SegmentIndexes = append(f.SegmentIndexes, f.End)
		}
		f.Found = f.Found || h.boxType == "moof"
		if h.length == 0 || h.length > size-f.End {
			if h.boxType == "mdat" {
				f.End = size
			}
			return nil
		}
		if h.length < 8 { // damaged
			f.End, reader.isPlain = size, false
			return nil
		}
		box := Box{h.boxType, f.End, f.End + h.size, f.End + h.length}
		if err := reader.visit(box); err != nil {
			return err
		}
		f.End = box.End
	}
	return nil
}
