package matroska

import (
	"encoding/binary"
	"io"
	"math"
	"slices"

	"gop/internal/media"
)

// blockGroup is a block and the attributes of its group.
type blockGroup struct {
	block      element
	simple     bool
	referenced bool   // it has a ReferenceBlock
	duration   uint64 // ticks; 0 if unknown
}

func (w *Walker) readGroup(group element) error {
	if group.unknownSize {
		return ErrNotWalkable
	}
	var g blockGroup
	_, err := w.children(group.start, group.end, func(e element) (_ int64, err error) {
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

// Block is a block whose payload has not been read. Its Packet has no DTS.
type Block struct {
	media.Packet
	track      *track
	PayloadPos int64 // byte offset of the payload, without the bytes that header stripping removed
	Laced      bool  // it contains several packets
	Early      bool  // its time is negative, which libav does not represent
}

// IsPlain reports whether the block contains one packet, stored as it is.
func (b Block) IsPlain() bool {
	return !b.Laced && !b.track.encoded && len(b.track.stripped) == 0
}

// readBlock reads the header of a block (RFC 9559, section 10.2): track number, time relative to the
// cluster, and flags.
func (w *Walker) readBlock(g blockGroup) error {
	e := g.block
	if e.unknownSize {
		return ErrNotWalkable
	}
	if e.end > w.Size() {
		return ErrTruncated
	}
	head, err := w.Bytes(e.start, int(min(12, e.end-e.start)))
	if err != nil {
		return err
	}
	number, length, _, err := varint(head)
	if err != nil || len(head) < length+3 {
		return ErrElement
	}
	t := w.trackOf(number)
	if t == nil {
		return nil
	}
	flags := head[length+2]
	ticks := int64(w.clusterTime) + int64(int16(binary.BigEndian.Uint16(head[length:])))
	b := Block{track: t, PayloadPos: e.start + int64(length) + 3, Laced: flags&0x06 != 0, Early: ticks < 0}
	b.Packet = media.Packet{
		Stream: t.stream, Pos: e.start, ReadPos: w.clusterPos,
		PTS: ticks - int64((t.codecDelay+w.scale/2)/w.scale), DTS: media.NoPTS,
		Size: int(e.end-b.PayloadPos) + len(t.stripped),
		Key:  !g.referenced && (!g.simple || flags&0x80 != 0),
	}
	if b.Duration = int64(g.duration); b.Duration == 0 {
		count := uint64(1)
		if b.Laced && len(head) > length+3 {
			count += uint64(head[length+3])
		}
		b.Duration = int64(min(t.defaultDuration, math.MaxInt64/256) * count / w.scale)
	}
	return w.Visit(b)
}

// Payload returns a reader of the payload, including the bytes that header stripping removed.
func (w *Walker) Payload(b Block) io.ReaderAt {
	return payload{b.track.stripped, io.NewSectionReader(w, b.PayloadPos, int64(b.storedSize()))}
}

// storedSize returns the number of payload bytes in the file.
func (b Block) storedSize() int { return b.Size - len(b.track.stripped) }

// DecodeTimes generates the DTS that Matroska does not store, as libav does: the smallest PTS among
// as many frames as a decoder delays.
type DecodeTimes struct {
	Delay  int     // frames that a decoder delays
	latest []int64 // at most Delay+1 PTS, sorted
}

// Next returns the DTS of the next packet in decode order, or media.NoPTS while it is unknown.
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

func (w *Walker) trackOf(number uint64) *track {
	for i := range w.tracks {
		if w.tracks[i].number == number {
			return &w.tracks[i]
		}
	}
	return nil
}

// payload is a payload whose first bytes are stored with the track.
type payload struct {
	stripped []byte
	rest     io.ReaderAt
}

func (p payload) ReadAt(b []byte, at int64) (n int, err error) {
	if at < int64(len(p.stripped)) {
		n = copy(b, p.stripped[at:])
	}
	if n == len(b) {
		return n, nil
	}
	m, err := p.rest.ReadAt(b[n:], at+int64(n)-int64(len(p.stripped)))
	return n + m, err
}
