package av

/*
#include <stdlib.h>
#include <libavformat/avformat.h>

extern int gopRead(void *, uint8_t *, int);
extern int gopWrite(void *, uint8_t *, int);
extern int64_t gopSeek(void *, int64_t, int);
*/
import "C"

import (
	"errors"
	"fmt"
	"io"
	"runtime/cgo"
	"unsafe"

	"github.com/asticode/go-astiav"

	"gop/internal/avio"
)

// Bytes that libav reads or writes at a time. Larger payloads bypass the buffer.
const (
	streamBuffer = 128 << 10 // for reading or writing a file from start to end
	randomBuffer = 16 << 10  // for a demuxer that knows the byte offset of each packet
)

// ioContext is libav's view of an ioFile. go-astiav's own allocates a buffer for each callback,
// which a damaged file can cause a million times.
//
// https://ffmpeg.org/doxygen/7.1/structAVIOContext.html
type ioContext struct {
	c      *C.AVIOContext
	handle cgo.Handle
}

// ioFile is an *avio.Source, which libav reads, or an *avio.Sink, which it writes.
type ioFile interface {
	io.Seeker
	Size() int64
}

// newIOContext makes a context for a file, with a buffer of the given size in bytes. The caller frees it.
func newIOContext(file ioFile, buffer int) (_ *ioContext, err error) {
	i := &ioContext{handle: cgo.NewHandle(file)}
	defer func() {
		if err != nil {
			i.free()
		}
	}()
	opaque := (*C.uintptr_t)(C.malloc(C.sizeof_uintptr_t)) // never nil, see cmd/cgo
	*opaque = C.uintptr_t(i.handle)
	data := (*C.uchar)(C.av_malloc(C.size_t(buffer)))
	writable, read, write := C.int(0), (*[0]byte)(C.gopRead), (*[0]byte)(nil)
	if _, ok := file.(*avio.Sink); ok {
		writable, read, write = 1, nil, (*[0]byte)(C.gopWrite)
	}
	if data != nil {
		i.c = C.avio_alloc_context(data, C.int(buffer), writable, unsafe.Pointer(opaque), read, write,
			(*[0]byte)(C.gopSeek))
	}
	if i.c == nil {
		C.av_free(unsafe.Pointer(data))
		C.free(unsafe.Pointer(opaque))
		return nil, fmt.Errorf("allocate an IO context: %w", errNoMemory)
	}
	return i, nil
}

// attach makes a format context use i, which it does not own.
func (i *ioContext) attach(fc *astiav.FormatContext) {
	cFormat(fc).pb = i.c
}

// readExactly has libav read only the bytes that it asks for. libav's mov demuxer otherwise grows its buffer
// to hold seconds of the video, up to 16 MiB, and reads bytes that it could skip, which saves requests over a
// network (ff_configure_buffers_for_index in libavformat/seek.c).
//
// https://ffmpeg.org/doxygen/7.1/structAVIOContext.html
func (i *ioContext) readExactly() {
	i.shrink()
	i.c.direct = 1
}

// shrink replaces a buffer of more than randomBuffer bytes. It drops the buffer's content.
func (i *ioContext) shrink() {
	if i.c.buffer_size <= randomBuffer {
		return
	}
	buffer := (*C.uchar)(C.av_malloc(randomBuffer))
	if buffer == nil {
		return
	}
	at := C.avio_seek(i.c, 0, io.SeekCurrent)
	C.av_free(unsafe.Pointer(i.c.buffer))
	i.c.buffer, i.c.buf_ptr, i.c.buf_end = buffer, buffer, buffer
	i.c.buffer_size = randomBuffer
	C.avio_seek(i.c, at, io.SeekStart)
}

// flush has libav write out its buffer.
func (i *ioContext) flush() { C.avio_flush(i.c) }

// passPayloads sets whether libav writes each payload directly, without copying it to the buffer.
func (i *ioContext) passPayloads(direct bool) {
	i.flush()
	i.c.direct = 0
	if direct {
		i.c.direct = 1
	}
}

func (i *ioContext) free() {
	if i.c != nil {
		C.av_free(unsafe.Pointer(i.c.buffer)) // libav may have replaced the first one
		C.free(i.c.opaque)
		C.avio_context_free(&i.c)
	}
	i.handle.Delete()
}

// fileOf returns the file that a callback reads or writes.
func fileOf(opaque unsafe.Pointer) ioFile {
	return cgo.Handle(*(*C.uintptr_t)(opaque)).Value().(ioFile)
}

//export gopRead
func gopRead(opaque unsafe.Pointer, buffer *C.uint8_t, size C.int) C.int {
	n, err := fileOf(opaque).(*avio.Source).Read(unsafe.Slice((*byte)(buffer), size))
	switch {
	case n > 0:
		return C.int(n)
	case errors.Is(err, io.EOF):
		return C.AVERROR_EOF
	}
	return C.int(astiav.ErrEio)
}

//export gopWrite
func gopWrite(opaque unsafe.Pointer, buffer *C.uint8_t, size C.int) C.int {
	n, err := fileOf(opaque).(*avio.Sink).Write(unsafe.Slice((*byte)(buffer), size))
	if err != nil {
		return C.int(astiav.ErrEio)
	}
	return C.int(n)
}

//export gopSeek
func gopSeek(opaque unsafe.Pointer, offset C.int64_t, whence C.int) C.int64_t {
	file := fileOf(opaque)
	if whence == C.AVSEEK_SIZE {
		return C.int64_t(file.Size())
	}
	at, err := file.Seek(int64(offset), int(whence))
	if err != nil {
		return C.int64_t(astiav.ErrEio)
	}
	return C.int64_t(at)
}
