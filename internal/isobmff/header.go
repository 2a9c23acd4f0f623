package isobmff

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// errNoHeader says that the muxer's boxes are not those that it is known to write.
var ErrHeader = errors.New("the muxer wrote an unknown header")

var (
	// errMiscounted says that the sizes of the samples do not add up to the payload.
	ErrPayloadSize = errors.New("the muxer miscounted them")
	// errNoPicture says that the first track has no film, or there is no payload.
	ErrNoFrame = errors.New("the muxer left them all out")
)

// closeGap returns the front of an mp4 without the room that its movie box did not need: a GOP's
// header is a few thousand bytes, and that room was twice as much. The header, which ends where the
// payload of mdat begins, is changed in place, and so are its chunk offsets (ISO/IEC 14496-12,
// section 8.7.5). It fails where the header does not describe so many bytes of payload, or no film.
func CloseGap(header []byte, payload int64) ([]byte, error) {
	r, all := bytes.NewReader(header), Box{End: int64(len(header))}
	moov, ok := all.Find(r, "moov")
	if !ok {
		return nil, ErrHeader
	}
	data := len(header) - 8
	size := uint64(binary.BigEndian.Uint32(header[data:]))
	if data > 8 && string(header[data-4:data]) == "mdat" { // its size has 64 bits
		size = binary.BigEndian.Uint64(header[data:])
		data -= 8
	}
	gap := data - int(moov.End)
	if gap < 0 || string(header[data+4:data+8]) != "mdat" {
		return nil, ErrHeader
	}
	if size != uint64(len(header)-data)+uint64(payload) {
		return nil, ErrPayloadSize
	}
	if _, ok := moov.Find(r, "trak", "mdia", "minf", "vmhd"); !ok || payload == 0 { // of the first track
		return nil, ErrNoFrame
	}
	for track := range moov.Children(r) {
		table, ok := track.Find(r, "mdia", "minf", "stbl")
		if !ok {
			continue
		}
		for b := range table.Children(r) {
			if b.Type != "stco" && b.Type != "co64" {
				continue
			}
			offsets := header[b.Start+8 : b.End]
			if b.Type == "co64" {
				for ; len(offsets) >= 8; offsets = offsets[8:] {
					binary.BigEndian.PutUint64(offsets, binary.BigEndian.Uint64(offsets)-uint64(gap))
				}
			}
			for ; len(offsets) >= 4; offsets = offsets[4:] {
				binary.BigEndian.PutUint32(offsets, binary.BigEndian.Uint32(offsets)-uint32(gap))
			}
		}
	}
	copy(header[moov.End:], header[data:])
	return header[:len(header)-gap], nil
}
