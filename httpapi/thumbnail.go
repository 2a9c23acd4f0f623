package httpapi

import (
	"bytes"
	"net/http"

	"github.com/gorilla/mux"

	"gop/video"
)

// imageFormats maps the extensions of thumbnail paths to formats.
var imageFormats = map[string]video.ImageFormat{"jpg": video.JPEG, "png": video.PNG}

// thumbnail handles GET /videos/{name}/group-of-pictures/{gop}.jpg, or .png, with the GOP's keyframe.
func (s *server) thumbnail(w http.ResponseWriter, r *http.Request) error {
	name, gop, p, err := parseGOPRequest(r, onThumbnail)
	if err != nil {
		return err
	}
	format := imageFormats[mux.Vars(r)["format"]]
	ix, key, err := s.library.ResolveThumbnail(r.Context(), name, p.thumbnail(gop, format))
	if err != nil {
		return err
	}
	return s.sendImage(w, r, ix, key, p)
}

// frame handles GET /videos/{name}/frame.jpg, or .png, with one frame.
func (s *server) frame(w http.ResponseWriter, r *http.Request) error {
	name, p, err := parseRequest(r, onFrame)
	if err != nil {
		return err
	}
	format := imageFormats[mux.Vars(r)["format"]]
	ix, key, err := s.library.ResolveFrame(r.Context(), name, p.frame(format))
	if err != nil {
		return err
	}
	logEntryOf(r).GOP = key.GOP
	return s.sendImage(w, r, ix, key, p)
}

// sendImage sends a thumbnail, or the requested ranges of it.
func (s *server) sendImage(
	w http.ResponseWriter, r *http.Request, ix *video.Index, key video.ThumbnailKey, p params,
) error {
	res := resource{
		etag:        thumbnailETag(s.config.Build, key),
		modified:    ix.Video.ModTime,
		contentType: key.Format.MediaType(),
		caching:     s.cachingOf(ix.Video, p),
	}
	if s.sendPreconditionStatus(w, r, res) {
		return nil
	}
	send := func(t *video.Thumbnail, status video.CacheStatus) error {
		s.setHeaders(w, r, res)
		setCacheStatus(w, r, status)
		serveContent(w, r, t.ContentType, res.modified, bytes.NewReader(t.Data))
		return nil
	}
	return s.library.Thumbnail(r.Context(), ix, key, send)
}
