package httpapi

import (
	"bytes"
	"net/http"

	"github.com/gorilla/mux"

	"gop/video"
)

// segment answers GET /videos/{name}/group-of-pictures/{gop}.mp4 with one GOP as an mp4.
func (s *server) segment(w http.ResponseWriter, r *http.Request) error {
	return s.sendSegment(w, r, segmentGrammar, "video/mp4")
}

// still answers GET /videos/{name}/group-of-pictures/{gop}.jpg, or .png, with the GOP's key picture.
func (s *server) still(w http.ResponseWriter, r *http.Request) error {
	g := imageGrammars[mux.Vars(r)["format"]]
	return s.sendSegment(w, r, g, g.image.MediaType())
}

// sendSegment answers with what the query makes of the request's GOP.
func (s *server) sendSegment(w http.ResponseWriter, r *http.Request, g grammar, mediaType string) error {
	n, err := gopNumber(r)
	if err != nil {
		return err
	}
	ix, choice, err := s.chosen(r, g)
	if err != nil {
		return err
	}
	of := choice.cut(n)
	if n >= len(ix.GOPs) {
		return video.Errorf(video.NotFound, "the video has %d GOPs, numbered from 0", len(ix.GOPs))
	}
	key, err := ix.Key(of)
	if err != nil {
		return err
	}
	etag := key.ETag(s.config.Build)
	if isCurrent(r, etag, ix.Video.ModTime) {
		s.validators(w, r, etag, s.config.MaxAge)
		serve(w, r, mediaType, ix.Video.ModTime, bytes.NewReader(nil))
		return nil
	}
	var segment *video.Segment
	origin := video.CacheHit
	if key.Stream && isPlain(r) {
		segment, err = s.stream(w, r, ix, of, etag)
	} else {
		segment, origin, err = s.library.Segment(r.Context(), ix, of)
	}
	if err != nil || segment == nil {
		return err
	}
	content, err := open(segment, r.Method)
	if err != nil {
		return err
	}
	defer content.close()
	s.validators(w, r, etag, s.config.MaxAge)
	if of.Image.Format == "" {
		noteSilence(w, ix, of)
	}
	noteCache(w, r, origin)
	serve(sender{w}, r, segment.ContentType, ix.Video.ModTime, content)
	return nil
}

// noteCache tells whether what is answered was made for it (RFC 9211, section 2).
func noteCache(w http.ResponseWriter, r *http.Request, o video.CacheStatus) {
	result, status := "miss", "gop; fwd=miss"
	switch o {
	case video.CacheHit:
		result, status = "hit", "gop; hit"
	case video.CacheCollapsed:
		result, status = "collapsed", "gop; fwd=miss; collapsed"
	}
	recordOf(r).Cache = result
	w.Header().Set("Cache-Status", status)
}
