package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// preconditions are the headers that may lead to a 304 or 412.
var preconditions = []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}

// conditions are the headers that decide whether a response has content, and which ranges of it.
var conditions = append(slices.Clone(preconditions), "If-Range", "Range")

// normalizeConditions passes requests on in a form that http.ServeContent evaluates as RFC 9110 requires.
// Several lines of a condition become one (section 5.3), and Range has the form of normalRange. Range is
// removed if it must be ignored: for methods except GET, and if If-Range is not a strong validator (sections
// 14.2 and 13.1.5).
func normalizeConditions(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isSet := func(name string) bool { return len(r.Header[name]) > 0 }
		if !slices.ContainsFunc(conditions, isSet) {
			next.ServeHTTP(w, r)
			return
		}
		r = withOwnHeader(r)
		for _, name := range conditions {
			if isSet(name) {
				r.Header.Set(name, strings.Join(r.Header[name], ", "))
			}
		}
		ranges, ok := normalRange(r.Header.Get("Range"))
		if ok && r.Method == http.MethodGet && (!isSet("If-Range") || isStrong(r.Header.Get("If-Range"))) {
			r.Header.Set("Range", ranges)
		} else {
			r.Header.Del("Range")
		}
		next.ServeHTTP(w, r)
	})
}

// withOwnHeader returns a copy of a request whose header may be changed.
func withOwnHeader(r *http.Request) *http.Request {
	changed := *r
	changed.Header = r.Header.Clone()
	return &changed
}

// isStrong reports whether the value of If-Range is one strong validator: an entity tag, or a date. A video
// may change again in the second of its modification time, so the date is strong when this second is over
// (RFC 9110, section 8.8.2.2).
func isStrong(validator string) bool {
	if date, err := http.ParseTime(validator); err == nil {
		return date.Before(time.Now().Truncate(time.Second))
	}
	opaque, ok := strings.CutPrefix(validator, `"`)
	return ok && strings.IndexByte(opaque, '"') == len(opaque)-1
}

// lastModified returns a modification time, or the current time if that is earlier: no response may have a
// Last-Modified after its Date (RFC 9110, section 8.8.2.1). All conditions compare with the result.
func lastModified(modified time.Time) time.Time {
	if now := time.Now(); modified.After(now) {
		return now
	}
	return modified
}

// setLastModified sets Last-Modified as http.ServeContent does, for content without a known length.
func setLastModified(w http.ResponseWriter, modified time.Time) {
	if !modified.IsZero() && !modified.Equal(time.Unix(0, 0)) {
		w.Header().Set("Last-Modified", lastModified(modified).UTC().Format(http.TimeFormat))
	}
}

// sendPreconditionStatus sends a 304 or 412 and reports true if the preconditions lead to one.
func (s *server) sendPreconditionStatus(w http.ResponseWriter, r *http.Request, res resource) bool {
	switch preconditionStatus(r, res.etag, res.modified) {
	case http.StatusNotModified:
		s.setValidators(w, r, res.etag, res.caching)
		w.WriteHeader(http.StatusNotModified)
	case http.StatusPreconditionFailed:
		sendPreconditionFailed(w, res.etag)
	default:
		return false
	}
	return true
}

// sendPreconditionFailed sends a 412 with the current entity tag. Like other errors, it must not be cached.
func sendPreconditionFailed(w http.ResponseWriter, etag string) {
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusPreconditionFailed)
}

// preconditionStatus evaluates the preconditions of a request (RFC 9110, section 13.2.2) for content with an
// entity tag and a modification time. It returns 304, 412, or 200 if they allow a response with content.
func preconditionStatus(r *http.Request, etag string, modified time.Time) int {
	isSet := func(name string) bool { return r.Header.Get(name) != "" }
	if slices.ContainsFunc(preconditions, isSet) {
		recorder := &statusRecorder{header: http.Header{"Etag": {etag}}}
		http.ServeContent(recorder, r, "", lastModified(modified), bytes.NewReader(nil))
		if s := recorder.status; s == http.StatusNotModified || s == http.StatusPreconditionFailed {
			return s
		}
	}
	return http.StatusOK
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
// the header of w require. Several ranges of encoded content are not sent: a client would decode
// multipart/byteranges as a whole.
func serveContent(
	w http.ResponseWriter, r *http.Request, contentType string, modified time.Time, content io.ReadSeeker,
) {
	w.Header().Set("Content-Type", contentType)
	if w.Header().Get("Content-Encoding") != "" && strings.Contains(r.Header.Get("Range"), ",") {
		r = withOwnHeader(r)
		r.Header.Del("Range")
	}
	http.ServeContent(w, r, "", lastModified(modified), content)
}
