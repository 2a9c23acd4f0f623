package main

import (
	"encoding/binary"
	"encoding/hex"
	"errors"

	"github.com/Eyevinn/mp4ff/hevc"
	"github.com/Eyevinn/mp4ff/mp4"
)

// addLayer adds an lhvC box with the parameter sets of a second layer, which are those of the base layer with
// nuh_layer_id 1 (ISO/IEC 14496-15, section 9.5.3), and the boxes of a spatial video by Apple: vexu and hfov.
// The samples stay as they are.
func addLayer(track *mp4.TrakBox) error {
	entry := track.Mdia.Minf.Stbl.Stsd.HvcX
	if entry == nil || entry.HvcC == nil {
		return errors.New("the track is not HEVC")
	}
	record := []byte{1, 0xF0, 0, 0xFC, 0xCF, 0}
	for _, array := range entry.HvcC.NaluArrays {
		if array.NaluType() != hevc.NALU_SPS && array.NaluType() != hevc.NALU_PPS {
			continue
		}
		record[5]++
		record = append(record, 0x80|byte(array.NaluType()), 0, 1)
		unit := append([]byte{}, array.Nalus[0]...)
		unit[1] |= 1 << 3 // nuh_layer_id
		record = append(binary.BigEndian.AppendUint16(record, uint16(len(unit))), unit...)
	}
	const eyes = "0000005265796573" + // eyes
		"0000000d737472690000000003" + // stri: both views
		"0000000d6865726f0000000001" + // hero: the left view
		"0000001863616d7300000010626c696e000000000000fb40" + // cams: the distance of the lenses
		"00000018636d6679000000106461646a00000000000000c8" // cmfy: the disparity adjustment
	return insert(track, []string{"lhvC=" + hex.EncodeToString(record), "vexu=" + eyes, "hfov=0000f618"})
}
