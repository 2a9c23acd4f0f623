package matroska

import "io"

// window reads a file through a small buffer. It must not be used concurrently.
type window struct {
	file  io.ReaderAt
	size  int64 // bytes of the file
	piece []byte
	at    int64 // byte offset of piece
}

// windowBytes is the size of a read. It is small because blocks are mostly far apart.
const windowBytes = 1024

// bytes returns n bytes at a byte offset, or fewer at the end of the file. n is at most windowBytes.
// The slice is valid until the next call.
func (w *window) bytes(at int64, n int) ([]byte, error) {
	if at < w.at || at+int64(n) > w.at+int64(len(w.piece)) {
		if cap(w.piece) == 0 {
			w.piece = make([]byte, windowBytes)
		}
		got, err := w.file.ReadAt(w.piece[:min(windowBytes, max(0, w.size-at))], at)
		if err != nil && err != io.EOF {
			w.piece = w.piece[:0]
			return nil, err
		}
		w.piece, w.at = w.piece[:got], at
	}
	from := at - w.at
	return w.piece[from:min(from+int64(n), int64(len(w.piece)))], nil
}

// ReadAt implements io.ReaderAt.
func (w *window) ReadAt(b []byte, at int64) (int, error) {
	if len(b) > windowBytes {
		return w.file.ReadAt(b, at)
	}
	data, err := w.bytes(at, len(b))
	n := copy(b, data)
	if err == nil && n < len(b) {
		err = io.EOF
	}
	return n, err
}
