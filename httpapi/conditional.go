package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// validators sets what a client may later ask with whether it still has the right bytes, and for how long
// it need not ask.
func (s *server) validators(w http.ResponseWriter, r *http.Request, etag string, age time.Duration) {
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", s.cacheControl(r, age))
}

// isCurrent tells whether the client already has what etag names, so that nothing needs to be made
// to answer 304.
func isCurrent(r *http.Request, etag string, modified time.Time) bool {
	if r.Header.Get("If-None-Match") == "" && r.Header.Get("If-Modified-Since") == "" {
		return false
	}
	probe := &statusOnly{header: http.Header{"Etag": {etag}}}
	http.ServeContent(probe, r, "", modified, bytes.NewReader(nil))
	return probe.status == http.StatusNotModified
}

// statusOnly is where ServeContent's decision about preconditions is read off.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }

// serve sends what the validators were set for: whole, in part, or as a 304 or 412.
func serve(w http.ResponseWriter, r *http.Request, contentType string, modified time.Time, content io.ReadSeeker) {
	w.Header().Set("Content-Type", contentType)
	http.ServeContent(w, r, "", modified, content)
}
