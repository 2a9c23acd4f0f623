package av

import (
	"context"
	"errors"
	"io"

	"github.com/asticode/go-astiav"
)

// ioBuffer is how much libav reads or writes at a time. go-astiav allocates as much for every
// read, so that fewer and larger ones are cheaper.
const ioBuffer = 256 << 10

// source gives libav a file's bytes. libav turns every error of a callback into its own, so the
// real one is kept aside.
type source struct {
	file io.ReaderAt
	size int64
	pos  int64
	ctx  context.Context // of the work under way; the demuxer outlives it
	err  error           // the first that the file or the context gave
}

func (s *source) read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, s.fail(err)
	}
	if left := s.size - s.pos; int64(len(b)) > left {
		b = b[:max(left, 0)]
	}
	if len(b) == 0 {
		return 0, astiav.ErrEof
	}
	n, err := s.file.ReadAt(b, s.pos)
	s.pos += int64(n)
	switch {
	case n > 0:
		return n, nil
	case err == nil || errors.Is(err, io.EOF):
		return 0, astiav.ErrEof // the file has become shorter
	}
	return 0, s.fail(err)
}

// avseekSize is libav's AVSEEK_SIZE: a seek that only asks for the size.
const avseekSize = 0x10000

func (s *source) seek(offset int64, whence int) (int64, error) {
	switch whence {
	case avseekSize:
		return s.size, nil
	case io.SeekStart:
	case io.SeekCurrent:
		offset += s.pos
	case io.SeekEnd:
		offset += s.size
	default:
		return 0, astiav.ErrEio
	}
	if offset < 0 {
		return 0, astiav.ErrEio
	}
	s.pos = offset
	return offset, nil
}

func (s *source) fail(err error) error {
	if s.err == nil {
		s.err = err
	}
	return astiav.ErrEio
}

// sink takes what libav writes, into memory. It may not grow beyond limit bytes.
type sink struct {
	data  []byte
	pos   int
	limit int
}

func (s *sink) write(b []byte) (int, error) {
	end := s.pos + len(b)
	if end > s.limit {
		return 0, astiav.ErrEio
	}
	if end > len(s.data) {
		if end <= cap(s.data) {
			s.data = s.data[:end]
		} else {
			s.data = append(s.data, make([]byte, end-len(s.data))...)
		}
	}
	copy(s.data[s.pos:], b)
	s.pos = end
	return len(b), nil
}

func (s *sink) seek(offset int64, whence int) (int64, error) {
	switch whence {
	case avseekSize:
		return int64(len(s.data)), nil
	case io.SeekStart:
	case io.SeekCurrent:
		offset += int64(s.pos)
	case io.SeekEnd:
		offset += int64(len(s.data))
	default:
		return 0, astiav.ErrEio
	}
	if offset < 0 || offset > int64(s.limit) {
		return 0, astiav.ErrEio
	}
	s.pos = int(offset)
	return offset, nil
}
