package av

import (
	"fmt"

	"gop/internal/bitstream"
)

// useOwnParameterSets sets the cut's codec configuration to the parameter sets in its keyframe if they differ
// from the stream's: an encoder may change them within a stream. Packets with NAL units then get start codes,
// from which libav's muxer derives the configuration. Other codecs are searched only if the size changed.
func (c *cut) useOwnParameterSets() error {
	codec := c.tracks[0].stream.CodecParameters()
	described := c.extradata
	if described == nil {
		described = codec.ExtraData()
	}
	parser := bitstream.NewParser(codecOf(codec), described)
	if !parser.HasNALUnits() && c.width == 0 {
		return nil
	}
	packets := c.videoPackets()
	sets, isNew := parser.ParameterSets(payloadOf(packets[0].av), described)
	if !isNew {
		return nil
	}
	c.extradata = sets
	if parser.LengthSize == 0 {
		return nil
	}
	for _, p := range packets {
		var data []byte
		for unit := range parser.NALUnits(payloadOf(p.av)) {
			data = append(append(data, bitstream.StartCode...), unit...)
		}
		c.bytes += int64(len(data) - p.size)
		p.size = len(data)
		if err := setPayload(p.av, data); err != nil {
			return fmt.Errorf("give a packet start codes: %w", err)
		}
	}
	return nil
}
