package media

import "io"

// Window reads the headers of a file that lie between payloads. Where the payloads are so small that skipping
// them takes more time than reading them, it reads large pieces. It must not be used concurrently.
type Window struct {
	file  io.ReaderAt
	size  int64 // bytes of the file
	first int   // bytes of the smallest read
	next  int   // bytes of the next read
	reads int   // reads so far
	piece []byte
	at    int64 // byte offset of piece
}

// Limits of a Window.
const (
	maxRead = 1 << 20 // bytes
	// maxSkipped is the largest number of bytes between two reads after which the reads get larger.
	maxSkipped = 24 << 10
	// smallReads is the number of reads after which they get larger: a walk over one GOP stays small.
	smallReads = 64
)

// NewWindow returns a Window of a file of size bytes. A read has at least first bytes.
func NewWindow(file io.ReaderAt, size int64, first int) *Window {
	return &Window{file: file, size: size, first: first, next: first}
}

// Size returns the number of bytes of the file.
func (w *Window) Size() int64 { return w.size }

// Bytes returns n bytes at a byte offset, or fewer at the end of the file. The slice is valid until the next
// call. The caller bounds n.
func (w *Window) Bytes(at int64, n int) ([]byte, error) {
	if from := at - w.at; from >= 0 && from+int64(n) <= int64(len(w.piece)) {
		return w.piece[from : from+int64(n)], nil
	}
	if err := w.fill(at, n); err != nil {
		return nil, err
	}
	return w.piece[:min(n, len(w.piece))], nil
}

// fill reads at least n bytes at a byte offset.
func (w *Window) fill(at int64, n int) error {
	skipped := at - w.at - int64(len(w.piece))
	w.reads++
	switch {
	case at < w.at || skipped > maxSkipped:
		w.next = max(w.next/4, w.first)
	case w.reads > smallReads:
		w.next = min(4*w.next, maxRead)
	}
	size := int(min(int64(max(n, w.next)), max(0, w.size-at)))
	if cap(w.piece) < size {
		w.piece = make([]byte, size)
	}
	got, err := w.file.ReadAt(w.piece[:size], at)
	if err != nil && err != io.EOF {
		w.piece = w.piece[:0]
		return err
	}
	w.piece, w.at = w.piece[:got], at
	return nil
}

// ReadAt implements io.ReaderAt.
func (w *Window) ReadAt(b []byte, at int64) (int, error) {
	if len(b) > w.first {
		return w.file.ReadAt(b, at)
	}
	data, err := w.Bytes(at, len(b))
	n := copy(b, data)
	if err == nil && n < len(b) {
		err = io.EOF
	}
	return n, err
}
