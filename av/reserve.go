package av

/*
#include <malloc.h>

// gop_keep_freed has the C library keep what is freed, large pieces too, up to most bytes at the end of each of its
// heaps; with 0 it gives back what it would by itself, after a piece of 4 MiB was freed. 32 MiB is the largest piece
// that it can keep.
static void gop_keep_freed(int most)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, most ? 32 << 20 : 4 << 20);
	mallopt(M_TRIM_THRESHOLD, most ? most : 8 << 20);
#endif
}
*/
import "C"

import (
	"sync"
	"time"
)

// reserveBytes is how much each of the C library's heaps, which are as many as processors, keeps at its end between
// one piece of work and the next. malloc_trim gives back the end of the first heap alone, and what is free amid the others.
const reserveBytes = 256 << 20

// reserve keeps the memory of work on pictures for the next such work: an encode, or a still. Each takes tens of megabytes, in
// pieces that the C library would take from the system and give back each time, and the system clears each page: of an encode
// of a second of 480p that is a third of its time, and of the first still of a 1080p video up to two thirds. What is kept goes
// back when there was no such work for ttl. How C memory is kept is set for the whole process; one that decodes nothing
// is left as it is.
//
// https://man7.org/linux/man-pages/man3/mallopt.3.html
type reserve struct {
	ttl time.Duration

	mu      sync.Mutex
	running int         // pieces of work
	expiry  *time.Timer // nil where nothing is kept, or work is under way
}

// around has work done with such memory.
func (r *reserve) around(work func() error) func() error {
	return func() error {
		r.begin()
		defer r.end()
		return work()
	}
}

func (r *reserve) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running++
	switch {
	case r.expiry != nil:
		r.expiry.Stop()
		r.expiry = nil
	case r.running == 1:
		C.gop_keep_freed(reserveBytes)
	}
}

func (r *reserve) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running--; r.running > 0 {
		return
	}
	r.expiry = time.AfterFunc(r.ttl, r.close)
}

// close gives back what is kept, unless work is under way: then that does so in time.
func (r *reserve) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.expiry != nil {
		r.expiry.Stop()
		r.expiry = nil
		C.gop_keep_freed(0)
		trimMalloc()
	}
}
