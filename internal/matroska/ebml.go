package matroska

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"

	"gop/internal/media"
)

// ebmlReader reads EBML elements (RFC 8794) of a file.
type ebmlReader struct{ *media.Window }

// windowBytes is the size of a read where payloads are skipped, and the limit of the data of an element.
const windowBytes = 1024

// element is the ID and place of an EBML element.
type element struct {
	id          uint32 // including its length marker
	pos         int64  // byte offset of the element
	start       int64  // byte offset of its data
	end         int64  // byte offset after its data; the parent's end if unknownSize
	unknownSize bool   // it ends before the first element that it cannot contain
}

// IsFirstElement reports whether data begins with an EBML header (RFC 8794, section 11.2.1), as Matroska and
// WebM files do.
func IsFirstElement(data []byte) bool {
	return len(data) >= 4 && binary.BigEndian.Uint32(data) == idEBML
}

// Errors of files that are damaged or cut off.
var (
	ErrElement   = errors.New("invalid EBML element")
	ErrTruncated = errors.New("the file ends within an EBML element")
)

// element reads the header of the element at a byte offset in a parent that ends at end.
func (r *ebmlReader) element(at, end int64) (element, error) {
	head, err := r.Bytes(at, 12)
	if err != nil {
		return element{}, err
	}
	if len(head) < 2 {
		return element{}, ErrTruncated
	}
	idLength := bits.LeadingZeros8(head[0]) + 1
	if idLength > 4 {
		return element{}, ErrElement
	}
	if len(head) <= idLength {
		return element{}, ErrTruncated
	}
	id := uint32(0)
	for _, b := range head[:idLength] {
		id = id<<8 | uint32(b)
	}
	size, length, known, err := varint(head[idLength:])
	if err != nil {
		return element{}, err
	}
	body := at + int64(idLength+length)
	if !known {
		return element{id, at, body, end, true}, nil
	}
	if size > uint64(math.MaxInt64-body) || body+int64(size) > end {
		return element{}, ErrElement
	}
	return element{id, at, body, body + int64(size), false}, nil
}

// varint reads a variable-size integer (RFC 8794, section 4). known is false for the value that means
// an unknown size.
func varint(data []byte) (value uint64, length int, known bool, err error) {
	if len(data) == 0 {
		return 0, 0, false, ErrTruncated
	}
	length = bits.LeadingZeros8(data[0]) + 1
	if length > 8 {
		return 0, 0, false, ErrElement
	}
	if len(data) < length {
		return 0, 0, false, ErrTruncated
	}
	value = uint64(data[0]) &^ (1 << (8 - length))
	for _, b := range data[1:length] {
		value = value<<8 | uint64(b)
	}
	return value, length, value != 1<<(7*length)-1, nil
}

// uint reads an unsigned integer element.
func (r *ebmlReader) uint(e element) (uint64, error) {
	data, err := r.data(e, 8)
	value := uint64(0)
	for _, b := range data {
		value = value<<8 | uint64(b)
	}
	return value, err
}

// float reads a floating-point element.
func (r *ebmlReader) float(e element) (float64, error) {
	data, err := r.data(e, 8)
	switch {
	case err != nil || len(data) == 0:
		return 0, err
	case len(data) == 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(data))), nil
	case len(data) == 8:
		return math.Float64frombits(binary.BigEndian.Uint64(data)), nil
	}
	return 0, ErrElement
}

// data reads an element's data, of at most limit bytes. The slice is valid until the next call.
func (r *ebmlReader) data(e element, limit int64) ([]byte, error) {
	n := e.end - e.start
	if n > min(limit, windowBytes) || e.unknownSize {
		return nil, ErrElement
	}
	data, err := r.Bytes(e.start, int(n))
	if err == nil && int64(len(data)) < n {
		err = ErrTruncated
	}
	return data, err
}
