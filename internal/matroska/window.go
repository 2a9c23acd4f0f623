package matroska

import "io"

// window reads a file, and as little of it as it can: it keeps one piece, and moves it to what is
// asked for. One goroutine at a time uses it.
type window struct {
	file  io.ReaderAt
	size  int64 // bytes of the file
	piece []byte
	at    int64 // where the piece lies
}

// windowBytes is how much is read at a time: little, since pictures mostly lie far apart.
const windowBytes = 1024

// bytes returns n bytes from a place in the file, n at most windowBytes, or fewer where the file
// ends. They are good until the next call.
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

// ReadAt reads of the file as io.ReaderAt has it, through the window where it can.
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
