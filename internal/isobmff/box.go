package isobmff

import (
	"encoding/binary"
	"io"
	"iter"
)

// box is where the content of a box of an ISO file lies (ISO/IEC 14496-12, section 4.2).
type Box struct {
	Type       string
	Start, End int64
}

// boxes are those within b, in order, up to where b ends or is damaged.
func (b Box) Children(r io.ReaderAt) iter.Seq[Box] {
	return func(yield func(Box) bool) {
		var head [16]byte
		for at := b.Start; at+8 <= b.End; {
			n, err := r.ReadAt(head[:min(16, b.End-at)], at)
			if n < 8 || err != nil && err != io.EOF {
				return
			}
			size, header := int64(binary.BigEndian.Uint32(head[:])), int64(8)
			switch {
			case size == 0: // to the end
				size = b.End - at
			case size == 1 && n == 16:
				size, header = int64(binary.BigEndian.Uint64(head[8:])), 16
			}
			if size < header || size > b.End-at {
				return
			}
			if !yield(Box{string(head[4:8]), at + header, at + size}) {
				return
			}
			at += size
		}
	}
}

// find is the first box that a path leads to from b on.
func (b Box) Find(r io.ReaderAt, path ...string) (Box, bool) {
	for _, kind := range path {
		found := false
		for inner := range b.Children(r) {
			if found = inner.Type == kind; found {
				b = inner
				break
			}
		}
		if !found {
			return Box{}, false
		}
	}
	return b, true
}

// size is how many bytes the content has.
func (b Box) Size() int64 { return b.End - b.Start }

// content reads at most limit bytes of b.
func (b Box) Content(r io.ReaderAt, limit int64) ([]byte, error) {
	data := make([]byte, min(b.Size(), limit))
	n, err := r.ReadAt(data, b.Start)
	if n == len(data) {
		err = nil
	}
	return data[:n], err
}
