// Package matroska walks over the blocks of Matroska and WebM files (RFC 9559) without reading their
// payloads.
package matroska

import (
	"context"
	"errors"
	"io"
	"math"

	"gop/internal/media"
)

// The IDs of the elements that describe tracks and blocks (RFC 9559, section 5).
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

// ErrNotWalkable reports that libav has to demux the file, because the block headers do not describe
// its packets.
var ErrNotWalkable = errors.New("the block headers do not describe the packets")

// ErrStop is returned by a Visit function to end a walk.
var ErrStop = errors.New("stop the walk")

// IsDamage reports whether err means that the blocks are damaged or do not describe the packets. libav
// may still demux the file.
func IsDamage(err error) bool {
	return errors.Is(err, ErrNotWalkable) || errors.Is(err, ErrElement) || errors.Is(err, ErrTruncated)
}

// Walker walks over the blocks of a file. It must not be used concurrently.
type Walker struct {
	// Visit is called for each block of a track that has a stream. Its error ends the walk. If Visit is
	// nil, the walk ends before the first block.
	Visit func(b Block) error
	// FirstCluster is the byte offset of the first cluster, once the walk has come to it.
	FirstCluster int64

	*ebmlReader
	ctx     context.Context
	streams []Stream
	primary int  // stream of the primary video track
	lenient bool // the block headers need not describe the packets

	segment element
	tracks  []track
	scale   uint64 // ns per tick
	count   int    // elements that were read

	clusterPos  int64 // byte offset of the current cluster
	clusterTime uint64
}

// Stream describes a stream that libav created for the file.
type Stream struct {
	Type     uint64 // track type: Video, Audio, Subtitle or Metadata; 0 for any other stream
	Attached bool   // an attached picture
}

// NewWalker returns a walker over a file of size bytes. streams are libav's streams of the file in
// their order, and primary is the index of the primary video stream. The walk fails when ctx ends.
func NewWalker(ctx context.Context, file io.ReaderAt, size int64, streams []Stream, primary int) *Walker {
	return &Walker{
		ebmlReader: &ebmlReader{media.NewWindow(file, size, windowBytes)},
		ctx:        ctx, streams: streams, primary: primary, scale: 1e6,
	}
}

// WalkFrom visits the blocks from the cluster at byte offset pos on. Walk must have read the tracks.
func (w *Walker) WalkFrom(pos int64) error {
	_, err := w.children(pos, w.segment.end, func(e element) (int64, error) {
		switch {
		case e.id == idCluster:
			return w.walkCluster(e)
		case e.unknownSize || e.id == idEBML:
			return 0, ErrNotWalkable
		}
		return e.end, nil
	})
	return err
}

// children visits the elements in [pos, end). visit returns the byte offset to continue from, which is
// the element's end, or 0 to stop there. children returns the byte offset where it stopped.
func (w *Walker) children(at, end int64, visit func(e element) (next int64, err error)) (int64, error) {
	for at < min(end, w.Size()) {
		if w.count++; w.count%1024 == 0 {
			if err := w.ctx.Err(); err != nil {
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

// Walk visits the blocks of the first segment; libav reads no other. It returns ErrNotWalkable if the
// block headers do not describe the packets as libav would.
func (w *Walker) Walk() error {
	found := false
	_, err := w.children(0, math.MaxInt64, func(e element) (int64, error) {
		if e.id != idSegment {
			return e.end, nil
		}
		found = true
		return 0, w.readSegment(e)
	})
	if err == nil && !found {
		return ErrNotWalkable
	}
	return err
}

func (w *Walker) readSegment(segment element) error {
	w.segment = segment
	_, err := w.children(segment.start, segment.end, func(e element) (int64, error) {
		switch e.id {
		case idEBML: // the start of another file
			return 0, nil
		case idInfo:
			return e.end, w.readInfo(e)
		case idTracks:
			if err := w.readTracks(e); err != nil {
				return 0, err
			}
			if err := w.matchStreams(); err != nil && !w.lenient {
				return 0, err
			}
			return e.end, nil
		case idCluster:
			if w.tracks == nil {
				return 0, ErrNotWalkable
			}
			if w.FirstCluster == 0 {
				w.FirstCluster = e.pos
			}
			if w.Visit == nil {
				return 0, nil
			}
			return w.walkCluster(e)
		}
		if e.unknownSize {
			return 0, ErrElement
		}
		return e.end, nil
	})
	return err
}

func (w *Walker) readInfo(info element) error {
	_, err := w.children(info.start, info.end, func(e element) (_ int64, err error) {
		if e.id == idTimestampScale {
			w.scale, err = w.uint(e)
			if w.scale == 0 {
				err = ErrNotWalkable
			}
		}
		return e.end, err
	})
	return err
}

// walkCluster visits the blocks of a cluster and returns the byte offset of its end.
func (w *Walker) walkCluster(cluster element) (int64, error) {
	w.clusterPos, w.clusterTime = cluster.pos, 0
	return w.children(cluster.start, cluster.end, func(e element) (_ int64, err error) {
		switch e.id {
		case idTimestamp:
			w.clusterTime, err = w.uint(e)
		case idSimpleBlock:
			err = w.readBlock(blockGroup{block: e, simple: true})
		case idBlockGroup:
			err = w.readGroup(e)
		case idSegment, idEBML, idInfo, idTracks, idCluster, idCues, idTags, idSeekHead, idChapters,
			idAttachments:
			if !cluster.unknownSize {
				return 0, ErrElement
			}
			return 0, nil // a cluster of unknown size ends before the next element of the segment
		}
		return e.end, err
	})
}
