package av

/*
#include <malloc.h>
#include <libavformat/avformat.h>

// gop_bookmark adds the first and the last index entry of a stream, at byte offsets pos and size.
static int gop_bookmark(AVStream *st, int64_t pos, int64_t first, int64_t last, int64_t size)
{
	if (av_add_index_entry(st, pos, first, 0, 0, AVINDEX_KEYFRAME) < 0)
		return -1;
	return av_add_index_entry(st, size, last, 0, 0, AVINDEX_KEYFRAME);
}

// An index entry.
typedef struct gop_entry {
	int64_t pos, dts;
	int size, flags;
} gop_entry;

static void gop_entries(AVStream *st, gop_entry *out, int from, int n)
{
	for (int i = 0; i < n; i++) {
		const AVIndexEntry *e = avformat_index_get_entry(st, from + i);
		out[i] = (gop_entry){e->pos, e->timestamp, e->size, e->flags};
	}
}

// gop_entry_at returns the first entry at or after a DTS.
static int gop_entry_at(AVStream *st, int64_t dts)
{
	int from = 0, to = avformat_index_get_entries_count(st);

	while (from < to) {
		int middle = from + (to - from) / 2;

		if (avformat_index_get_entry(st, middle)->timestamp < dts)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

// libav returns index entries as const, but they are the demuxer's writable memory.
static void gop_blank(AVStream *st, int n)
{
	for (int i = 0; i < n; i++) {
		AVIndexEntry *e = (AVIndexEntry *)avformat_index_get_entry(st, i);
		e->pos = i;
		e->size = 0;
	}
}

static void gop_unblank(AVStream *st, const gop_entry *in, int n)
{
	for (int i = 0; i < n; i++) {
		AVIndexEntry *e = (AVIndexEntry *)avformat_index_get_entry(st, i);
		e->pos = in[i].pos;
		e->size = in[i].size;
	}
}

// gop_entries_bytes returns the allocated size of the entries, which a damaged file can make larger than
// their number.
static size_t gop_entries_bytes(AVStream *st)
{
	const AVIndexEntry *first = avformat_index_get_entry(st, 0);
	return first ? malloc_usable_size((void *)first) : 0;
}
*/
import "C"

import "github.com/asticode/go-astiav"

// Index entries of a stream, which go-astiav does not wrap.
//
// https://ffmpeg.org/doxygen/7.1/structAVIndexEntry.html

// indexEntry is an entry of the demuxer's index: a packet.
type indexEntry struct {
	pos, dts int64 // byte offset in the file; time in the stream's time base
	size     int   // bytes
	key      bool
	discard  bool // trimmed by the edit list: decoded, but not presented
}

// entryCount returns the number of index entries of the stream.
func entryCount(s *astiav.Stream) int {
	return int(C.avformat_index_get_entries_count(cStream(s)))
}

// entriesBytes returns the allocated size of the stream's index entries.
func entriesBytes(s *astiav.Stream) int64 { return int64(C.gop_entries_bytes(cStream(s))) }

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
		C.gop_entries(cStream(s), &raw[0], C.int(from), C.int(len(raw)))
	}
	return raw
}

// firstEntryAt returns the index of the first entry at or after a DTS.
func firstEntryAt(s *astiav.Stream, dts int64) int {
	return int(C.gop_entry_at(cStream(s), C.int64_t(dts)))
}

// emptyPayloads sets the sizes of the stream's first n index entries to 0 and their byte offsets to their
// indexes. Until restore is called, the demuxer returns times and flags of these packets without reading
// the file.
//
// https://ffmpeg.org/doxygen/7.1/structAVIndexEntry.html
func emptyPayloads(s *astiav.Stream, n int) (restore func()) {
	raw := rawEntries(s, 0, n)
	C.gop_blank(cStream(s), C.int(len(raw)))
	return func() {
		if len(raw) > 0 {
			C.gop_unblank(cStream(s), &raw[0], C.int(len(raw)))
		}
	}
}

// bookmark makes a seek to farBefore lead to a byte offset, for a demuxer that seeks only by its index. It
// also adds an entry at the end of the file, so that the demuxer does not search for more.
func bookmark(s *astiav.Stream, pos, size int64) bool {
	const first, last = C.int64_t(farBefore), C.int64_t(-farBefore)
	return C.gop_bookmark(cStream(s), C.int64_t(pos), first, last, C.int64_t(size)) >= 0
}
