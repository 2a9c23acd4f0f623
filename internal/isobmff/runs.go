package isobmff

import (
	"encoding/binary"
	"math"
	"sort"
)

// runs is the content of a table that stores a value for each sample as runs of equal values (stts, ctts).
// It has positive counts.
type runs struct {
	data  []byte // entries of a 32-bit count and a 32-bit value
	marks []mark // of every markStride-th run
}

// markStride is the number of entries between two marks. A search for a sample reads no more entries.
const markStride = 1024

// mark describes an entry of a table.
type mark struct {
	sample int   // first sample that it applies to
	sum    int64 // of the values of all samples before
}

const runBytes = 8

// readRuns returns the runs in the content of a box. It reports false unless they have exactly as many
// samples as given.
func readRuns(content []byte, samples int) (r runs, ok bool) {
	if r.data, ok = readEntries(content, runBytes); !ok {
		return runs{}, false
	}
	at := mark{}
	for i, data := 0, r.data; len(data) >= runBytes; i, data = i+1, data[runBytes:] {
		if i%markStride == 0 {
			r.marks = append(r.marks, at)
		}
		count, value := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
		if count == 0 || int64(count) > int64(samples-at.sample) {
			return runs{}, false
		}
		at.sample += int(count)
		at.sum += int64(count) * int64(value)
	}
	return r, at.sample == samples && at.sum < math.MaxInt64/4
}

// runCursor reads the values of consecutive samples.
type runCursor struct {
	data  []byte // entries after the current one
	left  uint32 // samples of the current entry
	value uint32
}

// next returns the value of the next sample. There must be one.
func (c *runCursor) next() uint32 {
	if c.left == 0 {
		c.load()
	}
	c.left--
	return c.value
}

// load reads the next entry. There must be one.
func (c *runCursor) load() {
	c.left, c.value = binary.BigEndian.Uint32(c.data), binary.BigEndian.Uint32(c.data[4:])
	c.data = c.data[runBytes:]
}

// at returns a cursor at a sample, and the sum of the values of the samples before it.
func (r *runs) at(sample int) (c runCursor, sum int64) {
	i := sort.Search(len(r.marks), func(i int) bool { return r.marks[i].sample > sample }) - 1
	if i < 0 {
		return c, 0
	}
	left := uint32(sample - r.marks[i].sample)
	c.data, sum = r.data[i*markStride*runBytes:], r.marks[i].sum
	for len(c.data) > 0 {
		count, value := binary.BigEndian.Uint32(c.data), binary.BigEndian.Uint32(c.data[4:])
		c.data = c.data[runBytes:]
		if left < count {
			c.left, c.value = count-left, value
			return c, sum + int64(left)*int64(value)
		}
		left -= count
		sum += int64(count) * int64(value)
	}
	return c, sum
}

// search returns the first sample with a sum of the values before it that is at least sum, of a table with
// this number of samples. Without one, it returns the number of samples.
func (r *runs) search(sum int64, samples int) int {
	i := sort.Search(len(r.marks), func(i int) bool { return r.marks[i].sum >= sum }) - 1
	if i < 0 {
		return 0
	}
	at := r.marks[i]
	for data := r.data[i*markStride*runBytes:]; len(data) > 0; data = data[runBytes:] {
		count, value := int64(binary.BigEndian.Uint32(data)), int64(binary.BigEndian.Uint32(data[4:]))
		if left := sum - at.sum; left <= 0 {
			break
		} else if value > 0 && left <= (count-1)*value {
			return at.sample + int((left+value-1)/value)
		}
		at.sample += int(count)
		at.sum += count * value
	}
	return min(at.sample, samples)
}
