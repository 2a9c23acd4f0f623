package httpapi

import (
	"bytes"
	"net/http"

	"github.com/gorilla/mux"

	"gop/video"
	"gop/video/cut"
)

// imageFormats maps the extensions of the paths of images to formats.
var imageFormats = map[string]video.ImageFormat{
	"jpg": video.JPEG, "png": video.PNG, "webp": video.WebP,
}

// formatOf returns the format of the image that a request is for.
func formatOf(r *http.Request) video.ImageFormat { return imageFormats[mux.Vars(r)["format"]] }

// thumbnail handles GET /videos/{name}/group-of-pictures/{gop}.jpg, or .png, with the GOP's keyframe.
func (s *server) thumbnail(w http.ResponseWriter, r *http.Request) error {
	name, gop, p, err := parseGOPRequest(r, onThumbnail)
	if err != nil {
		return err
	}
	return s.image(w, r, name, p, p.thumbnail(gop, formatOf(r)))
}

// frame handles GET /videos/{name}/frame.jpg, or .png, with one frame.
func (s *server) frame(w http.ResponseWriter, r *http.Request) error {
	name, p, err := parseRequest(r, onFrame)
	if err != nil {
		return err
	}
	return s.image(w, r, name, p, p.frame(formatOf(r)))
}

// image sends an image of a video, or the requested ranges of it.
func (s *server) image(w http.ResponseWriter, r *http.Request, name string, p params, of cut.Image) error {
	ix, key, err := s.library.ResolveImage(r.Context(), name, of)
	if err != nil {
		return err
	}
	if key.Sheet.Count == 0 {
		logEntryOf(r).GOP = key.GOP
	}
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
