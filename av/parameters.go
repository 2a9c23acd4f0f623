package av

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/asticode/go-astiav"
)

// ownParameters sees to it that the cut is described by the parameter sets that its own key packet
// brings (ITU-T H.264 and H.265, section 7.3.2), where the stream's description has others: an
// encoder may change them in mid-stream. The film's packets then get start codes, of which libav's
// muxer makes the description anew.
func (c *cut) ownParameters() error {
	codec := c.tracks[0].stream.CodecParameters()
	described := c.extradata
	if described == nil {
		described = codec.ExtraData()
	}
	pictures := newPictures(codec.CodecID(), described)
	if !pictures.hasNALs() {
		return nil
	}
	film := c.film()
	sets, isNew := pictures.parameterSets(payloadOf(film[0].av), described)
	if !isNew {
		return nil
	}
	c.extradata = sets
	if pictures.nalLength == 0 {
		return nil
	}
	for _, p := range film {
		var data []byte
		for unit := range pictures.units(payloadOf(p.av)) {
			data = append(append(data, startCode...), unit...)
		}
		c.bytes += int64(len(data) - p.size)
		p.size = len(data)
		if err := setPayload(p.av, data); err != nil {
			return fmt.Errorf("give a packet start codes: %w", err)
		}
	}
	return nil
}

var startCode = []byte{0, 0, 0, 1}

// parameterSets is those of a key packet, behind start codes. isNew tells whether they are enough
// to describe a track, and one of them is not among those that describe it already.
func (p *pictures) parameterSets(key, described []byte) (sets []byte, isNew bool) {
	hasSequence, hasPicture := false, false
	for unit := range p.units(key) {
		if len(unit) == 0 {
			continue
		}
		sequence, picture, other, slice := false, false, false, false
		if p.codec == astiav.CodecIDH264 {
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
			sets = append(append(sets, startCode...), unit...)
		}
	}
	return sets, isNew && hasSequence && hasPicture
}

// units are the NAL units of a packet, in order, up to where it is damaged.
func (p *pictures) units(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if p.nalLength == 0 {
			behindStartCodes(data, func(unit []byte) bool { return !yield(bytes.TrimRight(unit, "\x00")) })
			return
		}
		for len(data) > p.nalLength {
			var length [4]byte
			copy(length[4-p.nalLength:], data)
			size := int64(binary.BigEndian.Uint32(length[:]))
			data = data[p.nalLength:]
			if size > int64(len(data)) || !yield(data[:size]) {
				return
			}
			data = data[size:]
		}
	}
}
