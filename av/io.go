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
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/cgo"
	"unsafe"

	"gop/internal/isobmff"

	"github.com/asticode/go-astiav"
)

// Bytes that libav reads or writes at a time. Larger payloads bypass the buffer.
const (
	streamBuffer = 128 << 10 // for reading or writing a file from start to end
	randomBuffer = 16 << 10  // for a demuxer that knows the byte offset of each packet
)

// ioContext is libav's view of a source or a sink. go-astiav's own allocates a buffer for each callback,
// which a damaged file can cause a million times.
//
// https://ffmpeg.org/doxygen/7.1/structAVIOContext.html
type ioContext struct {
	c      *C.AVIOContext
	handle cgo.Handle
}

// newIOContext makes a context that reads from a *source or writes to a *sink through a buffer of the given
// size in bytes. The caller frees it.
func newIOContext(end io.Seeker, buffer int) (_ *ioContext, err error) {
	i := &ioContext{handle: cgo.NewHandle(end)}
	defer func() {
		if err != nil {
			i.free()
		}
	}()
	opaque := (*C.uintptr_t)(C.malloc(C.sizeof_uintptr_t)) // never nil, see cmd/cgo
	*opaque = C.uintptr_t(i.handle)
	data := (*C.uchar)(C.av_malloc(C.size_t(buffer)))
	writable, read, write := C.int(0), (*[0]byte)(C.gopRead), (*[0]byte)(nil)
	if _, ok := end.(*sink); ok {
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

// endOf returns the source or the sink of a callback.
func endOf(opaque unsafe.Pointer) any { return cgo.Handle(*(*C.uintptr_t)(opaque)).Value() }

//export gopRead
func gopRead(opaque unsafe.Pointer, buffer *C.uint8_t, size C.int) C.int {
	n, err := endOf(opaque).(*source).Read(unsafe.Slice((*byte)(buffer), size))
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
	n, err := endOf(opaque).(*sink).Write(unsafe.Slice((*byte)(buffer), size))
	if err != nil {
		return C.int(astiav.ErrEio)
	}
	return C.int(n)
}

//export gopSeek
func gopSeek(opaque unsafe.Pointer, offset C.int64_t, whence C.int) C.int64_t {
	at, err := endOf(opaque).(io.Seeker).Seek(int64(offset), int(whence))
	if err != nil {
		return C.int64_t(astiav.ErrEio)
	}
	return C.int64_t(at)
}

// source provides a file's bytes to libav. It keeps its first error, since libav replaces the errors of
// callbacks by its own.
type source struct {
	file io.ReaderAt
	size int64
	pos  int64
	kept cachedBytes
	ctx  context.Context // of the current operation
	err  error           // the first error of the file or the context
}

// Read implements io.Reader. It returns io.EOF at the end of the file, even if the file has become shorter.
func (s *source) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, s.fail(err)
	}
	if left := s.size - s.pos; int64(len(b)) > left {
		b = b[:max(left, 0)]
	}
	if len(b) == 0 {
		return 0, io.EOF
	}
	if kept := s.kept.from(s.pos); len(kept) > 0 {
		n := copy(b, kept)
		s.pos += int64(n)
		return n, nil
	}
	n, err := s.file.ReadAt(b, s.pos)
	s.pos += int64(n)
	switch {
	case n > 0:
		return n, nil
	case err == nil || errors.Is(err, io.EOF):
		return 0, io.EOF
	}
	return 0, s.fail(err)
}

// ReadAt implements io.ReaderAt, for readers other than libav. It fails once the context is done, and keeps
// the first error.
func (s *source) ReadAt(b []byte, at int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, s.fail(err)
	}
	if kept := s.kept.from(at); len(kept) >= len(b) {
		return copy(b, kept), nil
	}
	n, err := s.file.ReadAt(b, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, s.fail(err)
	}
	return n, err
}

// cachedBytes is a range of a file in memory.
type cachedBytes struct {
	data []byte
	at   int64 // byte offset in the file
}

// from returns the cached bytes from byte offset at on, or nil.
func (k cachedBytes) from(at int64) []byte {
	if at < k.at || at >= k.at+int64(len(k.data)) {
		return nil
	}
	return k.data[at-k.at:]
}

// maxKept is the largest range that is cached, in bytes.
const maxKept = 64 << 20

// keep caches the content of a box, up to maxKept bytes, until forget is called.
func (s *source) keep(b isobmff.Box) error {
	if b.Size() > maxKept {
		return nil
	}
	data, err := b.Content(s.file, maxKept)
	if err == nil || errors.Is(err, io.EOF) {
		s.kept = cachedBytes{data, b.Start}
		return nil
	}
	return err
}

func (s *source) forget() { s.kept = cachedBytes{} }

// Seek implements io.Seeker. With AVSEEK_SIZE it returns the size.
func (s *source) Seek(offset int64, whence int) (int64, error) {
	if whence == C.AVSEEK_SIZE {
		return s.size, nil
	}
	at, err := seekTo(s.pos, s.size, offset, whence)
	if err == nil {
		s.pos = at
	}
	return at, err
}

func (s *source) fail(err error) error {
	if s.err == nil {
		s.err = err
	}
	return err
}

// sink keeps the bytes that libav writes, in memory.
type sink struct {
	data  []byte
	pos   int64
	end   int64 // size of the written file
	limit int64 // of end
	kept  int64 // bytes from here on are counted and dropped; 0 to keep all
}

var errSinkFull = errors.New("the output exceeds its limit")

// Write implements io.Writer. It overwrites existing bytes.
func (s *sink) Write(b []byte) (int, error) {
	end := s.pos + int64(len(b))
	if end > s.limit {
		return 0, errSinkFull
	}
	s.end = max(s.end, end)
	if s.kept > 0 && s.pos >= s.kept {
		s.pos = end
		return len(b), nil
	}
	if grow := end - int64(len(s.data)); grow > 0 {
		s.data = append(s.data, make([]byte, grow)...)
	}
	copy(s.data[s.pos:], b)
	s.pos = end
	return len(b), nil
}

// Seek implements io.Seeker. With AVSEEK_SIZE it returns the size.
func (s *sink) Seek(offset int64, whence int) (int64, error) {
	if whence == C.AVSEEK_SIZE {
		return s.end, nil
	}
	at, err := seekTo(s.pos, s.end, offset, whence)
	if err != nil || at > s.limit {
		return 0, errors.Join(err, errSinkFull)
	}
	s.pos = at
	return at, nil
}

// seekTo returns the position that a seek leads to, by io.Seeker's rules.
func seekTo(pos, size, offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += pos
	case io.SeekEnd:
		offset += size
	}
	if offset < 0 || whence < io.SeekStart || whence > io.SeekEnd {
		return 0, errors.New("seek outside of the file")
	}
	return offset, nil
}
