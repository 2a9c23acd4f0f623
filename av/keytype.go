package av

import (
	"encoding/binary"
	"io"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// keyTypes finds out how the key pictures of one track let a decoder start.
type keyTypes struct {
	codec     astiav.CodecID
	file      io.ReaderAt
	nalLength int // bytes of the length before each NAL unit; 0 where packets are no such units
}

func newKeyTypes(file io.ReaderAt, p *astiav.CodecParameters) keyTypes {
	k := keyTypes{codec: p.CodecID(), file: file}
	config := p.ExtraData()
	switch {
	case k.codec == astiav.CodecIDH264 && len(config) > 4 && config[0] == 1: // avcC
		k.nalLength = int(config[4]&3) + 1
	case k.codec == astiav.CodecIDHevc && len(config) > 21 && config[0] == 1: // hvcC
		k.nalLength = int(config[21]&3) + 1
	}
	return k
}

// of is the type of a GOP's key.
func (k keyTypes) of(g video.GOP) video.KeyType {
	switch k.codec {
	case astiav.CodecIDAv1, astiav.CodecIDVp9, astiav.CodecIDVp8:
		return video.KeyIDR
	case astiav.CodecIDMpeg2Video, astiav.CodecIDMpeg1Video, astiav.CodecIDMpeg4:
		return video.KeyRecovery
	case astiav.CodecIDH264, astiav.CodecIDHevc:
		if k.nalLength > 0 && g.KeyPos >= 0 {
			return k.firstPicture(g)
		}
	}
	return video.KeyIntra
}

// maxNALs bounds how far into a key packet the first picture is looked for.
const maxNALs = 64

// firstPicture walks over the NAL units of the key packet up to the first that is of a picture.
// Their lengths stand before them (ISO/IEC 14496-15, section 4.3.3.2).
func (k keyTypes) firstPicture(g video.GOP) video.KeyType {
	at, end := g.KeyPos, g.KeyPos+int64(g.KeySize)
	var raw [8]byte
	for range maxNALs {
		head := raw[:k.nalLength+1]
		if at+int64(len(head)) > end {
			break
		}
		if n, _ := k.file.ReadAt(head, at); n < len(head) {
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
