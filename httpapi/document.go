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

// documents keeps the texts that are served, listings and pages, as they are sent: plain, and
// compressed once somebody asks for that. Each is made once, however many ask.
type documents struct{ byTag *otter.Cache[string, []byte] }

// newDocuments keeps at most so many bytes, and none longer than expiry after its last use.
func newDocuments(size int64, expiry time.Duration) *documents {
	return &documents{otter.Must(&otter.Options[string, []byte]{
		MaximumWeight:    uint64(size),
		Weigher:          func(tag string, b []byte) uint32 { return uint32(min(len(tag)+len(b)+128, math.MaxUint32)) },
		ExpiryCalculator: otter.ExpiryAccessing[string, []byte](expiry),
	})}
}

func (d *documents) close() { d.byTag.StopAllGoroutines() }

// get returns the bytes that the entity tag names, and whether they were there; else write makes them.
func (d *documents) get(ctx context.Context, tag string, write func() ([]byte, error)) (_ []byte, hit bool, err error) {
	if b, ok := d.byTag.GetIfPresent(tag); ok {
		return b, true, nil
	}
	b, err := d.byTag.Get(ctx, tag, otter.LoaderFunc[string, []byte](func(context.Context, string) ([]byte, error) { return write() }))
	return b, false, err
}

// document is a text that an answer consists of.
type document struct {
	contentType string
	tag         string // its entity tag, which names all that it is made of
	modified    time.Time
	recheck     bool // no client may reuse it without asking
	lasts       bool // its address is that of these bytes alone
	passing     bool // it is another one the next time, so that it is not kept
	write       func() ([]byte, error)
}

// sendDocument answers with a document, compressed where the client takes that (RFC 9110, sections
// 8.4.1.3 and 12.5.3). The compressed form has an entity tag of its own; a client that has either is
// told so, before anything is made.
func (s *server) sendDocument(w http.ResponseWriter, r *http.Request, d document) error {
	plainTag, gzipTag := d.tag, strings.TrimSuffix(d.tag, `"`)+`-gzip"`
	tag, encoding := plainTag, ""
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		tag, encoding = gzipTag, "gzip"
	}
	w.Header().Add("Vary", "Accept-Encoding")
	send := func(tag string, body []byte) {
		age := s.config.MaxAge
		if d.recheck {
			age = 0
		}
		s.validators(w, r, tag, age)
		if d.lasts {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		serve(w, r, d.contentType, d.modified, bytes.NewReader(body))
	}
	for _, current := range []string{plainTag, gzipTag} {
		if isCurrent(r, current, d.modified) {
			send(current, nil)
			return nil
		}
	}
	body, hit, err := s.bytesOf(r.Context(), d, tag, encoding)
	if err != nil {
		return err
	}
	origin := video.CacheMiss
	if hit {
		origin = video.CacheHit
	}
	noteCache(w, r, origin)
	if encoding != "" {
		w.Header().Set("Content-Encoding", encoding)
		w = sized{w, len(body)}
	}
	send(tag, body)
	return nil
}

// sized tells the length of what is sent whole; http.ServeContent leaves that out where the content is
// encoded.
type sized struct {
	http.ResponseWriter
	length int
}

// WriteHeader is http.ResponseWriter's.
func (s sized) WriteHeader(status int) {
	if status == http.StatusOK {
		s.Header().Set("Content-Length", strconv.Itoa(s.length))
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *server) bytesOf(ctx context.Context, d document, tag, encoding string) ([]byte, bool, error) {
	if d.passing {
		body, err := d.write()
		if err == nil && encoding != "" {
			body, err = compress(body)
		}
		return body, false, err
	}
	if encoding == "" {
		return s.documents.get(ctx, tag, d.write)
	}
	return s.documents.get(ctx, tag, func() ([]byte, error) {
		plain, _, err := s.documents.get(ctx, d.tag, d.write)
		if err != nil {
			return nil, err
		}
		return compress(plain)
	})
}

// compression is a level of compress/gzip: a listing becomes a twelfth, and the highest level gains a
// sixth of that for eight times the work.
const compression = 2

func compress(plain []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, compression)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	_, _ = w.Write(plain) // a buffer takes all
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return packed.Bytes(), nil
}

// acceptsGzip reads the values of Accept-Encoding.
func acceptsGzip(values []string) bool {
	rest := false
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
			rest = accepted
		}
	}
	return rest
}
