// Package isobmff reads boxes of ISO base media files (ISO/IEC 14496-12) through an io.ReaderAt.
// Every read has a bound, so that damaged sizes take no memory.
package isobmff

import (
	"encoding/binary"
	"errors"
	"io"
	"iter"
)

// Box is a box's place in the file (ISO/IEC 14496-12, section 4.2).
type Box struct {
	Type       string
	Pos        int64 // byte offset of the header
	Start, End int64 // byte offsets of the content: [Start, End)
}

// File returns a Box whose content is a whole file of size bytes.
func File(size int64) Box { return Box{End: size} }

// header is the header of a box.
type header struct {
	boxType string
	length  int64 // bytes of header and content; 0 if the box extends to the end
	size    int64 // bytes of the header: 8, or 16 with a 64-bit length
}

// errNoHeader reports that fewer than 8 bytes are left.
var errNoHeader = errors.New("the box header is cut off")

// readHeader reads the header at pos, where at most limit bytes exist. A 64-bit length that is cut off counts
// as 1.
func readHeader(r io.ReaderAt, pos, limit int64) (header, error) {
	var buf [16]byte
	n, err := r.ReadAt(buf[:min(16, limit)], pos)
	if err != nil && err != io.EOF {
		return header{}, err
	}
	if n < 8 {
		return header{}, errNoHeader
	}
	h := header{boxType: string(buf[4:8]), length: int64(binary.BigEndian.Uint32(buf[:])), size: 8}
	if h.length == 1 && n == len(buf) {
		h.length, h.size = int64(binary.BigEndian.Uint64(buf[8:])), 16
	}
	return h, nil
}

// Children returns the boxes within b, in file order. It stops at the first damaged one.
func (b Box) Children(r io.ReaderAt) iter.Seq[Box] {
	return func(yield func(Box) bool) {
		for pos := b.Start; pos+8 <= b.End; {
			h, err := readHeader(r, pos, b.End-pos)
			if err != nil {
				return
			}
			if h.length == 0 && h.size == 8 {
				h.length = b.End - pos
			}
			if h.length < h.size || h.length > b.End-pos {
				return
			}
			if !yield(Box{h.boxType, pos, pos + h.size, pos + h.length}) {
				return
			}
			pos += h.length
		}
	}
}

// Find returns the first box at path, which lists the types of nested boxes from b on.
func (b Box) Find(r io.ReaderAt, path ...string) (Box, bool) {
	for _, boxType := range path {
		found := false
		for child := range b.Children(r) {
			if found = child.Type == boxType; found {
				b = child
				break
			}
		}
		if !found {
			return Box{}, false
		}
	}
	return b, true
}

// Size returns the number of bytes of the content.
func (b Box) Size() int64 { return b.End - b.Start }

// Content reads the first bytes of the content, at most limit.
func (b Box) Content(r io.ReaderAt, limit int64) ([]byte, error) {
	data := make([]byte, min(b.Size(), limit))
	n, err := r.ReadAt(data, b.Start)
	if n == len(data) {
		err = nil
	}
	return data[:n], err
}
