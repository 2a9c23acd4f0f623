package av

import (
	"encoding/binary"
	"io"
	"slices"

	"github.com/asticode/go-astiav"
)

// blockGroup is a block with what its group says of it.
type blockGroup struct {
	block      element
	simple     bool
	referenced bool   // it needs another block
	duration   uint64 // ticks; 0 where it is not told
}

func (w *matroskaWalk) group(group element) error {
	if group.open {
		return errNotWalkable
	}
	var g blockGroup
	_, err := w.each(group.body, group.end, func(e element) (_ int64, err error) {
		switch e.id {
		case idBlock:
			g.block = e
		case idBlockDuration:
			g.duration, err = w.uint(e)
		case idReferenceBlock:
			g.referenced = true
		}
		return e.end, err
	})
	if err != nil || g.block.id == 0 {
		return err
	}
	return w.block(g)
}

// block reads a block's head (RFC 9559, section 10.2): the track's number, the time against the
// cluster's, and flags.
func (w *matroskaWalk) block(g blockGroup) error {
	b := g.block
	if b.open {
		return errNotWalkable
	}
	if b.end > w.size {
		return errFileEnds
	}
	head, err := w.bytes(b.body, int(min(12, b.end-b.body)))
	if err != nil {
		return err
	}
	number, length, _, err := varint(head)
	if err != nil || len(head) < length+3 {
		return errNoElement
	}
	track := w.trackOf(number)
	if track == nil {
		return nil
	}
	flags := head[length+2]
	ticks := int64(w.clusterTime) + int64(int16(binary.BigEndian.Uint16(head[length:])))
	laced := flags&0x06 != 0
	p := packet{
		stream: track.stream, pos: b.body, from: w.cluster,
		pts: ticks - int64((track.codecDelay+w.scale/2)/w.scale), dts: noPTS,
		size: int(b.end-b.body) - length - 3 + len(track.stripped),
		key:  !g.referenced && (!g.simple || flags&0x80 != 0),
	}
	if p.duration = int64(g.duration); p.duration == 0 && !laced {
		p.duration = int64(track.defaultDuration / w.scale)
	}
	if p.stream != w.x.film {
		return w.x.add(p, nil)
	}
	if laced || ticks < 0 { // libav knows no time before the segment's start
		return errNotWalkable
	}
	payload := strippedPayload{track.stripped, io.NewSectionReader(w, b.body+int64(length)+3, int64(p.size-len(track.stripped)))}
	if !w.isFlaggedRight(p, payload) {
		return errNotWalkable
	}
	p.dts = w.decode.of(p.pts)
	return w.x.add(p, payload)
}

// decodeTimes makes the decode times that Matroska does not store, as libav does: the smallest pts
// among as many as a decoder holds back.
type decodeTimes struct {
	delay  int     // pictures that a decoder holds back
	latest []int64 // at most delay+1 pts, in order
}

// of returns the dts of the next packet in decode order, or noPTS as long as none can be told.
func (d *decodeTimes) of(pts int64) int64 {
	at, _ := slices.BinarySearch(d.latest, pts)
	d.latest = slices.Insert(d.latest, at, pts)
	if len(d.latest) <= d.delay {
		return noPTS
	}
	if len(d.latest) > d.delay+1 {
		d.latest = d.latest[1:]
	}
	return d.latest[0]
}

// isFlaggedRight tells whether the container calls the packet a key as libav will: by the parser's
// word, but for HEVC, which its Matroska demuxer does not parse. Some muxers flag too few, or all.
func (w *matroskaWalk) isFlaggedRight(p packet, payload io.ReaderAt) bool {
	if w.x.pictures.codec == astiav.CodecIDHevc {
		return true
	}
	picture := w.x.pictures.of(payload, int64(p.size))
	return !picture.unsure && picture.key == p.key
}

func (w *matroskaWalk) trackOf(number uint64) *matroskaTrack {
	for i := range w.tracks {
		if w.tracks[i].number == number {
			return &w.tracks[i]
		}
	}
	return nil
}

// strippedPayload is a payload whose first bytes are stored elsewhere.
type strippedPayload struct {
	first []byte
	rest  io.ReaderAt
}

func (p strippedPayload) ReadAt(b []byte, at int64) (n int, err error) {
	if at < int64(len(p.first)) {
		n = copy(b, p.first[at:])
	}
	if n == len(b) {
		return n, nil
	}
	m, err := p.rest.ReadAt(b[n:], at+int64(n)-int64(len(p.first)))
	return n + m, err
}
