package httpapi

import (
	"net/http"

	"gop/video/cut"
)

// description handles GET /videos/{name}.json with what ffprobe prints about the file.
func (s *server) description(w http.ResponseWriter, r *http.Request) error {
	name, _, err := parseRequest(r, onDescription)
	if err != nil {
		return err
	}
	c := cut.Cut{Audio: cut.NoAudio, TranscodeIfNeeded: true}
	ix, _, err := s.library.Resolve(r.Context(), name, c)
	if err != nil {
		return err
	}
	return s.sendBody(w, r, body{
		contentType: "application/json",
		etag:        etag(s.config.Build, "description", ix.Video.Name, ix.Video.Version),
		modified:    ix.Video.ModTime,
		write:       jsonWriter(func() fileDescription { return newFileDescription(ix) }),
	})
}
