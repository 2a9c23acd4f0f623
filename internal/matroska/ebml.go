package matroska

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

// ebmlReader reads the heads of EBML elements (RFC 8794) out of a file.
type ebmlReader struct{ window }

// element is an EBML element's head.
type element struct {
	id   uint32 // with its length marker
	at   int64  // where it begins
	body int64  // where its data begin
	end  int64  // where they end, which a file that is cut off does not reach; the parent's end where the size is unknown
	open bool   // its size is unknown: it ends where an element begins that cannot be in it
}

var (
	ErrElement   = errors.New("there is no EBML element")
	ErrTruncated = errors.New("the file ends within an EBML element")
)

// element reads the head of the element at a place inside a parent that ends at end.
func (r *ebmlReader) element(at, end int64) (element, error) {
	head, err := r.bytes(at, 12)
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

// varint reads a variable-size integer (RFC 8794, section 4). known is false for the value that
// stands for an unknown size.
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

// uint reads the element's data as an unsigned integer.
func (r *ebmlReader) uint(e element) (uint64, error) {
	data, err := r.data(e, 8)
	value := uint64(0)
	for _, b := range data {
		value = value<<8 | uint64(b)
	}
	return value, err
}

// float reads the element's data as a floating-point number.
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

// data is all of the element's data, which may be limit bytes. They are good until the next call.
func (r *ebmlReader) data(e element, limit int64) ([]byte, error) {
	n := e.end - e.body
	if n > min(limit, windowBytes) || e.open {
		return nil, ErrElement
	}
	data, err := r.bytes(e.body, int(n))
	if err == nil && int64(len(data)) < n {
		err = ErrTruncated
	}
	return data, err
}
