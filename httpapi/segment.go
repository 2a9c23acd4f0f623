package httpapi

import (
	"bytes"
	"fmt"
	"net/http"

	"gop/video"
)

// segment answers GET /videos/{name}/group-of-pictures/{gop}.mp4 with one GOP as an mp4.
func (s *server) segment(w http.ResponseWriter, r *http.Request) error {
	n, err := gopNumber(r)
	if err != nil {
		return err
	}
	ix, choice, err := s.chosen(r)
	if err != nil {
		return err
	}
	of := choice.cut(n)
	if n >= len(ix.GOPs) {
		return video.Refuse(video.NotFound, fmt.Sprintf("the video has %d GOPs, numbered from 0", len(ix.GOPs)), nil)
	}
	key, err := ix.Key(of)
	if err != nil {
		return err
	}
	etag := key.ETag(s.config.Build)
	if isCurrent(r, etag, ix.Video.ModTime) {
		s.validators(w, etag)
		serve(w, r, "video/mp4", ix.Video.ModTime, bytes.NewReader(nil))
		return nil
	}
	segment, origin, err := s.library.Segment(r.Context(), ix, of)
	if err != nil {
		return err
	}
	content, err := open(segment, r.Method)
	if err != nil {
		return err
	}
	defer content.close()
	s.validators(w, etag)
	noteSilence(w, ix, of)
	w.Header().Set("Cache-Status", cacheStatus(origin))
	serve(sender{w}, r, segment.ContentType, ix.Video.ModTime, content)
	return nil
}

// cacheStatus tells whether a segment was made for this answer (RFC 9211, section 2).
func cacheStatus(o video.Origin) string {
	switch o {
	case video.Cached:
		return "gop; hit"
	case video.Joined:
		return "gop; fwd=miss; collapsed"
	}
	return "gop; fwd=miss"
}
