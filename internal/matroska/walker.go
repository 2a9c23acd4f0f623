package matroska

import (
	"context"
	"errors"
	"io"
	"math"
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
var ErrNotWalkable = errors.New("the packets cannot be told from the heads of the blocks")

// isBlockDamage tells whether err says that the blocks are damaged or do not tell enough: libav may still
// find its way.
func IsDamage(err error) bool {
	return errors.Is(err, ErrNotWalkable) || errors.Is(err, ErrElement) || errors.Is(err, ErrTruncated)
}

// errEnough ends a walk whose visitor has all it wants.
var ErrStop = errors.New("there is no need to go on")

// matroskaWalk reads the heads of blocks of a Matroska or WebM file, and skips what is in them.
type Walker struct {
	*ebmlReader
	ctx     context.Context
	streams []Stream            // libav's, in its order
	primary int                 // the stream of the primary track
	Visit   func(b Block) error // nil to end before the first block

	body         element // the segment that the blocks are in
	FirstCluster int64   // where the first cluster begins; 0 where not known
	tracks       []Track
	scale        uint64 // ns a tick
	count        int    // of elements

	cluster     int64 // where the cluster under way begins
	clusterTime uint64
}

// matroskaStream is what libav made of a track.
type Stream struct {
	Type     uint64 // the type of track that it stands for; 0 for none that has blocks
	Attached bool   // it is a picture attached to the file, and no track
}

// newMatroskaWalk makes a walk over a file of a size, whose primary track is one of the streams. The end
// of ctx ends it.
func NewWalker(ctx context.Context, file io.ReaderAt, size int64, streams []Stream, film int) *Walker {
	return &Walker{
		ebmlReader: &ebmlReader{window{file: file, size: size}},
		ctx:        ctx, streams: streams, primary: film, scale: 1e6,
	}
}

// from walks over the clusters from a place in the segment on, which the walk over the file has found.
func (w *Walker) WalkFrom(at int64) error {
	_, err := w.each(at, w.body.end, func(e element) (int64, error) {
		switch {
		case e.id == idCluster:
			return w.walkCluster(e)
		case e.open || e.id == idEBML:
			return 0, ErrNotWalkable
		}
		return e.end, nil
	})
	return err
}

// each visits the elements between two places, until visit returns the place to go on from: the
// element's end, or less to end there. It returns where it ended.
func (w *Walker) each(at, end int64, visit func(e element) (next int64, err error)) (int64, error) {
	for at < min(end, w.size) {
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

// file walks over the first segment, which is all that libav reads. It fails with errNotWalkable
// where the blocks do not tell all that libav would.
func (w *Walker) Walk() error {
	found := false
	_, err := w.each(0, math.MaxInt64, func(e element) (int64, error) {
		if e.id != idSegment {
			return e.end, nil
		}
		found = true
		return 0, w.segment(e)
	})
	if err == nil && !found {
		return ErrNotWalkable
	}
	return err
}

func (w *Walker) segment(segment element) error {
	w.body = segment
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
			return e.end, w.match()
		case idCluster:
			if w.tracks == nil {
				return 0, ErrNotWalkable
			}
			if w.FirstCluster == 0 {
				w.FirstCluster = e.at
			}
			if w.Visit == nil {
				return 0, nil
			}
			return w.walkCluster(e)
		}
		if e.open {
			return 0, ErrElement
		}
		return e.end, nil
	})
	return err
}

func (w *Walker) info(info element) error {
	_, err := w.each(info.body, info.end, func(e element) (_ int64, err error) {
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

// walkCluster returns where the cluster ends.
func (w *Walker) walkCluster(cluster element) (int64, error) {
	w.cluster, w.clusterTime = cluster.at, 0
	return w.each(cluster.body, cluster.end, func(e element) (_ int64, err error) {
		switch e.id {
		case idTimestamp:
			w.clusterTime, err = w.uint(e)
		case idSimpleBlock:
			err = w.readBlock(blockGroup{block: e, simple: true})
		case idBlockGroup:
			err = w.group(e)
		case idSegment, idEBML, idInfo, idTracks, idCluster, idCues, idTags, idSeekHead, idChapters, idAttachments:
			if !cluster.open {
				return 0, ErrElement
			}
			return 0, nil // an element of the segment ends a cluster of unknown size
		}
		return e.end, err
	})
}
