package httpapi

import (
	"net/http"
	"strings"

	"gop/video"
)

// isStreamable reports whether a response whose length is not known yet can answer the request: a GET of the
// whole mp4. A server may ignore Range (RFC 9110, section 14.2), and media elements ask for wholeRange first.
// Other ranges apply unless If-Range has another entity tag.
func isStreamable(r *http.Request, etag string) bool {
	ranges, ifRange := r.Header.Get("Range"), r.Header.Get("If-Range")
	isWhole := ranges == "" || ranges == wholeRange || strings.HasPrefix(ifRange, `"`) && ifRange != etag
	return isWhole && r.Method == http.MethodGet
}

// stream sends the fragments of a segment as they are made, without a Content-Length. If the segment is
// cached, it is sent like any other. An error after the first fragment aborts the connection, so that the
// client does not take the response for complete.
func (s *server) stream(
	w http.ResponseWriter, r *http.Request, ix *video.Index, key video.StreamKey, res resource,
) error {
	started := false
	connection := http.NewResponseController(w)
	streamed, err := s.library.Stream(r.Context(), ix, key, func(fragment video.Fragment) error {
		if !started {
			started = true
			res.leaveOutAudio(fragment.AudioLeftOut)
			s.setHeaders(w, r, res)
			setCacheStatus(w, r, video.CacheMiss)
			w.Header().Set("Content-Type", res.contentType)
			setLastModified(w, res.modified)
			w.Header().Set("Accept-Ranges", "bytes") // when the segment is complete
			forbidStoring(w, r)
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
	case err != nil || streamed:
		return err
	}
	return s.sendSegment(w, r, ix, key.Segment(), res)
}
