package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"time"

	"gop/video"
)

// resource is what the headers of a segment or a thumbnail say of it.
type resource struct {
	etag         string
	modified     time.Time
	contentType  string
	audioLeftOut string // why the mp4 has no audio although the video has; "" if it has audio or none was asked for
}

// audioLeftOutHeader says what a segment lacks and why. It is a structured field (RFC 9651, section 3.3).
const audioLeftOutHeader = "Gop-Left-Out"

// setHeaders sets the validators of a response and the header about audio that was left out.
func (s *server) setHeaders(w http.ResponseWriter, r *http.Request, of resource) {
	s.setValidators(w, r, of.etag, s.config.MaxAge)
	if of.audioLeftOut != "" {
		w.Header().Set(audioLeftOutHeader, "audio;reason="+strconv.Quote(of.audioLeftOut))
	}
}

// sendNotModified answers 304 and returns true if the client's copy is current. Nothing needs to be made
// then.
func (s *server) sendNotModified(w http.ResponseWriter, r *http.Request, of resource) bool {
	if !isCurrent(r, of.etag, of.modified) {
		return false
	}
	s.setValidators(w, r, of.etag, s.config.MaxAge)
	serveContent(w, r, of.contentType, of.modified, bytes.NewReader(nil))
	return true
}

// setCacheStatus says where the response came from (RFC 9211, section 2), also in the access log.
func setCacheStatus(w http.ResponseWriter, r *http.Request, status video.CacheStatus) {
	entry := logEntryOf(r)
	switch status {
	case video.CacheHit:
		entry.Cache = "hit"
		w.Header().Set("Cache-Status", "gop; hit")
	case video.CacheCollapsed:
		entry.Cache = "collapsed"
		w.Header().Set("Cache-Status", "gop; fwd=miss; collapsed")
	default:
		entry.Cache = "miss"
		w.Header().Set("Cache-Status", "gop; fwd=miss")
	}
}

// setValidators sets the headers by which a client revalidates its copy, and how long it may reuse it without
// asking.
func (s *server) setValidators(w http.ResponseWriter, r *http.Request, etag string, age time.Duration) {
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", s.cacheControl(r, age))
}

// isCurrent reports whether the client's copy has the entity tag, or was made after modified, by the
// request's preconditions.
func isCurrent(r *http.Request, etag string, modified time.Time) bool {
	if r.Header.Get("If-None-Match") == "" && r.Header.Get("If-Modified-Since") == "" {
		return false
	}
	probe := &statusOnly{header: http.Header{"Etag": {etag}}}
	http.ServeContent(probe, r, "", modified, bytes.NewReader(nil))
	return probe.status == http.StatusNotModified
}

// statusOnly is a ResponseWriter that keeps nothing but the status that http.ServeContent decides on.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }

// serveContent sends the whole content, the requested ranges of it, a 304 or a 412, by the validators that
// are set.
func serveContent(w http.ResponseWriter, r *http.Request, contentType string, modified time.Time, content io.ReadSeeker) {
	w.Header().Set("Content-Type", contentType)
	http.ServeContent(w, r, "", modified, content)
}
