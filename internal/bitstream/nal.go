package bitstream

import (
	"bytes"
	"encoding/binary"
	"io"
	"iter"

	"gop/internal/media"
)

// StartCode is the start code that is written before a NAL unit (ITU-T H.264, annex B).
var StartCode = []byte{0, 0, 0, 1}

// nalUnit is a NAL unit with a length before it (ISO/IEC 14496-15, section 4.3.3.2).
type nalUnit struct {
	pos  int64  // byte offset after the length
	size int64  // bytes by its length, which a damaged packet does not have
	head []byte // its first bytes; valid until the next unit
}

// lengthPrefixed returns the NAL units of a packet of size bytes, each after a length of lengthSize
// bytes. It reads no more of each unit than fits in buf, which must exceed lengthSize bytes.
func lengthPrefixed(r io.ReaderAt, size int64, lengthSize int, buf []byte) iter.Seq[nalUnit] {
	return func(yield func(nalUnit) bool) {
		for pos := int64(0); ; {
			data := buf[:max(0, min(int64(len(buf)), size-pos))]
			n, _ := r.ReadAt(data, pos)
			if n <= lengthSize {
				return
			}
			var length [4]byte
			copy(length[4-lengthSize:], data[:lengthSize])
			u := nalUnit{pos: pos + int64(lengthSize), size: int64(binary.BigEndian.Uint32(length[:]))}
			u.head = data[lengthSize:min(int64(n), int64(lengthSize)+u.size)]
			if !yield(u) {
				return
			}
			pos = u.pos + u.size
		}
	}
}

// annexB returns the NAL units after start codes (ITU-T H.264 and H.265, annex B), with the zeros
// that may follow a unit.
func annexB(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		code := []byte{0, 0, 1}
		_, rest, ok := bytes.Cut(data, code)
		for ok {
			var unit []byte
			unit, rest, ok = bytes.Cut(rest, code)
			if !yield(unit) {
				return
			}
		}
	}
}

// startsUnit reports whether data starts with a start code.
func startsUnit(data []byte) bool {
	return bytes.HasPrefix(data, StartCode) || bytes.HasPrefix(data, StartCode[1:])
}

// NALUnits returns the NAL units of a packet. It stops at a unit whose length exceeds the packet, and
// removes the zeros that may follow a unit after a start code.
func (p *Parser) NALUnits(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if p.LengthSize == 0 {
			for unit := range annexB(data) {
				if !yield(bytes.TrimRight(unit, "\x00")) {
					return
				}
			}
			return
		}
		for u := range p.inMemory(data) {
			if u.size > int64(len(data))-u.pos || !yield(data[u.pos:u.pos+u.size]) {
				return
			}
		}
	}
}

// inMemory returns the NAL units of a packet in memory. Their heads have at most one byte.
func (p *Parser) inMemory(data []byte) iter.Seq[nalUnit] {
	return lengthPrefixed(bytes.NewReader(data), int64(len(data)), p.LengthSize, make([]byte, p.LengthSize+1))
}

// isSEI reports whether a NAL unit with this first byte holds supplemental enhancement information of
// H.264.
func (p *Parser) isSEI(first byte) bool { return p.Codec == media.H264 && first&0x1F == 6 }

// isSlice reports whether a NAL unit with this first byte is a slice. ITU-T H.264, table 7-1; ITU-T
// H.265, table 7-1.
func (p *Parser) isSlice(first byte) bool {
	if p.Codec == media.H264 {
		nalType := first & 0x1F
		return nalType >= 1 && nalType <= 5
	}
	return first>>1&0x3F < 32
}

// SliceBytes is the length of the slice that UpToSlice keeps, in bytes.
const SliceBytes = 256

// UpToSlice cuts off a packet with length-prefixed NAL units within its first slice, and shortens the
// slice's length accordingly. It changes data, and returns nil if data has no slice.
func (p *Parser) UpToSlice(data []byte) []byte {
	for u := range p.inMemory(data) {
		left := int64(len(data)) - u.pos
		if p.isSlice(data[u.pos]) {
			kept := min(u.size, SliceBytes)
			if kept > left {
				return nil
			}
			var length [4]byte
			binary.BigEndian.PutUint32(length[:], uint32(kept))
			copy(data[u.pos-int64(p.LengthSize):u.pos], length[4-p.LengthSize:])
			return data[:u.pos+kept]
		}
		if u.size > left {
			return nil
		}
	}
	return nil
}
