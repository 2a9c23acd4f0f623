// Package sniff recognizes container formats by the first bytes of a file.
package sniff

import (
	"bytes"
	"encoding/binary"
)

// Format is a container format, by the name of libav's demuxer.
type Format string

// The formats.
const (
	Unknown Format = ""
	AVI     Format = "avi"
	FLV     Format = "flv"
	MPEGPS  Format = "mpeg"
	ASF     Format = "asf"
	MXF     Format = "mxf"
	Ogg     Format = "ogg"
)

// SearchBytes is the number of bytes that Search looks at: the longest run-in of an MXF file (SMPTE 377-1,
// section 6.5) and a key.
const SearchBytes = 64<<10 + 16

// signature is how a format's files begin. An x stands for any byte.
type signature struct {
	format Format
	start  string
}

var signatures = []signature{
	{AVI, "RIFFxxxxAVI "}, // Microsoft Multimedia Programming Interface, RIFF
	{AVI, "RIFFxxxxAVIX"}, // a part of an OpenDML file
	{FLV, "FLV\x01"},      // Adobe Flash Video File Format, section E.2
	{ASF, "\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C"}, // ASF, section 10.1
	{MXF, headerPartition},
	{Ogg, "OggS\x00"}, // RFC 3533, section 6
}

// headerPartition starts the key of a header partition pack (SMPTE 377-1, section 7.1).
const headerPartition = "\x06\x0E\x2B\x34\x02\x05\x01\x01\x0D\x01\x02\x01\x01\x02"

// FormatOf returns the format of a file that starts with head, or Unknown.
func FormatOf(head []byte) Format {
	for _, s := range signatures {
		if s.matches(head) {
			return s.format
		}
	}
	if startsPack(head) {
		return MPEGPS
	}
	return Unknown
}

// Search returns the format of a file that starts with other bytes: a program stream that was cut off at its
// start, or an MXF file with a run-in. It may take any file with the bytes of a pack for a program stream.
func Search(head []byte) Format {
	for at := range head {
		if startsPack(head[at:]) {
			return MPEGPS
		}
	}
	if bytes.Contains(head, []byte(headerPartition)) {
		return MXF
	}
	return Unknown
}

func (s signature) matches(head []byte) bool {
	if len(head) < len(s.start) {
		return false
	}
	for i, b := range []byte(s.start) {
		if b != 'x' && b != head[i] {
			return false
		}
	}
	return true
}

// packStart ends the start code of a pack. Those of system headers and PES packets are higher (ISO/IEC
// 13818-1, tables 2-22 and 2-33).
const packStart = 0xBA

// startsPack reports whether data begins with the header of a pack and a start code (ISO/IEC 13818-1, section
// 2.5.3.3; ISO/IEC 11172-1, section 2.4.3.2).
func startsPack(data []byte) bool {
	fields, ok := bytes.CutPrefix(data, []byte{0, 0, 1, packStart})
	return ok && startsPacket(afterPackHeader(fields))
}

// afterPackHeader returns the bytes after the fields of a pack header, or nil if these are invalid.
func afterPackHeader(fields []byte) []byte {
	const bytesMPEG1, bytesMPEG2 = 8, 10
	switch {
	case len(fields) < bytesMPEG2:
		return nil
	case fields[0]&0xF1 == 0x21: // MPEG-1
		return fields[bytesMPEG1:]
	case fields[0]&0xC4 == 0x44: // MPEG-2
		stuffing := int(fields[bytesMPEG2-1] & 7)
		return fields[min(bytesMPEG2+stuffing, len(fields)):]
	}
	return nil
}

// startsPacket reports whether data begins with the start code of a system header, a pack or a PES packet.
func startsPacket(data []byte) bool {
	return len(data) >= 4 && binary.BigEndian.Uint32(data)>>8 == 1 && data[3] >= packStart
}
