package httpapi

import (
	"net/http"

	"gop/video"
)

// segment handles GET /videos/{name}/group-of-pictures/{gop}.mp4 with one GOP as an mp4.
func (s *server) segment(w http.ResponseWriter, r *http.Request) error {
	name, gop, p, err := parseGOPRequest(r, onSegment)
	if err != nil {
		return err
	}
	c := p.cut(gop)
	ix, key, err := s.library.Resolve(r.Context(), name, c)
	if err != nil {
		return err
	}
	res := resource{
		etag:         segmentETag(s.config.Build, key),
		modified:     ix.Video.ModTime,
		contentType:  "video/mp4",
		caching:      s.cachingOf(ix.Video, p),
		audioLeftOut: c.AudioLeftOut(ix),
	}
	if s.sendPreconditionStatus(w, r, res) {
		return nil
	}
	if stream, ok := key.Stream(); ok && isStreamable(r, res.etag) {
		return s.stream(w, r, ix, stream, res)
	}
	return s.sendSegment(w, r, ix, key, res)
}

// sendSegment sends a segment, or the requested ranges of it.
func (s *server) sendSegment(
	w http.ResponseWriter, r *http.Request, ix *video.Index, key video.SegmentKey, res resource,
) error {
	send := func(segment *video.Segment, status video.CacheStatus) error {
		reader, err := openSegment(r.Context(), segment, r.Method, s.config.WriteTimeout)
		if err != nil {
			return err
		}
		defer reader.close()
		res.leaveOutAudio(segment.AudioLeftOut)
		s.setHeaders(w, r, res)
		setCacheStatus(w, r, status)
		serveContent(sendfileWriter{w}, r, segment.ContentType, res.modified, reader)
		return nil
	}
	return s.library.Segment(r.Context(), ix, key, send)
}
