// Package avio has the files of libav's IO contexts: a Source reads a file for a demuxer, and a Sink holds in
// memory the file that a muxer writes.
//
// https://ffmpeg.org/doxygen/7.1/structAVIOContext.html
package avio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
)

// Source provides a file's bytes to libav. It keeps its first error, since libav replaces the errors of
// callbacks by its own. It must not be used concurrently.
type Source struct {
	file   io.ReaderAt
	size   int64
	pos    int64
	masked []int64 // byte offsets of box types, see MaskBoxes
	cached cachedBytes
	other  replacement
	ctx    context.Context // of the current operation
	err    error           // the first error of the file or the context
}

// contextReader is a file whose reads end with their context.
type contextReader interface {
	ReadAtContext(ctx context.Context, b []byte, at int64) (int, error)
}

// NewSource returns a Source of a file of size bytes.
func NewSource(ctx context.Context, file io.ReaderAt, size int64) *Source {
	return &Source{file: file, size: size, ctx: ctx}
}

// Use sets the context of the reads that follow, and clears the error.
func (s *Source) Use(ctx context.Context) { s.ctx, s.err = ctx, nil }

// Context returns the context of the current operation.
func (s *Source) Context() context.Context { return s.ctx }

// Err returns the first error of the file, or else that of the context.
func (s *Source) Err() error {
	if s.err != nil {
		return s.err
	}
	return s.ctx.Err()
}

// Size returns the number of bytes of the file.
func (s *Source) Size() int64 { return s.size }

// Truncate makes the file end at size bytes.
func (s *Source) Truncate(size int64) { s.size = size }

// MaskBoxes makes boxes of an ISO base media file, at increasing byte offsets, look like free space (ISO/IEC
// 14496-12, section 8.1.2): their types read as "skip". It does not apply to cached bytes.
func (s *Source) MaskBoxes(at []int64) {
	s.masked = make([]int64, len(at))
	for i, pos := range at {
		s.masked[i] = pos + 4 // after the size
	}
}

// maskBoxes replaces the types of masked boxes in b, the bytes from byte offset at on.
func (s *Source) maskBoxes(b []byte, at int64) {
	const skip = "skip"
	first, _ := slices.BinarySearch(s.masked, at-int64(len(skip))+1)
	for _, pos := range s.masked[first:] {
		if pos >= at+int64(len(b)) {
			return
		}
		for i := range len(skip) {
			if k := pos + int64(i) - at; k >= 0 && k < int64(len(b)) {
				b[k] = skip[i]
			}
		}
	}
}

// Read implements io.Reader. It returns io.EOF at the end of the file, even if the file has become shorter.
func (s *Source) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, s.fail(err)
	}
	if left := s.size - s.pos; int64(len(b)) > left {
		b = b[:max(left, 0)]
	}
	if len(b) == 0 {
		return 0, io.EOF
	}
	if cached := s.cached.from(s.pos); len(cached) > 0 {
		n := copy(b, cached)
		s.pos += int64(n)
		return n, nil
	}
	n, err := s.readFile(b, s.pos)
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
func (s *Source) ReadAt(b []byte, at int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, s.fail(err)
	}
	if cached := s.cached.from(at); len(cached) >= len(b) {
		return copy(b, cached), nil
	}
	n, err := s.readFile(b, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, s.fail(err)
	}
	return n, err
}

// readFile reads from the file. A panic of the file is an error: it must not unwind the C functions of libav
// that called Read, because they would not free what they hold.
func (s *Source) readFile(b []byte, at int64) (n int, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			n, err = 0, fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	if file, ok := s.file.(contextReader); ok {
		n, err = file.ReadAtContext(s.ctx, b, at)
	} else {
		n, err = s.file.ReadAt(b, at)
	}
	s.maskBoxes(b[:n], at)
	s.other.apply(b[:n], at)
	return n, err
}

// replacement is a range of bytes that differ from those of the file: they are data and then zeros.
type replacement struct {
	data    []byte
	at, end int64 // byte offsets in the file: [at, end)
}

// apply replaces the bytes in b, which are those from byte offset at on.
func (r *replacement) apply(b []byte, at int64) {
	from, to := max(at, r.at), min(at+int64(len(b)), r.end)
	if from >= to {
		return
	}
	b = b[from-at : to-at]
	clear(b[copy(b, r.data[min(from-r.at, int64(len(r.data))):]):])
}

// Replace makes size bytes of the file from byte offset at on read as data and then zeros. It drops cached
// bytes, and what an earlier call has replaced.
func (s *Source) Replace(at, size int64, data []byte) {
	s.DropCached()
	s.other = replacement{data, at, at + size}
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

// maxCached is the largest range that is cached, in bytes.
const maxCached = 64 << 20

// Cache caches size bytes of the file from byte offset at on until DropCached is called. It caches nothing if
// they exceed 64 MiB.
func (s *Source) Cache(at, size int64) error {
	if size > maxCached {
		return nil
	}
	data := make([]byte, size)
	n, err := s.readFile(data, at)
	if n < len(data) && err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	s.cached = cachedBytes{data[:n], at}
	return nil
}

// Cached returns the bytes that Cache has stored, or nil.
func (s *Source) Cached() []byte { return s.cached.data }

// DropCached drops the range that Cache has stored.
func (s *Source) DropCached() { s.cached = cachedBytes{} }

// Seek implements io.Seeker.
func (s *Source) Seek(offset int64, whence int) (int64, error) {
	at, err := seekTo(s.pos, s.size, offset, whence)
	if err == nil {
		s.pos = at
	}
	return at, err
}

func (s *Source) fail(err error) error {
	if s.err == nil {
		s.err = err
	}
	return err
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
