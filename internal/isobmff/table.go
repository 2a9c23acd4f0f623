package isobmff

import (
	"encoding/binary"
	"math"
	"sort"
)

// Table is the sample table of a track as its file stores it: the runs are not expanded. It holds slices of
// the movie box. All of its samples are described, and by one sample entry.
//
// ISO/IEC 14496-12, sections 8.6.1, 8.6.2, 8.6.4, 8.7.3, 8.7.4 and 8.7.5.
type Table struct {
	Count    int   // samples
	Duration int64 // of all samples in ticks
	Bytes    int64 // of all samples

	times        runs // stts
	offsets      runs // ctts; empty if the track has none
	sizes        sizes
	chunks       chunks
	keys         []byte // stss entries: numbers of samples, counted from 1
	hasKeys      bool   // without an stss box, all samples are keyframes
	dependencies []byte // sdtp entries; nil without an sdtp box

	maxOffset int64 // largest offset
}

// Sample is an entry of a Table.
type Sample struct {
	DTS        int64 // in ticks, from 0 on
	Offset     int64 // PTS-DTS
	Pos        int64 // byte offset in the file
	Size       int   // bytes
	Key        bool
	Disposable bool // no other sample depends on it
}

// Limits of what libav accepts as it is: of an offset in ticks (mov_read_ctts in libavformat/mov.c), of a
// duration in ticks (max_stts_delta), and of the size of a sample in bytes (AVIndexEntry has 30 bits with a
// sign).
const (
	maxSampleOffset   = 1 << 28
	maxSampleDuration = math.MaxUint32 - 48000*10
	maxSampleBytes    = 1<<29 - 1
)

// tableBoxes are the contents of the boxes in an stbl box by type. Either stsz or stz2 is present, and either
// stco or co64.
type tableBoxes map[string][]byte

// readTable reads a table. It reports false if the boxes are damaged or disagree, or if libav would take
// something else from them.
func readTable(boxes tableBoxes) (*Table, bool) {
	t, ok := &Table{}, false
	if t.sizes, t.Count, ok = readSizes(boxes); !ok {
		return nil, false
	}
	if t.Bytes, ok = t.sizes.mark(t.Count); !ok || !t.readTimes(boxes) || !t.readKeys(boxes) {
		return nil, false
	}
	offsets, width := boxes["stco"], 4
	if offsets == nil {
		offsets, width = boxes["co64"], 8
	}
	if t.chunks, ok = readChunks(boxes["stsc"], offsets, width, t.Count); !ok {
		return nil, false
	}
	if dependencies, found := boxes["sdtp"]; found {
		if len(dependencies) != 4+t.Count {
			return nil, false
		}
		t.dependencies = dependencies[4:]
	}
	return t, true
}

// readTimes reads the stts and ctts boxes. All samples but the last have a duration.
func (t *Table) readTimes(boxes tableBoxes) (ok bool) {
	if t.times, ok = readRuns(boxes["stts"], t.Count); !ok {
		return false
	}
	for data := t.times.data; len(data) > 0; data = data[runBytes:] {
		count, duration := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
		isLast := len(data) == runBytes && count == 1
		if duration > maxSampleDuration || duration == 0 && !isLast {
			return false
		}
	}
	_, t.Duration = t.times.at(t.Count)
	content, found := boxes["ctts"]
	if !found {
		return true
	}
	if t.offsets, ok = readRuns(content, t.Count); !ok {
		return false
	}
	largest := uint32(0)
	for data := t.offsets.data; len(data) > 0; data = data[runBytes:] {
		largest = max(largest, binary.BigEndian.Uint32(data[4:]))
	}
	t.maxOffset = int64(largest)
	return largest <= maxSampleOffset // libav reads larger ones as negative
}

