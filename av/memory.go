package av

/*
#include <malloc.h>

// gop_keep_freed has the C library keep what is freed, large pieces too, up to most bytes at the end of its
// heap; with 0 it gives back what it would by itself, after a piece of 4 MiB was freed. 32 MiB is the largest piece
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

// reserveBytes is how much the C library's heap keeps at its end; what is free in its midst stays there anyway, until it is
// trimmed.
const reserveBytes = 64 << 20

// reserve keeps the memory of one piece of libav's work for the next. To open a file takes megabytes, and tens of them where
// a picture is decoded, in pieces that the C library would take from the system and give back each time, and the system
// clears each page: in a virtual machine that can be nine tenths of the time of listing 2160p HEVC, two thirds of that of
// a first still of 1080p, and a third of that of encoding a second of 480p. What is kept goes back when there was no work for
// ttl. How C memory is kept is set for the whole process.
//
// https://man7.org/linux/man-pages/man3/mallopt.3.html
type reserve struct {
	ttl time.Duration

	mu      sync.Mutex
	kept    bool
	running int         // pieces of work
	expiry  *time.Timer // nil before the first work's end
}

// use has memory kept during a piece of work, until the returned function is called, and for ttl after it.
func (r *reserve) use() (end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running++
	if r.expiry != nil {
		r.expiry.Stop()
	}
	if !r.kept {
		C.gop_keep_freed(reserveBytes)
		r.kept = true
	}
	return r.end
}

func (r *reserve) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch r.running--; {
	case r.running > 0:
	case r.expiry == nil:
		r.expiry = time.AfterFunc(r.ttl, r.expire)
	default:
		r.expiry.Reset(r.ttl)
	}
}

func (r *reserve) expire() {
	r.mu.Lock()
	idle := r.running == 0
	r.mu.Unlock()
	if idle {
		r.close()
	}
}

// close gives back what is free. The next work keeps memory again; what is under way does not.
func (r *reserve) close() {
	r.mu.Lock()
	if r.expiry != nil {
		r.expiry.Stop()
	}
	C.gop_keep_freed(0)
	r.kept = false
	r.mu.Unlock()
	trimMalloc()
}
