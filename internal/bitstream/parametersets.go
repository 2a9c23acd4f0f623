package bitstream

import (
	"bytes"
	"encoding/binary"
	"iter"

	"gop/internal/media"
)

var StartCode = []byte{0, 0, 0, 1}

// parameterSets is those of a key packet, behind start codes. isNew tells whether they are enough
// to describe a track, and one of them is not among those that describe it already.
func (p *Parser) ParameterSets(key, described []byte) (sets []byte, isNew bool) {
	hasSequence, hasPicture := false, false
	for unit := range p.NALUnits(key) {
		if len(unit) == 0 {
			continue
		}
		sequence, picture, other, slice := false, false, false, false
		if p.Codec == media.H264 {
			kind := unit[0] & 0x1F
			sequence, picture, other, slice = kind == 7, kind == 8, kind == 13 || kind == 15, kind <= 5
		} else {
			kind := unit[0] >> 1 & 0x3F
			sequence, picture, other, slice = kind == 33, kind == 34, kind == 32, kind < 32
		}
		if slice {
			break
		}
		if sequence || picture || other {
			hasSequence, hasPicture = hasSequence || sequence, hasPicture || picture
			isNew = isNew || !bytes.Contains(described, unit)
			sets = append(append(sets, StartCode...), unit...)
		}
	}
	return sets, isNew && hasSequence && hasPicture
}

// units are the NAL units of a packet, in order, up to where it is damaged.
func (p *Parser) NALUnits(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if p.LengthSize == 0 {
			behindStartCodes(data, func(unit []byte) bool { return !yield(bytes.TrimRight(unit, "\x00")) })
			return
		}
		for len(data) > p.LengthSize {
			var length [4]byte
			copy(length[4-p.LengthSize:], data)
			size := int64(binary.BigEndian.Uint32(length[:]))
			data = data[p.LengthSize:]
			if size > int64(len(data)) || !yield(data[:size]) {
				return
			}
			data = data[size:]
		}
	}
}
