package bitstream

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"gop/internal/media"
)

// framing is how the payloads of one stream are framed.
type Framing struct {
	Codec      media.Codec
	LengthSize int  // bytes of the length before each NAL unit; 0 for start codes
	ADTS       bool // AAC that has a header before each packet
}

// sum tells payloads apart. It is of what a payload says, not of how the container frames it: an
// mp4 made of a file has the same sums as the file.
func (f Framing) Sum(data []byte) [16]byte {
	h := sha256.New()
	switch {
	case f.Codec == media.H264 || f.Codec == media.HEVC:
		if f.LengthSize > 0 {
			sumBehindLengths(h, data, f.LengthSize)
		} else {
			sumBehindStartCodes(h, data)
		}
	case f.Codec == media.AV1:
		sumOBUs(h, data)
	case f.ADTS:
		h.Write(withoutADTS(data))
	default:
		h.Write(data)
	}
	return [16]byte(h.Sum(nil)[:16])
}

// sumPart adds a piece of a payload, so that it matters where it begins and ends.
func sumPart(h hash.Hash, part []byte) {
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(part)))
	h.Write(length[:])
	h.Write(part)
}

// sumNAL adds a NAL unit. Zeros behind it are no part of it (ITU-T H.264, section B.1.1), and start
// codes do not let one tell them from the unit.
func sumNAL(h hash.Hash, unit []byte) {
	if unit = bytes.TrimRight(unit, "\x00"); len(unit) > 0 {
		sumPart(h, unit)
	}
}

// sumBehindLengths adds NAL units that have their lengths before them (ISO/IEC 14496-15, section
// 4.3.3.2). What a damaged length leaves is taken as one.
func sumBehindLengths(h hash.Hash, data []byte, lengthSize int) {
	for len(data) > lengthSize {
		length := 0
		for _, b := range data[:lengthSize] {
			length = length<<8 | int(b)
		}
		data = data[lengthSize:]
		length = min(length, len(data))
		sumNAL(h, data[:length])
		data = data[length:]
	}
}

// sumBehindStartCodes adds NAL units that have start codes before them (ITU-T H.264 and H.265,
// annex B).
func sumBehindStartCodes(h hash.Hash, data []byte) {
	code := []byte{0, 0, 1}
	_, rest, ok := bytes.Cut(data, code)
	for ok {
		var unit []byte
		unit, rest, ok = bytes.Cut(rest, code)
		sumNAL(h, unit)
	}
}

// sumOBUs adds the open bitstream units of AV1 but for those that an mp4 is to leave out (AV1 Codec
// ISO Media File Format Binding, section 2.4): temporal delimiters, redundant frame headers, tile
// lists and padding. The last one may do without its size; so sizes are not a part of the sum.
func sumOBUs(h hash.Hash, data []byte) {
	const extended, sized = 4, 2
	for len(data) > 0 {
		header := data[:1]
		if data[0]&extended != 0 && len(data) > 1 {
			header = data[:2]
		}
		rest := data[len(header):]
		length := len(rest)
		if header[0]&sized != 0 {
			size, n := binary.Uvarint(rest) // leb128
			if n <= 0 {
				sumPart(h, data)
				return
			}
			rest = rest[n:]
			length = int(min(size, uint64(len(rest))))
		}
		switch header[0] >> 3 & 0xF {
		case 2, 7, 8, 15:
		default:
			sumPart(h, append([]byte{header[0] &^ sized}, header[1:]...))
			sumPart(h, rest[:length])
		}
		data = rest[length:]
	}
}

// withoutADTS is an AAC packet without its ADTS header (ISO/IEC 13818-7, section 6.2), which is two
// bytes longer with a checksum.
func withoutADTS(data []byte) []byte {
	if len(data) < 9 || data[0] != 0xFF || data[1]&0xF6 != 0xF0 {
		return data
	}
	if data[1]&1 != 0 {
		return data[7:]
	}
	return data[9:]
}
