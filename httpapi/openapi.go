package httpapi

import (
	_ "embed"
	"net/http"
)

//go:embed openapi.yaml
var openAPI []byte

// openAPIDocument handles GET /openapi.yaml with the OpenAPI description of all routes.
func (s *server) openAPIDocument(w http.ResponseWriter, r *http.Request) error {
	return s.sendBody(w, r, body{
		contentType: "application/yaml", etag: etag(string(openAPI)),
		write: bytesWriter(openAPI),
	})
}
