package isobmff

import (
	"encoding/binary"
	"sort"
)

// chunks is the content of the tables that tell where the chunks of a track are and which samples they have
// (stsc, stco and co64; sections 8.7.4 and 8.7.5).
type chunks struct {
	runs    []byte // stsc entries: first chunk, samples per chunk, sample description
	marks   []int  // first sample of every markStride-th entry of runs
	offsets []byte // byte offsets of the chunks in the file
	width   int    // bytes of an offset: 4 or 8
}

const chunkRunBytes = 12

// readEntries returns the entries in the content of a full box (section 4.2) that has their number and then
// entries of size bytes. It reports false if there are more or fewer.
func readEntries(content []byte, size int) (entries []byte, ok bool) {
	if len(content) < 8 || int64(binary.BigEndian.Uint32(content[4:]))*int64(size) != int64(len(content)-8) {
		return nil, false
	}
	return content[8:], true
}

// readChunks returns the chunks in the contents of an stsc box and of an stco or co64 box. It reports false
// if they do not have this number of samples, or if samples have another sample description than the first.
func readChunks(stsc, offsets []byte, width, samples int) (c chunks, ok bool) {
	c.width = width
	if c.runs, ok = readEntries(stsc, chunkRunBytes); !ok {
		return chunks{}, false
	}
	if c.offsets, ok = readEntries(offsets, width); !ok {
		return chunks{}, false
	}
	total := int64(0)
	for i := range c.entries() {
		first, after, perChunk := c.entry(i)
		entry := binary.BigEndian.Uint32(c.runs[i*chunkRunBytes+8:])
		if i == 0 && first != 0 || first >= after || perChunk == 0 || entry != 1 {
			return chunks{}, false
		}
		if i%markStride == 0 {
			c.marks = append(c.marks, int(total))
		}
		if total += int64(after-first) * int64(perChunk); total > int64(samples) {
			return chunks{}, false
		}
	}
	for i := 0; width == 8 && i < c.count(); i++ {
		if c.offset(i) < 0 || c.offset(i) >= FillerPos {
			return chunks{}, false
		}
	}
	return c, total == int64(samples)
}

// count returns the number of chunks, and entries that of the runs.
func (c *chunks) count() int   { return len(c.offsets) / c.width }
func (c *chunks) entries() int { return len(c.runs) / chunkRunBytes }

// entry returns the chunks [first, after) of a run, counted from 0, and the number of samples in each.
func (c *chunks) entry(i int) (first, after, perChunk int) {
	data := c.runs[i*chunkRunBytes:]
	first, after = int(binary.BigEndian.Uint32(data))-1, c.count()
	if i+1 < c.entries() {
		after = min(after, int(binary.BigEndian.Uint32(data[chunkRunBytes:]))-1)
	}
	return first, after, int(binary.BigEndian.Uint32(data[4:]))
}

// offset returns the byte offset of a chunk.
func (c *chunks) offset(i int) int64 {
	if c.width == 8 {
		return int64(binary.BigEndian.Uint64(c.offsets[i*8:]))
	}
	return int64(binary.BigEndian.Uint32(c.offsets[i*4:]))
}

// chunkCursor is a position in the chunks.
type chunkCursor struct {
	run, after, perChunk int // the run of the chunk, see entry
	chunk                int // that the next sample is in
	left                 int // samples in the chunk from the next one on
}

// at returns a cursor at a sample.
func (c *chunks) at(sample int) (at chunkCursor) {
	i := sort.Search(len(c.marks), func(i int) bool { return c.marks[i] > sample }) - 1
	if i < 0 {
		return at
	}
	left := sample - c.marks[i]
	for at.run = i * markStride; at.run < c.entries(); at.run++ {
		at.chunk, at.after, at.perChunk = c.entry(at.run)
		if n := (at.after - at.chunk) * at.perChunk; left >= n {
			left -= n
			continue
		}
		at.chunk += left / at.perChunk
		at.left = at.perChunk - left%at.perChunk
		break
	}
	return at
}

// next moves the cursor to the next chunk, if there is one.
func (c *chunks) next(at *chunkCursor) {
	if at.chunk++; at.chunk >= at.after && at.run+1 < c.entries() {
		at.run++
		at.chunk, at.after, at.perChunk = c.entry(at.run)
	}
	at.left = at.perChunk
}
