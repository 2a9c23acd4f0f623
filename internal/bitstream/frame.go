package bitstream

import (
	"bytes"
	"encoding/binary"
	"io"

	"gop/internal/media"
	"gop/video"
)

// picture is what a packet tells of its picture, in the bytes before its first slice.
type Frame struct {
	Key     bool // a decoder may start there, by the rule of libav's parsers
	Unsure  bool // whether they would say so depends on more than is looked at
	KeyType video.KeyType
	Closed  bool // a key whose leading pictures need nothing before it
	Leading bool // shown before its key, by its own word
	Skipped bool // a leading picture that needs the GOP before
}

// pictures looks into the packets of one track. One goroutine at a time uses it.
type Parser struct {
	Codec      media.Codec
	LengthSize int // bytes of the length before each NAL unit; 0 for start codes
	buffer     [4 + unitBytes]byte
}

// newPictures makes one by the track's codec configuration.
func NewParser(codec media.Codec, config []byte) *Parser {
	p := &Parser{Codec: codec}
	switch {
	case codec == media.H264 && len(config) > 4 && config[0] == 1: // avcC
		p.LengthSize = int(config[4]&3) + 1
	case codec == media.HEVC && len(config) > 21 && (config[0] != 0 || config[1] != 0 || config[2] > 1): // hvcC
		p.LengthSize = int(config[21]&3) + 1
	}
	return p
}

// hasNALs tells whether the track's packets are made of NAL units.
func (p *Parser) HasNALUnits() bool {
	return p.Codec == media.H264 || p.Codec == media.HEVC
}

// of looks at a packet whose payload is size bytes of r. What cannot be read tells nothing.
func (p *Parser) Parse(r io.ReaderAt, size int64) Frame {
	switch p.Codec {
	case media.AV1:
		return Frame{KeyType: video.KeyIDR, Closed: true, Key: isAV1Key(p.start(r, size))}
	case media.VP8: // RFC 6386, section 9.1
		data := p.start(r, size)
		return Frame{KeyType: video.KeyIDR, Closed: true, Key: len(data) > 0 && data[0]&1 == 0}
	case media.VP9:
		return Frame{KeyType: video.KeyIDR, Closed: true, Key: isVP9Key(p.start(r, size))}
	case media.MPEG2Video, media.MPEG1Video, media.MPEG4:
		data := head(r, size)
		return Frame{KeyType: video.KeyRecovery, Closed: p.isClosed(data), Key: p.isIntra(data)}
	case media.H264, media.HEVC:
		units := Frame{KeyType: video.KeyIntra}
		visit := func(unit []byte) (done bool) { return p.unit(unit, &units) }
		if p.LengthSize > 0 {
			p.behindLengths(r, size, visit)
		} else {
			behindStartCodes(head(r, size), visit)
		}
		return units
	}
	return Frame{KeyType: video.KeyIntra, Key: true}
}

// headRange is how far into a packet its picture is looked for by start codes, in bytes.
const headRange = 64 << 10

func head(r io.ReaderAt, size int64) []byte {
	data := make([]byte, max(0, min(size, headRange)))
	n, _ := r.ReadAt(data, 0)
	return data[:n]
}

// start is the first bytes of a packet, good until the next call.
func (p *Parser) start(r io.ReaderAt, size int64) []byte {
	data := p.buffer[:max(0, min(size, int64(len(p.buffer))))]
	n, _ := r.ReadAt(data, 0)
	return data[:n]
}

// isVP9Key reads a frame's uncompressed header (VP9 bitstream specification, section 6.2).
func isVP9Key(data []byte) bool {
	if len(data) == 0 {
		return false
	}
	bits := data[0] << 2 // behind the frame marker
	profile := bits>>7 | bits>>5&2
	if bits <<= 2; profile == 3 {
		bits <<= 1
	}
	return bits>>6 == 0 // neither an existing frame, nor one that is not a key
}

// isAV1Key looks for the first frame header among the open bitstream units (AV1 bitstream
// specification, sections 5.3 and 5.9.2).
func isAV1Key(data []byte) bool {
	for len(data) > 1 {
		kind, extended, sized := data[0]>>3&0xF, data[0]&4 != 0, data[0]&2 != 0
		data = data[1:]
		if extended {
			data = data[1:]
		}
		size := uint64(len(data))
		if sized {
			var n int
			if size, n = binary.Uvarint(data); n <= 0 { // leb128
				return false
			}
			data = data[n:]
		}
		if kind == 3 || kind == 6 {
			return len(data) > 0 && data[0]>>5 == 0
		}
		data = data[min(size, uint64(len(data))):]
	}
	return false
}

// isIntra reads the coding type of a picture (ISO/IEC 13818-2, section 6.2.3) or of an MPEG-4 VOP
// (ISO/IEC 14496-2, section 6.2.5).
func (p *Parser) isIntra(data []byte) bool {
	if p.Codec == media.MPEG4 {
		_, vop, ok := bytes.Cut(data, []byte{0, 0, 1, 0xB6})
		return ok && len(vop) > 0 && vop[0]>>6 == 0
	}
	_, header, ok := bytes.Cut(data, []byte{0, 0, 1, 0})
	return ok && len(header) > 1 && header[1]>>3&7 == 1
}

