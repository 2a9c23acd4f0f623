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
	res := resource{
		etag:        thumbnailETag(s.config.Build, key),
		modified:    ix.Video.ModTime,
		contentType: format.MediaType(),
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
