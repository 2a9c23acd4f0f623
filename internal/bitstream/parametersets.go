package bitstream

import (
	"bytes"
	"encoding/binary"

	"gop/internal/media"
)

// ParameterSets returns the parameter sets of a keyframe's packet: of H.264 and HEVC each after a start code
// (ITU-T H.264 and H.265, section 7.3.2), of AV1 the sequence header, of MPEG-4 the headers before the frame.
// isNew reports whether they suffice to describe a track and at least one of them is not in described, the
// configuration in force.
func (p *Parser) ParameterSets(key, described []byte) (sets []byte, isNew bool) {
	switch p.Codec {
	case media.AV1:
		return av1SequenceHeader(key, described)
	case media.MPEG4:
		return mpeg4Headers(key, described)
	case media.H264, media.HEVC:
		return p.nalParameterSets(key, described)
	}
	return nil, false
}

// av1SequenceHeader returns the sequence header OBU, with its size (AV1 bitstream specification, section
// 5.3).
func av1SequenceHeader(key, described []byte) (header []byte, isNew bool) {
	for u, ok := range obus(key) {
		if ok && u.obuType == obuSequenceHeader && len(u.content) > 0 {
			const hasSize = 2
			header = append([]byte{u.header[0] | hasSize}, u.header[1:]...)
			header = binary.AppendUvarint(header, uint64(len(u.content)))
			return append(header, u.content...), !bytes.Contains(described, u.content)
		}
	}
	return nil, false
}

// mpeg4Headers returns the headers up to the first group or frame (ISO/IEC 14496-2, section 6.2.2).
func mpeg4Headers(key, described []byte) (headers []byte, isNew bool) {
	hasLayer, at := false, 0
	for at < len(key) {
		next := bytes.Index(key[at:], []byte{0, 0, 1})
		if next < 0 || at+next+3 >= len(key) {
			return nil, false
		}
		at += next
		switch code := key[at+3]; {
		case code&0xF0 == 0x20:
			hasLayer = true
		case code == 0xB3 || code == 0xB6:
			headers = key[:at]
			return headers, hasLayer && !bytes.Contains(described, headers)
		}
		at += 4
	}
	return nil, false
}

func (p *Parser) nalParameterSets(key, described []byte) (sets []byte, isNew bool) {
	hasSPS, hasPPS := false, false
	for unit := range p.NALUnits(key) {
		if len(unit) == 0 {
			continue
		}
		sps, pps, other, slice := p.parameterSet(unit[0])
		if slice {
			break
		}
		if sps || pps || other {
			hasSPS, hasPPS = hasSPS || sps, hasPPS || pps
			isNew = isNew || !bytes.Contains(described, unit)
			sets = append(append(sets, StartCode...), unit...)
		}
	}
	return sets, isNew && hasSPS && hasPPS
}

// parameterSet reports by a NAL unit's first byte whether the unit is a sequence parameter set (SPS), a
// picture parameter set (PPS), another parameter set, or a slice.
func (p *Parser) parameterSet(first byte) (sps, pps, other, slice bool) {
	if p.Codec == media.H264 {
		nalType := first & 0x1F
		return nalType == 7, nalType == 8, nalType == 13 || nalType == 15, nalType <= 5
	}
	nalType := first >> 1 & 0x3F
	return nalType == 33, nalType == 34, nalType == 32, nalType < 32
}
