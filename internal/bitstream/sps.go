package bitstream

import (
	"bytes"

	"gop/internal/media"
)

// spsSize reads the size of frames from a NAL unit. ok is false if the unit is no sequence parameter set. The
// size is unknown if the unit is cut off before it.
func (p *Parser) spsSize(unit []byte) (_ size, ok bool) {
	if len(unit) < 2 {
		return size{}, false
	}
	switch {
	case p.Codec == media.H264 && unit[0]&0x1F == 7:
		b := unescaped(unit[1:])
		return b.h264Size(), true
	case p.Codec == media.HEVC && unit[0] == 33<<1 && unit[1]>>3 == 0: // of the base layer
		b := unescaped(unit[2:])
		return b.hevcSize(), true
	}
	return size{}, false
}

// ConfigSize returns the size of frames in pixels by a codec's configuration (avcC and hvcC of ISO/IEC
// 14496-15, sections 5.3.3.1 and 8.3.3.1), or 0 if it does not tell.
func ConfigSize(codec media.Codec, config []byte) (width, height int) {
	p := NewParser(codec, config)
	r := configReader{config}
	arrays := 1
	switch {
	case p.LengthSize == 0:
		return 0, 0
	case codec == media.H264:
		r.next(5)
	default:
		r.next(22)
		arrays = r.number(1)
	}
	for range arrays {
		units := 0
		if codec == media.H264 {
			units = r.number(1) & 0x1F
		} else {
			r.next(1)
			units = r.number(2)
		}
		for range units {
			if s, isSPS := p.spsSize(r.next(r.number(2))); isSPS {
				return s.width, s.height
			}
		}
	}
	return 0, 0
}

// configReader reads a codec's configuration. Past its end are zeros.
type configReader struct{ rest []byte }

// next returns the next n bytes, or fewer at the end.
func (r *configReader) next(n int) []byte {
	n = min(n, len(r.rest))
	data := r.rest[:n]
	r.rest = r.rest[n:]
	return data
}

// number reads a number of n bytes.
func (r *configReader) number(n int) int {
	value := 0
	for _, b := range r.next(n) {
		value = value<<8 | int(b)
	}
	return value
}

// unescaped reads a NAL unit without the 3 that an encoder puts after every two zeros (ITU-T H.264 and H.265,
// section 7.4.1).
func unescaped(unit []byte) bitReader {
	return bitReader{data: bytes.ReplaceAll(unit, []byte{0, 0, 3}, []byte{0, 0})}
}

// h264Size reads a sequence parameter set (ITU-T H.264, section 7.3.2.1.1).
func (b *bitReader) h264Size() size {
	profile := b.bits(8)
	b.skip(16)
	b.expGolomb()
	chroma := uint32(1)
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		if chroma = b.expGolomb(); chroma == 3 && b.bit() == 1 {
			chroma = 0 // separate color planes
		}
		b.expGolomb()
		b.expGolomb()
		b.skip(1)
		if hasMatrix := b.bit() == 1; hasMatrix {
			b.skipScalingLists(chroma)
		}
	}
	b.expGolomb()
	switch orderType := b.expGolomb(); orderType {
	case 0:
		b.expGolomb()
	case 1:
		b.skip(1)
		b.expGolomb()
		b.expGolomb()
		for range min(b.expGolomb(), 255) {
			b.expGolomb()
		}
	}
	b.expGolomb()
	b.skip(1)
	width, height := int(b.expGolomb())+1, int(b.expGolomb())+1
	fields := 2 - int(b.bit())
	if fields == 2 {
		b.skip(1)
	}
	b.skip(1)
	return b.cropped(16*width, 16*fields*height, chroma, fields)
}

// skipScalingLists skips the scaling lists of a sequence parameter set (ITU-T H.264, section 7.3.2.1.1.1).
func (b *bitReader) skipScalingLists(chroma uint32) {
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if b.bit() == 0 {
			continue
		}
		count := 16
		if i >= 6 {
			count = 64
		}
		last, next := 8, 8
		for range count {
			if next != 0 {
				next = (last + b.signedExpGolomb() + 256) & 0xFF
			}
			if next != 0 {
				last = next
			}
		}
	}
}

// hevcSize reads a sequence parameter set (ITU-T H.265, section 7.3.2.2.1).
func (b *bitReader) hevcSize() size {
	b.skip(4)
	layers := int(b.bits(3)) // besides the first
	b.skip(1)
	b.skip(88 + 8) // profile, tier and level (section 7.3.3)
	var bits int
	for range layers {
		bits += 88*int(b.bit()) + 8*int(b.bit())
	}
	if layers > 0 {
		b.skip(2 * (8 - layers))
	}
	b.skip(bits)
	b.expGolomb()
	chroma := b.expGolomb()
	if chroma == 3 && b.bit() == 1 {
		chroma = 0
	}
	return b.cropped(int(b.expGolomb()), int(b.expGolomb()), chroma, 1)
}

// cropped reads the cropping of frames of a size. chroma is the chroma format: 0 for none, 1 for 4:2:0, 2 for
// 4:2:2, 3 for 4:4:4. fields is 2 if the height counts in pairs of lines.
func (b *bitReader) cropped(width, height int, chroma uint32, fields int) size {
	if b.bit() == 1 {
		x, y := 1, fields
		if chroma == 1 || chroma == 2 {
			x = 2
		}
		if chroma == 1 {
			y *= 2
		}
		left, right, top, bottom := b.expGolomb(), b.expGolomb(), b.expGolomb(), b.expGolomb()
		width -= x * (int(left) + int(right))
		height -= y * (int(top) + int(bottom))
	}
	return b.sizeOf(width, height)
}
