package httpapi

import (
	"net/http"

	"gop/video"
)

// isPlain tells whether a request asks for all of what there is, whatever it is.
func isPlain(r *http.Request) bool {
	for _, name := range []string{"Range", "If-Match", "If-Unmodified-Since"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	return r.Method == http.MethodGet
}

// stream sends a segment while it is made, or returns it, where it is at hand. Its length is not known before, and
// what goes wrong behind the first byte cuts the answer off, so that the client sees that it is not whole.
func (s *server) stream(w http.ResponseWriter, r *http.Request, ix *video.Index, of video.Cut, etag string) (*video.Segment, error) {
	begun := false
	connection := http.NewResponseController(w)
	segment, err := s.library.Stream(r.Context(), ix, of, func(piece []byte) error {
		if !begun {
			begun = true
			s.validators(w, r, etag, s.config.MaxAge)
			noteSilence(w, ix, of)
			noteCache(w, r, video.CacheMiss)
			w.Header().Set("Content-Type", "video/mp4")
			w.Header().Set("Last-Modified", ix.Video.ModTime.UTC().Format(http.TimeFormat))
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
		return connection.Flush()
	})
	if err != nil && begun {
		s.log.Debug("a stream ended early", "id", recordOf(r).ID, "error", err)
		panic(http.ErrAbortHandler)
	}
	return segment, err
}
