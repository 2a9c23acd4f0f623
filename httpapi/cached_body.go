package httpapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"gop/video"
)

// bodyCache keeps the bodies of listings and pages, plain and gzip-compressed, by their entity tags. For one
// larger than maxCachedBody it keeps nil. Concurrent requests for a body share one load.
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

// get returns the body with an entity tag, and whether it was cached. If it was not, load
// makes it; load's context does not end with the request, because others may wait for the same body.
func (c *bodyCache) get(
	ctx context.Context, etag string, load func(context.Context) ([]byte, error),
) (content []byte, hit bool, err error) {
	if b, ok := c.byETag.GetIfPresent(etag); ok {
		return b, true, nil
	}
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.WaitStage)) // for the load of another request
	loader := otter.LoaderFunc[string, []byte](func(ctx context.Context, _ string) ([]byte, error) {
		defer timings.Enter(timings.Enter(video.OtherStage))
		return load(ctx)
	})
	content, err = c.byETag.Get(context.WithoutCancel(ctx), etag, loader)
	return content, false, err
}

// maxCachedBody is the size of the largest body that is cached, as it is sent, in bytes. Larger ones are made
// while they are sent.
const maxCachedBody = 2 << 20

// body is a response body and how it may be cached.
type body struct {
	contentType string
	etag        string // of the plain form; identifies everything that the body is made from
	modified    time.Time
	mustRecheck bool // a client must revalidate it before each reuse
	isImmutable bool // its URL never has another body
	hasLinks    bool // it has links, which depend on the site
	isTransient bool // it is not cached here, because the next one differs
	isLarge     bool // it is larger than maxCachedBody in any encoding
	write       func(io.Writer) error
}

// bytesWriter returns a body's write for a body that exists.
func bytesWriter(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

// jsonWriter returns a body's write for the JSON of what value returns.
func jsonWriter[T any](value func() T) func(io.Writer) error {
	return func(w io.Writer) error {
		content, err := json.Marshal(value())
		if err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	}
}

// encodedETag returns the entity tag of the body in an encoding, "" or gzip (RFC 9110, section 8.8.3.3).
func (b body) encodedETag(encoding string) string {
	if encoding == "" {
		return b.etag
	}
	return strings.TrimSuffix(b.etag, `"`) + "-" + encoding + `"`
}

// sendBody sends a body, compressed if the client accepts that (RFC 9110, sections 8.4.1.3 and 12.5.3). The
// body is not made for a 304 or a 412. No 304 has the entity tag of the compressed form if the client does
// not accept that form: a cache would send its copy of it (RFC 9111, section 4.3.1).
func (s *server) sendBody(w http.ResponseWriter, r *http.Request, b body) error {
	addVary(w, "Accept-Encoding")
	if b.hasLinks {
		s.varyBySite(w)
	}
	encodings := []string{""} // accepted; the first is sent
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		encodings = []string{"gzip", ""}
	}
	for i, encoding := range encodings {
		etag := b.encodedETag(encoding)
		switch status := preconditionStatus(r, etag, b.modified); {
		case status == http.StatusNotModified:
			s.setBodyHeaders(w, r, b, etag)
			w.WriteHeader(status)
			return nil
		case status == http.StatusPreconditionFailed && i == 0:
			sendPreconditionFailed(w, etag)
			return nil
		}
	}
	encoding := encodings[0]
	content, hit, err := s.cachedBody(r.Context(), b, encoding)
	if err != nil {
		return err
	}
	if content == nil {
		return s.streamBody(w, r, b, encoding)
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
	c := caching{age: s.config.MaxAge}
	if b.mustRecheck {
		c.age = 0
	}
	s.setValidators(w, r, etag, c)
	if b.isImmutable { // an asset, which needs no authorization
		w.Header().Set("Cache-Control", "public, "+forever.String())
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

// cachedBody returns a body in an encoding, "" or gzip, and whether it was cached. It returns nil if the body
// is larger than maxCachedBody.
func (s *server) cachedBody(ctx context.Context, b body, encoding string) ([]byte, bool, error) {
	if b.isLarge {
		return nil, false, nil
	}
	load := func(ctx context.Context) ([]byte, error) {
		release, err := s.acquire(ctx, s.bodyWorkers)
		if err != nil {
			return nil, err
		}
		defer release()
		content := bodyBuffers.Get().(*boundedBuffer)
		defer bodyBuffers.Put(content)
		content.buffer.Reset()
		if err := b.encode(content, encoding); errors.Is(err, errLargeBody) {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
		return append([]byte{}, content.buffer.Bytes()...), nil
	}
	if b.isTransient {
		content, err := load(ctx)
		return content, false, err
	}
	return s.bodies.get(ctx, b.encodedETag(encoding), load)
}

// boundedBuffer holds at most maxCachedBody bytes. A write of more fails with errLargeBody.
type boundedBuffer struct{ buffer bytes.Buffer }

// bodyBuffers holds the buffers in which bodies are made. Growing a new one to the size of a listing takes
// longer than making the listing.
var bodyBuffers = sync.Pool{New: func() any { return new(boundedBuffer) }}

var errLargeBody = errors.New("the body is too large to be cached")

// Write implements io.Writer.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.buffer.Len()+len(p) > maxCachedBody {
		return 0, errLargeBody
	}
	return b.buffer.Write(p)
}

// gzipLevel compresses a listing to a twelfth of its size. Level 9 saves another sixth and takes eight times
// as long.
const gzipLevel = 2

// encode writes the body in an encoding, "" or gzip.
func (b body) encode(w io.Writer, encoding string) error {
	if encoding == "" {
		return b.write(w)
	}
	compressed, err := gzip.NewWriterLevel(w, gzipLevel)
	if err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	if err := b.write(compressed); err != nil {
		return err
	}
	return compressed.Close()
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
