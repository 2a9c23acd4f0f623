package httpapi

import (
	"context"
	"net/http"

	"golang.org/x/sync/semaphore"

	"gop/video"
)

// streamBody sends a body that is too large for the cache while it is made, without a Content-Length. It
// ignores ranges (RFC 9110, section 14.2). The request's time limit is that of the whole response. An error
// after the first byte aborts the connection, so that the client does not take the response for complete.
func (s *server) streamBody(w http.ResponseWriter, r *http.Request, b body, encoding string) error {
	etag := b.encodedETag(encoding)
	release, err := s.acquire(r.Context(), s.largeBodies)
	if err != nil {
		return err
	}
	defer release()
	pieces := &pieceWriter{ctx: r.Context(), server: s, w: w, release: func() {}}
	if err := pieces.acquire(); err != nil {
		return err
	}
	defer func() { pieces.release() }()
	s.setBodyHeaders(w, r, b, etag)
	forbidStoring(w, r)
	setCacheStatus(w, r, video.CacheMiss)
	w.Header().Set("Content-Type", b.contentType)
	setLastModified(w, b.modified)
	if encoding != "" {
		w.Header().Set("Content-Encoding", encoding)
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	err = b.encode(pieces, encoding)
	if err == nil {
		err = pieces.flush()
	}
	if err != nil {
		s.log.Debug("body ended early", "id", logEntryOf(r).ID, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// acquire waits for a slot, at most for the time of BodyWait. The caller calls release after use.
func (s *server) acquire(ctx context.Context, slots *semaphore.Weighted) (release func(), err error) {
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.WaitStage))
	wait, cancel := context.WithTimeout(ctx, s.config.BodyWait)
	defer cancel()
	if slots.Acquire(wait, 1) == nil {
		return func() { slots.Release(1) }, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, video.Errorf(video.Unavailable, "the server is overloaded")
}

// pieceBytes is the size of the pieces that a pieceWriter sends.
const pieceBytes = 64 << 10

// pieceWriter sends a body in pieces. After acquire, it holds one of the server's body workers while a piece
// is made, and none while a client reads it, so that slow clients delay no other.
type pieceWriter struct {
	ctx     context.Context // of the request
	server  *server
	w       http.ResponseWriter
	piece   []byte
	release func() // releases the body worker
}

// Write implements io.Writer.
func (p *pieceWriter) Write(b []byte) (int, error) {
	p.piece = append(p.piece, b...)
	if len(p.piece) < pieceBytes {
		return len(b), nil
	}
	if err := p.flush(); err != nil {
		return 0, err
	}
	return len(b), p.acquire()
}

// flush sends the piece, without a body worker.
func (p *pieceWriter) flush() error {
	p.release()
	p.release = func() {}
	_, err := p.w.Write(p.piece)
	p.piece = p.piece[:0]
	return err
}

// acquire waits for a body worker.
func (p *pieceWriter) acquire() error {
	release, err := p.server.acquire(p.ctx, p.server.bodyWorkers)
	if err == nil {
		p.release = release
	}
	return err
}
