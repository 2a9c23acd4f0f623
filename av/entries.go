package av

/*
#include <libavformat/avformat.h>

// gop_bookmark makes the first index entry of a stream lead to a place in the file.
static int gop_bookmark(AVStream *st, int64_t pos, int64_t first, int64_t last, int64_t size)
{
	if (av_add_index_entry(st, pos, first, 0, 0, AVINDEX_KEYFRAME) < 0)
		return -1;
	return av_add_index_entry(st, size, last, 0, 0, AVINDEX_KEYFRAME);
}

// Where a packet's payload lies in the file.
typedef struct gop_payload {
	int64_t pos;
	int size;
} gop_payload;

// libav hands index entries out as const; they are the demuxer's own, writable memory.
static void gop_blank(AVStream *st, gop_payload *out, int n)
{
	for (int i = 0; i < n; i++) {
		AVIndexEntry *e = (AVIndexEntry *)avformat_index_get_entry(st, i);
		out[i] = (gop_payload){e->pos, e->size};
		e->pos = i;
		e->size = 0;
	}
}

static void gop_unblank(AVStream *st, const gop_payload *in, int n)
{
	for (int i = 0; i < n; i++) {
		AVIndexEntry *e = (AVIndexEntry *)avformat_index_get_entry(st, i);
		e->pos = in[i].pos;
		e->size = in[i].size;
	}
}
*/
import "C"

import "github.com/asticode/go-astiav"

// The entries of libav's index of a stream, which go-astiav does not wrap.
//
// https://ffmpeg.org/doxygen/7.1/structAVIndexEntry.html

// payload is where the bytes of a packet lie in the file.
type payload struct {
	pos  int64
	size int
}

// indexEntries is how many packets of the stream the demuxer knows.
func indexEntries(s *astiav.Stream) int {
	return int(C.avformat_index_get_entries_count(cStream(s)))
}

// blank makes the stream's index entries say that every payload is empty, and lies at the place of
// the entry among all; it returns what they said before. The demuxer then gives times and flags of
// packets, and reads none of the file. unblank undoes it.
//
// https://ffmpeg.org/doxygen/7.1/structAVIndexEntry.html
func blank(s *astiav.Stream) []payload {
	raw := make([]C.gop_payload, indexEntries(s))
	if len(raw) == 0 {
		return nil
	}
	C.gop_blank(cStream(s), &raw[0], C.int(len(raw)))
	payloads := make([]payload, len(raw))
	for i, p := range raw {
		payloads[i] = payload{int64(p.pos), int(p.size)}
	}
	return payloads
}

// unblank undoes blank.
func unblank(s *astiav.Stream, payloads []payload) {
	raw := make([]C.gop_payload, len(payloads))
	for i, p := range payloads {
		raw[i] = C.gop_payload{pos: C.int64_t(p.pos), size: C.int(p.size)}
	}
	if len(raw) > 0 {
		C.gop_unblank(cStream(s), &raw[0], C.int(len(raw)))
	}
}

// bookmark makes a seek to farBefore lead to a byte offset, in a container whose demuxer seeks by
// its own index alone. The index then also has an end, so that the demuxer looks for none.
func bookmark(s *astiav.Stream, pos, size int64) bool {
	return C.gop_bookmark(cStream(s), C.int64_t(pos), C.int64_t(farBefore), C.int64_t(-farBefore), C.int64_t(size)) >= 0
}
