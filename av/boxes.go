package av

import (
	"encoding/binary"
	"io"
	"iter"
)

// box is where the content of a box of an ISO file lies (ISO/IEC 14496-12, section 4.2).
type box struct {
	kind       string
	start, end int64
}

// boxes are those within b, in order, up to where b ends or is damaged.
func (b box) boxes(r io.ReaderAt) iter.Seq[box] {
	return func(yield func(box) bool) {
		var head [16]byte
		for at := b.start; at+8 <= b.end; {
			n, err := r.ReadAt(head[:min(16, b.end-at)], at)
			if n < 8 || err != nil && err != io.EOF {
				return
			}
			size, header := int64(binary.BigEndian.Uint32(head[:])), int64(8)
			switch {
			case size == 0: // to the end
				size = b.end - at
			case size == 1 && n == 16:
				size, header = int64(binary.BigEndian.Uint64(head[8:])), 16
			}
			if size < header || size > b.end-at {
				return
			}
			if !yield(box{string(head[4:8]), at + header, at + size}) {
				return
			}
			at += size
		}
	}
}

// find is the first box that a path leads to from b on.
func (b box) find(r io.ReaderAt, path ...string) (box, bool) {
	for _, kind := range path {
		found := false
		for inner := range b.boxes(r) {
			if found = inner.kind == kind; found {
				b = inner
				break
			}
		}
		if !found {
			return box{}, false
		}
	}
	return b, true
}

// size is how many bytes the content has.
func (b box) size() int64 { return b.end - b.start }

// content reads at most limit bytes of b.
func (b box) content(r io.ReaderAt, limit int64) ([]byte, error) {
	data := make([]byte, min(b.size(), limit))
	n, err := r.ReadAt(data, b.start)
	if n == len(data) {
		err = nil
	}
	return data[:n], err
}
