package httpapi

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"gop/video"
)

// resource describes a segment or a thumbnail for the headers of its response.
type resource struct {
	etag         string
	modified     time.Time
	contentType  string
	audioLeftOut string // why the mp4 lacks the video's audio; "" if it does not, or the query excludes audio
}

// leaveOutAudio records why the segment has no audio. It ignores an empty reason.
func (r *resource) leaveOutAudio(reason string) {
	if reason != "" {
		r.audioLeftOut = reason
	}
}

// audioLeftOutHeader names the tracks that a segment lacks, and the reason. It is a structured field (RFC
// 9651, section 3.3).
const audioLeftOutHeader = "Gop-Left-Out"

// setHeaders sets the validators of a response, and audioLeftOutHeader if audio is left out.
func (s *server) setHeaders(w http.ResponseWriter, r *http.Request, res resource) {
	s.setValidators(w, r, res.etag, s.config.MaxAge)
	if res.audioLeftOut != "" {
		w.Header().Set(audioLeftOutHeader, "audio;reason="+strconv.Quote(res.audioLeftOut))
	}
}

// setValidators sets the ETag, and for how long a client may reuse its copy without revalidation.
func (s *server) setValidators(w http.ResponseWriter, r *http.Request, etag string, age time.Duration) {
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", s.cacheControl(r, age))
}

// cacheControl returns the value of Cache-Control. Responses that need authorization are private, and no
// response may be reused after its URL expires.
func (s *server) cacheControl(r *http.Request, age time.Duration) string {
	visibility := "public"
	if !s.config.isOpen() {
		visibility = "private"
		if until := grantOf(r).until; !until.IsZero() {
			age = min(age, time.Until(until))
		}
	}
	if seconds := int(age.Seconds()); seconds > 0 {
		return fmt.Sprintf("%s, max-age=%d", visibility, seconds)
	}
	return visibility + ", no-cache"
}

// setCacheStatus sets Cache-Status (RFC 9211, section 2) and the Cache of the log entry.
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
