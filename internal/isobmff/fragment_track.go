package isobmff

import (
	"encoding/binary"
	"math"
	"slices"
)

// FragmentedTrack is a track whose samples are in fragments.
type FragmentedTrack struct {
	ID    int
	Table *Table // its offsets are those of presentation to decoding, as libav computes them

	Start    int64 // DTS of the first sample in ticks, before the edit list
	End      int64 // latest end of a run of samples likewise
	Duration int64 // sum of the durations of all samples
	Head     int   // samples before Fragments.Head
	Memory   int64 // of Table in bytes
}

// trackReader reads the fragments of a track, and makes its tables.
type trackReader struct {
	id          int
	hasDefaults bool
	defaults    sampleDefaults // of all fragments

	// Of the current traf box.
	current sampleDefaults
	base    int64 // byte offset that the runs are relative to
	hasNext bool  // the next run follows one of the same traf box
	hasTime bool  // a tfdt box of the moof box has told the time
	time    int64 // by that box
	next    int64 // end of the last run

	start, end, duration int64
	last                 int64 // DTS of the last sample
	lastDuration         uint32
	bytes                int64
	count, head          int
	minOffset            int32

	// Contents of boxes: a full box's header, and entries.
	times, offsets                 runWriter
	sizes, chunks, chunkRuns, keys entries
	is64Bit                        bool
	chunkCount, perChunk           uint32
}

// sampleDefaults are the properties of samples that a fragment does not tell.
type sampleDefaults struct{ entry, duration, size, flags uint32 }

// Limits of the fragments that are read.
const (
	maxFragmentSamples = 1 << 23 // of all tracks; and each sample has a byte of the file
	maxFragmentTime    = 1 << 60 // ticks
)

// tableHeader is the number of bytes before the entries of a table: version, flags and number of entries.
const tableHeader = 8

func newTrackReader(id int) *trackReader {
	return &trackReader{
		id:    id,
		times: newRunWriter(), offsets: newRunWriter(),
		sizes:     make(entries, 4+tableHeader), // and the size of all samples
		chunks:    make(entries, tableHeader),
		chunkRuns: make(entries, tableHeader),
		keys:      make(entries, tableHeader),
	}
}

// isHead reports whether the track has at least keep samples.
func (t *trackReader) isHead(keep int) bool { return t.count >= keep }

// readTime reads the content of a tfdt box, which comes before the runs.
func (t *trackReader) readTime(content []byte) bool {
	r := &fields{data: content}
	if version := r.next32() >> 24; version > 0 {
		t.time = r.next64()
	} else {
		t.time = int64(r.next32())
	}
	t.hasTime, t.next = true, t.time
	return !r.isShort && !t.hasNext && t.time >= 0 && t.time < maxFragmentTime
}

// Flags of a trun box (section 8.8.8).
const (
	hasDataOffset      = 0x1
	hasFirstFlags      = 0x4
	hasSampleDurations = 0x100
	hasSampleSizes     = 0x200
	hasSampleFlags     = 0x400
	hasSampleOffsets   = 0x800
)

// Flags of a sample that is no keyframe (section 8.8.3.1).
const isNoKey = 0x10000 | 0x1000000

// readRun reads the content of a trun box of at most limit samples, and returns the byte offset where its
// samples end.
func (t *trackReader) readRun(content []byte, limit int64) (end int64, ok bool) {
	r := &fields{data: content}
	flags, count, pos := r.next32()&0xFFFFFF, r.next32(), t.base
	if flags&hasDataOffset != 0 {
		pos += int64(int32(r.next32()))
	}
	first := t.current.flags
	if flags&hasFirstFlags != 0 {
		first = r.next32()
	}
	if count == 0 || int64(count) > limit || pos < 0 {
		return 0, false
	}
	dts := t.next
	if t.hasTime && !t.hasNext {
		dts = t.time
	}
	t.hasNext = true
	t.addChunk(pos, count)
	for i := range count {
		s := t.current
		if i == 0 {
			s.flags = first
		}
		offset := int32(0)
		for _, field := range [...]struct {
			flag  uint32
			value *uint32
		}{
			{hasSampleDurations, &s.duration}, {hasSampleSizes, &s.size}, {hasSampleFlags, &s.flags},
		} {
			if flags&field.flag != 0 {
				*field.value = r.next32()
			}
		}
		if flags&hasSampleOffsets != 0 {
			offset = int32(r.next32())
		}
		if r.isShort || !t.addSample(dts, s, offset) {
			return 0, false
		}
		dts += int64(s.duration)
		pos += int64(s.size)
	}
	t.next = dts
	t.end = max(t.end, dts)
	return pos, dts < maxFragmentTime
}

