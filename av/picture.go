package av

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// picture is what a packet tells of its picture, in the bytes before its first slice.
type picture struct {
	// key tells whether a decoder may start there, by the rule of libav's parsers; the packets of
	// codecs that are not H.264 or HEVC leave that to the container.
	key     bool
	keyType video.KeyType
	closed  bool // a key whose leading pictures need nothing before it
	leading bool // shown before its key, by its own word
	skipped bool // a leading picture that needs the GOP before
}

// pictures looks into the packets of one track. One goroutine at a time uses it.
type pictures struct {
	codec     astiav.CodecID
	nalLength int // bytes of the length before each NAL unit; 0 for start codes
	buffer    [4 + unitBytes]byte
}

// newPictures makes one by the track's codec configuration.
func newPictures(codec astiav.CodecID, config []byte) *pictures {
	p := &pictures{codec: codec}
	switch {
	case codec == astiav.CodecIDH264 && len(config) > 4 && config[0] == 1: // avcC
		p.nalLength = int(config[4]&3) + 1
	case codec == astiav.CodecIDHevc && len(config) > 21 && config[0] == 1: // hvcC
		p.nalLength = int(config[21]&3) + 1
	}
	return p
}

// hasNALs tells whether the track's packets are made of NAL units.
func (p *pictures) hasNALs() bool {
	return p.codec == astiav.CodecIDH264 || p.codec == astiav.CodecIDHevc
}

// of looks at a packet whose payload is size bytes of r. What cannot be read tells nothing.
func (p *pictures) of(r io.ReaderAt, size int64) picture {
	switch p.codec {
	case astiav.CodecIDAv1, astiav.CodecIDVp9, astiav.CodecIDVp8:
		return picture{keyType: video.KeyIDR, closed: true}
	case astiav.CodecIDMpeg2Video, astiav.CodecIDMpeg1Video, astiav.CodecIDMpeg4:
		return picture{keyType: video.KeyRecovery, closed: p.isClosed(head(r, size))}
	case astiav.CodecIDH264, astiav.CodecIDHevc:
		units := picture{keyType: video.KeyIntra}
		visit := func(unit []byte) (done bool) { return p.unit(unit, &units) }
		if p.nalLength > 0 {
			p.behindLengths(r, size, visit)
		} else {
			behindStartCodes(head(r, size), visit)
		}
		return units
	}
	return picture{keyType: video.KeyIntra}
}

// headRange is how far into a packet its picture is looked for by start codes, in bytes.
const headRange = 64 << 10

func head(r io.ReaderAt, size int64) []byte {
	data := make([]byte, max(0, min(size, headRange)))
	n, _ := r.ReadAt(data, 0)
	return data[:n]
}

// isClosed reads the closed_gop of a group of pictures header (ISO/IEC 13818-2, section 6.2.2.6),
// or the closed_gov of MPEG-4's (ISO/IEC 14496-2, section 6.2.4).
func (p *pictures) isClosed(data []byte) bool {
	code, at, bit := byte(0xB8), 3, byte(0x40)
	if p.codec == astiav.CodecIDMpeg4 {
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
func (p *pictures) behindLengths(r io.ReaderAt, size int64, visit func(unit []byte) bool) {
	at := int64(0)
	for range maxNALs {
		data := p.buffer[:max(0, min(int64(p.nalLength+32), size-at))]
		n, _ := r.ReadAt(data, at)
		if data = data[:n]; n <= p.nalLength {
			return
		}
		var length [4]byte
		copy(length[4-p.nalLength:], data[:p.nalLength])
		unit := int64(binary.BigEndian.Uint32(length[:]))
		if p.isSEI(data[p.nalLength]) { // it takes more to read than where it ends
			data = p.buffer[:max(0, min(int64(p.nalLength)+min(unit, unitBytes), size-at))]
			n, _ = r.ReadAt(data, at)
			data = data[:n]
		}
		if n <= p.nalLength || visit(data[p.nalLength:min(int64(n), int64(p.nalLength)+unit)]) {
			return
		}
		at += int64(p.nalLength) + unit
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

func (p *pictures) isSEI(head byte) bool { return p.codec == astiav.CodecIDH264 && head&0x1F == 6 }

// unit adds to the picture what a NAL unit tells of it; done says that it is all there is to know.
// ITU-T H.264, table 7-1; ITU-T H.265, table 7-1.
func (p *pictures) unit(unit []byte, to *picture) (done bool) {
	if len(unit) == 0 {
		return false
	}
	if p.codec == astiav.CodecIDH264 {
		switch unit[0] & 0x1F {
		case 5:
			to.key, to.keyType, to.closed = true, video.KeyIDR, true
			return true
		case 6:
			if hasRecoveryPoint(unit[1:]) {
				to.key, to.keyType = true, video.KeyRecovery
			}
		case 1, 2:
			return true
		}
		return false
	}
	nal := unit[0] >> 1 & 0x3F
	switch {
	case nal == 19 || nal == 20:
		to.key, to.keyType, to.closed = true, video.KeyIDR, true
	case nal >= 16 && nal <= 23:
		to.key, to.keyType = true, video.KeyCRA
	case nal == 6 || nal == 7:
		to.leading = true
	case nal == 8 || nal == 9:
		to.leading, to.skipped = true, true
	}
	return nal < 32
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
