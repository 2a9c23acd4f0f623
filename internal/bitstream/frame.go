package bitstream

import (
	"io"

	"gop/internal/media"
	"gop/video"
)

// parseNALUnits parses a packet of H.264 or HEVC.
func (p *Parser) parseNALUnits(r io.ReaderAt, size int64) Frame {
	f := Frame{KeyType: video.KeyIntra}
	if p.LengthSize == 0 {
		data := head(r, size)
		f.NoSlice = p.MayLackSlice(size) && int64(len(data)) == size && startsUnit(data)
		for unit := range annexB(data) {
			if p.addUnit(&f, unit) {
				break
			}
		}
		return f
	}
	units, end := 0, int64(0)
	f.NoSlice = p.MayLackSlice(size)
	for u := range lengthPrefixed(r, size, p.LengthSize, p.buffer[:p.LengthSize+headBytes]) {
		unit := u.head
		if p.continues(unit) {
			unit = p.buffer[:min(u.size, maxUnitBytes, size-u.pos)]
			n, _ := r.ReadAt(unit, u.pos)
			if unit = unit[:n]; n == 0 {
				break
			}
		}
		units, end = units+1, u.pos+u.size
		if p.addUnit(&f, unit) || units == maxUnits {
			break
		}
	}
	f.NoSlice = f.NoSlice && end <= size && size-end <= int64(p.LengthSize) // all of it was read
	return f
}

// continues reports whether the rest of a NAL unit, after its head, is of interest: a recovery point in SEI
// of H.264, or the size in a sequence parameter set.
func (p *Parser) continues(head []byte) bool {
	if len(head) == 0 {
		return false
	}
	size, isSPS := p.spsSize(head)
	return p.isSEI(head[0]) || isSPS && size.width == 0
}

// addUnit adds the properties of a NAL unit to f. done reports that the following units
// add nothing. ITU-T H.264, table 7-1; ITU-T H.265, table 7-1.
func (p *Parser) addUnit(f *Frame, unit []byte) (done bool) {
	if len(unit) == 0 {
		return false
	}
	f.NoSlice = f.NoSlice && !p.isSlice(unit[0])
	if size, isSPS := p.spsSize(unit); isSPS {
		f.Width, f.Height = size.width, size.height
		return false
	}
	if p.Codec == media.H264 {
		return f.addH264(unit)
	}
	nalType := unit[0] >> 1 & 0x3F
	switch {
	case nalType == 19 || nalType == 20:
		f.Key, f.KeyType, f.Closed = true, video.KeyIDR, true
	case nalType >= 16 && nalType <= 23:
		f.Key, f.KeyType = true, video.KeyCRA
	case nalType == 6 || nalType == 7: // RADL
		f.Leading = true
	case nalType == 8 || nalType == 9: // RASL
		f.Leading, f.Skipped = true, true
	}
	return nalType < 32
}

func (f *Frame) addH264(unit []byte) (done bool) {
	switch unit[0] & 0x1F {
	case 5:
		f.Key, f.KeyType, f.Closed = true, video.KeyIDR, true
		return true
	case 6:
		if hasRecoveryPoint(unit[1:]) {
			f.Key, f.KeyType = true, video.KeyRecovery
		}
	case 1, 2:
		// libav also takes an I slice for a keyframe if the stream has a single reference frame.
		f.Unsure = !f.Key && isISlice(unit[1:])
		return true
	}
	return false
}

// isISlice reads the type from a slice header (ITU-T H.264, section 7.3.3), which follows the address
// of the slice's first macroblock.
func isISlice(header []byte) bool {
	bits := bitReader{data: header}
	bits.expGolomb()
	sliceType := bits.expGolomb()
	return sliceType == 2 || sliceType == 7
}

// hasRecoveryPoint reports whether one of the SEI messages is a recovery point, which has type 6 (ITU-T
// H.264, sections 7.3.2.3.1 and D.1.8).
func hasRecoveryPoint(messages []byte) bool {
	for len(messages) > 2 {
		messageType, rest := codedNumber(messages)
		size, rest := codedNumber(rest)
		if messageType == 6 {
			return true
		}
		if size >= len(rest) {
			return false
		}
		messages = rest[size:]
	}
	return false
}

// codedNumber reads the sum of the bytes up to the first that is not 0xFF.
func codedNumber(data []byte) (n int, rest []byte) {
	for i, b := range data {
		n += int(b)
		if b != 0xFF {
			return n, data[i+1:]
		}
	}
	return n, nil
}
