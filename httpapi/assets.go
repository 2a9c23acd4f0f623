package httpapi

import (
	"net/http"

	"github.com/gorilla/mux"

	"gop/templates"
)

// asset handles GET /assets/{file} with a style sheet or script. Its name contains a
// hash of its content.
func (s *server) asset(w http.ResponseWriter, r *http.Request) error {
	asset, ok := templates.Assets[mux.Vars(r)["file"]]
	if !ok {
		return notFound()
	}
	return s.sendBody(w, r, body{
		contentType: asset.ContentType, etag: etag("asset", asset.Name), isImmutable: true,
		write: bytesWriter(asset.Data),
	})
}
