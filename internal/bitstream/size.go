package bitstream

import (
	"bytes"
	"math/bits"

	"gop/internal/media"
)

// size is the size of frames in pixels; 0 if unknown.
type size struct{ width, height int }

// maxSide is the largest width or height of a frame, in pixels.
const maxSide = 1 << 16

// sizeOf returns a size, which is unknown if the bits ended before it or if it is impossible.
func (b *bitReader) sizeOf(width, height int) size {
	if b.pos >= 8*len(b.data) || width < 1 || width > maxSide || height < 1 || height > maxSide {
		return size{}
	}
	return size{width, height}
}

// frameSize reads the size of a keyframe from the start of its payload.
func (p *Parser) frameSize(data []byte) size {
	switch p.Codec {
	case media.VP8: // RFC 6386, section 9.1
		if len(data) > 10 && bytes.Equal(data[3:6], []byte{0x9D, 0x01, 0x2A}) {
			return size{int(data[6]) | int(data[7]&0x3F)<<8, int(data[8]) | int(data[9]&0x3F)<<8}
		}
	case media.VP9:
		return vp9Size(data)
	case media.AV1:
		for u, ok := range obus(data) {
			if ok && u.obuType == obuSequenceHeader {
				return av1Size(u.content)
			}
		}
	case media.MPEG4:
		return mpeg4Size(data)
	case media.MPEG1Video, media.MPEG2Video: // ISO/IEC 13818-2, section 6.2.2.1
		if _, header, ok := bytes.Cut(data, []byte{0, 0, 1, 0xB3}); ok {
			b := bitReader{data: header}
			return b.sizeOf(int(b.bits(12)), int(b.bits(12)))
		}
	}
	return size{}
}

// vp9Size reads the uncompressed header of a keyframe (VP9 bitstream specification, section 6.2).
func vp9Size(data []byte) size {
	b := bitReader{data: data}
	b.skip(2)
	profile := b.bit() | b.bit()<<1
	if profile == 3 {
		b.skip(1)
	}
	b.skip(4 + 24) // up to the sync code
	if profile >= 2 {
		b.skip(1)
	}
	const sRGB = 7
	switch isSRGB, is444 := b.bits(3) == sRGB, profile&1 == 1; {
	case !isSRGB && is444:
		b.skip(4)
	case !isSRGB || is444:
		b.skip(1)
	}
	return b.sizeOf(int(b.bits(16))+1, int(b.bits(16))+1)
}

// av1Size reads a sequence header (AV1 bitstream specification, section 5.5.1).
func av1Size(data []byte) size {
	b := bitReader{data: data}
	b.skip(4)
	if isReduced := b.bit() == 1; isReduced {
		b.skip(5)
	} else {
		b.skipAV1OperatingPoints()
	}
	widthBits, heightBits := int(b.bits(4))+1, int(b.bits(4))+1
	return b.sizeOf(int(b.bits(widthBits))+1, int(b.bits(heightBits))+1)
}

func (b *bitReader) skipAV1OperatingPoints() {
	hasModel, delayBits := false, 0
	if hasTiming := b.bit() == 1; hasTiming {
		b.skip(64)
		if isEqual := b.bit() == 1; isEqual {
			b.expGolomb() // uvlc has the same form
		}
		if hasModel = b.bit() == 1; hasModel {
			delayBits = int(b.bits(5)) + 1
			b.skip(32 + 5 + 5)
		}
	}
	hasDisplayDelay := b.bit() == 1
	for range b.bits(5) + 1 {
		b.skip(12)
		if level := b.bits(5); level > 7 {
			b.skip(1)
		}
		if hasModel && b.bit() == 1 {
			b.skip(2*delayBits + 1)
		}
		if hasDisplayDelay && b.bit() == 1 {
			b.skip(4)
		}
	}
}

// mpeg4Size reads a video object layer header (ISO/IEC 14496-2, section 6.2.3) of rectangular shape.
func mpeg4Size(data []byte) size {
	header, ok := []byte(nil), false
	for unit := range annexB(data) {
		if len(unit) > 0 && unit[0]&0xF0 == 0x20 {
			header, ok = unit[1:], true
			break
		}
	}
	if !ok {
		return size{}
	}
	b := bitReader{data: header}
	b.skip(1 + 8)
	if hasIdentifier := b.bit() == 1; hasIdentifier {
		b.skip(4 + 3)
	}
	const extendedAspect = 15
	if b.bits(4) == extendedAspect {
		b.skip(8 + 8)
	}
	if hasControl := b.bit() == 1; hasControl {
		b.skip(2 + 1)
		if hasBuffer := b.bit() == 1; hasBuffer {
			b.skip(79)
		}
	}
	if shape := b.bits(2); shape != 0 {
		return size{}
	}
	b.skip(1)
	resolution := b.bits(16)
	b.skip(1)
	if isFixedRate := b.bit() == 1; isFixedRate {
		b.skip(max(bits.Len32(resolution-1), 1))
	}
	b.skip(1)
	width := b.bits(13)
	b.skip(1)
	return b.sizeOf(int(width), int(b.bits(13)))
}
