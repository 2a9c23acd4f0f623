package bitstream

import (
	"encoding/binary"
	"io"
	"math/bits"

	"gop/internal/media"
)

// audioHeadBytes is the number of bytes of an audio packet that AudioSamples reads.
const audioHeadBytes = 13

// AudioSamples returns the duration of an audio packet in samples. rate is their sample rate, or 0 if it is
// the stream's. The packet's payload is size bytes of r; its header is read. samples is 0 if the header does
// not tell the duration.
func AudioSamples(codec media.Codec, r io.ReaderAt, size int64) (samples, rate int) {
	if codec != media.Opus && codec != media.FLAC {
		return 0, 0
	}
	head := make([]byte, max(0, min(size, audioHeadBytes)))
	n, _ := r.ReadAt(head, 0)
	if head = head[:n]; codec == media.Opus {
		return opusSamples(head), 48000
	}
	return flacSamples(head), 0
}

// opusSamples reads the TOC byte of an Opus packet and its number of frames (RFC 6716, section 3).
func opusSamples(head []byte) int {
	if len(head) == 0 {
		return 0
	}
	frame, config := 0, head[0]>>3
	switch {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		frame = []int{480, 960, 1920, 2880}[config&3]
	case config < 16: // hybrid: 10, 20 ms
		frame = 480 << (config & 1)
	default: // CELT: 2.5, 5, 10, 20 ms
		frame = 120 << (config & 3)
	}
	switch head[0] & 3 {
	case 0:
		return frame
	case 3:
		if len(head) < 2 {
			return 0
		}
		const longest = 5760 // 120 ms
		if samples := frame * int(head[1]&0x3F); samples <= longest {
			return samples
		}
		return 0
	}
	return 2 * frame
}

// flacSamples reads the block size of a FLAC frame header (RFC 9639, section 9.1).
func flacSamples(head []byte) int {
	if len(head) < 5 || head[0] != 0xFF || head[1]&0xFE != 0xF8 {
		return 0
	}
	// The coded number takes as many bytes as its first byte has leading ones, as in UTF-8.
	rest := head[4:]
	rest = rest[min(max(bits.LeadingZeros8(^rest[0]), 1), len(rest)):]
	switch code := head[2] >> 4; {
	case code == 1:
		return 192
	case code >= 2 && code <= 5:
		return 144 << code
	case code == 6 && len(rest) > 0:
		return int(rest[0]) + 1
	case code == 7 && len(rest) > 1:
		return int(binary.BigEndian.Uint16(rest)) + 1
	case code >= 8:
		return 1 << code
	}
	return 0
}
