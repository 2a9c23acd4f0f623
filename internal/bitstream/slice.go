package bitstream

import "encoding/binary"

// SliceBytes is how much of a slice UpToSlice leaves.
const SliceBytes = 256

// upToSlice cuts a packet off within its first slice, and has the length before that say so. It is
// nil where there is no slice.
func (p *Parser) UpToSlice(data []byte) []byte {
	for at := 0; at+p.LengthSize < len(data); {
		var length [4]byte
		copy(length[4-p.LengthSize:], data[at:at+p.LengthSize])
		begin := at + p.LengthSize
		size := int64(binary.BigEndian.Uint32(length[:]))
		if p.isSlice(data[begin]) {
			end := begin + int(min(size, SliceBytes))
			if end > len(data) {
				return nil
			}
			binary.BigEndian.PutUint32(length[:], uint32(end-begin))
			copy(data[at:begin], length[4-p.LengthSize:])
			return data[:end]
		}
		if size > int64(len(data)-begin) {
			return nil
		}
		at = begin + int(size)
	}
	return nil
}
