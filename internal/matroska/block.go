package matroska

import (
	"encoding/binary"
	"io"
	"slices"

	"gop/internal/media"
)

// blockGroup is a block with what its group says of it.
type blockGroup struct {
	block      element
	simple     bool
	referenced bool   // it needs another block
	duration   uint64 // ticks; 0 where it is not told
}

func (w *Walker) group(group element) error {
	if group.open {
		return ErrNotWalkable
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
	return w.readBlock(g)
}

// block is a packet of a Matroska file, before it is read.
type Block struct {
	media.Packet
	Track      *Track
	PayloadPos int64 // where it lies in the file, but for what the track has stripped off
	Laced      bool  // it holds several packets
	Early      bool  // it is shown before the segment's start, of which libav knows no time
}

// isPlain tells whether the block is one packet, which lies there as it is.
func (b Block) IsPlain() bool {
	return !b.Laced && !b.Early && !b.Track.encoded && len(b.Track.stripped) == 0
}

// readBlock reads a block's head (RFC 9559, section 10.2): the track's number, the time against the
// cluster's, and flags.
func (w *Walker) readBlock(g blockGroup) error {
	e := g.block
	if e.open {
		return ErrNotWalkable
	}
	if e.end > w.size {
		return ErrTruncated
	}
	head, err := w.bytes(e.body, int(min(12, e.end-e.body)))
	if err != nil {
		return err
	}
	number, length, _, err := varint(head)
	if err != nil || len(head) < length+3 {
		return ErrElement
	}
	track := w.trackOf(number)
	if track == nil {
		return nil
	}
	flags := head[length+2]
	ticks := int64(w.clusterTime) + int64(int16(binary.BigEndian.Uint16(head[length:])))
	b := Block{Track: track, PayloadPos: e.body + int64(length) + 3, Laced: flags&0x06 != 0, Early: ticks < 0}
	b.Packet = media.Packet{
		Stream: track.stream, Pos: e.body, ReadPos: w.cluster,
		PTS: ticks - int64((track.codecDelay+w.scale/2)/w.scale), DTS: media.NoPTS,
		Size: int(e.end-b.PayloadPos) + len(track.stripped),
		Key:  !g.referenced && (!g.simple || flags&0x80 != 0),
	}
	if b.Duration = int64(g.duration); b.Duration == 0 && !b.Laced {
		b.Duration = int64(track.defaultDuration / w.scale)
	}
	return w.Visit(b)
}

// stored is the payload, with what the track has stripped off.
func (w *Walker) Payload(b Block) io.ReaderAt {
	return strippedPayload{b.Track.stripped, io.NewSectionReader(w, b.PayloadPos, int64(b.size()))}
}

// size is how many bytes of the payload lie in the file.
func (b Block) size() int { return b.Size - len(b.Track.stripped) }

// decodeTimes makes the decode times that Matroska does not store, as libav does: the smallest pts
// among as many as a decoder holds back.
type DecodeTimes struct {
	Delay  int     // pictures that a decoder holds back
	latest []int64 // at most delay+1 pts, in order
}

// of returns the dts of the next packet in decode order, or noPTS as long as none can be told.
func (d *DecodeTimes) Next(pts int64) int64 {
	at, _ := slices.BinarySearch(d.latest, pts)
	d.latest = slices.Insert(d.latest, at, pts)
	if len(d.latest) <= d.Delay {
		return media.NoPTS
	}
	if len(d.latest) > d.Delay+1 {
		d.latest = d.latest[1:]
	}
	return d.latest[0]
}

func (w *Walker) trackOf(number uint64) *Track {
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
