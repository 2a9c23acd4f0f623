package isobmff

import (
	"math"

	"gop/internal/media"
)

// Cursor reads the samples of a Table in decode order.
type Cursor struct {
	table   *Table
	at      int // the next sample
	times   runCursor
	offsets runCursor // left is never 0 without a ctts box
	chunk   chunkCursor
	key     int // index in keys of the first keyframe from at on

	dts, pos int64 // of the next sample; pos is wrong if the chunk has no sample left
}

// Cursor returns a cursor at a sample, which exists.
func (t *Table) Cursor(sample int) Cursor {
	c := Cursor{table: t, at: sample, chunk: t.chunks.at(sample), key: t.nextKey(sample)}
	c.times, c.dts = t.times.at(sample)
	if c.offsets, _ = t.offsets.at(sample); !t.HasOffsets() {
		c.offsets.left = math.MaxUint32
	}
	inChunk := c.chunk.perChunk - c.chunk.left
	c.pos = t.chunks.offset(c.chunk.chunk) + t.sizes.sum(sample) - t.sizes.sum(sample-inChunk)
	return c
}

// Sample returns the number of the next sample.
func (c *Cursor) Sample() int { return c.at }

// Next returns the next sample, which exists, and its duration.
func (c *Cursor) Next() (s Sample, duration int64) {
	t := c.table
	if c.chunk.left == 0 {
		c.nextChunk()
	}
	c.chunk.left--
	s = Sample{DTS: c.dts, Pos: c.pos, Size: t.sizes.at(c.at), Key: !t.hasKeys}
	duration = int64(c.times.next())
	if t.HasOffsets() {
		s.Offset = int64(c.offsets.next())
	}
	if 4*c.key < len(t.keys) && t.key(c.key) == c.at {
		s.Key = true
		c.key++
	}
	s.Disposable = t.dependencies != nil && t.dependencies[c.at]>>2&3 == DependencyNone>>2
	c.at++
	c.dts += duration
	c.pos += int64(s.Size)
	return s, duration
}

// nextChunk moves to the first sample of the next chunk.
func (c *Cursor) nextChunk() {
	c.table.chunks.next(&c.chunk)
	c.pos = c.table.chunks.offset(c.chunk.chunk)
}

// Run reads n samples, which exist. They follow a keyframe with this PTS and duration; after is the PTS of
// the last frame of the GOP before. It reports false if a sample is empty or ends after byte offset limit.
func (c *Cursor) Run(n int, key, duration, after, limit int64) (r media.Run, ok bool) {
	t := c.table
	r = media.Run{
		Count: n, LastPos: -1, Earliest: math.MaxInt64, Latest: key, Duration: duration, End: key + duration,
	}
	next, bytes, dts, ok := int64(math.MaxInt64), int64(0), c.dts, true
	times, offsets, sizes := c.times, c.offsets, t.sizes
	for left := n; left > 0; {
		if c.chunk.left == 0 {
			c.nextChunk()
		}
		inChunk, size, before := min(left, c.chunk.left), int64(0), bytes
		for i := range inChunk {
			if times.left == 0 {
				times.load()
			}
			times.left--
			if offsets.left == 0 {
				offsets.load()
			}
			offsets.left--
			r.LastDTS = dts
			pts, duration := dts+int64(offsets.value), int64(times.value)
			dts += duration
			size = int64(sizes.at(c.at + i))
			bytes += size
			ok = ok && size > 0
			r.Earliest = min(r.Earliest, pts)
			if pts < key {
				r.Leading++
			} else {
				r.End = max(r.End, pts+duration)
			}
			if pts >= r.Latest {
				r.Latest, r.Duration = pts, duration
			}
			if pts > after {
				next = min(next, pts)
			}
		}
		c.pos += bytes - before
		r.LastPos = max(r.LastPos, c.pos-size)
		ok = ok && c.pos <= limit
		c.at += inChunk
		c.chunk.left -= inChunk
		left -= inChunk
	}
	if r.Next = next; next == math.MaxInt64 {
		r.Next = media.NoPTS
	}
	if !t.HasOffsets() {
		offsets.left = math.MaxUint32
	}
	c.dts, c.times, c.offsets, r.Bytes, c.key = dts, times, offsets, bytes, t.nextKey(c.at)
	return r, ok
}
