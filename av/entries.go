package av

/*
#include <malloc.h>
#include <libavformat/avformat.h>

// gop_bookmark makes the first index entry of a stream lead to a place in the file.
static int gop_bookmark(AVStream *st, int64_t pos, int64_t first, int64_t last, int64_t size)
{
	if (av_add_index_entry(st, pos, first, 0, 0, AVINDEX_KEYFRAME) < 0)
		return -1;
	return av_add_index_entry(st, size, last, 0, 0, AVINDEX_KEYFRAME);
}

// What libav knows of a packet.
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

// gop_entry_at is the first entry that is not earlier than a dts.
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

// libav hands index entries out as const; they are the demuxer's own, writable memory.
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
// gop_entries_bytes is what the entries take, those included that there is only room for: a file may claim
// more packets than it has.
static size_t gop_entries_bytes(AVStream *st)
{
	const AVIndexEntry *first = avformat_index_get_entry(st, 0);
	return first ? malloc_usable_size((void *)first) : 0;
}
*/
import "C"

import "github.com/asticode/go-astiav"

// The entries of libav's index of a stream, which go-astiav does not wrap.
//
// https://ffmpeg.org/doxygen/7.1/structAVIndexEntry.html

// indexEntry is what the demuxer knows of a packet.
type indexEntry struct {
	pos, dts int64 // byte offset in the file; time in the stream's time base
	size     int   // bytes
	key      bool
	discard   bool // by an edit list: it is decoded, and not shown
}

// countEntries is how many packets of the stream the demuxer knows.
func entryCount(s *astiav.Stream) int {
	return int(C.avformat_index_get_entries_count(cStream(s)))
}

// entriesBytes is how much memory they take, with what was claimed and is not there.
func entriesBytes(s *astiav.Stream) int64 { return int64(C.gop_entries_bytes(cStream(s))) }

// indexEntries is at most n of them, from one on, in decode order.
func entriesOf(s *astiav.Stream, from, n int) []indexEntry {
	raw := rawEntries(s, from, n)
	entries := make([]indexEntry, len(raw))
	for i, e := range raw {
		entries[i] = indexEntry{
			pos: int64(e.pos), dts: int64(e.dts), size: int(e.size),
			key:    e.flags&C.AVINDEX_KEYFRAME != 0,
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

// entryAt is the place of the first entry that is not earlier than a dts.
func firstEntryAt(s *astiav.Stream, dts int64) int { return int(C.gop_entry_at(cStream(s), C.int64_t(dts))) }

// blank makes the stream's first n index entries say that every payload is empty, and lies at the
// place of the entry among all. The demuxer then gives times and flags of these packets, and reads
// none of the file, until restore is called.
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

// bookmark makes a seek to farBefore lead to a byte offset, in a container whose demuxer seeks by
// its own index alone. The index then also has an end, so that the demuxer looks for none.
func bookmark(s *astiav.Stream, pos, size int64) bool {
	return C.gop_bookmark(cStream(s), C.int64_t(pos), C.int64_t(farBefore), C.int64_t(-farBefore), C.int64_t(size)) >= 0
}
