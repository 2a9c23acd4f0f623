package matroska

import (
	"errors"
	"slices"

	"gop/internal/media"
)

// Layout holds block data that libav does not expose: cluster offsets and times before 0.
type Layout struct {
	clusters []int64         // byte offsets, ascending
	early    map[int64]int64 // PTS of the blocks before 0, by byte offset
	end      int64           // byte offset of the last block
}

// Limits of a Layout.
const (
	maxClusters = 1 << 20
	maxEarly    = 1 << 16
)

// Layout returns the layout of the blocks from byte offset from to byte offset to. It ends at damage. from is
// the start of a cluster, or before the first one. The walker must not have visited blocks.
func (w *Walker) Layout(from, to int64) (*Layout, error) {
	l := &Layout{early: map[int64]int64{}, end: -1}
	w.lenient, w.Visit = true, nil
	if err := w.Walk(); err != nil {
		return l, ignoreDamage(err)
	}
	w.Visit = func(b Block) error {
		if b.Pos > to || len(l.clusters) == maxClusters || len(l.early) == maxEarly {
			return ErrStop
		}
		if n := len(l.clusters); n == 0 || l.clusters[n-1] != b.ReadPos {
			l.clusters = append(l.clusters, b.ReadPos)
		}
		if l.end = b.Pos; b.Early {
			l.early[b.Pos] = b.PTS
		}
		return nil
	}
	return l, ignoreDamage(w.WalkFrom(max(from, w.FirstCluster)))
}

func ignoreDamage(err error) error {
	if errors.Is(err, ErrStop) || IsDamage(err) {
		return nil
	}
	return err
}

// EarlyPTS returns the PTS of the block at a byte offset if it comes before 0.
func (l *Layout) EarlyPTS(pos int64) (pts int64, ok bool) {
	pts, ok = l.early[pos]
	return pts, ok
}

// Place sets the ReadPos of a packet of libav, and its PTS if it comes before 0. ReadPos is -1 if the packet
// is outside of the layout.
func (l *Layout) Place(p media.Packet) media.Packet {
	p.ReadPos = -1
	if at, found := slices.BinarySearch(l.clusters, p.Pos); !found && at > 0 && p.Pos <= l.end {
		p.ReadPos = l.clusters[at-1]
	}
	if pts, ok := l.EarlyPTS(p.Pos); ok {
		p.PTS, p.DTS = pts, media.NoPTS
	}
	return p
}
