package av

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// keyTypes finds out how the key pictures of one track let a decoder start.
type keyTypes struct {
	codec     astiav.CodecID
	nalLength int // bytes of the length before each NAL unit; 0 for start codes
}

func newKeyTypes(p *astiav.CodecParameters) keyTypes {
	k := keyTypes{codec: p.CodecID()}
	config := p.ExtraData()
	switch {
	case k.codec == astiav.CodecIDH264 && len(config) > 4 && config[0] == 1: // avcC
		k.nalLength = int(config[4]&3) + 1
	case k.codec == astiav.CodecIDHevc && len(config) > 21 && config[0] == 1: // hvcC
		k.nalLength = int(config[21]&3) + 1
	}
	return k
}

// of is the type of a key packet, whose payload is size bytes of r.
func (k keyTypes) of(r io.ReaderAt, size int) video.KeyType {
	switch k.codec {
	case astiav.CodecIDAv1, astiav.CodecIDVp9, astiav.CodecIDVp8:
		return video.KeyIDR
	case astiav.CodecIDMpeg2Video, astiav.CodecIDMpeg1Video, astiav.CodecIDMpeg4:
		return video.KeyRecovery
	case astiav.CodecIDH264, astiav.CodecIDHevc:
		if k.nalLength > 0 {
			return k.behindLengths(r, int64(size))
		}
		return k.behindStartCodes(r, size)
	}
	return video.KeyIntra
}

// maxNALs bounds how far into a key packet the first picture is looked for.
const maxNALs = 64

// behindLengths walks over NAL units that have their lengths before them (ISO/IEC 14496-15,
// section 4.3.3.2), up to the first that is of a picture.
func (k keyTypes) behindLengths(r io.ReaderAt, size int64) video.KeyType {
	var raw [8]byte
	head := raw[:k.nalLength+1]
	at := int64(0)
	for range maxNALs {
		if at+int64(len(head)) > size {
			break
		}
		if n, _ := r.ReadAt(head, at); n < len(head) {
			break
		}
		var length [4]byte
		copy(length[4-k.nalLength:], head)
		if t, ok := pictureType(k.codec, head[k.nalLength]); ok {
			return t
		}
		at += int64(k.nalLength) + int64(binary.BigEndian.Uint32(length[:]))
	}
	return video.KeyIntra
}

// startCodeRange is how far into a key packet the first picture is looked for by its start code.
const startCodeRange = 64 << 10

// behindStartCodes does the same where a start code stands before each NAL unit (ITU-T H.264 and
// H.265, annex B).
func (k keyTypes) behindStartCodes(r io.ReaderAt, size int) video.KeyType {
	data := make([]byte, min(size, startCodeRange))
	n, _ := r.ReadAt(data, 0)
	data = data[:n]
	for {
		_, after, ok := bytes.Cut(data, []byte{0, 0, 1})
		if !ok || len(after) == 0 {
			return video.KeyIntra
		}
		if t, ok := pictureType(k.codec, after[0]); ok {
			return t
		}
		data = after
	}
}

// pictureType tells what a NAL unit's first byte says of a key picture; ok is false where the unit
// is not of a picture. ITU-T H.264, table 7-1; ITU-T H.265, table 7-1.
func pictureType(codec astiav.CodecID, head byte) (t video.KeyType, ok bool) {
	if codec == astiav.CodecIDH264 {
		switch head & 0x1F {
		case 5:
			return video.KeyIDR, true
		case 1, 2:
			return video.KeyRecovery, true
		}
		return "", false
	}
	switch nal := head >> 1 & 0x3F; {
	case nal == 19 || nal == 20:
		return video.KeyIDR, true
	case nal >= 16 && nal <= 21:
		return video.KeyCRA, true
	case nal < 16:
		return video.KeyRecovery, true
	}
	return "", false
}
