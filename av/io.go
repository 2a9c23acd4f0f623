package av

/*
#include <libavformat/avformat.h>

AVIOContext *gop_io_alloc(uintptr_t handle, int size, int writable);
void gop_io_shrink(AVIOContext *io, int size);
void gop_io_free(AVIOContext *io);
*/
import "C"

import (
	"context"
	"errors"
	"io"
	"runtime/cgo"
	"unsafe"

	"github.com/asticode/go-astiav"

	"gop/internal/isobmff"
)

// Buffer sizes of libav's reads and writes, in bytes. Larger payloads bypass the buffer.
const (
	streamBuffer = 128 << 10 // for reading or writing a file in order
	randomBuffer = 16 << 10  // for demuxers that know the byte offset of each packet
)

// ioContext is an AVIOContext over a source or a sink. go-astiav's type allocates a buffer for each call,
// and a damaged file can cause a million calls. Its maker frees it.
//
// https://ffmpeg.org/doxygen/7.1/structAVIOContext.html
type ioContext struct {
	c      *C.AVIOContext
	handle cgo.Handle
}

// newIOContext returns a context that reads from a *source or writes to a *sink, through a buffer of
// buffer bytes.
func newIOContext(end io.Seeker, buffer int) (*ioContext, error) {
	_, writable := end.(*sink)
	flag := C.int(0)
	if writable {
		flag = 1
	}
	handle := cgo.NewHandle(end)
	c := C.gop_io_alloc(C.uintptr_t(handle), C.int(buffer), flag)
	if c == nil {
		handle.Delete()
		return nil, errors.New("allocate an IO context: out of memory")
	}
	return &ioContext{c, handle}, nil
}

// attach makes a format context use i, which the format context does not own.
func (i *ioContext) attach(fc *astiav.FormatContext) {
	cFormat(fc).pb = i.c
}

// readNoMore disables libav's read-ahead. Its mov demuxer enlarges the buffer to up to 16 MiB and reads
// instead of seeking, to save network round trips (ff_configure_buffers_for_index in libavformat/seek.c).
//
// https://ffmpeg.org/doxygen/7.1/structAVIOContext.html
func (i *ioContext) readNoMore() {
	C.gop_io_shrink(i.c, randomBuffer)
	i.c.direct = 1
}

// flush writes libav's buffer.
func (i *ioContext) flush() { C.avio_flush(i.c) }

// passPayloads switches between writing payloads directly, without a copy, and writing through the buffer.
func (i *ioContext) passPayloads(direct bool) {
	i.flush()
	i.c.direct = 0
	if direct {
		i.c.direct = 1
	}
}

func (i *ioContext) free() {
	C.gop_io_free(i.c)
	i.handle.Delete()
}

//export gopRead
func gopRead(handle C.uintptr_t, buffer *C.uint8_t, size C.int) C.int {
	n, err := cgo.Handle(handle).Value().(*source).Read(unsafe.Slice((*byte)(buffer), size))
	switch {
	case n > 0:
		return C.int(n)
	case errors.Is(err, io.EOF):
		return C.AVERROR_EOF
	}
	return C.int(astiav.ErrEio)
}

//export gopWrite
func gopWrite(handle C.uintptr_t, buffer *C.uint8_t, size C.int) C.int {
	n, err := cgo.Handle(handle).Value().(*sink).Write(unsafe.Slice((*byte)(buffer), size))
	if err != nil {
		return C.int(astiav.ErrEio)
	}
	return C.int(n)
}

//export gopSeek
func gopSeek(handle C.uintptr_t, offset C.int64_t, whence C.int) C.int64_t {
	at, err := cgo.Handle(handle).Value().(io.Seeker).Seek(int64(offset), int(whence))
	if err != nil {
		return C.int64_t(astiav.ErrEio)
	}
	return C.int64_t(at)
}

// source provides a file's bytes to libav. It stores the first error, because libav replaces errors of
// callbacks with its own.
type source struct {
	file io.ReaderAt
	size int64
	pos  int64
	kept cachedBytes
	ctx  context.Context // of the current operation
	err  error           // first error of the file or the context
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

// ReadAt implements io.ReaderAt. It stores errors and checks the context as Read does.
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

// cachedBytes is a part of a file in memory.
type cachedBytes struct {
	data []byte
	at   int64 // byte offset in the file
}

// from returns the bytes from a byte offset on, or nil.
func (k cachedBytes) from(at int64) []byte {
	if at < k.at || at >= k.at+int64(len(k.data)) {
		return nil
	}
	return k.data[at-k.at:]
}

// maxKept is the maximum size of the part of a file that is kept, in bytes.
const maxKept = 64 << 20

// keep caches the content of a box of at most maxKept bytes until forget is called.
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

// Seek implements io.Seeker, and returns the size of the file for AVSEEK_SIZE.
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

// sink stores what libav writes in memory. It does not grow beyond limit bytes.
type sink struct {
	data  []byte
	pos   int64
	end   int64 // bytes written
	limit int64
	kept  int64 // bytes that are stored; 0 for all
}

var errSinkFull = errors.New("the output exceeds its limit")

// Write implements io.Writer.
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

// Seek implements io.Seeker, and returns the size of the output for AVSEEK_SIZE.
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

// seekTo returns the new offset of a seek, by the rules of io.Seeker.
func seekTo(pos, size, offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += pos
	case io.SeekEnd:
		offset += size
	}
	if offset < 0 || whence < io.SeekStart || whence > io.SeekEnd {
		return 0, errors.New("seek to an invalid offset")
	}
	return offset, nil
}
