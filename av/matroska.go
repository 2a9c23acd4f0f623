package av

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"

	"github.com/asticode/go-astiav"
)

// The elements of Matroska that tell where packets lie and when they are shown: RFC 9559,
// section 5, whose names these are.
const (
	idEBML           = 0x1A45DFA3
	idSegment        = 0x18538067
	idInfo           = 0x1549A966
	idTimestampScale = 0x2AD7B1
	idTracks         = 0x1654AE6B
	idCluster        = 0x1F43B675
	idCues           = 0x1C53BB6B
	idTags           = 0x1254C367
	idSeekHead       = 0x114D9B74
	idChapters       = 0x1043A770
	idAttachments    = 0x1941A469

	idTrackEntry          = 0xAE
	idTrackNumber         = 0xD7
	idTrackType           = 0x83
	idDefaultDuration     = 0x23E383
	idTrackTimestampScale = 0x23314F
	idCodecID             = 0x86
	idCodecDelay          = 0x56AA
	idContentEncodings    = 0x6D80
	idContentEncoding     = 0x6240
	idEncodingScope       = 0x5032
	idEncodingType        = 0x5033
	idCompression         = 0x5034
	idCompAlgo            = 0x4254
	idCompSettings        = 0x4255

	idTimestamp      = 0xE7
	idSimpleBlock    = 0xA3
	idBlockGroup     = 0xA0
	idBlock          = 0xA1
	idBlockDuration  = 0x9B
	idReferenceBlock = 0xFB
)

// errNotWalkable says that a file needs libav to tell its packets.
var errNotWalkable = errors.New("the packets cannot be told from the heads of the blocks")

// matroskaWalk reads the heads of all blocks of a Matroska file, and skips what is in them.
type matroskaWalk struct {
	*ebmlReader
	x      *indexer
	tracks []matroskaTrack
	scale  uint64 // ns a tick
	count  int    // of elements

	cluster     int64 // where the cluster under way begins
	clusterTime uint64
	decode      decodeTimes
}

// walkBlocks walks over the blocks of a Matroska or WebM file. It returns errNotWalkable where they
// do not tell what the index needs.
func (d *demuxer) walkBlocks(x *indexer) error {
	w := &matroskaWalk{
		ebmlReader: &ebmlReader{file: d.source, size: d.source.size},
		x:          x, scale: 1e6,
		decode: decodeTimes{delay: videoDelay(d.streams[x.film])},
	}
	err := w.file(d)
	// The end of a file that is cut off is the end of what it has.
	if errors.Is(err, errFileEnds) {
		return nil
	}
	if errors.Is(err, errNoElement) {
		return errNotWalkable // it is damaged: libav finds its way again
	}
	return err
}

// each visits the elements between two places, until visit returns the place to go on from: the
// element's end, or less to end there. It returns where it ended.
func (w *matroskaWalk) each(at, end int64, visit func(e element) (next int64, err error)) (int64, error) {
	for at < min(end, w.size) {
		if w.count++; w.count%1024 == 0 {
			if err := w.x.ctx.Err(); err != nil {
				return at, err
			}
		}
		e, err := w.element(at, end)
		if err != nil {
			return at, err
		}
		next, err := visit(e)
		if err != nil {
			return at, err
		}
		if next <= at {
			return at, nil
		}
		at = next
	}
	return at, nil
}

// file walks over the first segment, which is all that libav reads.
func (w *matroskaWalk) file(d *demuxer) error {
	found := false
	_, err := w.each(0, math.MaxInt64, func(e element) (int64, error) {
		if e.id != idSegment {
			return e.end, nil
		}
		found = true
		return 0, w.segment(e, d)
	})
	if err == nil && !found {
		return errNotWalkable
	}
	return err
}

func (w *matroskaWalk) segment(segment element, d *demuxer) error {
	_, err := w.each(segment.body, segment.end, func(e element) (int64, error) {
		switch e.id {
		case idEBML: // another file follows
			return 0, nil
		case idInfo:
			return e.end, w.info(e)
		case idTracks:
			if err := w.readTracks(e); err != nil {
				return 0, err
			}
			return e.end, w.match(d)
		case idCluster:
			if w.tracks == nil {
				return 0, errNotWalkable
			}
			w.cluster, w.clusterTime = e.at, 0
			if d.firstCluster == 0 {
				d.firstCluster = e.at
			}
			return w.walkCluster(e)
		}
		if e.open {
			return 0, errNoElement
		}
		return e.end, nil
	})
	return err
}

func (w *matroskaWalk) info(info element) error {
	_, err := w.each(info.body, info.end, func(e element) (_ int64, err error) {
		if e.id == idTimestampScale {
			w.scale, err = w.uint(e)
			if w.scale == 0 {
				err = errNotWalkable
			}
		}
		return e.end, err
	})
	return err
}

// walkCluster returns where the cluster ends.
func (w *matroskaWalk) walkCluster(cluster element) (int64, error) {
	return w.each(cluster.body, cluster.end, func(e element) (_ int64, err error) {
		switch e.id {
		case idTimestamp:
			w.clusterTime, err = w.uint(e)
		case idSimpleBlock:
			err = w.block(blockGroup{block: e, simple: true})
		case idBlockGroup:
			err = w.group(e)
		case idSegment, idEBML, idInfo, idTracks, idCluster, idCues, idTags, idSeekHead, idChapters, idAttachments:
			if !cluster.open {
				return 0, errNoElement
			}
			return 0, nil // an element of the segment ends a cluster of unknown size
		}
		return e.end, err
	})
}

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
