package av

/*
#include <malloc.h>
#include <libavformat/avformat.h>

// An index entry. Go cannot read the bit fields of AVIndexEntry.
typedef struct gop_entry {
	int64_t pos, dts;
	int size, flags;
} gop_entry;

static void gop_get_entries(AVStream *st, int from, gop_entry *out, int n)
{
	for (int i = 0; i < n; i++) {
		const AVIndexEntry *e = avformat_index_get_entry(st, from + i);
		out[i] = (gop_entry){e->pos, e->timestamp, e->size, e->flags};
	}
}

// gop_set_sizes sets the size of n entries from in, or to 0 if in is NULL. libav returns index entries as
// const, but they are the demuxer's writable memory.
static void gop_set_sizes(AVIndexEntry *out, const gop_entry *in, int n)
{
	for (int i = 0; i < n; i++)
		out[i].size = in ? in[i].size : 0;
}
*/
import "C"

import (
	"errors"
	"math"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// Index entries of a stream, which go-astiav does not wrap.
//
// https://ffmpeg.org/doxygen/7.1/structAVIndexEntry.html

// indexEntry is an entry of the demuxer's index: a packet.
type indexEntry struct {
	pos, dts int64 // byte offset in the file; time in the stream's time base
	size     int   // bytes
	key      bool
	discard  bool // trimmed by the edit list: decoded, but not presented

	// Of a sampleTable.
	offset     int64 // PTS-DTS, except for a constant
	disposable bool  // no other packet depends on it
}

// entryCount returns the number of index entries of the stream.
func entryCount(s *astiav.Stream) int {
	return int(C.avformat_index_get_entries_count(cStream(s)))
}

// cEntries returns the stream's index entries. They are the demuxer's memory.
func cEntries(s *astiav.Stream) []C.AVIndexEntry {
	first := C.avformat_index_get_entry(cStream(s), 0)
	if first == nil {
		return nil
	}
	return unsafe.Slice(first, entryCount(s))
}

// entriesBytes returns the allocated size of the stream's index entries, which a damaged file can make larger
// than their number.
func entriesBytes(s *astiav.Stream) int64 {
	return int64(C.malloc_usable_size(unsafe.Pointer(unsafe.SliceData(cEntries(s)))))
}

// entriesOf returns at most n index entries from index from on, in decode order.
func entriesOf(s *astiav.Stream, from, n int) []indexEntry {
	raw := rawEntries(s, from, n)
	entries := make([]indexEntry, len(raw))
	for i, e := range raw {
		entries[i] = indexEntry{
			pos: int64(e.pos), dts: int64(e.dts), size: int(e.size),
			key:     e.flags&C.AVINDEX_KEYFRAME != 0,
			discard: e.flags&C.AVINDEX_DISCARD_FRAME != 0,
		}
	}
	return entries
}

func rawEntries(s *astiav.Stream, from, n int) []C.gop_entry {
	raw := make([]C.gop_entry, max(0, min(n, entryCount(s)-from)))
	if len(raw) > 0 {
		C.gop_get_entries(cStream(s), C.int(from), &raw[0], C.int(len(raw)))
	}
	return raw
}

// runsOf returns the indexes at which runs of increasing DTS begin. There are several where the clock of
// fragments goes back, or where an edit begins with packets that are decoded only.
func runsOf(entries []C.AVIndexEntry) []int {
	runs := []int{0}
	for i := 1; i < len(entries); i++ {
		if entries[i].timestamp < entries[i-1].timestamp {
			runs = append(runs, i)
		}
	}
	return runs
}

// emptyPayloads sets the sizes of the stream's first n index entries to 0 and their byte offsets to their
// indexes. Until restore is called, the demuxer returns times and flags of these packets without reading
// the file.
func emptyPayloads(s *astiav.Stream, n int) (restore func()) {
	raw := rawEntries(s, 0, n)
	if len(raw) == 0 {
		return func() {}
	}
	entries := cEntries(s)[:len(raw)]
	for i := range entries {
		entries[i].pos = C.int64_t(i)
	}
	C.gop_set_sizes(&entries[0], nil, C.int(len(raw)))
	return func() {
		entries := cEntries(s)
		for i := range raw {
			entries[i].pos = raw[i].pos
		}
		C.gop_set_sizes(&entries[0], &raw[0], C.int(len(raw)))
	}
}

// seekByIndex seeks to a byte offset with a demuxer that seeks only by its index. It adds an entry for the
// offset, and one at the end of the file of size bytes, so that the demuxer does not search for more.
func seekByIndex(fc *astiav.FormatContext, s *astiav.Stream, pos, size int64) error {
	add := func(pos, dts int64) bool {
		return C.av_add_index_entry(cStream(s), C.int64_t(pos), C.int64_t(dts), 0, 0, C.AVINDEX_KEYFRAME) >= 0
	}
	if !add(pos, earliestTime) || !add(size, -earliestTime) {
		return errors.New("the demuxer accepts no index entry")
	}
	// The demuxer skips packets before the target's time, and those before the first keyframe without
	// AVSEEK_FLAG_ANY. Packets of unknown time have the least one, AV_NOPTS_VALUE.
	cEntries(s)[0].timestamp = C.AV_NOPTS_VALUE
	defer func() { cEntries(s)[0].timestamp = earliestTime }()
	return fc.SeekFrame(s.Index(), noPTS, astiav.NewSeekFlags(astiav.SeekFlagBackward, astiav.SeekFlagAny))
}

// earliestTime is a time before every packet. Demuxers can subtract from it without overflow.
const earliestTime = math.MinInt64 / 4
