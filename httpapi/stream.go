package httpapi

import (
	"net/http"

	"gop/video"
)

// isStreamable reports whether a response whose length is not known yet can answer the request: a GET without
// ranges and without preconditions that can fail.
func isStreamable(r *http.Request) bool {
	for _, name := range []string{"Range", "If-Match", "If-Unmodified-Since"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	return r.Method == http.MethodGet
}

// stream sends the fragments of a segment as they are made, without a Content-Length. If the segment is
// cached, it is sent like any other. An error after the first fragment aborts the connection, so that the
// client does not take the response for complete.
func (s *server) stream(
	w http.ResponseWriter, r *http.Request, ix *video.Index, key video.StreamKey, res resource,
) error {
	started := false
	connection := http.NewResponseController(w)
	cached, err := s.library.Stream(r.Context(), ix, key, func(fragment video.Fragment) error {
		if !started {
			started = true
			res.leaveOutAudio(fragment.AudioLeftOut)
			s.setHeaders(w, r, res)
			setCacheStatus(w, r, video.CacheMiss)
			w.Header().Set("Content-Type", res.contentType)
			w.Header().Set("Last-Modified", res.modified.UTC().Format(http.TimeFormat))
		}
		if _, err := w.Write(fragment.Data); err != nil {
			return err
		}
		return connection.Flush()
	})
	switch {
	case err != nil && started:
		s.log.Debug("stream ended early", "id", logEntryOf(r).ID, "error", err)
		panic(http.ErrAbortHandler)
	case err != nil || cached == nil:
		return err
	}
	return s.sendSegment(w, r, cached, video.CacheHit, res)
}
