package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"gop/video"
)

// resource describes a segment or a thumbnail for the headers of its response.
type resource struct {
	etag         string
	modified     time.Time
	contentType  string
	caching      caching
	gops         string // value of rangeHeader; "" for none
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

// setHeaders sets the validators of a response, rangeHeader, and audioLeftOutHeader if audio is left out.
func (s *server) setHeaders(w http.ResponseWriter, r *http.Request, res resource) {
	s.setValidators(w, r, res.etag, res.caching)
	if res.gops != "" {
		w.Header().Set(rangeHeader, res.gops)
	}
	if res.audioLeftOut != "" {
		w.Header().Set(audioLeftOutHeader, "audio;reason="+strconv.Quote(res.audioLeftOut))
	}
}

// timingHeader says how long the request has spent in each stage until the header was sent
// (https://www.w3.org/TR/server-timing/).
const timingHeader = "Server-Timing"

// serverTiming returns the value of timingHeader, such as
// "open;dur=1.204, index;dur=3.4, cut;dur=0.8, wait;dur=0". The durations are in milliseconds.
func serverTiming(spent video.StageTimes) string {
	b := make([]byte, 0, 80)
	for _, stage := range video.Stages {
		if len(b) > 0 {
			b = append(b, ", "...)
		}
		b = append(append(b, stage.String()...), ";dur="...)
		b = strconv.AppendFloat(b, float64(spent[stage].Microseconds())/1000, 'f', -1, 64)
	}
	return string(b)
}

// addVary adds the names of request headers to Vary. It keeps Vary on one line, because nginx before 1.23
// reads only the last one.
func addVary(w http.ResponseWriter, headers ...string) {
	all := append(slices.Clone(w.Header().Values("Vary")), headers...)
	w.Header().Set("Vary", strings.Join(all, ", "))
}

// caching says for how long a client may reuse its copy of a response without revalidation.
type caching struct {
	age         time.Duration
	isImmutable bool // revalidation is useless even if the user reloads (RFC 8246)
}

// forever is the caching of a URL that always has the same bytes.
var forever = caching{age: 365 * 24 * time.Hour, isImmutable: true}

// cachingOf returns the caching of a URL with the parameters p of a video. A URL with another version than
// the current one has had other bytes, so its copies have to be revalidated.
func (s *server) cachingOf(v video.Video, p params) caching {
	switch p.version {
	case "":
		return caching{age: s.config.MaxAge}
	case versionOf(s.config.Build, v):
		return forever
	}
	return caching{}
}

// setValidators sets the ETag and Cache-Control. Responses that need authorization are private, and no
// response may be reused after its URL expires.
func (s *server) setValidators(w http.ResponseWriter, r *http.Request, etag string, c caching) {
	visibility := "public"
	if !s.config.isOpen() {
		visibility = "private"
		if until := grantOf(r).until; !until.IsZero() {
			c.age = min(c.age, time.Until(until))
		}
	}
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", visibility+", "+c.String())
}

// forbidStoring forbids caches to store a response without a Content-Length to an HTTP/1.0 client: for it, an
// aborted response looks complete.
func forbidStoring(w http.ResponseWriter, r *http.Request) {
	if !r.ProtoAtLeast(1, 1) {
		w.Header().Set("Cache-Control", "no-store")
	}
}

// String returns directives of Cache-Control.
func (c caching) String() string {
	seconds := int(c.age.Seconds())
	switch {
	case seconds <= 0:
		return "no-cache"
	case c.isImmutable:
		return fmt.Sprintf("max-age=%d, immutable", seconds)
	}
	return fmt.Sprintf("max-age=%d", seconds)
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
