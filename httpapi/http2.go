package httpapi

import (
	"net/http"
	"strconv"

	"golang.org/x/sync/semaphore"
)

// maxStreams is the number of requests at a time on one HTTP/2 connection, the least that RFC 9113, section
// 6.5.2, recommends.
const maxStreams = 100

// newHTTP2Config returns the limits of HTTP/2 connections. No route accepts a body, so the buffers for bodies
// and frames have the least size that net/http accepts.
func newHTTP2Config(config Config) *http.HTTP2Config {
	return &http.HTTP2Config{
		MaxConcurrentStreams:          maxStreams,
		MaxReadFrameSize:              16 << 10,
		MaxReceiveBufferPerConnection: 64 << 10,
		MaxReceiveBufferPerStream:     16 << 10,
		// The deadlines of a stream reset it, which takes effect only if the connection can be written to.
		WriteByteTimeout: config.WriteTimeout,
	}
}

// limitStreams passes on at most limit HTTP/2 requests at a time, of all connections, and resets the streams
// of others. HTTP/1.1 has one request at a time on each connection.
func limitStreams(limit int, next http.Handler) http.Handler {
	slots := semaphore.NewWeighted(int64(limit))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor > 1 {
			if !slots.TryAcquire(1) {
				// A response would have to wait for the client, and for no longer if it is refused.
				panic(http.ErrAbortHandler)
			}
			defer slots.Release(1)
		}
		next.ServeHTTP(w, r)
	})
}

// closeConnection closes an HTTP/1.1 connection after the response. Other requests may share an HTTP/2
// connection, so it stays open.
func closeConnection(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 1 {
		w.Header().Set("Connection", "close")
	}
}

// finish completes a response over HTTP/2. It sends what net/http still buffers, so that a client that does
// not read it is within the limits on requests, and resets the stream of an incomplete response. net/http
// does neither: it closes the connection after an incomplete response over HTTP/1.1 only.
func (w *responseWriter) finish(r *http.Request) {
	if r.ProtoMajor == 1 || r.Method == http.MethodHead {
		return
	}
	length, err := strconv.ParseInt(w.Header().Get("Content-Length"), 10, 64)
	if w.isTruncated || err == nil && w.bytes < length {
		w.isTruncated = true
		panic(http.ErrAbortHandler)
	}
	if w.bytes > 0 && w.connection.Flush() != nil {
		w.isTruncated = true
	}
}
