package bitstream

import (
	"bytes"
	"encoding/binary"
	"iter"

	"gop/internal/media"
)

// Framing describes how a container frames the payloads of a stream.
type Framing struct {
	Codec      media.Codec
	LengthSize int  // bytes of the length before each NAL unit; 0 for start codes
	ADTS       bool // AAC with an ADTS header before each packet
}

// Units returns the parts of a payload that do not depend on its framing. A stream has the same units
// in every container: NAL units without the zeros that may follow them, OBUs (a header and a content
// each) except those that an mp4 omits, and packets of other codecs as a whole.
func (f Framing) Units(data []byte) iter.Seq[[]byte] {
	switch {
	case f.Codec == media.H264 || f.Codec == media.HEVC:
		return f.nalUnits(data)
	case f.Codec == media.AV1:
		return keptOBUs(data)
	case f.ADTS:
		data = withoutADTS(data)
	}
	return func(yield func([]byte) bool) {
		if len(data) > 0 {
			yield(data)
		}
	}
}

// nalUnits returns the NAL units that are not empty. Zeros after a unit do not belong to it (ITU-T
// H.264, section B.1.1), and start codes do not mark its end. A unit whose length exceeds the
// payload ends with the payload.
func (f Framing) nalUnits(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		trimmed := func(unit []byte) bool {
			unit = bytes.TrimRight(unit, "\x00")
			return len(unit) == 0 || yield(unit)
		}
		if f.LengthSize == 0 {
			annexB(data)(trimmed)
			return
		}
		p := Parser{LengthSize: f.LengthSize}
		for u := range p.inMemory(data) {
			if !trimmed(data[u.pos:min(u.pos+u.size, int64(len(data)))]) {
				return
			}
		}
	}
}

// withoutADTS returns an AAC packet without its ADTS header (ISO/IEC 13818-7, section 6.2), which is
// two bytes longer with a checksum.
func withoutADTS(data []byte) []byte {
	if len(data) < 9 || data[0] != 0xFF || data[1]&0xF6 != 0xF0 {
		return data
	}
	if data[1]&1 != 0 {
		return data[7:]
	}
	return data[9:]
}

// obu is an open bitstream unit (AV1 bitstream specification, section 5.3).
type obu struct {
	obuType byte
	header  []byte // one byte, or two with an extension
	sized   bool   // the header is followed by the size
	content []byte
}

// obus returns the OBUs of a payload. The last one may have no size, or a size that exceeds the
// payload. Where a size cannot be read, ok is false for the rest of the payload.
func obus(data []byte) iter.Seq2[obu, bool] {
	return func(yield func(obu, bool) bool) {
		for len(data) > 0 {
			u := obu{obuType: data[0] >> 3 & 0xF, header: data[:1], sized: data[0]&2 != 0}
			if data[0]&4 != 0 && len(data) > 1 {
				u.header = data[:2]
			}
			rest := data[len(u.header):]
			size := uint64(len(rest))
			if u.sized {
				var n int
				if size, n = binary.Uvarint(rest); n <= 0 { // leb128
					yield(obu{content: data}, false)
					return
				}
				rest = rest[n:]
			}
			size = min(size, uint64(len(rest)))
			u.content, data = rest[:size], rest[size:]
			if !yield(u, true) {
				return
			}
		}
	}
}

// OBU types (AV1 bitstream specification, section 6.2.2).
const (
	obuSequenceHeader       = 1
	obuTemporalDelimiter    = 2
	obuFrameHeader          = 3
	obuFrame                = 6
	obuRedundantFrameHeader = 7
	obuTileList             = 8
	obuPadding              = 15
)

// keptOBUs returns header and content of the OBUs that an mp4 stores (AV1 Codec ISO Media File Format
// Binding, section 2.4), with headers that say that no size follows: the last OBU may omit it.
func keptOBUs(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for u, ok := range obus(data) {
			switch {
			case !ok:
				yield(u.content)
				return
			case u.obuType == obuTemporalDelimiter, u.obuType == obuRedundantFrameHeader,
				u.obuType == obuTileList, u.obuType == obuPadding:
				continue
			}
			header := append([]byte{u.header[0] &^ 2}, u.header[1:]...)
			if !yield(header) || !yield(u.content) {
				return
			}
		}
	}
}
