package avio

import "errors"

// Sink keeps the file that libav writes, in memory. It must not be used concurrently.
type Sink struct {
	data     []byte
	pos      int64
	size     int64 // of the written file
	limit    int64 // of size
	dropFrom int64 // bytes from here on are counted and dropped; 0 to drop none
}

// NewSink returns an empty Sink for a file of at most limit bytes. It has room for expected bytes at first.
func NewSink(expected, limit int64) *Sink {
	return &Sink{data: make([]byte, 0, expected), limit: limit}
}

// ErrFull reports that a file exceeds its limit.
var ErrFull = errors.New("the output exceeds its limit")

// Bytes returns the bytes that were not dropped. They are the Sink's memory: a later write may change them.
func (s *Sink) Bytes() []byte { return s.data }

// Size returns the number of bytes of the file, including the dropped ones.
func (s *Sink) Size() int64 { return s.size }

// DropFrom counts and drops the bytes that are written at byte offset at or later.
func (s *Sink) DropFrom(at int64) { s.dropFrom = at }

// Write implements io.Writer. It overwrites existing bytes.
func (s *Sink) Write(b []byte) (int, error) {
	end := s.pos + int64(len(b))
	if end > s.limit {
		return 0, ErrFull
	}
	s.size = max(s.size, end)
	if s.dropFrom > 0 && s.pos >= s.dropFrom {
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

// Seek implements io.Seeker. A position past the limit is an error.
func (s *Sink) Seek(offset int64, whence int) (int64, error) {
	at, err := seekTo(s.pos, s.size, offset, whence)
	if err != nil {
		return 0, err
	}
	if at > s.limit {
		return 0, ErrFull
	}
	s.pos = at
	return at, nil
}
