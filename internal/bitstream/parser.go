// Package bitstream reads the headers of access units: H.264, HEVC, AV1, VP8, VP9, MPEG-1, MPEG-2 and
// MPEG-4 video, and how containers frame them. It decodes no frame.
package bitstream

import (
	"bytes"
	"io"

	"gop/internal/media"
	"gop/video"
)

// Frame describes the frame of a packet by its headers.
type Frame struct {
	NoSlice bool // the packet is short and has no slice, and therefore no frame (H.264, HEVC)
	Key     bool // libav's parsers would flag the packet as a keyframe
	Unsure  bool // Key depends on more than the headers that were read
	KeyType video.KeyType
	Closed  bool // a keyframe whose leading frames do not depend on earlier frames
	Leading bool // an HEVC leading frame (RADL or RASL)
	Skipped bool // a leading frame that depends on the GOP before (RASL)

	Width, Height int // of a keyframe in pixels, by its parameter sets or header; 0 if they do not tell
}

// Parser parses the packets of one stream. It must not be used concurrently.
type Parser struct {
	Codec      media.Codec
	LengthSize int // bytes of the length before each NAL unit; 0 for start codes
	buffer     [4 + maxUnitBytes]byte
}

// Limits of the part of a packet that Parse reads.
const (
	maxUnits     = 64       // length-prefixed NAL units
	maxUnitBytes = 1024     // bytes of a NAL unit, or of a packet of another codec
	maxHeadBytes = 64 << 10 // bytes that are searched for start codes
	headBytes    = 32       // bytes of a NAL unit that are read with its length
	maxSliceless = 4 << 10  // bytes of a packet that may lack a slice
)

// NewParser returns a parser for packets of a codec. config is the codec's configuration (avcC, hvcC),
// which contains the size of the lengths before NAL units.
func NewParser(codec media.Codec, config []byte) *Parser {
	p := &Parser{Codec: codec}
	switch {
	case codec == media.H264 && len(config) > 4 && config[0] == 1: // avcC
		p.LengthSize = int(config[4]&3) + 1
	case codec == media.HEVC && len(config) > 21 &&
		(config[0] != 0 || config[1] != 0 || config[2] > 1): // hvcC
		p.LengthSize = int(config[21]&3) + 1
	}
	return p
}

// HasNALUnits reports whether the codec's packets consist of NAL units.
func (p *Parser) HasNALUnits() bool { return p.Codec == media.H264 || p.Codec == media.HEVC }

// MayLackSlice reports whether a packet of this size may have no slice, so that it has to be read. Parameter
// sets and supplemental information take no more than 4 KiB; a longer packet counts as a frame.
func (p *Parser) MayLackSlice(size int64) bool { return p.HasNALUnits() && size <= maxSliceless }

// Parse reads the headers of a packet, whose payload is size bytes of r, up to its first slice. It
// ignores read errors and damage: the Frame then lacks some properties. Packets of unknown codecs are
// keyframes.
func (p *Parser) Parse(r io.ReaderAt, size int64) Frame {
	var data []byte
	switch p.Codec {
	case media.H264, media.HEVC:
		return p.parseNALUnits(r, size)
	case media.MPEG2Video, media.MPEG1Video, media.MPEG4:
		data = head(r, size)
	case media.AV1, media.VP8, media.VP9:
		data = p.start(r, size)
	default:
		return Frame{KeyType: video.KeyIntra, Key: true}
	}
	f := Frame{KeyType: video.KeyIDR, Closed: true}
	switch p.Codec {
	case media.AV1:
		f.Key = isAV1Key(data)
	case media.VP8: // RFC 6386, section 9.1
		f.Key = len(data) > 0 && data[0]&1 == 0
	case media.VP9:
		f.Key = isVP9Key(data)
	default:
		f = Frame{KeyType: video.KeyRecovery, Closed: p.isClosed(data), Key: p.isIntra(data)}
	}
	if f.Key {
		s := p.frameSize(data)
		f.Width, f.Height = s.width, s.height
	}
	return f
}

// head reads the first bytes of a packet for a search for start codes.
func head(r io.ReaderAt, size int64) []byte {
	data := make([]byte, max(0, min(size, maxHeadBytes)))
	n, _ := r.ReadAt(data, 0)
	return data[:n]
}

// start reads the first bytes of a packet into p's buffer.
func (p *Parser) start(r io.ReaderAt, size int64) []byte {
	data := p.buffer[:max(0, min(size, int64(len(p.buffer))))]
	n, _ := r.ReadAt(data, 0)
	return data[:n]
}

// isVP9Key reads a frame's uncompressed header (VP9 bitstream specification, section 6.2).
func isVP9Key(data []byte) bool {
	if len(data) == 0 {
		return false
	}
	bits := data[0] << 2 // skips the frame marker
	profile := bits>>7 | bits>>5&2
	if bits <<= 2; profile == 3 {
		bits <<= 1
	}
	return bits>>6 == 0 // show_existing_frame and frame_type are 0
}

// isAV1Key reads the first frame header (AV1 bitstream specification, section 5.9.2).
func isAV1Key(data []byte) bool {
	for u, ok := range obus(data) {
		if !ok {
			return false
		}
		if u.obuType == obuFrameHeader || u.obuType == obuFrame {
			return len(u.content) > 0 && u.content[0]>>5 == 0 // as in VP9
		}
	}
	return false
}

// isIntra reads the coding type of a frame (ISO/IEC 13818-2, section 6.2.3) or of an MPEG-4 VOP
// (ISO/IEC 14496-2, section 6.2.5).
func (p *Parser) isIntra(data []byte) bool {
	if p.Codec == media.MPEG4 {
		_, vop, ok := bytes.Cut(data, []byte{0, 0, 1, 0xB6})
		return ok && len(vop) > 0 && vop[0]>>6 == 0
	}
	_, header, ok := bytes.Cut(data, []byte{0, 0, 1, 0})
	return ok && len(header) > 1 && header[1]>>3&7 == 1
}

// isClosed reads closed_gop of a group of pictures header (ISO/IEC 13818-2, section 6.2.2.6), or
// closed_gov of MPEG-4 (ISO/IEC 14496-2, section 6.2.4).
func (p *Parser) isClosed(data []byte) bool {
	code, at, bit := byte(0xB8), 3, byte(0x40)
	if p.Codec == media.MPEG4 {
		code, at, bit = 0xB3, 2, 0x20
	}
	_, header, ok := bytes.Cut(data, []byte{0, 0, 1, code})
	return ok && len(header) > at && header[at]&bit != 0
}

// IsPackedMPEG4 reports whether an MPEG-4 packet holds a reference frame and the B-frame that is presented
// before it, as DivX and Xvid pack them for AVI. Such a stream has packets in presentation order: an empty
// frame later takes the place of the reference frame.
func IsPackedMPEG4(data []byte) bool {
	return bytes.Count(data, []byte{0, 0, 1, 0xB6}) > 1
}
