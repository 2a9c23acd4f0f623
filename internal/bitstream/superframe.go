package bitstream

import "iter"

// VP9Frames returns the frames of a VP9 packet: those of a superframe, without its index, or the packet as a
// whole (VP9 bitstream specification, annex B).
func VP9Frames(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		frames, ok := superframe(data)
		if !ok {
			frames = [][]byte{data}
		}
		for _, frame := range frames {
			if len(frame) > 0 && !yield(frame) {
				return
			}
		}
	}
}

// superframe returns the frames of a superframe. It reports false if the data has no valid index.
func superframe(data []byte) (frames [][]byte, ok bool) {
	if len(data) == 0 {
		return nil, false
	}
	marker := data[len(data)-1]
	count, size := int(marker&7)+1, int(marker>>3&3)+1
	index := len(data) - 2 - count*size
	if marker>>5 != 0b110 || index < 0 || data[index] != marker {
		return nil, false
	}
	at := 0
	for i := range count {
		length := 0
		for j := range size {
			length |= int(data[index+1+i*size+j]) << (8 * j)
		}
		if length > index-at {
			return nil, false
		}
		frames = append(frames, data[at:at+length])
		at += length
	}
	return frames, true
}

// IsVP9Invisible reports whether a VP9 frame is decoded but not presented (VP9 bitstream specification,
// section 6.2).
func IsVP9Invisible(frame []byte) bool {
	if len(frame) == 0 || frame[0]>>6 != 0b10 {
		return false
	}
	bits := frame[0] << 4 // after the frame marker and the profile
	if frame[0]>>4&3 == 3 {
		bits <<= 1 // a reserved bit
	}
	showExisting, show := bits>>7&1, bits>>5&1
	return showExisting == 0 && show == 0
}
