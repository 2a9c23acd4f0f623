package httpapi

import (
	_ "embed"
	"net/http"

	"gop/video"
)

//go:embed openapi.yaml
var openAPI []byte

// openAPIDocument answers GET /openapi.yaml with the description of all routes.
func (s *server) openAPIDocument(w http.ResponseWriter, r *http.Request) error {
	return s.sendDocument(w, r, document{
		contentType: "application/yaml", tag: video.ETag(string(openAPI)),
		write: func() ([]byte, error) { return openAPI, nil },
	})
}
