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
		// A stream is reset at its deadline. The connection has one too: it may not accept the reset.
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
				// An error response would need a slot too, because its client may not read it.
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

// finish completes a response over HTTP/2. It flushes net/http's buffer, so that the request counts as in
// progress while its client does not read. It resets the stream of an incomplete response, as net/http closes
// the connection of one over HTTP/1.1.
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
