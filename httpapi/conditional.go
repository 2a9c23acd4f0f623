package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// sendNotModified sends a 304 and reports true if the client's copy is current.
func (s *server) sendNotModified(w http.ResponseWriter, r *http.Request, res resource) bool {
	if !isCurrent(r, res.etag, res.modified) {
		return false
	}
	s.setValidators(w, r, res.etag, s.config.MaxAge)
	serveContent(w, r, res.contentType, res.modified, bytes.NewReader(nil))
	return true
}

// isCurrent reports whether the request's preconditions (RFC 9110, section 13.2.2) lead to a 304 for content
// with an entity tag and a modification time.
func isCurrent(r *http.Request, etag string, modified time.Time) bool {
	if r.Header.Get("If-None-Match") == "" && r.Header.Get("If-Modified-Since") == "" {
		return false
	}
	recorder := &statusRecorder{header: http.Header{"Etag": {etag}}}
	http.ServeContent(recorder, r, "", modified, bytes.NewReader(nil))
	return recorder.status == http.StatusNotModified
}

// statusRecorder is an http.ResponseWriter that records the status and discards the body.
type statusRecorder struct {
	header http.Header
	status int
}

func (s *statusRecorder) Header() http.Header         { return s.header }
func (s *statusRecorder) Write(b []byte) (int, error) { return len(b), nil }
func (s *statusRecorder) WriteHeader(status int)      { s.status = status }

// serveContent sends the content or the requested ranges of it, or the 304, 412 or 416 that the validators in
// the header of w require.
func serveContent(
	w http.ResponseWriter, r *http.Request, contentType string, modified time.Time, content io.ReadSeeker,
) {
	w.Header().Set("Content-Type", contentType)
	http.ServeContent(w, r, "", modified, content)
}
