package httpapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"gop/video"
)

// bodyCache keeps the bodies of listings and pages: plain, and gzip-compressed once a client accepts that.
// Concurrent requests for a body share one load.
type bodyCache struct{ byETag *otter.Cache[string, []byte] }

// newBodyCache returns a cache of at most size bytes. It evicts a body that was not used for the time of
// expiry.
func newBodyCache(size int64, expiry time.Duration) *bodyCache {
	const entryBytes = 128
	return &bodyCache{otter.Must(&otter.Options[string, []byte]{
		MaximumWeight: uint64(size),
		Weigher: func(etag string, b []byte) uint32 {
			return uint32(min(len(etag)+len(b)+entryBytes, math.MaxUint32))
		},
		ExpiryCalculator: otter.ExpiryAccessing[string, []byte](expiry),
	})}
}

func (c *bodyCache) close() { c.byETag.StopAllGoroutines() }

// get returns the body with an entity tag, and whether it was cached. If it was not, write makes it.
func (c *bodyCache) get(
	ctx context.Context, etag string, write func() ([]byte, error),
) (content []byte, hit bool, err error) {
	if b, ok := c.byETag.GetIfPresent(etag); ok {
		return b, true, nil
	}
	load := otter.LoaderFunc[string, []byte](func(context.Context, string) ([]byte, error) { return write() })
	content, err = c.byETag.Get(ctx, etag, load)
	return content, false, err
}

// body is a complete response body and how it may be cached.
type body struct {
	contentType string
	etag        string // of the plain form; identifies everything that the body is made from
	modified    time.Time
	mustRecheck bool // a client must revalidate it before each reuse
	isImmutable bool // its URL never has another body
	isTransient bool // it is not cached here, because the next one differs
	write       func() ([]byte, error)
}

// encodedETag returns the entity tag of the body in an encoding, "" or gzip (RFC 9110, section 8.8.3.3).
func (b body) encodedETag(encoding string) string {
	if encoding == "" {
		return b.etag
	}
	return strings.TrimSuffix(b.etag, `"`) + "-" + encoding + `"`
}

// sendBody sends a body, compressed if the client accepts that (RFC 9110, sections 8.4.1.3 and 12.5.3). A
// client that has either form gets a 304, and the body is not made.
func (s *server) sendBody(w http.ResponseWriter, r *http.Request, b body) error {
	w.Header().Add("Vary", "Accept-Encoding")
	for _, encoding := range []string{"", "gzip"} {
		if etag := b.encodedETag(encoding); isCurrent(r, etag, b.modified) {
			s.setBodyHeaders(w, r, b, etag)
			serveContent(w, r, b.contentType, b.modified, bytes.NewReader(nil))
			return nil
		}
	}
	encoding := ""
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		encoding = "gzip"
	}
	content, hit, err := s.encode(r.Context(), b, encoding)
	if err != nil {
		return err
	}
	s.setBodyHeaders(w, r, b, b.encodedETag(encoding))
	status := video.CacheMiss
	if hit {
		status = video.CacheHit
	}
	setCacheStatus(w, r, status)
	if encoding != "" {
		w.Header().Set("Content-Encoding", encoding)
		w = lengthWriter{w, len(content)}
	}
	serveContent(w, r, b.contentType, b.modified, bytes.NewReader(content))
	return nil
}

// setBodyHeaders sets the validators of a body, and for how long a client may reuse it.
func (s *server) setBodyHeaders(w http.ResponseWriter, r *http.Request, b body, etag string) {
	age := s.config.MaxAge
	if b.mustRecheck {
		age = 0
	}
	s.setValidators(w, r, etag, age)
	if b.isImmutable {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
}

// lengthWriter sets the Content-Length of a complete encoded response, which http.ServeContent omits.
type lengthWriter struct {
	http.ResponseWriter
	length int
}

// WriteHeader implements http.ResponseWriter.
func (w lengthWriter) WriteHeader(status int) {
	if status == http.StatusOK {
		w.Header().Set("Content-Length", strconv.Itoa(w.length))
	}
	w.ResponseWriter.WriteHeader(status)
}

// encode returns a body in an encoding, "" or gzip, and whether it was cached.
func (s *server) encode(ctx context.Context, b body, encoding string) ([]byte, bool, error) {
	if b.isTransient {
		content, err := b.write()
		if err == nil && encoding != "" {
			content, err = compress(content)
		}
		return content, false, err
	}
	if encoding == "" {
		return s.bodies.get(ctx, b.etag, b.write)
	}
	return s.bodies.get(ctx, b.encodedETag(encoding), func() ([]byte, error) {
		plain, _, err := s.bodies.get(ctx, b.etag, b.write)
		if err != nil {
			return nil, err
		}
		return compress(plain)
	})
}

// gzipLevel compresses a listing to a twelfth of its size. Level 9 saves another sixth and takes eight times
// as long.
const gzipLevel = 2

func compress(plain []byte) ([]byte, error) {
	var compressed bytes.Buffer
	w, err := gzip.NewWriterLevel(&compressed, gzipLevel)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	_, _ = w.Write(plain) // a bytes.Buffer does not fail
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return compressed.Bytes(), nil
}

// acceptsGzip reports whether the values of Accept-Encoding allow gzip.
func acceptsGzip(values []string) bool {
	acceptsAny := false
	for item := range strings.SplitSeq(strings.Join(values, ","), ",") {
		coding, parameter, _ := strings.Cut(item, ";")
		accepted := true
		if weight, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(parameter)), "q="); ok {
			q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
			accepted = err == nil && q > 0
		}
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return accepted
		case "*":
			acceptsAny = accepted
		}
	}
	return acceptsAny
}
