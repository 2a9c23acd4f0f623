package httpapi

import (
	"bytes"
	"net/http"

	"github.com/gorilla/mux"

	"gop/video"
)

// segment answers GET /videos/{name}/group-of-pictures/{gop}.mp4 with one GOP as an mp4.
func (s *server) segment(w http.ResponseWriter, r *http.Request) error {
	name, gop, p, err := parseGOPRequest(r, onSegment)
	if err != nil {
		return err
	}
	ix, key, err := s.library.Resolve(r.Context(), name, p.cut(gop))
	if err != nil {
		return err
	}
	response := resource{etag: segmentETag(s.config.Build, key), modified: ix.Video.ModTime, contentType: "video/mp4"}
	if p.audio == 0 {
		response.audioLeftOut = ix.AudioUnsupported()
	}
	if s.sendNotModified(w, r, response) {
		return nil
	}
	var segment *video.Segment
	status := video.CacheHit
	if stream, ok := key.Stream(); ok && wantsAll(r) {
		segment, err = s.stream(w, r, ix, stream, response)
	} else {
		segment, status, err = s.library.Segment(r.Context(), ix, key)
	}
	if err != nil || segment == nil {
		return err
	}
	reader, err := openSegment(segment, r.Method)
	if err != nil {
		return err
	}
	defer reader.close()
	s.setHeaders(w, r, response)
	setCacheStatus(w, r, status)
	serveContent(sendfileWriter{w}, r, segment.ContentType, response.modified, reader)
	return nil
}

// imageFormats maps the endings of paths to the formats of thumbnails.
var imageFormats = map[string]video.ImageFormat{"jpg": video.JPEG, "png": video.PNG}

// thumbnail answers GET /videos/{name}/group-of-pictures/{gop}.jpg, or .png, with the GOP's keyframe as an
// image.
func (s *server) thumbnail(w http.ResponseWriter, r *http.Request) error {
	name, gop, p, err := parseGOPRequest(r, onThumbnail)
	if err != nil {
		return err
	}
	ix, key, err := s.library.ResolveThumbnail(r.Context(), name, p.thumbnail(gop, imageFormats[mux.Vars(r)["format"]]))
	if err != nil {
		return err
	}
	response := resource{
		etag: thumbnailETag(s.config.Build, key), modified: ix.Video.ModTime, contentType: key.Format.MediaType(),
	}
	if s.sendNotModified(w, r, response) {
		return nil
	}
	thumbnail, status, err := s.library.Thumbnail(r.Context(), ix, key)
	if err != nil {
		return err
	}
	s.setHeaders(w, r, response)
	setCacheStatus(w, r, status)
	serveContent(w, r, thumbnail.ContentType, response.modified, bytes.NewReader(thumbnail.Data))
	return nil
}

// parseGOPRequest parses the path and the query of a request for one GOP.
func parseGOPRequest(r *http.Request, route routeSet) (name string, gop int, p params, err error) {
	if gop, err = gopNumber(r); err != nil {
		return "", 0, params{}, err
	}
	name, p, err = parseRequest(r, route)
	return name, gop, p, err
}