// isClosed reads the closed_gop of a group of pictures header (ISO/IEC 13818-2, section 6.2.2.6),
// or the closed_gov of MPEG-4's (ISO/IEC 14496-2, section 6.2.4).
func (p *Parser) isClosed(data []byte) bool {
	code, at, bit := byte(0xB8), 3, byte(0x40)
	if p.Codec == media.MPEG4 {
		code, at, bit = 0xB3, 2, 0x20
	}
	_, header, ok := bytes.Cut(data, []byte{0, 0, 1, code})
	return ok && len(header) > at && header[at]&bit != 0
}

// Bounds on what is looked at before a packet's first slice.
const (
	maxNALs   = 64
	unitBytes = 1024 // of one NAL unit
)

// behindLengths visits the heads of NAL units that have their lengths before them (ISO/IEC
// 14496-15, section 4.3.3.2).
func (p *Parser) behindLengths(r io.ReaderAt, size int64, visit func(unit []byte) bool) {
	at := int64(0)
	for range maxNALs {
		data := p.buffer[:max(0, min(int64(p.LengthSize+32), size-at))]
		n, _ := r.ReadAt(data, at)
		if data = data[:n]; n <= p.LengthSize {
			return
		}
		var length [4]byte
		copy(length[4-p.LengthSize:], data[:p.LengthSize])
		unit := int64(binary.BigEndian.Uint32(length[:]))
		if p.isSEI(data[p.LengthSize]) { // it takes more to read than where it ends
			data = p.buffer[:max(0, min(int64(p.LengthSize)+min(unit, unitBytes), size-at))]
			n, _ = r.ReadAt(data, at)
			data = data[:n]
		}
		if n <= p.LengthSize || visit(data[p.LengthSize:min(int64(n), int64(p.LengthSize)+unit)]) {
			return
		}
		at += int64(p.LengthSize) + unit
	}
}

// behindStartCodes does the same where a start code stands before each NAL unit (ITU-T H.264 and
// H.265, annex B).
func behindStartCodes(data []byte, visit func(unit []byte) bool) {
	for {
		_, after, ok := bytes.Cut(data, []byte{0, 0, 1})
		if !ok {
			return
		}
		unit := after
		if end := bytes.Index(after, []byte{0, 0, 1}); end >= 0 {
			unit = after[:end]
		}
		if visit(unit) {
			return
		}
		data = after
	}
}

func (p *Parser) isSEI(head byte) bool { return p.Codec == media.H264 && head&0x1F == 6 }

// unit adds to the picture what a NAL unit tells of it; done says that it is all there is to know.
// ITU-T H.264, table 7-1; ITU-T H.265, table 7-1.
func (p *Parser) unit(unit []byte, to *Frame) (done bool) {
	if len(unit) == 0 {
		return false
	}
	if p.Codec == media.H264 {
		switch unit[0] & 0x1F {
		case 5:
			to.Key, to.KeyType, to.Closed = true, video.KeyIDR, true
			return true
		case 6:
			if hasRecoveryPoint(unit[1:]) {
				to.Key, to.KeyType = true, video.KeyRecovery
			}
		case 1, 2:
			// libav also takes an I slice for a key where there is but one reference picture.
			to.Unsure = !to.Key && isISlice(unit[1:])
			return true
		}
		return false
	}
	nal := unit[0] >> 1 & 0x3F
	switch {
	case nal == 19 || nal == 20:
		to.Key, to.KeyType, to.Closed = true, video.KeyIDR, true
	case nal >= 16 && nal <= 23:
		to.Key, to.KeyType = true, video.KeyCRA
	case nal == 6 || nal == 7:
		to.Leading = true
	case nal == 8 || nal == 9:
		to.Leading, to.Skipped = true, true
	}
	return nal < 32
}

// isSlice tells whether a NAL unit with such a first byte holds picture data.
func (p *Parser) isSlice(head byte) bool {
	if p.Codec == media.H264 {
		kind := head & 0x1F
		return kind >= 1 && kind <= 5
	}
	return head>>1&0x3F < 32
}

// isISlice reads the type out of a slice header (ITU-T H.264, section 7.3.3): it follows the number
// of the slice's first macroblock.
func isISlice(header []byte) bool {
	bits := bitReader{data: header}
	bits.golomb()
	kind := bits.golomb()
	return kind == 2 || kind == 7
}

// bitReader reads bits, which are 1 behind the end.
type bitReader struct {
	data []byte
	at   int
}

func (b *bitReader) bit() uint32 {
	if b.at/8 >= len(b.data) {
		return 1
	}
	bit := b.data[b.at/8] >> (7 - b.at%8) & 1
	b.at++
	return uint32(bit)
}

// golomb reads an Exp-Golomb-coded number (ITU-T H.264, section 9.1).
func (b *bitReader) golomb() uint32 {
	zeros := 0
	for b.bit() == 0 && zeros < 31 {
		zeros++
	}
	value := uint32(1)
	for range zeros {
		value = value<<1 | b.bit()
	}
	return value - 1
}

// hasRecoveryPoint tells whether an SEI message of type 6 is among those of a NAL unit (ITU-T
// H.264, sections 7.3.2.3.1 and D.1.8).
func hasRecoveryPoint(messages []byte) bool {
	for len(messages) > 2 {
		kind, rest := codedNumber(messages)
		size, rest := codedNumber(rest)
		if kind == 6 {
			return true
		}
		if size >= len(rest) {
			return false
		}
		messages = rest[size:]
	}
	return false
}

// codedNumber reads a number that is the sum of its bytes, up to the first that is not 0xFF.
func codedNumber(data []byte) (n int, rest []byte) {
	for i, b := range data {
		n += int(b)
		if b != 0xFF {
			return n, data[i+1:]
		}
	}
	return n, nil
}
