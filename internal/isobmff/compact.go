package isobmff

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Errors of RemoveGap.
var (
	ErrHeader      = errors.New("the boxes are not ftyp, moov, free and mdat")
	ErrPayloadSize = errors.New("the mdat box has another size than the payload")
	ErrNoVideo     = errors.New("the first track is not video, or there is no payload")
)

// RemoveGap removes the free space between the moov box and the mdat box from the header of an mp4,
// which ends where the payload of mdat begins. libav's muxer reserves this space for the moov box,
// and it exceeds the few kilobytes that a GOP needs.
//
// RemoveGap changes header in place, including its chunk offsets (ISO/IEC 14496-12, section 8.7.5),
// and returns the part that is still in use. payload is the number of bytes that mdat must have.
func RemoveGap(header []byte, payload int64) ([]byte, error) {
	r, all := bytes.NewReader(header), File(int64(len(header)))
	moov, ok := all.Find(r, "moov")
	if !ok {
		return nil, ErrHeader
	}
	mdat := len(header) - 8
	size := uint64(binary.BigEndian.Uint32(header[mdat:]))
	if mdat > 8 && string(header[mdat-4:mdat]) == "mdat" { // 64-bit size
		size = binary.BigEndian.Uint64(header[mdat:])
		mdat -= 8
	}
	gap := mdat - int(moov.End)
	if gap < 0 || string(header[mdat+4:mdat+8]) != "mdat" {
		return nil, ErrHeader
	}
	if size != uint64(len(header)-mdat)+uint64(payload) {
		return nil, ErrPayloadSize
	}
	if _, ok := moov.Find(r, "trak", "mdia", "minf", "vmhd"); !ok || payload == 0 {
		return nil, ErrNoVideo
	}
	for track := range moov.Children(r) {
		table, ok := track.Find(r, "mdia", "minf", "stbl")
		if !ok {
			continue
		}
		for b := range table.Children(r) {
			if b.Type == "stco" || b.Type == "co64" {
				moveChunks(header[b.Start:b.End], b.Type == "co64", gap)
			}
		}
	}
	copy(header[moov.End:], header[mdat:])
	return header[:len(header)-gap], nil
}

// moveChunks subtracts gap from the chunk offsets in the content of an stco or co64 box.
func moveChunks(content []byte, is64Bit bool, gap int) {
	if len(content) < 8 {
		return
	}
	offsets := content[8:]
	if is64Bit {
		for ; len(offsets) >= 8; offsets = offsets[8:] {
			binary.BigEndian.PutUint64(offsets, binary.BigEndian.Uint64(offsets)-uint64(gap))
		}
		return
	}
	for ; len(offsets) >= 4; offsets = offsets[4:] {
		binary.BigEndian.PutUint32(offsets, binary.BigEndian.Uint32(offsets)-uint32(gap))
	}
}
