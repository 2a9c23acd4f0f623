package httpapi

import (
	"net/http"

	"github.com/gorilla/mux"

	"gop/templates"
	"gop/video"
)

// asset answers GET /assets/{file} with what pages refer to. Its name changes with what is in it.
func (s *server) asset(w http.ResponseWriter, r *http.Request) error {
	asset, ok := templates.Assets[mux.Vars(r)["file"]]
	if !ok {
		return video.Errorf(video.NotFound, "there is nothing at this address")
	}
	return s.sendDocument(w, r, document{
		contentType: asset.ContentType, tag: video.ETag("asset", asset.Name), lasts: true,
		write: func() ([]byte, error) { return asset.Data, nil },
	})
}
