package bitstream

import (
	"encoding/binary"

	"gop/internal/media"
)

// StartsAudioFrame reports whether data starts with the sync word of an audio frame: ISO/IEC 14496-3,
// sections 1.A.2 (ADTS) and 1.7.2 (LOAS); ISO/IEC 11172-3, section 2.4.1.3; ETSI TS 102 366, section 4.3.1;
// ETSI TS 102 114, section 5.3. It is true for codecs without one.
func StartsAudioFrame(codec media.Codec, data []byte) bool {
	var word uint32
	if len(data) >= 4 {
		word = binary.BigEndian.Uint32(data)
	}
	switch codec {
	case media.AAC:
		return word>>20 == 0xFFF && word>>17&3 == 0
	case media.AACLATM:
		return word>>21 == 0x2B7
	case media.MP2, media.MP3:
		return word>>21 == 0x7FF
	case media.AC3, media.EAC3:
		return word>>16 == 0x0B77
	case media.DTS: // 16 bits a word and 14 bits, both big-endian and little-endian, and an extension alone
		return word == 0x7FFE8001 || word == 0xFE7F0180 || word == 0x1FFFE800 || word == 0xFF1F00E8 ||
			word == 0x64582025
	}
	return true
}
