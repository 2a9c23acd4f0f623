package httpapi

import (
	"io"
	"net/http"
	"sync"
	"time"

	"gop/video"
)

// responseWriter counts what it sends, adds the timings of the request to the header, and sets a deadline for
// each chunk, so that a client that reads too slowly is disconnected.
type responseWriter struct {
	http.ResponseWriter
	connection *http.ResponseController
	chunkTime  time.Duration // time limit for each chunk
	timings    *video.Timings

	status      int   // 0 until the header is written
	bytes       int64 // length of the body so far
	isTruncated bool  // a write of the body failed
}

// chunkBytes is the size of the chunks that a client must read within the write timeout.
const chunkBytes = 256 << 10

func newResponseWriter(
	w http.ResponseWriter, chunkTime time.Duration, timings *video.Timings,
) *responseWriter {
	return &responseWriter{
		ResponseWriter: w, connection: http.NewResponseController(w), chunkTime: chunkTime, timings: timings,
	}
}

// WriteHeader implements http.ResponseWriter. Errors are not cached, not even at a URL whose content is.
func (w *responseWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 { // a 1xx is not final (RFC 9110, section 15.2)
		w.status = status
		w.Header().Set(timingHeader, serverTiming(w.timings.Spent()))
	}
	if status >= 400 {
		w.Header().Set("Cache-Control", "no-store")
	}
	w.ResponseWriter.WriteHeader(status)
}

// startChunk sets the deadline of the next chunk. Connections without deadlines, as in tests, return an
// error.
func (w *responseWriter) startChunk() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	_ = w.connection.SetWriteDeadline(time.Now().Add(w.chunkTime))
}

// Write sends b in chunks. An empty b still sends the header.
func (w *responseWriter) Write(b []byte) (sent int, err error) {
	for first := true; first || sent < len(b) && err == nil; first = false {
		w.startChunk()
		var n int
		n, err = w.ResponseWriter.Write(b[sent:min(sent+chunkBytes, len(b))])
		sent += n
	}
	w.count(int64(sent), err)
	return sent, err
}

// ReadFrom sends the content of r in chunks. A file is sent by sendfile if the connection supports it, which
// HTTP/2 does not.
func (w *responseWriter) ReadFrom(r io.Reader) (sent int64, err error) {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		return io.Copy(struct{ io.Writer }{w}, r)
	}
	for limited.N > 0 && err == nil {
		w.startChunk()
		chunk := &io.LimitedReader{R: limited.R, N: min(chunkBytes, limited.N)}
		var n int64
		n, err = copyChunk(w.ResponseWriter, chunk)
		sent += n
		limited.N -= n
		if n == 0 {
			break
		}
	}
	w.count(sent, err)
	return sent, err
}

// frameBuffers holds the buffers that stand in for sendfile over HTTP/2. A slow client keeps one of them,
// which has the size of a frame.
var frameBuffers = sync.Pool{New: func() any {
	b := make([]byte, 16<<10)
	return &b
}}

// copyChunk copies a chunk by the ReadFrom of dst, or by a buffer if dst has none.
func copyChunk(dst io.Writer, chunk io.Reader) (int64, error) {
	if _, ok := dst.(io.ReaderFrom); ok {
		return io.Copy(dst, chunk)
	}
	buffer := frameBuffers.Get().(*[]byte)
	defer frameBuffers.Put(buffer)
	return io.CopyBuffer(dst, chunk, *buffer)
}

func (w *responseWriter) count(sent int64, err error) {
	w.bytes += sent
	if err != nil && err != http.ErrBodyNotAllowed { // a response to HEAD has no body
		w.isTruncated = true
	}
}

// Unwrap lets http.ResponseController find the connection.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
