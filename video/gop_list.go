package video

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"unsafe"
)

// GOPList is an immutable list of GOPs in packed form: about 30 bytes each. The zero value is empty.
//
// A packed GOP is a byte of flags and the differences of its fields from those that the GOP before it
// predicts, as signed varints of encoding/binary. The first GOP of each block follows a zero GOP, so that a
// block is read without the blocks before it.
type GOPList struct {
	packed []byte
	blocks []uint32 // offset of each block in packed
	n      int
	later  int // GOPs that start after the one before it and are not trimmed
}

// gopsPerBlock bounds how many GOPs At reads.
const gopsPerBlock = 8

// NewGOPList returns a list of GOPs. Their types must be those that this package defines, or empty.
func NewGOPList(gops ...GOP) GOPList {
	if len(gops) == 0 {
		return GOPList{}
	}
	l := GOPList{n: len(gops), blocks: make([]uint32, 0, blockCount(len(gops)))}
	packed, last := make([]byte, 0, 32*len(gops)), GOP{}
	for i, g := range gops {
		if i%gopsPerBlock == 0 {
			l.blocks, last = append(l.blocks, uint32(len(packed))), GOP{}
		}
		l.note(gops[max(i-1, 0)], g, i)
		packed, last = g.appendPacked(packed, last, i), g
	}
	l.packed = slices.Clone(packed)
	return l
}

func blockCount(gops int) int { return (gops + gopsPerBlock - 1) / gopsPerBlock }

// Len returns the number of GOPs.
func (l GOPList) Len() int { return l.n }

// At returns GOP i.
func (l GOPList) At(i int) GOP {
	if i < 0 || i >= l.n {
		panic(fmt.Sprintf("video: GOP %d of a list of %d", i, l.n))
	}
	var g GOP
	packed := l.packed[l.blocks[i/gopsPerBlock]:]
	for n := i - i%gopsPerBlock; n <= i; n++ {
		packed = packed[g.unpack(packed, n):]
	}
	return g
}

// note counts GOP i, which follows before.
func (l *GOPList) note(before, g GOP, i int) {
	if !g.Trimmed && (i == 0 || g.Start > before.Start) {
		l.later++
	}
}

// IsOrdered reports whether all GOPs are presented, in their order.
func (l GOPList) IsOrdered() bool { return l.later == l.n }

// All returns an iterator over the GOPs and their places in the list.
func (l GOPList) All() iter.Seq2[int, GOP] { return l.From(0) }

// From returns an iterator over the GOPs from GOP first on, and their places in the list.
func (l GOPList) From(first int) iter.Seq2[int, GOP] {
	return func(yield func(int, GOP) bool) {
		if first >= l.n {
			return
		}
		var g GOP
		i := first - first%gopsPerBlock
		for packed := l.packed[l.blocks[i/gopsPerBlock]:]; i < l.n; i++ {
			if i%gopsPerBlock == 0 {
				g = GOP{}
			}
			packed = packed[g.unpack(packed, i):]
			if i >= first && !yield(i, g) {
				return
			}
		}
	}
}

// Unpack returns the GOPs in a new slice.
func (l GOPList) Unpack() []GOP {
	gops := make([]GOP, 0, l.n)
	for _, g := range l.All() {
		gops = append(gops, g)
	}
	return gops
}

// Memory returns how many bytes of memory the list takes.
func (l GOPList) Memory() int64 {
	return int64(unsafe.Sizeof(l)) + int64(cap(l.packed)) + 4*int64(cap(l.blocks))
}

// MarshalBinary implements encoding.BinaryMarshaler. It never fails.
func (l GOPList) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, binary.MaxVarintLen64+len(l.packed))
	return append(binary.AppendUvarint(b, uint64(l.n)), l.packed...), nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler. It accepts any values that fit the fields.
func (l *GOPList) UnmarshalBinary(b []byte) error {
	n, size := binary.Uvarint(b)
	packed := b[max(size, 0):]
	if size <= 0 || n > uint64(len(packed)/leastPackedGOP) || len(packed) > math.MaxUint32 {
		return errPackedGOPs
	}
	read := GOPList{n: int(n)}
	var g GOP
	for i, at := 0, 0; i < read.n || at < len(packed); i++ {
		before := g
		if i%gopsPerBlock == 0 {
			read.blocks, g = append(read.blocks, uint32(at)), GOP{}
		}
		size := g.unpack(packed[at:], i)
		if i >= read.n || size == 0 {
			return errPackedGOPs
		}
		read.note(before, g, i)
		at += size
	}
	if read.n > 0 {
		read.packed, read.blocks = slices.Clone(packed), slices.Clip(read.blocks)
	}
	*l = read
	return nil
}

