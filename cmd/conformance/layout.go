package main

import (
	"encoding/binary"
	"slices"
)

// boxes is what a cut's boxes say, by a reader that knows nothing of libav. What they do not say is
// zero.
type boxes struct {
	order         []string // of the file's own boxes, without those of free space
	whole         bool     // they fill the file
	seconds       float64  // how long the first track, the film, is shown
	width, height int      // of the film's pictures
}

// boxesOf walks over the boxes of a file (ISO/IEC 14496-12, section 4.2).
func boxesOf(data []byte) boxes {
	var b boxes
	b.whole = walk(data, func(name string, body []byte) {
		if name != "free" && name != "skip" {
			b.order = append(b.order, name)
		}
		if name == "moov" {
			b.readMovie(body)
		}
	})
	return b
}

// walk hands each box to visit, and tells whether they fill data.
func walk(data []byte, visit func(name string, body []byte)) bool {
	for len(data) >= 8 {
		size, head := uint64(binary.BigEndian.Uint32(data)), 8
		if size == 1 && len(data) >= 16 {
			size, head = binary.BigEndian.Uint64(data[8:]), 16
		}
		if size < uint64(head) || size > uint64(len(data)) {
			return false
		}
		visit(string(data[4:8]), data[head:size])
		data = data[size:]
	}
	return len(data) == 0
}

// readMovie reads a moov box: how long the film is shown is in its track's header, in the movie's
// time scale (sections 8.2.2 and 8.3.2), and the size of its pictures in its sample entry (8.5.2 and
// 12.1.3).
func (b *boxes) readMovie(moov []byte) {
	var scale uint64
	var film []byte
	walk(moov, func(name string, body []byte) {
		switch {
		case name == "mvhd":
			scale = field(body, 12, 20, false)
		case name == "trak" && film == nil:
			film = body
		}
	})
	if scale > 0 {
		b.seconds = float64(field(child(film, "tkhd"), 20, 28, true)) / float64(scale)
	}
	const before, entry = 8, 8 + 24 // the entry's count; its head, and what stands before the width
	if stsd := child(film, "mdia", "minf", "stbl", "stsd"); len(stsd) >= before+entry+4 {
		b.width = int(binary.BigEndian.Uint16(stsd[before+entry:]))
		b.height = int(binary.BigEndian.Uint16(stsd[before+entry+2:]))
	}
}

// child is the body of the box that a path of names leads to, or nil.
func child(body []byte, path ...string) []byte {
	for _, step := range path {
		var found []byte
		walk(body, func(name string, body []byte) {
			if name == step && found == nil {
				found = body
			}
		})
		body = found
	}
	return body
}

// field is a number of a box that has a version: at v0 in version 0, where it has 32 bits, at v1 in
// version 1, where it has 64 if it is long. Where the box ends before, it is 0.
func field(body []byte, v0, v1 int, long bool) uint64 {
	version1 := len(body) > 0 && body[0] == 1
	switch {
	case version1 && long && len(body) >= v1+8:
		return binary.BigEndian.Uint64(body[v1:])
	case version1 && !long && len(body) >= v1+4:
		return uint64(binary.BigEndian.Uint32(body[v1:]))
	case !version1 && len(body) >= v0+4:
		return uint64(binary.BigEndian.Uint32(body[v0:]))
	}
	return 0
}

// checkLayout looks whether the cut is a plain mp4 that can be played while it comes.
func (f *fileCheck) checkLayout(cut *cutOut) {
	if want := []string{"ftyp", "moov", "mdat"}; !cut.boxes.whole || !slices.Equal(cut.boxes.order, want) {
		f.fail(checkLayout, cut.n, "the boxes are %v, and should be %v", cut.boxes.order, want)
	}
}