// addChunk adds the place of a run of samples.
func (t *trackReader) addChunk(pos int64, samples uint32) {
	t.chunks = binary.BigEndian.AppendUint64(t.chunks, uint64(pos))
	t.is64Bit = t.is64Bit || pos > math.MaxUint32
	if t.chunkCount++; samples != t.perChunk {
		t.chunkRuns.add(t.chunkCount, samples, 1)
		t.perChunk = samples
	}
}

// addSample adds a sample. It reports false if a table cannot describe it.
func (t *trackReader) addSample(dts int64, s sampleDefaults, offset int32) bool {
	if t.count == 0 {
		t.start = dts
	} else {
		step := dts - t.last
		if step <= 0 || step > maxSampleDuration { // the clock goes back
			return false
		}
		t.times.add(uint32(step))
	}
	if s.size == 0 || s.size > maxSampleBytes || offset < -maxSampleOffset || offset > maxSampleOffset {
		return false
	}
	t.count++
	t.last, t.lastDuration = dts, s.duration
	t.duration += int64(s.duration)
	t.bytes += int64(s.size)
	t.sizes.add(s.size)
	t.offsets.add(uint32(offset))
	t.minOffset = min(t.minOffset, offset)
	if s.flags&isNoKey == 0 {
		t.keys.add(uint32(t.count))
	}
	return true
}

// table returns the track. It leaves t such that more samples can be added to a clone.
func (t *trackReader) table() (*FragmentedTrack, bool) {
	if t.count == 0 {
		return nil, false
	}
	times, offsets := t.times.clone(), t.offsets.clone().done()
	times.add(t.lastDuration)
	boxes := tableBoxes{
		"stts": times.done(), "stsc": t.chunkRuns.done(12), "stsz": t.sizes, "co64": t.chunks.done(8),
	}
	binary.BigEndian.PutUint32(t.sizes[tableHeader:], uint32(t.count))
	if !t.is64Bit {
		delete(boxes, "co64")
		boxes["stco"] = narrowed(t.chunks).done(4)
	}
	hasOffsets := false
	for at := tableHeader + 4; at < len(offsets); at += runBytes {
		// libav adds the opposite of the lowest offset to the times of presentation if it is negative.
		offset := int32(binary.BigEndian.Uint32(offsets[at:])) - t.minOffset
		binary.BigEndian.PutUint32(offsets[at:], uint32(offset))
		hasOffsets = hasOffsets || offset != 0
	}
	if hasOffsets {
		boxes["ctts"] = offsets
	}
	if len(t.keys) < tableHeader+4*t.count {
		boxes["stss"] = t.keys.done(4)
	}
	table, ok := readTable(boxes)
	if !ok {
		return nil, false
	}
	track := &FragmentedTrack{
		ID: t.id, Table: table, Start: t.start, End: t.end, Duration: t.duration, Head: t.head,
	}
	for _, content := range boxes {
		track.Memory += int64(len(content))
	}
	return track, true
}

// done sets the number of entries of size bytes in the content of a box.
func (e entries) done(size int) []byte {
	binary.BigEndian.PutUint32(e[4:], uint32((len(e)-tableHeader)/size))
	return e
}

// narrowed returns a table of byte offsets of 64 bits with 32 bits.
func narrowed(offsets entries) entries {
	narrow := make(entries, tableHeader, tableHeader+len(offsets)/2)
	for at := tableHeader + 4; at < len(offsets); at += 8 {
		narrow = append(narrow, offsets[at:at+4]...)
	}
	return narrow
}

// runWriter writes a table of runs of equal values.
type runWriter struct {
	content      entries
	count, value uint32 // the current run
}

func newRunWriter() runWriter { return runWriter{content: make(entries, tableHeader)} }

// clone returns a copy of r.
func (r *runWriter) clone() *runWriter {
	return &runWriter{slices.Clone(r.content), r.count, r.value}
}

// add adds the value of a sample.
func (r *runWriter) add(value uint32) {
	if value != r.value {
		r.flush()
		r.value = value
	}
	r.count++
}

func (r *runWriter) flush() {
	if r.count > 0 {
		r.content.add(r.count, r.value)
		r.count = 0
	}
}

// done returns the content of the box.
func (r *runWriter) done() []byte {
	r.flush()
	return r.content.done(runBytes)
}

// fields reads the fields of a box.
type fields struct {
	data    []byte
	isShort bool // data ended early
}

func (r *fields) next32() uint32 {
	if len(r.data) < 4 {
		r.isShort = true
		return 0
	}
	value := binary.BigEndian.Uint32(r.data)
	r.data = r.data[4:]
	return value
}

func (r *fields) next64() int64 { return int64(uint64(r.next32())<<32 | uint64(r.next32())) }