var errPackedGOPs = errors.New("not a packed list of GOPs")

// gopFields is the number of fields of a GOP that are packed as numbers. Each takes at least a byte.
const (
	gopFields      = 17
	leastPackedGOP = 1 + gopFields
)

// gopKeyTypes lists the types in the order of their numbers in the flags.
var gopKeyTypes = [...]KeyType{"", KeyIDR, KeyCRA, KeyRecovery, KeyIntra}

// The flags of a packed GOP. The lowest bits are the number of its type.
const (
	gopTypeMask = 1<<3 - 1
	gopClosed   = 1 << 3
	gopTrimmed  = 1 << 4
	gopByTime   = 1 << 5 // FirstPos is predicted to be -1
	gopFlags    = gopTypeMask | gopClosed | gopTrimmed | gopByTime
)

// appendPacked appends GOP i of a list in packed form.
func (g GOP) appendPacked(b []byte, last GOP, i int) []byte {
	keyType := slices.Index(gopKeyTypes[:], g.KeyType)
	if keyType < 0 {
		panic("video: unknown type of a GOP: " + string(g.KeyType))
	}
	flags, firstPos := byte(keyType), g.KeyPos
	if g.Closed {
		flags |= gopClosed
	}
	if g.Trimmed {
		flags |= gopTrimmed
	}
	if g.FirstPos == -1 {
		flags, firstPos = flags|gopByTime, -1
	}
	b = append(b, flags)
	for _, difference := range [gopFields]int64{
		int64(g.Number - i),
		int64(g.StartDTS - last.EndDTS),
		int64(g.EndDTS - g.StartDTS - (last.EndDTS - last.StartDTS)),
		int64(g.Start - last.End),
		int64(g.End - g.Start - (g.EndDTS - g.StartDTS)),
		int64(g.KeyPTS - g.Start),
		int64(g.KeyDuration - last.KeyDuration),
		int64(g.Frames - last.Frames),
		int64(g.Leading - last.Leading),
		int64(g.Width - last.Width),
		int64(g.Height - last.Height),
		g.Bytes,
		int64(g.KeySize),
		g.KeyPos - last.LastPos,
		g.FirstPos - firstPos,
		g.LastPos - (g.KeyPos + g.Bytes),
		int64(g.Presented - g.Frames),
	} {
		b = binary.AppendVarint(b, difference)
	}
	return b
}

// unpack replaces g, which precedes it, by GOP i of a list, and returns the number of bytes that it has in
// packed form. It returns 0 if they are not those of a GOP.
func (g *GOP) unpack(b []byte, i int) int {
	if len(b) == 0 || b[0]&^gopFlags != 0 || int(b[0]&gopTypeMask) >= len(gopKeyTypes) {
		return 0
	}
	flags, at := b[0], 1
	var differences [gopFields]int64
	for f := range differences {
		if at < len(b) && b[at] < 0x80 { // like binary.Varint, for most fields
			differences[f] = int64(b[at]>>1) ^ -int64(b[at]&1)
			at++
			continue
		}
		difference, size := binary.Varint(b[at:])
		if size <= 0 {
			return 0
		}
		differences[f] = difference
		at += size
	}
	last := *g
	d := &differences
	g.KeyType = gopKeyTypes[flags&gopTypeMask]
	g.Closed, g.Trimmed = flags&gopClosed != 0, flags&gopTrimmed != 0
	g.Number = int(d[0]) + i
	g.StartDTS = Ticks(d[1]) + last.EndDTS
	g.EndDTS = Ticks(d[2]) + g.StartDTS + (last.EndDTS - last.StartDTS)
	g.Start = Ticks(d[3]) + last.End
	g.End = Ticks(d[4]) + g.Start + (g.EndDTS - g.StartDTS)
	g.KeyPTS = Ticks(d[5]) + g.Start
	g.KeyDuration = Ticks(d[6]) + last.KeyDuration
	g.Frames = int(d[7]) + last.Frames
	g.Leading = int(d[8]) + last.Leading
	g.Width = int(d[9]) + last.Width
	g.Height = int(d[10]) + last.Height
	g.Bytes = d[11]
	g.KeySize = int(d[12])
	g.KeyPos = d[13] + last.LastPos
	if g.FirstPos = d[14] + g.KeyPos; flags&gopByTime != 0 {
		g.FirstPos = d[14] - 1
	}
	g.LastPos = d[15] + g.KeyPos + g.Bytes
	g.Presented = int(d[16]) + g.Frames
	return at
}
