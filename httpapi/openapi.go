package httpapi

import (
	"bytes"
	_ "embed"
	"net/http"
	"time"

	"gop/video"
)

//go:embed openapi.yaml
var openAPI []byte

// openAPIDocument answers GET /openapi.yaml with the description of all routes.
func (s *server) openAPIDocument(w http.ResponseWriter, r *http.Request) error {
	s.validators(w, video.ETag(string(openAPI)))
	serve(w, r, "application/yaml", time.Time{}, bytes.NewReader(openAPI))
	return nil
}
