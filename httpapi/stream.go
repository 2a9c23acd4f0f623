package httpapi

import (
	"net/http"

	"gop/video"
)

// wantsAll reports whether a request asks for the whole content, without ranges or preconditions on a
// finished file.
func wantsAll(r *http.Request) bool {
	for _, name := range []string{"Range", "If-Match", "If-Unmodified-Since"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	return r.Method == http.MethodGet
}

// stream sends a segment while it is made, or returns it if it is cached. The response has no Content-Length.
// An error after the first byte aborts the response, so that the client sees that it is incomplete.
func (s *server) stream(
	w http.ResponseWriter, r *http.Request, ix *video.Index, key video.StreamKey, of resource,
) (*video.Segment, error) {
	started := false
	connection := http.NewResponseController(w)
	segment, err := s.library.Stream(r.Context(), ix, key, func(fragment []byte) error {
		if !started {
			started = true
			s.setHeaders(w, r, of)
			setCacheStatus(w, r, video.CacheMiss)
			w.Header().Set("Content-Type", of.contentType)
			w.Header().Set("Last-Modified", of.modified.UTC().Format(http.TimeFormat))
		}
		if _, err := w.Write(fragment); err != nil {
			return err
		}
		return connection.Flush()
	})
	if err != nil && started {
		s.log.Debug("stream ended early", "id", logEntryOf(r).ID, "error", err)
		panic(http.ErrAbortHandler)
	}
	return segment, err
}
