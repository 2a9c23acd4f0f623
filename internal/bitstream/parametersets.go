package bitstream

import (
	"bytes"

	"gop/internal/media"
)

// ParameterSets returns the parameter sets of a keyframe's packet, each after a start code (ITU-T
// H.264 and H.265, section 7.3.2). isNew reports whether they suffice to describe a track and at least
// one of them is not in described, the configuration in force.
func (p *Parser) ParameterSets(key, described []byte) (sets []byte, isNew bool) {
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