// readKeys reads the stss box. Its numbers increase.
func (t *Table) readKeys(boxes tableBoxes) bool {
	content, found := boxes["stss"]
	if t.hasKeys = found; !found {
		return true
	}
	var ok bool
	if t.keys, ok = readEntries(content, 4); !ok || len(t.keys) == 0 {
		return false
	}
	last := uint32(0)
	for data := t.keys; len(data) > 0; data = data[4:] {
		key := binary.BigEndian.Uint32(data)
		if key <= last || int64(key) > int64(t.Count) {
			return false
		}
		last = key
	}
	return true
}

// nextKey returns the index in keys of the first keyframe from a sample on.
func (t *Table) nextKey(sample int) int {
	return sort.Search(len(t.keys)/4, func(i int) bool { return t.key(i) >= sample })
}

// NextKey returns the first keyframe from a sample on, or Count if there is none.
func (t *Table) NextKey(sample int) int {
	if !t.hasKeys {
		return min(sample, t.Count)
	}
	if i := t.nextKey(sample); 4*i < len(t.keys) {
		return t.key(i)
	}
	return t.Count
}

// Size returns the bytes of a sample, which exists.
func (t *Table) Size(sample int) int { return t.sizes.at(sample) }

// key returns the number of a keyframe's sample, counted from 0.
func (t *Table) key(i int) int { return int(binary.BigEndian.Uint32(t.keys[4*i:])) - 1 }

// Samples returns at most n samples from sample from on, in decode order. It uses the memory of into.
func (t *Table) Samples(into []Sample, from, n int) []Sample {
	n = max(0, min(n, t.Count-from))
	if cap(into) < n {
		into = make([]Sample, n)
	}
	into = into[:n]
	if n == 0 {
		return into
	}
	c := t.Cursor(from)
	for i := range into {
		into[i], _ = c.Next()
	}
	return into
}

// HasOffsets reports whether the track has a ctts box.
func (t *Table) HasOffsets() bool { return len(t.offsets.data) > 0 }

// HasDependencies reports whether the track has an sdtp box.
func (t *Table) HasDependencies() bool { return t.dependencies != nil }

// Find returns the first sample with a DTS of at least dts, or Count if there is none.
func (t *Table) Find(dts int64) int { return t.times.search(dts, t.Count) }

// LastDuration returns the duration of the last sample.
func (t *Table) LastDuration() int64 {
	return int64(binary.BigEndian.Uint32(t.times.data[len(t.times.data)-4:]))
}

// Keys returns the number of keyframes.
func (t *Table) Keys() int {
	if !t.hasKeys {
		return t.Count
	}
	return len(t.keys) / 4
}

// FrameDuration returns the duration of all samples but the last, or 0 if they differ.
func (t *Table) FrameDuration() int64 {
	first := t.times.data
	if len(first) == runBytes ||
		len(first) == 2*runBytes && binary.BigEndian.Uint32(first[runBytes:]) == 1 {
		return int64(binary.BigEndian.Uint32(first[4:]))
	}
	return 0
}

// ReorderDelay returns the largest number of samples of [from, to) that precede another one in decode order
// and follow it in presentation order, of the 16 before it (mov_estimate_video_delay in libavformat/mov.c).
func (t *Table) ReorderDelay(from, to int) int {
	const size = 17 // samples that are compared
	if !t.HasOffsets() || from >= to {
		return 0
	}
	var sorted [size]int64 // increasing, as a ring that ends before end
	for i := range sorted {
		sorted[i] = math.MinInt64
	}
	times, dts := t.times.at(from)
	offsets, _ := t.offsets.at(from)
	delay, end := 0, 0
	before := func(i int) int {
		if i == 0 {
			return size - 1
		}
		return i - 1
	}
	for range to - from {
		pts, swaps := dts+int64(offsets.next()), 0
		at := end
		if end++; end == size {
			end = 0
		}
		for at != end { // the smallest one is dropped
			earlier := before(at)
			if pts >= sorted[earlier] {
				break
			}
			sorted[at] = sorted[earlier]
			at = earlier
			swaps++
		}
		sorted[at] = pts
		delay = max(delay, swaps)
		dts += int64(times.next())
	}
	return delay
}
