// Package rfc6381 formats the codecs parameter of media types (RFC 6381).
package rfc6381

import (
	"bytes"
	"fmt"
	"math/bits"
	"strings"

	"gop/internal/media"
)

// Codecs returns the codecs parameter of a codec. config is the codec's configuration as mp4 stores it
// (avcC, hvcC, av1C, vpcC, AudioSpecificConfig). If config does not contain the details, Codecs returns
// the name of the sample entry alone. Codecs without a sample entry keep FFmpeg's name.
func Codecs(codec media.Codec, config []byte) string {
	switch codec {
	case media.H264:
		return h264(config)
	case media.HEVC:
		return hevc(config)
	case media.AV1:
		return av1(config)
	case media.VP9:
		return vp9(config)
	case media.MPEG4:
		return "mp4v.20"
	case media.MPEG2Video:
		return "mp4v.61"
	case media.MPEG1Video:
		return "mp4v.6A"
	case media.AAC:
		return aac(config)
	case media.MP3:
		return "mp4a.6B"
	case media.Opus:
		return "Opus"
	case media.AC3:
		return "ac-3"
	case media.EAC3:
		return "ec-3"
	case media.FLAC:
		return "fLaC"
	case media.ALAC:
		return "alac"
	}
	return string(codec)
}

// h264 reads profile, constraints and level from the avcC box (ISO/IEC 14496-15, section 5.3.3.1), or
// from the first sequence parameter set of a configuration in Annex B form.
func h264(config []byte) string {
	if len(config) >= 4 && config[0] == 1 {
		return fmt.Sprintf("avc1.%02X%02X%02X", config[1], config[2], config[3])
	}
	if _, after, ok := bytes.Cut(config, []byte{0, 0, 1, 0x67}); ok && len(after) >= 3 {
		return fmt.Sprintf("avc1.%02X%02X%02X", after[0], after[1], after[2])
	}
	return "avc1"
}

// hevc reads the general profile, tier and level of the hvcC box (ISO/IEC 14496-15, section
// 8.3.3.1 and annex E.3).
func hevc(config []byte) string {
	if len(config) < 13 || config[0] != 1 {
		return "hvc1"
	}
	var b strings.Builder
	b.WriteString("hvc1.")
	if space := config[1] >> 6; space > 0 {
		b.WriteByte('A' + space - 1)
	}
	compatibility := uint32(config[2])<<24 | uint32(config[3])<<16 | uint32(config[4])<<8 | uint32(config[5])
	tier := 'L'
	if config[1]&0x20 != 0 {
		tier = 'H'
	}
	fmt.Fprintf(&b, "%d.%X.%c%d", config[1]&0x1F, bits.Reverse32(compatibility), tier, config[12])
	for _, c := range bytes.TrimRight(config[6:12], "\x00") {
		fmt.Fprintf(&b, ".%X", c)
	}
	return b.String()
}

// av1 reads the av1C box (AV1 Codec ISO Media File Format Binding, sections 2.3 and 5).
func av1(config []byte) string {
	if len(config) < 4 || config[0] != 0x81 {
		return "av01"
	}
	tier, depth := 'M', 8
	if config[2]&0x80 != 0 {
		tier = 'H'
	}
	if config[2]&0x40 != 0 {
		depth = 10
		if config[2]&0x20 != 0 {
			depth = 12
		}
	}
	return fmt.Sprintf("av01.%d.%02d%c.%02d", config[1]>>5, config[1]&0x1F, tier, depth)
}

// vp9 reads the vpcC box (VP Codec ISO Media File Format Binding).
func vp9(config []byte) string {
	if len(config) < 7 || config[0] != 1 {
		return "vp09"
	}
	return fmt.Sprintf("vp09.%02d.%02d.%02d", config[4], config[5], config[6]>>4)
}

// aac reads the audio object type of an AudioSpecificConfig (ISO/IEC 14496-3, section 1.6.2.1).
func aac(config []byte) string {
	if len(config) < 2 {
		return "mp4a.40.2"
	}
	object := int(config[0] >> 3)
	if object == 31 {
		object = 32 + int(config[0]&7)<<3 + int(config[1]>>5)
	}
	return fmt.Sprintf("mp4a.40.%d", object)
}
