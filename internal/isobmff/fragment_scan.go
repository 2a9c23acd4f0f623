package isobmff

import (
	"bytes"
	"io"
	"slices"

	"gop/internal/media"
)

// Scan is what FindFragments has read of a file up to its last moof box. A later call continues there if the
// file has grown. It does not change the Scan, so several calls may use one.
type Scan struct {
	reader  *fragmentReader
	indexes []int64 // see Fragments.SegmentIndexes
	size    int64   // bytes of the file
}

// piece is a range of a file.
type piece struct {
	pos  int64
	data []byte
}

// newScan returns the Scan of a file of size bytes that reader has read.
func newScan(reader *fragmentReader, indexes []int64, size int64) *Scan {
	reader.window = nil // and the file
	n, _ := slices.BinarySearch(indexes, reader.moof.Pos)
	return &Scan{reader, indexes[:n], size}
}

// Memory returns the memory of s in bytes.
func (s *Scan) Memory() int64 {
	memory := int64(8 * cap(s.indexes))
	for _, t := range s.reader.tracks {
		for _, e := range t.contents() {
			memory += int64(cap(*e))
		}
	}
	for _, p := range s.reader.pieces() {
		memory += int64(cap(p.data))
	}
	return memory
}

// resume returns a reader that continues s. It returns nil unless the file is longer than that of s and has
// the same moov box, first moof box and last moof box at the same places.
func (s *Scan) resume(w *media.Window, keep int) (*fragmentReader, error) {
	if s == nil || s.reader.keep != keep || s.size >= w.Size() {
		return nil, nil
	}
	for _, p := range s.reader.pieces() {
		data := make([]byte, len(p.data))
		n, err := w.ReadAt(data, p.pos)
		if err != nil && err != io.EOF {
			return nil, err
		}
		if !bytes.Equal(data[:n], p.data) {
			return nil, nil
		}
	}
	f := *s.reader
	f.window, f.last.data, f.tracks = w, bytes.Clone(f.last.data), nil
	for _, t := range s.reader.tracks {
		f.tracks = append(f.tracks, t.clone())
	}
	return &f, nil
}

// pieces returns the parts of the file that a longer version must have.
func (f *fragmentReader) pieces() []piece { return []piece{f.movie, f.first, f.last} }

// contents returns the tables.
func (t *trackReader) contents() []*entries {
	return []*entries{&t.times.content, &t.offsets.content, &t.sizes, &t.chunks, &t.chunkRuns, &t.keys}
}

// clone returns a trackReader that reads on without changing t.
func (t *trackReader) clone() *trackReader {
	c := *t
	for _, e := range c.contents() {
		*e = slices.Clone(*e)
	}
	return &c
}
