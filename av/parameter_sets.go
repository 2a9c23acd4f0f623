package av

import (
	"fmt"

	"gop/internal/bitstream"
)

// ownParameters sees to it that the cut is described by the parameter sets that its own key packet
// brings (ITU-T H.264 and H.265, section 7.3.2), where the stream's description has others: an
// encoder may change them in mid-stream. The film's packets then get start codes, of which libav's
// muxer makes the description anew.
func (c *cut) useOwnParameterSets() error {
	codec := c.tracks[0].stream.CodecParameters()
	described := c.extradata
	if described == nil {
		described = codec.ExtraData()
	}
	pictures := bitstream.NewParser(codecOf(codec), described)
	if !pictures.HasNALUnits() {
		return nil
	}
	film := c.videoPackets()
	sets, isNew := pictures.ParameterSets(payloadOf(film[0].av), described)
	if !isNew {
		return nil
	}
	c.extradata = sets
	if pictures.LengthSize == 0 {
		return nil
	}
	for _, p := range film {
		var data []byte
		for unit := range pictures.NALUnits(payloadOf(p.av)) {
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
