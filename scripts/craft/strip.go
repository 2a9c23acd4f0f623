package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
)

// Matroska element IDs (RFC 9559, section 5).
const (
	idSegment          = 0x18538067
	idSeekHead         = 0x114D9B74
	idCues             = 0x1C53BB6B
	idTracks           = 0x1654AE6B
	idTrackEntry       = 0xAE
	idTrackNumber      = 0xD7
	idCodecID          = 0x86
	idCodecPrivate     = 0x63A2
	idContentEncodings = 0x6D80
	idCluster          = 0x1F43B675
	idTimestamp        = 0xE7
	idSimpleBlock      = 0xA3
	idBlockGroup       = 0xA0
	idBlock            = 0xA1
)

// strip removes the first two bytes from each frame of track 1, which must be zero, and stores them in the
// track entry as header stripping (section 5.1.4.1.31). It drops SeekHead and Cues, whose positions become
// invalid.
func strip(data []byte) ([]byte, error) {
	var out []byte
	var stripped []byte
	var rebuild func(data []byte, parent uint32) ([]byte, error)
	rebuild = func(data []byte, parent uint32) ([]byte, error) {
		var out []byte
		for len(data) > 0 {
			id, body, rest, err := element(data)
			if err != nil {
				return nil, err
			}
			data = rest
			switch {
			case id == idSeekHead || id == idCues:
				continue
			case id == idTracks || id == idCluster || id == idTrackEntry:
				if body, err = rebuild(body, id); err != nil {
					return nil, err
				}
			case id == idSimpleBlock && body[0] == 0x81: // track 1
				const head = 4 // number, time, flags
				if stripped == nil {
					stripped = bytes.Clone(body[head : head+2])
				}
				if !bytes.HasPrefix(body[head:], stripped) {
					return nil, errors.New("the frames start with different bytes")
				}
				body = append(bytes.Clone(body[:head]), body[head+2:]...)
			}
			if parent == idTrackEntry && id == idTrackNumber && body[len(body)-1] == 1 {
				// One content encoding: compression with algorithm 3 and the stripped bytes as its settings.
				settings := encode(0x4255, []byte{0, 0})
				compression := encode(0x5034, append(encode(0x4254, []byte{3}), settings...))
				out = append(out, encode(idContentEncodings, encode(0x6240, compression))...)
			}
			out = append(out, encode(id, body)...)
		}
		return out, nil
	}
	for len(data) > 0 {
		id, body, rest, err := element(data)
		if err != nil {
			return nil, err
		}
		if data = rest; id == idSegment {
			if body, err = rebuild(body, id); err != nil {
				return nil, err
			}
		}
		out = append(out, encode(id, body)...)
	}
	if !bytes.Equal(stripped, []byte{0, 0}) {
		return nil, errors.New("the frames do not start with two zero bytes")
	}
	return out, nil
}

// element splits the first element off data (RFC 8794, section 4).
func element(data []byte) (id uint32, body, rest []byte, err error) {
	idLength := bits.LeadingZeros8(data[0]) + 1
	if idLength > 4 || len(data) <= idLength {
		return 0, nil, nil, errors.New("no element ID")
	}
	for _, b := range data[:idLength] {
		id = id<<8 | uint32(b)
	}
	data = data[idLength:]
	length := bits.LeadingZeros8(data[0]) + 1
	if length > 8 || len(data) < length {
		return 0, nil, nil, errors.New("an element has no size")
	}
	size := uint64(data[0]) &^ (1 << (8 - length))
	for _, b := range data[1:length] {
		size = size<<8 | uint64(b)
	}
	data = data[length:]
	if size > uint64(len(data)) {
		return 0, nil, nil, errors.New("an element is longer than its parent or of unknown size")
	}
	return id, data[:size], data[size:], nil
}

// encode returns an element with an eight-byte size.
func encode(id uint32, body []byte) []byte {
	head := binary.BigEndian.AppendUint32(nil, id)
	head = bytes.TrimLeft(head, "\x00")
	head = binary.BigEndian.AppendUint64(head, 1<<56|uint64(len(body)))
	return append(head, body...)
}
