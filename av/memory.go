package av

/*
#include <libavutil/mem.h>
#include <malloc.h>

// gop_limit_heaps limits glibc to one heap, because it returns memory to the system only from the end of
// the first one. It runs before main, since each thread that Go starts would create a heap.
__attribute__((constructor)) static void gop_limit_heaps(void) { mallopt(M_ARENA_MAX, 1); }
*/
import "C"

import (
	"sync"
	"syscall"
	"time"

	"github.com/asticode/go-astiav"
)

// reserveBytes is the number of freed bytes that the C library keeps at the end of its heap.
const reserveBytes = 64 << 20

// reserve keeps the memory that libav has freed for the next operation, until none has run for ttl.
//
// Opening a file allocates megabytes, and decoding a frame tens of megabytes, in large blocks that the C
// library would otherwise return to the system and get back each time. The system clears each page: in a
// virtual machine that can take nine tenths of the time of listing 2160p HEVC, two thirds of that of a
// first thumbnail of 1080p, and a third of that of transcoding a second of 480p. The setting applies to
// the whole process.
//
// https://man7.org/linux/man-pages/man3/mallopt.3.html
type reserve struct {
	ttl time.Duration

	mu      sync.Mutex
	kept    bool
	running int         // operations
	expiry  *time.Timer // nil before the end of the first operation
}

// use keeps memory during an operation, which ends when end is called, and for ttl after it.
func (r *reserve) use() (end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running++
	if r.expiry != nil {
		r.expiry.Stop()
	}
	if !r.kept {
		keepFreed(reserveBytes)
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
	defer r.mu.Unlock()
	if r.running == 0 {
		r.release()
	}
}

// close returns free memory to the system. The next operation keeps memory again.
func (r *reserve) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.expiry != nil {
		r.expiry.Stop()
	}
	r.release()
}

// release returns free memory to the system. The caller holds the lock, so that no operation starts
// meanwhile.
func (r *reserve) release() {
	keepFreed(0)
	r.kept = false
	trimMalloc()
}

// keepFreed has glibc keep up to most freed bytes at the end of its heap, including large blocks. 0 restores
// the thresholds that glibc has after a block of 4 MiB was freed.
func keepFreed(most int) {
	largest, trim := 4<<20, 8<<20
	if most > 0 {
		largest, trim = 32<<20, most // glibc can keep no larger block
	}
	C.mallopt(C.M_MMAP_THRESHOLD, C.int(largest))
	C.mallopt(C.M_TRIM_THRESHOLD, C.int(trim))
}

// tuneMalloc configures malloc and limits each allocation of libav to maxAlloc bytes, for the whole
// process. Without the limit, a file of some kilobytes can have libav's mov demuxer allocate a table of
// gigabytes.
//
// https://ffmpeg.org/doxygen/7.1/group__lavu__mem__misc.html (av_max_alloc)
func tuneMalloc(maxAlloc int64) {
	// glibc merges small freed blocks immediately instead of all at once later. That makes an index of
	// 108,000 packets a twelfth faster.
	C.mallopt(C.M_MXFAST, 0)
	C.av_max_alloc(C.size_t(maxAlloc))
}

// trimMalloc returns freed C memory, also in the middle of the heap, to the system. It takes milliseconds.
// After 50,000 requests of all kinds a process holds 47 MiB with it, and 79 MiB without.
func trimMalloc() { C.malloc_trim(0) }

// AllocatedBytes returns the number of bytes of C memory that the process has allocated, which the Go
// runtime does not count.
func AllocatedBytes() int64 {
	info := C.mallinfo2()
	return int64(info.uordblks + info.hblkhd)
}

// errNoMemory is AVERROR(ENOMEM), which go-astiav does not name.
var errNoMemory = astiav.Error(-int(syscall.ENOMEM))
